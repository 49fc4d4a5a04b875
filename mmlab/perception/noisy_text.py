"""Read lines with compression artefacts or noise: find the letters that explain them best.

A line is divided into letters and blank columns. A letter costs the squared
difference between its drawing and the pixels under it, a blank column the ink that
it leaves unexplained. Dynamic programming finds the division with the lowest cost.
"""

from collections import Counter
from functools import lru_cache

import numpy as np

from mmlab.perception.budget import spend
from mmlab.perception.letterforms import Face, face_of
from mmlab.world.letters import FACES, FULL, MINIMUM

GOOD, FAIR = 0.92, 0.7  # scores above which the style is certainly right, and above which it is text
_SHORT = 4  # up to this many letters fit many styles, so they need a higher score
_BESIDE = 0.85  # part of a mark's ink that the face of the neighbouring text must explain
_EACH = 0.25  # cost of a letter, so that specks are not read as dots
_LOWEST, _TALLEST = 7, 72  # height of a line in rows, with two blank ones above and below; specks are lower
_PER_MICROSECOND = 30_000  # multiplications of a letter and the ink under it
_SMALL = 32  # pixels per em
_FACE = 7000  # microseconds to draw all letters of a face
_USUAL = 0.95  # part of its first score that a known style must reach to be taken without trying others
_START, _SAMPLE = 3, 9  # ems that are enough to rank the styles, and to recognise one
_TRIED = 8  # styles that are tried on more than the first letters


class Styles(Counter):
    """How many texts of a page have each (face, size), and the score with which each style was first found.

    All lines of a page are about equally noisy, so a style that scores nearly as high on another line
    is right there too, even if no style reaches GOOD.
    """

    def __init__(self):
        super().__init__()
        self.scores: dict[tuple[str, int], float] = {}

    def is_usual(self, style: tuple[str, int], score: float) -> bool:
        """Return whether a style scores about as high as where it was first found."""
        return style in self.scores and score > _USUAL * self.scores[style]


def decoded(crop: np.ndarray, origin, styles: Styles, beside=()) -> tuple | None:
    """Return the best reading of a line, or None.

    crop     (h, w) int   depth of the line's ink
    origin   (left, top) of the crop on the page
    styles   Styles       found on the page so far; the style of this line is added
    beside   (face, size, baseline) of the texts beside it, the nearest first: used for short marks
    returns  (face, baseline on the page, [(left on the page, letter)], part of the ink explained)
    """
    marks = crop[crop > 0.4 * crop.max()]
    if not marks.size:
        return None
    ink = np.clip(crop / float(np.percentile(marks, 90)), 0, 1.2).astype(np.float32)
    left, top = origin
    for name, size, baseline in beside:
        if crop.shape[1] < 2 * size + 12:
            # A thin mark contains no pixel that is all ink, so try several values of its darkness.
            readings = [_division(ink * dark, face_of(name, size), baseline - top) for dark in (1, 0.75, 0.5)]
            part, letters = max(readings, key=lambda reading: reading[0])
            if part > _BESIDE:
                return _read(face_of(name, size), baseline, letters, left, part)
    # Most of a line of text is blank, and text is less tall than a figure.
    tall = _LOWEST <= len(ink) <= _TALLEST
    best = _style(ink, styles) if tall and (ink > 0.5).mean() <= 0.6 else None
    if best is None:
        return None
    name, size, baseline = best
    part, letters = _division(ink, face_of(name, size), baseline)
    plain = sum(letter.character.isalnum() or letter.character == "✓" for _, letter in letters)
    # A single bar is more often a rule on the page than an I.
    doubtful = 2 * plain < len(letters) or len(letters) == 1 and letters[0][1].character in "Il"
    doubtful = doubtful and [name, size, baseline + top] not in beside
    if doubtful or part < (FAIR if len(letters) > _SHORT else (FAIR + GOOD) / 2):
        return None
    styles[name, size] += 1
    return _read(face_of(name, size), baseline + top, letters, left, part)


def _read(face: Face, baseline: int, letters: list, left: int, part: float) -> tuple:
    """Return what `decoded` returns."""
    return face, baseline, [(left + start, letter) for start, letter in _corrected(letters, face)], part


