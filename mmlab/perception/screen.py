"""Recover the elements of a screen from its image, with their roles, labels and states."""

import numpy as np

from mmlab.perception import segmentation
from mmlab.perception.budget import budgeted, spend
from mmlab.perception.page import Line, read_page
from mmlab.perception.scene import checked

_SMALLEST = 16  # pixels: no smaller image shows a bar, tabs and elements
_SHADE = 6  # panels whose colours differ by at most this count as the same colour


@budgeted(0.5)
def read_screen(image: np.ndarray, lines: list[Line] | None = None) -> dict | None:
    """Return the content of a screen, as the fields of `screenshot`, or None if the image is not a screen.

    image   (h, w, 3) uint8   a screen of `mmlab.world`, at any scale
    lines   list of Line      its text, if it has been read already
    raises  ShapeError        when the array is not one image

    >>> from mmlab.world.documents import screenshot
    >>> page = screenshot(1)
    >>> read_screen(page.image) == page.fields
    True
    """
    image = checked(image)
    if min(image.shape[:2]) < _SMALLEST:
        return None
    lines = read_page(image) if lines is None else lines
    seen = _Seen(image, lines)
    if seen.bar is None or not seen.tabs:
        return None
    elements = seen.tabs + seen.boxes() + seen.filled() + seen.toggles() + seen.rows()
    elements.sort(key=lambda element: (element["box"][1], element["box"][0]))
    return {
        "application": seen.bar.text.lower(),
        "tab": seen.heading.text if seen.heading else "",
        "message": seen.message,
        "elements": elements,
    }


def _element(role: str, label: str, state: str, box) -> dict:
    """Return one element as plain data."""
    return {"role": role, "label": label, "state": state, "box": tuple(int(value) for value in box)}


