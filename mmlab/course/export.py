"""`mmlab export`: marks out of nbgrader's gradebook, as a table for an LMS.

One row a student and week, one column an exercise. A person's mark counts before
the machine's, as nbgrader has it. Dropping and re-weighting are arithmetic on the
way out: the gradebook is opened for reading only.
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
from urllib.parse import quote

from mmlab.course import notebook, places
from mmlab.course.release import nbgrader
from mmlab.errors import InputError

PERSON = ("first_name", "last_name", "email", "lms_user_id")
COLUMNS = (
    "week", "student", *PERSON, "submitted", "timestamp",
    "score", "max", "raw_score", "late_penalty", "needs_manual_grade",
)  # fmt: skip
SQLITE = "sqlite:///"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs a cell that begins with one of these


@dataclass
class Row:
    """One student's marks for one week, as the gradebook has them.

    person     first name, last name, email, id in the LMS
    exercises  exercise → points so far, None where nothing is marked yet
    maxima     exercise → points to be had
    penalty    points that nbgrader takes off for lateness
    waiting    exercises that a person must still mark
    """

    week: str
    student: str
    person: tuple[str, ...] = ("", "", "", "")
    submitted: bool = False
    timestamp: str = ""
    penalty: float = 0.0
    waiting: set[str] = field(default_factory=set)
    exercises: dict[str, float | None] = field(default_factory=dict)
    maxima: dict[str, float] = field(default_factory=dict)

    def plain(self, weights: dict[str, float]) -> dict:
        """Return the row as it is exported, each exercise counted `weights` times (once where it is not named).

        The late penalty keeps its share of the score, so that dropping an exercise does not make lateness dearer.
        """
        counted = {name: weights.get(name, 1.0) for name in self.maxima if weights.get(name, 1.0)}
        earned = sum(value or 0 for value in self.exercises.values())
        raw = sum((self.exercises.get(name) or 0) * weight for name, weight in counted.items())
        penalty = self.penalty * (raw / earned if earned else 1.0)
        marks = {name: None if self.exercises.get(name) is None else self.exercises[name] * weight
                 for name, weight in counted.items()}  # fmt: skip
        most = sum(self.maxima[name] * weight for name, weight in counted.items())
        values = (self.week, self.student, *self.person, self.submitted, self.timestamp,
                  max(0.0, raw - penalty), most, raw, penalty, not self.waiting.isdisjoint(counted))  # fmt: skip
        return {**dict(zip(COLUMNS, values, strict=True)), "exercises": marks}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all with marks)")
    parser.add_argument("--format", choices=("csv", "json"), default="csv", help="csv (the default) or json")
    parser.add_argument("--out", metavar="FILE", help="write there instead of to the terminal")
    parser.add_argument("--drop", metavar="EXERCISE", action="append", default=[], help="leave an exercise out")
    parser.add_argument("--weight", metavar="EXERCISE=N", action="append", default=[],
                        help="count an exercise N times, such as recall_at_k=2")  # fmt: skip


def main(args: argparse.Namespace) -> int:
    """Write the marks; the gradebook stays as it is."""
    rows = read(places.root(), args.weeks)
    weights = weights_of(args.drop, args.weight, {name for row in rows for name in row.maxima})
    plain = [row.plain(weights) for row in rows]
    as_json = args.json or args.format == "json"
    text = json.dumps({"rows": plain, "weights": weights}) + "\n" if as_json else table(plain)
    if args.out is None:
        sys.stdout.write(text)
        return 0
    notebook.write_bytes(Path(args.out), text.encode())
    told = {"file": args.out, "rows": len(plain)}
    print(json.dumps(told) if args.json else f"{len(plain)} rows written to {args.out}")
    return 0


def weights_of(dropped: list[str], weighted: list[str], known: set[str]) -> dict[str, float]:
    """Return exercise → how often it counts, for those that do not count once.

    raises  InputError  for an exercise that has no mark, and for a weight that is no number from 0 up
    """
    pairs = [(name, "0") for name in dropped]
    for text in weighted:
        name, equals, number = text.rpartition("=")
        if not equals or not re.fullmatch(r"\d+(\.\d+)?|\.\d+", number):
            raise InputError(f"--weight {text}", "EXERCISE=N with N a number from 0 up", "such as --weight recall_at_k=2")
        pairs.append((name, number))
    for name, _ in pairs:
        if name not in known:
            raise InputError(f"exercise {name!r}", f"one of {', '.join(sorted(known))}", "check the spelling and the week")
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{', '.join(twice)} dropped or weighted twice", "one rule an exercise", "leave one of them out")
    return {name: float(number) for name, number in pairs}


def table(rows: list[dict]) -> str:
    """Return exported rows as csv: one line of names, then one a row; UTF-8 text that a spreadsheet does not run."""
    exercises = list(dict.fromkeys(name for row in rows for name in row["exercises"]))
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(map(cell, [*COLUMNS, *exercises]))
    for row in rows:
        lines.writerow(map(cell, [*(row[name] for name in COLUMNS), *(row["exercises"].get(name) for name in exercises)]))
    return out.getvalue()


def cell(value) -> str:
    """Return one cell's text: numbers without noise, and no text that a spreadsheet takes for a formula.

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
    """Return the marks of a course, by week and then by student.

    names   weeks, as "02_clip" or "02"; none: every week that has a submission
    raises  InputError  without a gradebook, without marks in it, for a week it does not know
    """
    from sqlalchemy.orm import Session

    with connection(root) as connected, Session(connected) as session:
        weeks = chosen(session, names)
        rows = {(row.week, row.student): row for week in weeks for row in people(session, week, order(root, week))}
        marks(session, rows, weeks)
    return [rows[key] for key in sorted(rows)]


