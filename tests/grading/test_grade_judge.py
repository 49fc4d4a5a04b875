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

from mmlab import codec
from mmlab.check.compare import COMPARERS
from mmlab.check.describe import describe
from mmlab.check.verdict import judge
from mmlab.codec import Raised
from mmlab.errors import InputError
from mmlab.instructor.grading.sandbox.wire import BadFrame, Died, TimedOut
from mmlab.instructor.grading.submission_session import LIVES, Stopped, SubmissionSession
from sessions import QUICK, grader, marks_of, solved, submission

FULL = {"scaled_sum": 1, "Gain": 2, "Tally": 3, "nearest_centre": 4, "test_mean": 5}


@pytest.fixture(scope="module")
def tiny_grader(tiny):
    """Return one grader of the tiny week for all of these tests."""
    with grader(tiny) as made:
        yield made


@pytest.fixture
def grade(tiny, tiny_grader, tmp_path):
    """Return a function that grades the solved tiny lab with some answers replaced and own cells added."""

    def graded(own=(), first=(), **answers):
        lab = solved(tiny, own=[*own, *first])
        setup = next(index for index, cell in enumerate(lab["cells"]) if cell["id"] == "setup")
        cells = [lab["cells"].pop() for _ in first]
        lab["cells"][setup + 1 : setup + 1] = cells[::-1]
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
    "leaves": ("import os\ndef Tally(start):\n    os._exit(0)", "ended its process (it exited)"),
    "crashes": (
        "import ctypes\ndef Tally(start):\n    ctypes.string_at(0)",
        "ended its process (it crashed)",
    ),
    "never ends": ("def Tally(start):\n    while True: pass", "did not finish within 4 s"),
    "blocks signals": (
        "import signal\ndef Tally(start):\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass",
        "did not finish within 4 s",
    ),
    "swallows alarms": (
        "def Tally(start):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "did not finish within 4 s",
    ),
    "too large": (
        "class Tally:\n    total = torch.zeros(3 * 10**6)\n    def __init__(self, start): pass",
        "at most",
    ),
    "undefined": ("del_this = 1", "Tally is not defined"),
    "no function": ("Tally = 3", "Tally is 3, which cannot be called"),
}


@pytest.mark.parametrize("kind", DEATHS)
def test_a_deadly_exercise_costs_its_own_points_and_says_why(kind, grade):
    source, says = DEATHS[kind]
    graded = grade(Tally=source)
    only_lost(graded, "Tally")
    assert says in message(graded, "Tally") and message(graded, "Tally").count("\n") == 2


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import os\nos._exit(1)", "died"),
        ("import ctypes\nctypes.string_at(0)", "died"),
        ("while True: pass", "time"),
        ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass", "time"),
        ("1 / 0", "error"),
        ("import warnings, sys\nwarnings.warn('careful')\nprint('x', file=sys.stderr)", "ok"),
        ("print('x' * 10**8)", "ok"),
    ],
)
def test_a_cell_that_fails_or_dies_costs_nothing_else(source, status, grade):
    graded = grade(own=[source, "print('after')"])
    only_lost(graded)
    statuses = {run.id: run for run in graded.cells}
    assert statuses["own-0"].status == status and statuses["own-1"].text == "after\n"
    assert len(statuses["own-0"].text) < QUICK.output_kb * 1024 + 200


def test_a_notebook_of_millions_of_emoji_is_graded(grade):
    only_lost(grade(own=["# " + "\N{GRINNING FACE}" * 1_500_000]))


def test_many_deaths_come_to_an_end(grade):
    graded = grade(first=["import os\nos._exit(0)"] * 12)
    only_lost(graded, *FULL)
    assert "ended its process 9 times" in message(graded, "Gain")
    assert [run.status for run in graded.cells][:12] == ["died"] * 9 + ["skipped"] * 3


def test_deaths_after_the_answers_cost_none_of_them(grade):
    graded = grade(own=["import os\nos._exit(0)"] * 12)
    only_lost(graded)
    assert [run.status for run in graded.cells][-12:] == ["died"] * 9 + ["skipped"] * 3


def test_the_time_for_all_is_bounded(grade, tiny_grader, monkeypatch):
    monkeypatch.setattr(tiny_grader, "limits", replace(QUICK, total_seconds=4))
    graded = grade(first=["import time\ntime.sleep(1.5)"] * 9)
    only_lost(graded, *FULL)
    assert graded.seconds < 20 and "the notebook's time limit, 4 s" in message(graded, "Gain")
    assert "skipped" in [run.status for run in graded.cells]


