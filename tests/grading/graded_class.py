"""Results of the tiny course made by hand, for tests of what is done with results."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import Week, load
from mmlab.instructor.grading.gradebook import gradebook
from mmlab.instructor.grading.records import CellRun, Graded, Mark
from tiny_course import WEEK

POINTS = {"scaled_sum": 1, "Gain": 2, "Tally": 3, "nearest_centre": 4, "test_mean": 5}
TEXT, TEXT_POINTS = "explain", 2
WRONG = ("case 2 of 4: your result is the sum without the scale", "the scaled sum", "multiply before you add")
WITH = {"release": "r1", "hidden": "h1", "grader": "g1"}


def week_of(root: Path) -> Week:
    """Return the tiny week of a course."""
    return load(root / "solutions" / WEEK)


def result(
    student: str, *, wrong: tuple[str, ...] = (), empty: tuple[str, ...] = (), text: bool = True, **more
) -> Graded:
    """Return a result: all right but for what is `wrong` or left `empty`; `text` says whether the text was written."""
    marks = []
    for name, maximum in POINTS.items():
        if name in empty:
            marks.append(Mark(name, 0.0, maximum, 0, 4, attempted=False))
        elif name in wrong:
            marks.append(Mark(name, 0.0, maximum, 1, 4, "forgets_the_scale", WRONG))
        else:
            marks.append(Mark(name, float(maximum), maximum, 4, 4))
    marks.append(Mark(TEXT, None, TEXT_POINTS, attempted=text))
    settings = {"digest": "d1", "timestamp": "2025-01-01T10:00:00+00:00"} | more
    return Graded(student, WEEK, marks=marks, **settings)


def hand_in(
    root: Path, student: str, cells: dict[str, str] = {}, *, timestamp: str = "2025-01-01 10:00:00 UTC"
) -> Path:  # noqa: B006
    """Hand in the released lab with some cells' sources replaced; return the notebook's path."""
    folder = root / "submitted" / student / WEEK
    folder.mkdir(parents=True, exist_ok=True)
    lab = notebook.read(root / "labs" / WEEK / "lab.ipynb")
    for name, source in cells.items():
        notebook.find(lab, name)["source"] = source
    notebook.write(folder / "lab.ipynb", lab)
    (folder / "timestamp.txt").write_text(timestamp)
    return folder / "lab.ipynb"


def ran(cell: str, status: str = "ok", text: str = "", error: str = "") -> CellRun:
    """Return what became of a cell."""
    return CellRun(cell, status, text, error)


@contextlib.contextmanager
def book(root) -> Iterator:
    """Yield nbgrader's own gradebook of a course; what is changed in it is kept."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root}/gradebook.db") as open_book:
        yield open_book
        open_book.db.commit()


def dump(root) -> list[str]:
    """Return all that a course's database holds."""
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as db:
        return list(db.iterdump())


def save(root, *batch: Graded, **more) -> list[gradebook.Moved]:
    """Save results under the usual context."""
    return gradebook.save(root, week_of(root), list(batch), **{"context": WITH} | more)


def configure(root, line: str) -> None:
    """Add a line to the course's nbgrader_config.py."""
    with open(root / "nbgrader_config.py", "a") as config:
        config.write(f"\n{line}\n")


def due(root, when: str) -> None:
    """Set the week's due date."""
    with book(root) as course:
        course.update_or_create_assignment(WEEK, duedate=when)
