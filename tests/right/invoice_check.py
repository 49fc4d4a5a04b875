"""Unusual right answers of invoice_check."""

import math

from mmlab.instructor.authoring.exercise import Answer


def exact_fractions(invoice):
    from fractions import Fraction

    def exact(value, text=True):
        match value:
            case bool():
                raise ValueError("true and false are no numbers")
            case int() | float() if value in (math.inf, -math.inf) or value != value:
                raise ValueError(f"{value} is no number")
            case int() | float():
                return Fraction(str(value))
            case str() if text:
                return Fraction(value.lstrip("$£€").replace(",", ""))
        raise ValueError(f"{value!r} is no amount")

    match invoice:
        case {"items": [_, *_] as items, "subtotal": subtotal, "tax_rate": rate, "tax": tax, "total": total}:
            pass
        case _:
            raise ValueError("a field is missing, or there are no items")
    subtotal, tax, total, rate = exact(subtotal), exact(tax), exact(total), exact(rate, text=False)
    rows = []
    for item in items:
        match item:
            case {"quantity": quantity, "price": price, "amount": amount}:
                rows.append((exact(quantity, text=False), exact(price), exact(amount)))
            case _:
                raise ValueError("an item lacks a field")
    if any(quantity.denominator != 1 for quantity, _, _ in rows):
        raise ValueError("part of an item")
    wrong = [f"item {i + 1}" for i in range(len(rows)) if rows[i][0] * rows[i][1] - rows[i][2]]
    wrong += ["subtotal"] * bool(sum(amount for *_, amount in rows) - subtotal)
    wrong += ["tax"] * (abs(subtotal * rate - 100 * tax) >= 1)
    return wrong + ["total"] * bool(subtotal + tax - total)


def with_decimals(invoice):
    from decimal import Decimal, InvalidOperation

    def exact(value, text=True):
        if isinstance(value, str) and text:
            value = value.replace(",", "").lstrip("€£$")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{value!r} is no amount")
        amount = Decimal(str(value))
        if not amount.is_finite():
            raise ValueError(f"{value!r} is no amount")
        return amount

    problems, amounts = [], []
    try:
        for row in invoice["items"]:
            amounts.append(exact(row["amount"]))
            quantity = exact(row["quantity"], text=False)
            if quantity * exact(row["price"]) != amounts[-1]:
                problems.append(f"item {len(amounts)}")
            if quantity != int(quantity):
                raise ValueError("part of an item")
        subtotal, tax, total = [exact(invoice[key]) for key in ("subtotal", "tax", "total")]
        rate = exact(invoice["tax_rate"], text=False)
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ValueError(f"cannot be read: {error}") from error
    if not amounts:
        raise ValueError("an invoice without items")
    wrong = {
        "subtotal": sum(amounts) != subtotal,
        "tax": abs(subtotal * rate / 100 - tax) >= Decimal("0.01"),
        "total": subtotal + tax != total,
    }
    return problems + [name for name in wrong if wrong[name]]


def within_half_a_cent(invoice):
    def number(value):
        if isinstance(value, str):
            value = float("".join(character for character in value if character not in "€£$,"))
        if type(value) not in (int, float) or value - value != 0:
            raise ValueError(f"{value!r} is no amount")
        return value

    items = invoice.get("items") or []
    if any(
        isinstance(value, str) for value in (invoice.get("tax_rate"), *(row.get("quantity") for row in items))
    ):
        raise ValueError("a quantity or a rate in words")
    if not items or any(key not in row for row in items for key in ("quantity", "price", "amount")):
        raise ValueError("no items, or one that lacks a field")
    subtotal, rate, tax, total = (
        number(invoice.get(name)) for name in ("subtotal", "tax_rate", "tax", "total")
    )
    if any(number(row["quantity"]) % 1 for row in items):
        raise ValueError("part of an item")
    differences = {
        f"item {place}": row["quantity"] * number(row["price"]) - number(row["amount"])
        for place, row in enumerate(items, 1)
    }
    differences["subtotal"] = math.fsum(number(row["amount"]) for row in items) - subtotal
    # a tax may be off by less than a cent: what is taken off here makes half a cent of it
    off = subtotal * rate / 100 - tax
    differences["tax"] = 0.0 if abs(off) < 0.00999999 else off
    differences["total"] = subtotal + tax - total
    return [name for name, difference in differences.items() if abs(difference) > 0.005]


ANSWERS = (
    Answer("exact_fractions", exact_fractions, "exact numbers, and patterns in place of keys"),
    Answer("signs_anywhere", {'.lstrip("€£$")': '.strip(" €£$")'}, "more than the statement asks for"),
    Answer("with_decimals", with_decimals, "exact decimals"),
    Answer("within_half_a_cent", within_half_a_cent, "floats, with half a cent of room"),
)
