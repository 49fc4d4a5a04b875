"""The files of one hand-in: found without following a link, opened without trusting a name; and when it came."""

import hashlib
import os
import re
import stat
from datetime import UTC
from pathlib import Path

from mmlab.course.grade import archive
from mmlab.course.grade.choice import PACKED, Candidate
from mmlab.course.grade.salvage import printable
from mmlab.course.grade.stages import Submission
from mmlab.errors import NotebookError

ENDS = (".ipynb", ".zip")
DEEPEST = 2  # folders in the hand-in's own: people unpack zips there
MOST = 1_000  # files that are looked at
TIMESTAMP = "timestamp.txt"
ZONE = re.compile(r"[A-Za-z_]+(/[A-Za-z_+-]+)*")  # names of files elsewhere are none
RESTORE = "hand in the file lab.ipynb itself"


def of(submission: Submission) -> Path | None:
    """Return the folder submitted/STUDENT/WEEK that a submission lies in, None where it lies elsewhere."""
    for folder in submission.path.parents[: DEEPEST + 1]:
        if (folder.name, folder.parent.name) == (submission.week, submission.student):
            return folder
    return None


def files(folder: Path, depth: int = 0) -> list[Path]:
    """Return the files below a folder, in order; hidden ones and links are passed over, deep folders too."""
    found = []
    try:
        there = sorted(os.scandir(folder), key=lambda entry: entry.name)[:MOST]
    except OSError:
        return found
    for entry in there:
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if entry.is_dir(follow_symlinks=False):
            found += files(Path(entry.path), depth + 1) if depth < DEEPEST else []
        elif entry.is_file(follow_symlinks=False):
            found.append(Path(entry.path))
    return found


def candidates(folder: Path) -> list[Candidate]:
    """Return the notebooks and zips below a folder."""
    return [candidate(path, folder) for path in files(folder) if path.name.lower().endswith(ENDS)]


def candidate(path: Path, folder: Path) -> Candidate:
    """Return a file as a candidate, named as it stands below `folder`; a later attempt is newer, then a later change."""
    try:
        changed = path.lstat().st_mtime_ns
    except OSError:
        changed = 0
    name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
    packed = PACKED.search(name)
    attempt = (int(packed[1][:9]), packed[2]) if packed else (0, "")
    return Candidate(name, (*attempt, -name.count("/"), changed), lambda: contents(path))


def contents(path: Path) -> bytes:
    """Return an ordinary file's bytes; raises NotebookError for a folder, a link, a pipe, or one that is too large."""
    name = printable(path.name)
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        what = "is a link, which is not followed" if path.is_symlink() else f"cannot be read ({error.strerror})"
        raise NotebookError(f"{name} {what}", "an ordinary file", RESTORE) from None
    try:
        return regular(number, name)
    except OSError as error:
        raise NotebookError(f"{name} cannot be read ({error.strerror})", "a whole file", RESTORE) from None
    finally:
        os.close(number)


def regular(number: int, name: str) -> bytes:
    """Return the bytes of an open file; raises NotebookError where it is no ordinary one, or too large."""
    found = os.fstat(number)
    if not stat.S_ISREG(found.st_mode):
        what = "folder" if stat.S_ISDIR(found.st_mode) else "pipe or device"
        raise NotebookError(f"{name} is a {what}", "an ordinary file", RESTORE)
    with open(number, "rb", closefd=False) as file:
        data = file.read(archive.LARGEST + 1)
    if len(data) > archive.LARGEST:
        raise archive.too_large(name, max(found.st_size, len(data)))
    return data


def digest(path: Path | None) -> str:
    """Return a file's SHA-256 in hexadecimal, "" where it cannot be read or is larger than any that is graded."""
    try:
        return hashlib.sha256(contents(path)).hexdigest() if path else ""
    except NotebookError:
        return ""


def timestamp(folder: Path, path: Path | None) -> str | None:
    """Return when a hand-in came, in UTC: as timestamp.txt says, else as the name of a packed lab does; else None."""
    try:
        said = contents(folder / TIMESTAMP)[:100].decode("utf-8-sig", "replace").strip()
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


