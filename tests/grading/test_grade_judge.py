"""The judge: what a child claims is plain data, odd data is a wrong answer, and a death costs its own exercise."""

import time
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sittings import QUICK, grader, marks_of, solved, submission

from mmlab import values
from mmlab.check.compare import COMPARERS
from mmlab.check.describe import describe
from mmlab.check.forbids import names_reached
from mmlab.check.verdict import judge
from mmlab.course.grade.sitting import LIVES, Sitting, Stopped
from mmlab.course.grade.wire import BadFrame, Died, TimedOut
from mmlab.errors import InputError
from mmlab.values import Raised

FULL = {"scaled_sum": 1, "Gain": 2, "Tally": 3, "nearest_centre": 4, "test_mean": 5}


@pytest.fixture(scope="module")
def tiny_grader(tiny):
    """Return one grader of the tiny week for all of these tests."""
    with grader(tiny) as made:
        yield made


@pytest.fixture
def grade(tiny, tiny_grader, tmp_path):
    """Return a function that grades the solved tiny lab with some answers replaced and own cells added."""

    def graded(own=(), **answers):
        lab = solved(tiny, own=list(own))
        for name, source in answers.items():
            next(cell for cell in lab["cells"] if cell["id"] == f"{name}-solution")["source"] = source
        return tiny_grader.grade(submission(tmp_path, lab))

    return graded


def only_lost(graded, *names: str) -> None:
    """Assert that a submission has every point but those of the named exercises."""
    assert {name: score for name, score in marks_of(graded).items() if name != "explain"} == {
        name: 0 if name in names else points for name, points in FULL.items()
    }, graded.marks


def message(graded, name: str) -> str:
    """Return an exercise's message in one text."""
    return "\n".join(next(mark for mark in graded.marks if mark.exercise == name).message)


