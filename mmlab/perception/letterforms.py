"""The letters of one face and size, prepared for comparison."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from mmlab.perception.budget import spend
from mmlab.world.letters import FACES, LARGEST, MINIMUM, alphabet, boxes, letter

_LETTER = 90  # microseconds to draw a letter


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """One letter for comparison: the character, its pixels (uint8), its position and its advance."""

    character: str
    cover: np.ndarray
    left: int
    top: int
    advance: int
    blank: bool  # a column without ink divides it, as between the strokes of a quotation mark


class Face:
    """The letters of one face and size, drawn when they are needed.

    name     str    of FACES
    size     int    pixels per em
    space    int    advance of the space
    """

    def __init__(self, name: str, size: int):
        self.name, self.size = name, size
        self.space = letter(" ", size, name).advance
        self._boxes = boxes(size, name)
        self._by_box: dict[tuple[int, int], list[Known]] = {}

    @cached_property
    def known(self) -> tuple[Known, ...]:
        """All letters."""
        signs = (character for character, box in zip(alphabet(), self._boxes) if box[0])
        return tuple(self._drawn(character) for character in signs)

    def with_box(self, box: tuple[int, int]) -> list[Known]:
        """Return the letters that are so many rows high and columns wide."""
        if box not in self._by_box:
            high, wide = (self._boxes - box).T
            likely = np.flatnonzero(
                (self._boxes[:, 0] > 0) & (0 <= high) & (high <= 2) & (0 <= wide) & (wide <= 1)
            )
            spend(_LETTER * len(likely))
            drawn = [self._drawn(alphabet()[index]) for index in likely.tolist()]
            self._by_box[box] = [known for known in drawn if known.cover.shape == box]
        return self._by_box[box]

    def _drawn(self, character: str) -> Known:
        glyph = letter(character, self.size, self.name)
        blank = not glyph.cover.any(axis=0).all()
        return Known(character, glyph.cover, glyph.left, glyph.top, glyph.advance, blank)


@lru_cache(maxsize=len(FACES) * (LARGEST - MINIMUM + 1))  # all of them together are 60 MB
def face_of(name: str, size: int) -> Face:
    """Return the letters of a face in a size."""
    return Face(name, size)


def fitting(seen: np.ndarray, face: Face, minimum: float) -> list[tuple[float, Known]]:
    """Return (similarity, letter) of the letters with an equal box and at least the minimum similarity.

    Similarity is the cosine of the two images, 1 if one is a multiple of the other.
    raises  OutOfBudget  when the budget of the running reader is spent
    """
    spend(8)
    letters = face.with_box(seen.shape)
    if not letters:
        return []
    spend(5 * len(letters))
    unit = _unit(seen)
    alike = [float(_unit(known.cover) @ unit) for known in letters]
    return [(part, known) for part, known in zip(alike, letters) if part >= minimum]


def _unit(image: np.ndarray) -> np.ndarray:
    """Return an image as a row of length 1."""
    row = image.reshape(-1).astype(np.float32)
    return row / np.sqrt(max(float(row @ row), 1e-9))