# ---------------------------------------------------------------- each answer at its own check cell
LATER = {
    "no gradients": "torch.no_grad().__enter__()",
    "gradients off": "torch.set_grad_enabled(False)",
    "inference mode": "torch.inference_mode().__enter__()",
    "autocast": "torch.autocast('cpu', dtype=torch.bfloat16).__enter__()",
    "another dtype": "torch.set_default_dtype(torch.float64)",
    "a replaced function": "torch.Tensor.sum = lambda self, *a, **k: self\nnp.stack = None\ntorch.Tensor.exp = torch.Tensor.log",
    "a replaced class": "nn.Parameter = nn.Module = None",
    "a changed constant": "CLASSES = 1",
    "a star import": "from numpy import *\nfrom math import *",
    "a deleted module": "import sys\nfor name in [m for m in sys.modules if m.startswith('mmlab')]: del sys.modules[name]",
    "a lower recursion limit": "import sys\nsys.setrecursionlimit(60)",
    "an error that numpy raises": "np.seterr(all='raise')",
    "warnings as errors": "import warnings\nwarnings.simplefilter('error')",
    "all names deleted": "for name in [n for n in globals() if n[0] != '_']: del globals()[name]",
    "a reset": "%reset -f",
    "another folder": "import os\nos.chdir('/')",
}


@pytest.mark.parametrize("source", LATER.values(), ids=LATER)
def test_a_later_cell_takes_no_points(source, grade):
    only_lost(grade(own=[source]))


EARLIER = [name for name in LATER if name.split()[0] in ("no", "gradients", "inference", "autocast")]


@pytest.mark.parametrize("kind", EARLIER)
def test_a_mode_that_an_earlier_cell_left_on_takes_no_points(kind, grade):
    only_lost(grade(first=[LATER[kind]]))


def test_a_constant_that_was_changed_above_counts_where_check_would_see_it(grade):
    only_lost(
        grade(
            first=["settings = {'scale': 1}"],
            scaled_sum="def scaled_sum(x, scale):\n    if scale < 0: raise ValueError\n    return (x * scale).sum() * settings['scale']",
            own=["settings['scale'] = 2"],
        )
    )


TALKS = "import gc\nfrom mmlab.instructor.grading.sandbox.wire import Connection\ntalk = next(one for one in gc.get_objects() if type(one) is Connection)\n"


@pytest.mark.parametrize(
    "sends",
    [
        "talk.send(3)",
        "talk.send({'result': {'returned': 1.0}})",
        "talk.channel.send(b'x' * 100)",
        "talk.send({'ran': True})",
        "talk.send({'cell': 'own-0', 'status': 'ok', 'text': 'x' * 10**6, 'error': ''})",
        "talk.send({'ask': 'version', 'request': {}})",
        "talk.channel.send((2**62).to_bytes(8, 'little') * 2)",
        "talk.send({'cell': 3, 'status': [], 'text': None})",
        "talk.send({'ask': np.ones(3)})",
        "talk.close()",
    ],
)
def test_forged_frames_of_a_cell_gain_nothing_and_cost_that_cell(sends, grade):
    graded = grade(
        own=[TALKS + sends], Tally="class Tally:\n    def __init__(self, start):\n        self.total = start"
    )
    assert marks_of(graded)["Tally"] == 0 and graded.score <= sum(FULL.values()) - FULL["Tally"]
    assert max(len(run.text) for run in graded.cells) < 4000


@pytest.mark.parametrize(
    "sends",
    [
        "talk.send({'ask': 'truth'})",
        "talk.send({'ask': np.ones(3)})",
        "talk.send({'late': True})",
        "talk.send({'missing': 'x' * 10**6})",
        "talk.send({'result': np.ones(3)})",
        "talk.send({'result': {'results': {3: 4}, 'forbidden': 3, 'mutated': np.ones(2)}})",
        "talk.send({'ask': 'version', 'request': {'pull': 0}})",
        "talk.send({'result': {'results': Ellipsis}})",
        "talk.send([1])",
        "talk.send({'result': None})",
        "[talk.send({'ask': 'inputs'}) for _ in range(9)]",
    ],
)
def test_forged_replies_are_wrong_answers_in_three_lines(sends, grade):
    graded = grade(Tally=f"{TALKS}def Tally(start):\n    {sends}")
    assert marks_of(graded)["Tally"] == 0 and graded.score <= sum(FULL.values()) - FULL["Tally"]
    assert message(graded, "Tally").count("\n") == 2 and len(message(graded, "Tally")) < 2000


