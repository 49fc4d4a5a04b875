"""Unpack what a learning management system (LMS) exports into submitted/STUDENT/WEEK/.

An export is a zip or a folder with one or more files for each student. Its paths say whose file it is:

    export_names    the naming schemes of the LMSs
    known_students  the ids of a roster, which decide where a name can be read in several ways
    plain_folders   one folder for each student, if no scheme fits

nbgrader_config.py may define another scheme (`FileNameCollectorPlugin.named_regexp`), and `--pattern` replaces them
all. If a name does not say for certain whose a file is, nothing is collected. Nothing is overwritten: an earlier
submission is moved aside.
"""

import hashlib
import os
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

from mmlab.cli.lab_submit import is_student_id
from mmlab.errors import InputError, NotebookError
from mmlab.files import atomic_write
from mmlab.instructor.authoring import course_config
from mmlab.instructor.authoring.course_config import Layout
from mmlab.instructor.grading.intake import archive, export_names, folders, gradescope, plain_folders, times
from mmlab.instructor.grading.intake.export_names import EXAMPLE, Reading
from mmlab.instructor.grading.intake.folders import TIMESTAMP
from mmlab.instructor.grading.intake.json_recovery import printable
from mmlab.instructor.grading.intake.known_students import KnownStudents, safe_id
from mmlab.instructor.grading.intake.plain_folders import Ambiguous, Skipped
from mmlab.instructor.unicode_names import canonical

MAXIMUM = 20_000  # files in an export
MAX_EACH = 20  # files of one student
MAX_EXAMPLES = 3  # in an error message
OURS = (TIMESTAMP, "submission_secret.txt")  # written by the exchange, never by a student
NOTES = re.compile(
    r"_attempt_\d{4}(-\d\d){5}\.txt$|(^|/)(submission_metadata\.ya?ml|grades\.(csv|xlsx?)|index\.html)$"
)
SET_ZONE = "set your zone in nbgrader_config.py, such as c.Exchange.timezone = 'Europe/Berlin'"
NO_ID = "its name contains no student id"


@dataclass(frozen=True)
class Entry:
    """One file in an export: its path there, its date, and a function that reads its bytes."""

    path: str
    date: tuple
    read: Callable[[], bytes]


@dataclass
class File:
    """One file of a student: its path in the export, its owner's id and number, its name, time and attempt."""

    entry: Entry
    student: str
    owner: str
    name: str
    time: times.Time = times.Time()
    written: str = ""  # the time as the export writes it
    attempt: int = 0
    late: bool = False
    raw: str = ""  # the owner as the export writes it
    title: str = ""  # in Blackboard's names, what comes before the id of a student of the roster

    @property
    def path(self) -> str:
        """Its path in the export."""
        return self.entry.path


@dataclass
class Collected:
    """The result of collecting an export.

    new        student → the names of the files that were written
    aside      student → the folder that an earlier submission was moved to
    unchanged  students whose earlier submission stays, because it is newer or the same
    skipped    (path, why) for each file that was skipped
    notes      sentences about times that are unknown or corrected
    zoneless   students whose time names no zone and was read as UTC
    """

    new: dict[str, list[str]] = field(default_factory=dict)
    aside: dict[str, Path] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    zoneless: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return a summary to print."""
        lines = [f"collected {len(self.new)} submissions; {len(self.unchanged)} were already up to date"]
        lines += [
            f"  {student}: the earlier submission was moved to {path}" for student, path in self.aside.items()
        ]
        lines += [f"  {note}" for note in self.notes]
        if self.zoneless:
            lines.append(f"  {len(self.zoneless)} times name no zone and were read as UTC: {SET_ZONE}")
        return lines + [f"  skipped: {printable(path)} ({why})" for path, why in self.skipped]

    def require_some(self, source: Path) -> None:
        """Raise InputError, which says how to give a pattern, unless somebody's submission was found."""
        if self.new or self.unchanged:
            return
        examples = "; ".join(f"{printable(path)} ({why})" for path, why in self.skipped[:MAX_EXAMPLES])
        raise InputError(
            f"no file of {source} could be assigned to a student: {examples or 'it contains no file'}",
            "names as Moodle, Canvas, Blackboard, Brightspace, ILIAS, Sakai, Gradescope, Teams or `mmlab submit` "
            "write them, or a folder for each student",
            f"describe the names by a regular expression, such as {EXAMPLE}",
        )


