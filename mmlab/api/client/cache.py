"""Responses stored on disk: the same request to the same model costs nothing the second time."""

import hashlib
import json
import sqlite3
import threading
from pathlib import Path

from mmlab.errors import InputError

_TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, model TEXT, raw TEXT, kept TEXT DEFAULT CURRENT_TIMESTAMP)"
_WAIT_SECONDS = 30.0  # for another process that writes


class Cache:
    """Responses by request, in one SQLite file that threads and processes share.

    path    of the file; created if missing
    raises  InputError  when the file is not such a cache

    A row is written completely or not at all, so a killed process leaves the file as it was. Requests
    are stored as digests, but responses in full: keep the file where the responses may be stored.
    """

    def __init__(self, path):
        self.path, self._lock = Path(path), threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._link = sqlite3.connect(
                self.path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._link.execute("PRAGMA journal_mode = WAL")
            self._link.execute(_TABLE)
        except (OSError, sqlite3.DatabaseError) as error:
            raise InputError(
                f"Cache({str(self.path)!r}): {error}",
                "an SQLite file of responses, or a path where one can be created",
                "choose another file",
            ) from error

    def find(self, key: str) -> dict | None:
        """Return the response that is stored under a key, or None."""
        with self._lock:
            row = self._link.execute("SELECT raw FROM answers WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    def store(self, key: str, model: str, raw: dict) -> None:
        """Store a response; it replaces an earlier one."""
        with self._lock:
            self._link.execute(
                "INSERT OR REPLACE INTO answers (key, model, raw) VALUES (?, ?, ?)",
                (key, model, json.dumps(raw)),
            )

    def __len__(self) -> int:
        with self._lock:
            return self._link.execute("SELECT COUNT(*) FROM answers").fetchone()[0]

    def clear(self) -> None:
        """Delete all responses."""
        with self._lock:
            self._link.execute("DELETE FROM answers")

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            self._link.close()


def key_of(provider: str, live: bool, body: dict) -> str:
    """Return the digest of a request, equal for equal requests to the same model.

    >>> key_of("openai", False, {"a": 1, "b": b"2"}) == key_of("openai", False, {"b": b"2", "a": 1})
    True
    """
    text = json.dumps([provider, live, body], sort_keys=True, default=_digest_or_repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_or_repr(value) -> str:
    """Return bytes as their digest, and any other value that JSON lacks as its repr."""
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else repr(value)
