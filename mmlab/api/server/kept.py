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
    """The latest responses by id; the oldest goes first."""

    def __init__(self):
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Kept] = OrderedDict()

    def put(self, name: str, kept: Kept) -> None:
        """Keep a response."""
        with self._lock:
            self._held[name] = kept
            while len(self._held) > MOST or sum(one.size for one in self._held.values()) > MOST_BYTES:
                self._held.popitem(last=False)

    def get(self, name: str) -> Kept | None:
        """Return a response by its id, or None."""
        return self._held.get(name)

    def drop(self, name: str) -> None:
        """Forget a response."""
        with self._lock:
            self._held.pop(name, None)
