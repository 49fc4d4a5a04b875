"""invoice_check: which numbers on an invoice do not follow from the others."""

import math

from _invoice_pages import ABSENT, drawn_replies, one_line, small, twelve

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


def calls(*replies):
    """Return one case for each reply."""
    return [{"args": [reply], "kwargs": {}} for reply in replies]


def cases(rng):
    """Drawn pages, sound and corrupt, with numbers or with texts as printed."""
    return calls(*drawn_replies(rng))


ROW, SUMS = ("quantity", "price", "amount"), ("subtotal", "tax_rate", "tax", "total")
NO_NUMBER = (ABSENT, None, True, math.inf, -math.inf, math.nan, [])
NO_AMOUNT = ("unreadable", "", "€", "inf", "nan", "1.1O", "$ -")
TEXTS = {"subtotal": "€1,234,000.20", "tax": "£123,400.02", "total": "$1,357,400.22"}
MILLION = {
    "lamps": {"price": "617,000.0", "amount": "$1,234,000.00"},
    "desk": {"price": "€0.10", "quantity": 2, "amount": "0.20"},
}
HUGE = {"quantity": 1, "price": "90,000,000.10", "amount": 90_000_000.10}  # a cent is a part in 9 billion
SUM = {"subtotal": "90,000,000.10", "tax_rate": 0, "tax": 0, "total": "90,000,000.10"}
FREE = {"quantity": 0, "price": 0, "amount": "€0.00"}

