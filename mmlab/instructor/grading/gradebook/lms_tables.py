"""Scores as the files that Canvas and Moodle import: one row for each student, one column for each week.

A cell is empty where nothing was submitted or an answer waits for a person. Both systems leave the grade as it
is there.
"""

from mmlab.errors import InputError

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Username", "ID number", "First name", "Last name", "Email address")
POINTS = "    Points Possible"  # Canvas recognises the row by this text


def headings_of(given: list[str], weeks: list[str]) -> dict[str, str]:
    """Return week → heading of its column, from texts such as "02_clip=Lab 2 (1234)"; by default the week's id.

    raises  InputError  for a text without "=" and for a week that is not exported
    """
    headings = {week: week for week in weeks}
    for text in given:
        name, equals, heading = text.partition("=")
        matches = [week for week in weeks if name in (week, week.split("_")[0])]
        if not equals or not heading.strip() or len(matches) != 1:
            raise InputError(
                f"--column {text}",
                f"WEEK=NAME with a week of {', '.join(weeks)}",
                "such as --column '02_clip=Lab 2 (1234)'",
            )
        headings[matches[0]] = heading.strip()
    return headings


def rows_of(kind: str, rows: list[dict], headings: dict[str, str]) -> tuple[list[list], int]:
    """Return the lines of a file with its header, and the number of submissions whose score waits for a person.

    kind      "canvas" or "moodle"
    rows      exported rows, as `export.Row.plain` makes them
    headings  week → heading of its column
    """
    students: dict[str, dict[str, dict]] = {}
    for row in rows:
        students.setdefault(row["student"], {})[row["week"]] = row
    lines: list[list] = [[*(CANVAS if kind == "canvas" else MOODLE), *headings.values()]]
    if kind == "canvas":
        maxima = [max((row["max"] for row in rows if row["week"] == week), default=0) for week in headings]
        lines.append([POINTS, *[""] * (len(CANVAS) - 1), *maxima])
    waiting = 0
    for by_week in students.values():
        scores = []
        for week in headings:
            row = by_week.get(week)
            waiting += bool(row and row["submitted"] and row["needs_manual_grade"])
            scores.append(
                row["score"] if row and row["submitted"] and not row["needs_manual_grade"] else None
            )
        person = next(iter(by_week.values()))
        lines.append([*(_canvas(person) if kind == "canvas" else _moodle(person)), *scores])
    return lines, waiting


def _canvas(row: dict) -> list[str]:
    """Return what Canvas finds a student by: its own number, or the login."""
    names = ", ".join(part for part in (row["last_name"], row["first_name"]) if part)
    return [names or row["student"], row["lms_user_id"], "", row["student"], ""]


def _moodle(row: dict) -> list[str]:
    """Return what Moodle finds a student by: username, ID number or e-mail address."""
    return [row["student"], row["lms_user_id"], row["first_name"], row["last_name"], row["email"]]
