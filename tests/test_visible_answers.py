"""Nothing that students get answers an exercise: no stored version, no cell of a lab or lesson, no function of mmlab.

`tests/gates/labs.py` compares texts. Here every visible function and class is run as an answer to every exercise of
every week, so that another wording of an answer is found too. What an exercise forbids may answer it.
"""

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
from functools import cache, partial

import pytest

from answers import COURSE, ROOT, checked, in_week, week_called
from mmlab.check import drivers
from mmlab.check.cases import FILE, read
from mmlab.check.forbids import names_used
from mmlab.check.verdict import difference
from mmlab.cli import notebook
from mmlab.codec import Raised
from mmlab.instructor.authoring.case_records import setup_names
from mmlab.instructor.grading.sandbox.cells import OutOfTime, within

SECONDS = 5  # for a candidate on one case; a wrong one may never end
COMPUTES = "metrics losses models data evaluate perception world api.client api.tokens".split()
FENCED = re.compile(r"^```(?:python|py)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
DEFINES = (ast.FunctionDef, ast.ClassDef)
EXERCISES = [in_week(week, one) for week in COURSE for one in checked(week)]


def parsed(text: str) -> ast.Module | None:
    """Return a text as Python, None if it is none; lines that only IPython knows are left out."""
    try:
        return ast.parse(re.sub(r"^\s*[%!].*$", "", text, flags=re.MULTILINE))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def strings(value) -> list[str]:
    """Return every text in a nested value, keys and bytes among them."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, (bytes, bytearray)):
        return [bytes(value).decode("utf-8", "replace")]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    return [text for part in value for text in strings(part)] if isinstance(value, (list, tuple, set)) else []


def defined(texts: list[str], week: str) -> dict[str, object]:
    """Return name and number of text → each function and class that Python texts define, one after the other.

    Only definitions, imports and constants are executed, after a week's setup cell.
    """
    space, found = dict(setup_names(week)), {}
    for number, text in enumerate(texts):
        if (tree := parsed(text)) is None:
            continue
        for statement in tree.body:
            constant = isinstance(statement, ast.Assign) and not any(
                isinstance(node, (ast.Call, ast.Subscript, ast.BinOp)) for node in ast.walk(statement)
            )
            if not constant and not isinstance(statement, (*DEFINES, ast.Import, ast.ImportFrom)):
                continue
            try:
                exec(compile(ast.Module([statement], []), f"<text {number}>", "exec"), space)
            except (NameError, AttributeError, ImportError):  # it needs what the cells above it compute
                continue
            if isinstance(statement, DEFINES):
                found[f"{statement.name}, {number}"] = space[statement.name]
    return found


@cache
def from_cases(week_id: str) -> dict[str, object]:
    """Return what the texts in a week's cases.npz define, with the arguments in every order."""
    week, found = week_called(week_id), {}
    for exercise in checked(week):
        whole = read(week.folder / FILE, exercise.name)
        texts = [text for text in strings(whole) if re.search(r"\b(def|class)\s", text)]
        made = defined(texts, week.id)
        assert len(made) >= len(whole["cases"]) * (exercise.driver.kind == "bugs")
        found |= {f"{exercise.name}: {name}": value for name, value in made.items()}
    turned = {}
    for name, value in found.items():
        count = len(inspect.signature(value).parameters)
        orders = itertools.permutations(range(count)) if 1 < count < 4 else ()
        turned |= {f"{name}, arguments {order}": reordered(value, order) for order in orders}
    return found | turned


def reordered(function, order: tuple[int, ...]):
    """Return a function that passes its arguments on in another order."""

    def answer(*args):
        return function(*(args[index] for index in order))

    return answer


@cache
def in_cells(week_id: str) -> dict[str, object]:
    """Return what the cells of a week's lab and lessons define, and the Python in their Markdown."""
    pages, found = [ROOT / f"labs/{week_id}/lab.ipynb", *sorted(ROOT.glob(f"lessons/{week_id}*.ipynb"))], {}
    assert len(pages) > 1
    for path in pages:
        cells = notebook.read(path)["cells"]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        written = [
            text for cell in cells if cell["cell_type"] == "markdown" for text in snippets(cell["source"])
        ]
        made = defined(code, week_id) | defined([*code, *written], week_id)
        found |= {f"{path.relative_to(ROOT)}: {name}": value for name, value in made.items()}
    return found


@cache
def in_pages() -> dict[str, object]:
    """Return what the Python in the README and in the pages of the site defines."""
    found = {}
    for path in [ROOT / "README.md", *sorted(ROOT.glob("book/*.md"))]:
        made = defined(snippets(path.read_text()), COURSE[0].id)
        found |= {f"{path.relative_to(ROOT)}: {name}": value for name, value in made.items()}
    return found


def snippets(markdown: str) -> list[str]:
    """Return the fenced Python of a Markdown text."""
    return FENCED.findall(markdown)


@cache
def in_package() -> dict[str, object]:
    """Return the functions and classes of the packages that compute something, those with a leading _ too."""
    found = {}
    for name in COMPUTES:
        package = importlib.import_module(f"mmlab.{name}")
        below = pkgutil.walk_packages(getattr(package, "__path__", []), f"{package.__name__}.")
        for module in [package, *(importlib.import_module(one.name) for one in below)]:
            own = {
                f"{module.__name__}.{key}": value
                for key, value in vars(module).items()
                if (inspect.isfunction(value) or inspect.isclass(value))
                and value.__module__ == module.__name__
            }
            found |= own
    return found


def elsewhere(source, week_id: str) -> dict[str, object]:
    """Return what a source gives for all weeks but one."""
    return {name: value for week in COURSE if week.id != week_id for name, value in source(week.id).items()}


# The number of pairs of an exercise and a cell of another week grows with the square of the weeks.
VISIBLE = {
    "stored": from_cases,
    "in cells": in_cells,
    "in the package": lambda week: in_package() | in_pages(),
    "stored in other weeks": partial(elsewhere, from_cases),
    "in cells of other weeks": partial(elsewhere, in_cells),
}


def fits(candidate, whole: dict) -> bool:
    """Return whether a candidate can be called as an exercise's driver calls it."""
    kind, case = whole["driver"]["kind"], whole["cases"][0]
    given = {"call": (case.get("args", ()), case.get("kwargs", {})), "bugs": ((len,), {})}
    if kind not in given:
        return kind == "predict" or inspect.isclass(candidate)
    try:
        inspect.signature(candidate).bind(*given[kind][0], **given[kind][1])
    except (TypeError, ValueError):
        return False
    return True


def answers_it(candidate, whole: dict) -> bool:
    """Return whether a candidate gives the right value in all visible cases without using what is forbidden.

    Cases that ask for an exception do not count: who adds a line that raises it would have the answer.
    """
    if not fits(candidate, whole) or names_used(candidate, whole["forbids"]):
        return False
    earlier = drivers.Earlier()
    for case, wanted in zip(whole["cases"], whole["expected"], strict=True):
        if isinstance(wanted[drivers.ANSWER[whole["driver"]["kind"]]], Raised):
            continue
        try:
            with within(SECONDS):
                got = drivers.run(whole["driver"], candidate, case, forbids=whole["forbids"], earlier=earlier)
        except OutOfTime:
            return False
        if difference(whole, wanted, got):
            return False
    return bool(earlier.values)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # wrong inputs, of all kinds
@pytest.mark.parametrize(
    "where", [pytest.param(n, marks=[pytest.mark.repetition] * ("other" in n)) for n in VISIBLE]
)
@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_nothing_visible_answers_an_exercise(week, name, where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a function of the package may write a file
    whole, candidates = read(week_called(week).folder / FILE, name), VISIBLE[where](week)
    assert candidates or "stored" in where  # a week whose cases hold no code
    assert [text for text, candidate in candidates.items() if answers_it(candidate, whole)] == []


@pytest.mark.slow
@pytest.mark.parametrize("where", [name for name in VISIBLE if "other" not in name])
def test_there_is_much_to_search(where):
    assert len({name for week in COURSE for name in VISIBLE[where](week.id)}) > 50


def test_a_visible_answer_is_found():
    week = week_called("02_clip")
    name = "clip_contrastive_loss"
    source = notebook.reference(notebook.read(week.notebook), name)
    planted = defined(snippets(f"Try:\n\n```python\n{source}\n```\n"), week.id)
    whole = read(week.folder / FILE, name)
    assert [answers_it(one, whole) for one in planted.values()] == [True]
    hunt = {"cases": [{"source": source.replace(name, "function"), "name": "function"}]}
    (stored_one,) = defined(strings(hunt)[2:3], week.id).values()
    assert answers_it(stored_one, whole)


@pytest.mark.filterwarnings("ignore")
def test_only_forbidding_keeps_the_package_from_answering():
    week = week_called("02_clip")
    whole = read(week.folder / FILE, "clip_contrastive_loss")
    loss = in_package()["mmlab.losses.contrastive_loss"]
    assert answers_it(loss, whole | {"forbids": []}) and not answers_it(loss, whole)
