"""What a model sees in a picture, with the weaknesses that the catalog declares for it.

    miscounts_above   int    a count above this is off by one
    swaps_sides       part   of pictures in which left and right are exchanged
    invents           part   of pictures in which it tells of a shape that is not there
    smallest_letters  int    letters of fewer pixels are misread
    refuses           part   of pictures that it will not speak of

Each is thrown with the picture's own bytes, so that asking again changes nothing.
A single plain shape is never subject to the first and the last.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmlab.api.catalog import Model
from mmlab.api.server.allowance import check_time
from mmlab.api.server.pictures import Picture
from mmlab.world.readers import Line, Seen, Sight, look, read_page
from mmlab.world.scene import COLOURS, KINDS

_LOOKALIKES = str.maketrans("01568BOSZegil", "OlSGBEQ5Zc9l1")


@dataclass(frozen=True)
class View:
    """One picture as one model sees it."""

    picture: Picture
    model: Model

    @property
    def sight(self) -> Sight:
        """Shapes, background and what is unknown."""
        return _SEEN.of(self.key, self.picture.pixels)

    @property
    def shapes(self) -> tuple[Seen, ...]:
        """The shapes, in reading order."""
        return self.sight.shapes

    @property
    def lines(self) -> list[Line]:
        """The printed lines; those that are too small for the model are misread."""
        least = self.model.weaknesses.get("smallest_letters", 0)
        return [
            line if line.size >= least
            else Line(line.text.translate(_LOOKALIKES), line.box, line.size, line.face, line.sure)
            for line in _READ.of(self.key, self.picture.pixels)
        ]  # fmt: skip

    @property
    def is_page(self) -> bool:
        """Is this a page to read, rather than shapes to see?"""
        height, width = self.picture.pixels.shape[:2]
        scene = self.sight.scene is not None or (self.shapes and not self.sight.unknown)
        if scene and height == width:  # as every scene is; a pie between its labels is none
            return False
        return any(len(line.text) > 1 for line in self.lines)

    @property
    def swaps_sides(self) -> bool:
        """Does the model take left for right here?"""
        return self.chance("sides") < self.model.weaknesses.get("swaps_sides", 0)

    @property
    def refuses(self) -> bool:
        """Will the model not speak of this picture?"""
        return len(self.shapes) != 1 and self.chance("refusal") < self.model.weaknesses.get("refuses", 0)

    def counted(self, number: int) -> int:
        """Return a number of shapes as the model counts them."""
        if number <= self.model.weaknesses.get("miscounts_above", number):
            return number
        return number + (1 if self.chance(f"count {number}") < 0.5 else -1)

    def invented(self) -> tuple[str, str] | None:
        """Return the (colour, kind) of a shape that the model makes up here, or None."""
        if self.chance("invention") >= self.model.weaknesses.get("invents", 0):
            return None
        there = {(shape.colour, shape.kind) for shape in self.shapes}
        free = [(colour, kind) for colour in COLOURS for kind in KINDS if (colour, kind) not in there]
        return free[int(self.chance("which") * len(free))]

    def chance(self, what: str) -> float:
        """Return a number of 0 to 1 that this picture, this model and `what` always give."""
        digest = hashlib.blake2b(f"{self.model.id} {what} ".encode() + self.picture.pixels.tobytes(), digest_size=8)
        return int.from_bytes(digest.digest(), "big") / 2**64

    @cached_property
    def key(self) -> bytes:
        """The picture's digest: what was found in it is kept under this, without the pixels."""
        size = repr(self.picture.pixels.shape).encode()
        return hashlib.blake2b(size + self.picture.pixels.tobytes(), digest_size=16).digest()


class Memory:
    """What a reader found in the latest pictures, by the pictures' digests."""

    def __init__(self, read: Callable[[np.ndarray], object], most: int = 256):
        self._read, self._most = read, most
        self._lock, self._held = threading.Lock(), OrderedDict()

    def of(self, key: bytes, pixels: np.ndarray):
        """Return what the reader finds in a picture, without reading it twice."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        check_time()
        found = self._read(pixels)
        with self._lock:
            self._held[key] = found
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return found


_SEEN = Memory(look)
_READ = Memory(read_page)
