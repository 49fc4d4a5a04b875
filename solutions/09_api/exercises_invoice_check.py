"""invoice_check: its misconceptions, and right answers written another way; its cases are made beside it.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import math

from exercises_invoice_pages import cases_for_invoice_check

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def invoice_check__trusts_the_total(invoice):
    def cents(value):
        return round(100 * float(str(value).replace(",", "").strip("€£$")))

    try:
        rows = [(int(row["quantity"]), cents(row["price"]), cents(row["amount"])) for row in invoice["items"]]
        subtotal, tax, rate = cents(invoice["subtotal"]), cents(invoice["tax"]), float(invoice["tax_rate"])
        cents(invoice["total"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a field cannot be used") from error
    if not rows:
        raise ValueError("no items")
    found = [f"item {number}" for number, (quantity, price, amount) in enumerate(rows, 1) if quantity * price != amount]
    if sum(amount for _, _, amount in rows) != subtotal:
        found.append("subtotal")
    if abs(100 * tax - subtotal * rate) >= 100:
        found.append("tax")
    return found


def invoice_check__float_equality(invoice):
    def number(value):
        return float(str(value).replace(",", "").strip("€£$"))

    try:
        rows = [(int(row["quantity"]), number(row["price"]), number(row["amount"])) for row in invoice["items"]]
        subtotal, tax, total = (number(invoice[name]) for name in ("subtotal", "tax", "total"))
        rate = float(invoice["tax_rate"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a field cannot be used") from error
    if not rows:
        raise ValueError("no items")
    found = [f"item {place}" for place, (quantity, price, amount) in enumerate(rows, 1) if quantity * price != amount]
    if sum(amount for _, _, amount in rows) != subtotal:
        found.append("subtotal")
    if subtotal * rate / 100 != tax:
        found.append("tax")
    if subtotal + tax != total:
        found.append("total")
    return found


def invoice_check__ignores_tax(invoice):
    def cents(value):
        return round(100 * float(str(value).replace(",", "").strip("€£$")))

    try:
        rows = [(int(row["quantity"]), cents(row["price"]), cents(row["amount"])) for row in invoice["items"]]
        subtotal, total = cents(invoice["subtotal"]), cents(invoice["total"])
        cents(invoice["tax"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a field cannot be used") from error
    if not rows:
        raise ValueError("no items")
    found = [f"item {number}" for number, (quantity, price, amount) in enumerate(rows, 1) if quantity * price != amount]
    if sum(amount for _, _, amount in rows) != subtotal:
        found.append("subtotal")
    if subtotal != total:
        found.append("total")
    return found


def invoice_check__own_sums(invoice):
    def cents(value):
        return round(100 * float(str(value).replace(",", "").strip("€£$")))

    try:
        rows = [(int(row["quantity"]), cents(row["price"]), cents(row["amount"])) for row in invoice["items"]]
        subtotal, tax, total = (cents(invoice[name]) for name in ("subtotal", "tax", "total"))
        rate = float(invoice["tax_rate"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a field cannot be used") from error
    if not rows:
        raise ValueError("no items")
    found = [f"item {number}" for number, (quantity, price, amount) in enumerate(rows, 1) if quantity * price != amount]
    due = sum(quantity * price for quantity, price, _ in rows)
    if due != subtotal:
        found.append("subtotal")
    if abs(100 * tax - due * rate) >= 100:
        found.append("tax")
    if abs(100 * total - due * (100 + rate)) >= 100:
        found.append("total")
    return found


def invoice_check__near_enough(invoice):
    def number(value):
        return float(str(value).replace(",", "").strip("€£$"))

    try:
        rows = [(int(row["quantity"]), number(row["price"]), number(row["amount"])) for row in invoice["items"]]
        subtotal, tax, total = (number(invoice[name]) for name in ("subtotal", "tax", "total"))
        rate = float(invoice["tax_rate"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a field cannot be used") from error
    if not rows:
        raise ValueError("no items")
    found = [f"item {place}" for place, (quantity, price, amount) in enumerate(rows, 1) if abs(quantity * price - amount) > 0.5]
    if abs(sum(amount for _, _, amount in rows) - subtotal) > 0.5:
        found.append("subtotal")
    if abs(subtotal * rate / 100 - tax) > 0.5:
        found.append("tax")
    if abs(subtotal + tax - total) > 0.5:
        found.append("total")
    return found


def invoice_check__one_rounding_only(invoice):
    def cents(value):
        return round(100 * float(str(value).replace(",", "").strip("€£$")))

    try:
        rows = [(int(row["quantity"]), cents(row["price"]), cents(row["amount"])) for row in invoice["items"]]
        subtotal, tax, total = (cents(invoice[name]) for name in ("subtotal", "tax", "total"))
        rate = float(invoice["tax_rate"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a field cannot be used") from error
    if not rows:
        raise ValueError("no items")
    found = [f"item {number}" for number, (quantity, price, amount) in enumerate(rows, 1) if quantity * price != amount]
    if sum(amount for _, _, amount in rows) != subtotal:
        found.append("subtotal")
    if round(subtotal * rate / 100) != tax:
        found.append("tax")
    if subtotal + tax != total:
        found.append("total")
    return found


def invoice_check__missing_is_zero(invoice):
    def cents(value):
        try:
            return round(100 * float(str(value or 0).replace(",", "").strip("€£$")))
        except ValueError:
            return 0

    rows = [(row.get("quantity") or 0, cents(row.get("price")), cents(row.get("amount"))) for row in invoice.get("items", [])]
    subtotal, tax, total = (cents(invoice.get(name)) for name in ("subtotal", "tax", "total"))
    found = [f"item {number}" for number, (quantity, price, amount) in enumerate(rows, 1) if quantity * price != amount]
    if sum(amount for _, _, amount in rows) != subtotal:
        found.append("subtotal")
    if abs(100 * tax - subtotal * invoice.get("tax_rate", 0)) >= 100:
        found.append("tax")
    if subtotal + tax != total:
        found.append("total")
    return found


def invoice_check__comma_is_the_decimal_point(invoice):
    def cents(value):
        return round(100 * float(str(value).replace(",", ".").strip("€£$")))

    try:
        rows = [(int(row["quantity"]), cents(row["price"]), cents(row["amount"])) for row in invoice["items"]]
        subtotal, tax, total = (cents(invoice[name]) for name in ("subtotal", "tax", "total"))
        rate = float(invoice["tax_rate"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("a field cannot be used") from error
    if not rows:
        raise ValueError("no items")
    found = [f"item {number}" for number, (quantity, price, amount) in enumerate(rows, 1) if quantity * price != amount]
    if sum(amount for _, _, amount in rows) != subtotal:
        found.append("subtotal")
    if abs(100 * tax - subtotal * rate) >= 100:
        found.append("tax")
    if subtotal + tax != total:
        found.append("total")
    return found


def invoice_check__with_decimals(invoice):
    from decimal import Decimal, InvalidOperation

    def exact(value):
        for mark in (",", "€", "£", "$"):
            value = str(value).replace(mark, "")
        return Decimal(value)

    problems, amounts = [], []
    try:
        for row in invoice["items"]:
            amounts.append(exact(row["amount"]))
            if row["quantity"] * exact(row["price"]) != amounts[-1]:
                problems.append(f"item {len(amounts)}")
        subtotal, tax, total, rate = [exact(invoice[key]) for key in ("subtotal", "tax", "total", "tax_rate")]
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ValueError(f"cannot be read: {error}") from error
    if not amounts:
        raise ValueError("an invoice without items")
    wrong = {"subtotal": sum(amounts) != subtotal, "tax": abs(subtotal * rate / 100 - tax) >= Decimal("0.01"),
             "total": subtotal + tax != total}  # fmt: skip
    return problems + [name for name in wrong if wrong[name]]


def invoice_check__within_half_a_cent(invoice):
    def number(value):
        if isinstance(value, str):
            value = "".join(letter for letter in value if letter not in "€£$,")
        if value is None:
            raise ValueError("an amount was not read")
        return float(value)

    for name in ("items", "subtotal", "tax_rate", "tax", "total"):
        if invoice.get(name) in (None, []):
            raise ValueError(f"{name} is missing")
    items = invoice["items"]
    if any(key not in row for row in items for key in ("quantity", "price", "amount")):
        raise ValueError("an item lacks a field")
    differences = {f"item {place}": row["quantity"] * number(row["price"]) - number(row["amount"])
                   for place, row in enumerate(items, 1)}  # fmt: skip
    differences["subtotal"] = math.fsum(number(row["amount"]) for row in items) - number(invoice["subtotal"])
    # a tax may be off by less than a cent: what is taken off here makes half a cent of it
    off = number(invoice["subtotal"]) * invoice["tax_rate"] / 100 - number(invoice["tax"])
    differences["tax"] = 0.0 if abs(off) < 0.00999999 else off
    differences["total"] = number(invoice["subtotal"]) + number(invoice["tax"]) - number(invoice["total"])
    return [name for name, difference in differences.items() if abs(difference) > 0.005]


EXERCISE = Exercise(
    name="invoice_check",
    difficulty=3,
    importance=4,
    minutes=25,
    hints=(
        "Work in whole cents: a small function `cents(value)` that drops commas and currency signs from a text and "
        "returns `round(100 * float(…))`. Whole numbers add up exactly; 0.1 + 0.2 does not.",
        "Read all fields first, inside one `try`; turn KeyError, TypeError and ValueError into a single ValueError. "
        "After that block the checks are four plain comparisons of whole numbers.",
        "The tax without a division: 100 · tax against subtotal · rate, both whole numbers. Less than a cent apart "
        "means less than 100.",
    ),
    driver=Driver("call"),
    cases=cases_for_invoice_check,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            invoice_check__trusts_the_total,
            "your function never adds up the total, the one number that is paid",
            "compare subtotal + tax with total",
        ),
        Misconception(
            invoice_check__float_equality,
            "your function compares floats with ==, and finds faults in pages that are right to the cent",
            "turn every amount into whole cents, round(100 * x), before you compare",
        ),
        Misconception(
            invoice_check__ignores_tax,
            "your function leaves the tax out: it is neither checked nor part of the total",
            "check the tax against subtotal · tax_rate / 100, and the total against subtotal + tax",
        ),
        Misconception(
            invoice_check__own_sums,
            "your function calculates on with its own sums, so one wrong item is reported three times more",
            "check each number against those printed above it",
        ),
        Misconception(
            invoice_check__near_enough,
            "your function forgives differences that a cent's rounding cannot explain",
            "compare whole cents exactly; only the tax may be off, by less than one cent",
        ),
        Misconception(
            invoice_check__one_rounding_only,
            "your function allows one way only to round half a cent; other programs use another",
            "accept a tax that is less than one cent away from subtotal · tax_rate / 100",
        ),
        Misconception(
            invoice_check__missing_is_zero,
            "your function takes what the model could not read for 0",
            "raise ValueError where a field is missing or is no amount",
        ),
        Misconception(
            invoice_check__comma_is_the_decimal_point,
            "your function reads the comma of 1,240.50 as a decimal point",
            "drop the commas: they only group thousands",
        ),
    ),
    alternates=(invoice_check__with_decimals, invoice_check__within_half_a_cent),
)
