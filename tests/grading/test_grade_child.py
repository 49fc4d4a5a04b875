"""What a child makes of cells and answers: as IPython would, bounded in time and text, one case at a time."""

import numpy as np
import pytest
import torch

from mmlab import codec
from mmlab.check import drivers
from mmlab.check.service import Ledger
from mmlab.cli import notebook
from mmlab.codec import Raised
from mmlab.instructor.grading.sandbox.remote_version import Versions, stand_in
from mmlab.instructor.grading.sandbox.wire import BadFrame
from mmlab.instructor.grading.submission_session import _of_service, _with_record
from sessions import QUICK, SETUP, ask, forked, in_fork, ran, request, week_of


def one(source: str, **options) -> dict:
    """Return what becomes of one cell."""
    with forked() as connection:
        (found,) = ran(connection, source, **options)
    return found


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = 2\nx + 1", "3\n"),
        ("x = 2\nx + 1;", ""),
        ("display([1], 'two')", "[1]\n'two'\n"),
        ("import asyncio\nawait asyncio.sleep(0)\nprint('awaited')", "awaited\n"),
        ("%%capture kept\nprint(3)", ""),
        (
            "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1]); plt.show()",
            "<Figure size 640x480 with 1 Axes>\n",
        ),
        ("!ls /", "(not run while grading: ls /)\n"),
        ("files = !ls\nfiles", "(not run while grading: ls)\n[]\n"),
        ("import sys\nprint('warned', file=sys.stderr)", "warned\n"),
        ("import sys\nsys.stdout.buffer.write(b'bytes');", "bytes"),
        ("import os\nos.write(1, b'past us');", ""),
        ("print(__name__, get_ipython() is not None)", "__main__ True\n"),
        ("exit()", ""),
        ("import sys\nsys.stdin.read()", "''\n"),
        ("%time pass", None),
    ],
)
def test_cells_run_as_in_a_notebook(source, text):
    found = one(source)
    assert (found["status"], found["error"]) == ("ok", "")
    assert text is None or found["text"] == text


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("a = 1\n1 / 0", "ZeroDivisionError: division by zero (line 2)"),
        ("def f(:", "SyntaxError: invalid syntax (line 1)"),
        ("input('name?')", "InputError: input() waits for a person"),
        ("import sys\nsys.exit(3)", "SystemExit: 3 (line 2)"),
        ("%%nothing_of_that_name\n1", "UsageError: Cell magic `%%nothing_of_that_name` not found"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt (line 1)"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines (line 1)"),
        ("raise ValueError('x' * 10**7)", "ValueError: xxx"),
        (
            "class E(Exception):\n    def __str__(self):\n        return 1 / 0\nraise E",
            "ZeroDivisionError: division by zero (line 3)",
        ),
    ],
)
def test_an_error_is_one_line_and_stops_no_later_cell(source, error):
    with forked() as connection:
        first, second = ran(connection, source, "print('later')")
    assert first["status"] == "error" and first["error"].startswith(error) and "\n" not in first["error"]
    assert len(first["error"]) < 400 and "/" not in first["error"] + first["text"]
    assert (second["status"], second["text"]) == ("ok", "later\n")


