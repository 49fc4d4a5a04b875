"""Recover source code from the screenshot of an editor, with its indentation and blank lines."""

import numpy as np

from mmlab.perception.page import Line, read_page
from mmlab.world.letters import letter

_MAX_LINES = 2000  # a larger number at the left is not a line number


def read_code(image: np.ndarray, lines: list[Line] | None = None) -> str | None:
    """Return the program in an editor, ending with a line break, or None when there is none.

    image   (h, w, 3) uint8   a code page of `mmlab.world`, at any scale
    lines   list of Line      its text, if it has been read already
    raises  ShapeError        when the array is not one image

    >>> from mmlab.world.documents import code_page
    >>> page = code_page(2)
    >>> read_code(page.image) == page.fields["code"]
    True
    """
    lines = [line for line in (read_page(image) if lines is None else lines) if line.face == "mono"]
    numbers = [line for line in lines if line.text.isdecimal()]
    if not numbers:
        return None
    edge = min(numbers, key=lambda line: line.box[2]).box[2]
    gutter = {int(line.text): line for line in numbers if line.box[0] < edge}
    code = [line for line in lines if line.box[0] >= edge]
    if not code or max(gutter) > _MAX_LINES:
        return None
    size = max(line.size for line in code)
    pitch = letter(" ", size, "mono").advance
    starts = [line.box[0] - letter(line.text[0], size, "mono").left for line in code]
    first = min(starts)
    written = {}
    for line, start in zip(code, starts):
        middle = (line.box[1] + line.box[3]) / 2
        number = min(
            gutter,
            key=lambda candidate: abs(gutter[candidate].box[1] + gutter[candidate].box[3] - 2 * middle),
        )
        column = round((start - first) / pitch)
        text = written.get(number, "")
        written[number] = text + " " * (column - len(text)) + line.text
    return "".join(written.get(number, "") + "\n" for number in range(1, max(written) + 1))
