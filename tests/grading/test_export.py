"""`mmlab export`: what the table says is what nbgrader's gradebook holds, and a spreadsheet runs none of it."""

import csv
import io
import json
import shutil
from datetime import datetime

import pytest
from nbgrader.api import Gradebook

from mmlab.cli import command_line
from mmlab.errors import InputError
from mmlab.instructor.authoring.course_config import database_url
from mmlab.instructor.grading.gradebook import export
from tiny_course import SOLUTIONS

WEEK, LATER = "90_tiny", "91_later"
PEOPLE = {
    "zoe": {"first_name": "Zoë", "last_name": '=HYPERLINK("http://x")', "email": "+1"},
    "-anna": {"first_name": "@anna", "last_name": "\tTab, with a comma"},
    "mute": {},
}
pytestmark = [pytest.mark.filterwarnings("ignore:Object of type")]  # SQLAlchemy's, of nbgrader


def submit(book, week: str, student: str, marks: dict[str, dict], *, penalty: float = 0.0) -> None:
    """Put a submission with its marks into a gradebook."""
    book.add_submission(week, student, timestamp=datetime(2026, 11, 21, 13, 5, 1))
    lab = book.find_submission_notebook("lab", week, student)
    lab.late_submission_penalty = penalty
    for grade in lab.grades:
        mark = {"needs_manual_grade": False} | marks.get(grade.name, {})
        for part, value in mark.items():
            setattr(grade, part, value)
    book.db.commit()


@pytest.fixture(scope="module")
def graded(tiny, tmp_path_factory):
    """Return a course whose gradebook knows two weeks and three students."""
    root = tmp_path_factory.mktemp("graded") / "a course, 100% #1"
    shutil.copytree(tiny, root)
    with Gradebook(database_url(root / "gradebook.db")) as book:
        book.add_assignment(LATER)
        book.add_notebook("lab", LATER)
        book.add_grade_cell("old_tally", "lab", LATER, max_score=3, cell_type="code")
        for student, person in PEOPLE.items():
            book.add_student(student, **person)
        submit(
            book,
            WEEK,
            "zoe",
            {
                "scaled_sum": {"auto_score": 1.0},
                "Gain": {"auto_score": 0.0, "manual_score": 1.5},
                "explain": {"manual_score": 2.0, "extra_credit": 0.25},
            },
            penalty=0.95,
        )
        submit(
            book,
            WEEK,
            "-anna",
            {
                "scaled_sum": {"auto_score": 1 / 3},
                "Gain": {"auto_score": 2.0},
                "explain": {"needs_manual_grade": True},
            },
            penalty=9.0,
        )
        submit(book, LATER, "mute", {"old_tally": {"auto_score": 3.0}})
    return root


def exported(root, *names: str, **weights: float) -> dict[tuple[str, str], dict]:
    """Return (week, student) → the exported row."""
    return {(row.week, row.student): row.plain(weights) for row in export.read(root, list(names))}


def test_scores_are_those_that_nbgrader_computes(graded):
    found = exported(graded)
    assert list(found) == sorted((week, student) for week in (WEEK, LATER) for student in PEOPLE)
    with Gradebook(database_url(graded / "gradebook.db")) as book:
        for (week, student), row in found.items():
            assert row["max"] == book.find_assignment(week).max_score
            handed = [one for one in book.assignment_submissions(week) if one.student.id == student]
            assert row["submitted"] == bool(handed)
            if handed:
                assert (
                    row["raw_score"] == handed[0].score
                    and row["late_penalty"] == handed[0].late_submission_penalty
                )
                assert row["score"] == max(0.0, handed[0].score - handed[0].late_submission_penalty)
                assert row["needs_manual_grade"] == handed[0].needs_manual_grade
            else:
                assert row["score"] == row["raw_score"] == 0 and not any(row["exercises"].values())
    assert found[WEEK, "zoe"]["score"] == 4.75 - 0.95 and found[WEEK, "-anna"]["score"] == 0
    assert found[WEEK, "zoe"]["timestamp"] == "2026-11-21T13:05:01Z"


def test_the_table_is_what_an_lms_reads_and_a_spreadsheet_does_not_run(graded, inside, capsys):
    inside(graded)
    assert command_line.main(["export", "--format", "csv"]) == 0
    text = capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [*export.COLUMNS, *SOLUTIONS, "explain", "old_tally"]
    assert [(row["week"], row["student"]) for row in rows][:3] == [
        (WEEK, "'-anna"),
        (WEEK, "mute"),
        (WEEK, "zoe"),
    ]
    assert not [value for row in rows for value in row.values() if value.startswith(export.FORMULA)]
    anna, mute, zoe = rows[:3]
    assert anna["last_name"] == "'\tTab, with a comma" and anna["first_name"] == "'@anna"
    assert (
        zoe["last_name"] == '\'=HYPERLINK("http://x")'
        and zoe["email"] == "'+1"
        and zoe["first_name"] == "Zoë"
    )
    assert anna["scaled_sum"] == "0.3333" and anna["explain"] == "" and anna["old_tally"] == ""
    assert anna["needs_manual_grade"] == "yes" and zoe["needs_manual_grade"] == mute["submitted"] == "no"
    command_line.main(["export"])
    assert capsys.readouterr().out == text


