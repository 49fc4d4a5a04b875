"""The class list: students, missing submissions, and extensions.

    roster.csv
    id,first_name,last_name,email,extension
    ada,Ada,Lovelace,,48
    alan,Alan,Turing,,02_clip=2025-03-14; 03_vit=24

An extension is a number of hours after the due date, or a new due date (ISO 8601; a date without
a time ends at midnight). A date without a zone is in the course's zone (`c.Exchange.timezone`), else in UTC. With a week in front it holds for that week, without one for
the week that is being graded. 0 revokes an extension.
"""

import codecs
import csv
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path

from mmlab.errors import InputError
from mmlab.instructor.authoring.course_config import Layout
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading.gradebook import student_names
from mmlab.instructor.grading.gradebook.database import WAIT, opened
from mmlab.instructor.grading.gradebook.roster_columns import (
    FORMULA,
    OURS,
    SHORTENED,
    Columns,
    columns_of,
    misspelt,
    split_name,
)
from mmlab.instructor.unicode_names import canonical

NAMES = OURS[1:5]
KNOWN = {*OURS, "full_name"}
DELIMITERS = ",;\t"
LONGEST = timedelta(days=1000)


@dataclass(frozen=True)
class Person:
    """One line of a roster.

    line        its line number, for error messages
    id          the student's id: the name of the folder below submitted/
    details     first_name, last_name, email, lms_user_id, those that are given
    aliases     the student's other ids in the roster, such as the login beside the student number
    extensions  week's id → hours or date, as written; "" for the week that is being graded
    """

    line: int
    id: str
    details: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attendance:
    """Students on the roster without a submission, and students with a submission who are not on it."""

    missing: list[str]
    unknown: list[str]


def read(path: Path) -> list[Person]:
    """Return the people of a roster, also of one that Canvas, Moodle or Excel exported.

    raises  InputError  that names the invalid line
    """
    lines = _rows(path, _text(path))
    header = lines[0][1] if lines else []
    columns = columns_of(header)
    _refuse_columns(path, header, columns)
    rows = [(line, _padded(path, line, row, header, columns)) for line, row in lines[1:] if any(row)]
    if columns.canvas:
        rows = [(line, row) for line, row in rows if _is_student(row, columns)]
    where = _id_column(path, columns, rows)
    people = [_person(path, line, columns, row, where) for line, row in rows]
    seen: dict[str, int] = {}
    for person in people:
        if person.id in seen:
            raise _wrong(
                path,
                person.line,
                f"{person.id} is on line {seen[person.id]} too",
                "each student once",
                "delete one of the two",
            )
        seen[person.id] = person.line
    return people


