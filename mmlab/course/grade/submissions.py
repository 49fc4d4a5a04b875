"""What was handed in, and when: submitted/STUDENT/WEEK/, as nbgrader lays it out.

Names of files are the students'; so are the files. No link below submitted/ is
followed, and nothing there is ever written.
"""

import hashlib
import os
import re
from collections.abc import Collection
from datetime import UTC
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.grade import choice, folders
from mmlab.course.grade.choice import NAME, PACKED
from mmlab.course.grade.placing import Wanted
from mmlab.course.grade.stages import Submission
from mmlab.errors import NotebookError

TIMESTAMP = "timestamp.txt"
ZONE = re.compile(r"[A-Za-z_]+(/[A-Za-z_+-]+)*")  # names of files elsewhere are none


def find(root: Path, week_id: str, students: Collection[str] | None = None) -> list[Submission]:
    """Return every hand-in of a week below root/submitted, by student.

    root      the course's folder; its labs/WEEK/lab.ipynb tells one notebook of several
    students  whose hand-ins to return; None for all
    """
    submitted, wanted = Path(root) / "submitted", wanted_of(Path(root), week_id)
    found = []
    for student in sorted(os.listdir(submitted)) if submitted.is_dir() else []:
        folder = submitted / student / week_id
        if student.startswith(".") or not (students is None or student in students) or not os.path.lexists(folder):
            continue
        linked = folder.parent.is_symlink() or folder.is_symlink() or not folder.is_dir()
        path = None if linked else chosen(folder, wanted)
        when = None if linked else timestamp(folder, path)
        found.append(Submission(student, week_id, path, digest(path), when))
    return found


def wanted_of(root: Path, week_id: str) -> Wanted:
    """Return what the week's release asks for; of nothing where there is no release."""
    path = root / "labs" / week_id / NAME
    return Wanted(notebook.read(path) if path.exists() else {"cells": []})


def chosen(folder: Path, wanted: Wanted) -> Path | None:
    """Return the file in a student's folder that is the hand-in, None where there is no file.

    A folder without a notebook or zip gives whatever else lies there, so that
    intake can say what it is.
    """
    there = folders.candidates(folder)
    if len(there) == 1:
        return folder / there[0].name
    if there:
        try:
            return folder / choice.best(there, wanted).candidate.name
        except NotebookError:
            return folder / max(there, key=lambda one: (one.named_right, one.when, one.name)).name
    odd = [folder / NAME] if os.path.lexists(folder / NAME) else []
    return next(iter(odd + [path for path in folders.files(folder) if path.name != TIMESTAMP]), None)


def digest(path: Path | None) -> str:
    """Return a file's SHA-256 in hexadecimal, "" where it cannot be read or is larger than any that is graded."""
    try:
        return hashlib.sha256(folders.contents(path)).hexdigest() if path else ""
    except NotebookError:
        return ""


def timestamp(folder: Path, path: Path | None) -> str | None:
    """Return when a hand-in came, in UTC: as timestamp.txt says, else as the name of a packed lab does; else None."""
    try:
        said = folders.contents(folder / TIMESTAMP)[:100].decode("utf-8-sig", "replace").strip()
    except NotebookError:
        said = ""
    packed = PACKED.search(path.name) if path else None
    return moment(said) or (moment(packed[2]) if packed else None)


def moment(text: str) -> str | None:
    """Return a time as ISO 8601 in UTC, read as nbgrader reads it; None where it is none.

    >>> moment("2026-02-03 04:05:06.789 CET"), moment("20260203T040506"), moment("soon")
    ('2026-02-03T03:05:06.789000+00:00', '2026-02-03T04:05:06+00:00', None)
    """
    from dateutil import parser, tz

    if not re.match(r"\d{4}", text):  # dateutil would fill in today
        return None
    words = text.split(" ")
    zone = tz.gettz(words[2]) if len(words) == 3 and ZONE.fullmatch(words[2]) else None
    try:
        time = parser.parse(" ".join(words[:2]) if zone else text)
    except (ValueError, OverflowError, TypeError):
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone or UTC)
    try:
        return time.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