NO_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@pytest.mark.parametrize(
    "line",
    [
        "import seaborn_that_is_absent as sns",
        "from google.colab import files, drive",
        "from google.colab import drive\ndrive.mount('/content/drive')",
        "import absent_plotting as sns\nfig = sns.lineplot([1])\nfig.set(title='x')",
        "import absent_one, math as m\nm.sqrt(4)",
        "from math import sqrt, absent_root\nsqrt(4)",
        "%matplotlib widget",
        "%load_ext absent_extension",
        "%absent_magic on",
        "open('/content/drive/data.csv').read()",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')",
        pytest.param("torch.set_default_device('cuda')", marks=NO_GPU),
        pytest.param("torch.set_default_device('cuda:0')", marks=NO_GPU),
        pytest.param("x = torch.zeros(1, device='cuda')\nx + 1", marks=NO_GPU),
        pytest.param("torch.zeros(1).cuda();", marks=NO_GPU),
        pytest.param("assert torch.cuda.is_available()", marks=NO_GPU),
        "%%time\nimport absent_package",
    ],
)
def test_a_line_that_only_this_machine_cannot_run_does_not_cost_the_answer_below(line):
    with forked() as connection:
        (found,) = ran(connection, f"{line}\ndef answer(): return float(torch.ones(2).sum())")
        ask(connection, request("answer", {}))
        assert connection.receive(5)["result"]["returned"] == 2.0
    assert found["status"] == "ok" and "(skipped line " in found["text"]
    assert found["error"].startswith("(skipped line ")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("1 / 0\ndef answer(): return 1", "ZeroDivisionError"),
        ("plot(1)\ndef answer(): return 1", "NameError: name 'plot' is not defined (line 1)"),
        (
            "import absent_jit\n@(absent_jit.jit)\ndef answer(): return 1",
            "NameError: name 'absent_jit' is not defined (skipped line 1: ModuleNotFoundError",
        ),
        ("%timeit -n1 -r1 1 / 0\ndef answer(): return 1", "ZeroDivisionError"),
    ],
)
def test_an_error_of_the_students_own_ends_its_cell(source, error):
    found = one(source)
    assert found["status"] == "error" and found["error"].startswith(error)


def test_a_name_that_a_skipped_line_did_not_bind_may_be_bound_later():
    with forked() as connection:
        first, second = ran(connection, "import absent_a as a", "a = 2\na + 1")
    assert first["text"].startswith("(skipped line 1: ModuleNotFoundError") and second["text"] == "3\n"


def test_modules_and_files_of_the_working_folder_are_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the fork runs there
    files = {
        "my_helpers.py": b"from more.deep import TWO\ndef scale(x): return TWO * x",
        "more/__init__.py": b"",
        "more/deep.py": b"TWO = 2",
        "points.csv": b"1,2\n",
    }
    cells = [
        "from my_helpers import scale\nscale(4)",
        "%%writefile made.py\nVALUE = 5",
        "import made\nmade.VALUE",
        "open('points.csv').read()",
    ]
    with forked() as connection:
        found = ran(connection, *cells, files=files)
    assert [run["text"] for run in found] == ["8\n", "Writing made.py\n", "5\n", "'1,2\\n'\n"]


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "while True:\n    try:\n        while True: pass\n    except Exception: pass",
        "import time\ntime.sleep(60)",
        "await __import__('asyncio').sleep(60)",
    ],
)
def test_a_cell_without_end_is_stopped_and_the_next_one_runs(source):
    with forked() as connection:
        first, second = ran(connection, source, "x = 1\nx")
    assert first["status"] == "time" and first["error"] == "the cell ran longer than 3 s and was stopped"
    assert (second["status"], second["text"]) == ("ok", "1\n")


@pytest.mark.parametrize(
    "source",
    [
        "print('x' * 50_000_000)",
        "for _ in range(20_000): print('line', flush=True)",
        "import os\nfor _ in range(500): os.write(2, b'x' * 10**6)",
        "import sys\nsys.stdout.buffer.write(b'x' * 50_000_000);",
        "'x' * 10_000_000",
    ],
)
def test_what_is_printed_beyond_the_cap_is_forgotten(source):
    found = one(source)
    assert found["status"] == "ok" and len(found["text"]) < QUICK.output_kb * 1024 + 100
    assert "os.write" in source or found["text"].endswith("(more was printed; it is not kept)")


def test_each_driver_gives_what_it_gives_in_one_process(tiny):
    week = week_of(tiny)
    lab = notebook.read(week.notebook)
    exercises = [exercise for exercise in week.exercises if not exercise.is_text]
    with forked() as connection:
        ran(connection, *(notebook.reference(lab, exercise.name) for exercise in exercises))
        for exercise in exercises:
            candidate = notebook.define(notebook.reference(lab, exercise.name), exercise.name, names())
            for case in exercise.inputs(b"any"):
                case.pop("truth", None)
                asked = request(exercise.name, case, exercise.driver.kind, **exercise.driver.options)
                wanted = drivers.run(asked[0]["driver"], candidate, case)
                assert codec.dumps(answered(connection, asked, case)) == codec.dumps({"result": wanted})


