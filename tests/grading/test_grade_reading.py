"""A student's text is read in a process with limits, in time that grows as the text does, and as Python reads it."""

import os
import time

import pytest

from mmlab.cli import cell_source, demo_cells, lab_match
from mmlab.cli.lab_check import without_demos
from mmlab.errors import InputError
from mmlab.instructor.grading.grader import to_run
from mmlab.instructor.grading.intake import bindings, limited, repair
from mmlab.instructor.grading.intake.limited import Reader
from mmlab.instructor.reports import fingerprints
from reader_acts import acts
from sessions import grader, marks_of, solved, submission
from submitted_files import cell

FULL = {"scaled_sum": 1, "Gain": 2, "Tally": 3, "nearest_centre": 4, "test_mean": 5, "explain": 0}


@pytest.fixture(scope="module")
def tiny_grader(tiny):
    """Return one grader of the tiny week for all of these tests."""
    with grader(tiny) as made:
        yield made


def seconds(act, *arguments) -> float:
    """Return the least processor time of this process in three calls."""
    times = []
    for _ in range(3):
        began = time.process_time()
        act(*arguments)
        times.append(time.process_time() - began)
    return min(times)


def assert_linear(act, text, size: int = 30_000) -> None:
    """Assert that act(text(2n)) takes at most three times as long as act(text(n)); four times would be quadratic."""
    once, twice = seconds(act, text(size)), seconds(act, text(2 * size))
    assert twice < 3 * once + 0.02, f"{once:.3f} s for {size:,} characters, {twice:.3f} s for twice as many"


