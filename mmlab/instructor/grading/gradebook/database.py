"""Access nbgrader's database: wait for it, open it for one transaction, and back it up before a change.

Every problem with it (locked, full, damaged, made by an older nbgrader) becomes an InputError in
three lines. An interrupted transaction changes nothing.
"""

import contextlib
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mmlab.errors import InputError
from mmlab.instructor.authoring.course_config import database_path
from mmlab.instructor.authoring.release import nbgrader

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from sqlalchemy.orm import Session
    from traitlets.config import Config

WAIT = 20.0  # seconds to wait for another program that uses the database
BACKUPS = 5  # to keep
AGAIN = "then run it again with --resume; nothing was written"
UPGRADE = "run `nbgrader db upgrade`"
MOVE = "move the course to a folder without ?, # and % in its path, because nbgrader does not escape them, "
# words of SQLite's message → given, wanted, try
FAULTS = (
    (
        ("locked", "busy"),
        "is in use by another program",
        "exclusive access to the gradebook for a moment",
        f"let other nbgrader commands finish and save your work in formgrader, {AGAIN}",
    ),
    (
        ("full", "disk i/o"),
        "could not be written: the disk is full or failed",
        "free space on the disk",
        f"free some space, {AGAIN}",
    ),
    (
        ("readonly", "unable to open", "permission"),
        "could not be opened for writing",
        "permission to write it and its folder",
        f"give yourself that permission, {AGAIN}",
    ),
    (
        ("malformed", "not a database", "corrupt"),
        "is damaged",
        "an SQLite database as nbgrader writes it",
        f"put the newest gradebook.db.before-… in its place, {AGAIN}",
    ),
    (
        ("no such column", "no such table", "has no column"),
        "was made by another version of nbgrader",
        "this version's tables",
        f"keep a copy of it, {UPGRADE}, {AGAIN}",
    ),
)


class Course(NamedTuple):
    """A course in nbgrader's API, with its database open.

    book    the Gradebook
    config  the loaded nbgrader_config.py
    """

    book: "Gradebook"
    config: "Config"

    @property
    def session(self) -> "Session":
        """The database's session."""
        return self.book.db


@contextlib.contextmanager
def opened(root: Path, *, write: bool = False, wait: float = WAIT) -> Iterator[Course]:
    """Yield a course with its gradebook open; a missing gradebook is created.

    root    the course's folder
    write   make the `with` block one transaction, which is committed completely or not at all
    wait    seconds to wait for another program that writes
    raises  InputError  if the database is locked, full, damaged or too old
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
            raise worded(error, str(database_path(url) or "the gradebook")) from None


def _book(url: str, course_id: str, wait: float) -> "Gradebook":
    """Return the gradebook; opening it reads from the database, so it may have to wait for another program."""
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
    """Take the write lock now, so that the data read in the transaction cannot change before it is written."""
    from sqlalchemy import text

    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"PRAGMA busy_timeout = {int(1000 * wait)}"))
        session.execute(text("BEGIN IMMEDIATE"))


def worded(error: Exception, path: str) -> InputError:
    """Return the InputError for a database error: its meaning in three lines, or the database's own message."""
    message = str(getattr(error, "orig", None) or error).strip()
    unescaped = "" if not re.search("[?#%]", path) else MOVE
    for words, given, wanted, do in FAULTS:
        if any(word in message.lower() for word in words):
            return InputError(
                f"{path} {given} ({message})", wanted, do.replace(UPGRADE, f"{unescaped}{UPGRADE}")
            )
    return InputError(
        f"{path} could not be used ({message})", "nbgrader's gradebook", f"fix the reported problem, {AGAIN}"
    )


def backup(root: Path, *, wait: float = WAIT) -> Path | None:
    """Copy gradebook.db to gradebook.db.before-TIME beside it, keep the newest five copies; return the new copy.

    SQLite makes the copy, so that it is consistent even while formgrader writes.
    returns  None if there is no gradebook yet, or it is not an SQLite file
    raises   InputError  if it is locked or there is no free space
    """
    with nbgrader(root) as api:
        url = api.coursedir.db_url
    path = database_path(url)
    if path is None or not path.is_file():
        return None
    now = datetime.now(UTC)
    copy = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03d}Z")
    try:
        _copy(path, copy, time.monotonic() + wait)
    except (sqlite3.Error, OSError) as error:
        copy.unlink(missing_ok=True)
        raise worded(error, str(path)) from None
    for old in sorted(path.parent.glob(f"{path.name}.before-*"))[:-BACKUPS]:
        old.unlink(missing_ok=True)
    return copy


def _copy(path: Path, copy: Path, until: float) -> None:
    """Copy a database page by page; raise OperationalError if it stays locked."""

    def in_time(*_) -> None:
        if time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    os.close(os.open(copy, os.O_CREAT | os.O_WRONLY, 0o600))
    with (
        # rw, because SQLite must roll back what a killed run left half written, which ro forbids
        contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target, pages=1000, progress=in_time, sleep=0.1)
