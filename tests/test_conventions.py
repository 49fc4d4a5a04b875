"""Every convention of the course, as a gate with a bad example that it must flag.

A gate is a function from a subject to its faults (`tests/gates/`). Each is
run twice: over the repository, where no subject at all is a fault too, and
over a planted bad example.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gates import cells, labs, repository, source, wire, words
from gates.cells import Notebook, code, prose
from gates.files import File
from gates.source import Source
from mmlab.cli.setup_cell import source as setup_source
from mmlab.instructor.authoring.exercise import weeks

ROOT = Path(__file__).resolve().parents[1]
DOC = '"""One line."""\n'


@dataclass(frozen=True)
class Gate:
    """A rule, where its subjects come from, and one bad subject (arguments of the rule)."""

    rule: Callable[..., list[str]]
    subjects: Callable[[], list[tuple]]
    bad: tuple[Any, ...]

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.__name__


@cache
def read(kind: type[File], path: Path) -> File:
    """Return a file of the repository; what one gate has read and parsed, the next does not parse again."""
    return kind.read(path, ROOT)


def files(kind: type[File], *patterns: str) -> Callable[[], list[tuple]]:
    """Return a collector of files below the repository's root."""
    return lambda: [(read(kind, path),) for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def python(*patterns: str) -> Callable[[], list[tuple]]:
    """Return a collector of Python files below the repository's root."""
    return files(Source, *patterns)


def notebooks(*patterns: str) -> Callable[[], list[tuple]]:
    """Return a collector of notebooks below the repository's root."""
    return files(Notebook, *patterns)


PACKAGE = python("mmlab/**/*.py")
ALL_CODE = python("mmlab/**/*.py", "tests/**/*.py", "conftest.py")
EVERY_FUNCTION = python("mmlab/**/*.py", "tests/**/*.py", "solutions/**/*.py", "conftest.py")
ERRORS = python("mmlab/errors.py")
LESSONS = notebooks("lessons/*.ipynb")
SOLVED = notebooks("solutions/*/lab.ipynb")
RELEASED = notebooks("labs/*/lab.ipynb")
GRADED = notebooks("solutions/*/lab.ipynb", "labs/*/lab.ipynb")
SOURCES = notebooks("lessons/*.ipynb", "solutions/*/lab.ipynb", "labs/*/lab.ipynb")
TEXTS = (
    "*.md",
    "book/**/*.md",
    "book/*.toml",
    "mmlab/**/*.py",
    "solutions/**/*.py",
    "lessons/*.ipynb",
    "solutions/*/lab.ipynb",
)
EXECUTED = notebooks("build/executed/**/*.ipynb")


def with_setup() -> list[tuple]:
    """Return each notebook with the setup cell that it must have."""
    return [(notebook, setup_source(notebook.week)) for (notebook,) in SOURCES()]


def lab_tasks() -> list[tuple]:
    """Return each week with its graded exercises, less the optional ones."""
    found = []
    for week in weeks(ROOT):
        points = labs.points(read(Notebook, week.notebook)) if week.notebook.exists() else {}
        planned = [exercise for exercise in week.exercises if not exercise.optional]
        tasks = [labs.Task(e.name, points.get(e.name, 0), e.difficulty, e.minutes) for e in planned]
        found.append((week.id, tasks))
    return found


def lessons_and_answers() -> list[tuple]:
    """Return each lesson with all solved labs."""
    solved = [notebook for (notebook,) in SOLVED()]
    return [(lesson, solved) for (lesson,) in LESSONS()]


def releases_and_answers() -> list[tuple]:
    """Return the text of each released lab with its solved lab."""
    solved = {notebook.week: notebook for (notebook,) in SOLVED()}
    return [(released.text, solved[released.week]) for (released,) in RELEASED()]


def course_texts() -> list[tuple]:
    """Return each file that readers and students meet; book/node_modules is not ours."""
    found = {path for pattern in TEXTS for path in ROOT.glob(pattern) if "node_modules" not in path.parts}
    return [(read(File, path),) for path in sorted(found)]


def rewritten() -> list[tuple]:
    """Return each Markdown page, and each Python file of the parts of the package that words.CLEAN lists."""
    pages = [(File.read(path, ROOT),) for pattern in words.PAGES for path in sorted(ROOT.glob(pattern))]
    parts = [part if part.endswith(".py") else f"{part}/**/*.py" for part in words.CLEAN]
    return pages + python(*parts)()


def private_subjects() -> list[tuple]:
    """Return every committed text file."""
    return [(path,) for path in repository.text_files(ROOT)]


def tree() -> list[tuple]:
    """Return the repository's root."""
    return [(ROOT,)]


def bad_source(text: str, path: str = "mmlab/planted.py") -> tuple[Source]:
    """Return a planted Python file."""
    return (Source(path, text),)


def bad_notebook(*planted: dict) -> tuple[Notebook]:
    """Return a planted notebook."""
    return (Notebook.of(*planted),)


def lines(count: int) -> str:
    """Return so many lines of code."""
    return "\n".join(["x = 1"] * count)


def graded(name: str, source_text: str) -> dict:
    """Return a check cell worth a point."""
    meta = {"nbgrader": {"grade": True, "locked": True, "grade_id": name, "points": 1}}
    return code(source_text, name, metadata=meta)


def solution(name: str, source_text: str) -> dict:
    """Return a solution cell."""
    meta = {"nbgrader": {"solution": True, "grade_id": f"{name}-solution"}}
    return code(source_text, f"{name}-solution", metadata=meta)


def stored(*outputs: dict, marked: bool = True, count: int | None = 1) -> dict:
    """Return a code cell with outputs."""
    meta = {"tags": [cells.MARK]} if marked else {}
    return code("print(1)", metadata=meta, outputs=list(outputs), execution_count=count)


def stream(text: str, name: str = "stdout") -> dict:
    """Return one stream output."""
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: str) -> dict:
    """Return one displayed output; `text_html` stands for text/html."""
    data = {kind.replace("_", "/"): value for kind, value in data.items()}
    return {"output_type": "display_data", "data": data, "metadata": {}}


