"""A sheet to draw on, and the document that results: an image with its ground truth.

All drawing is integer arithmetic, so lines, boxes and letters give the same bytes on
every platform. A sheet records each text with the box of its ink and its role; these
records are the layout of the document.
"""

from dataclasses import dataclass, field

import numpy as np

from mmlab.errors import InputError
from mmlab.world.letters import FULL, letter

WHITE, INK, SOFT, RULE = (255, 255, 255), (33, 37, 43), (98, 106, 117), (214, 218, 224)
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels; right and bottom exclusive


@dataclass(frozen=True, slots=True)
class Piece:
    """One text or element of a page.

    text   str   as printed
    box    Box   the box of its ink; for a button, field or box: of the element
    role   str   "text", "title", "label", "value", "item", "button" ...
    state  str   state of an element of a screen: "on", "off", "chosen", "dim", "" ...
    """

    text: str
    box: Box
    role: str = "text"
    state: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """An image of a page with its ground truth.

    kind    str                  "invoice", "chart" ...
    image   (h, w, 3) uint8
    text    tuple of str         the printed lines from top to bottom, each from left to right
    fields  dict                 exact values as plain data: money in cents, dates as "2026-03-09"
    layout  tuple of Piece       each printed text and each element with its box
    """

    kind: str
    image: np.ndarray
    text: tuple[str, ...]
    fields: dict
    layout: tuple[Piece, ...] = field(default=(), repr=False)


def in_rows(pieces) -> list[list]:
    """Return printed texts as rows from top to bottom, each from left to right.

    pieces   any objects with .box; objects that share at least half their height form one row
    """
    rows: list[list] = []
    for piece in sorted(pieces, key=lambda piece: (piece.box[1] + piece.box[3], piece.box[0])):
        for row in reversed(rows[-3:]):
            if any(_share(piece.box, other.box) for other in row):
                row.append(piece)
                break
        else:
            rows.append([piece])
    rows.sort(key=lambda row: min(piece.box[1] for piece in row))
    return [sorted(row, key=lambda piece: piece.box) for row in rows]


def in_lines(pieces) -> tuple[str, ...]:
    """Return printed texts as lines, with two spaces between the texts of a row.

    >>> in_lines([Piece("9.00", (90, 2, 99, 9)), Piece("Ring", (2, 0, 20, 10))])
    ('Ring  9.00',)
    """
    return tuple("  ".join(piece.text for piece in row) for row in in_rows(pieces))


def _share(first: Box, second: Box) -> bool:
    """Return whether two boxes share at least half the height of the lower one."""
    shared = min(first[3], second[3]) - max(first[1], second[1])
    return 2 * shared >= min(first[3] - first[1], second[3] - second[1])


def text_width(text: str, size: int, face: str = "sans") -> int:
    """Return the width of a text's ink in pixels."""
    return _placed(text, size, face)[1]


