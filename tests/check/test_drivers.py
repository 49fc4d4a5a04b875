"""Drivers run an answer and bring back plain values; they know no expected value."""

import functools
import random

import numpy as np
import pytest
import torch
from torch import nn

from mmlab import codec
from mmlab.check import drivers
from mmlab.check.verdict import judge
from mmlab.codec import Raised
from mmlab.instructor.grading.sandbox.read_only import protected


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


@pytest.mark.parametrize(
    "value", [torch.ones(2), np.ones(2), [1.0], {"a": 1.0}], ids=lambda v: type(v).__name__
)
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


def twice(kind, candidate, *cases):
    """Return the cases, counted from 0, that the last of several runs reports as changed by later ones."""
    earlier = drivers.Earlier()
    for number, case in enumerate(cases, 1):
        driver = {"kind": kind, "options": {}}
        result = drivers.run(driver, candidate, case, earlier=earlier, last=number == len(cases))
    return result.get("changed", [])


MODULES = [
    {"init": {"width": 2, "start": start}, "inputs": [torch.tensor([[1.0, 2.0]])]} for start in (4.0, 3.0)
]


def test_a_module_runs_again_with_other_parameters_which_are_then_put_back():
    result = run("module", Scale, MODULES[0], state=True)
    assert result["evaluated"].tolist() == [[4, 8]]
    assert result["updated"].tolist() == [[4 / 2 + 0.125, 2 * (4 / 2 + 0.125)]]
    assert result["gradients"]["inputs"][0].tolist() == [[4, 8]], "the parameters were not put back"

    class Cached(Scale):
        def forward(self, x):
            if self.training:
                return super().forward(x)
            if not hasattr(self, "stored"):
                self.stored = self.weight.detach().clone()
            return x * self.stored

    assert run("module", Cached, MODULES[0])["updated"].tolist() == [[4, 8]]


def test_a_module_runs_on_fewer_inputs_too():
    class OfOneSize(Scale):
        def forward(self, x):
            self.size = getattr(self, "size", len(x))
            return super().forward(x.expand(self.size, 2))

    case = {"init": {"width": 2}, "inputs": [torch.arange(6.0).reshape(3, 2)]}
    assert run("module", Scale, case)["again"].tolist() == [[4, 5], [0, 1]]
    assert run("module", OfOneSize, case)["again"].type == "RuntimeError"


def test_modules_that_share_values_through_their_class_are_reported():
    class Shared(Scale):
        def __init__(self, width, start=1.0):
            super().__init__(width)
            type(self).start = start

        def forward(self, x):
            return super().forward(x) * self.start

    assert twice("module", Scale, *MODULES) == []
    assert twice("module", Shared, *MODULES) == [0]


def test_predictors_that_share_values_are_reported_and_fewer_inputs_are_tried():
    def train(factor):
        return lambda x: x * factor

    def train_on_the_function(factor):
        train_on_the_function.factor = factor
        return lambda x: x * train_on_the_function.factor

    cases = [{"given": {"factor": factor}, "inputs": {"x": torch.arange(4.0)}} for factor in (2.0, 5.0)]
    assert run("predict", train, cases[0])["again"].tolist() == [6, 2]
    assert twice("predict", train, *cases) == []
    assert twice("predict", train_on_the_function, *cases) == [0]

    def remembers(factor):
        first = []
        return lambda x: (first or first.append(x) or first)[0] * factor

    assert run("predict", remembers, cases[0])["again"].tolist() == [0, 2, 4, 6]


def test_a_script_runs_on_two_objects_in_turn():
    class Basket:
        items = []

        def add(self, item):
            self.items.append(item)
            return len(self.items)

    class Own(Basket):
        def __init__(self):
            self.items = []

    steps = {"steps": [["new"], ["call", "add", ["a"]], ["call", "add", ["b"]]]}
    assert run("script", Own, steps)["results"] == [None, 1, 2]
    assert run("script", Basket, steps)["results"] == [None, 1, 3]


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

    steps = [
        ["new", [10], {"step": 2}],
        ["call", "add", [], {"times": 3}],
        ["get", "total"],
        ["call", "add", [-1]],
        ["set", "step", 5],
        ["call", "add"],
        ["get", "total"],
        ["get", "missing"],
    ]
    result = run("script", Account, {"steps": [step for step in steps if step[:2] != ["call", "add"]]})
    assert result["results"] == [
        None,
        10,
        None,
        10,
        Raised("AttributeError", "'Account' object has no attribute 'missing'"),
    ]
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
    case = {
        "source": "def function(x):\n    return F.relu(torch.as_tensor(x)), 'run' in globals()",
        "name": "function",
    }

    def test(function):
        assert function(-1.0) == (0, False)

    assert run("bugs", test, case) == {"verdict": "accepted"}


