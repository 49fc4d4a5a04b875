"""Documents as a model sees them: pages joined into one long page, or plain text laid out as a page."""

import re
from dataclasses import dataclass, replace

from mmlab.api.catalog import Model
from mmlab.api.server.media import Image
from mmlab.api.server.model.vision import View
from mmlab.perception import Line

_ROW, _LETTER, _SIZE = 20, 10, 12  # pixels, for the layout of plain text
_GAP = 40  # pixels between two pages


@dataclass(frozen=True)
class LongPage:
    """A document as a single long page: it is used like the View of a page.

    model    Model
    lines    list of Line   from top to bottom
    image    Image        the first page; None for plain text
    refuses  bool           whether the model refuses to describe one of the pages
    """

    model: Model
    lines: list[Line]
    image: Image | None = None
    refuses: bool = False

    is_page, shapes = True, ()


def joined(views: list[View]) -> list[View | LongPage]:
    """Return the views with the printed pages of each document joined; other views are unchanged."""
    result: list = []
    pages: list[View] = []

    def close():
        if pages:
            result.append(pages[0] if len(pages) == 1 else _long_page(pages))
            pages.clear()

    for view in views:
        page = view.image.page
        if pages and page != pages[-1].image.page + 1:
            close()
        if page and view.is_page:
            pages.append(view)
        else:
            close()
            result.append(view)
    close()
    return result


def _long_page(pages: list[View]) -> LongPage:
    """Return pages as one long page, each below the previous one."""
    lines, down = [], 0
    for view in pages:
        for line in view.lines:
            left, top, right, bottom = line.box
            lines.append(replace(line, box=(left, top + down, right, bottom + down)))
        down += view.image.pixels.shape[0] + _GAP
    return LongPage(pages[0].model, lines, pages[0].image, any(view.refuses for view in pages))


def text_page(text: str, model: Model) -> LongPage:
    """Return plain text as a page; at least two spaces, or a tab, separate two columns."""
    lines = []
    for number, row in enumerate(text.splitlines()):
        for column in re.finditer(r"\S+(?: \S+)*", row.expandtabs(8)):
            box = (column.start() * _LETTER, number * _ROW, column.end() * _LETTER, number * _ROW + _SIZE)
            lines.append(Line(column[0], box, _SIZE, "mono", 1.0))
    return LongPage(model, lines)