class _Seen:
    """The lines, panels and patches of a screen, and the positions of its parts."""

    def __init__(self, image, lines: list[Line]):
        self.inked, self.lines = segmentation.on(image), lines
        height, width = image.shape[:2]
        self.bar = next(
            (
                line
                for line in lines
                if line.face == "bold"
                and line.box[3] < 0.1 * height
                and abs(line.box[0] + line.box[2] - width) < 0.03 * width
            ),
            None,
        )
        self.background = self.colour(width - 4, height - 4)
        side = self.inked.panels[height - 4, 3]
        columns = np.flatnonzero(self.inked.panels[height - 4] == side)
        edge = (
            int(columns[-1]) + 1
            if side and np.abs(self.colour(3, height - 4) - self.background).max() > 3
            else 0
        )
        below = [line for line in lines if self.bar and line.box[1] > self.bar.box[3]]
        self.tabs = [
            _element("tab", line.text, "chosen" if line.face == "bold" else "", line.box)
            for line in below
            if line.box[2] < edge
        ]
        self.main = [line for line in below if line.box[0] > edge]
        bold = [line for line in self.main if line.face == "bold"]
        self.heading = max(bold, key=lambda line: line.size, default=None)
        self.message = ""
        for line in self.main:
            beside = self.heading and abs(line.box[3] - self.heading.box[3]) < self.heading.size
            if beside and line is not self.heading and self.on_panel(line):
                self.message = line.text

    def colour(self, x: int, y: int) -> np.ndarray:
        """Return the colour of the panel at a pixel, or else of the nearest panel to its left."""
        panels = self.inked.panels[y, : x + 1]
        held = np.flatnonzero(panels)
        return self.inked.colours[panels[held[-1]] if len(held) else 0].astype(int)

    def on_panel(self, line: Line) -> bool:
        """Return whether a text lies on a panel of its own, not on the window."""
        colour = self.colour(max(line.box[0] - 4, 0), (line.box[1] + line.box[3]) // 2)
        return bool(np.abs(colour - self.background).max() > _SHADE)

    def inside(self, box) -> list[Line]:
        """Return the texts inside a box."""
        left, top, right, bottom = box
        return [
            line
            for line in self.main
            if left <= line.box[0] and line.box[2] <= right and top <= line.box[1] and line.box[3] <= bottom
        ]

    def boxes(self) -> list[dict]:
        """Return the elements with an outline: checkboxes, fields, buttons that are not filled."""
        elements = []
        for patch in self.inked.outlines:
            box = (patch.left, patch.top, patch.right, patch.bottom)
            spend(20 + len(self.main))
            inner = self.inside(box)
            if patch.right - patch.left < 1.3 * patch.height:
                label = self.beside(box)
                hold = self.inked.depth[patch.top + 3 : patch.bottom - 3, patch.left + 3 : patch.right - 3]
                elements.append(_element("checkbox", label, "on" if (hold > 80).any() else "off", box))
            elif inner and inner[0].face == "bold":
                elements.append(_element("button", inner[0].text, "", box))
            else:
                over = [
                    line
                    for line in self.main
                    if line.box[3] <= patch.top and abs(line.box[0] - patch.left) <= 4
                ]
                label = max(over, key=lambda line: line.box[3]).text if over else ""
                elements.append(_element("field", label, " ".join(line.text for line in inner), box))
        return elements

    def beside(self, box, before: bool = False) -> str:
        """Return the text to the right of a box, or to its left, at the same height."""
        left, top, right, bottom = box
        middle = (top + bottom) / 2
        same = [line for line in self.main if line.box[1] <= middle <= line.box[3] and line.text != "✓"]
        if before:
            return max(
                (line for line in same if line.box[2] <= left), key=lambda line: line.box[2], default=self.bar
            ).text
        return min(
            (line for line in same if line.box[0] >= right), key=lambda line: line.box[0], default=self.bar
        ).text

    def filled(self) -> list[dict]:
        """Return the filled buttons."""
        elements = []
        for line in self.main:
            if line.face == "bold" and line is not self.heading and self.on_panel(line):
                y, x = (line.box[1] + line.box[3]) // 2, line.box[0] - 4
                held = np.flatnonzero(self.inked.panels[y, : x + 1])
                number = self.inked.panels[y, held[-1]]
                spend(self.inked.panels.size / 200)
                rows, columns = np.nonzero(self.inked.panels == number)
                # The first row and column of a panel differ from their neighbours, so add them back.
                box = (columns.min() - 1, rows.min() - 1, columns.max() + 1, rows.max() + 1)
                state = "main" if np.ptp(self.inked.colours[number].astype(int)) > 40 else "dim"
                elements.append(_element("button", line.text, state, box))
        return elements

    def toggles(self) -> list[dict]:
        """Return the toggles: wide patches with round ends and a hole at one of them."""
        elements = []
        for patch in (*self.inked.marks, *self.inked.letters):
            spend(1)
            wide = patch.right - patch.left
            if patch.height >= 16 and 1.7 * patch.height <= wide <= 2.3 * patch.height:
                mask = self.inked.labels[patch.top : patch.bottom, patch.left : patch.right] == patch.number
                middle = mask[patch.height // 2]
                left, right = middle[: wide // 2].mean(), middle[wide // 2 :].mean()
                if abs(left - right) > 0.4 and mask[:2, patch.height // 2 : -patch.height // 2].mean() > 0.8:
                    box = (patch.left, patch.top, patch.right, patch.bottom)
                    elements.append(
                        _element(
                            "toggle", self.beside(box, before=True), "on" if left > right else "off", box
                        )
                    )
        return elements

    def rows(self) -> list[dict]:
        """Return the rows of a list: the texts below its header."""
        heads = [line for line in self.main if line.face == "bold" and line.text == "Name"]
        if not heads:
            return []
        head = heads[0]
        return [
            _element("row", line.text, "chosen" if self.on_panel(line) else "", line.box)
            for line in self.main
            if line.box[1] > head.box[3] and abs(line.box[0] - head.box[0]) <= 4 and line.face != "bold"
        ]
