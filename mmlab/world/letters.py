"""Letters as exact pixels: three faces in any size from one committed atlas.

The atlas holds every letter as a fine bitmap, EM samples to the em, rasterised
once from DejaVu Sans, Sans Bold and Sans Mono 2.37 (Bitstream Vera licence). A
pixel's value is the part of it that is covered, counted with a summed-area
table: whole numbers, no font engine, the same on every platform.

A letter's left edge and the top of its small letters fall on pixel edges, and a
blank column parts it from the next, so that a letter looks the same wherever it
stands. That keeps small text crisp, and lets a reader know it again.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mmlab.errors import InputError

EM = 128  # samples of the fine bitmaps along an em
FACES = ("sans", "bold", "mono")
LEAST, LARGEST = 6, 128  # pixels to the em
FULL = 255  # value of a pixel that is covered whole
_X_HEIGHT = 70  # samples from the baseline to the top of an x
_FAINT = 40  # a last column with less than this is left out


@dataclass(frozen=True, slots=True, eq=False)
class Letter:
    """One letter in one face and size.

    cover    (h, w) uint8   how much of each pixel is ink; (0, 0) for a space
    left     int            blank columns before the ink, from the pen
    top      int            rows from the baseline down to the first row of ink: negative above it
    advance  int            how far the pen moves on
    """

    cover: np.ndarray
    left: int
    top: int
    advance: int


@lru_cache(maxsize=8192)
def letter(character: str, size: int, face: str = "sans") -> Letter:
    """Return a letter's pixels.

    character  str   one of `alphabet()`
    size       int   pixels to the em, LEAST to LARGEST
    face       one of FACES
    raises     InputError  for a character, size or face that is not there

    >>> letter("x", 13).cover.shape[0]  # the small letters of 13-pixel text are 7 pixels high
    7
    """
    places, sums, boxes, advances = _atlas()
    if face not in FACES or character not in places:
        raise InputError(f"letter: {character!r} in face {face!r}",
                         f"a character of {alphabet()!r} in one of {', '.join(FACES)}",
                         "leave it out or write it another way")  # fmt: skip
    if not LEAST <= size <= LARGEST:
        raise InputError(f"letter: size={size}", f"{LEAST} to {LARGEST} pixels", "pass size=14")
    row, column = FACES.index(face), places[character]
    left, top, width, height = boxes[row][column]
    advance = _scaled(advances[row][column], size, EM)
    if not width:
        return Letter(np.zeros((0, 0), np.uint8), 0, 0, advance)
    small = _scaled(_X_HEIGHT, size, EM)  # whole pixels from the baseline to the top of an x
    first, last = top * small // _X_HEIGHT, -(-(top + height) * small // _X_HEIGHT)
    rows = (np.arange(first, last + 1) * _X_HEIGHT + small // 2) // small - top
    columns = (np.arange(-(-width * size // EM) + 1) * EM + size // 2) // size
    # The bitmap ends where the ink ends; a pixel that reaches past it is as large as the others.
    inner = sums[row][column][rows.clip(0, height)][:, columns.clip(0, width)]
    covered = inner[1:, 1:] - inner[1:, :-1] - inner[:-1, 1:] + inner[:-1, :-1]
    area = (rows[1:] - rows[:-1])[:, None] * (columns[1:] - columns[:-1])
    cover = ((covered * FULL + area // 2) // area).astype(np.uint8)
    if cover.shape[1] > 1 and cover[:, -1].max() < _FAINT:
        cover = cover[:, :-1]
    inked = np.flatnonzero(cover.any(axis=1))
    cover, first = cover[inked[0] : inked[-1] + 1], first + int(inked[0])
    cover.setflags(write=False)
    return Letter(cover, max(_scaled(left, size, EM), 0), first, advance)


@lru_cache(maxsize=1)
def alphabet() -> str:
    """Return every character that the atlas holds; the first is the space."""
    return "".join(_atlas()[0])


def _scaled(samples: int, size: int, whole: int) -> int:
    """Return samples * size / whole, rounded."""
    return (2 * int(samples) * size + whole) // (2 * whole)


@lru_cache(maxsize=1)
def _atlas():
    """Return (character → column, summed-area tables, boxes, advances), the last three [face][column]."""
    with np.load(Path(__file__).with_name("letters.npz")) as file:
        places = {chr(code): place for place, code in enumerate(file["characters"].tolist())}
        boxes, advances = file["boxes"].tolist(), file["advances"].tolist()
        bits = np.unpackbits(file["bits"])
    start, sums = 0, []
    for line in boxes:
        sums.append([])
        for _, _, width, height in line:
            ink = bits[start : start + width * height].reshape(height, width).astype(np.int64)
            sums[-1].append(np.pad(ink.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0))))
            start += width * height
    return places, sums, boxes, advances
