"""The letters of one face and size as a reader knows them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mmlab.world.letters import FULL, alphabet, letter


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """One letter to compare with: the character, its pixels 0 to 1, its place, its advance."""

    character: str
    cover: np.ndarray
    left: int
    top: int
    advance: int
    blank: bool  # a column without ink parts it, like the strokes of a quotation mark


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """All letters of one face and size.

    name     str    of FACES
    size     int    pixels to the em
    known    tuple of Known
    by_box   (height, width) → the letters with such a box, and their pixels as unit rows (n, h * w)
    space    int    advance of the space
    """

    name: str
    size: int
    known: tuple[Known, ...]
    by_box: dict
    space: int


@lru_cache(maxsize=512)
def face_of(name: str, size: int) -> Face:
    """Return the letters of a face in a size."""
    known, by_box = [], {}
    for character in alphabet():
        one = letter(character, size, name)
        if one.cover.size:
            cover = one.cover / np.float32(FULL)
            blank = not one.cover.any(axis=0).all()
            known.append(Known(character, cover, one.left, one.top, one.advance, blank))
            by_box.setdefault(cover.shape, []).append(known[-1])
    rows = {box: np.stack([_unit(one.cover) for one in ones]) for box, ones in by_box.items()}
    by_box = {box: (ones, rows[box]) for box, ones in by_box.items()}
    return Face(name, size, tuple(known), by_box, letter(" ", size, name).advance)


def fitting(seen: np.ndarray, face: Face, least: float) -> list[tuple[float, Known]]:
    """Return (likeness, letter) of the letters with an equal box that are at least so alike.

    Likeness is the cosine of the two pictures, 1 if one is a multiple of the other.
    """
    if seen.shape not in face.by_box:
        return []
    ones, rows = face.by_box[seen.shape]
    alike = (rows @ _unit(seen)).tolist()
    return [(part, one) for part, one in zip(alike, ones) if part >= least]


def _unit(picture: np.ndarray) -> np.ndarray:
    """Return a picture as a row of length 1."""
    row = picture.reshape(-1).astype(np.float32)
    return row / np.sqrt(max(float(row @ row), 1e-9))
