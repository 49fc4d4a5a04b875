"""Comparers: type, then shape, then kind of number, then value; nothing is broadcast."""

import numpy as np
import pytest
import torch

from mmlab.check.compare import accuracy, agreement, close, describe, equal, likelihood
from mmlab.check.verdict import judge
from mmlab.codec import Raised

NAN = float("nan")
SAME = [
    (1.0, 1.000001),
    (1, 1),
    (1.0, 1),
    (1.5, np.float32(1.5)),
    (2, np.int64(2)),
    (True, np.bool_(True)),
    (NAN, NAN),
    ("a", "a"),
    (b"a", b"a"),
    (None, None),
    ([1, "a"], [1, "a"]),
    ({"a": 1.0}, {"a": 1.0}),
    ({1, 2}, {2, 1}),
    (np.ones(2), np.ones(2, np.float32)),
    (np.arange(2), np.arange(2, dtype=np.int8)),
    (torch.ones(2), torch.ones(2, dtype=torch.bfloat16)),
    (float("inf"), float("inf")),
    (Raised("ValueError"), Raised("UnicodeDecodeError")),
    (Raised("ValueError", "a"), Raised("ValueError", "b")),
    (Raised("LookupError"), Raised("KeyError")),
    (Raised("ValueError"), Raised("OSError", "", ("ValueError",))),
    (Raised("LookupError"), Raised("OSError", "", ("AttributeError", "KeyError"))),
]
APART = [
    (1.0, 1.0001),
    (1, 1.0),
    (1, True),
    (True, 1),
    (1.0, NAN),
    (NAN, 1.0),
    (1.0, "1.0"),
    ("a", "b"),
    (None, 0),
    ([1], (1,)),
    ([1], [1, 1]),
    ({"a": 1}, {"b": 1}),
    ({1}, {2}),
    (1.0, 10**400),
    (float("inf"), -float("inf")),
    (np.ones(2), torch.ones(2)),
    (torch.ones(2), np.ones(2)),
    (torch.tensor(1.0), 1.0),
    (1.0, torch.tensor(1.0)),
    (np.ones((2, 1)), np.ones((1, 2))),
    (np.ones(3), np.ones(1)),
    (np.ones(3), np.ones(())),
    (np.ones((1, 2)), np.ones(2)),
    (np.ones(2), np.ones(2, int)),
    (np.ones(2), np.ones(2, bool)),
    (np.ones(2), np.array([1.0, NAN])),
    (np.zeros(0), np.zeros((0, 1))),
    (Raised("ValueError"), Raised("TypeError")),
    (Raised("ValueError"), 1),
    (1, Raised("ValueError")),
    (Raised("ValueError"), Raised("Nonsense")),
    (Raised("Exception"), Raised("ValueError")),
    (Raised("ValueError"), Raised("OSError", "", ("TypeError", "Nonsense", "print"))),
    (Raised("Exception"), Raised("OSError", "", ("ValueError",))),
    (Raised("ValueError"), Raised("print")),
    (np.float64(1.0), np.ones(())),
]


@pytest.mark.parametrize(("wanted", "got"), SAME, ids=str)
def test_close_takes_these_for_the_same(wanted, got):
    assert close(wanted, got) is None


@pytest.mark.parametrize(("wanted", "got"), APART, ids=str)
def test_close_tells_these_apart(wanted, got):
    found = close(wanted, got)
    assert found is not None and found.given and found.wanted and found.given != found.wanted


def test_tolerances_are_relative_and_absolute():
    assert close(100.0, 100.05, rtol=1e-3, atol=0) is None
    assert close(100.0, 100.05, rtol=0, atol=1e-3)
    assert equal(1.0, 1.0 + 1e-12)
    assert close(Raised("ValueError", "a"), Raised("ValueError", "b"), text=True)


def test_the_place_of_a_difference_is_told():
    found = close({"a": [1, np.zeros((2, 3))]}, {"a": [1, np.eye(2, 3)]})
    assert found.path == "['a'][1][0, 0]" and "2 of 6 values differ" in found.given


def test_numbers_are_shown_with_the_digits_it_takes():
    found = close(1.0, 1.00002, rtol=0, atol=1e-6)
    assert found.given != f"is {found.wanted}"
    assert describe(torch.ones(2, 3)) == "a torch tensor of shape (2, 3) and dtype float32"
    assert len(describe("x" * 1000)) < 90


def test_accuracy_takes_labels_or_scores():
    truth = np.array([0, 1, 1, 2])
    scores = torch.eye(3)[[0, 1, 1, 0]]
    assert accuracy(truth, scores, minimum=0.75) is None
    assert "0.75" in accuracy(truth, scores, minimum=0.8).given
    assert accuracy(truth, torch.tensor([0, 1, 1, 2]), minimum=1.0) is None
    assert accuracy(["red", "blue"], ["red", "red"], minimum=0.5) is None
    assert accuracy(truth, ["0"], minimum=0.0) and accuracy(truth, truth[:3], minimum=0.0)
    assert accuracy(truth, scores * NAN, minimum=0.0) and accuracy(truth, None, minimum=0.0)
    assert accuracy(truth, [[0, 1], [1]], minimum=0.0) and accuracy(truth, Raised("ValueError"), minimum=0.0)
    assert accuracy(np.zeros(0), np.zeros(0), minimum=0.5), "nothing predicted is nothing right"


def test_agreement_compares_two_answers():
    scores = torch.eye(4)
    assert agreement(scores, scores * 7) is None
    assert agreement(scores, scores.roll(1, 0))


def bug_record(*truths: str) -> dict:
    """Return a find-the-bug record with one case a truth and one misconception that accepts all."""
    return {
        "name": "hunt",
        "driver": {"kind": "bugs", "options": {}},
        "compare": {"kind": "equal", "parameters": {}},
        "forbids": [],
        "cases": [{}] * len(truths),
        "expected": [{"verdict": truth} for truth in truths],
        "misconceptions": [
            {
                "name": "accepts_all",
                "message": "it accepts all",
                "do": "assert",
                "detect": None,
                "results": [{"verdict": "accepted"}] * len(truths),
            }
        ],
    }


def test_a_test_is_told_which_version_it_judged_wrongly():
    record = bug_record("accepted", "refused", "refused")
    assert judge(record, [{"verdict": "accepted"}, {"verdict": "refused"}, {"verdict": "refused"}]).passed
    lenient = judge(record, [{"verdict": "accepted"}] * 3)
    assert lenient.misconception == "accepts_all" and lenient.case == 1
    assert "your test accepts this version" in lenient.message()[0] and "has a bug" in lenient.message()[1]
    broken = judge(
        record, [{"verdict": Raised("TypeError", "no")}, {"verdict": "refused"}, {"verdict": "refused"}]
    )
    assert broken.right == (False, True, True) and "raised TypeError" in broken.message()[0]


def test_no_case_is_no_pass():
    assert not judge(bug_record(), []).passed


@pytest.mark.parametrize(
    "result", [None, 3, [], {}, {"verdict": []}, {"returned": "accepted"}, {"verdict": {}}], ids=repr
)
def test_a_forged_result_is_wrong_and_stops_nothing(result):
    verdict = judge(bug_record("accepted"), [result])
    assert not verdict.passed and verdict.message()


@pytest.mark.parametrize(
    "result",
    [
        {"returned": 1.0, "mutated": 3},
        {"returned": 1.0, "mutated": ["args[0]"]},
        {"returned": 1.0, "gradients": None},
        {"returned": 1.0, "mutated": [], "gradients": [2.0], "device": 7},
        {"returned": 1.0, "forbidden": [None]},
        {"returned": 1.0, "unsupported": ["x" * 1000]},
    ],
    ids=str,
)
def test_forged_side_reports_are_wrong_and_stop_nothing(result):
    record = bug_record("accepted") | {
        "driver": {"kind": "call", "options": {}},
        "compare": {"kind": "close", "parameters": {}},
        "expected": [{"returned": 1.0, "mutated": [], "gradients": [2.0]}],
        "misconceptions": [],
    }
    verdict = judge(record, [result])
    assert not verdict.passed and all(len(part) < 500 for part in verdict.message())


def test_the_wanted_value_can_be_kept_back():
    verdict = judge(bug_record("refused"), [{"verdict": "accepted"}])
    assert "buggy" not in verdict.message(show_wanted=False)[1]


def test_likelihood_wants_the_right_class_and_to_be_sure_of_it():
    truth = np.array([1, 0, 1])
    sure = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    assert likelihood(truth, sure, minimum=0.79) is None
    assert "0.80 on average" in likelihood(truth, sure, minimum=0.81).given
    assert "sums to 2.0" in likelihood(truth, 2 * sure, minimum=0.1).given
    assert "sums to nan" in likelihood(truth, sure * torch.nan, minimum=0.1).given
    assert "shape" in likelihood(truth, sure[:2], minimum=0.1).given
    assert "shape" in likelihood(truth, sure[:, :1], minimum=0.1).given


def test_likelihood_can_refuse_an_answer_without_any_doubt():
    truth, verdicts = np.array([1, 0]), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert likelihood(truth, verdicts, minimum=0.5) is None
    assert (
        "gives one class of each row the probability 1"
        in likelihood(truth, verdicts, minimum=0.5, verdicts=False).given
    )
