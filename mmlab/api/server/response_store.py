"""Stored responses, which a later request can continue with previous_response_id."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from mmlab.api.server.model import Turn

MAXIMUM, MAX_BYTES = 128, 256 << 20


@dataclass(frozen=True)
class StoredResponse:
    """A response as it was sent, and the turns of the conversation up to it."""

    response: dict
    turns: tuple[Turn, ...]

    @property
    def size(self) -> int:
        """The number of bytes of its images, audio and video."""
        arrays = [image.pixels for turn in self.turns for image in turn.images]
        arrays += [clip.samples for turn in self.turns for clip in turn.audio]
        arrays += [clip.frames for turn in self.turns for clip in turn.videos]
        return sum(array.nbytes for array in arrays)


class Responses:
    """The latest responses by id; the oldest are dropped when the number or the size exceeds its maximum."""

    def __init__(self):
        self._lock = threading.Lock()
        self._stored: OrderedDict[str, tuple[StoredResponse, int]] = OrderedDict()
        self._bytes = 0

    def put(self, name: str, stored: StoredResponse) -> None:
        """Store a response."""
        with self._lock:
            self._stored[name] = stored, stored.size
            self._bytes += stored.size
            while len(self._stored) > MAXIMUM or self._bytes > MAX_BYTES:
                self._bytes -= self._stored.popitem(last=False)[1][1]

    def get(self, name: str) -> StoredResponse | None:
        """Return a response by its id, or None."""
        return self._stored.get(name, (None, 0))[0]

    def drop(self, name: str) -> None:
        """Drop a response."""
        with self._lock:
            self._bytes -= self._stored.pop(name, (None, 0))[1]