def no_marks(what: str) -> InputError:
    """Return the error for a gradebook that holds nothing to export."""
    return InputError(what, "marks of at least one submission", "run `mmlab grade WEEK` first")


def address(root: Path) -> str | None:
    """Return where nbgrader_config.py says that the gradebook is; None where there is no such file yet."""
    with nbgrader(root) as api:
        url = api.coursedir.db_url
    return url if not url.startswith(SQLITE) or Path(url.removeprefix(SQLITE)).is_file() else None


@contextlib.contextmanager
def connection(root: Path):
    """Yield a connection to the course's gradebook that cannot write; raises InputError where there is none."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DatabaseError

    url, settings = address(root), {}
    if url is None:
        raise no_marks(f"no gradebook in {root}")
    if url.startswith(SQLITE):
        file = quote(str(Path(url.removeprefix(SQLITE)).resolve()))
        settings["creator"] = lambda: sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        with create_engine(url, **settings).connect() as connected:
            yield connected
    except (DatabaseError, sqlite3.Error) as error:
        raise InputError(f"the gradebook cannot be read ({getattr(error, 'orig', error)})", "nbgrader's database",
                         "take the newest of its backups, or run `nbgrader db upgrade`") from None  # fmt: skip


def chosen(session, names: list[str]) -> list[str]:
    """Return the weeks to export; raises InputError for one that the gradebook does not know."""
    from nbgrader.api import Assignment, SubmittedAssignment

    there = sorted(name for (name,) in session.query(Assignment.name))
    handed = {name for (name,) in session.query(Assignment.name).join(SubmittedAssignment)}
    found = set()
    for name in names:
        named = {week for week in there if name in (week, week.split("_")[0])}
        if not named:
            have = ", ".join(there) or "none"
            raise InputError(f"week {name!r} in the gradebook", f"one of {have}", "grade it first, or check its name")
        found |= named
    if idle := sorted(found - handed):
        raise no_marks(f"{', '.join(idle)} has no submission in the gradebook")
    if not handed:
        raise no_marks("the gradebook has no submission yet")
    return sorted(found or handed)


def order(root: Path, week: str) -> list[str]:
    """Return a week's exercises as its lab has them; empty where the lab is not here."""
    lab = root / "labs" / week / "lab.ipynb"
    return list(notebook.points(notebook.read(lab))) if lab.is_file() else []


def people(session, week: str, first: list[str]) -> list[Row]:
    """Return a row for each student of the gradebook, whether they handed in or not.

    first   exercises in the order of the lab; others follow by name
    """
    from nbgrader.api import Assignment, GradeCell, Notebook, Student, SubmittedAssignment, TaskCell
    from sqlalchemy.orm import undefer

    maxima = {}
    for kind in (GradeCell, TaskCell):
        cells = session.query(kind.name, kind.max_score).join(Notebook, kind.notebook_id == Notebook.id)
        maxima |= dict(cells.join(Assignment).filter(Assignment.name == week).order_by(kind.id))
    names = sorted(maxima, key=lambda name: (first.index(name) if name in first else len(first), name))
    penalties = undefer(SubmittedAssignment.late_submission_penalty)
    handed = session.query(SubmittedAssignment).options(penalties).join(Assignment).filter(Assignment.name == week)
    times = {one.student_id: one for one in handed}
    rows = []
    for student in session.query(Student):
        mine = times.get(student.id)
        person = tuple(getattr(student, name) or "" for name in PERSON)
        row = Row(week, student.id, person, mine is not None, maxima={name: maxima[name] for name in names})
        if mine is not None:
            row.timestamp, row.penalty = moment(mine.timestamp), mine.late_submission_penalty or 0.0
        rows.append(row)
    return rows


def moment(time: datetime | None) -> str:
    """Return nbgrader's time, which is UTC without saying so, as ISO 8601."""
    return "" if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")


def marks(session, rows: dict[tuple[str, str], Row], weeks: list[str]) -> None:
    """Write each exercise's points into the rows: a person's where there are any, else the machine's, and extra ones."""
    from nbgrader.api import Assignment, BaseCell, Grade, SubmittedAssignment, SubmittedNotebook

    found = session.query(
        Assignment.name, SubmittedAssignment.student_id, BaseCell.name,
        Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade,
    ).select_from(Grade).join(BaseCell, Grade.cell_id == BaseCell.id).join(
        SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id
    ).join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id).join(
        Assignment, SubmittedAssignment.assignment_id == Assignment.id
    ).filter(Assignment.name.in_(weeks))  # fmt: skip
    for week, student, name, auto, manual, extra, waits in found:
        row = rows[week, student]
        own = manual if manual is not None else auto
        row.exercises[name] = None if own is None else own + (extra or 0)
        if waits:
            row.waiting.add(name)