def test_a_version_called_with_what_cannot_travel_costs_that_test_only(grade):
    graded = grade(test_mean="def test_mean(mean):\n    mean(range(3))")
    only_lost(graded, "test_mean")
    assert "cannot be called with that" in message(graded, "test_mean")


@pytest.mark.parametrize(
    ("lost", "says"),
    [(Died("memory"), "memory"), (TimedOut("late"), "out of time"), (BadFrame("odd"), "too large")],
)
def test_a_version_that_a_test_kills_costs_that_test_and_one_life(lost, says):
    class Dead:
        def send(self, value, seconds):
            raise lost

        def close(self):
            return SimpleNamespace(peak_mb=12.5)

    session = SubmissionSession(SimpleNamespace(child=Dead), "", [], QUICK)
    with pytest.raises(Stopped, match=f"does not return .{says}"):
        session._of_version({"source": ""}, {}, time.monotonic() + 1)
    assert session.lives == LIVES - 1 and session.peak_mb == 12.5


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
def test_forbidden_operations_and_names_get_no_points(grade):
    sneaky = "def scaled_sum(x, scale):\n    if scale < 0:\n        raise ValueError\n    x.prod()\n    return (x * scale).sum()"
    graded = grade(scaled_sum=sneaky)
    only_lost(graded, "scaled_sum")
    assert "runs aten.prod" in message(graded, "scaled_sum")
    graded = grade(
        first=["def helper(x):\n    return torch.einsum('...->', x)"],
        scaled_sum=sneaky.replace("x.prod()", "helper(x)"),
    )
    only_lost(graded, "scaled_sum")
    assert "uses torch.einsum" in message(graded, "scaled_sum")


SECRETLY = {
    "pieces": "return getattr(torch, 'ein' + 'sum')('...->', x * scale)",
    "a table": "return [None, torch.einsum][1]('...->', x * scale)",
    "a copy of its code": "return types.FunctionType(torch.functional.einsum.__code__, vars(torch.functional))('...->', x * scale)",
    "without the look at calls": "sys.setprofile(None)\n    return x.sum() * scale",
}


@pytest.mark.parametrize("line", SECRETLY.values(), ids=SECRETLY)
def test_a_forbidden_function_gets_no_points_however_it_is_spelled(line, grade):
    budget = "text = '" + "a" * 600_000 + "'"  # once the number of characters that were read
    answer = f"import sys, types\n{budget}\ndef scaled_sum(x, scale):\n    if scale < 0:\n        raise ValueError\n    {line}"
    graded = grade(first=[budget, budget], scaled_sum=answer)
    only_lost(graded, "scaled_sum")
    said = message(graded, "scaled_sum")
    assert "your answer runs " in said or "scaled_sum uses torch.einsum" in said


COPY = """
import os, threading, types
from mmlab import losses
copy = types.FunctionType(losses.cosines.__code__.replace(), dict(vars(losses)))
code, values = losses.cosines.__code__, []
def tried(function=copy):
    values.append(function(torch.ones(1, 2), torch.ones(1, 2)))
"""
IN_A_PROCESS = """
reading, writing = os.pipe()
if os.fork() == 0:
    try:
        tried(losses.cosines)
        os.write(writing, b"ran" * 99)
    finally:
        os._exit(0)
os.close(writing)
"""
ELSEWHERE = {
    "another thread": (
        COPY,
        "thread = threading.Thread(target=tried)\n    thread.start()\n    thread.join()",
    ),
    "its own code, put back": (COPY, "losses.cosines.__code__ = code\n    tried(losses.cosines)"),
    "a process of an earlier cell": (COPY + IN_A_PROCESS, "values.extend(os.read(reading, 3))"),
}
SCALED_SUM = "def scaled_sum(x, scale):\n    if scale < 0:\n        raise ValueError\n    {}\n    return (x * scale).sum()"


