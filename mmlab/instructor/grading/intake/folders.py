"""The files of one submission, listed and opened without following links; and the time of the submission."""

import hashlib
import os
import stat
from datetime import UTC, tzinfo
from pathlib import Path

from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake import archive, times
from mmlab.instructor.grading.intake.file_selection import PACKED, Candidate
from mmlab.instructor.grading.intake.json_recovery import printable
from mmlab.instructor.grading.intake.times import moment
from mmlab.instructor.grading.records import Submission

__all__ = ["candidate", "candidates", "contents", "digest", "files", "moment", "of", "regular", "timestamp"]
ENDS = (".ipynb", ".zip")
DEEPEST = 2  # levels of subfolders: some students unpack zips there
MAXIMUM = 1_000  # entries of a folder that are read
TIMESTAMP = "timestamp.txt"
RESTORE = "submit the file lab.ipynb itself"


def of(submission: Submission) -> Path | None:
    """Return the folder submitted/STUDENT/WEEK that contains a submission, None if it lies elsewhere."""
    if submission.folder is not None:
        return submission.folder
    for folder in submission.path.parents[: DEEPEST + 1]:
        if (folder.name, folder.parent.name) == (submission.week, submission.student):
            return folder
    return None


def files(folder: Path, depth: int = 0, maximum: int = MAXIMUM) -> list[Path]:
    """Return the files below a folder, sorted; hidden files, links and deep folders are ignored."""
    paths = []
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)[:maximum]
    except OSError:
        return paths
    for entry in entries:
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if entry.is_dir(follow_symlinks=False):
            paths += files(Path(entry.path), depth + 1, maximum) if depth < DEEPEST else []
        elif entry.is_file(follow_symlinks=False):
            paths.append(Path(entry.path))
    return paths


def candidates(folder: Path) -> list[Candidate]:
    """Return the notebooks and zips below a folder."""
    return [candidate(path, folder) for path in files(folder) if path.name.lower().endswith(ENDS)]


def candidate(path: Path, folder: Path) -> Candidate:
    """Return a file as a candidate, named relative to `folder`; a later attempt is newer, then a later change."""
    try:
        changed = path.lstat().st_mtime_ns
    except OSError:
        changed = 0
    name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
    packed = PACKED.search(name)
    attempt = (int(packed[1][:9]), packed[2]) if packed else (0, "")
    return Candidate(name, (*attempt, -name.count("/"), changed), lambda: contents(path))


def contents(path: Path) -> bytes:
    """Return a regular file's bytes; raises NotebookError for a folder, a link, a pipe, or a file that is too large."""
    name = printable(path.name)
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        what = (
            "is a link, and links are not followed"
            if path.is_symlink()
            else f"cannot be read ({error.strerror})"
        )
        raise NotebookError(f"{name} {what}", "a regular file", RESTORE) from None
    try:
        return regular(number, name)
    except OSError as error:
        raise NotebookError(f"{name} cannot be read ({error.strerror})", "a readable file", RESTORE) from None
    finally:
        os.close(number)


def regular(number: int, name: str) -> bytes:
    """Return the bytes of an open file; raises NotebookError if it is not a regular file, or too large."""
    status = os.fstat(number)
    if not stat.S_ISREG(status.st_mode):
        what = "folder" if stat.S_ISDIR(status.st_mode) else "pipe or device"
        raise NotebookError(f"{name} is a {what}", "a regular file", RESTORE)
    with open(number, "rb", closefd=False) as file:
        data = file.read(archive.LARGEST + 1)
    if len(data) > archive.LARGEST:
        raise archive.too_large(name, max(status.st_size, len(data)))
    return data


def digest(path: Path | None) -> str:
    """Return a file's SHA-256 in hexadecimal, "" if it cannot be read or is too large to be graded."""
    try:
        return hashlib.sha256(contents(path)).hexdigest() if path else ""
    except NotebookError:
        return ""


def timestamp(folder: Path, path: Path | None, zone: tzinfo | None = None) -> times.Time:
    """Return the time of a submission: from timestamp.txt, else from the zip's name, else none.

    zone  the course's time zone; `mmlab submit` writes UTC into the zip's name
    """
    try:
        text = contents(folder / TIMESTAMP)[:100].decode("utf-8-sig", "replace").strip()
    except NotebookError:
        text = ""
    if text:
        return times.read(text, zone)
    packed = PACKED.search(path.name) if path else None
    return times.read(packed[2], UTC) if packed else times.Time()
