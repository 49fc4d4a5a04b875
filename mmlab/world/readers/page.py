"""Texts back from the picture of a page: every printed line with its box.

On a page as it was drawn every letter equals its drawing, and reading is exact.
On a page that was compressed or that is noisy, the letters are found together,
by the division of a line into letters and blanks that explains its pixels best.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from mmlab.world.documents.page import in_rows
from mmlab.world.documents.worn import drops_of, moved
from mmlab.world.letters import FACES, LARGEST, LEAST
from mmlab.world.readers import ink
from mmlab.world.readers.letterforms import Face, face_of, fitting
from mmlab.world.readers.scene import checked
from mmlab.world.readers.shaken import decoded
from mmlab.world.readers.slant import slant_of, straight

SAME = 0.995  # likeness of a letter and its own drawing, after rounding
_WIDE = 3  # so many spaces part two texts
_PART = 0.6  # of a line's letters must equal their drawings, or it is read in another way
_SLIGHT = 16  # in 1024ths: a straight page may seem to have so much
_SURELY = 0.9  # a page of whose patches letters explain so many is as it should be
_HOPELESS = 5  # so many of the longest lines that say nothing: no page, or one in another scale
_FEW = 3  # stretches of ink: a mark or two, whose face and size the text beside it tells


@dataclass(frozen=True, slots=True)
class Line:
    """One text that was read.

    text   str
    box    (left, top, right, bottom) of its ink in pixels
    size   int     pixels to the em
    face   str     "sans", "bold" or "mono"
    sure   float   0 to 1; 1 where every letter equals its drawing
    row    int     of the page, from the top; texts of one row share it, on a slanted page too
    """

    text: str
    box: tuple[int, int, int, int]
    size: int
    face: str
    sure: float
    row: int = 0


def read_page(image: np.ndarray) -> list[Line]:
    """Return the texts of a page from top to bottom, each row from left to right.

    image   (h, w, 3) uint8   any page of `mmlab.world`, in any scale; light on dark too;
                              a part that was enlarged two to four times; a slanted page
    raises  ShapeError        when it is not one picture
    """
    image = checked(image)
    slant, drops = slant_of(image), None
    lines, part = [], 0.0
    if slant:
        drops = drops_of(image.shape[1], slant)
        lines, part = _read(ink.on(straight(image, drops)))
    if part < _SURELY or abs(slant) < _SLIGHT:  # bars, columns of letters and drawings can look slanted on a straight page
        others, other = _read(ink.on(image))
        if other >= part:
            lines, part, drops = others, other, None
    for times in (2, 3, 4):
        if part > 0.5 or min(image.shape[:2]) < 16 * times:
            break
        height, width = (side // times * times for side in image.shape[:2])
        blocks = image[:height, :width].reshape(height // times, times, width // times, times, 3)
        smaller, other = _read(ink.on((blocks.mean(axis=(1, 3)) + 0.5).astype(np.uint8)))
        if other > part + 0.1:
            part, drops = other, None
            lines = [replace(line, box=tuple(times * v for v in line.box), size=times * line.size) for line in smaller]
    rows = [replace(line, row=number) for number, row in enumerate(in_rows(lines)) for line in row]
    return rows if drops is None else [replace(line, box=moved(line.box, drops)) for line in rows]


def _read(inked: ink.Inked) -> tuple[list[Line], float]:
    """Return the texts of a page in no order, and the part of its patches that they explain."""
    page, unread = _Page(), []
    found = [one for one in inked.letters if not inked.shaken or one.height * (one.right - one.left) > 2]
    keep = np.zeros(inked.labels.max() + 1, bool)
    keep[[one.number for one in (*found, *inked.outlines, *inked.marks)]] = True
    labels = inked.labels * keep[inked.labels]  # specks belong to no line and to every one
    for line in sorted(ink.lines(found), key=len, reverse=True):
        crop, origin = _crop(inked.depth, labels, line, 6 if inked.shaken else 2)
        runs = _runs(crop)
        if not (len(runs) <= _FEW and page.adopts(crop, origin, runs)):
            # A mark or two on a shaken page wait until the text beside them has been read.
            part = 0.0 if inked.shaken and len(runs) <= _FEW else page.reads(crop, origin, runs)
            if part < _PART:
                unread.append((crop, origin, runs, part))
    # On a page as it was drawn the rest is no text: an icon, a bar, a picture.
    unread = [one for one in unread if inked.shaken or one[3] >= 0.4]
    # Long lines first; the marks between them from left to right, each beside what was read.
    unread.sort(key=lambda one: (-len(one[2]) if len(one[2]) > _FEW else 0, one[1]))
    for place, (crop, origin, _, _) in enumerate(unread):
        reading = decoded(crop, origin, page.styles, page.beside(crop, origin))
        if reading is not None:
            page.take(*reading)
        if place == _HOPELESS and not page.letters:
            break
    lines = page.lines()
    letters = sum(len(line.text.replace(" ", "")) * line.sure for line in lines)
    return lines, letters / max(len(found), 1)


def read_text(image: np.ndarray) -> str:
    """Return all that is printed on a page, one row a line, texts of a row parted by two spaces."""
    rows = groupby(read_page(image), key=lambda line: line.row)
    return "\n".join("  ".join(line.text for line in row) for _, row in rows)


def _crop(depth, labels, line, margin: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the depth of a line's own ink and of no other, and the (left, top) of that window."""
    left, right = min(p.left for p in line), max(p.right for p in line)
    top, bottom = min(p.top for p in line), max(p.bottom for p in line)
    # Faint edges of letters lie outside the patches, up to a pixel or two; a faint stop a little farther.
    top, left = max(top - 2, 0), max(left - margin, 0)
    window = np.s_[top : bottom + 2, left : right + margin]
    own = np.zeros(labels.max() + 1, bool)
    own[0] = True
    own[[p.number for p in line]] = True
    return depth[window] * own[labels[window]], (left, top)