ANSWER = "def mean_of(values):\n    ### BEGIN SOLUTION\n    total = sum(values)\n    return total / len(values)\n    ### END SOLUTION"
ANSWERED = Notebook.of(
    solution("mean_of", ANSWER),
    graded("mean_of", 'check("mean_of", mean_of)'),
    path="solutions/02_x/lab.ipynb",
)
RENAMED = code("numbers = [1, 2]\nfull = sum(numbers)\nmiddle = full / len(numbers)", "mean")
LONG_QUIZ = [prose("(a) (b)\n<details>(a) no, (b) yes</details>", f"quiz-{i}") for i in range(1, 6)]

GATES = [
    Gate(source.positional_arguments, ALL_CODE, bad_source("def f(a, b, c, d, e, f, g): pass")),
    Gate(source.imported_conftest, ALL_CODE, bad_source("from conftest import record")),
    Gate(source.docstrings, PACKAGE, bad_source(DOC + "class A:\n    'Doc.'\n    def shown(self): pass")),
    Gate(source.asserts, PACKAGE, bad_source("assert size > 0, 'size'")),
    Gate(source.swallowed, EVERY_FUNCTION, bad_source("try:\n    f()\nexcept Exception:\n    pass")),
    Gate(source.worded_errors, PACKAGE, bad_source("raise InputError('wrong size')")),
    Gate(source.names, ALL_CODE, bad_source("def get_image(): pass")),
    Gate(
        source.error_tree,
        ERRORS,
        bad_source("class MmlabError(Exception): pass\nclass Lost(MmlabError): pass"),
    ),
    Gate(words.standard_words, rewritten, bad_source('"""Mend a hand-in."""')),
    Gate(repository.private_text, private_subjects, ("private.txt",)),
    Gate(repository.file_names, tree, ("map",)),
    Gate(repository.package_map, tree, ("map",)),
    Gate(repository.readme_tree, tree, ("map",)),
    Gate(repository.licences, tree, ("empty",)),
    Gate(repository.conda_environment, tree, ("versions",)),
    Gate(repository.constraints, tree, ("versions",)),
    Gate(repository.one_address, tree, ("versions",)),
    Gate(repository.ci_command, tree, ("versions",)),
    Gate(repository.one_version, tree, ("versions",)),
    Gate(cells.cell_ids, SOURCES, bad_notebook(code("1", "a1b2c3d4"))),
    Gate(cells.setup_cell, with_setup, (Notebook.of(code("import torch", "setup")), "import numpy")),
    Gate(cells.cell_lines, LESSONS, bad_notebook(code(lines(16)))),
    Gate(cells.predictions, LESSONS, bad_notebook(*[prose("guess", f"predict-{i}") for i in range(3)])),
    Gate(cells.quiz, LESSONS, bad_notebook(*LONG_QUIZ[:4], prose("(a) (b)\n<details>(a)", "quiz-5"))),
    Gate(cells.stored_outputs, SOURCES, bad_notebook(stored(count=None))),
    Gate(cells.comment_marks, SOURCES, bad_notebook(code("# NBVAL_CHECK_OUTPUT\n1"))),
    Gate(cells.parses, SOURCES, bad_notebook(code("%matplotlib inline"))),
    Gate(cells.figures_through_view, SOURCES, bad_notebook(code("plt.imshow(x)"))),
    Gate(cells.table_heads, SOURCES, bad_notebook(prose("| | b |\n|---|---|\n| 1 | 2 |"))),
    Gate(cells.no_widgets, GRADED, bad_notebook(code("import ipywidgets"))),
    Gate(labs.graded_cells, SOLVED, bad_notebook(graded("f", "assert f(1) == 2"))),
    Gate(labs.self_contained, SOLVED, bad_notebook(solution("f", "def f(x):\n    return other(x)"))),
    Gate(labs.lab_size, lab_tasks, ("02_x", [labs.Task("hard", 6, 3, 20), labs.Task("easy", 4, 1, 20)])),
    Gate(labs.not_handed_out, lessons_and_answers, (Notebook.of(RENAMED), [ANSWERED])),
    Gate(labs.leaked, releases_and_answers, (ANSWER, ANSWERED)),
    Gate(wire.model_ids, course_texts, (File("mmlab/planted.py", 'MODEL = "gpt' + '-4o"'),)),
]
# These look at what one execution showed: they run after `pytest --nbval-lax`.
AFTER_EXECUTION = [
    Gate(cells.nothing_on_stderr, EXECUTED, bad_notebook(stored(stream("Warning!", "stderr")))),
    Gate(
        cells.alternative_text, EXECUTED, bad_notebook(stored(shown(text_html="<img src='data:x' alt=''>")))
    ),
    Gate(wire.private_outputs, EXECUTED, bad_notebook(stored(stream("call me: 212 555" + " 2368")))),
]
# Bad trees, each a few files: name → {path: text}.
PROJECT = """[project]\nname = "mmlab"\nversion = "1.0"\nrequires-python = ">=3.11"\ndependencies = ["numpy>=2"]
[project.optional-dependencies]\nlab = []\nreal = []\n[project.urls]\nRepository = "https://github.com/{}/mmlab"\n"""
TREES = {
    "private.txt": {"private.txt": "see /ro" + "ot/notes and ask me" + "@" + "example.com"},
    "empty": {"README.md": ""},
    "map": {
        "mmlab/__init__.py": '"""The package.\n\n    errors  what is raised  nothing\n"""',
        "mmlab/world.py": "",
        'He said "read it".': "",
        "README.md": "```\nmmlab/\n  errors.py\n```",
    },
    "versions": {
        "pyproject.toml": PROJECT.format("right"),
        "environment.yml": "dependencies:\n  - python>=3.11\n  - numpy>=1\n",
        "constraints.txt": "numpy==1.26.0\n",
        "README.md": "https://github.com/{}/mmlab".format("wrong"),
        "CHANGELOG.md": "## 0.9 - before",
        ".ci/run": "set -e\npytest tests -k easy\n",
    },
}


