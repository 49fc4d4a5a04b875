"""nbgrader's database in trouble, its backups, and the assignment as a release makes it."""

import contextlib
import json
import sqlite3
import threading

import pytest

from graded_class import POINTS, TEXT, book, dump, hand_in, result, save, week_of
from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.release import generate, release
from mmlab.instructor.grading.gradebook import database, gradebook
from mmlab.instructor.grading.register import FILE
from tiny_course import SOLUTIONS, TAKEN, WEEK

ALL = sum(POINTS.values())


# ---------------------------------------------------------------- faults of the database
@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_locked_database_is_waited_for_and_then_said(copy_of_tiny, lock):
    before = dump(copy_of_tiny)
    with contextlib.closing(sqlite3.connect(copy_of_tiny / "gradebook.db", check_same_thread=False)) as other:
        other.execute(lock)
        with pytest.raises(InputError, match="is in use by another program.*\n.*\n.*--resume"):
            save(copy_of_tiny, result("ada"), wait=0.2)
        other.rollback()
        assert dump(copy_of_tiny) == before and not (copy_of_tiny / ".mmlab" / WEEK / FILE).exists()
        other.execute(lock)
        timer = threading.Timer(0.5, other.rollback)
        timer.start()
        save(copy_of_tiny, result("ada"), wait=20)
        timer.join()
    assert dump(copy_of_tiny) != before


def test_a_full_disk_leaves_nothing_half_written(copy_of_tiny, monkeypatch):
    from sqlalchemy import text

    def begin(session, wait, real=database._begin):
        session.execute(text("PRAGMA max_page_count = 1"))  # SQLite takes the present size
        real(session, wait)

    before = dump(copy_of_tiny)
    monkeypatch.setattr(database, "_begin", begin)
    with pytest.raises(InputError, match="the disk is full") as refused:
        save(copy_of_tiny, *(result(f"s{number}") for number in range(50)))
    assert "free some space" in str(refused.value) and dump(copy_of_tiny) == before