def names() -> dict:
    """Return the names of the tests' setup cell."""
    found = {"__name__": "__main__"}
    exec(SETUP, found)
    return found


def answered(connection, asked: list[dict], case: dict) -> dict:
    """Return the child's reply, its questions answered as the judge answers them."""
    versions = Versions()
    kept_back = ("inputs", "source") if asked[0]["driver"]["kind"] in ("predict", "bugs") else ()
    ask(connection, [asked[0], {key: value for key, value in case.items() if key not in kept_back}])
    if "source" in case:
        versions.define(case)
    while "ask" in (reply := connection.receive(30)):
        connection.send(
            {"inputs": case["inputs"]} if reply["ask"] == "inputs" else versions.answer(reply["request"])
        )
    return reply


def test_predict_gets_its_inputs_after_the_training_only():
    case = {"given": {"x": 1}}
    with forked() as connection:
        ran(connection, "def fails(x):\n    raise ValueError(x)", "def works(x):\n    return lambda y: x + y")
        ask(connection, request("fails", case, "predict"))
        assert connection.receive(5) == {"result": {"predictions": Raised("ValueError", "1")}}
        ask(connection, request("works", case, "predict"))
        assert connection.receive(5) == {"ask": "inputs"}
        connection.send({"inputs": {"y": 2}})
        assert connection.receive(5) == {"result": {"predictions": 3, "mutated": [], "again": 3}}


def test_an_answer_runs_with_the_state_at_its_check_cell():
    cells = [
        "def helper(): return 1\ndef f(): return helper(), torch.is_grad_enabled(), F.relu(torch.ones(())).item()",
        {"check": "f"},
        "def helper(): return 2\ntorch.set_grad_enabled(False)\nF.relu = torch.zeros_like",
        {"check": "g"},
        "def g(): return helper()",
    ]
    found = []
    with forked() as connection:
        ran(connection, *cells, at_check=lambda name: found.append(in_fork(connection, request(name, {}))))
        found += [in_fork(connection, request(name, {})) for name in ("f", "g")]
    assert found[0]["result"]["returned"] == (1, True, 1.0)
    assert found[1] == {"missing": "is not defined"}
    assert found[2]["result"]["returned"] == (2, True, 0.0) and found[3]["result"]["returned"] == 2


def test_what_an_answer_leaves_behind_ends_with_its_fork():
    with forked() as connection:
        ran(connection, "seen = []\ndef f():\n    seen.append(1)\n    F.relu = None\n    return len(seen)")
        replies = [in_fork(connection, request("f", {}))["result"]["returned"] for _ in range(3)]
    assert replies == [1, 1, 1]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import os; os._exit(0)", "exit"),
        ("import os; os._exit(77)", None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "kill"),
        ("import ctypes, faulthandler; faulthandler.disable(); ctypes.string_at(0)", "write"),
        ("import os, faulthandler; faulthandler.disable(); os.abort()", "crash"),
        (
            "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass",
            "late",
        ),
    ],
)
def test_a_fork_that_ends_by_itself_is_reported_and_the_child_goes_on(body, why):
    with forked() as connection:
        ran(connection, f"def f():\n    {body}\ndef g(): return 3")
        connection.send({"do": "branch", "seconds": 1})
        asked = request("f", {})
        ask(connection, [asked[0] | {"seconds": 0.5}, *asked[1:]])
        assert connection.receive(10) == ({"died": why} if why else {"left": True})
        assert in_fork(connection, request("g", {}))["result"]["returned"] == 3