def test_a_file_is_utf_8_and_the_gradebook_stays_as_it_was(graded, inside, tmp_path, capsys):
    inside(graded)
    before, files = (graded / "gradebook.db").read_bytes(), sorted(graded.iterdir())
    out = tmp_path / "marks.csv"
    assert (
        command_line.main(
            ["export", WEEK, "--drop", "explain", "--weight", "Gain=2", "--out", str(out), "--json"]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out) == {"file": str(out), "rows": 3}
    kept = exported(graded, "90", explain=0, Gain=2)
    assert json.loads(out.read_bytes())["rows"] == list(kept.values())
    assert command_line.main(["export", WEEK, "--out", str(out)]) == 0 and "Zoë" in out.read_bytes().decode(
        "utf-8"
    )
    assert (graded / "gradebook.db").read_bytes() == before and sorted(graded.iterdir()) == files


def test_an_exercise_is_dropped_or_weighted_and_a_penalty_keeps_its_share(graded):
    zoe = exported(graded, WEEK, explain=0, Gain=2)[WEEK, "zoe"]
    assert zoe["exercises"] == dict.fromkeys(SOLUTIONS, None) | {"scaled_sum": 1, "Gain": 3}
    assert zoe["max"] == 17 and zoe["raw_score"] == 4
    assert zoe["late_penalty"] == pytest.approx(0.95 * 4 / 4.75) and zoe["score"] == pytest.approx(3.2)
    waiting = exported(graded, WEEK, explain=0)[WEEK, "-anna"]
    assert waiting["needs_manual_grade"] is False and waiting["max"] == 15 and waiting["score"] == 0
    assert exported(graded, WEEK, Gain=0.5)[WEEK, "mute"]["max"] == 16


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["77"], "one of 90_tiny, 91_later"),
        (["--drop", "gain"], "exercise 'gain'"),
        (["90", "--drop", "old_tally"], "exercise 'old_tally'"),
        (["--weight", "Gain"], "EXERCISE=N"),
        (["--weight", "Gain=-1"], "EXERCISE=N"),
        (["--weight", "Gain=nan"], "EXERCISE=N"),
        (["--drop", "Gain", "--weight", "Gain=2"], "twice"),
        (["--out", "no/such/folder/marks.csv"], "could not be written"),
    ],
)
def test_a_request_that_cannot_be_met_is_worded(graded, inside, capsys, words, said):
    inside(graded)
    assert command_line.main(["export", *words]) == 2
    shown = capsys.readouterr()
    assert said in shown.err and "try:" in shown.err and shown.out == ""


def test_no_gradebook_no_submission_and_a_damaged_one_are_worded(tmp_path, tiny):
    root = tmp_path / "course"
    shutil.copytree(tiny, root)
    with pytest.raises(InputError, match="no submission yet"):
        export.read(root)
    with pytest.raises(InputError, match="90_tiny has no submission"):
        export.read(root, ["90"])
    (root / "gradebook.db").write_bytes(b"not a database, " * 100)
    with pytest.raises(InputError, match="cannot be read"):
        export.read(root)
    (root / "gradebook.db").unlink()
    with pytest.raises(InputError, match="no gradebook in"):
        export.read(root)
    assert not (root / "gradebook.db").exists()


def test_weights_are_read_once_each():
    assert export.weights_of(["a"], ["b=2", "c=.5"], {"a", "b", "c"}) == {"a": 0, "b": 2, "c": 0.5}


def test_canvas_and_moodle_get_the_file_that_they_import(graded, inside, capsys):
    inside(graded)
    with Gradebook(database_url(graded / "gradebook.db")) as book:
        student = book.find_student("zoe")
        student.lms_user_id, before = "101", student.last_name
        student.last_name = "Smith"
        book.db.commit()
    assert command_line.main(["export", "--format", "canvas", "--column", "90=Lab 90 (7)"]) == 0
    shown = capsys.readouterr()
    head, points, anna, mute, zoe = csv.reader(io.StringIO(shown.out))
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 90 (7)", LATER]
    assert points == ["    Points Possible", "", "", "", "", "17", "3"]
    assert zoe == ["Smith, Zoë", "101", "", "zoe", "", "3.8", ""]
    assert mute == ["mute", "", "", "mute", "", "", "3"]
    assert anna[-2:] == ["", ""] and "1 scores are left empty" in shown.err, "an answer waits for a person"
    assert command_line.main(["export", "--format", "moodle", WEEK]) == 0
    head, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert head == ["Username", "ID number", "First name", "Last name", "Email address", WEEK]
    assert rows[-1] == ["zoe", "101", "Zoë", "Smith", "'+1", "3.8"]
    with Gradebook(database_url(graded / "gradebook.db")) as book:
        book.find_student("zoe").last_name, book.find_student("zoe").lms_user_id = before, None
        book.db.commit()
    for words in (
        ["--column", "90=x"],
        ["--format", "canvas", "--column", "77=x"],
        ["--format", "canvas", "--json"],
    ):
        assert command_line.main(["export", *words]) == 2
        assert "try:" in capsys.readouterr().err


def test_a_submission_without_a_time_is_named_where_lateness_counts(graded, inside, capsys):
    inside(graded)
    with Gradebook(database_url(graded / "gradebook.db")) as book:
        book.update_or_create_assignment(LATER, duedate="2026-01-01 10:00 UTC")
        book.find_submission(LATER, "mute").timestamp = None
        book.db.commit()
    assert command_line.main(["export"]) == 0
    assert (
        "1 submissions have no time that could be read, so no late penalty: mute (91_later)"
        in capsys.readouterr().err
    )