def test_what_is_no_database_or_of_another_nbgrader_is_said(copy_of_tiny):
    with contextlib.closing(sqlite3.connect(copy_of_tiny / "gradebook.db")) as db:
        db.execute("ALTER TABLE grade DROP COLUMN extra_credit")
    with pytest.raises(InputError, match="nbgrader db upgrade"):
        save(copy_of_tiny, result("ada"))
    (copy_of_tiny / "gradebook.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(InputError, match="gradebook.db.before-"):
        save(copy_of_tiny, result("ada"))


def test_backups_are_whole_and_the_last_five_stay(copy_of_tiny):
    copies = []
    for number in range(7):
        save(copy_of_tiny, result(f"s{number}"))
        copies.append(gradebook.backup(copy_of_tiny))
    assert sorted(copy_of_tiny.glob("gradebook.db.before-*")) == copies[2:]
    with contextlib.closing(sqlite3.connect(copies[-1])) as db:
        assert list(db.iterdump()) == dump(copy_of_tiny)
    with contextlib.closing(sqlite3.connect(copy_of_tiny / "gradebook.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError, match="is in use"):
            gradebook.backup(copy_of_tiny, wait=0.2)
    assert sorted(copy_of_tiny.glob("gradebook.db.before-*")) == copies[2:]
    (copy_of_tiny / "gradebook.db").unlink()
    assert gradebook.backup(copy_of_tiny) is None


# ---------------------------------------------------------------- the assignment
def cells(root) -> list[str]:
    """Return what the database says of the lab's cells, without its random ids."""
    tables = {
        "source_cell": "name, cell_type, locked, source, checksum",
        "grade_cells": "max_score, cell_type",
        "base_cell": "name, type",
        "assignment": "name, course_id",
        "notebook": "name, kernelspec",
    }
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as db:
        return [sorted(db.execute(f"SELECT {columns} FROM {table}")) for table, columns in tables.items()]


def test_the_assignment_is_made_as_a_release_makes_it(copy_of_tiny):
    released, files = (
        cells(copy_of_tiny),
        {path: path.read_bytes() for path in (copy_of_tiny / "labs").rglob("*.*")},
    )
    assert not gradebook.ensure_assignment(copy_of_tiny, week_of(copy_of_tiny)), (
        "a release's own is up to date"
    )
    (copy_of_tiny / "gradebook.db").unlink()
    assert gradebook.ensure_assignment(copy_of_tiny, week_of(copy_of_tiny))
    assert cells(copy_of_tiny) == released
    assert not gradebook.ensure_assignment(copy_of_tiny, week_of(copy_of_tiny))
    assert {path: path.read_bytes() for path in (copy_of_tiny / "labs").rglob("*.*")} == files


def change_lab(root, change) -> None:
    """Change the source lab."""
    path = root / "solutions" / WEEK / "lab.ipynb"
    lab = notebook.read(path)
    change(lab)
    notebook.write(path, lab)


def test_points_that_changed_are_brought_in_and_exercises_that_went_are_refused(copy_of_tiny):
    save(copy_of_tiny, result("ada"))
    change_lab(copy_of_tiny, lambda lab: notebook.about(notebook.find(lab, "Gain")).update(points=7))
    assert gradebook.ensure_assignment(copy_of_tiny, week_of(copy_of_tiny))
    standing = gradebook.standings(copy_of_tiny, week_of(copy_of_tiny))["ada"]
    assert (standing.max, standing.total) == (22, ALL), "re-weighted; the marks follow with the next grading"
    change_lab(copy_of_tiny, lambda lab: lab["cells"].remove(notebook.find(lab, "title")))
    change_lab(
        copy_of_tiny, lambda lab: notebook.find(lab, "Gain")["metadata"]["nbgrader"].update(grade_id="Gain2")
    )
    exercises = copy_of_tiny / "solutions" / WEEK / "exercises"
    (exercises / "_all.py").write_text((exercises / "_all.py").read_text().replace('"Gain",', '"Gain2",'))
    (exercises / "Gain.py").unlink()
    (exercises / "Gain2.py").write_text(TAKEN.format(name="Gain2"))
    for part in ("-statement", "-solution"):
        change_lab(copy_of_tiny, lambda lab, part=part: rename(lab, f"Gain{part}", f"Gain2{part}"))
    with pytest.raises(InputError, match="added or removed.*\n.*\n.*points to 0"):
        gradebook.ensure_assignment(copy_of_tiny, week_of(copy_of_tiny))


def rename(lab, old: str, new: str) -> None:
    """Give a cell another name."""
    cell = notebook.find(lab, old)
    cell["id"] = new
    if notebook.about(cell):
        notebook.about(cell)["grade_id"] = new


@pytest.mark.slow
def test_rows_equal_those_of_stock_nbgrader(copy_of_tiny, tmp_path):
    """The same submissions through `nbgrader autograde` and through save leave the same database."""
    from mmlab.instructor.grading.gradebook.nbgrader_runner import autograde

    (stock := tmp_path / "stock").mkdir()
    generate(copy_of_tiny, WEEK, scratch=stock)
    solved = {f"{name}-solution": source for name, source in SOLUTIONS.items()}
    right = {
        name: source.replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", "")
        for name, source in solved.items()
    }
    wrong = right | {
        "Tally-solution": "class Tally:\n    def __init__(self, start):\n        self.total = 0\n"
    }
    for student, written in (("full", right | {TEXT: "Because."}), ("part", wrong), ("none", {})):
        hand_in(copy_of_tiny, student, written)
    (stock / "submitted").symlink_to(copy_of_tiny / "submitted")
    autograde(copy_of_tiny, stock, WEEK, ["full", "part", "none"])
    save(
        copy_of_tiny,
        result("full"),
        result("part", wrong=("Tally",), text=False),
        result("none", empty=tuple(POINTS), text=False),
    )

    def rows(root) -> list:
        with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as db:
            return [
                sorted(db.execute(query), key=str)
                for query in (
                    "SELECT student_id, timestamp, extension FROM submitted_assignment",
                    "SELECT student_id, flagged, late_submission_penalty FROM submitted_notebook n "
                    "JOIN submitted_assignment a ON n.assignment_id = a.id",
                    "SELECT a.student_id, c.name, auto_score, manual_score, extra_credit, needs_manual_grade FROM grade g "
                    "JOIN base_cell c ON g.cell_id = c.id JOIN submitted_notebook n ON g.notebook_id = n.id "
                    "JOIN submitted_assignment a ON n.assignment_id = a.id",
                    "SELECT a.student_id, c.name, auto_comment, manual_comment FROM comment m JOIN base_cell c ON m.cell_id = c.id "
                    "JOIN submitted_notebook n ON m.notebook_id = n.id JOIN submitted_assignment a ON n.assignment_id = a.id",
                    "SELECT id, first_name, last_name, email FROM student",
                )
            ]

    assert rows(copy_of_tiny) == rows(stock)
    assert json.dumps(rows(stock)).count("No response.") == 7


def test_a_release_after_grading_finds_its_own_cells(copy_of_tiny):
    save(copy_of_tiny, result("ada"))
    release(copy_of_tiny, week_of(copy_of_tiny))
    with book(copy_of_tiny) as course:
        assert course.find_submission(WEEK, "ada").score == ALL
