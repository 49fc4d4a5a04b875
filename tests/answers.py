"""Every week's exercises and right answers, for the tests that look at answers."""

import re
from pathlib import Path

import pytest

from mmlab.cli import notebook
from mmlab.instructor.authoring.case_records import setup_names
from mmlab.instructor.authoring.exercise import Week, load, weeks

ROOT = Path(__file__).resolve().parents[1]
COURSE = weeks(ROOT)
assert COURSE, "a course of no week proves nothing"


def in_week(week: Week, *values):
    """Return one parameter set of a test, marked and named as its week's."""
    names = [getattr(value, "name", value) for value in values]
    return pytest.param(week.id, *names, marks=pytest.mark.week(week.id))


def checked(week: Week) -> list:
    """Return the exercises that a machine marks."""
    return [exercise for exercise in week.exercises if not exercise.is_text]


def week_called(name: str) -> Week:
    """Return a week as its folder holds it now; other tests may have loaded copies of its modules."""
    return load(ROOT / "solutions" / name)


def reference(week: Week, name: str):
    """Return what the lab's solution cell defines under `name`, after the setup alone."""
    return notebook.define(notebook.reference(notebook.read(week.notebook), name), name, setup_names(week.id))


def solution_lines() -> dict[str, list[str]]:
    """Every lab's solution lines that are long enough to be told apart, by exercise."""
    found = {}
    for lab in sorted(ROOT.glob("solutions/*/lab.ipynb")):
        given = notebook.read(ROOT / "labs" / lab.parent.name / "lab.ipynb")
        released = "\n".join(notebook.joined(cell["source"]) for cell in given["cells"])
        for cell in notebook.read(lab)["cells"]:
            source = notebook.joined(cell["source"])
            blocks = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.S)
            if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("solution"):
                blocks = [source]  # a model answer with its marking guide
            lines = [line.strip() for block in blocks for line in block.splitlines()]
            own = [line for line in lines if len(line) > 40 and line not in released]
            if own:
                found[cell["id"]] = own
    return found