def collect(
    root: Path, week_id: str, source: Path | None = None, pattern: str | None = None, people: Iterable = ()
) -> Collected:
    """Unpack an export into root/submitted/STUDENT/WEEK/.

    source   a zip or folder; default: root/downloaded/WEEK/archive/, as in nbgrader
    pattern  a regular expression for the paths, in place of the known naming schemes, with a group student and,
             if the names contain them, time, attempt and file
    people   the people of a roster, whose ids decide between several readings of a name
    raises   InputError  if the source does not exist, the pattern or nbgrader_config.py cannot be used, or a
                         name can be read in several ways; then nothing has been written
    """
    root = Path(root)
    source = Path(source or root / "downloaded" / week_id / "archive")
    if not source.exists():
        raise InputError(
            f"{source} does not exist", "a zip or folder that your LMS exported", "check the path"
        )
    layout, result, students = Layout.of(root), Collected(), KnownStudents(people)
    scheme = [export_names.Scheme("pattern", export_names.compiled(pattern))] if pattern else None
    weeks = [path.parent.name for path in root.glob("labs/*/lab.ipynb")]
    known = scheme or known_schemes(root, weeks)
    with ExitStack() as zips:
        entries = list_entries(source, known, result, zips)
        files = owned(entries, week_id, known, students, layout, result, weeks=weeks, anywhere=bool(pattern))
        by_student: dict[str, list[File]] = {}
        for file in files:
            by_student.setdefault(file.student, []).append(file)
        for student, student_files in sorted(namesakes_apart(by_student).items()):
            save(root, layout, week_id, student, newest(student_files, result), result)
    return result


def known_schemes(root: Path, weeks: list[str]) -> list[export_names.Scheme]:
    """Return the naming schemes: those of LMSs and of `mmlab submit`, and the one in nbgrader_config.py."""
    own = course_config.load(root).FileNameCollectorPlugin.get("named_regexp", "")
    return export_names.schemes(weeks, own)


def list_entries(
    source: Path, known: list[export_names.Scheme], result: Collected, zips: ExitStack
) -> list[Entry]:
    """Return the files of an export; a zip in it without an owner is taken for a part of the export.

    zips  keeps an export's zips open while their files are read
    """
    entries: list[Entry] = []
    for path in folders.files(source, depth=-4, maximum=MAXIMUM) if source.is_dir() else [source]:
        name = canonical(path.relative_to(source).as_posix() if source.is_dir() else path.name)
        whole = "/" not in name and name.lower().endswith(".zip")
        if not whole or (source.is_dir() and any(export_names.reading(scheme, name) for scheme in known)):
            entries.append(Entry(name, (path.lstat().st_mtime_ns,), partial(folders.contents, path)))
            continue
        try:
            opened = zips.enter_context(archive.opened(path, printable(name), MAXIMUM))
            entries += in_zip(opened)
        except NotebookError as error:
            result.skipped.append((name, error.given))
    return entries


def in_zip(opened: zipfile.ZipFile) -> list[Entry]:
    """Return the files of a zip that contains a whole class's submissions."""
    return [
        Entry(
            canonical(member.path),
            member.date,
            partial(archive.contents, opened, member, printable(member.path)),
        )
        for member in archive.members(opened)
    ]


