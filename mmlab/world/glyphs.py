"""Pixel coverage of the six kinds of shapes, in exact integer arithmetic.

A kind is drawn once per radius as a fine bitmap, FINE samples per unit, with
integer inside tests. A summed-area table of that bitmap gives the coverage of any
pixel with four look-ups. Without font engine and floats, the image is the same on
every platform.
"""

from functools import lru_cache

import numpy as np

from mmlab.world.scene import CANVAS, KINDS, RADIUS, SIZES

FINE = 16  # samples along one unit
FULL = 256  # coverage of a pixel that lies entirely inside

# Outlines in thousandths of the radius, y downwards; every part is convex and drawn clockwise.
_UPRIGHT = ((-320, -980), (320, -980), (320, 980), (-320, 980))
_LYING = ((-980, -320), (980, -320), (980, 320), (-980, 320))
_TIPS = ((0, -1000), (951, -309), (588, 809), (-588, 809), (-951, -309))
_NOTCHES = ((259, -356), (418, 136), (0, 440), (-418, 136), (-259, -356))
OUTLINES = {
    "square": (((-840, -840), (840, -840), (840, 840), (-840, 840)),),
    "triangle": (((0, -980), (980, 760), (-980, 760)),),
    "cross": (_UPRIGHT, _LYING),
    # One kite for each tip, from the centre.
    "star": tuple(((0, 0), _NOTCHES[tip - 1], _TIPS[tip], _NOTCHES[tip]) for tip in range(len(_TIPS))),
}
DISC, HOLE = 960, 540


@lru_cache(maxsize=4096)
def tile(image: int, kind: int, size: int, y: int, x: int) -> np.ndarray:
    """Return a shape's coverage of the pixels of its window, 0 to FULL.

    image  int   pixels along the image's side
    kind     int   index in KINDS
    size     int   index in SIZES
    y, x     int   distance from the window's corner down and right to the
                   shape's own corner, in 1 / image of a unit
    returns  (W, W) uint32, with W = `window(image, size)`
    """
    sums = _sums(kind, size)
    rows, columns = (_edges(image, size, offset) for offset in (y, x))
    # The bitmap ends where the shape ends, but a pixel at its edge has the same area as the others.
    inner = (np.clip(edges, 0, len(sums) - 1) for edges in (rows, columns))
    covered = np.diff(np.diff(sums[np.ix_(*inner)], axis=0), axis=1)
    area = np.outer(np.diff(rows), np.diff(columns))
    return ((covered * FULL + area // 2) // area).astype(np.uint32)


def window(image: int, size: int) -> int:
    """Return the width in pixels of a window that contains a shape for any position of its centre."""
    return -(-2 * RADIUS[SIZES[size]] * image // CANVAS) + 1


def _edges(image: int, size: int, offset: int) -> np.ndarray:
    """Return the window's pixel edges as rows (or columns) of the fine bitmap."""
    edges = np.arange(window(image, size) + 1, dtype=np.int64) * CANVAS - offset
    return (edges * FINE + image // 2) // image


@lru_cache
def _sums(kind: int, size: int) -> np.ndarray:
    """Return the summed-area table of a kind's fine bitmap, int64 (E + 1, E + 1)."""
    radius = RADIUS[SIZES[size]] * FINE
    # Sample centres as odd integers, scaled so that the radius is 1000 * scale.
    centres = (2 * np.arange(2 * radius, dtype=np.int64) + 1 - 2 * radius) * 1000
    inside = _inside(KINDS[kind], centres[None, :], centres[:, None], 2 * radius)
    return np.pad(inside.astype(np.int64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))


def _inside(kind: str, x: np.ndarray, y: np.ndarray, scale: int) -> np.ndarray:
    """Return which points lie inside a kind whose radius is 1000 * scale."""
    if kind in ("circle", "ring"):
        distance = x * x + y * y
        hole = HOLE if kind == "ring" else 0
        return (distance <= (DISC * scale) ** 2) & (distance >= (hole * scale) ** 2)
    return np.any([_inside_part(corners, x, y, scale) for corners in OUTLINES[kind]], axis=0)


def _inside_part(corners, x: np.ndarray, y: np.ndarray, scale: int) -> np.ndarray:
    """Return which points lie to the right of every edge, in clockwise direction."""
    inside = np.ones(np.broadcast(x, y).shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        inside &= (x1 - x0) * (y - y0 * scale) - (y1 - y0) * (x - x0 * scale) >= 0
    return inside
