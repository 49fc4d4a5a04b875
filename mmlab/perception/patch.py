"""Recognise the shape of one patch of ink: the drawing that equals it, or else the most similar one.

The input is the coverage, the fraction of ink in each pixel. Its area and its
centre of mass leave a few candidate drawings (kind, size, position); the one with
the smallest difference from the patch is the result.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mmlab.perception.budget import spend
from mmlab.perception.colours import colour_name
from mmlab.perception.kinds import kind_of, outline_centre
from mmlab.world import glyphs
from mmlab.world.render import LARGEST, MINIMUM
from mmlab.world.scene import CANVAS, KINDS, RADIUS, SIZES

EXACT = 0.006  # mean difference in coverage that rounding alone causes
_STEPS = sorted(
    ((y, x) for y in range(-2, 3) for x in range(-2, 3)),
    key=lambda step: (max(map(abs, step)), sum(map(abs, step))),
)  # from a centre outwards


@dataclass(frozen=True, slots=True)
class Seen:
    """One shape in an image.

    kind, size   one of KINDS, one of SIZES
    colour       one of COLOURS; "black", "grey" or "white" for a shape in none of these colours
    x, y         float   centre in units of CANVAS, from the left and the top edge
    box          (left, top, right, bottom) in pixels, right and bottom exclusive
    sure         float   confidence, 0 to 1; 1 where every pixel is as `render` draws it
    """

    kind: str
    colour: str
    size: str
    x: float
    y: float
    box: tuple[int, int, int, int]
    sure: float


def recognise(canvas, window, cover, ink) -> Seen | None:
    """Return the shape of a patch, or None when it cannot be recognised.

    canvas  shape of the whole image (h, w, ...)
    window  (rows, columns) slices   where the patch lies
    cover   (rows, columns) float    fraction of ink in each of its pixels, 0 to 1
    ink     (3,) int                 its colour
    """
    drawn = _drawn(canvas, window, cover, ink)
    if drawn and drawn.sure == 1:
        return drawn
    views = filter(None, (drawn, _alike(canvas, window, cover, ink)))
    return max(views, key=lambda view: view.sure, default=None)


def _drawn(canvas, window, cover, ink) -> Seen | None:
    """Return the shape whose drawing equals a patch, or None when none is close."""
    height, width = canvas[:2]
    colour, far = colour_name(ink)
    if height != width or not MINIMUM <= width <= LARGEST or far > 40:
        return None
    unit = CANVAS / width
    amount = cover.sum() * unit * unit
    rows, columns = (np.arange(part.start, part.stop) + 0.5 for part in window)
    middle = np.array([cover.sum(axis=1) @ rows, cover.sum(axis=0) @ columns]) * unit / cover.sum()
    best = (2.0,)
    # The most likely first: an exact match ends the search.
    for kind, size, area, offset in sorted(_moments(), key=lambda m: abs(m[2] - amount)):
        if abs(area - amount) <= 0.3 * area + 3 * unit and best[0] > EXACT:
            best = min(best, _closest(window, cover, (kind, size), middle - offset, width))
    if len(best) == 1:
        return None
    error, kind, size, y, x = best
    sure = 1.0 if error <= EXACT else 1 - error
    return Seen(KINDS[kind], colour, SIZES[size], x, y, _box(window, cover), sure)


def _closest(window, cover, drawing, middle, width) -> tuple:
    """Return (error, kind, size, y, x) of the position near `middle` where a drawing fits best."""
    radius = RADIUS[SIZES[drawing[1]]]
    centre = np.rint(middle).astype(int)
    best = (2.0,)
    for step in _STEPS if width < 64 else _STEPS[:9]:
        y, x = (centre + step).tolist()
        if radius <= min(y, x) and max(y, x) <= CANVAS - radius:
            best = min(best, (_error(window, cover, *drawing, (y, x), width), *drawing, y, x))
            if best[0] <= EXACT:
                break
    return best


def _error(window, cover, kind, size, centre, width) -> float:
    """Return the mean difference in coverage of a patch and a drawing, relative to the shape's area."""
    spend(50)
    radius = RADIUS[SIZES[size]]
    (top, above), (left, before) = (divmod((middle - radius) * width, CANVAS) for middle in centre)
    tile = glyphs.tile(width, kind, size, above, before) / glyphs.FULL
    other = np.zeros_like(tile)
    rows, columns = (
        slice(max(part.start - start, 0), max(min(part.stop - start, tile.shape[0]), 0))
        for part, start in zip(window, (top, left))
    )
    inner = cover[
        max(top - window[0].start, 0) : max(top + tile.shape[0] - window[0].start, 0),
        max(left - window[1].start, 0) : max(left + tile.shape[1] - window[1].start, 0),
    ]
    other[rows, columns] = inner
    outside = cover.sum() - inner.sum()
    return float((np.abs(tile - other).sum() + outside) / tile.sum())


@lru_cache(maxsize=1)
def _moments() -> list[tuple[int, int, float, np.ndarray]]:
    """Return (kind, size, area in square units, centroid relative to the centre) of every drawing."""
    moments = []
    for kind in range(len(KINDS)):
        for size, name in enumerate(SIZES):
            tile = glyphs.tile(CANVAS, kind, size, 0, 0) / glyphs.FULL
            steps = np.arange(len(tile)) + 0.5 - RADIUS[name]
            centre = np.array([tile.sum(axis=1) @ steps, tile.sum(axis=0) @ steps]) / tile.sum()
            moments.append((kind, size, float(tile.sum()), centre))
    return moments


def _alike(canvas, window, cover, ink) -> Seen | None:
    """Return the most similar shape to a patch, for any size and canvas."""
    if cover.max() <= 0.5:
        return None
    spend(600 + 0.02 * cover.size)
    left, top, right, bottom = box = _box(window, cover)
    rows, columns = window
    own = cover[top - rows.start : bottom - rows.start, left - columns.start : right - columns.start]
    kind, sure = kind_of(own > 0.5)
    height, width = bottom - top, right - left
    if not 0.6 < height / width < 1.7:
        sure /= 2  # a bar, which is not one of the kinds
    first, upper, last, lower = outline_centre(kind)
    radius = max(width / (last - first), height / (lower - upper))
    x = (left - width * first / (last - first)) * CANVAS / canvas[1]
    y = (top - height * upper / (lower - upper)) * CANVAS / canvas[0]
    size = SIZES[int(radius * CANVAS / min(canvas[:2]) * 2 > sum(RADIUS.values()))]
    return Seen(kind, colour_name(ink)[0], size, x, y, box, min(sure, 0.99))


def _box(window, cover) -> tuple[int, int, int, int]:
    """Return the box (left, top, right, bottom) of the pixels that are at least half covered."""
    rows, columns = (np.flatnonzero((cover > 0.5).any(axis=axis)) for axis in (1, 0))
    top, left = window[0].start, window[1].start
    return (int(left + columns[0]), int(top + rows[0]), int(left + columns[-1] + 1), int(top + rows[-1] + 1))
