"""The files of one hand-in: found without following a link, opened without trusting a name."""

import os
import stat
from pathlib import Path

from mmlab.course.grade import archive
from mmlab.course.grade.choice import PACKED, Candidate
from mmlab.course.grade.salvage import printable
from mmlab.course.grade.stages import Submission
from mmlab.errors import NotebookError

ENDS = (".ipynb", ".zip")
DEEPEST = 2  # folders in the hand-in's own: people unpack zips there
MOST = 1_000  # files that are looked at
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
