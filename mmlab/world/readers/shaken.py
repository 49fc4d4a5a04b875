"""Lines whose pixels were shaken, by compression or noise: the letters that explain them best.

A line is divided into letters and blank columns. Each letter costs the squared
difference of its drawing and the pixels under it, each blank column the ink that
it leaves unexplained; the cheapest division is found by dynamic programming.
"""

from collections import Counter
from functools import lru_cache

import numpy as np

from mmlab.world.letters import FACES, LEAST
from mmlab.world.readers.letterforms import Face, face_of

GOOD, FAIR = 0.92, 0.7  # scores of a reading: surely the right style, a text at all
_SHORT = 4  # a few letters can be explained in many styles: they must be explained better
_BESIDE = 0.85  # part of a mark that the face of the text beside it must explain
_EACH = 0.25  # cost of a letter, so that specks are no dots
_TALLEST = 72  # rows of a line that is looked at
_SAMPLE = 9  # ems that are enough to tell a style


def decoded(crop: np.ndarray, origin, styles: Counter, beside=()) -> tuple | None:
    """Return the best reading of a line, or none.

    crop     (h, w) int   depth of the line's ink
    origin   (left, top) of the crop on the page
    styles   Counter      (face, size) seen on the page so far; the one found is added
    beside   (face, size, baseline) of the texts beside it, the nearest first: they tell a few marks
    returns  (face, baseline on the page, [(left on the page, letter)], part explained)
    """
    marks = crop[crop > 0.4 * crop.max()]
    if not marks.size:
        return None
    ink = np.clip(crop / float(np.percentile(marks, 90)), 0, 1.2).astype(np.float32)
    left, top = origin
    for name, size, baseline in beside:
        if crop.shape[1] < 2 * size + 12:
            # A thin mark holds no whole pixel of ink: how dark its ink is must be tried.
            readings = [_division(ink * dark, face_of(name, size), baseline - top) for dark in (1, 0.75, 0.5)]
            part, letters = max(readings, key=lambda reading: reading[0])
            if part > _BESIDE:
                return _read(face_of(name, size), baseline, letters, left, part)
    # Letters leave most of their line bare, and are not as tall as a picture.
    best = None if (ink > 0.5).mean() > 0.6 or len(ink) > _TALLEST else _style(ink, styles)
    if best is None:
        return None
    name, size, baseline = best
    part, letters = _division(ink, face_of(name, size), baseline)
    plain = sum(one.character.isalnum() or one.character == "✓" for _, one in letters)
    # A bar alone is more often a line of the page than an I.
    doubtful = 2 * plain < len(letters) or len(letters) == 1 and letters[0][1].character in "Il"
    doubtful = doubtful and [name, size, baseline + top] not in beside
    if doubtful or part < (FAIR if len(letters) > _SHORT else (FAIR + GOOD) / 2):
        return None
    styles[name, size] += 1
    return _read(face_of(name, size), baseline + top, letters, left, part)


def _read(face: Face, baseline: int, letters: list, left: int, part: float) -> tuple:
    """Return what `decoded` returns."""
    return face, baseline, [(left + start, one) for start, one in _mended(letters, face)], part


def _mended(letters: list, face: Face) -> list:
    """Return the letters with I for l and O for 0 put right where the letters around them tell."""
    signs = [one.character for _, one in letters]
    named = {one.character: one for one in face.known}
    for place, sign in enumerate(signs):
        close = place and letters[place][0] - letters[place - 1][0] < face.size
        around = [*signs[max(place - 1, 0) : place], *signs[place + 1 : place + 2]]
        if sign == "I" and close and signs[place - 1].islower():
            signs[place] = "l"
        elif sign == "O" and any(other.isdecimal() for other in around):
            signs[place] = "0"
    return [(start, named[sign]) for (start, _), sign in zip(letters, signs)]


def _style(ink: np.ndarray, styles: Counter) -> tuple[str, int, int] | None:
    """Return the (face, size, baseline) in which the start of a line is explained best."""
    inked = np.flatnonzero((ink > 0.4).any(axis=0))
    if not len(inked):
        return None
    runs = np.split(inked, np.flatnonzero(np.diff(inked) > 1) + 1)  # each a letter, or a few that touch
    tops, bottoms = Counter(), Counter()
    for least in (0.2, 0.4):  # faint rows belong to letters, or to what shook them
        rows = [np.flatnonzero((ink[:, run] > least).any(axis=1)) for run in runs]
        tops[min(int(row[0]) for row in rows)] += 1
        bottoms.update(int(row[-1]) + 1 for row in rows)
    likely = [row for row, _ in bottoms.most_common(2)]
    tall = likely[0] - min(tops)
    first, width = max(int(inked[0]) - 2, 0), int(inked[-1] - inked[0])
    best = (0.0, ())

    def tried(styles, baselines):
        nonlocal best
        for name, size in styles:
            start = ink[:, first : first + _SAMPLE * size]
            for baseline in baselines:
                face = face_of(name, size)
                part, letters = _division(start, face, baseline)
                best = max(best, (part * (1 + _even(letters, face)) / 2, (name, size, baseline)))
                if best[0] > GOOD and width > _SHORT * size:
                    return True
        return best[0] > GOOD

    around = sorted({row + step for row in likely for step in (0, -1, 1)}, key=lambda row: abs(row - likely[0]))
    known = [style for style, _ in styles.most_common(9) if 0.45 * style[1] <= tall <= 1.2 * style[1]]
    parts = (0.55, 0.73, 0.77, 0.62)[: 3 + (len(runs) == 1)]  # a tick alone is lower than a capital
    sizes = sorted({size for row in likely for top in tops for size in _sizes(row - top, parts)})
    guesses = [(name, size) for size in sizes for name in FACES if (name, size) not in known]
    found = tried(known, around) or tried(guesses, around[:1]) or tried(guesses, around[1:])
    return best[1] if found or best[0] > FAIR else None