def test_forbidden_operations_are_seen_through_every_spelling():
    x = torch.randn(2, 3)
    for spelling in (lambda x: x.softmax(1), lambda x: nn.Softmax(1)(x), lambda x: torch.softmax(x, 1)):
        assert run("call", spelling, {"args": [x]}, forbids=["aten._softmax"])["forbidden"] == [
            "aten._softmax"
        ]
    by_hand = run(
        "call", lambda x: x.exp() / x.exp().sum(1, keepdim=True), {"args": [x]}, forbids=["aten._softmax"]
    )
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


def cached(build):
    """Return a function that hands out the same object whenever the argument is the same."""
    return functools.cache(lambda key: build())


SHARED = {
    "dict": cached(lambda: {"a": {"b": 1}}),
    "inner": cached(lambda: ({"a": [1, 2]},)),
    "set": cached(lambda: {1, 2}),
    "bytearray": cached(lambda: bytearray(b"ab")),
    "array": cached(lambda: np.zeros(3)),
    "tensor": cached(lambda: [torch.tensor([0.0, 1.0], requires_grad=True) * 1]),
    "count": lambda key, seen=[]: seen.append(key) or len(seen),  # noqa: B006
    "second_raises": lambda key, seen=set(): seen.add(key) if key not in seen else 1 / 0,  # noqa: B006
}


@pytest.mark.parametrize("name", SHARED)
def test_a_second_call_shows_what_is_shared(name):
    assert "again" in run("call", SHARED[name], {"args": ["x"]})


def test_a_new_value_in_each_call_is_the_same_again_and_what_was_altered_is_restored():
    fixed = {"a": [1, {2}], "b": np.zeros(2), "c": bytearray(b"x"), "d": torch.ones(2).expand(3, 2)}

    def copies(x):
        x.append(0)  # of its own copy only
        return [np.zeros(2), torch.rand(2), random.random(), *x]

    assert "again" not in run("call", copies, {"args": [[1]]})
    before = codec.dumps(fixed)
    assert "again" in run("call", lambda: fixed, {"args": []}) and codec.dumps(fixed) == before


def test_a_second_call_is_judged_by_the_comparer_and_told_as_such():
    def judged(right, answer):
        driver, case = {"kind": "call", "options": {}}, {"args": []}
        record = {
            "name": "f",
            "driver": driver,
            "compare": {"kind": "close", "parameters": {}},
            "misconceptions": [],
            "expected": [drivers.run(driver, right, case)],
        }
        return judge(record, [drivers.run(driver, answer, case)])

    rounding = iter([1.0, 1.0 + 1e-9])
    assert judged(lambda: 1.0, lambda: next(rounding)).passed
    given, wanted, do = judged(lambda: {"a": 1}, functools.cache(lambda: {"a": 1})).message()
    assert given == (
        "f, case 1 of 1: your result['a'] of a second equal call, after the caller changed the first result, is None"
    )
    assert wanted == "1" and do == "build a new value in each call, and store nothing between calls"


def test_a_result_that_is_a_view_of_a_protected_argument_is_left_alone():
    """Writing to it would end the process: the grader's arguments lie in read-only memory."""
    case = {"args": [np.arange(6.0).reshape(2, 3), torch.arange(6.0).reshape(2, 3)]}
    for answer in (
        lambda array, tensor: [array.T, tensor.T, tensor.numpy()[0]],
        lambda array, tensor: (array, tensor[1:], {"rows": list(array)}),
    ):
        result = drivers.run({"kind": "call", "options": {}}, answer, case, protect=protected)
        assert "again" not in result and result["mutated"] == []


def test_a_module_runs_with_other_parameters_where_its_own_are_protected():
    linear = {"init": {"in_features": 2, "out_features": 1}, "inputs": [torch.ones(3, 2)]}
    driver = {"kind": "module", "options": {}}
    torch.manual_seed(0)
    result = drivers.run(driver, torch.nn.Linear, linear, protect=protected)
    assert not torch.equal(result["updated"], result["evaluated"])
    assert torch.equal(result["outputs"], result["evaluated"])
