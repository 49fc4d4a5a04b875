"""The class list: who is in it, who handed nothing in, who has more time.

    roster.csv
    id,first_name,last_name,email,extension
    ada,Ada,Lovelace,,48
    alan,Alan,Turing,,02_clip=2025-03-14; 03_vit=24

An extension is a number of hours after the due date, or the new due date (ISO 8601,
UTC; a day without a time ends at midnight). One with a week in front is for that
week, one without for the week that is being graded. 0 takes an extension back.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from mmlab.course.exercise import Week
from mmlab.course.grade.database import WAIT, opened
from mmlab.errors import InputError

COLUMNS = ("id", "first_name", "last_name", "email", "lms_user_id", "extension")
NAMES = COLUMNS[1:5]
DELIMITERS = ",;\t"
LONGEST = timedelta(days=1000)


@dataclass(frozen=True)
class Person:
    """One line of a roster.

    line        its number in the file, for messages
    id          the student's id: the name of the folder below submitted/
    details     first_name, last_name, email, lms_user_id, where they are given
    extensions  week's id → hours or date, as written; "" for the week that is being graded
    """

    line: int
    id: str
    details: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attendance:
    """Who of the roster handed nothing in, and who handed in without being on it."""

    missing: list[str]
    unknown: list[str]


def read(path: Path) -> list[Person]:
    """Return the people of a roster; raises InputError with the line that cannot be used."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error})", "a roster as UTF-8 text", "save it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        _refuse_columns(path, header)
        people = [_person(path, rows.line_num, header, row) for row in rows if any(part.strip() for part in row)]
    except csv.Error as error:
        raise _wrong(path, rows.line_num, str(error), "quotes that are closed", "mend the quotes") from None
    seen: dict[str, int] = {}
    for person in people:
        if person.id in seen:
            raise _wrong(path, person.line, f"{person.id} is on line {seen[person.id]} too", "each student once",
                         "delete one of the two")  # fmt: skip
        seen[person.id] = person.line
    return people


def save(root: Path, people: list[Person], *, wait: float = WAIT) -> int:
    """Add people to nbgrader's gradebook, or bring their names up to date; return how many were new or changed.

    What the roster leaves empty stays as it is, and nobody is removed.
    """
    with opened(root, write=True, wait=wait) as course:
        from nbgrader.api import Student

        known, changed = {one.id: one for one in course.session.query(Student)}, 0
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


def attendance(people: list[Person], handed_in: list[str]) -> Attendance:
    """Return who is missing, and who is not on the roster; `handed_in` holds students' ids.

    Missing students get no row in the gradebook, which nbgrader counts as 0.
    """
    listed, there = {person.id for person in people}, set(handed_in)
    return Attendance(sorted(listed - there), sorted(there - listed))


def extensions(root: Path, path: Path, week: Week, people: list[Person], *, wait: float = WAIT) -> dict[str, timedelta | None]:
    """Return each student's extension for a week, for `gradebook.save`: those alone who have one written down.

    raises  InputError with the line where one cannot be read, lies before the due date, or there is no due date
    """
    _refuse_weeks(root, path, people)
    names = (week.id, week.id.split("_")[0], "")
    asked = [(person, next((person.extensions[name] for name in names if name in person.extensions), None)) for person in people]
    asked = [(person, text) for person, text in asked if text is not None]
    if not asked:
        return {}
    with opened(root, wait=wait) as course:
        from nbgrader.api import Assignment

        found = course.session.query(Assignment).filter(Assignment.name == week.id).one_or_none()
        due = found.duedate if found else None
    return {person.id: _extension(path, person, text, due, week.id) for person, text in asked}


def _refuse_weeks(root: Path, path: Path, people: list[Person]) -> None:
    """Raise InputError where an extension is for a week that the course does not have."""
    weeks = [folder.parent.name for folder in sorted((Path(root) / "solutions").glob("*/exercises.py"))]
    known = {"", *weeks, *(week.split("_")[0] for week in weeks)}
    for person in people:
        if unknown := [name for name in person.extensions if name not in known]:
            raise _wrong(path, person.line, f"an extension for {', '.join(unknown)}", f"one of {', '.join(weeks)}",
                         "check the spelling")  # fmt: skip


def _extension(path: Path, person: Person, text: str, due: datetime | None, week: str) -> timedelta | None:
    """Return the time that one extension adds to the due date (UTC), None for none."""
    wanted = "hours, such as 48, or a date, such as 2025-03-14 or 2025-03-14T18:00+01:00"
    try:
        added = timedelta(hours=float(text))
    except OverflowError:
        raise _wrong(path, person.line, f"the extension {text}", wanted, "mend it") from None
    except ValueError:
        added = None
    if added == timedelta(0):
        return None
    if due is None:
        raise _wrong(path, person.line, f"an extension, but {week} has no due date in the gradebook", "a due date",
                     f'set one: nbgrader db assignment add {week} --duedate "2025-03-12 18:00 UTC"')  # fmt: skip
    if added is None:
        try:
            until = datetime.fromisoformat(text)
        except ValueError:
            raise _wrong(path, person.line, f"the extension {text!r}", wanted, "mend it") from None
        if len(text) <= len("2025-03-14"):
            until = datetime.combine(until.date(), time(23, 59, 59))
        added = (until.astimezone(UTC).replace(tzinfo=None) if until.tzinfo else until) - due
    if not timedelta(0) <= added <= LONGEST:
        raise _wrong(path, person.line, f"the extension {text}", f"a time after the due date ({due} UTC), within {LONGEST.days} days",
                     "check it, or write 0 for none")  # fmt: skip
    return added


def _refuse_columns(path: Path, header: list[str]) -> None:
    """Raise InputError unless the first line names columns that are known, each once, the id among them."""
    wanted = f"columns named {', '.join(COLUMNS)}; id alone must be there"
    if unknown := [name for name in header if name not in COLUMNS]:
        raise _wrong(path, 1, f"unknown column {', '.join(map(repr, unknown))}", wanted, "rename or delete it")
    if "id" not in header or len(set(header)) < len(header):
        raise _wrong(path, 1, "no column id" if "id" not in header else "a column twice", wanted, "mend the first line")


def _person(path: Path, line: int, header: list[str], row: list[str]) -> Person:
    """Return the person of one line."""
    if len(row) != len(header):
        raise _wrong(path, line, f"{len(row)} fields", f"{len(header)}, as in the first line",
                     "add or remove a comma, or put quotes around a field that holds one")  # fmt: skip
    found = {name: value.strip() for name, value in zip(header, row, strict=True)}
    student = found["id"]
    if not student or student.startswith(".") or any(sign in "/\\" or not sign.isprintable() for sign in student):
        raise _wrong(path, line, f"the id {student!r}", "the name of the student's folder below submitted/",
                     "write the id that the student hands in under")  # fmt: skip
    details = {name: found[name] for name in NAMES if found.get(name)}
    return Person(line, student, details, _by_week(path, line, found.get("extension", "")))


def _by_week(path: Path, line: int, text: str) -> dict[str, str]:
    """Return week → extension as written, from "48" or "02_clip=48; 03_vit=2025-03-14"."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        week, equals, value = part.rpartition("=")
        if (equals and not week.strip()) or not value.strip() or week.strip() in found:
            raise _wrong(path, line, f"the extension {text!r}", "one for each week, such as 02_clip=48; 03_vit=24", "mend it")
        found[week.strip()] = value.strip()
    return found


def _wrong(path: Path, line: int, given: str, wanted: str, do: str) -> InputError:
    return InputError(f"{path}, line {line}: {given}", wanted, do)