def wrapped(text: str, width: int, size: int, face: str = "sans") -> list[str]:
    """Return a text as lines that are at most `width` pixels wide, broken at spaces."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, face) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _placed(text: str, size: int, face: str) -> tuple[list, int]:
    """Return ([(letter, x of its ink)], width) of a text whose ink starts at 0."""
    pen, end, placed = 0, -1, []
    for character in text:
        glyph = letter(character, size, face)
        if glyph.cover.size:
            start = max(pen + glyph.left, end + 1) if placed else 0
            pen, end = start - glyph.left, start + glyph.cover.shape[1]
            placed.append((glyph, start))
        pen += glyph.advance
    return placed, max(end, 0)


class Sheet:
    """A page under construction.

    width, height   int   in units
    scale           int   pixels per unit, for text, lines and distances
    background      RGB
    small           bool  small print: text at two thirds of its size
    """

    def __init__(self, width: int, height: int, scale: int = 1, background=WHITE, small: bool = False):
        if not (isinstance(scale, int) and 1 <= scale <= 4):
            raise InputError(f"scale={scale!r}", "a whole number from 1 to 4", "pass scale=1")
        self.width, self.height = width, height
        self.scale, self.small = scale, small
        self.image = np.empty((height * scale, width * scale, 3), np.uint8)
        self.image[:] = background
        self.pieces: list[Piece] = []
        self.elements: list[Piece] = []

    def text(
        self,
        x: int,
        baseline: int,
        text: str,
        size: int = 14,
        *,
        face="sans",
        ink=INK,
        align="left",
        role="text",
        pixels=False,
    ) -> Piece:
        """Draw one line of text and return its piece.

        x         left end of its ink, right end (align="right") or middle (align="middle")
        baseline  the row on which the letters stand
        ink       RGB, or one RGB for each character
        pixels    True when x is in pixels rather than units
        """
        scale = self.scale
        size = max(size * 2 // 3, 8) if self.small else size
        placed, width = _placed(text, size * scale, face)
        if not placed:
            raise InputError(
                f"text: {text!r} has no ink", "at least one printed letter", "leave the call out"
            )
        left = x * (1 if pixels else scale) - {"left": 0, "right": width, "middle": width // 2}[align]
        tops, bottoms = [], []
        inks = [ink] * len(placed) if isinstance(ink, tuple) else [i for i, c in zip(ink, text) if c != " "]
        for (glyph, start), own in zip(placed, inks):
            top = baseline * scale + glyph.top
            bottom = top + glyph.cover.shape[0]
            window = self.image[top:bottom, left + start : left + start + glyph.cover.shape[1]]
            if top < 0 or left < 0 or window.shape[:2] != glyph.cover.shape:
                raise InputError(
                    f"text: {text!r} at ({x}, {baseline}) leaves the sheet",
                    f"text inside {self.image.shape[1]} x {self.image.shape[0]} pixels",
                    "make it shorter or move it",
                )
            blend(window, own, glyph.cover)
            tops.append(top)
            bottoms.append(bottom)
        piece = Piece(text, (left, min(tops), left + width, max(bottoms)), role)
        self.pieces.append(piece)
        return piece

    def box(self, left: int, top: int, right: int, bottom: int, ink, *, line: int = 0, round: int = 0):
        """Draw a filled box, or its outline of `line` units, with corners rounded by `round` units."""
        x0, y0, x1, y1 = (value * self.scale for value in (left, top, right, bottom))
        outer = _rounded(x1 - x0, y1 - y0, round * self.scale)
        if line:
            step = line * self.scale
            hole = _rounded(x1 - x0 - 2 * step, y1 - y0 - 2 * step, max(round - line, 0) * self.scale)
            outer[step:-step, step:-step] -= hole
        blend(self.image[y0:y1, x0:x1], ink, outer)

    def rule(self, left: int, right: int, y: int, ink=RULE, thick: int = 1):
        """Draw a horizontal line."""
        scale = self.scale
        self.image[y * scale : (y + thick) * scale, left * scale : right * scale] = ink

    def element(self, text: str, box: Box, role: str, state: str = "", *, pixels=False) -> None:
        """Record a drawn element, such as a button, field or bar; `pixels` if its box is in pixels."""
        scale = 1 if pixels else self.scale
        self.elements.append(Piece(text, tuple(scale * value for value in box), role, state))

    def finish(self, kind: str, fields: dict) -> Document:
        """Return the finished document."""
        layout = (*self.pieces, *self.elements)
        return Document(kind, self.image, in_lines(self.pieces), fields, layout)


def blend(under: np.ndarray, ink, cover: np.ndarray) -> None:
    """Blend ink over pixels (h, w, 3) in place, with weight `cover` (h, w) out of FULL."""
    part = cover.astype(np.int32)[..., None]
    mixed = under * (FULL - part) + np.asarray(ink, np.int32) * part
    under[:] = (mixed + FULL // 2) // FULL


def _rounded(width: int, height: int, radius: int) -> np.ndarray:
    """Return the coverage (height, width) uint8 of a box with rounded corners."""
    cover = np.full((height, width), FULL, np.uint8)
    if radius:
        fine = 8  # samples along a pixel
        steps = 2 * np.arange(radius * fine) + 1
        inside = steps[:, None] ** 2 + steps**2 <= (2 * radius * fine) ** 2
        corner = inside.reshape(radius, fine, radius, fine).sum(axis=(1, 3)) * FULL // fine**2
        for rows, flip in ((slice(-radius, None), 1), (slice(0, radius), -1)):
            for columns, turn in ((slice(-radius, None), 1), (slice(0, radius), -1)):
                cover[rows, columns] = corner[::flip, ::turn]
    return cover
