"""The files beside a submitted notebook: a student's own modules, data and other notebooks.

They are what `import my_helpers`, `open("points.csv")` and `%run other.ipynb` find in the working folder, and
are copied to the working folder of the sandbox. Files in the notebook's own zip or folder count, within
limits. They are never imported or parsed here.
"""

import hashlib
from pathlib import Path, PurePosixPath

from mmlab.cli import notebook
from mmlab.cli.lab_pack import LAB, MAX_BYTES, MAX_FILES
from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake import archive, folders
from mmlab.instructor.grading.intake.file_selection import Read
from mmlab.instructor.grading.intake.folders import TIMESTAMP
from mmlab.instructor.grading.intake.json_recovery import printable
from mmlab.instructor.grading.records import Submission

LONGEST = 200  # characters of a path
MAX_NAMES = 3


class Companions:
    """The files that are collected for one submission, within limits.

    files  path relative to the notebook's folder, with "/" → content
    lost   the paths of files that are too large or too many
    """

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.lost: list[str] = []
        self.left = MAX_BYTES

    def add(self, name: str, size: int, read) -> None:
        """Add a file that `read()` returns, if its name is plain and the limits allow it."""
        if not is_plain(name) or name in self.files:
            return
        if size > self.left or len(self.files) >= MAX_FILES:
            self.lost.append(name)
            return
        try:
            content = read()
        except NotebookError:  # encrypted, damaged, a pipe
            self.lost.append(name)
            return
        self.files[name] = content
        self.left -= len(content)

    def notes(self) -> list[str]:
        """Return one sentence for the student if files were left out."""
        if not self.lost:
            return []
        first = ", ".join(printable(name) for name in self.lost[:MAX_NAMES])
        more = f" and {len(self.lost) - MAX_NAMES} more" if len(self.lost) > MAX_NAMES else ""
        return [
            f"Files beside your notebook were left out: {first}{more} "
            f"(at most {MAX_FILES} readable files, {MAX_BYTES / 1e6:.0f} MB in total)."
        ]


def of(chosen: Read, submission: Submission) -> Companions:
    """Return the files beside a submitted notebook, and the notebook itself as lab.ipynb.

    chosen  the notebook, as `submissions.load` reads it
    """
    companions = Companions()
    companions.files[LAB] = notebook.dumps(chosen.lab, compact=True).encode("utf-8", "replace")
    if chosen.within:
        try:
            in_zip(chosen.candidate.read(), chosen.within, companions)
        except NotebookError:
            pass  # the notebook was read from it a moment ago; it has changed since
    beside = loose(submission.path) if folders.of(submission) else {}
    for name in modules_first(beside):
        file = beside[name]
        companions.add(name, file.lstat().st_size, lambda: folders.contents(file))
    return companions


def in_zip(data: bytes, within: tuple[str, ...], companions: Companions) -> None:
    """Add the files beside a notebook in a zip.

    within  the notebook's path in the zip; in a nested zip, that zip's path comes first
    raises  NotebookError  if the zip cannot be read
    """
    with archive.opened(data, "the zip") as opened:
        members = archive.members(opened)
        if len(within) > 1:
            inner = next((member for member in members if member.path == within[0]), None)
            if inner is not None:
                in_zip(archive.contents(opened, inner, "the zip"), within[1:], companions)
            return
        folder = PurePosixPath(within[0]).parent
        beside = {
            PurePosixPath(member.path).relative_to(folder).as_posix(): member
            for member in members
            if member.path != within[0] and PurePosixPath(member.path).is_relative_to(folder)
        }
        for name in modules_first(beside):
            member = beside[name]
            companions.add(name, member.size, lambda: archive.contents(opened, member, "a file"))


def loose(path: Path) -> dict[str, Path]:
    """Return the files beside a file in submitted/, path relative to its folder → file."""
    files = {file.relative_to(path.parent).as_posix(): file for file in folders.files(path.parent)}
    return {
        name: file for name, file in files.items() if file != path and name != TIMESTAMP and is_plain(name)
    }


def digest(path: Path | None) -> str:
    """Return the SHA-256 of a submitted file, or of it and the files beside it if there are any; "" if it is unreadable."""
    own = folders.digest(path)
    beside = loose(path) if own else {}
    if not beside:
        return own
    parts = [own, *(f"{name}\0{folders.digest(file)}" for name, file in sorted(beside.items()))]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def modules_first(names) -> list[str]:
    """Return names in the order in which they are taken: modules before data."""
    return sorted(names, key=lambda name: (not name.endswith(".py"), name))


def is_plain(name: str) -> bool:
    """Return whether a relative path can be written in the sandbox: no zip, nothing hidden, short, UTF-8."""
    parts = name.split("/")
    odd = not name.isprintable() or any(part in ("", "..") or part.startswith(".") for part in parts)
    return (
        not odd and len(name) <= LONGEST and not name.lower().endswith(".zip") and "__pycache__" not in parts
    )