def _runs(crop: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Return (left, right, top, bottom) of each stretch of columns that hold ink."""
    inked = np.concatenate([[False], (crop > 0).any(axis=0), [False]])
    edges = np.flatnonzero(inked[1:] != inked[:-1]).tolist()
    runs = []
    for left, right in zip(edges[::2], edges[1::2]):
        rows = np.flatnonzero((crop[:, left:right] > 0).any(axis=1))
        runs.append((left, right, int(rows[0]), int(rows[-1]) + 1))
    return runs


def _fitting(crop, run, face: Face) -> list[tuple]:
    """Return (likeness, letter, baseline) of each letter that equals a stretch of ink."""
    left, right, top, bottom = run
    found = fitting(crop[top:bottom, left:right], face, SAME)
    return [(alike, known, top - known.top) for alike, known in found]


def _choices(crop, runs, face: Face) -> list[tuple]:
    """Return (stretch of ink, letters that equal it), the strokes of one letter joined."""
    choices, place = [], 0
    while place < len(runs):
        run, fits, taken = runs[place], [], 1
        for strokes in (3, 2):
            several = runs[place : place + strokes]
            blank = [fit for fit in _fitting(crop, _joined(several), face) if fit[1].blank]
            if blank and len(several) == strokes:
                run, fits, taken = _joined(several), blank, strokes
                break
        choices.append((run, fits or _fitting(crop, run, face)))
        place += taken
    return choices


def _joined(runs) -> tuple[int, int, int, int]:
    """Return the box of several stretches of ink."""
    lefts, rights, tops, bottoms = zip(*runs)
    return min(lefts), max(rights), min(tops), max(bottoms)


class _Page:
    """The letters that have been read so far, by face and baseline."""

    def __init__(self):
        self.letters = defaultdict(list)  # (face name, size, baseline) → [(left, letter, how sure)]
        self.styles = Counter()

    def reads(self, crop, origin, runs) -> float:
        """Read a line whose letters equal their drawings; return the part that does."""
        if not runs:
            return 0.0
        tall = max(bottom - top for _, _, top, bottom in runs)
        sizes = range(max(int(tall / 1.1), LEAST), min(int(tall / 0.5), LARGEST) + 1)
        tried = [style for style, _ in self.styles.most_common() if style[1] in sizes]
        tried += [(name, size) for size in sizes for name in FACES if (name, size) not in tried]
        best, most = None, (0, 0.0)
        for style in tried:
            fits = [_fitting(crop, run, face_of(*style)) for run in runs[:12]]
            alike = [max(fit[0] for fit in some) for some in fits if some]
            if alike and (len(alike), sum(alike)) > most:
                best, most = face_of(*style), (len(alike), sum(alike))
                # A letter or two may look alike in several styles: then all are compared.
                if len(alike) == len(fits) > _FEW:
                    break
        if best is None:
            return 0.0
        choices = _choices(crop, runs, best)
        votes = Counter(base for _, fits in choices for base in {fit[2] for fit in fits})
        baseline = votes.most_common(1)[0][0]
        part = self._take(choices, best, baseline, origin, _PART)
        if _PART <= part < 1:
            # A tick or an icon beside the text, or text in another face.
            for run, fits in choices:
                if all(fit[2] != baseline for fit in fits) and not self.adopts(crop, origin, [run]):
                    self.reads(crop, origin, [run])
        return part

    def beside(self, crop, origin) -> list[tuple[str, int, int]]:
        """Return the (face, size, baseline) of the texts beside a crop, the nearest first."""
        left, right = origin[0], origin[0] + crop.shape[1]
        near = []
        for name, size, baseline in self.letters:
            if baseline - size < origin[1] + len(crop) and origin[1] < baseline + size // 2:
                gaps = [max(start - right, left - start - one.cover.shape[1]) for start, one, _ in self.letters[name, size, baseline]]
                if min(gaps) < 1.2 * size:
                    near.append((min(gaps), name, size, baseline))
        return [style for _, *style in sorted(near)[:6]]

    def adopts(self, crop, origin, runs) -> bool:
        """Read a few marks in the face of a text beside them; return whether all could be."""
        for name, size, baseline in self.beside(crop, origin):
            face = face_of(name, size)
            if self._take(_choices(crop, runs, face), face, baseline - origin[1], origin, 1.0) == 1:
                return True
        return False

    def _take(self, choices, face: Face, baseline: int, origin, least: float) -> float:
        """Keep the letters that stand on a baseline if they are that part at least; return the part."""
        letters = []
        for run, fits in choices:
            fits = [fit for fit in fits if fit[2] == baseline]
            if fits:
                letters.append((run[0] + origin[0], max(fits, key=lambda fit: fit[0])[1]))
        part = len(letters) / len(choices)
        if part >= least:
            self.take(face, baseline + origin[1], letters)
            self.styles[face.name, face.size] += len(letters)
        return part

    def take(self, face: Face, baseline: int, letters, sure: float = 1.0) -> None:
        """Keep letters at their places on a baseline of the page."""
        self.letters[face.name, face.size, baseline] += [(*one, sure) for one in letters]

    def lines(self) -> list[Line]:
        """Return the letters as texts: blanks become spaces, wide blanks part texts."""
        lines = []
        for (name, size, baseline), letters in self.letters.items():
            text, boxes, parts, pen, end = "", [], [], 0, -1
            for left, known, sure in sorted(letters, key=lambda one: one[0]):
                spaces = _spaces(left, pen + known.left, end, face_of(name, size).space)
                if boxes and spaces >= _WIDE:
                    lines.append(Line(text, _around(boxes), size, name, min(parts)))
                    text, boxes, parts = "", [], []
                text += " " * spaces * bool(boxes) + known.character
                height, width = known.cover.shape
                boxes.append((left, baseline + known.top, left + width, baseline + known.top + height))
                parts.append(sure)
                pen, end = left - known.left + known.advance, left + width
            lines.append(Line(text, _around(boxes), size, name, min(parts)))
        return lines


def _spaces(left: int, pen: int, end: int, space: int) -> int:
    """Return how many spaces lie before a letter whose ink starts at `left`; _WIDE for that or more.

    pen    where its ink starts if there is none and nothing stands in the way
    end    where the ink before it ends
    """
    starts = [max(pen + count * space, end + 1) for count in range(_WIDE + 1)]
    return int(np.argmin([abs(start - left) for start in starts]))


def _around(boxes) -> tuple[int, int, int, int]:
    """Return the box (left, top, right, bottom) around some boxes."""
    lefts, tops, rights, bottoms = zip(*boxes)
    return min(lefts), min(tops), max(rights), max(bottoms)
