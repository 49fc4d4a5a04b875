"""The journal of results: one SQLite file for each week that survives a crash at any moment.

    ROOT/.mmlab/WEEK/journal.db
    runs     start, end, number of submissions, context and seconds by step of each run
    results  the last result of each student, as JSON with its SHA-256

A result is on disk when `add` returns, so that a killed run can resume from it. A result that
is not marked as written is written again, which is harmless if it was written already.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from mmlab.errors import InputError
from mmlab.instructor.grading.lock import RESUME
from mmlab.instructor.grading.records import Graded, Submission

FILE = "journal.db"
PROGRAM, VERSION = 0x6D6D6C61, 1  # in SQLite's header: "mmla", and the version of the format
SMALLEST = 512  # bytes of SQLite's smallest page
WAIT_SECONDS = 5.0  # for another program that holds the file
TABLES = (
    "CREATE TABLE runs (number INTEGER PRIMARY KEY, began TEXT, ended TEXT, total INTEGER, context TEXT, part INTEGER, spent TEXT)",
    "CREATE TABLE results (student BLOB PRIMARY KEY, digest TEXT, context TEXT, graded BLOB, sha256 BLOB,"
    " written INTEGER DEFAULT 0, stale INTEGER DEFAULT 0)",
    f"PRAGMA application_id = {PROGRAM}",
    f"PRAGMA user_version = {VERSION}",
)


def key_of(context: dict) -> str:
    """Return a digest that is the same for equal contexts.

    >>> key_of({"limits": 1, "only": None}) == key_of({"only": None, "limits": 1})
    True
    """
    return hashlib.sha256(json.dumps(context, sort_keys=True).encode()).hexdigest()[:16]


class Journal:
    """A week's journal, opened by a `with` block for one process only.

    damaged  number of results that could not be read; they are deleted, so that they are graded again
    raises   InputError  if the file belongs to another program or version, is damaged, is open
                         elsewhere, or cannot be written
    """

    def __init__(self, folder: Path):
        self.path = Path(folder) / FILE
        self.damaged, self._context = 0, ""

    def __enter__(self) -> "Journal":
        # SQLite gives its other files the same mode
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._db = sqlite3.connect(self.path, timeout=WAIT_SECONDS)
        try:
            with self._transaction():
                self._open()
        except BaseException:
            self._db.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._db.close()

    def begin(self, context: dict, students: list[str], *, resume: bool = False, part: bool = False) -> None:
        """Record the start of a run.

        context   all that results depend on, besides the files
        students  the students in this run
        resume    use their earlier results; otherwise those are graded again
        part      the run covers a few students or one exercise, and does not count as a run of the class
        """
        self._context = key_of(context)
        with self._transaction():
            self._db.execute(
                "INSERT INTO runs (began, total, context, part) VALUES (?, ?, ?, ?)",
                (_now(), len(students), self._context, part),
            )
            if not resume:
                self._mark("stale", students)

    def add(self, graded: Graded) -> None:
        """Store a result on disk. A result with a fault is not stored, and an earlier one is graded again."""
        with self._transaction():
            if graded.fault:
                self._mark("stale", [graded.student])
                return
            data = json.dumps(graded.plain()).encode()
            self._db.execute(
                "INSERT OR REPLACE INTO results (student, digest, context, graded, sha256) VALUES (?, ?, ?, ?, ?)",
                (os.fsencode(graded.student), graded.digest, self._context, data, _sha256(data)),
            )

    def written(self, students: Iterable[str]) -> None:
        """Mark results as written to database, files and feedback."""
        with self._transaction():
            self._mark("written", students)

    def end(self, spent: dict[str, float]) -> None:
        """Record the end of the latest run, with its seconds by step."""
        with self._transaction():
            self._db.execute(
                "UPDATE runs SET ended = ?, spent = ? WHERE number = (SELECT MAX(number) FROM runs)",
                (_now(), json.dumps(spent)),
            )

    def students(self) -> set[str]:
        """Return the students who have a result."""
        with self._worded():
            return {os.fsdecode(student) for (student,) in self._db.execute("SELECT student FROM results")}

    def holds(self, submission: Submission) -> bool:
        """Return whether this very submission was graded in this run's context, and need not be graded again."""
        row = self._row(
            "SELECT digest, context, stale FROM results WHERE student = ?", os.fsencode(submission.student)
        )
        return row == (submission.digest, self._context, 0)

    def last(self, student: str) -> Graded | None:
        """Return a student's last result, even if it is to be graded again, or None."""
        row = self._row("SELECT graded FROM results WHERE student = ?", os.fsencode(student))
        return row and Graded.from_plain(json.loads(row[0]))

    def is_written(self, student: str) -> bool:
        """Return whether a student's last result was written to database, files and feedback."""
        return self._row("SELECT written FROM results WHERE student = ?", os.fsencode(student)) == (1,)

    def unfinished(self) -> dict | None:
        """Return the class's last run if it has not ended, as {"at", "total", "done"}, else None.

        done  number of its results, including those that it resumed from
        """
        row = self._row("SELECT began, ended, total, context FROM runs WHERE NOT part ORDER BY number DESC")
        if row is None or row[1]:
            return None
        (done,) = self._row("SELECT COUNT(*) FROM results WHERE context = ? AND NOT stale", row[3])
        return {"at": row[0], "total": row[2], "done": done}

    def spent(self) -> dict[str, float]:
        """Return the seconds by step of the last run that ended, empty if there is none."""
        row = self._row("SELECT spent FROM runs WHERE ended IS NOT NULL ORDER BY number DESC")
        return json.loads(row[0]) if row else {}

    def _open(self) -> None:
        """Lock the file for this process, check that it is an intact journal, and delete damaged results."""
        if 0 < self.path.stat().st_size < SMALLEST:
            raise sqlite3.DatabaseError("truncated")  # SQLite would take it for a new file
        # before WAL is switched on, so that WAL needs no shared memory, which network disks lack
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        made_by = *self._row("PRAGMA application_id"), *self._row("PRAGMA user_version")
        empty = made_by == (0, 0) and self._row("SELECT COUNT(*) FROM sqlite_master") == (0,)
        if not empty and made_by != (PROGRAM, VERSION):
            other = (
                f"a journal of format {made_by[1]}" if made_by[0] == PROGRAM else "another program's database"
            )
            raise self._refused(other, f"a journal of format {VERSION}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("BEGIN EXCLUSIVE")
        for statement in TABLES if empty else ():
            self._db.execute(statement)
        if (status := self._row("PRAGMA quick_check")) != ("ok",):
            raise sqlite3.DatabaseError(str(status[0]).splitlines()[-1])
        rows = self._db.execute("SELECT student, graded, sha256 FROM results")
        damaged = [(student,) for student, data, digest in rows if _sha256(data) != digest]
        self._db.executemany("DELETE FROM results WHERE student = ?", damaged)
        self.damaged = len(damaged)

    def _mark(self, column: str, students: Iterable[str]) -> None:
        names = [(os.fsencode(student),) for student in students]
        self._db.executemany(f"UPDATE results SET {column} = 1 WHERE student = ?", names)

    def _row(self, query: str, *parameters) -> tuple | None:
        with self._worded():
            return self._db.execute(query, parameters).fetchone()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit all changes of a block, or none of them."""
        with self._worded(), self._db:
            yield

    @contextlib.contextmanager
    def _worded(self) -> Iterator[None]:
        """Turn SQLite's errors into InputError."""
        try:
            yield
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            do = (
                "close the program that has it open"
                if locked
                else "free some space, or give yourself write permission"
            )
            raise InputError(
                f"{self.path} cannot be used ({error})",
                "a file that only this run writes",
                f"{do}, then {RESUME}: finished results are stored",
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._refused(f"damaged ({error})", "the grader's journal of the week") from error

    def _refused(self, what: str, wanted: str) -> InputError:
        return InputError(
            f"{self.path} is {what}",
            wanted,
            "move it away and grade the week again: the scores in the gradebook stay",
        )


def _sha256(data: object) -> bytes:
    return hashlib.sha256(data if isinstance(data, bytes) else b"").digest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
