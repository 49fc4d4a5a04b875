"""Invoices: line items, tax and total that agree, or that disagree in exactly one place."""

from datetime import date, timedelta

from mmlab.errors import InputError
from mmlab.world.documents import names
from mmlab.world.documents.page import INK, RULE, SOFT, WHITE, Document, Sheet
from mmlab.world.noise import Dice

FAULTS = ("amount", "subtotal", "tax", "total")
_ACCENTS = ((29, 78, 137), (22, 101, 82), (122, 40, 88), (60, 64, 72), (158, 72, 16))
_PALE = (246, 247, 249)
_LEFT, _RIGHT, _WIDTH = 56, 764, 820
_COLUMNS = {"quantity": 500, "price": 632, "amount": 748}  # right edges


def invoice(seed: int = 0, *, corrupt: str | None = None, scale: int = 1, small: bool = False) -> Document:
    """Return an invoice.

    seed     int            another seed gives another firm, customer, design and items
    corrupt  one of FAULTS  plants one arithmetic fault there; everything else still agrees with
                            what is printed; "any" lets the seed choose
    scale    int            pixels to a unit, 1 to 4
    small    bool           small print, hard to read
    returns  Document       fields as printed: number, date, due, seller, buyer, currency, items
                            (item, quantity, price, amount), subtotal, tax_rate in percent, tax,
                            total, and fault: None or {"field", "item", "printed", "right"}

    >>> page = invoice(3)
    >>> page.fields["total"] == page.fields["subtotal"] + page.fields["tax"]
    True
    """
    dice = names.dice_for("invoice", seed)
    if corrupt not in (None, "any", *FAULTS):
        raise InputError(f"invoice: corrupt={corrupt!r}", f"None, 'any' or one of {', '.join(FAULTS)}",
                         "pass corrupt='total'")  # fmt: skip
    fields = _fields(dice)
    # A throw of its own, so that a corrupt invoice differs from the sound one in the fault alone.
    fault = names.dice_for("fault", seed)
    _compute(fields, fault.pick(FAULTS) if corrupt == "any" else corrupt, fault)
    return _drawn(fields, dice, scale, small)


def _fields(dice: Dice) -> dict:
    """Return what the invoice is about, without the sums."""
    issued = names.day(dice)
    return {
        "number": f"INV-{10000 + dice.roll(90000)}",
        "date": issued.isoformat(),
        "due": (issued + timedelta(days=dice.pick((14, 30, 45)))).isoformat(),
        "seller": {"name": names.firm(dice), "address": names.address(dice)},
        "buyer": {"name": names.person(dice), "address": names.address(dice)},
        "currency": dice.pick(tuple(names.CURRENCIES)),
        "items": [
            {"item": item, "quantity": 1 + dice.roll(12), "price": 95 + 5 * dice.roll(2400)}
            for item in names.goods(dice, 3 + dice.roll(6))
        ],
        "tax_rate": dice.pick((7, 10, 19, 20, 21)),
    }


def _compute(fields: dict, corrupt: str | None, dice: Dice) -> None:
    """Put the sums in: each follows from what is printed before it, but for one planted fault."""
    fields["fault"] = None
    wrong_item = dice.roll(len(fields["items"])) if corrupt == "amount" else None
    for place, row in enumerate(fields["items"]):
        row["amount"] = row["quantity"] * row["price"]
        if place == wrong_item:
            row["amount"] = _fault(fields, "amount", row["amount"], dice, row["item"])
    fields["subtotal"] = sum(row["amount"] for row in fields["items"])
    if corrupt == "subtotal":
        fields["subtotal"] = _fault(fields, "subtotal", fields["subtotal"], dice)
    fields["tax"] = (fields["subtotal"] * fields["tax_rate"] + 50) // 100
    if corrupt == "tax":
        fields["tax"] = _fault(fields, "tax", fields["tax"], dice)
    fields["total"] = fields["subtotal"] + fields["tax"]
    if corrupt == "total":
        fields["total"] = _fault(fields, "total", fields["total"], dice)


