"""Make a week's solved lab, which students get after the deadline: the released lab with answers.

It has no cases, planted answers or hidden tests, and no metadata by which a grader would
take it for a submission.
"""

import copy
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mmlab.cli import notebook
from mmlab.errors import InputError

NOTE = (
    "*This is the solved lab, with one of several right answers for each exercise. It cannot be submitted.*"
)
PRIVATE = re.compile(
    r"[ \t]*#* ?(?:BEGIN HIDDEN TESTS|BEGIN MARK SCHEME)\b.*?(?:END HIDDEN TESTS|END MARK SCHEME)[^\n]*\n?",
    re.DOTALL,
)
MARKERS = re.compile(rf"^[ \t]*(?:{notebook.BEGIN}|{notebook.END})[^\n]*\n?", re.MULTILINE)


def week(root: Path, name: str) -> str:
    """Return the id of a week that has a source and a release here; "02" means "02_clip".

    raises  InputError  for any other week, and before the deadline in the gradebook
    """
    available = sorted(
        path.parent.name
        for path in (root / "solutions").glob("*/lab.ipynb")
        if (root / "labs" / path.parent.name / "lab.ipynb").is_file()
    )
    match = next((week_id for week_id in available if name in (week_id, week_id.split("_")[0])), None)
    if match is None:
        raise InputError(
            f"--with-solutions {name}", f"one of {', '.join(available) or 'none'}", "release the week first"
        )
    now, end = datetime.now(UTC).replace(tzinfo=None), deadline(root, match)
    if end is not None and end > now:
        raise InputError(
            f"--with-solutions {name}: students may submit until {end:%Y-%m-%d %H:%M} UTC",
            "a deadline in the past",
            "wait, or move the deadline in the gradebook",
        )
    return match


def deadline(root: Path, week_id: str) -> datetime | None:
    """Return the last deadline of a week (UTC), with all extensions; None if the gradebook has none."""
    from nbgrader.api import Assignment, SubmittedAssignment
    from sqlalchemy.orm import Session

    from mmlab.instructor.grading.gradebook.export import address, connection

    if address(root) is None:
        return None
    with connection(root) as connected, Session(connected) as session:
        assignment = (
            session.query(Assignment.id, Assignment.duedate).filter(Assignment.name == week_id).one_or_none()
        )
        if assignment is None or assignment.duedate is None:
            return None
        extensions = session.query(SubmittedAssignment.extension).filter(
            SubmittedAssignment.assignment_id == assignment.id
        )
        return assignment.duedate + max((time for (time,) in extensions if time), default=timedelta(0))


def path_of(week_id: str) -> str:
    """Return the path of a week's solved lab in the students' repository."""
    return f"solutions/{week_id}/lab.ipynb"


def text(root: Path, week_id: str) -> bytes:
    """Return the content of the solved lab's file."""
    source = notebook.read(root / "solutions" / week_id / "lab.ipynb")
    return notebook.dumps(solved(source, notebook.read(root / "labs" / week_id / "lab.ipynb"))).encode()


def solved(source: dict, release: dict) -> dict:
    """Return a released lab with the source's answers, without the metadata by which a grader recognises its cells."""
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
