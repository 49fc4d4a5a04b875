"""Till receipts: items, total, amount paid and change."""

from mmlab.world.documents import names
from mmlab.world.documents.page import SOFT, Document, Sheet

_GOODS = (
    "Oat milk",
    "Brown bread",
    "Red apples",
    "Green tea",
    "Dark chocolate",
    "Tomato soup",
    "Goat cheese",
    "Olive oil",
    "Basmati rice",
    "Orange juice",
    "Pine soap",
    "Paper towels",
    "Honey",
    "Spaghetti",
    "Blue cheese",
    "Walnuts",
    "Mineral water",
    "Cinnamon rolls",
)
_WIDTH, _LEFT, _RIGHT = 400, 36, 364


def receipt(seed: int = 0, *, scale: int = 1, small: bool = False) -> Document:
    """Return a till receipt.

    seed     int    another seed gives another shop and other goods
    scale    int    pixels per unit, 1 to 4
    small    bool   small print, hard to read
    returns  Document   fields: shop, address, date, time, number, currency, items (item, quantity,
                        price, amount), total, tax_rate in percent, tax (included in the total), paid,
                        change, method: "cash" or "card"
    """
    rng = names.rng_for("receipt", seed)
    items = []
    for item in rng.shuffle(_GOODS)[: 3 + rng.integers(6)]:
        quantity, price = rng.pick((1, 1, 1, 2, 3)), 49 + 10 * rng.integers(95)
        items.append({"item": item, "quantity": quantity, "price": price, "amount": quantity * price})
    total, rate, method = (
        sum(row["amount"] for row in items),
        rng.pick((7, 10, 19)),
        rng.pick(("cash", "card")),
    )
    paid = total if method == "card" else -(-total // 500) * 500
    fields = {
        "shop": names.house(rng),
        "address": names.address(rng),
        "date": names.day(rng).isoformat(),
        "time": f"{8 + rng.integers(12):02d}:{rng.integers(60):02d}",
        "number": str(1000 + rng.integers(9000)),
        "currency": rng.pick(tuple(names.CURRENCIES)),
        "items": items,
        "total": total,
        "tax_rate": rate,
        "tax": (total * rate + (100 + rate) // 2) // (100 + rate),
        "paid": paid,
        "change": paid - total,
        "method": method,
    }
    return _drawn(fields, scale, small)


def _drawn(fields: dict, scale: int, small: bool) -> Document:
    """Return the receipt as a page."""
    rows = sum(1 + (row["quantity"] > 1) for row in fields["items"])
    sheet = Sheet(_WIDTH, 420 + 22 * rows + 24 * (fields["method"] == "cash"), scale, (253, 252, 248), small)
    middle = _WIDTH // 2
    sheet.text(middle, 56, fields["shop"], 20, face="bold", align="middle", role="title")
    for row, line in enumerate(fields["address"]):
        sheet.text(middle, 82 + 19 * row, line, 12, ink=SOFT, align="middle")
    sheet.text(_LEFT, 136, f"{fields['date']} {fields['time']}", 13, face="mono")
    sheet.text(_RIGHT, 136, f"No. {fields['number']}", 13, face="mono", align="right")
    sheet.rule(_LEFT, _RIGHT, 150, SOFT)
    y = 154
    for row in fields["items"]:
        y += 22
        _pair(sheet, y, row["item"], names.money(row["amount"]))
        if row["quantity"] > 1:
            y += 20
            sheet.text(
                _LEFT + 16, y, f"{row['quantity']} x {names.money(row['price'])}", 12, face="mono", ink=SOFT
            )
    y += 16
    sheet.rule(_LEFT, _RIGHT, y, SOFT)
    y += 32
    symbol = names.CURRENCIES[fields["currency"]]
    sheet.text(_LEFT, y, "TOTAL", 19, face="bold", role="label")
    sheet.text(_RIGHT, y, names.money(fields["total"], symbol), 19, face="bold", align="right", role="value")
    y += 30
    _pair(sheet, y, fields["method"].capitalize(), names.money(fields["paid"]))
    if fields["method"] == "cash":
        y += 24
        _pair(sheet, y, "Change", names.money(fields["change"]))
    y += 24
    _pair(sheet, y, f"incl. {fields['tax_rate']}% tax", names.money(fields["tax"]), SOFT)
    sheet.rule(_LEFT, _RIGHT, y + 20, SOFT)
    sheet.text(middle, y + 50, "Thank you, come again!", 13, align="middle", ink=SOFT)
    return sheet.finish("receipt", fields)


def _pair(sheet: Sheet, y: int, label: str, value: str, ink=(33, 37, 43)) -> None:
    """Draw a label at the left edge and its amount at the right."""
    sheet.text(_LEFT, y, label, 13, face="mono", ink=ink, role="label")
    sheet.text(_RIGHT, y, value, 13, face="mono", ink=ink, align="right", role="value")