def _corrected(letters: list, face: Face) -> list:
    """Return the letters with I corrected to l, and O to 0, where the neighbouring letters decide."""
    signs = [letter.character for _, letter in letters]
    named = {letter.character: letter for letter in face.known}
    for index, sign in enumerate(signs):
        close = index and letters[index][0] - letters[index - 1][0] < face.size
        around = [*signs[max(index - 1, 0) : index], *signs[index + 1 : index + 2]]
        if sign == "I" and close and signs[index - 1].islower():
            signs[index] = "l"
        elif sign == "O" and any(other.isdecimal() for other in around):
            signs[index] = "0"
    return [(start, named[sign]) for (start, _), sign in zip(letters, signs)]


def _style(ink: np.ndarray, styles: Styles) -> tuple[str, int, int] | None:
    """Return the (face, size, baseline) that explains the start of a line best."""
    inked = np.flatnonzero((ink > 0.4).any(axis=0))
    if not len(inked):
        return None
    runs = np.split(inked, np.flatnonzero(np.diff(inked) > 1) + 1)  # one letter each, or several that touch
    tops, bottoms = Counter(), Counter()
    for minimum in (0.2, 0.4):  # faint rows belong to letters, or to noise
        rows = [np.flatnonzero((ink[:, run] > minimum).any(axis=1)) for run in runs]
        tops[min(int(row[0]) for row in rows)] += 1
        bottoms.update(int(row[-1]) + 1 for row in rows)
    likely = [row for row, _ in bottoms.most_common(2)]
    tall = likely[0] - min(tops)
    first, width = max(int(inked[0]) - 2, 0), int(inked[-1] - inked[0])
    best = (0.0, ())

    def score(name, size, baseline, ems):
        face = face_of(name, size)
        part, letters = _division(ink[:, first : first + ems * size], face, baseline)
        return part * (1 + _even(letters, face)) / 2

    def try_styles(styles, baselines):
        nonlocal best
        for name, size in styles:
            for baseline in baselines:
                best = max(best, (score(name, size, baseline, _SAMPLE), (name, size, baseline)))
                if best[0] > GOOD and width > _SHORT * size:
                    return True
        return best[0] > GOOD

    def first_letters(style, baselines):
        return max(score(*style, baseline, _START) for baseline in baselines)

    def try_guesses():
        # The first letters rank all styles; only the best are tried at other baselines and on more of the line.
        ranks = {}
        for style in guesses:
            ranks[style] = first_letters(style, around[:1])
            if ranks[style] > GOOD and try_styles([style], around[:1]):
                return True
        likely = sorted(ranks, key=ranks.get, reverse=True)[: 3 * _TRIED]
        likely.sort(key=lambda style: first_letters(style, around[:3]), reverse=True)
        return try_styles(likely[:_TRIED], around)

    around = sorted(
        {row + step for row in likely for step in (0, -1, 1)}, key=lambda row: abs(row - likely[0])
    )
    known = [style for style, _ in styles.most_common(9) if 0.45 * style[1] <= tall <= 1.2 * style[1]]
    parts = (0.55, 0.73, 0.77, 0.62)[: 3 + (len(runs) == 1)]  # a tick alone is lower than a capital
    sizes = sorted({size for row in likely for top in tops for size in _sizes(row - top, parts)})
    guesses = [(name, size) for size in sizes for name in FACES if (name, size) not in known]
    convincing = try_styles(known, around) or best[1] and styles.is_usual(best[1][:2], best[0])
    convincing = convincing or try_guesses()
    if not convincing and best[0] <= FAIR:
        return None
    if width > _SHORT * tall or styles[best[1][:2]] > 1:  # a few short texts are as certain as a long one
        styles.scores.setdefault(best[1][:2], best[0])
    return best[1]


def _even(letters: list, face: Face) -> float:
    """Return the fraction of letters that stand exactly at the pen position after the previous letter."""
    right = count = 0
    for (start, letter), (after, other) in zip(letters, letters[1:]):
        pen, end = start - letter.left + letter.advance, start + letter.cover.shape[1]
        gaps = [after - max(pen + other.left + spaces * face.space, end + 1) for spaces in (0, 1)]
        if gaps[1] <= 1:  # a wider gap begins another text
            count += 1
            right += 0 in gaps
    return right / count if count else 0.9


