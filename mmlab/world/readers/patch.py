"""Which shape one patch of ink is: the drawing that equals it, or else the most alike.

A patch is told by how much of each pixel is ink. Its area and its centre of mass
leave a few drawings (kind, size, place) that it can be; their difference from
the patch decides.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mmlab.world import glyphs
from mmlab.world.readers.colours import colour_name
from mmlab.world.readers.kinds import kind_of, outline_centre
from mmlab.world.render import LARGEST, LEAST
from mmlab.world.scene import CANVAS, KINDS, RADIUS, SIZES

EXACT = 0.006  # mean difference in coverage that rounding alone makes
_STEPS = sorted(
    ((y, x) for y in range(-2, 3) for x in range(-2, 3)),
    key=lambda step: (max(map(abs, step)), sum(map(abs, step))),
)  # from a centre outwards


@dataclass(frozen=True, slots=True)
class Seen:
    """One shape that was seen.

    kind, size   of KINDS, of SIZES
    colour       of COLOURS; "black", "grey" or "white" for a shape that has none of them
    x, y         float   centre in units of CANVAS, from the left and the top edge
    box          (left, top, right, bottom) in pixels, right and bottom just outside
    sure         float   0 to 1; 1 where every pixel is as `render` draws it
    """

    kind: str
    colour: str
    size: str
    x: float
    y: float
    box: tuple[int, int, int, int]
    sure: float


def told(canvas, place, cover, ink) -> Seen | None:
    """Return the shape that a patch shows, or None when it is nothing that can be told.

    canvas  shape of the whole picture (h, w, ...)
    place   (rows, columns) slices   where the patch lies
    cover   (rows, columns) float    how much of each of its pixels is ink, 0 to 1
    ink     (3,) int                 its colour
    """
    drawn = _drawn(canvas, place, cover, ink)
    if drawn and drawn.sure == 1:
        return drawn
    views = filter(None, (drawn, _alike(canvas, place, cover, ink)))
    return max(views, key=lambda view: view.sure, default=None)


def _drawn(canvas, place, cover, ink) -> Seen | None:
    """Return the shape whose own drawing equals a patch, or None when nothing comes close."""
    height, width = canvas[:2]
    colour, far = colour_name(ink)
    if height != width or not LEAST <= width <= LARGEST or far > 40:
        return None
    unit = CANVAS / width
    amount = cover.sum() * unit * unit
    rows, columns = (np.arange(part.start, part.stop) + 0.5 for part in place)
    middle = np.array([cover.sum(axis=1) @ rows, cover.sum(axis=0) @ columns]) * unit / cover.sum()
    best = (2.0,)
    # The likeliest first: an exact one ends the search.
    for kind, size, area, offset in sorted(_moments(), key=lambda m: abs(m[2] - amount)):
        if abs(area - amount) <= 0.3 * area + 3 * unit and best[0] > EXACT:
            best = min(best, _closest(place, cover, (kind, size), middle - offset, width))
    if len(best) == 1:
        return None
    error, kind, size, y, x = best
    sure = 1.0 if error <= EXACT else 1 - error
    return Seen(KINDS[kind], colour, SIZES[size], x, y, _box(place, cover), sure)


def _closest(place, cover, drawing, middle, width) -> tuple:
    """Return (error, kind, size, y, x) of the place near `middle` where a drawing fits best."""
    radius = RADIUS[SIZES[drawing[1]]]
    centre = np.rint(middle).astype(int)
    best = (2.0,)
    for step in _STEPS if width < 64 else _STEPS[:9]:
        y, x = (centre + step).tolist()
        if radius <= min(y, x) and max(y, x) <= CANVAS - radius:
            best = min(best, (_error(place, cover, *drawing, (y, x), width), *drawing, y, x))
            if best[0] <= EXACT:
                break
    return best


def _error(place, cover, kind, size, centre, width) -> float:
    """Return the mean difference in coverage, over the shape's area, of a patch and a drawing."""
    radius = RADIUS[SIZES[size]]
    (top, above), (left, before) = (divmod((middle - radius) * width, CANVAS) for middle in centre)
    tile = glyphs.tile(width, kind, size, above, before) / glyphs.FULL
    other = np.zeros_like(tile)
    rows, columns = (
        slice(max(part.start - start, 0), max(min(part.stop - start, tile.shape[0]), 0))
        for part, start in zip(place, (top, left))
    )
    window = cover[
        max(top - place[0].start, 0) : max(top + tile.shape[0] - place[0].start, 0),
        max(left - place[1].start, 0) : max(left + tile.shape[1] - place[1].start, 0),
    ]
    other[rows, columns] = window
    outside = cover.sum() - window.sum()
    return float((np.abs(tile - other).sum() + outside) / tile.sum())


@lru_cache(maxsize=1)
def _moments() -> list[tuple[int, int, float, np.ndarray]]:
    """Return (kind, size, area in square units, centroid from the centre) of every drawing."""
    moments = []
    for kind in range(len(KINDS)):
        for size, name in enumerate(SIZES):
            tile = glyphs.tile(CANVAS, kind, size, 0, 0) / glyphs.FULL
            steps = np.arange(len(tile)) + 0.5 - RADIUS[name]
            centre = np.array([tile.sum(axis=1) @ steps, tile.sum(axis=0) @ steps]) / tile.sum()
            moments.append((kind, size, float(tile.sum()), centre))
    return moments


def _alike(canvas, place, cover, ink) -> Seen | None:
    """Return the shape that a patch is most like, whatever its size and its canvas."""
    if cover.max() <= 0.5:
        return None
    left, top, right, bottom = box = _box(place, cover)
    rows, columns = place
    own = cover[top - rows.start : bottom - rows.start, left - columns.start : right - columns.start]
    kind, sure = kind_of(own > 0.5)
    height, width = bottom - top, right - left
    if not 0.6 < height / width < 1.7:
        sure /= 2  # a bar, not one of the kinds
    first, upper, last, lower = outline_centre(kind)
    radius = max(width / (last - first), height / (lower - upper))
    x = (left - width * first / (last - first)) * CANVAS / canvas[1]
    y = (top - height * upper / (lower - upper)) * CANVAS / canvas[0]
    size = SIZES[int(radius * CANVAS / min(canvas[:2]) * 2 > sum(RADIUS.values()))]
    return Seen(kind, colour_name(ink)[0], size, x, y, box, min(sure, 0.99))


def _box(place, cover) -> tuple[int, int, int, int]:
    """Return the box (left, top, right, bottom) of the pixels that are at least half covered."""
    rows, columns = (np.flatnonzero((cover > 0.5).any(axis=axis)) for axis in (1, 0))
    top, left = place[0].start, place[1].start
    return (int(left + columns[0]), int(top + rows[0]),
            int(left + columns[-1] + 1), int(top + rows[-1] + 1))  # fmt: skip