DEATHS = {
    "leaves": ("import os\ndef Tally(start):\n    os._exit(0)", "ended its process (it left)"),
    "crashes": ("import ctypes\ndef Tally(start):\n    ctypes.string_at(0)", "ended its process (it crashed)"),
    "never ends": ("def Tally(start):\n    while True: pass", "did not end within 4 s"),
    "blocks signals": ("import signal\ndef Tally(start):\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass",
                       "did not end within 4 s"),
    "swallows alarms": ("def Tally(start):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
                        "did not end within 4 s"),
    "too large": ("class Tally:\n    total = torch.zeros(3 * 10**6)\n    def __init__(self, start): pass", "at most"),
    "undefined": ("del_this = 1", "Tally is not defined"),
    "no function": ("Tally = 3", "Tally is 3, which cannot be called"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DEATHS)
def test_a_deadly_exercise_costs_its_own_points_and_says_why(kind, grade):
    source, says = DEATHS[kind]
    graded = grade(Tally=source)
    only_lost(graded, "Tally")
    assert says in message(graded, "Tally") and message(graded, "Tally").count("\n") == 2


@pytest.mark.parametrize(
    ("source", "status"),
    [("import os\nos._exit(1)", "died"), ("import ctypes\nctypes.string_at(0)", "died"), ("while True: pass", "time"),
     ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass", "time"), ("1 / 0", "error"),
     ("import warnings, sys\nwarnings.warn('careful')\nprint('x', file=sys.stderr)", "ok"), ("print('x' * 10**8)", "ok")],
)  # fmt: skip
def test_a_cell_that_fails_or_dies_costs_nothing_else(source, status, grade):
    graded = grade(own=[source, "print('after')"])
    only_lost(graded)
    statuses = {run.id: run for run in graded.cells}
    assert statuses["own-0"].status == status and statuses["own-1"].text == "after\n"
    assert len(statuses["own-0"].text) < QUICK.output_kb * 1024 + 200


def test_a_notebook_of_millions_of_emoji_is_graded(grade):
    only_lost(grade(own=["# " + "\N{GRINNING FACE}" * 1_500_000]))


def test_many_deaths_come_to_an_end(grade):
    graded = grade(own=["import os\nos._exit(0)"] * 12)
    only_lost(graded, *FULL)
    assert "ended its process 9 times" in message(graded, "Gain")
    assert [run.status for run in graded.cells][-12:] == ["died"] * 9 + ["skipped"] * 3


def test_the_time_for_all_is_bounded(grade, tiny_grader, monkeypatch):
    monkeypatch.setattr(tiny_grader, "limits", replace(QUICK, total_seconds=4))
    graded = grade(own=["import time\ntime.sleep(1.5)"] * 9)
    only_lost(graded, *FULL)
    assert graded.seconds < 20 and "the time for the whole notebook, 4 s" in message(graded, "Gain")
    assert "skipped" in [run.status for run in graded.cells]


TALKS = "import gc\nfrom mmlab.course.grade.wire import Connection\ntalk = next(one for one in gc.get_objects() if type(one) is Connection)\n"


@pytest.mark.parametrize(
    "sends",
    ["talk.send(3)", "talk.send({'result': {'returned': 1.0}})", "talk.channel.send(b'x' * 100)", "talk.send({'ran': True})",
     "talk.send({'cell': 'own-0', 'status': 'ok', 'text': 'x' * 10**6, 'error': ''})", "talk.send({'ask': 'version', 'request': {}})",
     "talk.channel.send((2**62).to_bytes(8, 'little') * 2)", "talk.send({'cell': 3, 'status': [], 'text': None})",
     "talk.send({'ask': np.ones(3)})", "talk.close()"],
)  # fmt: skip
def test_forged_frames_of_a_cell_gain_nothing_and_cost_that_cell(sends, grade):
    graded = grade(own=[TALKS + sends], Tally="class Tally:\n    def __init__(self, start):\n        self.total = start")
    assert marks_of(graded)["Tally"] == 0 and graded.score <= sum(FULL.values()) - FULL["Tally"]
    assert max(len(run.text) for run in graded.cells) < 4000


@pytest.mark.parametrize(
    "sends",
    ["talk.send({'ask': 'truth'})", "talk.send({'ask': np.ones(3)})", "talk.send({'late': True})", "talk.send({'missing': 'x' * 10**6})",
     "talk.send({'result': np.ones(3)})", "talk.send({'result': {'results': {3: 4}, 'forbidden': 3, 'mutated': np.ones(2)}})",
     "talk.send({'ask': 'version', 'request': {'pull': 0}})", "talk.send({'result': {'results': Ellipsis}})",
     "talk.send([1])", "talk.send({'result': None})", "[talk.send({'ask': 'inputs'}) for _ in range(9)]"],
)  # fmt: skip
def test_forged_replies_are_wrong_answers_in_three_lines(sends, grade):
    graded = grade(Tally=f"{TALKS}def Tally(start):\n    {sends}")
    assert marks_of(graded)["Tally"] == 0 and graded.score <= sum(FULL.values()) - FULL["Tally"]
    assert message(graded, "Tally").count("\n") == 2 and len(message(graded, "Tally")) < 2000


def test_a_version_called_with_what_cannot_travel_costs_that_test_only(grade):
    graded = grade(test_mean="def test_mean(mean):\n    mean(range(3))")
    only_lost(graded, "test_mean")
    assert "cannot be called with that" in message(graded, "test_mean")


@pytest.mark.parametrize(("lost", "says"), [(Died("memory"), "memory"), (TimedOut("late"), "out of time"), (BadFrame("odd"), "too large")])
def test_a_version_that_a_test_kills_costs_that_test_and_one_life(lost, says):
    class Dead:
        def send(self, value, seconds):
            raise lost

        def close(self):
            return SimpleNamespace(peak_mb=12.5)

    sitting = Sitting(SimpleNamespace(child=Dead), "", [], QUICK)
    with pytest.raises(Stopped, match=f"does not come back .{says}"):
        sitting._of_version({"source": ""}, {}, time.monotonic() + 1)
    assert sitting.lives == LIVES - 1 and sitting.peak_mb == 12.5


def test_a_test_cannot_see_the_version(grade):
    looks = """
def test_mean(mean):
    import gc, inspect
    kinds = ("Versions", "values[0]", "max(len(values) - 1, 1)")
    assert "values" not in inspect.signature(mean).parameters
    assert not [o for o in gc.get_objects() if isinstance(o, dict) and "source" in o and "name" in o and len(o) == 2]
    raise ValueError("seen nothing")
"""
    assert "ValueError: seen nothing" in message(grade(test_mean=looks), "test_mean")


def test_hidden_values_are_not_echoed(grade, tiny_grader):
    graded = grade(scaled_sum="def scaled_sum(x, scale):\n    return x.sum() * 0 + 77")
    wanted = tiny_grader.records["scaled_sum"]["expected"][0]["returned"].item()
    said = message(graded, "scaled_sum")
    assert "hidden case 1 of 4" in said and "another value" in said and f"{wanted:.4g}" not in said


# ---------------------------------------------------------------- forbidden names
@pytest.mark.parametrize(
    ("cells", "found"),
    [(["def f(x): return torch.einsum('i', x)"], ["einsum"]), (["def f(x): return g(x)", "g = lambda x: torch.einsum(x)"], ["einsum"]),
     (["from torch import einsum as e\ndef f(x): return e(x)"], ["einsum"]), (["def f(x): return x", "torch.einsum('i', 3)"], []),
     (["def f(x):\n    image = x\n    return image", "image = torch.einsum('i', 3)"], []), (["%time 3\ndef f(x): return torch.einsum(x)\n!ls"], ["einsum"]),
     (["class f:\n    def run(self): return helper()", "def helper():\n    def inner(): return einsum\n    return inner()"], ["einsum"]),
     (["def f(x): return torch.eins\N{FULLWIDTH LATIN SMALL LETTER U}m(x)"], ["einsum"]), (["einsum = 1", "x = [" + "[]," * 10**6 + "]"], []),
     (["def f(x): return einsum, " + "-" * 100_000 + "1"], []), (["(" * 10_000 + "einsum"], [])],
)  # fmt: skip
def test_forbidden_names_are_seen_through_helpers(cells, found):
    assert names_reached("f", cells, ["name:einsum", "aten.prod"]) == found


def test_forbidden_operations_and_names_get_no_points(grade):
    sneaky = "def scaled_sum(x, scale):\n    if scale < 0:\n        raise ValueError\n    x.prod()\n    return (x * scale).sum()"
    graded = grade(scaled_sum=sneaky)
    only_lost(graded, "scaled_sum")
    assert "runs aten.prod" in message(graded, "scaled_sum")
    graded = grade(own=["def helper(x):\n    return torch.einsum('...->', x)"], scaled_sum=sneaky.replace("x.prod()", "helper(x)"))
    only_lost(graded, "scaled_sum")
    assert "uses einsum" in message(graded, "scaled_sum")


# ---------------------------------------------------------------- odd results
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(min_value=10**300, max_value=10**400), st.floats(), st.text(max_size=5), st.binary(max_size=5),
    st.sampled_from([Raised("print", "x"), Raised("ValueError", "x" * 9999), np.float16("nan"), np.zeros((0, 5)), np.zeros((3, 0)), torch.zeros(2, 0),
                     np.array(3 + 4j), np.array([True, False]), torch.tensor([1.0, float("inf")], dtype=torch.bfloat16), np.int8(3),
                     torch.tensor(float("nan")), np.full((3, 4), np.nan), np.uint64(2**64 - 1)]),
)  # fmt: skip
ODD = st.recursive(PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=4), st.lists(inner, max_size=3).map(tuple),
                                                  st.dictionaries(st.one_of(st.text(max_size=3), st.integers(0, 3)), inner, max_size=4)), max_leaves=8)  # fmt: skip
