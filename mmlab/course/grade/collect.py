"""What a learning management system exports → submitted/STUDENT/WEEK/.

A zip or a folder holds a file a student, or several; whose it is stands in its path.
What the system wrote there counts before what a student did. Known are the names of

    Moodle       Ada Lovelace_12345_assignsubmission_file_lab.ipynb, a folder a student too
    Canvas       lovelaceada_12345_67890_lab.ipynb, also with _LATE
    mmlab submit 02_clip_ada_attempt_1_20260203T040506_lab.zip
    Blackboard   Clip_ada_attempt_2026-02-03-04-05-06_lab.ipynb

and what nbgrader_config.py says (`FileNameCollectorPlugin.named_regexp`); or any by a
regular expression with the groups of nbgrader's `zip_collect`: student_id, file_id, timestamp. Nothing is overwritten: what was there goes aside.
"""

import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mmlab.course.grade import archive, folders
from mmlab.course.grade.folders import TIMESTAMP
from mmlab.course.grade.salvage import printable
from mmlab.errors import InputError, NotebookError

MOST = 20_000  # files in an export
MOST_EACH = 20  # files of one student
MOODLE = r"(?:.*/)?(?P<student_id>[^/]+?)_(?P<owner>\d+)_assignsubmission_file_?/?(?P<file_id>[^/].*)$"
CANVAS = r"(?:.*/)?(?P<student_id>[^/_]+)(?:_LATE)?_(?P<owner>\d+)_\d+_(?P<file_id>[^/]+)$"
SUBMIT = r"(?:.*/)?(?P<week>{weeks})_(?P<student_id>[^/]+)_attempt_\d+_(?P<timestamp>\d{{8}}T\d{{6}})_(?P<file_id>lab\.zip)$"
BLACKBOARD = r"(?:.*/)?[^/]+_(?P<student_id>[^/_]+)_attempt_(?P<timestamp>\d{4}(?:-\d\d){5})_(?P<file_id>[^/]+)$"


class NotTaken(Exception):
    """A file of an export that is nobody's hand-in; its text says why."""


@dataclass
class File:
    """One file of an export: its path there, whose it is and since when, and what gives its bytes."""

    path: str
    student: str
    owner: str
    name: str
    timestamp: str | None
    date: tuple
    read: Callable[[], bytes]


@dataclass
class Collected:
    """What an export brought.

    new      student → the names of the files that were written
    aside    student → the folder that an earlier hand-in went to
    kept     students whose earlier hand-in is newer, or the same, and stays
    skipped  (path, why) for each file that was not taken
    """

    new: dict[str, list[str]] = field(default_factory=dict)
    aside: dict[str, Path] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return what was done, for people."""
        told = [f"collected {len(self.new)} hand-ins; {len(self.kept)} were there as new or newer"]
        told += [f"  {student}: an earlier hand-in was there and went to {path}" for student, path in self.aside.items()]
        return told + [f"  not taken: {printable(path)} ({why})" for path, why in self.skipped]


def collect(root: Path, week_id: str, source: Path | None = None, pattern: str | None = None) -> Collected:
    """Bring an export into root/submitted/STUDENT/WEEK/, and return what was done.

    source   a zip or folder; default: root/downloaded/WEEK/archive/, where nbgrader looks
    pattern  a regular expression for paths in it, in place of those that are known
    raises   InputError  where there is no such file, or the pattern is none
    """
    root = Path(root)
    source = Path(source or root / "downloaded" / week_id / "archive")
    if not source.exists():
        raise InputError(f"{source} is not there", "a zip or folder that your LMS exported", "check the path")
    done, mine = Collected(), {}
    patterns = compiled(pattern) if pattern else known(root)
    with ExitStack() as zips:
        for one in files(source, week_id, patterns, done, zips):
            mine.setdefault(one.student, []).append(one)
        for student, found in sorted(namesakes_apart(mine).items()):
            bring(root, week_id, student, newest(found, done), done)
    return done


def compiled(pattern: str) -> list[re.Pattern]:
    """Return one pattern, ready; raises InputError where it is none or names no student."""
    try:
        made = re.compile(pattern)
    except re.error as error:
        raise InputError(f"pattern {pattern!r}: {error}", "a regular expression", "mend it") from None
    if "student_id" not in made.groupindex:
        raise InputError(f"pattern {pattern!r}", "a group (?P<student_id>…)", "add it, and (?P<file_id>…)")
    return [made]


def known(root: Path) -> list[re.Pattern]:
    """Return the patterns that are tried, in order: of LMSs, of `mmlab submit`, of the course's nbgrader_config.py."""
    from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

    weeks = "|".join(re.escape(path.parent.name) for path in sorted(root.glob("labs/*/lab.ipynb"))) or "(?!)"
    try:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
        own = config.FileNameCollectorPlugin.get("named_regexp", "")
    except ConfigFileNotFound:
        own = ""
    first = [re.compile(one) for one in (MOODLE, CANVAS, SUBMIT.format(weeks=weeks))]
    return first + (compiled(own) if own else []) + [re.compile(BLACKBOARD)]


