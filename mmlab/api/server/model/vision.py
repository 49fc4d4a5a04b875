"""What a model sees in an image, with the weaknesses that the catalog declares for the model.

    miscounts_above   int        a count above this is off by one
    swaps_sides       fraction   of images in which left and right are exchanged
    invents           fraction   of images in which the model describes a shape that is not there
    smallest_letters  int        characters lower than this, in pixels, are misread
    refuses           fraction   of images that the model refuses to describe

Whether a weakness applies is derived from a hash of the pixels, so the same image always gives the same
answer. A single plain shape is never miscounted or refused.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmlab.api.catalog import Model
from mmlab.api.server.media import Image
from mmlab.api.server.resource_limits import check_time, reading
from mmlab.perception import Line, Seen, Sight, budget, look, read_page
from mmlab.world.scene import COLOURS, KINDS

_LOOKALIKES = str.maketrans("01568BOSZegil", "OlSGBEQ5Zc9l1")


@dataclass(frozen=True)
class View:
    """An image as a model sees it."""

    image: Image
    model: Model

    @property
    def sight(self) -> Sight:
        """The shapes, the background and the unknown objects."""
        return _SEEN.of(self.key, self.image.pixels)

    @property
    def shapes(self) -> tuple[Seen, ...]:
        """The shapes, in reading order."""
        return self.sight.shapes

    @property
    def lines(self) -> list[Line]:
        """The printed lines; the model misreads those that are too small for it."""
        minimum = self.model.weaknesses.get("smallest_letters", 0)
        return [
            line
            if line.size >= minimum
            else Line(line.text.translate(_LOOKALIKES), line.box, line.size, line.face, line.sure)
            for line in _READ.of(self.key, self.image.pixels)
        ]

    @property
    def is_page(self) -> bool:
        """Whether this is a printed page rather than a scene of shapes."""
        height, width = self.image.pixels.shape[:2]
        scene = self.sight.scene is not None or (self.shapes and not self.sight.unknown)
        if scene and height == width:  # scenes are square; a pie chart with labels is not a scene
            return False
        return any(len(line.text) > 1 for line in self.lines)

    @property
    def swaps_sides(self) -> bool:
        """Whether the model exchanges left and right in this image."""
        return self.chance("sides") < self.model.weaknesses.get("swaps_sides", 0)

    @property
    def refuses(self) -> bool:
        """Whether the model refuses to describe this image."""
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
        """Return a number from 0 to 1 that depends only on this image, this model and `what`."""
        digest = hashlib.blake2b(
            f"{self.model.id} {what} ".encode() + self.image.pixels.tobytes(), digest_size=8
        )
        return int.from_bytes(digest.digest(), "big") / 2**64

    @cached_property
    def key(self) -> bytes:
        """The digest of the image: results are cached under it, without the pixels."""
        size = repr(self.image.pixels.shape).encode()
        return hashlib.blake2b(size + self.image.pixels.tobytes(), digest_size=16).digest()


_NO_LIMIT = 1e6  # seconds


class Memory:
    """A cache of a reader's results for the latest images, by the digest of the image.

    A result that comes from the cache is charged to the budget of the reply as if it had been read now, so
    a reply does not depend on what was asked before. A result that was cut short, because other images of the
    same reply had used the budget, is not used for a reply that has more of it left.
    """

    def __init__(self, read: Callable[[np.ndarray], object], maximum: int = 256):
        self._read, self._maximum = read, maximum
        self._lock, self._results = threading.Lock(), OrderedDict()

    def of(self, key: bytes, pixels: np.ndarray):
        """Return the reader's result for an image, reading each image only once."""
        shared = budget.current()
        if shared is None:
            with budget.shared(_NO_LIMIT, _NO_LIMIT):
                return self.of(key, pixels)
        check_time()
        if (self, key) in shared.results:
            return shared.results[self, key]
        left = shared.left
        with self._lock:
            stored = self._results.get(key)
            if stored:
                self._results.move_to_end(key)
        if stored and (stored.cut_at == left or stored.cut_at is None and stored.cost <= left):
            shared.left -= stored.cost
            shared.cut |= stored.cut_at is not None
            result = stored.result
        else:
            with reading():
                result = self._read(pixels)
            stored = _Stored(result, left - shared.left, left if shared.cut else None)
            with self._lock:
                self._results[key] = stored
                while len(self._results) > self._maximum:
                    self._results.popitem(last=False)
        shared.results[self, key] = result
        return result


@dataclass(frozen=True, slots=True)
class _Stored:
    """A result, the work that it took, and the work that was left at its start if that was not enough."""

    result: object
    cost: float
    cut_at: float | None


_SEEN = Memory(look)
_READ = Memory(read_page)