BLANKS = {
    "blanks": lambda n: " " * n,
    "blanks before =": lambda n: "x" + " " * n + "= 3 %",
    "blanks at the start": lambda n: " " * n + "x",
    "blanks and commas": lambda n: "a, " * (n // 3),
    "empty lines": lambda n: "\n" * n,
    "form feeds": lambda n: "\f" * n,
    "question marks": lambda n: "?" * n + "x",
    "a name and question marks": lambda n: "a" * n + "?? x",
    "dots": lambda n: "a." * (n // 2),
    "a tail of blanks": lambda n: 'check("x", x)' + " " * n + "\n x",
    "parentheses and blanks": lambda n: "check(" + " " * n,
    "definitions": lambda n: "def" + " \t" * (n // 2),
    "percent signs": lambda n: "%" * n + "\n",
    "indented lines": lambda n: "  x\n" * (n // 4),
}


@pytest.mark.parametrize("text", BLANKS.values(), ids=BLANKS)
def test_every_pattern_takes_time_in_proportion_to_the_text(text):
    def patterns(source: str) -> None:
        cell_source.python_of(source)
        cell_source.one_spelling(source)
        fingerprints.SHELL.sub("", source)
        lab_match.checked({"cell_type": "code", "source": source})
        lab_match.defined({"cell_type": "code", "source": source})
        bindings.definitions(source)

    assert_linear(patterns, text)


HOSTILE = {
    "braces in an f-string": lambda n: "x = f'" + "{" * n + "'",
    "pairs of braces": lambda n: "x = f'" + "{1}" * (n // 3) + "'",
    "brackets": lambda n: "x = " + "[" * n,
    "lists in a list": lambda n: "x = [" + "[]," * n + "]",
    "operators": lambda n: "x = " + "-" * n + "1",
    "a sum": lambda n: "x = " + "1+" * n + "1",
    "attributes": lambda n: "x = a" + ".b" * n,
    "blanks before =": lambda n: "x" + " " * n + "= 3",
    "a check with a tail": lambda n: 'check("Tally", Tally)' + " " * n + "\n#",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_intake_spends_little_time_of_its_own_on_hostile_text(text, tiny, tiny_grader, tmp_path):
    def prepared(source: str) -> None:
        lab = solved(tiny, own=[source])
        lab["cells"].append(cell(f"{source}\nTally = Tally"))
        made = repair.prepare(submission(tmp_path, lab), tiny_grader.release)
        assert made.problem is None

    prepared("x = 1")
    once = seconds(prepared, text(20_000))
    assert seconds(prepared, text(40_000)) < 3 * once + 0.1


def test_hostile_text_costs_no_answer_a_point(tiny, tiny_grader, tmp_path):
    lab = solved(tiny, own=["x = f'" + "{" * 60_000 + "'", " " * 60_000 + "=", "x = [" + "[]," * 10**5 + "]"])
    began = time.process_time()
    graded = tiny_grader.grade(submission(tmp_path, lab))
    assert marks_of(graded) == FULL and time.process_time() - began < 5


# ---------------------------------------------------------------- the reader
@pytest.fixture
def reads_here(monkeypatch):
    """Let the reader find this file."""
    limited.reader.close()
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
    )
    yield
    limited.reader.close()


def test_a_text_that_is_too_much_for_the_reader_costs_that_text_only(reads_here):
    assert acts("a", "") == "a"
    for what in ("exit", "loop"):
        assert acts("b", what) == "otherwise b"
        assert acts("c", "") == "c"
    for what in ("memory", "raise"):
        with pytest.raises(SyntaxError, match="MemoryError" if what == "memory" else "ValueError: no"):
            acts("d", what)
    assert acts("e \ud800", "") == "e \ud800"


def test_a_submissions_readings_share_a_budget(reads_here):
    with limited.budget(seconds=1.0):
        assert acts("a", "exit") == "otherwise a", "which takes the whole budget"
        assert acts("b", "") == "otherwise b"
    assert acts("b", "") == "b"


def test_within_a_budget_a_text_is_read_once(reads_here, monkeypatch):
    asked = []
    ask = Reader.ask
    monkeypatch.setattr(Reader, "ask", lambda *arguments: asked.append(1) or ask(*arguments))
    with limited.budget():
        assert [acts("a", "") for _ in range(5)] == ["a"] * 5
        assert acts("x", "exit") == acts("x", "") == "otherwise x"
    assert len(asked) == 2


# ---------------------------------------------------------------- as Python reads it
SPELLINGS = {
    "a byte order mark": lambda source: "\ufeff" + source,
    "tabs": lambda source: source.replace("    ", "\t").replace("class ", "class\t"),
    "form feeds": lambda source: "\f" + source.replace("\n\n", "\n\f\n"),
    "full-width letters": lambda source: source.replace(
        "Tally", "\N{FULLWIDTH LATIN CAPITAL LETTER T}ally"
    ).replace("total", "\N{FULLWIDTH LATIN SMALL LETTER T}otal"),
    "names that are not ASCII": lambda source: source.replace("count", "größe_数"),
    "indented as a whole": lambda source: "\n".join(f"    {line}" for line in source.split("\n")),
    "line breaks of Windows": lambda source: source.replace("\n", "\r\n"),
}
TALLY = """class Tally:
    def __init__(self, start):
        self.total = start

    def add(self, count):
        if count < 0:
            raise ValueError("negative")
        self.total += count"""


@pytest.mark.parametrize("where", ["in its cell", "in a cell of its own"])
@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
def test_an_answer_is_found_as_python_reads_it(spelt, where, tiny, tiny_grader, tmp_path):
    answers = {"Tally": spelt(TALLY)} if where == "in its cell" else {}
    own = [] if answers else [spelt(TALLY)]
    graded = tiny_grader.grade(submission(tmp_path, solved(tiny, answers, own=own)))
    assert marks_of(graded)["Tally"] == 3, graded.marks[2]


# ---------------------------------------------------------------- demos that define what is used
def shown(*cells: tuple[str, bool]) -> list[int]:
    """Return the demos that must run."""
    return sorted(demo_cells.needed(list(cells)))


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        ([("size = 3", True), ("def f(x): return x * size", False)], [0]),
        ([("import json", True), ("def f(x): return json.dumps(x)", False)], [0]),
        ([("from math import *", True), ("def f(x): return sqrt(x)", False)], [0]),
        ([("def g(x): return x", True), ("class F:\n    def run(self): return g(1)", False)], [0]),
        ([("size = 3", True), ("both = size, 2", True), ("def f(): return both", False)], [0, 1]),
        ([("sizes = {}", False), ("sizes['a'] = 1", True), ("def f(): return sizes['a']", False)], [1]),
        ([("size = 3", True), ("size = 4", False), ("def f(): return size", False)], []),
        ([("x = 3", True), ("def f(x): return x", False)], []),
        ([("x = 3", True), ("x = 4\ndef f(): return x", False)], []),
        ([("def f(): return size", False), ("size = 3", True)], []),
        ([("size = 3", True), ("print('size')  # size", False)], []),
        ([("size = = 3", True), ("def f(): return size", False)], []),
        ([("%time size = 3\nother = 1", True), ("!ls\ndef f(): return other", False)], [0]),
        ([("for size in range(3): pass", True), ("def f(): return [size for _ in 'ab']", False)], [0]),
        ([("def make():\n    global size\n    size = 3\nmake()", True), ("f = lambda: size", False)], [0]),
        ([("print(len('a'))", True), ("def f(x): return len(x)", False)], []),
    ],
)
def test_a_demo_runs_if_the_last_definition_above_a_use_is_in_it(cells, needed):
    assert shown(*cells) == needed


def test_a_constant_in_a_demo_reaches_the_answer_below_it(tiny, tiny_grader, tmp_path):
    lab = solved(
        tiny,
        {
            "scaled_sum": "def scaled_sum(x, scale):\n    if scale < LOWEST: raise ValueError\n    return (x * scale).sum()"
        },
    )
    at = next(index for index, each in enumerate(lab["cells"]) if each["id"] == "scaled_sum-solution")
    demos = [cell("LOWEST = 0"), cell("raise ValueError('a demo that nobody needs')")]
    for number, demo in enumerate(demos):
        demo |= {"id": f"demo-{number}"}
        demo["metadata"]["tags"] = ["demo"]
        lab["cells"].insert(at, demo)
    graded = tiny_grader.grade(submission(tmp_path, lab))
    assert marks_of(graded)["scaled_sum"] == 1
    assert [(run.id, run.status) for run in graded.cells if run.id.startswith("demo")] == [("demo-0", "ok")]


def test_check_runs_the_demos_that_grade_runs(tiny):
    lab = solved(tiny, own=["LOWEST", "def f(): return UPPER"])
    for number, source in enumerate(["LOWEST = 0", "UPPER = LOWEST", "unused = 1"]):
        demo = cell(source, id=f"demo-{number}", metadata={"tags": ["demo"]})
        lab["cells"].insert(-2, demo | {"outputs": [], "execution_count": None})
    ran = {each["id"] for each in to_run(lab) if each["id"].startswith("demo")}
    checked = {each["id"] for each in without_demos(lab)["cells"] if each["id"].startswith("demo")}
    assert ran == checked == {"demo-0", "demo-1"}


def test_a_reader_that_does_not_start_is_our_fault_and_no_zero(tiny, tiny_grader, tmp_path, monkeypatch):
    limited.reader.close()
    monkeypatch.setattr(limited, "START", "raise SystemExit")
    with pytest.raises(InputError, match="does not start"):
        tiny_grader.grade(submission(tmp_path, solved(tiny)))
