"""Read the text of a page image: every printed line with its box.

On a clean page every letter equals its drawing, and reading is exact. On a
compressed or noisy page, a whole line is divided into the letters and blanks that
explain its pixels best.
"""

import contextlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from mmlab.perception import segmentation
from mmlab.perception.budget import OutOfBudget, budgeted, spend
from mmlab.perception.letterforms import Face, face_of, fitting
from mmlab.perception.noisy_text import Styles, decoded
from mmlab.perception.photograph import is_photograph
from mmlab.perception.scene import checked
from mmlab.perception.slant import is_slanted, slant_of, straight
from mmlab.world.documents.degraded_scan import drops_of, moved
from mmlab.world.documents.page import in_rows
from mmlab.world.letters import FACES, LARGEST, MINIMUM

SAME = 0.995  # minimum similarity of a letter and its own drawing, after rounding
_WIDE = 3  # this many spaces separate two texts
_PART = 0.6  # fraction of a line's letters that must equal their drawings; otherwise use noisy_text
_SURELY, _HALF = 0.9, 0.5  # fractions of explained patches: the page is certainly upright, and it is a page
_HOPELESS = 5  # stop if this many of the longest lines cannot be read: no page, or another scale
_TALL = 40  # rows: a noisy line that is higher is more often a drawing than text
_FEW = 3  # up to this many runs of ink take their face and size from the text beside them


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a page.

    text   str
    box    (left, top, right, bottom) of its ink in pixels
    size   int     pixels per em
    face   str     "sans", "bold" or "mono"
    sure   float   confidence, 0 to 1; 1 where every letter equals its drawing
    row    int     row of the page, from the top; texts of one row share it, also on a slanted page
    """

    text: str
    box: tuple[int, int, int, int]
    size: int
    face: str
    sure: float
    row: int = 0


@budgeted(1.7, otherwise=[])
def read_page(image: np.ndarray) -> list[Line]:
    """Return the texts of a page from top to bottom, each row from left to right.

    image   (h, w, 3) uint8   any page of `mmlab.world`, at any scale, also light on dark, slanted,
                              or a crop enlarged two to four times
    returns the lines read within the budget of computation; none of a photograph
    raises  ShapeError        when the array is not one image
    """
    image = checked(image)
    if min(image.shape[:2]) < MINIMUM // 2 or is_photograph(image):
        return []
    slant = slant_of(image)
    drops = drops_of(image.shape[1], slant) if slant else None
    if slant and is_slanted(image, drops):
        lines, part = _read(straight(image, drops))
        if part < _HALF:
            others, other = _read(image)
            if other >= part:
                lines, part, drops = others, other, None
    else:  # bars, columns of letters and drawings can look slanted on a straight page
        lines, part = _read(image)
        if slant and part < _SURELY:
            others, other = _read(straight(image, drops))
            if other > part:
                lines, part = others, other
            else:
                drops = None
        else:
            drops = None
    for times in (2, 3, 4):
        if part > _HALF or min(image.shape[:2]) < 16 * times:
            break
        smaller, other = _read_smaller(image, times)
        if other > part + 0.1:
            part, drops = other, None
            lines = [
                replace(line, box=tuple(times * v for v in line.box), size=times * line.size)
                for line in smaller
            ]
    rows = [replace(line, row=number) for number, row in enumerate(in_rows(lines)) for line in row]
    return rows if drops is None else [replace(line, box=moved(line.box, drops)) for line in rows]


def _read_smaller(image: np.ndarray, times: int) -> tuple[list[Line], float]:
    """Return what `_read` returns for an image that is `times` as small; nothing if the budget is spent."""
    with contextlib.suppress(OutOfBudget):
        spend(0.03 * image.shape[0] * image.shape[1])
        height, width = (side // times * times for side in image.shape[:2])
        blocks = image[:height, :width].reshape(height // times, times, width // times, times, 3)
        return _read((blocks.mean(axis=(1, 3)) + 0.5).astype(np.uint8))
    return [], 0.0


def _read(image: np.ndarray) -> tuple[list[Line], float]:
    """Return the texts of a page, unordered, and the fraction of its patches that they explain.

    If the budget is spent on the way, these are the texts read so far.
    """
    page, patches = _Page(), []
    with contextlib.suppress(OutOfBudget):
        inked = segmentation.on(image)
        specks = 2 if inked.noisy else 0
        patches = [patch for patch in inked.letters if patch.height * (patch.right - patch.left) > specks]
        _read_lines(inked, patches, page)
    lines = page.lines()
    letters = sum(len(line.text.replace(" ", "")) * line.sure for line in lines)
    return lines, letters / max(len(patches), 1)


def _read_lines(inked: segmentation.Inked, patches: list[segmentation.Patch], page: "_Page") -> None:
    """Read the lines of ink that some patches form, and store their letters in `page`."""
    unread = []
    keep = np.zeros(inked.labels.max() + 1, bool)
    keep[[patch.number for patch in (*patches, *inked.outlines, *inked.marks)]] = True
    labels = inked.labels * keep[inked.labels]  # ignore specks
    for line in sorted(segmentation.lines(patches), key=len, reverse=True):
        spend(150 + len(keep) / 2000)
        crop, origin = _crop(inked.depth, labels, len(keep), line, 6 if inked.noisy else 2)
        runs = _runs(crop)
        if not (len(runs) <= _FEW and page.adopts(crop, origin, runs)):
            # On a noisy page, read short marks after the text beside them.
            part = 0.0 if inked.noisy and len(runs) <= _FEW else page.reads(crop, origin, runs)
            if part < _PART:
                unread.append((crop, origin, runs, part))
    # On a clean page the rest is not text: an icon, a bar, an image.
    unread = [entry for entry in unread if inked.noisy or entry[3] >= 0.4]
    # Long lines first, then the marks from left to right, each beside text that has been read; drawings last.
    unread.sort(
        key=lambda entry: (len(entry[0]) > _TALL, -len(entry[2]) if len(entry[2]) > _FEW else 0, entry[1])
    )
    for number, (crop, origin, _, _) in enumerate(unread):
        reading = decoded(crop, origin, page.styles, page.beside(crop, origin))
        if reading is not None:
            page.take(*reading)
        if number == _HOPELESS and not page.letters:
            break


def read_text(image: np.ndarray) -> str:
    """Return all printed text of a page, one line per row, with two spaces between the texts of a row."""
    rows = groupby(read_page(image), key=lambda line: line.row)
    return "\n".join("  ".join(line.text for line in row) for _, row in rows)


def _crop(depth, labels, count: int, line, margin: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the depth of the ink of one line alone, and the (left, top) of its window."""
    left, right = min(p.left for p in line), max(p.right for p in line)
    top, bottom = min(p.top for p in line), max(p.bottom for p in line)
    # Faint edges of letters lie up to two pixels outside the patches, a faint full stop slightly farther.
    top, left = max(top - 2, 0), max(left - margin, 0)
    window = np.s_[top : bottom + 2, left : right + margin]
    own = np.zeros(count, bool)
    own[0] = True
    own[[p.number for p in line]] = True
    return depth[window] * own[labels[window]], (left, top)


