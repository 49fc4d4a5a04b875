"""Letters as exact pixels: three faces at any size, from one committed atlas.

The atlas stores every letter as a fine bitmap, EM samples per em, rasterised once
from DejaVu Sans, Sans Bold and Sans Mono 2.37 (Bitstream Vera licence). The value of
a pixel is its coverage, computed with a summed-area table in integer arithmetic,
without a font engine, so it is the same on every platform.

The left edge of a letter and the x-height fall on pixel edges, and a blank column
separates it from the next letter, so a letter looks the same at every position. That
keeps small text crisp and lets a reader compare letters exactly.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mmlab.errors import InputError

EM = 128  # samples of the fine bitmaps per em
FACES = ("sans", "bold", "mono")
MINIMUM, LARGEST = 6, 128  # pixels per em
FULL = 255  # value of a pixel that is covered entirely
_X_HEIGHT = 70  # samples from the baseline to the top of an x
_FAINT = 40  # a last column whose pixels are all below this is dropped


@dataclass(frozen=True, slots=True, eq=False)
class Letter:
    """One letter in one face and size.

    cover    (h, w) uint8   coverage of each pixel; shape (0, 0) for a space
    left     int            blank columns between the pen and the ink
    top      int            first row of ink relative to the baseline, negative above it
    advance  int            distance to the next pen position
    """

    cover: np.ndarray
    left: int
    top: int
    advance: int


@lru_cache(maxsize=8192)
def letter(character: str, size: int, face: str = "sans") -> Letter:
    """Return a letter's pixels.

    character  str   one of `alphabet()`
    size       int   pixels per em, MINIMUM to LARGEST
    face       one of FACES
    raises     InputError  for an unknown character or face, or a size out of range

    >>> letter("x", 13).cover.shape[0]  # the small letters of 13-pixel text are 7 pixels high
    7
    """
    places, sums, boxes, advances = _atlas()
    if face not in FACES or character not in places:
        raise InputError(
            f"letter: {character!r} in face {face!r}",
            f"a character of {alphabet()!r} in one of {', '.join(FACES)}",
            "leave it out or write it another way",
        )
    if not MINIMUM <= size <= LARGEST:
        raise InputError(f"letter: size={size}", f"{MINIMUM} to {LARGEST} pixels", "pass size=14")
    row, column = FACES.index(face), places[character]
    left, top, width, height = boxes[row][column]
    advance = _scaled(advances[row][column], size, EM)
    if not width:
        return Letter(np.zeros((0, 0), np.uint8), 0, 0, advance)
    small = _scaled(_X_HEIGHT, size, EM)  # whole pixels from the baseline to the top of an x
    first, last = top * small // _X_HEIGHT, -(-(top + height) * small // _X_HEIGHT)
    rows = (np.arange(first, last + 1) * _X_HEIGHT + small // 2) // small - top
    columns = (np.arange(-(-width * size // EM) + 1) * EM + size // 2) // size
    # The bitmap ends where the ink ends, but a pixel at its edge has the same area as the others.
    inside = np.minimum(np.maximum(rows, 0), height), np.minimum(np.maximum(columns, 0), width)
    inner = sums[row][column][inside[0]][:, inside[1]]
    covered = inner[1:, 1:] - inner[1:, :-1] - inner[:-1, 1:] + inner[:-1, :-1]
    area = (rows[1:] - rows[:-1])[:, None] * (columns[1:] - columns[:-1])
    cover = ((covered * FULL + area // 2) // area).astype(np.uint8)
    if cover.shape[1] > 1 and cover[:, -1].max() < _FAINT:
        cover = cover[:, :-1]
    inked = np.flatnonzero(cover.any(axis=1))
    cover, first = cover[inked[0] : inked[-1] + 1], first + int(inked[0])
    cover.setflags(write=False)
    return Letter(cover, max(_scaled(left, size, EM), 0), first, advance)


def boxes(size: int, face: str) -> np.ndarray:
    """Return the (height, width) of each letter of `alphabet()` before faint edges are dropped: (n, 2) int.

    A letter is at most two rows lower and one column narrower; a space has no box and is (0, 0).
    """
    _, top, width, height = np.array(_atlas()[2][FACES.index(face)]).T
    small = _scaled(_X_HEIGHT, size, EM)
    rows = -(-(top + height) * small // _X_HEIGHT) - top * small // _X_HEIGHT
    return np.stack([rows, -(-width * size // EM)], axis=1) * (width > 0)[:, None]


@lru_cache(maxsize=1)
def alphabet() -> str:
    """Return all characters of the atlas; the first is the space."""
    return "".join(_atlas()[0])


def _scaled(samples: int, size: int, whole: int) -> int:
    """Return samples * size / whole, rounded."""
    return (2 * int(samples) * size + whole) // (2 * whole)


@lru_cache(maxsize=1)
def _atlas():
    """Return (character → column, summed-area tables, boxes, advances), the last three [face][column]."""
    with np.load(Path(__file__).with_name("letters.npz")) as file:
        columns = {chr(code): column for column, code in enumerate(file["characters"].tolist())}
        boxes, advances = file["boxes"].tolist(), file["advances"].tolist()
        bits = np.unpackbits(file["bits"])
    start, sums = 0, []
    for line in boxes:
        sums.append([])
        for _, _, width, height in line:
            ink = bits[start : start + width * height].reshape(height, width).astype(np.int64)
            sums[-1].append(np.pad(ink.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0))))
            start += width * height
    return columns, sums, boxes, advances
