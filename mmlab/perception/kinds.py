"""Classify the kind of a silhouette, independently of its size and proportions.

A silhouette is resampled to GRID x GRID samples of its box and compared with
examples of every kind in several proportions: thick and thin crosses, wide and
narrow rings, stars with deep and shallow notches.
"""

from functools import lru_cache

import numpy as np
from scipy import ndimage

from mmlab.world.glyphs import DISC, HOLE, OUTLINES

GRID = 32
_STEPS = (np.arange(GRID) + 0.5) / GRID


def kind_of(mask: np.ndarray) -> tuple[str, float]:
    """Return the most similar kind of a silhouette and the similarity, 0 to 1.

    mask     (h, w) bool   cropped to the silhouette; holes stay open
    returns  (one of KINDS, intersection over union with the most similar example)
    """
    names, examples = _examples()
    best = _nearest(stretched(mask), examples)
    kind, alike = names[best[0]], best[1]
    # An outline that is not a ring: an unfilled square or star.
    filled = ndimage.binary_fill_holes(mask)
    if filled.sum() > 1.15 * mask.sum():
        other = _nearest(stretched(filled), examples)
        if other[1] > max(alike, 0.8) and names[other[0]] not in ("circle", "ring"):
            return names[other[0]], other[1]
    return kind, alike


def stretched(mask: np.ndarray) -> np.ndarray:
    """Return a mask sampled at GRID x GRID positions of its box, bool (GRID * GRID,)."""
    rows, columns = ((_STEPS * side).astype(np.intp) for side in mask.shape)
    return mask[np.ix_(rows, columns)].reshape(-1)


def _nearest(view: np.ndarray, examples: np.ndarray) -> tuple[int, float]:
    """Return the index of the example with the largest overlap, and the intersection over union."""
    both = (examples & view).sum(axis=1)
    either = (examples | view).sum(axis=1)
    alike = both / np.maximum(either, 1)
    best = int(alike.argmax())
    return best, float(alike[best])


@lru_cache(maxsize=1)
def _examples() -> tuple[list[str], np.ndarray]:
    """Return the names and views of all examples: list of n, bool (n, GRID * GRID)."""
    names, views = [], []
    for kind, inside in _drawings():
        fine = (np.arange(256) + 0.5) / 128 - 1
        mask = inside(fine[None, :], fine[:, None])
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        names.append(kind)
        views.append(stretched(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))
    return names, np.array(views)


def _drawings():
    """Yield (kind, test of points x, y in -1 .. 1) of every example."""
    yield "circle", lambda x, y: x * x + y * y <= 1
    yield "square", lambda x, y: np.ones(np.broadcast(x, y).shape, bool)
    yield "square", lambda x, y: abs(x) + abs(y) <= 1  # stands on a corner
    for lean in (-1, -0.5, 0, 0.5, 1):
        yield "triangle", lambda x, y, lean=lean: abs(x - lean * (1 - y) / 2) <= (1 + y) / 2
    for down in (1, -1):
        yield "triangle", lambda x, y, down=down: abs(x) <= (1 - down * y) / 2
        yield "triangle", lambda x, y, down=down: abs(y) <= (1 - down * x) / 2
    for arm in (0.12, 0.2, 0.26, 320 / 980, 0.4):
        yield "cross", lambda x, y, arm=arm: (abs(x) <= arm) | (abs(y) <= arm)
        # Saltire: the same cross turned by an eighth.
        yield "cross", lambda x, y, arm=arm: (abs(x - y) <= 1.4 * arm) | (abs(x + y) <= 1.4 * arm)
    for hole in (0.3, 0.45, HOLE / DISC, 0.68, 0.8, 0.9):
        yield "ring", lambda x, y, hole=hole: (x * x + y * y <= 1) & (x * x + y * y >= hole**2)
    for depth in (0.34, 0.382, 0.44, 0.5):
        for turn in (0.0, 0.5):
            yield "star", lambda x, y, depth=depth, turn=turn: _star(x, y, depth, turn)


def _star(x, y, depth: float, turn: float) -> np.ndarray:
    """Return which points lie inside a five-pointed star whose notches are `depth` deep."""
    angle = (np.arctan2(x, -y) / (2 * np.pi / 5) + turn + 0.5) % 1 - 0.5
    angle = np.abs(angle) * (2 * np.pi / 5)
    reach = np.hypot(x, y)
    # The edge runs from the tip (radius 1, angle 0) to the notch (radius depth, angle 36 degrees).
    notch = np.pi / 5
    edge = (
        depth
        * np.sin(notch)
        / (np.sin(angle) * (1 - depth * np.cos(notch)) + np.cos(angle) * depth * np.sin(notch))
    )
    return reach <= edge


def outline_centre(kind: str) -> tuple[float, float, float, float]:
    """Return the box of a kind relative to its centre, in radii: left, top, right, bottom."""
    if kind in ("circle", "ring"):
        return (-DISC / 1000, -DISC / 1000, DISC / 1000, DISC / 1000)
    points = np.array([point for part in OUTLINES[kind] for point in part]) / 1000
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
