"""The elements of a screen from its picture: what they are, what they say, how they stand."""

import numpy as np

from mmlab.world.readers import ink
from mmlab.world.readers.page import Line, read_page
from mmlab.world.readers.scene import checked

_SHADE = 6  # panels whose colours differ by less are one


def read_screen(image: np.ndarray, lines: list[Line] | None = None) -> dict | None:
    """Return what a screen shows, as the fields that `screenshot` gives, or None when it is none.

    image   (h, w, 3) uint8   a screen of `mmlab.world`, in any scale
    lines   list of Line      its texts, where they have been read already
    raises  ShapeError        when it is not one picture

    >>> from mmlab.world.documents import screenshot
    >>> page = screenshot(1)
    >>> read_screen(page.image) == page.fields
    True
    """
    image = checked(image)
    lines = read_page(image) if lines is None else lines
    seen = _Seen(image, lines)
    if seen.bar is None or not seen.tabs:
        return None
    elements = seen.tabs + seen.boxes() + seen.filled() + seen.toggles() + seen.rows()
    elements.sort(key=lambda one: (one["box"][1], one["box"][0]))
    return {
        "application": seen.bar.text.lower(), "tab": seen.heading.text if seen.heading else "",
        "message": seen.message, "elements": elements,
    }  # fmt: skip


def _element(role: str, label: str, state: str, box) -> dict:
    """Return one element as plain data."""
    return {"role": role, "label": label, "state": state, "box": tuple(int(value) for value in box)}


class _Seen:
    """The lines, panels and patches of a screen, and where its parts lie."""

    def __init__(self, image, lines: list[Line]):
        self.inked, self.lines = ink.on(image), lines
        height, width = image.shape[:2]
        self.bar = next((one for one in lines if one.face == "bold" and one.box[3] < 0.1 * height
                         and abs(one.box[0] + one.box[2] - width) < 0.03 * width), None)  # fmt: skip
        self.paper = self.colour(width - 4, height - 4)
        side = self.inked.panels[height - 4, 3]
        columns = np.flatnonzero(self.inked.panels[height - 4] == side)
        edge = int(columns[-1]) + 1 if side and np.abs(self.colour(3, height - 4) - self.paper).max() > 3 else 0
        below = [one for one in lines if self.bar and one.box[1] > self.bar.box[3]]
        self.tabs = [
            _element("tab", one.text, "chosen" if one.face == "bold" else "", one.box) for one in below if one.box[2] < edge
        ]
        self.main = [one for one in below if one.box[0] > edge]
        bold = [one for one in self.main if one.face == "bold"]
        self.heading = max(bold, key=lambda one: one.size, default=None)
        self.message = ""
        for one in self.main:
            beside = self.heading and abs(one.box[3] - self.heading.box[3]) < self.heading.size
            if beside and one is not self.heading and self.on_panel(one):
                self.message = one.text

    def colour(self, x: int, y: int) -> np.ndarray:
        """Return the colour of the panel at a pixel, of the nearest to its left if there is none."""
        panels = self.inked.panels[y, : x + 1]
        held = np.flatnonzero(panels)
        return self.inked.colours[panels[held[-1]] if len(held) else 0].astype(int)

    def on_panel(self, line: Line) -> bool:
        """Return whether a text stands on a panel of its own, not on the window."""
        colour = self.colour(max(line.box[0] - 4, 0), (line.box[1] + line.box[3]) // 2)
        return bool(np.abs(colour - self.paper).max() > _SHADE)

    def inside(self, box) -> list[Line]:
        """Return the texts inside a box."""
        left, top, right, bottom = box
        return [one for one in self.main
                if left <= one.box[0] and one.box[2] <= right and top <= one.box[1] and one.box[3] <= bottom]  # fmt: skip

    def boxes(self) -> list[dict]:
        """Return what has an outline: checkboxes, fields, buttons that are not filled."""
        elements = []
        for one in self.inked.outlines:
            box = (one.left, one.top, one.right, one.bottom)
            inner = self.inside(box)
            if one.right - one.left < 1.3 * one.height:
                label = self.beside(box)
                hold = self.inked.depth[one.top + 3 : one.bottom - 3, one.left + 3 : one.right - 3]
                elements.append(_element("checkbox", label, "on" if (hold > 80).any() else "off", box))
            elif inner and inner[0].face == "bold":
                elements.append(_element("button", inner[0].text, "", box))
            else:
                over = [line for line in self.main if line.box[3] <= one.top and abs(line.box[0] - one.left) <= 4]
                label = max(over, key=lambda line: line.box[3]).text if over else ""
                elements.append(_element("field", label, " ".join(line.text for line in inner), box))
        return elements

    def beside(self, box, before: bool = False) -> str:
        """Return the text right of a box, or left of it, on the same height."""
        left, top, right, bottom = box
        middle = (top + bottom) / 2
        same = [one for one in self.main if one.box[1] <= middle <= one.box[3] and one.text != "✓"]
        if before:
            return max((one for one in same if one.box[2] <= left), key=lambda one: one.box[2], default=self.bar).text
        return min((one for one in same if one.box[0] >= right), key=lambda one: one.box[0], default=self.bar).text

    def filled(self) -> list[dict]:
        """Return the buttons that are filled."""
        elements = []
        for line in self.main:
            if line.face == "bold" and line is not self.heading and self.on_panel(line):
                y, x = (line.box[1] + line.box[3]) // 2, line.box[0] - 4
                held = np.flatnonzero(self.inked.panels[y, : x + 1])
                number = self.inked.panels[y, held[-1]]
                rows, columns = np.nonzero(self.inked.panels == number)
                # A panel's first row and column differ from what lies before them.
                box = (columns.min() - 1, rows.min() - 1, columns.max() + 1, rows.max() + 1)
                state = "main" if np.ptp(self.inked.colours[number].astype(int)) > 40 else "dim"
                elements.append(_element("button", line.text, state, box))
        return elements

    def toggles(self) -> list[dict]:
        """Return the switches: wide patches with round ends and a hole at one of them."""
        elements = []
        for one in (*self.inked.marks, *self.inked.letters):
            wide = one.right - one.left
            if one.height >= 16 and 1.7 * one.height <= wide <= 2.3 * one.height:
                mask = self.inked.labels[one.top : one.bottom, one.left : one.right] == one.number
                middle = mask[one.height // 2]
                left, right = middle[: wide // 2].mean(), middle[wide // 2 :].mean()
                if abs(left - right) > 0.4 and mask[:2, one.height // 2 : -one.height // 2].mean() > 0.8:
                    box = (one.left, one.top, one.right, one.bottom)
                    elements.append(_element("toggle", self.beside(box, before=True), "on" if left > right else "off", box))
        return elements

    def rows(self) -> list[dict]:
        """Return the rows of a list: the texts under its head."""
        heads = [one for one in self.main if one.face == "bold" and one.text == "Name"]
        if not heads:
            return []
        head = heads[0]
        return [
            _element("row", one.text, "chosen" if self.on_panel(one) else "", one.box)
            for one in self.main
            if one.box[1] > head.box[3] and abs(one.box[0] - head.box[0]) <= 4 and one.face != "bold"
        ]