def files(source: Path, week_id: str, patterns: list[re.Pattern], done: Collected, zips: ExitStack) -> Iterator[File]:
    """Yield an export's files with their owners; those without one are noted as skipped.

    zips  keeps an export's zip open while its files are read
    """
    for path in folders.files(source) if source.is_dir() else [source]:
        name = path.relative_to(source).as_posix() if source.is_dir() else path.name
        try:
            yield File(name, *owned(name, week_id, patterns), (path.lstat().st_mtime_ns,), partial(folders.contents, path))
        except NotTaken as why:
            if not name.lower().endswith(".zip") or "week" in str(why):
                done.skipped.append((name, str(why)))
                continue
            try:
                opened = zips.enter_context(archive.opened(path, printable(name), MOST))
                yield from in_zip(opened, name, week_id, patterns, done)
            except NotebookError as error:
                done.skipped.append((name, error.given))


def in_zip(opened: zipfile.ZipFile, name: str, week_id: str, patterns: list[re.Pattern], done: Collected) -> Iterator[File]:
    """Yield the files of a zip that holds a class."""
    for member in archive.members(opened):
        try:
            found = owned(member.path, week_id, patterns)
        except NotTaken as why:
            done.skipped.append((f"{name}: {member.path}", str(why)))
            continue
        yield File(member.path, *found, member.date, partial(archive.contents, opened, member, printable(member.path)))


def owned(path: str, week_id: str, patterns: list[re.Pattern]) -> tuple[str, str, str, str | None]:
    """Return whose a file is, by its path: student, the LMS's number, file name, time; raises NotTaken."""
    spellings = [path, f"/{path}", re.sub(r"\.zip$", "/lab.ipynb", f"/{path}")]  # the last: as nbgrader unpacks it
    match = next((found for one in patterns for text in spellings if (found := one.match(text))), None)
    groups = match.groupdict() if match else {}
    student = re.sub(r"[^\w.@-]+", "_", (groups.get("student_id") or "").strip()).strip("._")[:100]
    if not student:
        raise NotTaken("its name says no student")
    if groups.get("week") not in (None, week_id):
        raise NotTaken(f"it is of another week, {groups['week']}")
    time = re.sub(r"^(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)-(\d\d)$", r"\1 \2:\3:\4", groups.get("timestamp") or "")
    name = (groups.get("file_id") or "").rpartition("/")[2]
    name = name if Path(name).suffix else path.rpartition("/")[2]
    return student, groups.get("owner") or "", re.sub(r"[^\w.@ ()-]+", "_", name).lstrip("."), folders.moment(time)


def namesakes_apart(mine: dict[str, list[File]]) -> dict[str, list[File]]:
    """Return student → files, where an LMS's numbers tell students of one name apart by these."""
    apart: dict[str, list[File]] = {}
    for student, found in mine.items():
        several = len({one.owner for one in found}) > 1
        for one in found:
            apart.setdefault(f"{student}_{one.owner}" if several and one.owner else student, []).append(one)
    return apart


def newest(found: list[File], done: Collected) -> list[File]:
    """Return the files of a student's last attempt, one of each name; the others are noted as skipped."""
    last = max(one.timestamp or "" for one in found)
    kept: dict[str, File] = {}
    for one in sorted(found, key=lambda one: one.date, reverse=True):
        if (one.timestamp or "") != last or one.name in kept:
            done.skipped.append((one.path, "a later attempt is there"))
        elif len(kept) == MOST_EACH:
            done.skipped.append((one.path, f"more than {MOST_EACH} files of one student"))
        else:
            kept[one.name] = one
    return list(kept.values())


def bring(root: Path, week_id: str, student: str, found: list[File], done: Collected) -> None:
    """Write a student's files to submitted/, what was there put aside; unless that is newer, or the same.

    raises  InputError  where the disk does not take them; then nothing of that student's has changed
    """
    folder, data = root / "submitted" / student / week_id, {}
    for one in found:
        try:
            data[one.name] = one.read()
        except NotebookError as error:
            done.skipped.append((one.path, error.given))
    time = found[0].timestamp
    if not data or is_kept(folder, data, time):
        done.kept += [student] * bool(data)
        return
    if time:
        data[TIMESTAMP] = f"{time.partition('+')[0].replace('T', ' ')} UTC".encode()
    try:
        aside = put(root, folder, data)
    except OSError as error:
        raise InputError(f"{folder} could not be written ({error.strerror})", "room and rights there",
                         "free some space and collect again: what is there is not collected twice") from None  # fmt: skip
    done.new[student] = sorted(data.keys() - {TIMESTAMP})
    if aside:
        done.aside[student] = aside


def is_kept(folder: Path, data: dict[str, bytes], time: str | None) -> bool:
    """Return whether what lies in a student's folder stays: it is a link, the same, or newer."""
    if folder.parent.is_symlink() or folder.is_symlink():
        return True
    there = {path.name: folders.digest(path) for path in folders.files(folder) if path.name != TIMESTAMP}
    if there == {name: hashlib.sha256(one).hexdigest() for name, one in data.items()}:
        return True
    before = folders.timestamp(folder, None)
    return bool(there and before and time and before > time)


def put(root: Path, folder: Path, data: dict[str, bytes]) -> Path | None:
    """Write files as a student's folder, whole or not at all; return where what was there went, if anything was."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        for name, one in data.items():
            (part / name).write_bytes(one)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise
    aside = None
    if folder.exists():
        keep = root / ".mmlab" / folder.name / "aside" / folder.parent.name
        (root / ".mmlab").mkdir(mode=0o700, exist_ok=True)
        keep.mkdir(parents=True, exist_ok=True)
        aside = keep / str(1 + len(os.listdir(keep)))
        shutil.move(folder, aside)
    part.rename(folder)
    return aside