def owned(
    entries: list[Entry],
    week_id: str,
    known: list[export_names.Scheme],
    students: KnownStudents,
    layout: Layout,
    result: Collected,
    *,
    weeks: list[str],
    anywhere: bool,
) -> list[File]:
    """Return the students' files; files without an owner are recorded as skipped.

    weeks     ids of the course's weeks
    anywhere  the only scheme is a pattern that a person wrote
    raises    InputError  if it is not certain whose a file is, and there is no roster to decide it
    """
    by_path = {entry.path: entry for entry in entries}
    paths = [path for path in by_path if not NOTES.search(path)]
    if anywhere:
        choices = {path: export_names.reading(known[0], path, anywhere=True) for path in paths}
        readings_of = {path: [r] if r else [] for path, r in choices.items()}
    else:
        readings_of = export_names.readings(paths, known)
    plain = None if anywhere else plain_folders.of(readings_of, week_id, weeks, students)
    submitters = gradescope.submitters(entries, result.skipped)
    files, doubtful = [], []
    for path, choices in readings_of.items():
        entry, set_by_others = by_path[path], path.rpartition("/")[2].casefold() in OURS
        if set_by_others and (plain or not choices):
            continue  # written by the LMS or by nbgrader: read below
        try:
            if set_by_others:
                raise Skipped("a student's file of this name does not count")
            if plain:
                files.append(in_plain_folder(entry, plain.student(path), students))
            elif not choices:
                raise Skipped(NO_ID)
            elif choices[0].scheme.name == "Gradescope":
                authors = gradescope.owners(choices[0], submitters)
                files += [of_author(entry, author, students, layout) for author in authors]
            else:
                files.append(file_of(entry, choices, week_id, students, layout))
        except Skipped as why:
            result.skipped.append((path, str(why)))
        except Ambiguous as why:
            doubtful.append((path, str(why)))
    if doubtful and not students:
        path, why = doubtful[0]
        raise InputError(
            f"{len(doubtful)} names do not say for certain whose the file is, as in {printable(path, 100)}: {why}",
            "names that say for certain whose a file is",
            f"add --roster FILE, whose ids decide it, or describe the names, such as {EXAMPLE}",
        )
    result.skipped += [(path, f"{why}, and none of them is on the roster") for path, why in doubtful]
    files = [with_common_title(file, title, students) for title in [common_title(files)] for file in files]
    read_times_beside(files, by_path, layout, trusted=plain is not None)
    return without_twins(files, students, result)


def in_plain_folder(entry: Entry, student: str, students: KnownStudents) -> File:
    """Return a file in a student's folder."""
    return File(entry, students.by_id(student) or safe_id(student), "", file_name(entry.path), raw=student)


def of_author(entry: Entry, author: gradescope.Submitter, students: KnownStudents, layout: Layout) -> File:
    """Return a file of Gradescope's export for one of its authors."""
    on_roster = students.by_id(author.sid) or students.by_id(author.email) or students.by_name(author.name)
    student = on_roster or safe_id(author.sid or author.name or author.email)
    raw = author.email or author.sid or author.name
    time = times.read(author.time, layout.zone)
    return File(entry, student, raw, file_name(entry.path), time, author.time, raw=raw)


def file_of(
    entry: Entry, readings: list[Reading], week_id: str, students: KnownStudents, layout: Layout
) -> File:
    """Return a file with what its path says; raises Skipped or Ambiguous if it does not say whose it is."""
    options = [(reading, *student_of(reading, students)) for reading in readings]
    on_roster = [option for option in options if option[2]]
    rivals = {reading.scheme.name for reading in readings} >= {"Canvas", "Blackboard"}
    if rivals and not on_roster:
        raise Ambiguous(f"the student may be {' or '.join(student for _, student, _ in options)}")
    best, student, _ = (on_roster or options)[0]
    groups = best.groups
    if groups.get("week") not in (None, week_id):
        raise Skipped(f"it belongs to another week, {groups['week']}")
    if not student:
        raise Skipped(NO_ID)
    written = groups.get("time", "")
    zone = times.UTC if best.scheme.utc else layout.zone
    return File(
        entry,
        student,
        groups.get("owner", ""),
        file_name(groups.get("file", ""), entry.path),
        times.read(compact(written), zone),
        written,
        int(groups["attempt"]) if groups.get("attempt", "").isdecimal() else 0,
        "late" in groups,
        groups.get("student") or groups.get("name", ""),
        title_of(best, student, students) if on_roster else "",
    )


def title_of(reading: Reading, student: str, students: KnownStudents) -> str:
    """Return what comes before a student's id in a name of Blackboard; "" in other names."""
    parts = reading.groups.get("student", "").split("_")
    if not reading.scheme.ambiguous or reading.scheme.fixed != 1:
        return ""
    return next(
        (
            "_".join(parts[:at])
            for at in range(1, len(parts))
            if students.by_id("_".join(parts[at:])) == student
        ),
        "",
    )


def common_title(files: list[File]) -> str:
    """Return the title of the assignment in Blackboard's names, which is the same for all students; "" without one."""
    titles = Counter(file.title for file in files if file.title)
    return max(titles, key=lambda title: (titles[title], len(title)), default="")


def with_common_title(file: File, title: str, students: KnownStudents) -> File:
    """Return a file with the student that its name gives after the title, if that is another one of the roster.

    In COURSE_lab_ann, the longest id of a roster with ann and lab_ann is lab_ann, but all other titles are COURSE_lab.
    """
    after = file.raw.removeprefix(f"{title}_")
    if file.title and file.title != title and after != file.raw and (student := students.by_id(after)):
        return replace(file, student=student, title=title)
    return file