def named(gates: list[Gate]) -> list:
    """Return gates as test parameters with readable names."""
    return [pytest.param(gate, id=gate.name) for gate in gates]


def faults(gate: Gate) -> list[str]:
    """Return every fault of the repository; finding nothing to look at is one."""
    subjects = gate.subjects()
    if not subjects:
        return [f"{gate.name} found nothing to look at"]
    return [fault for subject in subjects for fault in gate.rule(*subject)]


@pytest.mark.parametrize("gate", named(GATES))
def test_the_repository_keeps(gate):
    found = faults(gate)
    assert not found, f"{gate.rule.__doc__}\n" + "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize("gate", named(AFTER_EXECUTION))
def test_executed_notebooks_keep(gate):
    found = faults(gate)
    assert not found, f"{gate.rule.__doc__} (build/executed/ comes from `make notebooks`)\n" + "\n".join(
        found
    )


@pytest.mark.parametrize("gate", named(GATES + AFTER_EXECUTION))
def test_a_bad_example_is_flagged(gate, tmp_path):
    subject = gate.bad
    if subject[0] in TREES:  # a tree is planted on disk
        for name, text in TREES[subject[0]].items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        subject = (tmp_path / subject[0] if (tmp_path / subject[0]).is_file() else tmp_path,)
    assert gate.rule(*subject), f"{gate.name} passed its bad example"


def test_no_subject_at_all_is_a_fault():
    assert faults(Gate(source.names, lambda: [], ()))


def test_every_gate_is_in_the_table():
    listed = {gate.name for gate in GATES + AFTER_EXECUTION}
    helpers = {"tags", "silent_pictures", "extra"}
    for module in (source, words, cells, labs, repository, wire):
        for name, thing in vars(module).items():
            returns = getattr(thing, "__annotations__", {}).get("return")
            if callable(thing) and returns == list[str] and thing.__module__ == module.__name__:
                assert name in listed | helpers, f"{name} is in no table"
