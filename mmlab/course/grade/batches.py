"""Results as they come → journal at once, then database, files and pages a batch at a time.

nbgrader's database costs most a transaction and least a row, so results wait for
each other, but never long. Writing a batch twice changes nothing, so a run that was
killed between two steps writes it again.
"""

import contextlib
import errno
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from mmlab.course.grade.journal import Journal
from mmlab.course.grade.logs import Log
from mmlab.course.grade.stages import Graded
from mmlab.errors import InputError

SIZE = 50  # results in a batch, and so in memory
SECONDS = 30  # for which a result waits at most
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)


class Batches:
    """Keeps results: all that it has returned from `add` survives a kill.

    journal, log  open
    writers       name → write(batch), in order; called with results that have no fault
    spent         seconds by writer
    """

    def __init__(self, journal: Journal, log: Log, writers: dict[str, Callable[[list[Graded]], None]]):
        self.journal, self.log, self.writers = journal, log, writers
        self.spent: Counter[str] = Counter()
        self._waiting: list[Graded] = []
        self._since = time.monotonic()

    def add(self, graded: Graded, row: dict) -> None:
        """Keep a new result; `row` is the one for machines."""
        self.journal.add(graded)
        self.log.add(graded, row)
        if graded.fault is None:
            self.write(graded)

    def write(self, graded: Graded) -> None:
        """Write a result that is in the journal, with the others of its batch."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(graded)
        if len(self._waiting) >= SIZE or time.monotonic() - self._since > SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write all that waits."""
        if not self._waiting:
            return
        for name, write in self.writers.items():
            began = time.monotonic()
            write(self._waiting)
            self.spent[name] += time.monotonic() - began
        self.journal.written(graded.student for graded in self._waiting)
        self._waiting = []


@contextlib.contextmanager
def room_for(root: Path) -> Iterator[None]:
    """Word a full disk, or one that may not be written to; what was finished is in the journal.

    raises  InputError in place of an OSError that says so
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, PermissionError):
            raise InputError(f"{error.filename or root} may not be used ({error.strerror})", "rights to read and write it",
                             "give yourself those rights, then go on with --resume") from error  # fmt: skip
        if error.errno not in FULL:
            raise
        raise InputError(f"{error.filename or root} could not be written ({error.strerror})", "room on the disk",
                         "free some space, then go on with --resume: what was graded is kept") from error  # fmt: skip