def compact(written: str) -> str:
    """Return a time with the "_" that a file name has in place of spaces and colons replaced."""
    return re.sub(r"(?<=\d)_(?=\d\d[_:.-]?\d\d)", " ", written)


def student_of(reading: Reading, students: KnownStudents) -> tuple[str, bool]:
    """Return the student's id, and whether it is on the roster; raises Ambiguous if there are several readings."""
    groups, scheme = reading.groups, reading.scheme
    text, name, owner = (groups.get(part, "") for part in ("student", "name", "owner"))
    blind = scheme.name == "Moodle" and name == "Participant"
    # Moodle numbers a student anew in each assignment, so its number says nothing beside a name
    by_number = None if scheme.name == "Moodle" and not blind else students.by_number(owner)
    if scheme.ambiguous:
        parts = text.split("_")
        listed = by_number or students.at_end(text)
        if listed is None and len(parts) != scheme.fixed + 1:
            tails = ["_".join(parts[index:]) for index in range(len(parts) - 1, scheme.fixed - 1, -1)]
            raise Ambiguous(f"the student may be {', '.join(tails[:MAX_EXAMPLES])}")
        return listed or safe_id(parts[-1]), listed is not None
    listed = by_number or students.by_id(text) or students.by_name(name) or students.by_id(name)
    if listed is None and scheme.name == "mmlab submit" and is_student_id(canonical(text)):
        return canonical(text), False  # as `mmlab submit` told the student
    return listed or safe_id(f"{name}_{owner}" if blind else text or name), listed is not None


def file_name(text: str, path: str = "") -> str:
    """Return a safe name for a student's file: the last part of what the scheme gives, else of the path."""
    name = text.rpartition("/")[2]
    name = name if PurePosixPath(name).suffix else (path or text).rpartition("/")[2]
    return re.sub(r"[^\w.@ ()-]+", "_", name).lstrip(".")


def read_times_beside(files: list[File], by_path: dict[str, Entry], layout: Layout, *, trusted: bool) -> None:
    """Set the times that stand in a timestamp.txt: Sakai's, and in plain folders (`trusted`) nbgrader's."""
    for file in files:
        sakai = file.path.partition("/Submission attachment(s)/")
        above = (
            [sakai[0]] if sakai[1] else list(map(str, PurePosixPath(file.path).parents)) if trusted else []
        )
        beside = next(
            (by_path[name] for folder in above if (name := f"{folder}/{TIMESTAMP}") in by_path), None
        )
        if beside is None or file.written:
            continue
        try:
            file.written = beside.read()[:100].decode("utf-8-sig", "replace").strip()
        except NotebookError:
            file.written = "unreadable"
        file.time = times.read(file.written, layout.zone)


def without_twins(files: list[File], students: KnownStudents, result: Collected) -> list[File]:
    """Return the files without those of different students whose names give the same id.

    "Ada Lovelace" and "Ada_Lovelace" count as the same, because mail and browsers replace spaces in file names.
    """
    raw: dict[str, set[str]] = {}
    for file in files:
        if not file.owner and not students.by_id(file.student):
            raw.setdefault(safe_id(file.student), set()).add(file.raw)
    twins = {student: sorted(names) for student, names in raw.items() if len(names) > 1}
    for file in files:
        if names := twins.get(safe_id(file.student)):
            listed = " and ".join(map(printable, names[:2]))
            result.skipped.append(
                (file.path, f"{listed} would both become the id {safe_id(file.student)}: rename one")
            )
    return [file for file in files if safe_id(file.student) not in twins]


def namesakes_apart(by_student: dict[str, list[File]]) -> dict[str, list[File]]:
    """Return student → files, with the LMS's number added to names that several students share."""
    apart: dict[str, list[File]] = {}
    for student, student_files in by_student.items():
        several = len({file.owner for file in student_files}) > 1
        for file in student_files:
            name = safe_id(f"{student}_{file.owner}") if several and file.owner else student
            apart.setdefault(name, []).append(file)
    return apart