CLAUSES = {
    "a sound page": calls(small(), small(**MILLION, **TEXTS)),
    "no items": calls(
        small(items=[], subtotal=0, tax=0, total=0),
        *(small(items=items) for items in ([], None, ABSENT, {}, "", [{}])),
    ),
    "other fields do not matter": calls(
        small(lamps={"item": ABSENT}, desk={"item": None}),
        small(vendor=None, due="unreadable", discount=True, error="none"),
        small(lamps={"note": None, "discount": 0.5, "tax": "nan"}, desk={"item": "item 7"}),
        small(currency="EUR", subtotal_net=1, desk={"unit": ""}, total=12.0),
        {name: small()[name] for name in ("total", "tax", "tax_rate", "subtotal", "items")},
    ),
    "a field that is missing or no number": calls(
        *(small(desk={name: value}) for name in ROW for value in NO_NUMBER),
        *(small(lamps={name: None}) for name in ROW),
        *(small(**{name: value}) for name in SUMS for value in NO_NUMBER),
        small(lamps={"amount": 2.3}, total=None),
        small(lamps={"amount": 2.3}, desk={"price": None}),
        small(subtotal=9.0, tax_rate=ABSENT),
        small(tax=5.0, desk={"amount": ABSENT}),
        small(total=0, tax=False),
        *(
            small(lamps=FREE, desk=FREE, subtotal=0, tax=0, total=0, tax_rate=value)
            for value in (ABSENT, None, "0", True)
        ),
        small(lamps={"quantity": 2.5}, total=12.0),
    ),
    "an amount that is not as printed": calls(
        *(small(lamps={name: value}) for name in ("price", "amount") for value in NO_AMOUNT),
        *(small(**{name: value}) for name in ("subtotal", "tax", "total") for value in NO_AMOUNT),
    ),
    "a quantity that is not whole": calls(
        small(lamps={"quantity": 2.5}),
        small(lamps={"quantity": 2.5, "amount": 2.75}),
        small(desk={"quantity": 0.5}),
        small(desk={"quantity": "one"}),
        small(desk={"quantity": False, "amount": 0}),
        small(lamps={"quantity": -1.5}),
    ),
    "a quantity and a rate are JSON numbers": calls(
        small(lamps={"quantity": "2"}),
        small(desk={"quantity": "1.0"}),
        small(tax_rate="10"),
        small(tax_rate="$10.0"),
        *(small(tax_rate=rate) for rate in ("10%", "", "10.00")),
        *(small(desk={"quantity": quantity}) for quantity in ("1", "", "1,000")),
        small(lamps={"quantity": "2", "amount": 2.3}, tax=7),
    ),
    "2.0 is whole": calls(
        small(lamps={"quantity": 2.0}), small(lamps={"quantity": 3.0}, desk={"quantity": 1.0})
    ),
    "many pieces": calls(
        *(
            small(
                lamps={"quantity": quantity, "price": price, "amount": amount},
                subtotal=subtotal,
                tax=tax,
                total=total,
            )
            for quantity, price, amount, subtotal, tax, total in (
                (1000, 0.01, 10.0, 17.8, 1.78, 19.58),
                (1000.0, "0.01", "10.00", "17.80", "1.78", "19.58"),
                (300, 19.99, 5997.0, 6004.8, 600.48, 6605.28),
                (7, 0.29, 2.03, 9.83, 0.98, 10.81),
                (3, 4.35, 13.05, 20.85, 2.08, 22.93),
                (1, 0.01, 0.01, 7.81, 0.78, 8.59),
                (1, 0.01, 0.0, 7.8, 0.78, 8.58),
            )
        )
    ),
    "texts as printed": calls(
        small(subtotal="10", total="$11"),
        small(subtotal="£10.00", tax="€1.00", total="$11.00"),
        small(lamps={"price": "1.10", "amount": "2.20"}, desk={"price": "€7.80", "amount": 7.8}),
        small(tax="1.01", total="11.00"),
        small(tax="0.00", total="0.00"),
        small(
            lamps={"quantity": 1, "price": "1,000.00", "amount": "1,000.00"},
            subtotal="$1,007.80",
            tax="$100.78",
            total="$1,108.58",
        ),
        small(
            lamps={"quantity": 1, "price": 12345678.9, "amount": "€12,345,678.90"},
            subtotal="12,345,686.70",
            tax=1234568.67,
            total="£13,580,255.37",
        ),
    ),
    "equal lines and a long page": calls(
        *(twelve(3, 3), twelve(2, 10), twelve(*range(1, 13)), twelve()), twelve(260, 257, 9, 10, count=260)
    ),
    "zero is a number": calls(
        small(tax_rate=0, tax=0, total=10.0),
        small(tax_rate=0.0, tax="0.00", total=10),
        small(tax=0),
        small(total=0),
        small(lamps=FREE, desk=FREE, subtotal=0, tax=0.0, total="$0.00"),
        small(lamps=FREE, subtotal=7.8, tax=0.78, total=8.58),
        small(tax_rate=0),
    ),
    "items are counted from 1": calls(
        small(lamps={"amount": 2.3}),
        small(desk={"amount": 8.0}),
        small(lamps={"amount": 2.4}, desk={"amount": 7.6}),
        small(lamps={"quantity": 3}),
        small(desk={"price": 7.9}),
    ),
    "to the cent": calls(
        small(lamps={"amount": 2.21}, subtotal=10.01, total=11.01),
        small(lamps={"amount": 2.19}, subtotal=9.99, total=10.99),
        small(subtotal=10.01, total=11.01),
        small(subtotal=9.99, total=10.99),
        small(total=11.01),
        small(total=10.99),
        small(**MILLION, **TEXTS | {"total": "$1,357,400.23"}),
        small(**MILLION, **TEXTS | {"subtotal": 1234000.19, "total": 1357400.21}),
        small(lamps=MILLION["lamps"] | {"amount": 1234000.01}, desk=MILLION["desk"], **TEXTS),
        small(lamps=HUGE, desk=FREE, **SUM),
        small(lamps=HUGE | {"price": 90_000_000.09}, desk=FREE, **SUM),
        small(lamps=HUGE, desk=FREE, **SUM | {"subtotal": 90_000_000.11, "total": 90_000_000.11}),
        small(lamps=HUGE, desk=FREE, **SUM | {"total": "90,000,000.09"}),
    ),
    "a cent of tax": calls(
        small(tax=1.01, total=11.01),
        small(tax=0.99, total=10.99),
        small(tax=1.02, total=11.02),
        small(tax=-1.0, total=9.0),
        *(
            small(
                lamps={"price": 0.0, "amount": 0.0},
                desk={"price": 1.01, "amount": 1.01},
                subtotal=1.01,
                tax_rate=1,
                tax=tax,
                total=round(1.01 + tax, 2),
            )
            for tax in (0.0, 0.01, 0.02, 0.03)
        ),
        *(
            small(tax_rate=rate, tax=tax, total=10 + tax)
            for rate, tax in ((8.25, 0.82), (8.25, 0.83), (8.25, 0.81), (8.25, 0.84))
        ),
    ),
    "a tax of any rate": calls(
        *(
            one_line(amount, rate, tax)
            for amount, rate, tax in (
                *((100_000.0, 8.875, tax) for tax in (8875.0, 8875.01, 8880.0)),
                *((100_000.0, 7.125, tax) for tax in (7125.0, 7120.0)),
                *((80_000.0, 0.125, tax) for tax in (100.0, 104.0)),
                *((1_000_000.0, 0.001, tax) for tax in (10.0, 0.0)),
                *((64_000.0, 6.0625, tax) for tax in (3880.0, 3878.4)),
                *((50.0, 100, tax) for tax in (50.0, 0.5)),
                *((50.0, 150.0, tax) for tax in (75.0,)),
                *((0.01, 50, tax) for tax in (0.0, 0.01, 0.02)),
                *((0.03, 19, tax) for tax in (0.0, 0.01, 0.02)),
                *((20.0, 0.5, tax) for tax in (0.1, 0.09)),
                *((12_345_678.0, 19, tax) for tax in (2345678.82, 2345678.81)),
                *((99.5, 8.25, tax) for tax in (8.2, 8.22)),
            )
        )
    ),
    "a tax below zero": calls(
        *(
            one_line(amount, rate, tax)
            for amount, rate, tax in (
                *((-0.99, 10, tax) for tax in (-0.08, -0.09, -0.1, -0.11)),
                *((-10.0, 8.25, tax) for tax in (-0.81, -0.82, -0.83, -0.84)),
                *((-10.0, 10, tax) for tax in (-1.0, -0.99, -1.01, 1.0)),
                *((-1.01, 1, tax) for tax in (0.0, -0.01, -0.02, -0.03)),
                *((-0.05, 10, tax) for tax in (0.0, -0.01, 0.01)),
                *((-100_000.0, 8.875, tax) for tax in (-8875.0, -8880.0)),
                *((1.0, 10, tax) for tax in (-0.1, -0.01)),
            )
        )
    ),
    "a cent more or less, whatever the number": calls(
        *(
            sums | {field: sums[field] + sign * (0.02 if field == "tax" else 0.01)}
            for sums in (one_line(-10.0, 10, -1.0), one_line(0.0, 0, 0.0), one_line(5000.0, 20, 1000.0))
            for field in ("subtotal", "tax", "total")
            for sign in (1, -1)
        ),
        *(
            sums | {"items": [{"quantity": quantity, "price": price, "amount": amount}]}
            for sums, lines in (
                (
                    one_line(10.0, 10, 1.0),
                    ((1000, 0.01, 10.0), (1001, 0.01, 10.0), (0, 5.0, 10.0), (3, 0, 10.0), (-1, 10.0, 10.0)),
                ),
                (one_line(0.0, 0, 0.0), ((0, 7.0, 0.0), (7, 0.0, 0), (1, 0.01, 0.0), (2, -0.01, 0.0))),
                (
                    one_line(-10.0, 10, -1.0),
                    ((-1, 10.0, -10.0), (2, -5.0, -10.0), (2, 5.0, -10.0), (1, -10.01, -10.0)),
                ),
            )
            for quantity, price, amount in lines
        ),
    ),
    "negative numbers": calls(
        small(lamps={"price": -1.1, "amount": -2.2}, subtotal=5.6, tax=0.56, total=6.16),
        small(lamps={"quantity": -2, "amount": -2.2}, subtotal=5.6, tax=0.56, total=6.17),
        small(desk={"price": -7.8, "amount": -7.8}, subtotal=-5.6, tax=-0.56, total=-6.16),
    ),
    "each against what the page says": calls(
        small(lamps={"amount": 3.2}, subtotal=11.0, tax=1.1, total=12.1),
        small(subtotal=20.0, tax=2.0, total=22.0),
        small(tax=2.0, total=12.0),
        small(lamps={"amount": 5}, desk={"amount": 5}, subtotal=11, tax=5, total=5),
    ),
}


