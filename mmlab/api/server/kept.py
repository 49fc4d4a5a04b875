"""Responses that were kept, so that a later question can go on from them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from mmlab.api.server.mind import Turn

MOST, MOST_BYTES = 128, 256 << 20


@dataclass(frozen=True)
class Kept:
    """One response, as it was sent, and all turns up to it."""

    response: dict
    turns: tuple[Turn, ...]

    @property
    def size(self) -> int:
        """How many bytes its pictures, sounds and films hold."""
        arrays = [one.pixels for turn in self.turns for one in turn.images]
        arrays += [one.samples for turn in self.turns for one in turn.sounds]
        arrays += [one.frames for turn in self.turns for one in turn.films]
        return sum(one.nbytes for one in arrays)


class Responses:
    """The latest responses by id; the oldest goes first, when there are too many or they hold too much."""

    def __init__(self):
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[Kept, int]] = OrderedDict()
        self._bytes = 0

    def put(self, name: str, kept: Kept) -> None:
        """Keep a response."""
        with self._lock:
            self._held[name] = kept, kept.size
            self._bytes += kept.size
            while len(self._held) > MOST or self._bytes > MOST_BYTES:
                self._bytes -= self._held.popitem(last=False)[1][1]

    def get(self, name: str) -> Kept | None:
        """Return a response by its id, or None."""
        return self._held.get(name, (None, 0))[0]

    def drop(self, name: str) -> None:
        """Forget a response."""
        with self._lock:
            self._bytes -= self._held.pop(name, (None, 0))[1]
