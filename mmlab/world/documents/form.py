"""Filled-in forms: labels, boxes with answers, and choices with tick boxes."""

from mmlab.world.documents import names
from mmlab.world.documents.page import INK, SOFT, WHITE, Document, Sheet

_BLUE, _LINE, _HAND = (37, 84, 150), (150, 158, 170), (22, 52, 110)
_FORMS = (
    (
        "Library card application",
        "Public library of Northring",
        ("Borrow books", "Borrow films", "Use the reading room", "Receive the newsletter"),
    ),
    (
        "Parking permit request",
        "Town hall of Squareham",
        ("Resident", "Electric car", "Weekdays only", "Second vehicle"),
    ),
    (
        "Course registration",
        "Evening school of Starhaven",
        ("Drawing", "Photography", "Pottery", "Certificate wanted"),
    ),
    ("Volunteer sign-up", "Lantern festival of Crossmouth", ("Stage", "Kitchen", "First aid", "Clean-up")),
)
_WIDTH, _LEFT, _RIGHT = 780, 60, 720


def form(seed: int = 0, *, scale: int = 1, small: bool = False) -> Document:
    """Return a filled-in form.

    seed     int    another seed gives another form, person and choices
    scale    int    pixels per unit, 1 to 4
    small    bool   small print, hard to read
    returns  Document   fields: title, office, reference, answers (label → text: names, address,
                        dates as "2026-03-09"), choices (label → ticked or not), signed (date)
    """
    rng = names.rng_for("form", seed)
    title, office, choices = rng.pick(_FORMS)
    first, last = names.person(rng).split()
    street, town = names.address(rng)
    born = names.day(rng).replace(year=1950 + rng.integers(55))
    fields = {
        "title": title,
        "office": office,
        "reference": f"F-{1000 + rng.integers(9000)}",
        "answers": {
            "First name": first,
            "Last name": last,
            "Date of birth": born.isoformat(),
            "Phone": f"555 01{rng.integers(100):02d}",
            "Street": street,
            "Town": town,
        },
        "choices": {choice: bool(rng.integers(2)) for choice in choices},
        "signed": names.day(rng).isoformat(),
    }
    return _drawn(fields, scale, small)


def _drawn(fields: dict, scale: int, small: bool) -> Document:
    """Return the form as a page."""
    sheet = Sheet(_WIDTH, 700, scale, (250, 251, 253), small)
    sheet.box(0, 0, _WIDTH, 96, _BLUE)
    sheet.text(_LEFT, 50, fields["title"], 26, face="bold", ink=WHITE, role="title")
    sheet.text(_LEFT, 76, fields["office"], 13, ink=WHITE)
    sheet.text(_RIGHT, 76, fields["reference"], 13, face="mono", ink=WHITE, align="right")
    for index, (label, answer) in enumerate(fields["answers"].items()):
        left, top = _LEFT + 340 * (index % 2), 134 + 84 * (index // 2)
        _field(sheet, left, top, left + 320, label, answer)
    sheet.text(_LEFT, 420, "Please tick what applies", 15, face="bold", ink=_BLUE, role="section")
    for index, (label, ticked) in enumerate(fields["choices"].items()):
        left, top = _LEFT + 340 * (index % 2), 440 + 40 * (index // 2)
        sheet.box(left, top, left + 20, top + 20, _LINE, line=1)
        sheet.box(left + 1, top + 1, left + 19, top + 19, WHITE)
        if ticked:
            sheet.text(left + 10, top + 16, "✓", 18, face="bold", ink=_HAND, align="middle", role="mark")
        sheet.text(left + 34, top + 16, label, 14, ink=INK, role="label")
        sheet.element(label, (left, top, left + 20, top + 20), "checkbox", "on" if ticked else "off")
    _field(sheet, _LEFT, 554, _LEFT + 320, "Date", fields["signed"])
    first, last = fields["answers"]["First name"], fields["answers"]["Last name"]
    _field(sheet, _LEFT + 340, 554, _RIGHT, "Signature", f"{first} {last}")
    sheet.text(_LEFT, 664, "Office use: keep for two years, then destroy.", 11, ink=SOFT)
    return sheet.finish("form", fields)


def _field(sheet: Sheet, left: int, top: int, right: int, label: str, answer: str) -> None:
    """Draw a label above a box with an answer."""
    sheet.text(left, top + 10, label, 12, ink=SOFT, role="label")
    sheet.box(left, top + 20, right, top + 56, _LINE, line=1)
    sheet.box(left + 1, top + 21, right - 1, top + 55, WHITE)
    sheet.text(left + 12, top + 44, answer, 15, face="mono", ink=_HAND, role="value")
    sheet.element(label, (left, top + 20, right, top + 56), "field", answer)