def _fault(fields: dict, field: str, right: int, dice: Dice, item: str | None = None) -> int:
    """Note a fault and return the wrong amount: off by ten cents, by ten, or by a tenth."""
    step = dice.pick((10, 1000, right // 100 * 10 + 10))
    printed = right + step if dice.roll(2) or right <= step else right - step
    fields["fault"] = {"field": field, "item": item, "printed": printed, "right": right}
    return printed


def _drawn(fields: dict, dice: Dice, scale: int, small: bool) -> Document:
    """Return the invoice as a page."""
    accent, style = dice.pick(_ACCENTS), dice.roll(3)
    symbol = names.CURRENCIES[fields["currency"]]
    sheet = Sheet(_WIDTH, 640 + 34 * len(fields["items"]), scale, small=small)
    sheet.box(0, 0, _WIDTH, 10, accent)
    _heading(sheet, fields, accent, style)
    y = _table(sheet, fields["items"], accent)
    for label, cents in (("Subtotal", fields["subtotal"]), (f"Tax {fields['tax_rate']}%", fields["tax"])):
        y += 30
        sheet.text(500, y, label, 14, ink=SOFT, align="right", role="label")
        sheet.text(748, y, names.money(cents), 14, align="right", role="value")
    y += 18
    sheet.box(420, y, _RIGHT, y + 44, accent, round=6)
    sheet.text(500, y + 28, "Total", 16, face="bold", ink=WHITE, align="right", role="label")
    sheet.text(748, y + 28, names.money(fields["total"], symbol), 18, face="bold", ink=WHITE,
               align="right", role="value")  # fmt: skip
    sheet.rule(_LEFT, _RIGHT, y + 96)
    sheet.text(_LEFT, y + 122, f"Please pay {names.money(fields['total'], symbol)} by "
               f"{names.written(date.fromisoformat(fields['due']), style)}, quoting {fields['number']}.",
               12, ink=SOFT)  # fmt: skip
    sheet.text(_LEFT, y + 142, "Thank you for your order.", 12, ink=SOFT)
    return sheet.finish("invoice", fields)


def _heading(sheet: Sheet, fields: dict, accent, style: int) -> None:
    """Draw who sells to whom, the number and the dates."""
    seller, buyer = fields["seller"], fields["buyer"]
    sheet.text(_LEFT, 76, seller["name"], 22, face="bold", ink=accent, role="title")
    for row, line in enumerate(seller["address"]):
        sheet.text(_LEFT, 104 + 20 * row, line, 13, ink=SOFT)
    sheet.text(_RIGHT, 78, "INVOICE", 30, face="bold", ink=INK, align="right", role="title")
    sheet.text(_LEFT, 184, "BILL TO", 11, face="bold", ink=SOFT, role="label")
    sheet.text(_LEFT, 208, buyer["name"], 15, face="bold", role="value")
    for row, line in enumerate(buyer["address"]):
        sheet.text(_LEFT, 230 + 20 * row, line, 13, role="value")
    dates = [names.written(date.fromisoformat(fields[name]), style) for name in ("date", "due")]
    rows = zip(("Invoice no.", "Date", "Due date"), (fields["number"], *dates))
    for row, (label, value) in enumerate(rows):
        sheet.text(_COLUMNS["quantity"], 186 + 24 * row, label, 13, ink=SOFT, role="label")
        sheet.text(_RIGHT, 186 + 24 * row, value, 13, align="right", role="value")


def _table(sheet: Sheet, items: list[dict], accent) -> int:
    """Draw the items and return where the table ends."""
    sheet.box(_LEFT, 290, _RIGHT, 324, accent, round=4)
    sheet.text(_LEFT + 16, 312, "Item", 13, face="bold", ink=WHITE, role="label")
    for name, label in (("quantity", "Qty"), ("price", "Price"), ("amount", "Amount")):
        sheet.text(_COLUMNS[name], 312, label, 13, face="bold", ink=WHITE, align="right", role="label")
    y = 324
    for place, row in enumerate(items):
        if place % 2:
            sheet.box(_LEFT, y, _RIGHT, y + 34, _PALE)
        sheet.text(_LEFT + 16, y + 22, row["item"], 14, role="item")
        sheet.text(_COLUMNS["quantity"], y + 22, str(row["quantity"]), 14, align="right", role="value")
        for name in ("price", "amount"):
            sheet.text(_COLUMNS[name], y + 22, names.money(row[name]), 14, align="right", role="value")
        y += 34
    sheet.rule(_LEFT, _RIGHT, y, RULE, 2)
    return y
