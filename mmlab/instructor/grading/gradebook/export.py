"""`mmlab export`: the scores in nbgrader's gradebook as a table for an LMS.

The table has one row for each student and week, and one column for each exercise. A person's
score takes precedence over the automatic one, as in nbgrader. Dropping and weighting exercises
affect only the table: the gradebook is opened read-only.
"""

import argparse
import contextlib
import csv
import io
import json
import math
import re
import sqlite3
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mmlab.cli import notebook, paths
from mmlab.errors import InputError
from mmlab.files import atomic_write
from mmlab.instructor.authoring.course_config import database_path
from mmlab.instructor.authoring.release import nbgrader
from mmlab.instructor.grading.gradebook import lms_tables

PERSON = ("first_name", "last_name", "email", "lms_user_id")
COLUMNS = (
    "week",
    "student",
    *PERSON,
    "submitted",
    "timestamp",
    "score",
    "max",
    "raw_score",
    "late_penalty",
    "needs_manual_grade",
)
FOR_LMS = ("canvas", "moodle")
MAX_NAMES = 10  # in a message
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that starts so for a formula


@dataclass
class Row:
    """One student's scores for one week in the gradebook.

    person     first name, last name, email, id in the LMS
    exercises  exercise → points so far, None if it is not graded yet
    maxima     exercise → maximum of points
    penalty    points that nbgrader subtracts for lateness
    has_due_date  whether the week has a due date
    waiting    exercises that a person must still grade
    """

    week: str
    student: str
    person: tuple[str, ...] = ("", "", "", "")
    submitted: bool = False
    timestamp: str = ""
    penalty: float = 0.0
    has_due_date: bool = False
    waiting: set[str] = field(default_factory=set)
    exercises: dict[str, float | None] = field(default_factory=dict)
    maxima: dict[str, float] = field(default_factory=dict)

    def plain(self, weights: dict[str, float]) -> dict:
        """Return the row to export, with each exercise multiplied by its weight (1 if it has none).

        The late penalty stays the same fraction of the score, so that dropping an exercise does not raise it.
        """
        counted = {name: weights.get(name, 1.0) for name in self.maxima if weights.get(name, 1.0)}
        earned = sum(value or 0 for value in self.exercises.values())
        raw = sum((self.exercises.get(name) or 0) * weight for name, weight in counted.items())
        penalty = self.penalty * (raw / earned if earned else 1.0)
        marks = {
            name: None if self.exercises.get(name) is None else self.exercises[name] * weight
            for name, weight in counted.items()
        }
        maximum = sum(self.maxima[name] * weight for name, weight in counted.items())
        values = (
            self.week,
            self.student,
            *self.person,
            self.submitted,
            self.timestamp,
            max(0.0, raw - penalty),
            maximum,
            raw,
            penalty,
            not self.waiting.isdisjoint(counted),
        )
        return {**dict(zip(COLUMNS, values, strict=True)), "exercises": marks}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all with scores)"
    )
    parser.add_argument(
        "--format",
        choices=("csv", "json", "canvas", "moodle"),
        default="csv",
        help="csv (the default), json, or a file that Canvas or Moodle imports",
    )
    parser.add_argument(
        "--column",
        metavar="WEEK=NAME",
        action="append",
        default=[],
        help="for Canvas and Moodle: the heading of a week's column, such as '02_clip=Lab 2 (1234)'",
    )
    parser.add_argument("--out", metavar="FILE", help="write to this file instead of the terminal")
    parser.add_argument(
        "--drop", metavar="EXERCISE", action="append", default=[], help="leave an exercise out"
    )
    parser.add_argument(
        "--weight",
        metavar="EXERCISE=N",
        action="append",
        default=[],
        help="count an exercise N times, such as recall_at_k=2",
    )


def main(args: argparse.Namespace) -> int:
    """Export the scores; the gradebook is not changed."""
    rows = read(paths.root(), args.weeks)
    weights = weights_of(args.drop, args.weight, {name for row in rows for name in row.maxima})
    plain = [row.plain(weights) for row in rows]
    refuse_column(args)
    tell_untimed(rows)
    if args.format in FOR_LMS:
        headings = lms_tables.headings_of(args.column, list(dict.fromkeys(row.week for row in rows)))
        lines, waiting = lms_tables.rows_of(args.format, plain, headings)
        if waiting:
            print(f"{waiting} scores are left empty, because answers wait for a person", file=sys.stderr)
        text = written(lines)
    else:
        as_json = args.json or args.format == "json"
        text = json.dumps({"rows": plain, "weights": weights}) + "\n" if as_json else table(plain)
    if args.out is None:
        sys.stdout.write(text)
        return 0
    atomic_write(Path(args.out), text.encode())
    result = {"file": args.out, "rows": len(plain)}
    print(json.dumps(result) if args.json else f"{len(plain)} rows written to {args.out}")
    return 0