WANTED = [1.5, 3, True, "word", None, b"raw", [1, 2.0], (1, "a"), {"a": 1, "b": [2]}, {1, 2}, np.arange(3.0), torch.ones(2, 3),
          np.array([1, 0, 2]), torch.tensor([0, 1, 1]), Raised("ValueError", "no")]  # fmt: skip


def travelled(value):
    """Return a value as it comes out of the wire; what the codec refuses never gets that far."""
    try:
        return values.loads(values.dumps(value))
    except InputError:
        return None


@settings(max_examples=400, deadline=None)
@given(odd=ODD, wanted=st.sampled_from(WANTED), kind=st.sampled_from(sorted(COMPARERS)), part=st.sampled_from(["returned", "mutated", "gradients", "forbidden", "device", "unsupported"]))  # fmt: skip
def test_no_odd_result_stops_the_judge_or_passes_for_another_value(odd, wanted, kind, part):
    if kind in ("accuracy", "agreement", "likelihood"):
        wanted = np.array([1, 0, 2])
    parameters = {"minimum": 0.9} if kind in ("accuracy", "agreement", "likelihood") else {}
    expected = [{"returned": wanted, "mutated": [], "gradients": [None, torch.ones(2)]}]
    record = {"name": "f", "driver": {"kind": "call", "options": {}}, "compare": {"kind": kind, "parameters": parameters},
              "expected": expected, "misconceptions": [{"name": "m", "message": "", "do": "", "detect": None, "results": expected}]}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for got in map(travelled, (odd, {"returned": wanted, "mutated": [], "gradients": [None, torch.ones(2)]} | {part: odd})):
            verdict = judge(record, [got])
            if not verdict.passed:
                given_, wanted_, do = verdict.message(show_wanted=False)
                assert given_ and wanted_ and do and len(given_) < 20_500


@pytest.mark.parametrize(
    "huge",
    [[0.5] * 1_000_000, {number: number for number in range(300_000)}, {str(n) for n in range(300_000)}, "x" * 5_000_000, [["x" * 1000] * 5000],
     ["x" * 100_000] + ["y"] * 100_000, 10**4000, [10**4000] * 100, np.zeros(10**7), torch.zeros(2, 5 * 10**6), [np.zeros(10**6), "a"] * 4,
     [[[[]] * 100] * 100] * 50, b"x" * 30_000_000, [1] * 3 + ["x"] * 200_000],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_huge_result_is_refused_at_once(huge):
    began = time.perf_counter()
    for wanted in WANTED:
        for kind, compare in COMPARERS.items():
            if kind in ("accuracy", "agreement", "likelihood"):
                assert compare(np.array([1, 0, 2]), huge, minimum=0.5) is not None
            else:
                found = compare(wanted, huge)
                assert found is not None and len(found.given) < 2500
    assert len(describe(huge)) < 200
    assert time.perf_counter() - began < 20, "about a second on an idle machine"


def test_keys_made_to_collide_and_odd_truth_values_are_refused():
    prime = 2**61 - 1
    for tag in ("dict", "set"):
        message_ = values.dumps({number * prime: 0 for number in range(1, 1500)} if tag == "dict" else {number * prime for number in range(1, 1500)})
        with pytest.raises(InputError, match="made to be alike"):
            values.loads(message_)
    message_ = bytearray(values.dumps(np.array([True, False])))
    message_[-1] = 2
    with pytest.raises(InputError, match="neither 0 nor 1"):
        values.loads(bytes(message_))
