"""Documents as a model sees them: the pages of one below each other, or a plain text."""

import re
from dataclasses import dataclass, replace

from mmlab.api.catalog import Model
from mmlab.api.server.mind.sight import View
from mmlab.api.server.pictures import Picture
from mmlab.world.readers import Line

_ROW, _LETTER, _SIZE = 20, 10, 12  # pixels, where a text without pixels is laid out
_GAP = 40  # pixels between two pages


@dataclass(frozen=True)
class Sheets:
    """One document as a single long page: it stands where a View of a page does.

    model    Model
    lines    list of Line   from top to bottom
    picture  Picture        of its first page; None for a plain text
    refuses  bool           whether the model will not speak of one of its pages
    """

    model: Model
    lines: list[Line]
    picture: Picture | None = None
    refuses: bool = False

    is_page, shapes = True, ()


def joined(views: list[View]) -> list[View | Sheets]:
    """Return views with the printed pages of each document joined; all others stay as they are."""
    found: list = []
    pages: list[View] = []

    def close():
        if pages:
            found.append(pages[0] if len(pages) == 1 else _long(pages))
            pages.clear()

    for view in views:
        page = view.picture.page
        if pages and page != pages[-1].picture.page + 1:
            close()
        if page and view.is_page:
            pages.append(view)
        else:
            close()
            found.append(view)
    close()
    return found


def _long(pages: list[View]) -> Sheets:
    """Return pages as one, each below the one before."""
    lines, down = [], 0
    for view in pages:
        for line in view.lines:
            left, top, right, bottom = line.box
            lines.append(replace(line, box=(left, top + down, right, bottom + down)))
        down += view.picture.pixels.shape[0] + _GAP
    return Sheets(pages[0].model, lines, pages[0].picture, any(view.refuses for view in pages))


def text_sheet(text: str, model: Model) -> Sheets:
    """Return a plain text as a page: two spaces or more, or a tab, part two columns."""
    lines = []
    for number, row in enumerate(text.splitlines()):
        for found in re.finditer(r"\S+(?: \S+)*", row.expandtabs(8)):
            box = (found.start() * _LETTER, number * _ROW, found.end() * _LETTER, number * _ROW + _SIZE)
            lines.append(Line(found[0], box, _SIZE, "mono", 1.0))
    return Sheets(model, lines)