def refuse_column(args: argparse.Namespace) -> None:
    """Raise InputError for options that do not fit the format."""
    if args.column and args.format not in FOR_LMS:
        raise InputError(
            f"--column with --format {args.format}",
            "--format canvas or moodle",
            "leave --column out, or add the format",
        )
    if args.json and args.out is None and args.format in FOR_LMS:
        raise InputError(
            f"--json with --format {args.format}", "one of the two", "leave one out, or add --out FILE"
        )


def tell_untimed(rows: list[Row]) -> None:
    """Name the submissions without a time, for which no late penalty could be computed, on stderr."""
    names = [
        f"{row.student} ({row.week})"
        for row in rows
        if row.has_due_date and row.submitted and not row.timestamp
    ]
    if names:
        more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
        print(
            f"{len(names)} submissions have no time that could be read, so no late penalty: "
            f"{', '.join(names[:MAX_NAMES])}{more}",
            file=sys.stderr,
        )


def weights_of(dropped: list[str], weighted: list[str], known: set[str]) -> dict[str, float]:
    """Return exercise → weight, for the exercises with a weight other than 1.

    raises  InputError  for an unknown exercise, and for a weight that is not a number from 0 up
    """
    pairs = [(name, "0") for name in dropped]
    for text in weighted:
        name, equals, number = text.rpartition("=")
        if not equals or not re.fullmatch(r"\d+(\.\d+)?|\.\d+", number):
            raise InputError(
                f"--weight {text}", "EXERCISE=N with N a number from 0 up", "such as --weight recall_at_k=2"
            )
        pairs.append((name, number))
    for name, _ in pairs:
        if name not in known:
            raise InputError(
                f"exercise {name!r}", f"one of {', '.join(sorted(known))}", "check the spelling and the week"
            )
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"{', '.join(twice)} dropped or weighted twice",
            "one rule for each exercise",
            "remove one of them",
        )
    return {name: float(number) for name, number in pairs}


def table(rows: list[dict]) -> str:
    """Return exported rows as CSV with a header line; a spreadsheet finds no formulas in it."""
    exercises = list(dict.fromkeys(name for row in rows for name in row["exercises"]))
    lines = [
        [*(row[name] for name in COLUMNS), *(row["exercises"].get(name) for name in exercises)]
        for row in rows
    ]
    return written([[*COLUMNS, *exercises], *lines])


