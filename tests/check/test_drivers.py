"""Drivers run an answer and bring back plain values; they know no expected value."""

import numpy as np
import pytest
import torch
from torch import nn

from mmlab.check import drivers
from mmlab.values import Raised


def run(kind, candidate, case, forbids=(), **options):
    """Return what a driver brings back."""
    return drivers.run({"kind": kind, "options": options}, candidate, case, forbids=forbids)


class Scale(nn.Module):
    """A module with one parameter and one output."""

    def __init__(self, width, start=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), float(start)))

    def forward(self, x):
        """Return x scaled."""
        return x * self.weight


def test_call_brings_value_changes_and_gradients():
    x = torch.tensor([1.0, -2.0])
    result = run("call", lambda x, k: (x * k).sum(), {"args": [x], "kwargs": {"k": 3.0}}, gradient=True)
    assert result["returned"].item() == -3 and result["mutated"] == []
    assert result["gradients"][0].tolist() == [3, 3]


def test_an_unequal_weighting_shows_a_transposed_output():
    x = torch.arange(6.0).reshape(2, 3)
    one = run("call", lambda x: x * x, {"args": [x]}, gradient=True)["gradients"][0]
    other = run("call", lambda x: (x * x).T, {"args": [x]}, gradient=True)["gradients"][0]
    assert not torch.allclose(one, other)


@pytest.mark.parametrize("value", [torch.ones(2), np.ones(2), [1.0], {"a": 1.0}], ids=lambda v: type(v).__name__)
def test_a_changed_input_is_reported_and_the_case_itself_stays(value):
    def change(x):
        if isinstance(x, dict):
            x["a"] = 2.0
        else:
            x[0] = 2.0
        return x

    case = {"args": [], "kwargs": {"x": value}}
    assert run("call", change, case)["mutated"] == ["x"]
    assert run("call", change, case)["mutated"] == ["x"], "the case was changed by the first run"


def test_module_brings_outputs_gradients_and_state():
    case = {"init": {"width": 2, "start": 4.0}, "state": None, "inputs": [torch.tensor([[1.0, 2.0]])]}
    result = run("module", Scale, case, state=True)
    assert result["outputs"].tolist() == [[4, 8]] and result["state"]["weight"].tolist() == [4, 4]
    assert result["gradients"]["inputs"][0].tolist() == [[4, 8]]
    assert result["gradients"]["parameters"]["weight"].tolist() == [1, 4]
    loaded = run("module", Scale, case | {"state": {"weight": torch.tensor([2.0, 3.0])}})
    assert loaded["outputs"].tolist() == [[2, 6]] and "state" not in loaded


def test_a_state_of_other_names_comes_back_as_raised():
    case = {"init": {"width": 2}, "state": {"scale": torch.ones(2)}, "inputs": [torch.ones(1, 2)]}
    assert run("module", Scale, case)["outputs"].type == "RuntimeError"


def test_script_brings_one_result_a_step_and_goes_on_after_an_error():
    class Account:
        def __init__(self, start, step=1):
            self.total, self.step = start, step

        def add(self, times=1):
            if times < 0:
                raise ValueError("negative")
            self.total += times * self.step
            return self

    steps = [["new", [10], {"step": 2}], ["call", "add", [], {"times": 3}], ["get", "total"], ["call", "add", [-1]],
             ["set", "step", 5], ["call", "add"], ["get", "total"], ["get", "missing"]]  # fmt: skip
    result = run("script", Account, {"steps": [step for step in steps if step[:2] != ["call", "add"]]})
    assert result["results"] == [None, 10, None, 10, Raised("AttributeError", "'Account' object has no attribute 'missing'")]
    assert "Account" in run("script", Account, {"steps": steps})["unsupported"]
    assert run("script", Account, {"steps": [["new"], ["get", "total"]]})["results"][0].type == "TypeError"


def test_predict_asks_for_predictions_without_gradients_or_dropout():
    def train(width):
        return nn.Sequential(nn.Dropout(0.9), nn.Linear(width, 2))

    class Named(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.inner = train(width)

        def forward(self, x):
            assert not torch.is_grad_enabled()
            return self.inner(x)

    case = {"given": {"width": 3}, "inputs": {"x": torch.ones(4, 3)}}
    one, other = (run("predict", Named, case)["predictions"] for _ in range(2))
    assert one.shape == (4, 2) and torch.equal(one, other)
    assert run("predict", lambda width: 3, case)["predictions"].type == "TypeError"


def test_bugs_says_accepted_or_refused_and_lets_no_other_error_count():
    case = {"source": "def function(x):\n    return x + 1", "name": "function"}

    def test(function):
        assert function(1) == 2

    def too_strict(function):
        assert function(1) == 3

    assert run("bugs", test, case) == {"verdict": "accepted"}
    assert run("bugs", too_strict, case) == {"verdict": "refused"}
    assert run("bugs", lambda function: function(), case)["verdict"].type == "TypeError"


def test_a_version_may_use_torch_and_sees_nothing_of_the_notebook():
    case = {"source": "def function(x):\n    return F.relu(torch.as_tensor(x)), 'run' in globals()", "name": "function"}

    def test(function):
        assert function(-1.0) == (0, False)

    assert run("bugs", test, case) == {"verdict": "accepted"}


def test_forbidden_operations_are_seen_through_every_spelling():
    x = torch.randn(2, 3)
    for spelling in (lambda x: x.softmax(1), lambda x: nn.Softmax(1)(x), lambda x: torch.softmax(x, 1)):
        assert run("call", spelling, {"args": [x]}, forbids=["aten._softmax"])["forbidden"] == ["aten._softmax"]
    by_hand = run("call", lambda x: x.exp() / x.exp().sum(1, keepdim=True), {"args": [x]}, forbids=["aten._softmax"])
    assert "forbidden" not in by_hand


def test_results_are_a_snapshot():
    kept = []

    def keep(x):
        kept.append(x * 2)
        return kept

    result = run("call", keep, {"args": [torch.ones(1)]}, gradient=True)
    assert len(result["returned"]) == 1


def test_interrupts_pass_through():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("call", stop, {})
