"""What has been graded, one line a submission, safe from a crash at any moment.

    ROOT/.mmlab/WEEK/journal.jsonl
    {"mark": "begin", "at", "total", "context": {…}, "again": […], "part"}   whom it grades whatever is known
    {"mark": "graded", "context": KEY, "graded": {…}}      on the disk before anything is done with it
    {"mark": "written", "students": […]}                   now in database, files and feedback
    {"mark": "end", "at", "spent": {…}, "part"}            seconds by step

A student's last line counts. A line that a crash cut short is dropped, so that
submission is graded again; a result that is not marked as written is written
again, which changes nothing where it was. Results are read back one at a time:
only their places in the file are held in memory.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mmlab.course.grade.stages import Graded, Submission

FILE = "journal.jsonl"
SLACK = 2**20  # bytes of replaced lines that are left in peace


@dataclass
class Entry:
    """Where a student's last result stands, and what it is of.

    place, size  bytes in the file
    digest       of the submission
    context      key of what it was graded with
    written      whether it is in database, files and feedback
    stale        whether a later run was to replace it: it stays known and is not gone on from
    """

    place: int
    size: int
    digest: str
    context: str
    written: bool = False
    stale: bool = False


def key_of(context: dict) -> str:
    """Return a short text that two contexts share exactly when they are equal.

    >>> key_of({"limits": 1, "only": None}) == key_of({"only": None, "limits": 1})
    True
    """
    return hashlib.sha256(json.dumps(context, sort_keys=True).encode()).hexdigest()[:16]


class Journal:
    """A week's journal: open for the length of a `with` block, by the holder of the course's lock.

    entries     student → Entry of the last result; a fault is none
    unfinished  the "begin" line of a run over the whole class that has no "end", or None
    damaged     lines that could not be read, a last one cut short not counted
    """

    def __init__(self, folder: Path):
        self.path = Path(folder) / FILE
        self.entries: dict[str, Entry] = {}
        self.unfinished: dict | None = None
        self.damaged, self._key, self._part, self._end = 0, "", False, 0

    def __enter__(self) -> "Journal":
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with open(self._file, "rb", closefd=False) as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # cut short by a crash
                self._take(line)
        os.ftruncate(self._file, self._end)
        return self

    def __exit__(self, *_) -> None:
        os.close(self._file)

    def begin(self, context: dict, students: list[str], *, resume: bool = False, part: bool = False) -> None:
        """Mark the beginning of a run.

        context   what it grades with
        students  whom it covers
        resume    go on from what is known of them; else that is stale
        part      a few students or one exercise: the class's run stays as finished or unfinished as it was
        """
        self._compact()
        line = {"mark": "begin", "at": _now(), "total": len(students), "context": context,
                "again": [] if resume else students, "part": part}  # fmt: skip
        self._append(line)
        self._began(line)

    def add(self, graded: Graded) -> None:
        """Keep a result: when this returns it is on the disk; raises OSError where it cannot be."""
        place, line = self._end, {"mark": "graded", "context": self._key, "graded": graded.plain()}
        self._append(line)
        self._graded(line, place)

    def written(self, students: Iterable[str]) -> None:
        """Mark results as written to database, files and feedback."""
        students = [student for student in students if student in self.entries]
        self._append({"mark": "written", "students": students})
        for student in students:
            self.entries[student].written = True

    def end(self, spent: dict[str, float]) -> None:
        """Mark the end of a run, with its seconds by step."""
        line = {"mark": "end", "at": _now(), "spent": spent, "part": self._part}
        self._append(line)
        self._ended(line)

    def holds(self, submission: Submission) -> bool:
        """Return whether this very submission was graded with this run's context, and is not to be again."""
        entry = self.entries.get(submission.student)
        return entry is not None and not entry.stale and (entry.digest, entry.context) == (submission.digest, self._key)

    def last(self, student: str) -> Graded | None:
        """Return a student's last result, stale or not, or None."""
        entry = self.entries.get(student)
        if entry is None:
            return None
        return Graded.from_plain(json.loads(os.pread(self._file, entry.size, entry.place))["graded"])

    def done(self) -> int:
        """Return how many results the unfinished run has, with those that it went on from."""
        key = key_of(self.unfinished["context"]) if self.unfinished else ""
        return sum(entry.context == key and not entry.stale for entry in self.entries.values())

    def _take(self, line: bytes) -> None:
        """Take in one line that was there."""
        place, self._end = self._end, self._end + len(line)
        try:
            found = json.loads(line)
            mark = found["mark"]
            if mark == "begin":
                self._began(found)
            elif mark == "graded":
                self._graded(found, place)
            elif mark == "end":
                self._ended(found)
            for student in found["students"] if mark in ("written", "stale") else ():
                setattr(self.entries[student], mark, True)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.damaged += 1

    def _began(self, line: dict) -> None:
        self._key, self._part = key_of(line["context"]), line["part"]
        if not line["part"]:
            self.unfinished = line
        for student in line["again"]:
            if student in self.entries:
                self.entries[student].stale = True

    def _ended(self, line: dict) -> None:
        if not line["part"]:
            self.unfinished = None

    def _graded(self, line: dict, place: int) -> None:
        student, digest = line["graded"]["student"], line["graded"]["digest"]
        if not line["graded"]["fault"]:
            self.entries[student] = Entry(place, self._end - place, digest, line["context"])
        elif student in self.entries:
            self.entries[student].stale = True  # what was known stays, and it is to be graded

    def _append(self, line: dict) -> None:
        data = memoryview(json.dumps(line).encode() + b"\n")
        place = self._end
        try:
            while data:
                took = os.pwrite(self._file, data, place)
                place, data = place + took, data[took:]
            os.fsync(self._file)
        except BaseException:  # a full disk, or Ctrl-C: half a line would spoil the next
            os.ftruncate(self._file, self._end)
            raise
        self._end = place

    def _compact(self) -> None:
        """Drop replaced lines once they are most of the file; whole or not at all."""
        live = sum(entry.size for entry in self.entries.values())
        if self._end <= 2 * live + SLACK:
            return
        fresh = self.path.with_suffix(".part")
        try:
            places, end = self._copy(fresh)
            os.replace(fresh, self.path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        os.close(self._file)
        self._file, self._end = os.open(self.path, os.O_RDWR | os.O_CLOEXEC), end
        for student, place in places.items():
            self.entries[student].place = place

    def _copy(self, fresh: Path) -> tuple[dict[str, int], int]:
        """Write what counts to a file; return each student's place in it, and its size."""
        places = {}
        marks = [{"mark": mark, "students": [student for student, entry in self.entries.items() if getattr(entry, mark)]}
                 for mark in ("written", "stale")]  # fmt: skip
        if self.unfinished:
            marks.append(self.unfinished | {"again": []})
        with open(fresh, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            for student, entry in self.entries.items():
                places[student] = file.tell()
                file.write(os.pread(self._file, entry.size, entry.place))
            file.writelines(json.dumps(mark).encode() + b"\n" for mark in marks)
            file.flush()
            os.fsync(file.fileno())
            return places, file.tell()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
