"""Answers on disk: the same question to the same model costs nothing the second time."""

import hashlib
import json
import sqlite3
import threading
from pathlib import Path

from mmlab.errors import InputError

_TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, model TEXT, raw TEXT, kept TEXT DEFAULT CURRENT_TIMESTAMP)"
_WAIT_SECONDS = 30.0  # for another process that writes


class Cache:
    """Responses by question, in one SQLite file that threads and processes share.

    path    where it lies; made where it is not
    raises  InputError  when the file is no such cache

    A row is written whole or not at all: a process that is killed leaves the file as it was
    before. Questions are kept as digests; answers as they came, so it belongs where they may lie.
    """

    def __init__(self, path):
        self.path, self._lock = Path(path), threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._link = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None,
                                         check_same_thread=False)  # fmt: skip
            self._link.execute("PRAGMA journal_mode = WAL")
            self._link.execute(_TABLE)
        except (OSError, sqlite3.DatabaseError) as error:
            raise InputError(f"Cache({str(self.path)!r}): {error}", "a file of answers, or a place for one",
                             "choose another file") from error  # fmt: skip

    def find(self, key: str) -> dict | None:
        """Return the response that is kept under a key, or None."""
        with self._lock:
            row = self._link.execute("SELECT raw FROM answers WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, key: str, model: str, raw: dict) -> None:
        """Keep a response; a later one takes its place."""
        with self._lock:
            self._link.execute("INSERT OR REPLACE INTO answers (key, model, raw) VALUES (?, ?, ?)",
                               (key, model, json.dumps(raw)))  # fmt: skip

    def __len__(self) -> int:
        with self._lock:
            return self._link.execute("SELECT COUNT(*) FROM answers").fetchone()[0]

    def clear(self) -> None:
        """Forget all answers."""
        with self._lock:
            self._link.execute("DELETE FROM answers")

    def close(self) -> None:
        """Close the file; again is harmless."""
        with self._lock:
            self._link.close()


def key_of(provider: str, live: bool, body: dict) -> str:
    """Return the digest of a request: the same for the same question to the same model.

    >>> key_of("openai", False, {"a": 1, "b": b"2"}) == key_of("openai", False, {"b": b"2", "a": 1})
    True
    """
    told = json.dumps([provider, live, body], sort_keys=True, default=_told)
    return hashlib.sha256(told.encode()).hexdigest()


def _told(value) -> str:
    """Return bytes as their digest; anything else that JSON lacks as its words."""
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else repr(value)
