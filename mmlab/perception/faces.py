"""Find drawn faces in an image: two dark eyes above a mouth, on a disc of one colour."""

import numpy as np
from scipy import ndimage

from mmlab.perception.budget import budgeted, spend
from mmlab.perception.scene import checked

_DARK = 80  # eyes and mouths are darker than this; heads are lighter
_LIGHTNESS = np.array([2, 5, 1])


@budgeted(0.4, otherwise=[])
def read_faces(image: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Return the boxes (left, top, right, bottom) of the faces of an image, from left to right.

    image    (h, w, 3) uint8   drawn by `faces`; a blurred or covered face does not count
    returns  boxes, exact to a few pixels
    raises   ShapeError        when the array is not one image
    """
    pixels = checked(image).astype(np.int32)
    light = pixels @ _LIGHTNESS // 8
    labels, _ = ndimage.label(light < _DARK, np.ones((3, 3)))
    marks = [_Mark(rows, columns) for rows, columns in ndimage.find_objects(labels)]
    marks = [mark for mark in marks if mark.wide < image.shape[1] // 3]
    eyes = sorted((mark for mark in marks if mark.is_round), key=lambda mark: mark.x)
    boxes = []
    for index, left in enumerate(eyes):
        for right in eyes[index + 1 :]:
            spend(2 + len(marks) / 4)
            box = _head(light, left, right, marks)
            if box is not None and _stands_off(pixels, box):
                boxes.append(box)
    return sorted(boxes)


class _Mark:
    """A dark patch: its centre and its size."""

    def __init__(self, rows: slice, columns: slice):
        self.y, self.x = (rows.start + rows.stop - 1) / 2, (columns.start + columns.stop - 1) / 2
        self.high, self.wide = rows.stop - rows.start, columns.stop - columns.start
        self.is_round = max(self.high, self.wide) <= min(self.high, self.wide) * 1.4 + 1


def _head(
    light: np.ndarray, left: _Mark, right: _Mark, marks: list[_Mark]
) -> tuple[int, int, int, int] | None:
    """Return the box of the head whose eyes are two marks, or None when they are not eyes."""
    apart = right.x - left.x
    if abs(left.y - right.y) > 2 + apart / 20 or not 1.5 <= apart / max(left.wide, right.wide) <= 5:
        return None
    radius = apart / 0.75  # eyes lie 3/8 of a radius beside the centre and 1/4 above it
    x, y = (left.x + right.x) / 2, (left.y + right.y) / 2 + radius / 4
    mouths = [
        m
        for m in marks
        if abs(m.x - x) < radius / 6 and 0.2 * radius < m.y - y < 0.65 * radius and m.wide > left.wide
    ]
    # Between the eyes, on the chin and on both cheeks the skin has the same colour.
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
    """Return whether a head is a disc of one colour on another colour, unlike the lines of a page."""
    left, top, right, bottom = box
    radius = (right - left) / 2
    height, width = pixels.shape[:2]
    chin = round((top + bottom) / 2 + 0.75 * radius)  # rounding may move it out of the image
    skin = pixels[min(chin, height - 1), (left + right) // 2]
    turns = np.arange(8) * np.pi / 4
    near, far = (
        np.rint(
            [(top + bottom) / 2 + reach * np.sin(turns), (left + right) / 2 + reach * np.cos(turns)]
        ).astype(int)
        for reach in (0.85 * radius, 1.2 * radius + 3)
    )
    visible = [bool((point >= 0).all() and (point < pixels.shape[:2]).all()) for point in far.T]
    off = [int(np.abs(pixels[tuple(point)] - skin).max()) > 20 for point, seen in zip(far.T, visible) if seen]
    inside = pixels[near[0].clip(0, height - 1), near[1].clip(0, width - 1)]
    return bool((np.abs(inside - skin).max(axis=1) <= 24).all()) and sum(off) >= len(off) - 1 > 0
