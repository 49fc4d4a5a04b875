"""A page of a contract: parties and numbered clauses with the terms."""

from datetime import date

from mmlab.world.documents import names
from mmlab.world.documents.page import INK, SOFT, Document, Sheet, wrapped

_SERVICES = (
    "cleaning of the windows",
    "care of the garden",
    "repair of the lifts",
    "delivery of fresh bread",
    "upkeep of the website",
    "tuning of the pianos",
)
_WIDTH, _LEFT, _RIGHT = 780, 72, 708


def contract(seed: int = 0, *, scale: int = 1, small: bool = False) -> Document:
    """Return a page of a service contract.

    seed     int    another seed gives other parties and terms
    scale    int    pixels per unit, 1 to 4
    small    bool   small print, hard to read
    returns  Document   fields: title, provider, client, date, service, currency, fee in cents per month,
                        months, notice_days, payment_days, penalty_percent, law (a town), and
                        clauses: a list of {"number", "heading", "text"}
    """
    rng = names.rng_for("contract", seed)
    start = names.day(rng)
    fields = {
        "title": "Service agreement",
        "provider": names.firm(rng),
        "client": names.person(rng),
        "date": start.isoformat(),
        "service": rng.pick(_SERVICES),
        "currency": rng.pick(tuple(names.CURRENCIES)),
        "fee": 5000 + 250 * rng.integers(400),
        "months": rng.pick((6, 12, 18, 24, 36)),
        "notice_days": rng.pick((14, 30, 60, 90)),
        "payment_days": rng.pick((10, 14, 21, 30)),
        "penalty_percent": 1 + rng.integers(5),
        "law": names.town(rng),
    }
    clauses = _clauses(fields)
    # The first clause stays first; the others are shuffled.
    order = [clauses[0], *rng.shuffle(clauses[1:])]
    fields["clauses"] = [
        {"number": number, "heading": heading, "text": text}
        for number, (heading, text) in enumerate(order, 1)
    ]
    return _drawn(fields, scale, small)


def _clauses(fields: dict) -> list[tuple[str, str]]:
    """Return (heading, text) of every clause."""
    fee = names.money(fields["fee"], names.CURRENCIES[fields["currency"]])
    return [
        (
            "Subject",
            f"The provider takes over the {fields['service']} at the client's address. "
            "The work is done with due care and by trained staff.",
        ),
        (
            "Fee",
            f"The client pays {fee} for each month. The fee holds for the whole term and "
            "includes travel and material.",
        ),
        (
            "Payment",
            f"Invoices are due within {fields['payment_days']} days. For a late payment the provider "
            f"may add {fields['penalty_percent']}% of the amount for each month that has begun.",
        ),
        (
            "Term",
            f"This agreement runs for {fields['months']} months from the day of its signature. "
            "It ends without notice unless both parties extend it in writing.",
        ),
        (
            "Notice",
            f"Either party may end this agreement early with {fields['notice_days']} days of notice. "
            "The notice must be given in writing.",
        ),
        (
            "Liability",
            "The provider answers for damage that its staff causes by gross negligence. "
            "Loss of profit is excluded.",
        ),
        (
            "Law",
            f"The law of {fields['law']} applies. The courts of {fields['law']} alone decide any dispute.",
        ),
    ]


def _drawn(fields: dict, scale: int, small: bool) -> Document:
    """Return the contract as a page."""
    blocks = [wrapped(clause["text"], _RIGHT - _LEFT - 36, 14) for clause in fields["clauses"]]
    sheet = Sheet(_WIDTH, 470 + sum(46 + 22 * len(block) for block in blocks), scale, small=small)
    sheet.text(_WIDTH // 2, 84, fields["title"], 26, face="bold", align="middle", role="title")
    sheet.text(_LEFT, 132, "between", 13, ink=SOFT)
    for row, (party, role) in enumerate(((fields["provider"], "provider"), (fields["client"], "client"))):
        sheet.text(_LEFT + 84, 132 + 26 * row, party, 15, face="bold", role="value")
        sheet.text(_RIGHT, 132 + 26 * row, f"the {role}", 13, ink=SOFT, align="right", role="label")
    signed = names.written(date.fromisoformat(fields["date"]), 0)
    sheet.text(_LEFT, 196, f"Signed on {signed}", 13, ink=SOFT)
    sheet.rule(_LEFT, _RIGHT, 212)
    y = 244
    for clause, block in zip(fields["clauses"], blocks):
        sheet.text(_LEFT, y, f"{clause['number']}.", 15, face="bold", role="number")
        sheet.text(_LEFT + 36, y, clause["heading"], 15, face="bold", role="section")
        for line in block:
            y += 22
            sheet.text(_LEFT + 36, y, line, 14, ink=INK)
        y += 46
    for left, name in ((_LEFT, fields["provider"]), (_LEFT + 340, fields["client"])):
        sheet.rule(left, left + 290, y + 50, SOFT)
        sheet.text(left, y + 70, f"for {name}" if left == _LEFT else name, 12, ink=SOFT)
    return sheet.finish("contract", fields)
