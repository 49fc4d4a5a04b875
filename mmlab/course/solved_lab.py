"""A week's solved lab as students get it after the deadline: the released lab, answered.

No cases, no planted answers, no hidden tests, and nothing by which a grader would
take it for a student's work.
"""

import copy
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mmlab.course import notebook
from mmlab.errors import InputError

NOTE = "*This is the solved lab: one right answer an exercise, of several. It cannot be handed in.*"
PRIVATE = re.compile(r"[ \t]*#* ?(?:BEGIN HIDDEN TESTS|BEGIN MARK SCHEME)\b.*?(?:END HIDDEN TESTS|END MARK SCHEME)[^\n]*\n?", re.DOTALL)
MARKERS = re.compile(rf"^[ \t]*(?:{notebook.BEGIN}|{notebook.END})[^\n]*\n?", re.MULTILINE)


def week(root: Path, name: str) -> str:
    """Return the id of a week that has a source and a release here, "02" standing for "02_clip".

    raises  InputError  for another one, and for one whose deadline in the gradebook is still to come
    """
    there = sorted(path.parent.name for path in (root / "solutions").glob("*/lab.ipynb")
                   if (root / "labs" / path.parent.name / "lab.ipynb").is_file())  # fmt: skip
    found = next((one for one in there if name in (one, one.split("_")[0])), None)
    if found is None:
        raise InputError(f"--with-solutions {name}", f"one of {', '.join(there) or 'none'}", "release the week first")
    now, end = datetime.now(UTC).replace(tzinfo=None), deadline(root, found)
    if end is not None and end > now:
        raise InputError(f"--with-solutions {name}: students may hand in until {end:%Y-%m-%d %H:%M} UTC",
                         "a deadline that is over", "wait, or move the deadline in the gradebook")  # fmt: skip
    return found


def deadline(root: Path, week_id: str) -> datetime | None:
    """Return when the last student may hand in a week (UTC), None where the gradebook does not say."""
    from nbgrader.api import Assignment, SubmittedAssignment
    from sqlalchemy.orm import Session

    from mmlab.course.export import address, connection

    if address(root) is None:
        return None
    with connection(root) as connected, Session(connected) as session:
        found = session.query(Assignment.id, Assignment.duedate).filter(Assignment.name == week_id).one_or_none()
        if found is None or found.duedate is None:
            return None
        handed = session.query(SubmittedAssignment.extension).filter(SubmittedAssignment.assignment_id == found.id)
        return found.duedate + max((time for (time,) in handed if time), default=timedelta(0))


def place(week_id: str) -> str:
    """Return where a week's solved lab lies in the students' repository."""
    return f"solutions/{week_id}/lab.ipynb"


def text(root: Path, week_id: str) -> bytes:
    """Return the solved lab's file."""
    source = notebook.read(root / "solutions" / week_id / "lab.ipynb")
    return notebook.dumps(solved(source, notebook.read(root / "labs" / week_id / "lab.ipynb"))).encode()


def solved(source: dict, release: dict) -> dict:
    """Return a released lab with the source's answers in it, and without the marks by which a grader knows its cells."""
    lab = copy.deepcopy(release)
    for cell in lab["cells"]:
        if notebook.about(cell).get("solution"):
            answer = notebook.find(source, notebook.grade_id(cell))["source"]
            cell["source"] = MARKERS.sub("", PRIVATE.sub("", answer)).rstrip("\n")
        for name in ("nbgrader", "mmlab"):
            cell["metadata"].pop(name, None)
    lab["metadata"].pop("mmlab", None)
    first = lab["cells"][0]
    if first["cell_type"] == "markdown":
        heading, _, rest = first["source"].partition("\n")
        first["source"] = "\n".join([heading, "", NOTE, *([rest] if rest else [])])
    return lab