def test_a_service_is_recorded_by_the_judge():
    lies = """
def f(call, *, sleep, draw):
    service = call.__self__
    service.ledger.outcomes, service.ledger.draws = [{"gives": "lie"}], [0.5]
    try:
        call()
    except Exception as error:
        sleep(error.retry_after)
    sleep(draw())
    service.calls, service.ledger.calls, service.ledger.waits = 0, 0, []
    return call()"""
    ledger = Ledger([{"status": 429, "retry_after": 2.5}, {"gives": "truth"}], [0.25])
    with forked() as connection:
        ran(connection, lies)
        ask(connection, request("f", {"args": [], "kwargs": {}}, service=True))
        while "ask" in (reply := connection.receive(10)):
            connection.send({"service": _of_service(ledger, reply["request"])})
    returned = _with_record(reply["result"], ledger)["returned"]
    assert returned == {"gives": "truth", "calls": 2, "waits": [2.5, 0.25]}


@pytest.mark.parametrize(
    "asked",
    [None, [], ["call"], ["sleep", -1.0], ["sleep", "1"], [3, 0.0], ["quit", 0.0], ["sleep", float("nan")]],
)
def test_a_forged_request_to_a_service_is_no_event(asked):
    ledger = Ledger([{"gives": 1}], [0.5])
    with pytest.raises(BadFrame):
        _of_service(ledger, asked)
    assert (ledger.calls, ledger.waits) == (0, [])


def test_a_process_with_threads_of_its_own_answers_itself():
    pool = """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
pool.submit(int).result()
def f(): return pool.submit(lambda: 4).result()"""
    with forked() as connection:
        ran(connection, pool)
        assert in_fork(connection, request("f", {}))["result"]["returned"] == 4


@pytest.mark.parametrize(
    ("source", "reply"),
    [
        ("", {"missing": "is not defined"}),
        ("f = 3", {"missing": "is 3, which cannot be called"}),
        ("f = [1]", {"missing": "is a list, which cannot be called"}),
        ("def f():\n    while True: pass", {"late": True}),
        ("def f(): raise KeyboardInterrupt", {"result": {"returned": Raised("KeyboardInterrupt", "")}}),
        ("def f(): return input()", None),
        ("def f(): raise SystemExit(2)", {"result": {"returned": Raised("SystemExit", "2")}}),
        ("def f(): return lambda: 1", None),
        ("def f(): return torch.zeros(3 * 10**6)", None),
        ("class E(Exception):\n    def __str__(self): raise SystemError\ndef f(): raise E", None),
    ],
)
def test_an_answer_that_is_none_is_said_in_words_and_the_next_one_comes(source, reply):
    with forked() as connection:
        ran(connection, source, "def sound(): return 1")
        ask(connection, request("f", {}))
        found = connection.receive(10)
        assert found == reply if reply else set(found) == {"result"}
        if "torch.zeros" in source:
            assert found["result"]["unsupported"].startswith("has 12,000,")
        ask(connection, request("sound", {}))
        assert connection.receive(5)["result"]["returned"] == 1


def test_text_that_no_encoding_has_does_not_end_the_child():
    assert one("print(chr(0xD800))")["status"] == "ok"


# ---------------------------------------------------------------- versions of a find-the-bug
def remote(source: str):
    """Return the stand-in for a version, with the codec between the two."""
    versions = Versions()
    versions.define({"source": source, "name": "function"})
    return stand_in(lambda asked: codec.loads(codec.dumps(versions.answer(codec.loads(codec.dumps(asked))))))


LOSS = "def function(image, text, scale=1.0):\n    return (F.normalize(image) * {text}).sum() * scale, image.detach().mean()"


