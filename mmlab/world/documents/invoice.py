"""Invoices: line items, tax and total that are consistent, or have exactly one planted fault."""

from datetime import date, timedelta

from mmlab.errors import InputError
from mmlab.world.documents import names
from mmlab.world.documents.page import INK, RULE, SOFT, WHITE, Document, Sheet
from mmlab.world.noise import Rng

FAULTS = ("amount", "subtotal", "tax", "total")
_ACCENTS = ((29, 78, 137), (22, 101, 82), (122, 40, 88), (60, 64, 72), (158, 72, 16))
_PALE = (246, 247, 249)
_LEFT, _RIGHT, _WIDTH = 56, 764, 820
_COLUMNS = {"quantity": 500, "price": 632, "amount": 748}  # right edges


def invoice(seed: int = 0, *, corrupt: str | None = None, scale: int = 1, small: bool = False) -> Document:
    """Return an invoice.

    seed     int            another seed gives another firm, customer, design and items
    corrupt  one of FAULTS  plants one arithmetic fault there; everything else stays consistent with
                            the printed values; "any" lets the seed choose
    scale    int            pixels per unit, 1 to 4
    small    bool           small print, hard to read
    returns  Document       fields as printed: number, date, due, seller, buyer, currency, items
                            (item, quantity, price, amount), subtotal, tax_rate in percent, tax,
                            total, and fault: None or {"field", "item", "printed", "right"}

    >>> page = invoice(3)
    >>> page.fields["total"] == page.fields["subtotal"] + page.fields["tax"]
    True
    """
    rng = names.rng_for("invoice", seed)
    if corrupt not in (None, "any", *FAULTS):
        raise InputError(
            f"invoice: corrupt={corrupt!r}",
            f"None, 'any' or one of {', '.join(FAULTS)}",
            "pass corrupt='total'",
        )
    fields = _fields(rng)
    # A separate generator, so that a corrupt invoice differs from the correct one only in the fault.
    fault = names.rng_for("fault", seed)
    _compute(fields, fault.pick(FAULTS) if corrupt == "any" else corrupt, fault)
    return _drawn(fields, rng, scale, small)


def _fields(rng: Rng) -> dict:
    """Return the fields of the invoice without the sums."""
    issued = names.day(rng)
    return {
        "number": f"INV-{10000 + rng.integers(90000)}",
        "date": issued.isoformat(),
        "due": (issued + timedelta(days=rng.pick((14, 30, 45)))).isoformat(),
        "seller": {"name": names.firm(rng), "address": names.address(rng)},
        "buyer": {"name": names.person(rng), "address": names.address(rng)},
        "currency": rng.pick(tuple(names.CURRENCIES)),
        "items": [
            {"item": item, "quantity": 1 + rng.integers(12), "price": 95 + 5 * rng.integers(2400)}
            for item in names.goods(rng, 3 + rng.integers(6))
        ],
        "tax_rate": rng.pick((7, 10, 19, 20, 21)),
    }


def _compute(fields: dict, corrupt: str | None, rng: Rng) -> None:
    """Add the sums: each follows from the values printed before it, except for one planted fault."""
    fields["fault"] = None
    wrong_item = rng.integers(len(fields["items"])) if corrupt == "amount" else None
    for index, row in enumerate(fields["items"]):
        row["amount"] = row["quantity"] * row["price"]
        if index == wrong_item:
            row["amount"] = _fault(fields, "amount", row["amount"], rng, row["item"])
    fields["subtotal"] = sum(row["amount"] for row in fields["items"])
    if corrupt == "subtotal":
        fields["subtotal"] = _fault(fields, "subtotal", fields["subtotal"], rng)
    fields["tax"] = (fields["subtotal"] * fields["tax_rate"] + 50) // 100
    if corrupt == "tax":
        fields["tax"] = _fault(fields, "tax", fields["tax"], rng)
    fields["total"] = fields["subtotal"] + fields["tax"]
    if corrupt == "total":
        fields["total"] = _fault(fields, "total", fields["total"], rng)


def _fault(fields: dict, field: str, right: int, rng: Rng, item: str | None = None) -> int:
    """Record a fault and return the wrong amount: off by ten cents, by ten, or by a tenth."""
    step = rng.pick((10, 1000, right // 100 * 10 + 10))
    printed = right + step if rng.integers(2) or right <= step else right - step
    fields["fault"] = {"field": field, "item": item, "printed": printed, "right": right}
    return printed


def _drawn(fields: dict, rng: Rng, scale: int, small: bool) -> Document:
    """Return the invoice as a page."""
    accent, style = rng.pick(_ACCENTS), rng.integers(3)
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
    sheet.text(
        748,
        y + 28,
        names.money(fields["total"], symbol),
        18,
        face="bold",
        ink=WHITE,
        align="right",
        role="value",
    )
    sheet.rule(_LEFT, _RIGHT, y + 96)
    sheet.text(
        _LEFT,
        y + 122,
        f"Please pay {names.money(fields['total'], symbol)} by "
        f"{names.written(date.fromisoformat(fields['due']), style)}, quoting {fields['number']}.",
        12,
        ink=SOFT,
    )
    sheet.text(_LEFT, y + 142, "Thank you for your order.", 12, ink=SOFT)
    return sheet.finish("invoice", fields)


def _heading(sheet: Sheet, fields: dict, accent, style: int) -> None:
    """Draw the seller, the buyer, the number and the dates."""
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
    for index, row in enumerate(items):
        if index % 2:
            sheet.box(_LEFT, y, _RIGHT, y + 34, _PALE)
        sheet.text(_LEFT + 16, y + 22, row["item"], 14, role="item")
        sheet.text(_COLUMNS["quantity"], y + 22, str(row["quantity"]), 14, align="right", role="value")
        for name in ("price", "amount"):
            sheet.text(_COLUMNS[name], y + 22, names.money(row[name]), 14, align="right", role="value")
        y += 34
    sheet.rule(_LEFT, _RIGHT, y, RULE, 2)
    return y