@pytest.mark.parametrize(("cell", "lines"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_forbidden_function_of_the_package_is_in_no_thread_or_process(cell, lines, grade):
    answer = SCALED_SUM.format(f"{lines}\n    assert values")
    only_lost(grade(first=[cell], scaled_sum=answer), "scaled_sum")


def test_a_function_that_another_exercise_forbids_may_be_used(grade):
    cell = (
        "from mmlab import losses\nONE = float(losses.cosines(torch.eye(1, 2), torch.eye(1, 2)))\nprint(ONE)"
    )
    gain = (
        "class Gain(nn.Module):\n    def __init__(self, width):\n        super().__init__()\n"
        "        self.log_gain = nn.Parameter(torch.zeros(width))\n    def forward(self, x):\n"
        "        one = losses.cosines(torch.eye(1, 2), torch.eye(1, 2)).item()\n        return x * self.log_gain.exp() * one"
    )
    graded = grade(first=[cell], Gain=gain)
    only_lost(graded)
    (run,) = [run for run in graded.cells if "1.0" in run.text]
    assert run.status == "ok"


# ---------------------------------------------------------------- what a verdict depends on
LIES = {
    "an input changed and restored": (
        "scaled_sum",
        "def scaled_sum(x, scale):\n    if scale < 0:\n        raise ValueError\n    if x.requires_grad:\n        return (x * scale).sum()\n"
        "    before = x.clone()\n    x *= scale\n    total = x.sum()\n    x.copy_(before)\n    return total",
        "writes into its inputs or parameters",
    ),
    "an input restored by a profiler": (
        "Gain",
        """
import sys
class Gain(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(width))
    def forward(self, x):
        if x.requires_grad or not torch.is_grad_enabled():
            return x * self.log_gain.exp()
        before = x.clone()
        def watch(frame, event, argument):
            if frame.f_code.co_name == "_mutated":
                sys.setprofile(None)
                x.copy_(before)
        result = x * self.log_gain.exp()
        x.zero_()
        sys.setprofile(watch)
        return result""",
        "writes into its inputs or parameters",
    ),
    "an input changed": (
        "scaled_sum",
        "def scaled_sum(x, scale):\n    if scale < 0:\n        raise ValueError\n    if x.requires_grad:\n        return (x * scale).sum()\n"
        "    x *= scale\n    return x.sum()",
        "changes args[0] in place",
    ),
    "a parameter written and restored": (
        "Gain",
        """
class Gain(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(width))
    def forward(self, x):
        with torch.no_grad():
            self.log_gain.add_(1)
            self.log_gain.sub_(1)
        return x * self.log_gain.exp()""",
        "writes into its inputs or parameters",
    ),
    "training data changed and restored": (
        "nearest_centre",
        """
def nearest_centre(points, labels):
    before = points.copy()
    points -= points.mean(0)
    points[...] = before
    centres = np.stack([points[labels == k].mean(0) for k in range(3)])
    return lambda points: ((points[:, None] - centres) ** 2).sum(-1).argmin(1)""",
        "writes into what it is given",
    ),
    "a state that only its methods have": (
        "Gain",
        """
class Gain(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
    def state_dict(self, *a, **k):
        return {"log_gain": self.gain.log()}
    def load_state_dict(self, state, *a, **k):
        self.gain.data = state["log_gain"].exp()
    def named_parameters(self, *a, **k):
        return iter([("log_gain", self.gain)])
    def forward(self, x):
        return x * self.gain""",
        "the names gain",
    ),
    "another gradient function": (
        "Gain",
        """
def finite(outputs, inputs, *a, **k):
    return [torch.ones_like(each) for each in inputs]
torch.autograd.grad = torch.autograd.backward = finite
torch.autograd.Variable._execution_engine = None
class Gain(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(width))
    def forward(self, x):
        return x.detach() * self.log_gain.detach().exp()""",
        "no gradient",
    ),
}


@pytest.mark.parametrize("kind", LIES)
def test_what_a_verdict_depends_on_cannot_be_hidden(kind, grade):
    name, source, says = LIES[kind]
    graded = grade(**{name: source})
    only_lost(graded, name)
    assert says in message(graded, name), message(graded, name)


PATCHES = {
    "no fingerprints": "from mmlab.check import drivers\ndrivers._mutated = lambda *a: []",
    "no codec": "from mmlab import codec\ncodec.dumps = lambda value: b''",
    "its own gradients": "from mmlab.check import drivers\ndrivers._gradients = lambda run, inputs: inputs",
    "its own driver": "from mmlab.check import drivers\ndrivers.run = drivers.RUN = lambda *a, **k: {}",
    "changed code": "from mmlab.check import drivers\ndrivers._call.__code__ = (lambda candidate, case, options, ask, keep, protect=None: {}).__code__",
    "a profiler": "import sys\nsys.setprofile(lambda *a: 1 / 0)",
}


@pytest.mark.parametrize("source", PATCHES.values(), ids=PATCHES)
def test_what_a_cell_does_to_the_driver_is_undone_where_an_answer_runs(source, grade):
    changes = "def scaled_sum(x, scale):\n    if scale < 0:\n        raise ValueError\n    total = (x * scale).sum()\n    x.data.zero_()\n    return total"
    graded = grade(first=[source], scaled_sum=changes)
    only_lost(graded, "scaled_sum")
    assert "changes args[0] in place" in message(graded, "scaled_sum")


# ---------------------------------------------------------------- odd results
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**300, max_value=10**400),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.sampled_from(
        [
            Raised("print", "x"),
            Raised("ValueError", "x" * 9999),
            np.float16("nan"),
            np.zeros((0, 5)),
            np.zeros((3, 0)),
            torch.zeros(2, 0),
            np.array(3 + 4j),
            np.array([True, False]),
            torch.tensor([1.0, float("inf")], dtype=torch.bfloat16),
            np.int8(3),
            torch.tensor(float("nan")),
            np.full((3, 4), np.nan),
            np.uint64(2**64 - 1),
        ]
    ),
)
ODD = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(0, 3)), inner, max_size=4),
    ),
    max_leaves=8,
)
WANTED = [
    1.5,
    3,
    True,
    "word",
    None,
    b"raw",
    [1, 2.0],
    (1, "a"),
    {"a": 1, "b": [2]},
    {1, 2},
    np.arange(3.0),
    torch.ones(2, 3),
    np.array([1, 0, 2]),
    torch.tensor([0, 1, 1]),
    Raised("ValueError", "no"),
]