def written(lines: list[list]) -> str:
    """Return lines as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([cell(value) for value in line] for line in lines)
    return out.getvalue()


def cell(value) -> str:
    """Return one cell's text: rounded numbers, and no text that a spreadsheet takes for a formula.

    >>> cell("=1+1"), cell(2.0), cell(1 / 3), cell(None), cell(True)
    ("'=1+1", '2', '0.3333', '', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return f"{round(value, 4):.10g}" if math.isfinite(value) else ""
    return f"'{value}" if value.startswith(FORMULA) else value


def read(root: Path, names: list[str] = ()) -> list[Row]:
    """Return the scores of a course, sorted by week and student.

    names   weeks, as "02_clip" or "02"; empty: every week that has a submission
    raises  InputError  without a gradebook, without scores in it, and for an unknown week
    """
    from sqlalchemy.orm import Session

    with connection(root) as connected, Session(connected) as session:
        weeks = chosen(session, names)
        rows = {
            (row.week, row.student): row for week in weeks for row in people(session, week, order(root, week))
        }
        marks(session, rows, weeks)
    return [rows[key] for key in sorted(rows)]


def no_marks(what: str) -> InputError:
    """Return the error for a gradebook that contains nothing to export."""
    return InputError(what, "scores of at least one submission", "run `mmlab grade WEEK` first")


def address(root: Path) -> str | None:
    """Return the gradebook's URL from nbgrader_config.py; None if the file does not exist yet."""
    with nbgrader(root) as api:
        url = api.coursedir.db_url
    path = database_path(url)
    return url if path is None or path.is_file() else None


@contextlib.contextmanager
def connection(root: Path):
    """Yield a read-only connection to the course's gradebook; raises InputError if there is none."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DatabaseError

    url, settings = address(root), {}
    if url is None:
        raise no_marks(f"no gradebook in {root}")
    if path := database_path(url):
        uri = f"{path.resolve().as_uri()}?mode=ro"
        settings["creator"] = lambda: sqlite3.connect(uri, uri=True)
    try:
        with create_engine(url, **settings).connect() as connected:
            yield connected
    except (DatabaseError, sqlite3.Error) as error:
        raise InputError(
            f"the gradebook cannot be read ({getattr(error, 'orig', error)})",
            "nbgrader's database",
            "restore the newest backup, or run `nbgrader db upgrade`",
        ) from None


def chosen(session, names: list[str]) -> list[str]:
    """Return the weeks to export; raises InputError for one that the gradebook does not know."""
    from nbgrader.api import Assignment, SubmittedAssignment

    known = sorted(name for (name,) in session.query(Assignment.name))
    submitted = {name for (name,) in session.query(Assignment.name).join(SubmittedAssignment)}
    weeks = set()
    for name in names:
        matches = {week for week in known if name in (week, week.split("_")[0])}
        if not matches:
            listed = ", ".join(known) or "none"
            raise InputError(
                f"week {name!r} in the gradebook", f"one of {listed}", "grade it first, or check its name"
            )
        weeks |= matches
    if empty := sorted(weeks - submitted):
        raise no_marks(f"{', '.join(empty)} has no submission in the gradebook")
    if not submitted:
        raise no_marks("the gradebook has no submission yet")
    return sorted(weeks or submitted)


def order(root: Path, week: str) -> list[str]:
    """Return a week's exercises in the order of its lab; empty if the lab does not exist."""
    lab = root / "labs" / week / "lab.ipynb"
    return list(notebook.points(notebook.read(lab))) if lab.is_file() else []


def people(session, week: str, first: list[str]) -> list[Row]:
    """Return a row for each student in the gradebook, with or without a submission.

    first   exercises in the order of the lab; others follow, sorted by name
    """
    from nbgrader.api import Assignment, GradeCell, Notebook, Student, SubmittedAssignment, TaskCell
    from sqlalchemy.orm import undefer

    maxima = {}
    for kind in (GradeCell, TaskCell):
        cells = session.query(kind.name, kind.max_score).join(Notebook, kind.notebook_id == Notebook.id)
        maxima |= dict(cells.join(Assignment).filter(Assignment.name == week).order_by(kind.id))
    names = sorted(maxima, key=lambda name: (first.index(name) if name in first else len(first), name))
    penalties = undefer(SubmittedAssignment.late_submission_penalty)
    submitted = (
        session.query(SubmittedAssignment).options(penalties).join(Assignment).filter(Assignment.name == week)
    )
    submissions = {submission.student_id: submission for submission in submitted}
    due = session.query(Assignment.duedate).filter(Assignment.name == week).scalar()
    rows = []
    for student in session.query(Student):
        own = submissions.get(student.id)
        person = tuple(getattr(student, name) or "" for name in PERSON)
        row = Row(week, student.id, person, own is not None, maxima={name: maxima[name] for name in names})
        row.has_due_date = due is not None
        if own is not None:
            row.timestamp, row.penalty = moment(own.timestamp), own.late_submission_penalty or 0.0
        rows.append(row)
    return rows


def moment(time: datetime | None) -> str:
    """Return nbgrader's naive UTC time as ISO 8601."""
    return "" if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")


def marks(session, rows: dict[tuple[str, str], Row], weeks: list[str]) -> None:
    """Write each exercise's points into the rows: a person's score, else the automatic one, plus extra credit."""
    from nbgrader.api import Assignment, BaseCell, Grade, SubmittedAssignment, SubmittedNotebook

    grades = (
        session.query(
            Assignment.name,
            SubmittedAssignment.student_id,
            BaseCell.name,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        )
        .select_from(Grade)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name.in_(weeks))
    )
    for week, student, name, auto, manual, extra, waits in grades:
        row = rows[week, student]
        own = manual if manual is not None else auto
        row.exercises[name] = None if own is None else own + (extra or 0)
        if waits:
            row.waiting.add(name)
