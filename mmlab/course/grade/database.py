"""nbgrader's database: opened for one transaction, waited for, copied before it is changed.

Whatever can be wrong with it (locked, full, damaged, of an older nbgrader) is
said in three lines; a transaction that does not end leaves nothing behind.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mmlab.course.release import nbgrader
from mmlab.errors import InputError

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from sqlalchemy.orm import Session
    from traitlets.config import Config

WAIT = 20.0  # seconds that another program may keep the database
KEPT = 5  # backups
AGAIN = "then run it again with --resume; nothing was written"
# what SQLite says → given, wanted, try
FAULTS = (
    (("locked", "busy"), "is in use by another program", "the gradebook to itself for a moment",
     f"let other nbgrader commands end and save what is open in formgrader, {AGAIN}"),
    (("full", "disk i/o"), "could not be written: the disk is full or failed", "room on the disk",
     f"free some space, {AGAIN}"),
    (("readonly", "unable to open", "permission"), "could not be opened for writing", "rights to write it and its folder",
     f"give yourself those rights, {AGAIN}"),
    (("malformed", "not a database", "corrupt"), "is damaged", "an SQLite database as nbgrader writes it",
     f"put the newest gradebook.db.before-… in its place, {AGAIN}"),
    (("no such column", "no such table", "has no column"), "was made by another version of nbgrader", "this version's tables",
     f"keep a copy of it, run `nbgrader db upgrade`, {AGAIN}"),
)  # fmt: skip


class Course(NamedTuple):
    """nbgrader's own view of a course, with its database open.

    book    the Gradebook
    config  nbgrader_config.py, loaded
    """

    book: "Gradebook"
    config: "Config"

    @property
    def session(self) -> "Session":
        """The database's session."""
        return self.book.db


@contextlib.contextmanager
def opened(root: Path, *, write: bool = False, wait: float = WAIT) -> Iterator[Course]:
    """Yield a course with its gradebook open; made where there is none.

    root    the course's folder
    write   one transaction around the `with` block: all of it is kept, or nothing
    wait    seconds to wait for another program that writes
    raises  InputError where the database is locked, full, damaged or too old
    """
    from nbgrader.api import InvalidEntry
    from sqlalchemy.exc import DBAPIError

    with nbgrader(root) as api:
        url = api.coursedir.db_url
        try:
            book = _book(url, api.course_id, wait)
            try:
                course = Course(book, api.config)
                if write:
                    _begin(course.session, wait)
                yield course
                if write:
                    course.session.commit()
            finally:
                book.close()  # without a commit, this rolls back
        except (DBAPIError, InvalidEntry, sqlite3.Error) as error:
            raise worded(error, url.removeprefix("sqlite:///")) from None


def _book(url: str, course_id: str, wait: float) -> "Gradebook":
    """Return the gradebook; opening it reads, so it waits for whoever holds it."""
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import OperationalError

    until = time.monotonic() + wait
    while True:
        try:
            return Gradebook(url, course_id)
        except OperationalError as error:
            if "locked" not in str(error).lower() or time.monotonic() >= until:
                raise
            time.sleep(0.1)


def _begin(session: "Session", wait: float) -> None:
    """Take the right to write now, so that nothing that is read below can change before it is written."""
    from sqlalchemy import text

    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"PRAGMA busy_timeout = {int(1000 * wait)}"))
        session.execute(text("BEGIN IMMEDIATE"))


def worded(error: Exception, path: str) -> InputError:
    """Return what a database's error means, in three lines; its own words where they are unknown."""
    said = str(getattr(error, "orig", None) or error).strip()
    for words, given, wanted, do in FAULTS:
        if any(word in said.lower() for word in words):
            return InputError(f"{path} {given} ({said})", wanted, do)
    return InputError(f"{path} could not be used ({said})", "nbgrader's gradebook", f"mend what it says, {AGAIN}")


def backup(root: Path, *, wait: float = WAIT) -> Path | None:
    """Copy gradebook.db beside itself as gradebook.db.before-TIME, the newest five kept; return the copy.

    SQLite copies it, so that it is whole even while formgrader writes.
    returns  None where there is no gradebook yet, or it is no SQLite file
    raises   InputError where it is locked or there is no room
    """
    with nbgrader(root) as api:
        url = api.coursedir.db_url
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or not path.is_file():
        return None
    now = datetime.now(UTC)
    copy = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03d}Z")
    try:
        _copy(path, copy, time.monotonic() + wait)
    except (sqlite3.Error, OSError) as error:
        copy.unlink(missing_ok=True)
        raise worded(error, str(path)) from None
    for old in sorted(path.parent.glob(f"{path.name}.before-*"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return copy


def _copy(path: Path, copy: Path, until: float) -> None:
    """Copy a database page by page; raise OperationalError where it stays locked."""

    def in_time(*_) -> None:
        if time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    os.close(os.open(copy, os.O_CREAT | os.O_WRONLY, 0o600))
    with (
        # rw: what a killed run left half written is rolled back at the first look, which ro may not do
        contextlib.closing(sqlite3.connect(f"file:{_quoted(path)}?mode=rw", uri=True)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target, pages=1000, progress=in_time, sleep=0.1)


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path))