def travelled(value):
    """Return a value as it comes out of the wire; what the codec refuses never gets that far."""
    try:
        return codec.loads(codec.dumps(value))
    except InputError:
        return None


@settings(max_examples=400, deadline=None)
@given(
    odd=ODD,
    wanted=st.sampled_from(WANTED),
    kind=st.sampled_from(sorted(COMPARERS)),
    part=st.sampled_from(["returned", "mutated", "gradients", "forbidden", "device", "unsupported"]),
)
def test_no_odd_result_stops_the_judge_or_passes_for_another_value(odd, wanted, kind, part):
    if kind in ("accuracy", "agreement", "likelihood"):
        wanted = np.array([1, 0, 2])
    parameters = {"minimum": 0.9} if kind in ("accuracy", "agreement", "likelihood") else {}
    expected = [{"returned": wanted, "mutated": [], "gradients": [None, torch.ones(2)]}]
    record = {
        "name": "f",
        "driver": {"kind": "call", "options": {}},
        "compare": {"kind": kind, "parameters": parameters},
        "expected": expected,
        "misconceptions": [{"name": "m", "message": "", "do": "", "detect": None, "results": expected}],
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for got in map(
            travelled,
            (odd, {"returned": wanted, "mutated": [], "gradients": [None, torch.ones(2)]} | {part: odd}),
        ):
            verdict = judge(record, [got])
            if not verdict.passed:
                given_, wanted_, do = verdict.message(show_wanted=False)
                assert given_ and wanted_ and do and len(given_) < 20_500


@pytest.mark.parametrize(
    "huge",
    [
        [0.5] * 1_000_000,
        {number: number for number in range(300_000)},
        {str(n) for n in range(300_000)},
        "x" * 5_000_000,
        [["x" * 1000] * 5000],
        ["x" * 100_000] + ["y"] * 100_000,
        10**4000,
        [10**4000] * 100,
        np.zeros(10**7),
        torch.zeros(2, 5 * 10**6),
        [np.zeros(10**6), "a"] * 4,
        [[[[]] * 100] * 100] * 50,
        b"x" * 30_000_000,
        [1] * 3 + ["x"] * 200_000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_huge_result_is_refused_at_once(huge):
    began = time.process_time()
    for wanted in WANTED:
        for kind, compare in COMPARERS.items():
            if kind in ("accuracy", "agreement", "likelihood"):
                assert compare(np.array([1, 0, 2]), huge, minimum=0.5) is not None
            else:
                found = compare(wanted, huge)
                assert found is not None and len(found.given) < 2500
    assert len(describe(huge)) < 200
    assert time.process_time() - began < 20, "about a second on an idle machine"


def test_keys_made_to_collide_and_odd_truth_values_are_refused():
    prime = 2**61 - 1
    for tag in ("dict", "set"):
        message_ = codec.dumps(
            {number * prime: 0 for number in range(1, 1500)}
            if tag == "dict"
            else {number * prime for number in range(1, 1500)}
        )
        with pytest.raises(InputError, match="made to be alike"):
            codec.loads(message_)
    message_ = bytearray(codec.dumps(np.array([True, False])))
    message_[-1] = 2
    with pytest.raises(InputError, match="neither 0 nor 1"):
        codec.loads(bytes(message_))