def test_a_stand_in_gives_values_and_gradients_and_none_where_detached():
    image, text = torch.randn(3, 2, requires_grad=True), torch.randn(3, 2, requires_grad=True)
    for spelled in ("text", "text.detach()"):
        source = LOSS.format(text=spelled)
        found = [
            function(image, text, scale=2.0)
            for function in (remote(source), drivers.version({"source": source, "name": "function"}))
        ]
        assert [torch.equal(one, other) for one, other in zip(*found, strict=True)] == [True, True]
        assert all(value.requires_grad and not mean.requires_grad for value, mean in found)
        gradients = [torch.autograd.grad(value, [image, text], allow_unused=True) for value, _ in found]
        for mine, wanted in zip(*gradients, strict=True):
            assert (mine is None) == (wanted is None) and (mine is None or torch.allclose(mine, wanted))
    found[0][0].backward()
    assert text.grad is None and image.grad is not None
    with pytest.raises(RuntimeError, match="appears to not have been used"):
        torch.autograd.grad(found[0][0], [text])


def test_a_stand_in_works_without_gradients_and_through_chains():
    function = remote("def function(x, y=None):\n    return {'sum': (x * x).sum(), 'y': y, 'parts': [x, 3]}")
    with torch.no_grad():
        assert not function(torch.ones(2, requires_grad=True))["sum"].requires_grad
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    (function(weight * 3, y="kept")["sum"] * 2).backward()
    assert weight.grad.tolist() == [36.0, 72.0] and function(weight)["y"] is None
    assert torch.autograd.gradcheck(
        lambda x: function(x)["sum"], torch.rand(3, dtype=torch.float64, requires_grad=True)
    )
    assert remote("def function(values):\n    return sum(values) / len(values)")([1.0, 2.0]) == 1.5


def test_a_stand_in_copies_back_what_the_version_changes():
    function = remote(
        "def function(x, n, d, many):\n    x += 1\n    n[0] = 9\n    d['new'] = 1\n    many[1] *= 2\n    many[0].append(3)"
    )
    x, n, d, many = torch.zeros(2), np.zeros(2), {}, [[], torch.ones(1)]
    function(x, n, d=d, many=many)
    assert (x.tolist(), n.tolist(), d, many[0], many[1].item()) == ([1, 1], [9, 0], {"new": 1}, [3], 2)
    with pytest.raises(RuntimeError, match="leaf"):
        remote("def function(x):\n    x += 1")(torch.zeros(2, requires_grad=True))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("assert x == 1, 'no'", AssertionError),
        ("raise KeyError('k')", KeyError),
        ("x.nope", AttributeError),
        ("b'\\xff'.decode()", UnicodeDecodeError),
        ("raise SystemExit(1)", SystemExit),
        ("torch.ones(2) @ torch.ones(3)", RuntimeError),
        ("return object()", ValueError),
    ],
)
def test_a_stand_in_raises_what_the_version_raises(body, kind):
    with pytest.raises(kind if kind is not UnicodeDecodeError else ValueError):
        remote(f"def function(x):\n    {body}")(2)


def test_arguments_that_cannot_travel_are_refused_in_words():
    with pytest.raises(TypeError, match="cannot be called with that"):
        remote("def function(x):\n    return x")(object())


def test_a_seed_set_in_the_test_counts_in_the_version():
    function = remote(
        "def function():\n    return torch.rand(1).item(), np.random.rand(), [np.random.normal()]"
    )
    here = drivers.version(
        {
            "source": "def function():\n    return torch.rand(1).item(), np.random.rand(), [np.random.normal()]",
            "name": "function",
        }
    )
    for seed in (0, 1):
        drawn = []
        for one_of in (function, here):
            torch.manual_seed(seed)
            np.random.seed(seed)
            drawn.append((one_of(), torch.rand(1).item(), np.random.rand(), one_of()))
        assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    "asked",
    [
        3,
        {},
        {"pull": -1, "dice": None},
        {"pull": 9, "gradients": [1], "dice": b"x"},
        {"args": 3, "kwargs": 4, "kinds": [], "grad": 1, "dice": None},
    ],
)
def test_a_forged_request_to_a_version_is_answered_with_an_error(asked):
    versions = Versions()
    versions.define({"source": "def function(x):\n    return x", "name": "function"})
    assert isinstance(versions.answer(asked)["raised"], Raised)
    assert versions.answer({"args": [1], "kwargs": {}, "kinds": [], "grad": True, "dice": None})["value"] == 1
