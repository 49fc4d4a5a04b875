"""Write results: each one to the journal immediately, then to database, files and pages in batches.

In nbgrader's database a transaction is expensive and a row is cheap, so results are collected
for a short time. Writing a batch twice is harmless, so a resumed run simply writes the last
batch again.
"""

import contextlib
import errno
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from mmlab.errors import InputError
from mmlab.instructor.grading.journal import Journal
from mmlab.instructor.grading.logs import Log
from mmlab.instructor.grading.records import Graded

SIZE = 50  # results in a batch, which are held in memory
SECONDS = 30  # the longest time that a result waits
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)


class Batches:
    """Stores results; once `add` has returned, a result survives a killed process.

    journal, log  both open
    writers       name → write(batch), called in this order, with results that have no fault
    spent         name of a writer → seconds
    """

    def __init__(self, journal: Journal, log: Log, writers: dict[str, Callable[[list[Graded]], None]]):
        self.journal, self.log, self.writers = journal, log, writers
        self.spent: Counter[str] = Counter()
        self._waiting: list[Graded] = []
        self._since = time.monotonic()

    def add(self, graded: Graded, row: dict) -> None:
        """Store a new result; `row` is its row of `--json`."""
        if graded.fault is None:
            self._wait(graded)  # first, because a Ctrl-C during the next line must not skip the database
        self.journal.add(graded)
        self.log.add(graded, row)
        self._flush_when_due()

    def write(self, graded: Graded) -> None:
        """Write a result that is already in the journal, with the others of its batch."""
        self._wait(graded)
        self._flush_when_due()

    def _wait(self, graded: Graded) -> None:
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(graded)

    def _flush_when_due(self) -> None:
        if len(self._waiting) >= SIZE or time.monotonic() - self._since > SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write all results that wait."""
        if not self._waiting:
            return
        for name, write in self.writers.items():
            began = time.monotonic()
            write(self._waiting)
            self.spent[name] += time.monotonic() - began
        self.journal.written(graded.student for graded in self._waiting)
        self._waiting = []


@contextlib.contextmanager
def require_disk_space(root: Path) -> Iterator[None]:
    """Turn the errors of a full or write-protected disk into InputError; finished results are in the journal."""
    try:
        yield
    except OSError as error:
        if isinstance(error, PermissionError):
            raise InputError(
                f"{error.filename or root} may not be used ({error.strerror})",
                "permission to read and write it",
                "give yourself that permission, then continue with --resume",
            ) from error
        if error.errno not in FULL:
            raise
        raise InputError(
            f"{error.filename or root} could not be written ({error.strerror})",
            "free space on the disk",
            "free some space, then continue with --resume: finished results are stored",
        ) from error
