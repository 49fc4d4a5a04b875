"""Files that clients have uploaded: kept in memory, by id, within a limit."""

import secrets
import threading
import time
from dataclasses import dataclass, field

from mmlab.api.server.errors import ApiError

MOST_BYTES, MOST_FILES = 256 << 20, 1000


@dataclass
class Stored:
    """One file.

    id, name, kind  str     kind is its media type
    data            bytes
    purpose         str     what OpenAI is told that it is for
    created         float   seconds since 1970
    looks           int     how often its state was asked for
    fault           str     why it cannot be used; "" where it can; None while nobody has looked
    """

    id: str
    name: str
    kind: str
    data: bytes
    purpose: str = ""
    created: float = field(default_factory=time.time)
    looks: int = 0
    fault: str | None = None


class Files:
    """All uploaded files, each provider's apart."""

    def __init__(self):
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], Stored] = {}

    def put(self, provider: str, name: str, kind: str, data: bytes, *, purpose: str = "") -> Stored:
        """Keep a file and return it, or raise ApiError when there is no room."""
        prefix = {"openai": "file-", "anthropic": "file_", "google": ""}[provider]
        stored = Stored(prefix + secrets.token_hex(12), name, kind, data, purpose)
        with self._lock:
            held = sum(len(one.data) for one in self._held.values())
            if held + len(data) > MOST_BYTES or len(self._held) >= MOST_FILES:
                raise ApiError(413, "The storage for files is full: delete some.")
            self._held[provider, stored.id] = stored
        return stored

    def find(self, provider: str, name: str) -> Stored | None:
        """Return a provider's file by its id, or None."""
        return self._held.get((provider, name))

    def all(self, provider: str) -> list[Stored]:
        """Return a provider's files, the newest first."""
        with self._lock:
            return [one for (owner, _), one in reversed(self._held.items()) if owner == provider]

    def drop(self, provider: str, name: str) -> Stored | None:
        """Forget a file and return it, or None when there is none."""
        with self._lock:
            return self._held.pop((provider, name), None)