def _text(path: Path) -> str:
    """Return a roster's text: UTF-8, or UTF-16 with a byte order mark, as Excel's "Unicode text"."""
    try:
        data = Path(path).read_bytes()
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return canonical(data.decode("utf-16" if wide else "utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read ({error})",
            "a roster as UTF-8 text",
            "save it as CSV in UTF-8 (in Excel: the file type 'CSV UTF-8')",
        ) from None


def _rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Return the line number and the stripped fields of each row; fields that are empty in all rows at the end go."""
    first, _, rest = text.partition("\n")
    skipped = 0
    if match := re.fullmatch(r"sep=(.)\r?", first, re.IGNORECASE):  # Excel's own line
        text, skipped = rest, 1
    first = text.partition("\n")[0]
    delimiter = match[1] if match else max(DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(rows.line_num + skipped, [FORMULA.sub(r"\1", part.strip()) for part in row]) for row in rows]
    except csv.Error as error:
        raise _wrong(
            path, rows.line_num + skipped, str(error), "quotes that are closed", "fix the quotes"
        ) from None


def _padded(path: Path, line: int, row: list[str], header: list[str], columns: Columns) -> list[str]:
    """Return a row with as many fields as the header; surplus fields must be empty."""
    if any(row[len(header) :]) or (len(row) < len(header) and any(header[len(row) :])):
        raise _wrong(
            path,
            line,
            f"{len(row)} fields",
            f"{len(header)}, as in the first line",
            "add or remove a comma, or put quotes around a field that contains one",
        )
    row = (row + [""] * len(header))[: len(header)]
    if nameless := [text for text, name in zip(row, header, strict=True) if text and not name]:
        raise _wrong(
            path,
            line,
            f"{nameless[0]!r} in a column without a heading",
            "a heading for it",
            "add it in the first line",
        )
    return row


def _is_student(row: list[str], columns: Columns) -> bool:
    """Return whether a row of Canvas's gradebook is a student's: not the points, the test student or a note."""
    fields = dict(zip(columns.names, row, strict=True))
    name = fields.get("full_name") or ""
    return (
        bool(fields.get("lms_user_id")) and not name.startswith("Points Possible") and name != "Student, Test"
    )


def _id_column(path: Path, columns: Columns, rows: list[tuple[int, list[str]]]) -> int:
    """Return the column of the ids: the best one that no row leaves empty, else the best one."""
    full = (index for index in columns.ids if all(row[index] for _, row in rows))
    return next(full, columns.ids[0])


def save(root: Path, people: list[Person], *, wait: float = WAIT) -> int:
    """Add people to nbgrader's gradebook, or update their details; return how many were new or changed.

    Fields that are empty in the roster stay as they are, and nobody is removed.
    """
    with opened(root, write=True, wait=wait) as course:
        from nbgrader.api import Student

        student_names.unify(course.session)
        known, changed = {student.id: student for student in course.session.query(Student)}, 0
        for person in people:
            student = known.get(person.id)
            if student is None:
                student = Student(id=person.id)
                course.session.add(student)
            elif all(getattr(student, name) == value for name, value in person.details.items()):
                continue
            for name, value in person.details.items():
                setattr(student, name, value)
            changed += 1
    return changed


def attendance(people: list[Person], students: list[str]) -> Attendance:
    """Compare the roster with the ids of the students who have submitted.

    Missing students get no row in the gradebook, which nbgrader counts as 0.
    """
    listed, present = {person.id for person in people}, set(students)
    return Attendance(sorted(listed - present), sorted(present - listed))


def extensions(
    root: Path, path: Path, week: Week, people: list[Person], *, wait: float = WAIT
) -> dict[str, timedelta | None]:
    """Return student → extension for a week, for `gradebook.save`; students without an entry are left out.

    raises  InputError  that names the line, if an extension is invalid or before the due date, or there is
                        no due date
    """
    _refuse_weeks(root, path, people)
    names = (week.id, week.id.split("_")[0], "")
    entries = [
        (person, next((person.extensions[name] for name in names if name in person.extensions), None))
        for person in people
    ]
    entries = [(person, text) for person, text in entries if text is not None]
    if not entries:
        return {}
    with opened(root, wait=wait) as course:
        from nbgrader.api import Assignment

        assignment = course.session.query(Assignment).filter(Assignment.name == week.id).one_or_none()
        due = assignment.duedate if assignment else None
    zone = Layout.of(root).zone or UTC
    return {person.id: _extension(path, person, text, due, week.id, zone) for person, text in entries}


def _refuse_weeks(root: Path, path: Path, people: list[Person]) -> None:
    """Raise InputError for an extension of a week that the course does not have."""
    weeks = [folder.parent.name for folder in sorted((Path(root) / "solutions").glob("*/exercises"))]
    known = {"", *weeks, *(week.split("_")[0] for week in weeks)}
    for person in people:
        if unknown := [name for name in person.extensions if name not in known]:
            raise _wrong(
                path,
                person.line,
                f"an extension for {', '.join(unknown)}",
                f"one of {', '.join(weeks)}",
                "check the spelling",
            )


def _extension(
    path: Path, person: Person, text: str, due: datetime | None, week: str, zone: tzinfo
) -> timedelta | None:
    """Return the time that one extension adds to the due date (UTC), None for none.

    zone  of a date that names none
    """
    wanted = "hours, such as 48, or a date, such as 2025-03-14 or 2025-03-14T18:00+01:00"
    try:
        added = timedelta(hours=float(text))
    except OverflowError:
        raise _wrong(path, person.line, f"the extension {text}", wanted, "correct it") from None
    except ValueError:
        added = None
    if added == timedelta(0):
        return None
    if due is None:
        raise _wrong(
            path,
            person.line,
            f"an extension, but {week} has no due date in the gradebook",
            "a due date",
            f'set one: nbgrader db assignment add {week} --duedate "2025-03-12 18:00 UTC"',
        )
    if added is None:
        try:
            until = datetime.fromisoformat(text)
        except ValueError:
            raise _wrong(path, person.line, f"the extension {text!r}", wanted, "correct it") from None
        if len(text) <= len("2025-03-14"):
            until = datetime.combine(until.date(), time(23, 59, 59))
        until = until if until.tzinfo else until.replace(tzinfo=zone)
        added = until.astimezone(UTC).replace(tzinfo=None) - due
    if not timedelta(0) <= added <= LONGEST:
        raise _wrong(
            path,
            person.line,
            f"the extension {text}",
            f"a time after the due date ({due} UTC), within {LONGEST.days} days",
            "check it, or write 0 for none",
        )
    return added


def _refuse_columns(path: Path, header: list[str], columns: Columns) -> None:
    """Raise InputError unless the first line names known columns, each once, and among them the id."""
    wanted = (
        f"columns named {', '.join(OURS)}, of which only id is required, or an export of Canvas or Moodle"
    )
    named = [name for name, text in zip(columns.names, header, strict=True) if text and name]
    unknown = [
        text for name, text in zip(columns.names, header, strict=True) if text and name and name not in KNOWN
    ]
    unknown += [text for text in [misspelt(header)] if text and columns.theirs]
    if unknown:
        listed = ", ".join(repr(text.lower()) for text in unknown)
        raise _wrong(path, 1, f"unknown column {listed}", wanted, "rename or delete it")
    if not columns.ids:
        raise _wrong(path, 1, "no column id", wanted, "fix the first line")
    if not columns.theirs and len(set(named)) < len(named):
        raise _wrong(path, 1, "a column twice", wanted, "fix the first line")


def _person(path: Path, line: int, columns: Columns, row: list[str], where: int) -> Person:
    """Return the person of one line; `where` is the column of the id."""
    fields: dict[str, str] = {}
    for name, text in zip(columns.names, row, strict=True):
        if name and text:
            fields.setdefault(name, text)
    student = row[where]
    if SHORTENED.fullmatch(student):
        raise _wrong(
            path,
            line,
            f"the id {student!r}, a number that a spreadsheet has changed",
            "the whole id",
            "format the column as text in the spreadsheet, enter the ids again and save",
        )
    if (
        not student
        or student.startswith(".")
        or any(sign in "/\\" or not sign.isprintable() for sign in student)
    ):
        raise _wrong(
            path,
            line,
            f"the id {student!r}",
            "the name of the student's folder below submitted/",
            "write the id with which the student submits",
        )
    if full := fields.get("full_name"):
        first, last = split_name(full)
        fields = {name: text for name, text in (("first_name", first), ("last_name", last)) if text} | fields
    if number := re.fullmatch(r"\D+ (\d+)", fields.get("lms_user_id", "")):  # Moodle's "Participant 12345"
        fields["lms_user_id"] = number[1]
    details = {name: fields[name] for name in NAMES if fields.get(name)}
    others = dict.fromkeys(row[index] for index in columns.ids if columns.names[index] == "id")
    aliases = tuple(text for text in others if text not in ("", student))
    return Person(line, student, details, _by_week(path, line, fields.get("extension", "")), aliases)


def _by_week(path: Path, line: int, text: str) -> dict[str, str]:
    """Return week → extension as written, from "48" or "02_clip=48; 03_vit=2025-03-14"."""
    by_week: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        week, equals, value = part.rpartition("=")
        if (equals and not week.strip()) or not value.strip() or week.strip() in by_week:
            raise _wrong(
                path,
                line,
                f"the extension {text!r}",
                "one for each week, such as 02_clip=48; 03_vit=24",
                "correct it",
            )
        by_week[week.strip()] = value.strip()
    return by_week


def _wrong(path: Path, line: int, given: str, wanted: str, do: str) -> InputError:
    return InputError(f"{path}, line {line}: {given}", wanted, do)