def missing_is_zero(invoice):
    def cents(value):
        try:
            return round(100 * float(str(value or 0).replace(",", "").strip("€£$")))
        except (ValueError, OverflowError):
            return 0

    rows = [
        (row.get("quantity") or 0, cents(row.get("price")), cents(row.get("amount")))
        for row in invoice.get("items") or []
    ]
    subtotal, tax, total = (cents(invoice.get(name)) for name in ("subtotal", "tax", "total"))
    problems = [
        f"item {number}"
        for number, (quantity, price, amount) in enumerate(rows, 1)
        if quantity * price != amount
    ]
    if sum(amount for _, _, amount in rows) != subtotal:
        problems.append("subtotal")
    if abs(100 * tax - subtotal * (invoice.get("tax_rate") or 0)) >= 100:
        problems.append("tax")
    if subtotal + tax != total:
        problems.append("total")
    return problems


CENTS = "round(100 * number(value))"
ITEM, SUBTOTAL = "quantity * price != amount", "sum(amount for _, _, amount in rows) != subtotal"
TAX, TOTAL = "abs(100 * tax - subtotal * rate) >= 100", "subtotal + tax != total"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=25,
    hints=(
        "Work in whole cents: a small function `cents(value)` that drops commas and currency signs from a text and "
        "returns `round(100 * float(…))`. Whole numbers add up exactly; 0.1 + 0.2 does not.",
        "Read all fields first, inside one `try`, and turn KeyError and TypeError into ValueError. For Python, True and inf "
        "are numbers: find them with `isinstance(value, bool)` and `math.isfinite`. The four checks then compare whole "
        "numbers.",
        "To check the tax without a division, compare 100 · tax with subtotal · rate. If tax and subtotal are whole cents, "
        "both are hundredths of a cent, so less than a cent apart means less than 100.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "trusts_the_total",
            {TOTAL: "False"},
            "your function never adds up the total, the one number that is paid",
            "compare subtotal + tax with total",
        ),
        mistake(
            "float_equality",
            {CENTS: "number(value)", TAX: "subtotal * rate / 100 != tax"},
            "your function compares floats with ==, and finds faults in pages that are right to the cent",
            "turn every amount into whole cents, round(100 * x), before you compare",
        ),
        mistake(
            "ignores_tax",
            {TAX: "False", TOTAL: "subtotal != total"},
            "your function leaves the tax out: it is neither checked nor part of the total",
            "check the tax against subtotal · tax_rate / 100, and the total against subtotal + tax",
        ),
        mistake(
            "own_sums",
            {
                f"if {SUBTOTAL}": "due = sum(quantity * price for quantity, price, _ in rows)\n    if due != subtotal",
                TAX: TAX.replace("subtotal", "due"),
                TOTAL: "abs(100 * total - due * (100 + rate)) >= 100",
            },
            "your function calculates on with its own sums, so one wrong item is reported three times more",
            "check each number against those printed above it",
        ),
        mistake(
            "near_enough",
            {
                CENTS: "number(value)",
                ITEM: "abs(quantity * price - amount) > 0.5",
                TAX: "abs(subtotal * rate / 100 - tax) > 0.5",
                SUBTOTAL: "abs(sum(amount for _, _, amount in rows) - subtotal) > 0.5",
                TOTAL: "abs(subtotal + tax - total) > 0.5",
            },
            "your function accepts differences that a cent's rounding cannot explain",
            "compare whole cents exactly; only the tax may be off, by less than one cent",
        ),
        mistake(
            "one_rounding_only",
            {TAX: "round(subtotal * rate / 100) != tax"},
            "your function allows only one way to round half a cent; other programs use another",
            "accept a tax that is less than one cent away from subtotal · tax_rate / 100",
        ),
        mistake(
            "missing_is_zero",
            missing_is_zero,
            "your function treats what the model could not read as 0",
            "raise ValueError where a field is missing or is no amount",
        ),
        mistake(
            "comma_is_the_decimal_point",
            {'.replace(",", "")': '.replace(",", ".")'},
            "your function reads the comma of 1,240.50 as a decimal point",
            "drop the commas: they only group thousands",
        ),
    ),
    alternates=(
        Answer(
            "whole_by_is_integer",
            {"any(quantity % 1 for quantity": "not all(float(quantity).is_integer() for quantity"},
            "another question for whole numbers",
        ),
        Answer(
            "a_class_of_its_own",
            {
                'raise ValueError("no items, or part of one")': 'raise type("Unreadable", (ValueError,), {})("no items, or part of one")'
            },
            "an error derived from ValueError",
        ),
    ),
)
