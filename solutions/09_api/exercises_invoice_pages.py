"""Replies for invoice_check: the fields of thirty drawn invoices, and replies that are none."""

import numpy as np

from mmlab.world.documents import FAULTS, invoice
from mmlab.world.documents.names import money

FIELDS = ("items", "subtotal", "tax_rate", "tax", "total")
SYMBOLS = ("", "€", "£", "$")


def cases_for_invoice_check(rng: np.random.Generator) -> list[dict]:
    """Twenty sound pages, ten corrupt ones, taxes rounded otherwise, faults of a cent, two at once, fields not read."""
    planted = [*FAULTS, *FAULTS, "any", "any", *[None] * 20]
    drawn = [invoice(int(rng.integers(10**6)), corrupt=fault).fields for fault in planted]
    pages = [{name: fields[name] for name in FIELDS} for fields in drawn]
    whole = [{**page, "items": [dict(row) for row in page["items"]]} for page in pages]
    told = [_told(page, SYMBOLS[number // 2 % 4] if number % 2 else None) for number, page in enumerate(pages)]
    price = 50 * int(rng.integers(20, 200)) + 25
    close = [_clocks(price, 50), _clocks(price, 49), _clocks(price + 25, 100), _clocks(price, 150), _clocks(price, 50, off=-1)]
    special = [*close, _two_faults(whole[3]), _discount(whole[-1])]
    unread = [_told(page, None) for page in whole[10:16]]
    unread[0]["total"] = None
    del unread[1]["tax"]
    unread[2]["subtotal"] = "unreadable"
    unread[3]["items"][-1]["price"] = None
    del unread[4]["items"][0]["amount"]
    unread[5]["items"] = []
    order = rng.permutation(len(told)).tolist()
    replies = [*(told[place] for place in order), *(_told(page, None) for page in special), *unread]
    return [{"args": [reply], "kwargs": {}} for reply in replies]


def _told(page: dict, symbol: str | None) -> dict:
    """Return a page's fields as a model tells them: as JSON numbers, or as printed with a symbol."""

    def amount(cents: int):
        return cents / 100 if symbol is None else money(cents, symbol)

    rows = [{"item": row["item"], "quantity": row["quantity"], "price": amount(row["price"]), "amount": amount(row["amount"])}
            for row in page["items"]]  # fmt: skip
    sums = {name: amount(page[name]) for name in ("subtotal", "tax", "total")}
    return {"items": rows, "tax_rate": page["tax_rate"], **sums}


def _clocks(price: int, added: int, off: int = 0) -> dict:
    """Return a page of two clocks at 19 % tax: `added` hundredths of a cent, then cut to cents; total `off` by so many.

    At a price that ends in 25 or 75 the tax ends in half a cent: 50 rounds it up, 49 down, as other programs do.
    """
    subtotal = 2 * price
    tax = (subtotal * 19 + added) // 100
    row = {"item": "Green clock", "quantity": 2, "price": price, "amount": subtotal}
    return {"items": [row], "subtotal": subtotal, "tax_rate": 19, "tax": tax, "total": subtotal + tax + off}


def _two_faults(page: dict) -> dict:
    """Return a page whose total is wrong already, with a wrong amount besides that went into the sums."""
    first, *rest = page["items"]
    rows = [{**first, "amount": first["amount"] + 10}, *rest]
    subtotal = sum(row["amount"] for row in rows)
    tax = (subtotal * page["tax_rate"] + 50) // 100
    return {**page, "items": rows, "subtotal": subtotal, "tax": tax, "total": subtotal + tax - 1000}


def _discount(page: dict) -> dict:
    """Return a page with a last line below zero."""
    rows = [*page["items"], {"item": "Discount", "quantity": 1, "price": -95, "amount": -95}]
    subtotal = page["subtotal"] - 95
    tax = (subtotal * page["tax_rate"] + 50) // 100
    return {**page, "items": rows, "subtotal": subtotal, "tax": tax, "total": subtotal + tax}
