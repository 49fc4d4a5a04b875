"""Draw a screen: a bar, tabs at the side, elements from top to bottom; and apply clicks to it."""

from mmlab.world.documents.page import INK, SOFT, WHITE, Document, Sheet, text_width
from mmlab.world.documents.screen import Element, Screen, press, screen
from mmlab.world.documents.strokes import disc

ACCENT, TINT, DIM, SIDE, BAR = (37, 99, 200), (196, 214, 248), (206, 210, 217), (228, 232, 239), (43, 49, 60)
OFF, FAINT, LINE, NOTE = (178, 185, 196), (112, 118, 128), (150, 158, 170), (209, 238, 220)
_WIDTH, _HEIGHT, _SIDE, _LEFT, _RIGHT = 800, 560, 190, 226, 764


def screenshot(seed: int = 0, application: str | None = None, *, scale: int = 1) -> Document:
    """Return the image of a screen.

    seed         int                   another seed gives another screen
    application  one of APPLICATIONS   None lets the seed choose
    scale        int                   pixels per unit, 1 to 4
    returns      Document              fields: application, tab, message, and elements, a list of
                                       {"role", "label", "state", "box"} in reading order
    """
    return draw(screen(seed, application), scale=scale)


def draw(current: Screen, *, scale: int = 1) -> Document:
    """Return the image of a screen with the boxes of its elements; fields as in `screenshot`."""
    sheet = Sheet(_WIDTH, _HEIGHT, scale)
    sheet.box(0, 0, _WIDTH, 44, BAR)
    sheet.text(
        _WIDTH // 2,
        28,
        current.application.capitalize(),
        15,
        face="bold",
        ink=WHITE,
        align="middle",
        role="title",
    )
    sheet.box(0, 44, _SIDE, _HEIGHT, SIDE)
    for index, name in enumerate(current.tabs):
        y, own = 64 + 44 * index, name == current.chosen
        if own:
            sheet.box(12, y, _SIDE - 12, y + 36, TINT, round=6)
        piece = sheet.text(28, y + 23, name, 14, face="bold" if own else "sans", ink=ACCENT if own else INK)
        sheet.element(name, piece.box, "tab", "chosen" if own else "", pixels=True)
    sheet.text(_LEFT, 88, current.chosen, 22, face="bold", role="title")
    if current.message:
        sheet.box(_LEFT + 200, 62, _RIGHT, 100, NOTE, round=6)
        sheet.text(_LEFT + 220, 86, current.message, 14, ink=(20, 83, 45), role="message")
    y = _body(sheet, [element for element in current.elements if element.role != "button"])
    left = _LEFT
    for element in current.elements:
        if element.role == "button":
            left = _button(sheet, left, y + 12, element) + 14
    elements = [
        {"role": element.role, "label": element.text, "state": element.state, "box": element.box}
        for element in sorted(sheet.elements, key=lambda element: (element.box[1], element.box[0]))
    ]
    return sheet.finish(
        "screen",
        {
            "application": current.application,
            "tab": current.chosen,
            "message": current.message,
            "elements": elements,
        },
    )


def _body(sheet: Sheet, elements: list[Element]) -> int:
    """Draw all elements except the buttons; return the y coordinate of their end."""
    y = 112
    if any(element.role == "row" for element in elements):
        sheet.text(_LEFT, y + 16, "Name", 12, face="bold", ink=SOFT, role="label")
        sheet.rule(_LEFT, _RIGHT, y + 26)
        y += 28
    for element in elements:
        y = {"field": _field, "checkbox": _checkbox, "toggle": _toggle, "row": _row}[element.role](
            sheet, y, element
        )
    return y


def _field(sheet: Sheet, y: int, element: Element) -> int:
    """Draw a label and its box; return the y coordinate of the next element."""
    sheet.text(_LEFT, y + 14, element.label, 12, ink=SOFT, role="label")
    box = (_LEFT, y + 22, _LEFT + 340, y + 56)
    sheet.box(*box, LINE, line=1, round=4)
    if element.state:
        sheet.text(_LEFT + 12, y + 44, element.state, 14, role="value")
    sheet.element(element.label, box, "field", element.state)
    return y + 70


def _checkbox(sheet: Sheet, y: int, element: Element) -> int:
    """Draw a checkbox and its label; return the y coordinate of the next element."""
    box = (_LEFT, y + 8, _LEFT + 20, y + 28)
    sheet.box(*box, LINE, line=1)
    if element.state == "on":
        sheet.text(_LEFT + 10, y + 24, "✓", 18, face="bold", ink=ACCENT, align="middle", role="mark")
    sheet.text(_LEFT + 34, y + 23, element.label, 14, role="label")
    sheet.element(element.label, box, "checkbox", element.state)
    return y + 38


def _toggle(sheet: Sheet, y: int, element: Element) -> int:
    """Draw a label and its toggle; return the y coordinate of the next element."""
    sheet.text(_LEFT, y + 23, element.label, 14, role="label")
    box = (_LEFT + 296, y + 7, _LEFT + 340, y + 29)
    on, scale = element.state == "on", sheet.scale
    sheet.box(*box, ACCENT if on else OFF, round=11)
    middle = (box[2] - 11 if on else box[0] + 11, y + 18)
    disc(sheet.image, tuple(scale * coordinate for coordinate in middle), 8 * scale, WHITE)
    sheet.element(element.label, box, "toggle", element.state)
    return y + 40


def _row(sheet: Sheet, y: int, element: Element) -> int:
    """Draw a row of a list; return the y coordinate of the next row."""
    chosen = element.state == "chosen"
    if chosen:
        sheet.box(_LEFT - 12, y + 2, _RIGHT, y + 34, TINT, round=4)
    piece = sheet.text(_LEFT, y + 23, element.label, 14, ink=ACCENT if chosen else INK, role="value")
    sheet.element(element.label, piece.box, "row", element.state, pixels=True)
    return y + 36


def _button(sheet: Sheet, left: int, y: int, element: Element) -> int:
    """Draw a button; return the x coordinate of its right edge."""
    wide = text_width(element.label, 14, "bold") + 40
    box = (left, y, left + wide, y + 38)
    if element.state == "main":
        sheet.box(*box, ACCENT, round=6)
    elif element.state == "dim":
        sheet.box(*box, DIM, round=6)
    else:
        sheet.box(*box, ACCENT, line=1, round=6)
    ink = {"main": WHITE, "dim": FAINT}.get(element.state, ACCENT)
    sheet.text(
        left + wide // 2, y + 24, element.label, 14, face="bold", ink=ink, align="middle", role="label"
    )
    sheet.element(element.label, box, "button", element.state)
    return left + wide


def click(current: Screen, x: int, y: int, *, scale: int = 1) -> Screen:
    """Return the screen after a click at pixel (x, y); a click outside all elements changes nothing."""
    for element in draw(current, scale=scale).fields["elements"]:
        left, top, right, bottom = element["box"]
        reach = (
            8 * scale if element["role"] in ("tab", "row") else 0
        )  # their boxes are the boxes of their texts
        if left - reach <= x < right + reach and top - reach <= y < bottom + reach:
            return press(current, element["role"], element["label"])
    return current