def newest(student_files: list[File], result: Collected) -> list[File]:
    """Return the files of a student's last attempt, one for each name; the others are recorded as skipped."""

    def attempt(file: File) -> tuple[str, int]:
        return file.time.utc or "", file.attempt

    last = max(map(attempt, student_files))
    latest: dict[str, File] = {}

    def recent(file: File) -> tuple[tuple, int]:
        """Return what sorts by date, then by folders: ann/lab.ipynb counts before ann/a_copy/lab.ipynb."""
        return file.entry.date, -file.path.count("/")

    for file in sorted(student_files, key=recent, reverse=True):
        if attempt(file) != last or file.name in latest:
            result.skipped.append((file.path, "there is a later attempt"))
        elif len(latest) == MAX_EACH:
            result.skipped.append((file.path, f"more than {MAX_EACH} files of one student"))
        else:
            latest[file.name] = file
    return list(latest.values())


def save(
    root: Path, layout: Layout, week_id: str, student: str, student_files: list[File], result: Collected
) -> None:
    """Write a student's files to submitted/ and move an earlier submission aside, unless that is newer or the same.

    raises  InputError  if writing fails; then nothing of that student's has changed
    """
    folder, data = layout.folder("submitted", student, week_id), {}
    for file in student_files:
        try:
            data[file.name] = file.entry.read()
        except NotebookError as error:
            result.skipped.append((file.path, error.given))
    if not data:
        return
    first = student_files[0]
    note_time(student, first, result)
    stamp = f"{first.time.utc.partition('+')[0].replace('T', ' ')} UTC" if first.time.utc else first.written
    if is_up_to_date(folder, data, first.time.utc, layout):
        result.unchanged.append(student)
        correct_time(folder, data, student, stamp, layout, result)
        return
    if stamp:
        data[TIMESTAMP] = stamp.encode()
    try:
        aside = put(root, folder, student, week_id, data)
    except OSError as error:
        raise InputError(
            f"{folder} could not be written ({error.strerror})",
            "a folder with free space and write permission",
            "free some space and collect again: files that were already collected are skipped",
        ) from None
    result.new[student] = sorted(data.keys() - {TIMESTAMP})
    if aside:
        result.aside[student] = aside


def note_time(student: str, file: File, result: Collected) -> None:
    """Note a time that cannot be read, or whose zone is unknown, and lateness without a time."""
    if file.time.problem:
        result.notes.append(f"{student}: {file.time.problem}, so no late penalty can be computed")
    elif file.time.assumed:
        result.zoneless.append(student)
    elif file.late and not file.time.utc:
        result.notes.append(
            f"{student}: the LMS marks the submission as late, but gives no time, so no late penalty can be "
            f"computed; write the time into {TIMESTAMP} beside it"
        )


def is_up_to_date(folder: Path, data: dict[str, bytes], time: str | None, layout: Layout) -> bool:
    """Return whether a student's folder stays as it is: it is a link, or its files are the same or newer."""
    if folder.parent.is_symlink() or folder.is_symlink():
        return True
    if holds(folder, data):
        return True
    before = folders.timestamp(folder, None, layout.zone).utc
    return bool(folders.files(folder) and before and time and before > time)


def holds(folder: Path, data: dict[str, bytes]) -> bool:
    """Return whether a folder holds files with exactly these contents, apart from those of the exchange."""
    present = sorted(folders.digest(path) for path in folders.files(folder) if path.name not in OURS)
    return present == sorted(hashlib.sha256(content).hexdigest() for content in data.values())


def correct_time(
    folder: Path, data: dict[str, bytes], student: str, stamp: str, layout: Layout, result: Collected
) -> None:
    """Write the time again if an earlier collection read it in another zone; the files are the same."""
    if folder.parent.is_symlink() or folder.is_symlink() or not stamp or not holds(folder, data):
        return
    before, now = folders.timestamp(folder, None, layout.zone), times.read(stamp)
    if before.utc != now.utc:
        atomic_write(folder / TIMESTAMP, stamp.encode())
        result.notes.append(
            f"{student}: the time of submission was {before.utc or 'unknown'}, and is now {stamp}"
        )


def put(root: Path, folder: Path, student: str, week_id: str, data: dict[str, bytes]) -> Path | None:
    """Replace a student's folder by these files, completely or not at all; return where the earlier one went."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        for name, content in data.items():
            (part / name).write_bytes(content)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise
    aside = None
    if folder.exists():
        keep = root / ".mmlab" / week_id / "aside" / student
        (root / ".mmlab").mkdir(mode=0o700, exist_ok=True)
        keep.mkdir(parents=True, exist_ok=True)
        aside = keep / str(1 + len(os.listdir(keep)))
        shutil.move(folder, aside)
    part.rename(folder)
    return aside
