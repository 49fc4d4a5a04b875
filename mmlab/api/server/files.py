"""Uploaded files: stored in memory by id, up to a limit."""

import secrets
import threading
import time
from dataclasses import dataclass, field

from mmlab.api.providers import PROVIDERS
from mmlab.api.server.errors import ApiError

MAX_BYTES, MAX_FILES = 256 << 20, 1000


@dataclass
class Stored:
    """An uploaded file.

    id, name, kind  str           kind is the media type
    data            bytes
    purpose         str           OpenAI's field `purpose`
    created         float         seconds since 1970
    polls           int           number of requests for its state
    fault           str or None   why the file cannot be used, "" if it can; None before it was checked
    """

    id: str
    name: str
    kind: str
    data: bytes
    purpose: str = ""
    created: float = field(default_factory=time.time)
    polls: int = 0
    fault: str | None = None


class Files:
    """All uploaded files, separate for each provider."""

    def __init__(self):
        self._lock = threading.Lock()
        self._files: dict[tuple[str, str], Stored] = {}

    def put(self, provider: str, name: str, kind: str, data: bytes, *, purpose: str = "") -> Stored:
        """Store a file and return it, or raise ApiError if the storage is full."""
        stored = Stored(PROVIDERS[provider].file_prefix + secrets.token_hex(12), name, kind, data, purpose)
        with self._lock:
            used = sum(len(file.data) for file in self._files.values())
            if used + len(data) > MAX_BYTES or len(self._files) >= MAX_FILES:
                raise ApiError(413, "The storage for files is full: delete some files.")
            self._files[provider, stored.id] = stored
        return stored

    def find(self, provider: str, name: str) -> Stored | None:
        """Return a provider's file by its id, or None."""
        return self._files.get((provider, name))

    def all(self, provider: str) -> list[Stored]:
        """Return the files of a provider, newest first."""
        with self._lock:
            return [file for (owner, _), file in reversed(self._files.items()) if owner == provider]

    def drop(self, provider: str, name: str) -> Stored | None:
        """Drop a file and return it, or None if it does not exist."""
        with self._lock:
            return self._files.pop((provider, name), None)
