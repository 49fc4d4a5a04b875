"""How a screen is drawn: a bar, tabs at the side, and the elements one below the other."""

from mmlab.world.documents.page import INK, RULE, SOFT, WHITE, Document, Sheet, text_width
from mmlab.world.documents.screen import Element, Screen
from mmlab.world.documents.strokes import disc

ACCENT, TINT, DIM, SIDE, BAR = (37, 99, 200), (196, 214, 248), (206, 210, 217), (228, 232, 239), (43, 49, 60)
OFF, FAINT, LINE, NOTE = (178, 185, 196), (112, 118, 128), (150, 158, 170), (209, 238, 220)
_WIDTH, _HEIGHT, _SIDE, _LEFT, _RIGHT = 800, 560, 190, 226, 764


def draw(shown: Screen, *, scale: int = 1) -> Document:
    """Return the picture of a screen with its elements' boxes; fields as of `screenshot`."""
    sheet = Sheet(_WIDTH, _HEIGHT, scale)
    sheet.box(0, 0, _WIDTH, 44, BAR)
    sheet.text(_WIDTH // 2, 28, shown.application.capitalize(), 15, face="bold", ink=WHITE, align="middle", role="title")
    sheet.box(0, 44, _SIDE, _HEIGHT, SIDE)
    for place, name in enumerate(shown.tabs):
        y, own = 64 + 44 * place, name == shown.chosen
        if own:
            sheet.box(12, y, _SIDE - 12, y + 36, TINT, round=6)
        piece = sheet.text(28, y + 23, name, 14, face="bold" if own else "sans", ink=ACCENT if own else INK)
        sheet.element(name, piece.box, "tab", "chosen" if own else "", pixels=True)
    sheet.text(_LEFT, 88, shown.chosen, 22, face="bold", role="title")
    if shown.message:
        sheet.box(_LEFT + 200, 62, _RIGHT, 100, NOTE, round=6)
        sheet.text(_LEFT + 220, 86, shown.message, 14, ink=(20, 83, 45), role="message")
    y = _body(sheet, [one for one in shown.elements if one.role != "button"])
    left = _LEFT
    for one in shown.elements:
        if one.role == "button":
            left = _button(sheet, left, y + 12, one) + 14
    elements = [
        {"role": one.role, "label": one.text, "state": one.state, "box": one.box}
        for one in sorted(sheet.elements, key=lambda one: (one.box[1], one.box[0]))
    ]
    return sheet.finish("screen", {"application": shown.application, "tab": shown.chosen,
                                   "message": shown.message, "elements": elements})  # fmt: skip


def _body(sheet: Sheet, elements: list[Element]) -> int:
    """Draw all but the buttons; return where they end."""
    y = 112
    if any(one.role == "row" for one in elements):
        sheet.text(_LEFT, y + 16, "Name", 12, face="bold", ink=SOFT, role="label")
        sheet.rule(_LEFT, _RIGHT, y + 26)
        y += 28
    for one in elements:
        y = {"field": _field, "checkbox": _checkbox, "toggle": _toggle, "row": _row}[one.role](sheet, y, one)
    return y


def _field(sheet: Sheet, y: int, one: Element) -> int:
    """Draw a label and its box; return where the next element begins."""
    sheet.text(_LEFT, y + 14, one.label, 12, ink=SOFT, role="label")
    box = (_LEFT, y + 22, _LEFT + 340, y + 56)
    sheet.box(*box, LINE, line=1, round=4)
    if one.state:
        sheet.text(_LEFT + 12, y + 44, one.state, 14, role="value")
    sheet.element(one.label, box, "field", one.state)
    return y + 70


def _checkbox(sheet: Sheet, y: int, one: Element) -> int:
    """Draw a box that is ticked or not, with its label; return where the next element begins."""
    box = (_LEFT, y + 8, _LEFT + 20, y + 28)
    sheet.box(*box, LINE, line=1)
    if one.state == "on":
        sheet.text(_LEFT + 10, y + 24, "✓", 18, face="bold", ink=ACCENT, align="middle", role="mark")
    sheet.text(_LEFT + 34, y + 23, one.label, 14, role="label")
    sheet.element(one.label, box, "checkbox", one.state)
    return y + 38


def _toggle(sheet: Sheet, y: int, one: Element) -> int:
    """Draw a switch after its label; return where the next element begins."""
    sheet.text(_LEFT, y + 23, one.label, 14, role="label")
    box = (_LEFT + 296, y + 7, _LEFT + 340, y + 29)
    on, scale = one.state == "on", sheet.scale
    sheet.box(*box, ACCENT if on else OFF, round=11)
    middle = (box[2] - 11 if on else box[0] + 11, y + 18)
    disc(sheet.image, tuple(scale * place for place in middle), 8 * scale, WHITE)
    sheet.element(one.label, box, "toggle", one.state)
    return y + 40


def _row(sheet: Sheet, y: int, one: Element) -> int:
    """Draw a row of a list; return where the next begins."""
    chosen = one.state == "chosen"
    if chosen:
        sheet.box(_LEFT - 12, y + 2, _RIGHT, y + 34, TINT, round=4)
    piece = sheet.text(_LEFT, y + 23, one.label, 14, ink=ACCENT if chosen else INK, role="value")
    sheet.element(one.label, piece.box, "row", one.state, pixels=True)
    return y + 36


def _button(sheet: Sheet, left: int, y: int, one: Element) -> int:
    """Draw a button; return where it ends."""
    wide = text_width(one.label, 14, "bold") + 40
    box = (left, y, left + wide, y + 38)
    if one.state == "main":
        sheet.box(*box, ACCENT, round=6)
    elif one.state == "dim":
        sheet.box(*box, DIM, round=6)
    else:
        sheet.box(*box, ACCENT, line=1, round=6)
    ink = {"main": WHITE, "dim": FAINT}.get(one.state, ACCENT)
    sheet.text(left + wide // 2, y + 24, one.label, 14, face="bold", ink=ink, align="middle", role="label")
    sheet.element(one.label, box, "button", one.state)
    return left + wide
