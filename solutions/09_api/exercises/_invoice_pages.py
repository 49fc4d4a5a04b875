"""Replies for invoice_check: the fields of drawn invoices as a model tells them, and small pages by hand."""

import numpy as np

from mmlab.world.documents import FAULTS, invoice
from mmlab.world.documents.names import money

SYMBOLS = ("", "€", "£", "$")


def drawn_replies(rng: np.random.Generator) -> list[dict]:
    """Return sound pages, corrupt ones of every kind, taxes that other programs round otherwise, and two faults at once."""
    drawn = [
        invoice(int(rng.integers(10**6)), corrupt=fault).fields
        for fault in (*FAULTS, "any", "any", *[None] * 6)
    ]
    replies = [
        as_reply(page, SYMBOLS[number // 2 % 4] if number % 2 else None) for number, page in enumerate(drawn)
    ]
    price = 50 * int(rng.integers(20, 200)) + 25
    special = [
        clocks(price, 50),
        clocks(price, 49),
        clocks(price + 25, 100),
        clocks(price, 150),
        clocks(price, 50, off=-1),
    ]
    special += [two_faults(drawn[-1]), discounted(drawn[-2])]
    order = rng.permutation(len(replies)).tolist()
    return [*(replies[index] for index in order), *(as_reply(page, None) for page in special)]


def as_reply(page: dict, symbol: str | None) -> dict:
    """Return a page's fields as a model tells them: as JSON numbers, or as printed with a symbol."""

    def amount(cents: int):
        return cents / 100 if symbol is None else money(cents, symbol)

    rows = [row | {"price": amount(row["price"]), "amount": amount(row["amount"])} for row in page["items"]]
    return {"items": rows, "tax_rate": page["tax_rate"]} | {
        name: amount(page[name]) for name in ("subtotal", "tax", "total")
    }


def clocks(price: int, added: int, off: int = 0) -> dict:
    """Return a page of two clocks at 19 % tax: `added` hundredths of a cent, then cut to cents; total `off` by so many.

    At a price that ends in 25 or 75 the tax ends in half a cent: 50 rounds it up, 49 down, as other programs do.
    """
    subtotal = 2 * price
    tax = (subtotal * 19 + added) // 100
    row = {"item": "Green clock", "quantity": 2, "price": price, "amount": subtotal}
    return {"items": [row], "subtotal": subtotal, "tax_rate": 19, "tax": tax, "total": subtotal + tax + off}


def two_faults(page: dict) -> dict:
    """Return a page with a wrong amount that went into the sums, and a total that is ten too low."""
    first, *rest = page["items"]
    return _summed(page, [first | {"amount": first["amount"] + 10}, *rest], off=-1000)


def discounted(page: dict) -> dict:
    """Return a page with a last line below zero."""
    return _summed(page, [*page["items"], {"item": "Discount", "quantity": 1, "price": -95, "amount": -95}])


def _summed(page: dict, rows: list[dict], off: int = 0) -> dict:
    subtotal = sum(row["amount"] for row in rows)
    tax = (subtotal * page["tax_rate"] + 50) // 100
    return page | {"items": rows, "subtotal": subtotal, "tax": tax, "total": subtotal + tax + off}


def small(**changes) -> dict:
    """Return a small sound page, two lamps and a desk at 10 %, with changes: of a sum by name, `lamps=…` or `desk=…` of its row.

    ABSENT as a value takes the field away.
    """
    lamps = {"item": "lamp", "quantity": 2, "price": 1.1, "amount": 2.2} | changes.pop("lamps", {})
    desk = {"item": "desk", "quantity": 1, "price": 7.8, "amount": 7.8} | changes.pop("desk", {})
    page = {"items": [lamps, desk], "subtotal": 10.0, "tax_rate": 10, "tax": 1.0, "total": 11.0} | changes
    for holder in (page, lamps, desk):
        for name in [name for name, value in holder.items() if value is ABSENT]:
            del holder[name]
    return page


def one_line(amount: float, rate: float, tax: float) -> dict:
    """Return a page of one line, whose total is right, with this rate in percent and this tax."""
    row = {"item": "desk", "quantity": 1, "price": amount, "amount": amount}
    total = round(100 * amount) + round(100 * tax)
    return {"items": [row], "subtotal": amount, "tax_rate": rate, "tax": tax, "total": total / 100}


def twelve(*wrong: int, count: int = 12) -> dict:
    """Return a page of twelve equal lines, or `count`, sound but for the amounts of the lines with these numbers."""
    lines = [{"quantity": 2, "price": 1.1, "amount": 2.2} for _ in range(count)]
    for number in wrong:
        lines[number - 1]["amount"] = 2.3
    subtotal = sum(round(100 * line["amount"]) for line in lines)
    return {"items": lines, "subtotal": subtotal / 100, "tax_rate": 0, "tax": 0, "total": subtotal / 100}


ABSENT = object()