def _sizes(tall: int, parts) -> list[int]:
    """Return the sizes at which a height of one of `parts` (in ems) gives `tall` pixels."""
    return [
        size
        for size in range(MINIMUM + 1, 97)
        if any(abs(part * size - tall) <= 1.3 + 0.02 * tall for part in parts)
    ]


def _tiles(name: str, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the letters of a face at a common height: (H * W, n) float32, widths, rows above the baseline.

    Each begins with the blank column between letters.
    """
    spend(_FACE, (name, size))
    return (_small_tiles if size <= _SMALL else _large_tiles)(face_of(name, size))


def _drawn_tiles(face: Face) -> tuple[np.ndarray, np.ndarray, int]:
    above = max(-letter.top for letter in face.known)
    below = max(letter.top + letter.cover.shape[0] for letter in face.known)
    widths = np.array([letter.cover.shape[1] + 1 for letter in face.known])
    tiles = np.zeros((len(face.known), above + below, int(widths.max())), np.float32)
    for tile, letter in zip(tiles, face.known):
        top = above + letter.top
        cover = letter.cover / np.float32(FULL)
        tile[top : top + cover.shape[0], 1 : cover.shape[1] + 1] = cover
    return tiles.reshape(len(tiles), -1).T.copy(), widths, above


# Small letters take 0.4 MB per face, large ones 6 MB.
_small_tiles = lru_cache(maxsize=96)(_drawn_tiles)
_large_tiles = lru_cache(maxsize=8)(_drawn_tiles)


def _division(ink: np.ndarray, face: Face, baseline: int) -> tuple[float, list]:
    """Return the part of the ink that the best division explains, and its [(left, letter)]."""
    tiles, widths, above = _tiles(face.name, face.size)
    spend(200 + 2.5 * ink.shape[1] + ink.shape[1] * tiles.size / _PER_MICROSECOND)
    maximum = int(widths.max())
    high = len(tiles) // maximum
    top = baseline - above
    framed = np.zeros((high, ink.shape[1] + 2 + maximum), np.float32)
    rows = np.arange(max(top, 0), min(top + high, len(ink)))
    framed[rows - top, 1 : ink.shape[1] + 1] = ink[rows]
    total = float((ink * ink).sum())
    columns = ink.shape[1] + 2
    windows = np.lib.stride_tricks.sliding_window_view(framed, maximum, axis=1)  # (H, columns + 1, W)
    windows = windows.transpose(1, 0, 2)[:columns].reshape(columns, -1)
    energy = np.concatenate([[0.0], np.cumsum((framed * framed).sum(axis=0, dtype=np.float64))])
    own = (tiles * tiles).sum(axis=0)
    cost = (energy[np.arange(columns)[:, None] + widths] - energy[:columns, None]) + own + _EACH
    cost = cost - 2 * (windows @ tiles)
    # Of the letters of one width, only the cheapest at each column can be part of the best division.
    groups = [(width, np.flatnonzero(widths == width)) for width in np.unique(widths).tolist()]
    cheapest = [(width, group[cost[:, group].argmin(axis=1)]) for width, group in groups]
    prices = [(width, cost[np.arange(columns), letter].tolist()) for width, letter in cheapest]
    chosen = dict(cheapest)
    spent, choice = [0.0] * (columns + 1), [0] * (columns + 1)  # choice: width of the letter that ends here
    blank = np.diff(energy).tolist()
    for end in range(1, columns + 1):
        best, taken = spent[end - 1] + blank[end - 1], 0
        for width, price in prices:
            start = end - width
            if start < 0:
                break
            if (new := spent[start] + price[start]) < best:
                best, taken = new, width
        spent[end], choice[end] = best, taken
    letters, column = [], columns
    while column > 0:
        width = choice[column]
        column -= max(width, 1)
        if width:  # the frame adds one blank column, so the ink starts at the letter's own column
            letters.append((column, face.known[int(chosen[width][column])]))
    missed = total - energy[columns] + spent[columns] - _EACH * len(letters)
    return 1 - missed / max(total, 1e-9), letters[::-1]
