"""Anti-aliased lines, discs and slices in integer arithmetic, for charts and faces."""

import math

import numpy as np

from mmlab.world.documents.page import blend
from mmlab.world.letters import FULL

_FINE = 4  # samples along a pixel


def stroke(image: np.ndarray, start, end, ink, width: int) -> None:
    """Draw a straight line of `width` pixels from `start` to `end`, both (x, y), with round ends."""
    radius = width * _FINE  # in half samples, because the middle of a sample lies between two integers
    (x0, y0), (x1, y1) = ((2 * _FINE * x + _FINE, 2 * _FINE * y + _FINE) for x, y in (start, end))
    reach = width // 2 + 2

    def inside(x, y):
        along = (x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        across = (x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)
        body = (0 <= along) & (along <= length) & (across**2 <= radius**2 * length)
        caps = [(x - a) ** 2 + (y - b) ** 2 <= radius**2 for a, b in ((x0, y0), (x1, y1))]
        return body | caps[0] | caps[1]

    box = (
        min(start[0], end[0]) - reach,
        min(start[1], end[1]) - reach,
        max(start[0], end[0]) + reach + 1,
        max(start[1], end[1]) + reach + 1,
    )
    _fill(image, box, ink, inside)


def disc(image: np.ndarray, centre, radius: int, ink, hole: int = 0) -> None:
    """Draw a disc, or a ring with a hole, of `radius` pixels around the middle of pixel (x, y)."""
    x0, y0 = (2 * _FINE * coordinate + _FINE for coordinate in centre)

    def inside(x, y):
        distance = (x - x0) ** 2 + (y - y0) ** 2
        return (distance <= (2 * _FINE * radius) ** 2) & (distance >= (2 * _FINE * hole) ** 2)

    x, y = centre
    _fill(image, (x - radius - 1, y - radius - 1, x + radius + 2, y + radius + 2), ink, inside)


def slice_of(image: np.ndarray, centre, radius: int, ink, part: tuple[int, int, int]) -> None:
    """Draw a slice of a pie chart: parts `first` to `last` of `whole`, clockwise from the top.

    part    (first, last, whole) int
    """
    first, last, whole = part
    x0, y0 = (2 * _FINE * coordinate + _FINE for coordinate in centre)
    # Directions in millionths: rounding removes the differences between mathematics libraries.
    ways = [
        (
            round(1e6 * math.sin(2 * math.pi * step / whole)),
            -round(1e6 * math.cos(2 * math.pi * step / whole)),
        )
        for step in (first, last)
    ]

    def inside(x, y):
        x, y = x - x0, y - y0
        after, before = (way[0] * y - way[1] * x >= 0 for way in ways)
        wide = 2 * (last - first) > whole
        turned = (after | ~before) if wide else (after & ~before)
        return turned & (x * x + y * y <= (2 * _FINE * radius) ** 2)

    x, y = centre
    _fill(image, (x - radius - 1, y - radius - 1, x + radius + 2, y + radius + 2), ink, inside)


def polygon(image: np.ndarray, points, ink) -> None:
    """Fill a convex polygon with its corners (x, y) in clockwise order."""
    corners = [(2 * _FINE * x + _FINE, 2 * _FINE * y + _FINE) for x, y in points]

    def inside(x, y):
        within = True
        for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
            within = within & ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= 0)
        return within

    lefts, tops = zip(*points)
    _fill(image, (min(lefts) - 1, min(tops) - 1, max(lefts) + 2, max(tops) + 2), ink, inside)


def _fill(image: np.ndarray, box, ink, inside) -> None:
    """Fill the area where `inside` is true with ink, within a box of pixels; x, y are in half samples."""
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[2], image.shape[1]), min(box[3], image.shape[0])
    if left >= right or top >= bottom:
        return
    x = 2 * np.arange(left * _FINE, right * _FINE, dtype=np.int64)[None, :] + 1
    y = 2 * np.arange(top * _FINE, bottom * _FINE, dtype=np.int64)[:, None] + 1
    covered = np.broadcast_to(inside(x, y), (y.shape[0], x.shape[1]))
    parts = covered.reshape(bottom - top, _FINE, right - left, _FINE).sum(axis=(1, 3))
    blend(image[top:bottom, left:right], ink, parts * FULL // _FINE**2)