def _even(letters: list, face: Face) -> float:
    """Return the part of the letters that stand just where the letter before them puts them."""
    right = count = 0
    for (start, one), (after, other) in zip(letters, letters[1:]):
        pen, end = start - one.left + one.advance, start + one.cover.shape[1]
        gaps = [after - max(pen + other.left + spaces * face.space, end + 1) for spaces in (0, 1)]
        if gaps[1] <= 1:  # beyond that another text begins
            count += 1
            right += 0 in gaps
    return right / count if count else 0.9


def _sizes(tall: int, parts) -> list[int]:
    """Return the sizes in which something that is one of some parts of an em can be `tall` pixels high."""
    return [
        size for size in range(LEAST + 1, 97)
        if any(abs(part * size - tall) <= 1.3 + 0.02 * tall for part in parts)
    ]  # fmt: skip


@lru_cache(maxsize=64)
def _tiles(name: str, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return a face's letters on a common height: (H * W, n) float32, their widths, rows above the baseline.

    Each begins with the blank column that parts letters.
    """
    face = face_of(name, size)
    above = max(-one.top for one in face.known)
    below = max(one.top + one.cover.shape[0] for one in face.known)
    widths = np.array([one.cover.shape[1] + 1 for one in face.known])
    tiles = np.zeros((len(face.known), above + below, int(widths.max())), np.float32)
    for tile, one in zip(tiles, face.known):
        top = above + one.top
        tile[top : top + one.cover.shape[0], 1 : one.cover.shape[1] + 1] = one.cover
    return tiles.reshape(len(tiles), -1).T.copy(), widths, above


def _division(ink: np.ndarray, face: Face, baseline: int) -> tuple[float, list]:
    """Return the part of the ink that the best division explains, and its [(left, letter)]."""
    tiles, widths, above = _tiles(face.name, face.size)
    most = int(widths.max())
    high = len(tiles) // most
    top = baseline - above
    framed = np.zeros((high, ink.shape[1] + 2 + most), np.float32)
    rows = np.arange(max(top, 0), min(top + high, len(ink)))
    framed[rows - top, 1 : ink.shape[1] + 1] = ink[rows]
    total = float((ink * ink).sum())
    columns = ink.shape[1] + 2
    windows = np.lib.stride_tricks.sliding_window_view(framed, most, axis=1)  # (H, columns + 1, W)
    windows = windows.transpose(1, 0, 2)[:columns].reshape(columns, -1)
    energy = np.concatenate([[0.0], np.cumsum((framed * framed).sum(axis=0, dtype=np.float64))])
    own = (tiles * tiles).sum(axis=0)
    cost = (energy[np.arange(columns)[:, None] + widths] - energy[:columns, None]) + own + _EACH
    cost = cost - 2 * (windows @ tiles)
    ends = np.full((columns + most + 1, len(widths)), np.inf)  # cost of a letter by where it ends
    for letter, width in enumerate(widths.tolist()):
        ends[width : width + columns, letter] = cost[:, letter]
    spent, choice = np.zeros(columns + 1), np.full(columns + 1, -1)
    for end in range(1, columns + 1):
        spent[end] = spent[end - 1] + energy[end] - energy[end - 1]
        starts = end - widths
        sums = np.where(starts >= 0, spent[np.maximum(starts, 0)], np.inf) + ends[end]
        best = int(sums.argmin())
        if sums[best] < spent[end]:
            spent[end], choice[end] = sums[best], best
    letters, place = [], columns
    while place > 0:
        if choice[place] >= 0:
            one = face.known[choice[place]]
            place -= one.cover.shape[1] + 1
            letters.append((place, one))  # framed by one blank column: the ink starts right here
        else:
            place -= 1
    missed = total - energy[columns] + spent[columns] - _EACH * len(letters)
    return 1 - missed / max(total, 1e-9), letters[::-1]