def _runs(crop: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Return (left, right, top, bottom) of each run of columns with ink."""
    inked = np.concatenate([[False], (crop > 0).any(axis=0), [False]])
    edges = np.flatnonzero(inked[1:] != inked[:-1]).tolist()
    runs = []
    for left, right in zip(edges[::2], edges[1::2]):
        rows = np.flatnonzero((crop[:, left:right] > 0).any(axis=1))
        runs.append((left, right, int(rows[0]), int(rows[-1]) + 1))
    return runs


def _fitting(crop, run, face: Face) -> list[tuple]:
    """Return (similarity, letter, baseline) of each letter that equals a run of ink."""
    left, right, top, bottom = run
    matches = fitting(crop[top:bottom, left:right], face, SAME)
    return [(alike, known, top - known.top) for alike, known in matches]


def _choices(crop, runs, face: Face) -> list[tuple]:
    """Return (run of ink, letters that equal it), with the strokes of one letter joined."""
    choices, index = [], 0
    while index < len(runs):
        run, fits, used = runs[index], [], 1
        for strokes in (3, 2):
            several = runs[index : index + strokes]
            blank = [fit for fit in _fitting(crop, _joined(several), face) if fit[1].blank]
            if blank and len(several) == strokes:
                run, fits, used = _joined(several), blank, strokes
                break
        choices.append((run, fits or _fitting(crop, run, face)))
        index += used
    return choices


def _joined(runs) -> tuple[int, int, int, int]:
    """Return the box of several runs of ink."""
    lefts, rights, tops, bottoms = zip(*runs)
    return min(lefts), max(rights), min(tops), max(bottoms)


class _Page:
    """The letters that have been read so far, by face and baseline."""

    def __init__(self):
        self.letters = defaultdict(list)  # (face name, size, baseline) → [(left, letter, confidence)]
        self.styles = Styles()

    def reads(self, crop, origin, runs) -> float:
        """Read a line whose letters equal their drawings; return the fraction that does."""
        if not runs:
            return 0.0
        tall = max(bottom - top for _, _, top, bottom in runs)
        sizes = range(max(int(tall / 1.1), MINIMUM), min(int(tall / 0.5), LARGEST) + 1)
        candidates = [style for style, _ in self.styles.most_common() if style[1] in sizes]
        candidates += [(name, size) for size in sizes for name in FACES if (name, size) not in candidates]
        best, maximum = None, (0, 0.0)
        for style in candidates:
            fits = [_fitting(crop, run, face_of(*style)) for run in runs[:12]]
            alike = [max(fit[0] for fit in some) for some in fits if some]
            if alike and (len(alike), sum(alike)) > maximum:
                best, maximum = face_of(*style), (len(alike), sum(alike))
                # A few letters may look the same in several styles, so then compare all styles.
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
                gaps = [
                    max(start - right, left - start - letter.cover.shape[1])
                    for start, letter, _ in self.letters[name, size, baseline]
                ]
                if min(gaps) < 1.2 * size:
                    near.append((min(gaps), name, size, baseline))
        return [style for _, *style in sorted(near)[:6]]

    def adopts(self, crop, origin, runs) -> bool:
        """Read a few marks in the face of a text beside them; return whether all were read."""
        for name, size, baseline in self.beside(crop, origin):
            face = face_of(name, size)
            if self._take(_choices(crop, runs, face), face, baseline - origin[1], origin, 1.0) == 1:
                return True
        return False

    def _take(self, choices, face: Face, baseline: int, origin, minimum: float) -> float:
        """Store the letters on a baseline if they are at least a minimum fraction; return the fraction."""
        letters = []
        for run, fits in choices:
            fits = [fit for fit in fits if fit[2] == baseline]
            if fits:
                letters.append((run[0] + origin[0], max(fits, key=lambda fit: fit[0])[1]))
        part = len(letters) / len(choices)
        if part >= minimum:
            self.take(face, baseline + origin[1], letters)
            self.styles[face.name, face.size] += len(letters)
        return part

    def take(self, face: Face, baseline: int, letters, sure: float = 1.0) -> None:
        """Store letters with their positions on a baseline of the page."""
        self.letters[face.name, face.size, baseline] += [(*letter, sure) for letter in letters]

    def lines(self) -> list[Line]:
        """Return the letters as texts: blanks become spaces, wide blanks separate texts."""
        lines = []
        for (name, size, baseline), letters in self.letters.items():
            text, boxes, parts, pen, end = "", [], [], 0, -1
            for left, known, sure in sorted(letters, key=lambda entry: entry[0]):
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
    """Return the number of spaces before a letter whose ink starts at `left`, at most _WIDE.

    pen    where the ink starts without a space
    end    where the previous ink ends
    """
    starts = [max(pen + count * space, end + 1) for count in range(_WIDE + 1)]
    return int(np.argmin([abs(start - left) for start in starts]))


def _around(boxes) -> tuple[int, int, int, int]:
    """Return the box (left, top, right, bottom) around some boxes."""
    lefts, tops, rights, bottoms = zip(*boxes)
    return min(lefts), min(tops), max(rights), max(bottoms)
