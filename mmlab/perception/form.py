"""Recover the tick boxes of a form: which choices there are, and which of them are ticked."""

import numpy as np

from mmlab.perception import segmentation
from mmlab.perception.budget import budgeted, spend
from mmlab.perception.page import Line, read_page
from mmlab.perception.scene import checked

TICK = "✓"


@budgeted(0.4, otherwise={})
def read_choices(image: np.ndarray, lines: list[Line] | None = None) -> dict[str, bool]:
    """Return label → whether it is ticked, for each tick box with a label to its right, from top to bottom.

    image   (h, w, 3) uint8   a form of `mmlab.world`, at any scale
    lines   list of Line      its text, if it has been read already
    raises  ShapeError        when the array is not one image

    >>> from mmlab.world.documents import form
    >>> page = form(1)
    >>> read_choices(page.image) == page.fields["choices"]
    True
    """
    image = checked(image)
    lines = read_page(image) if lines is None else lines
    ticks = [line for line in lines if line.text == TICK]
    choices = {}
    for box in sorted(segmentation.on(image).outlines, key=lambda box: (box.top, box.left)):
        if box.right - box.left >= 1.3 * box.height:
            continue
        spend(5 + len(lines))
        label = _beside(lines, box.right, (box.top + box.bottom) / 2)
        if label is not None:
            choices[label.text] = any(_inside(tick, box) for tick in ticks)
    return choices


def ticked(label: Line, lines: list[Line]) -> bool:
    """Return whether a tick stands directly before a label: enough where only the text is known."""
    middle = (label.box[1] + label.box[3]) / 2
    return any(
        line.text == TICK
        and line.box[1] <= middle <= line.box[3]
        and 0 <= label.box[0] - line.box[2] <= 3 * label.size
        for line in lines
    )


def _beside(lines: list[Line], right: int, middle: float) -> Line | None:
    """Return the nearest text to the right of a box, at its height, or None."""
    same = [
        line
        for line in lines
        if line.box[1] - 2 <= middle <= line.box[3] + 2 and line.text != TICK
        if 0 <= line.box[0] - right <= 3 * line.size
    ]
    return min(same, key=lambda line: line.box[0], default=None)


def _inside(tick: Line, box) -> bool:
    """Return whether the middle of a tick lies in a box."""
    x, y = (tick.box[0] + tick.box[2]) / 2, (tick.box[1] + tick.box[3]) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom
