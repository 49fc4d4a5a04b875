"""Drawn faces in a picture: two dark eyes above a mouth, on one round even patch."""

import numpy as np
from scipy import ndimage

from mmlab.world.readers.scene import checked

_DARK = 80  # eyes and mouths are darker than this; heads are lighter by as much again
_LIGHTNESS = np.array([2, 5, 1])


def read_faces(image: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Return the boxes (left, top, right, bottom) of the faces of a picture, from left to right.

    image    (h, w, 3) uint8   drawn by `faces`; a face that was blurred or blocked out is none
    returns  boxes, right to a few pixels
    raises   ShapeError        when it is not one picture
    """
    pixels = checked(image).astype(np.int32)
    light = pixels @ _LIGHTNESS // 8
    labels, _ = ndimage.label(light < _DARK, np.ones((3, 3)))
    marks = [_Mark(rows, columns) for rows, columns in ndimage.find_objects(labels)]
    marks = [mark for mark in marks if mark.wide < image.shape[1] // 3]
    eyes = sorted((mark for mark in marks if mark.is_round), key=lambda mark: mark.x)
    found = []
    for place, one in enumerate(eyes):
        for other in eyes[place + 1 :]:
            box = _head(light, one, other, marks)
            if box is not None and _stands_off(pixels, box):
                found.append(box)
    return sorted(found)


class _Mark:
    """A dark patch: its middle and its size."""

    def __init__(self, rows: slice, columns: slice):
        self.y, self.x = (rows.start + rows.stop - 1) / 2, (columns.start + columns.stop - 1) / 2
        self.high, self.wide = rows.stop - rows.start, columns.stop - columns.start
        self.is_round = max(self.high, self.wide) <= min(self.high, self.wide) * 1.4 + 1


def _head(light: np.ndarray, one: _Mark, other: _Mark, marks: list[_Mark]) -> tuple[int, int, int, int] | None:
    """Return the box of the head that two marks are the eyes of, or None when they are not."""
    apart = other.x - one.x
    if abs(one.y - other.y) > 2 + apart / 20 or not 1.5 <= apart / max(one.wide, other.wide) <= 5:
        return None
    radius = apart / 0.75  # eyes stand three eighths of a radius off the middle, a quarter above it
    x, y = (one.x + other.x) / 2, (one.y + other.y) / 2 + radius / 4
    mouths = [m for m in marks if abs(m.x - x) < radius / 6 and 0.2 * radius < m.y - y < 0.65 * radius and m.wide > one.wide]
    # Between the eyes, on the chin and on both cheeks is one skin.
    places = ((0, -0.25), (0, 0.75), (-0.72, 0.2), (0.72, 0.2), (0, -0.75))
    rows = np.array([round(y + part * radius) for _, part in places])
    columns = np.array([round(x + part * radius) for part, _ in places])
    if not mouths or rows.min() < 0 or columns.min() < 0:
        return None
    if rows.max() >= light.shape[0] or columns.max() >= light.shape[1]:
        return None
    skin = light[rows, columns]
    if np.ptp(skin) > 24 or skin.min() < _DARK + 8:
        return None
    edges = (x - radius, y - radius, x + radius + 1, y + radius + 1)
    return tuple(int(round(edge)) for edge in edges)


def _stands_off(pixels: np.ndarray, box) -> bool:
    """Return whether a head is a disc of one colour on another: between the lines of a page, it is not."""
    left, top, right, bottom = box
    radius = (right - left) / 2
    skin = pixels[round((top + bottom) / 2 + 0.75 * radius), (left + right) // 2]
    turns = np.arange(8) * np.pi / 4
    near, far = (
        np.rint([(top + bottom) / 2 + reach * np.sin(turns), (left + right) / 2 + reach * np.cos(turns)]).astype(int)
        for reach in (0.85 * radius, 1.2 * radius + 3)
    )
    shown = [bool((place >= 0).all() and (place < pixels.shape[:2]).all()) for place in far.T]
    off = [int(np.abs(pixels[tuple(place)] - skin).max()) > 20 for place, seen in zip(far.T, shown) if seen]
    height, width = pixels.shape[:2]
    inside = pixels[near[0].clip(0, height - 1), near[1].clip(0, width - 1)]
    return bool((np.abs(inside - skin).max(axis=1) <= 24).all()) and sum(off) >= len(off) - 1 > 0
