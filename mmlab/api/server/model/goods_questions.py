"""Questions about the goods of an invoice or a receipt and the dishes of a menu: price, quantity, number, extremes."""

import re

from mmlab.api.server.model.answers import COUNTS, WHETHER, Answer, amount, mentions_label, printed, yes
from mmlab.api.server.model.page_facts import goods, number
from mmlab.api.server.model.vision import View

_CHEAP = r"cheapest|lowest|least expensive|smallest|least"
_EXPENSIVE = r"most expensive|highest|largest|priciest|dearest|costliest|biggest|costs? (?:the )?most"


def named(view: View, question: str) -> Answer | None:
    """Return the price, the amount or the quantity of one of the goods, or of the dishes of a menu."""
    listed = goods(view.lines)
    chosen = [row for row in listed if mentions_label(question, row["item"])]
    if not chosen:
        chosen = [row for row in listed if _singular(row["item"]) in question]
    if not chosen:
        return None
    if compared := _compared(chosen, question):
        return compared
    row = max(chosen, key=lambda row: len(row["item"]))
    if re.search(r"\bhow many\b|\bquantity\b|\bhow often\b", question):
        count = row.get("quantity", "1")
        return Answer(count, f"{count} × {row['item']}.")
    if row.get("section") and re.search(r"\b(section|course|starter|main|dessert|drink)\b", question):
        truth = _section(row, question)
        if WHETHER.match(question):
            return yes(truth, f"it is in {row['section']}")
        return Answer(row["section"], f"{row['item']}: {row['section']}.")
    if re.search(r"\b(come|comes|served|with|described|description|made|ingredients?)\b", question):
        below = _described(view, row["item"])
        if below:
            return Answer(below, f"{row['item']}: {below}.")
    if re.match(r"(is|are|was|were|does|do|did|has|have|can)\b", question) and not re.search(
        r"\bhow\b", question
    ):
        return Answer("yes", f"Yes, {row['item']}, at {row['price']}.")
    whole = re.search(r"\b(total|altogether|in all|amount|line|sum|all|together|charged|paid)\b", question)
    single = re.search(r"\b(one|each|single|unit|per|apiece|a piece)\b", question)
    field = "amount" if whole and not single else "price"
    return printed(row.get(field) or row.get("price") or row.get("amount", ""))


def _compared(chosen: list[dict], question: str) -> Answer | None:
    """Compare the prices of two of the goods: "Is the soup cheaper than the salad?"."""
    low = re.search(r"\b(cheaper|less|lower)\b", question)
    if len(chosen) != 2 or not (
        low or re.search(r"\b(more|higher|pricier|expensive|difference)\b", question)
    ):
        return None
    chosen = sorted(chosen, key=lambda row: question.find(row["item"].lower()))
    prices = [number(row["price"]) or 0.0 for row in chosen]
    text = " and ".join(f"{row['item']} costs {row['price']}" for row in chosen)
    if "difference" in question or re.search(r"\bhow much\b", question):
        return Answer(f"{abs(prices[0] - prices[1]):.2f}", f"{abs(prices[0] - prices[1]):.2f}: {text}.")
    truth = prices[0] < prices[1] if low else prices[0] > prices[1]
    if WHETHER.match(question):
        return yes(truth, text)
    winner = chosen[0 if truth else 1]
    return Answer(winner["item"], f"{winner['item']}, at {winner['price']}.")


def _singular(item: str) -> str:
    return item.lower().removesuffix("s")


def _described(view: View, item: str) -> str:
    """Return the smaller text directly below an item, or ""."""
    label = next((line for line in view.lines if line.text == item), None)
    below = [
        line.text
        for line in view.lines
        if label
        and 0 <= line.box[1] - label.box[3] <= label.size
        and abs(line.box[0] - label.box[0]) <= label.size
    ]
    return below[0] if below else ""


def counted(view: View, question: str) -> Answer | None:
    """Return how many goods or dishes are listed, or which."""
    counts = COUNTS.search(question)
    lists = re.search(
        r"\b(which|what|list|name all)\b.*\b(items|products|articles|goods|dishes|desserts|starters|mains|drinks|sections)\b",
        question,
    )
    noun = r"\b(line items?|items?|products?|articles?|goods|positions?|rows?|lines|things|entries|dish(es)?|courses?|meals?|starters?|mains?|desserts?|drinks?|sections|pieces|units)\b"
    if not re.search(noun, question):
        return None
    for index, word in ((0, "first"), (1, "second"), (2, "third"), (-1, "last")):
        listed = goods(view.lines)
        if re.search(rf"\b{word}\b", question) and not counts and len(listed) > abs(index):
            return Answer(listed[index]["item"], f"{listed[index]['item']}, at {listed[index]['price']}.")
    if not (counts or lists):
        return None
    if not counts and re.search(rf"\b({_CHEAP}|{_EXPENSIVE})\b", question):
        return None
    listed = _in_section(goods(view.lines), question)
    if not listed:
        return None
    if re.search(r"\bsections\b", question):
        sections = list(dict.fromkeys(row["section"] for row in listed))
        if counts:
            return amount(len(sections), "section", "sections")
        return Answer(", ".join(sections), f"{', '.join(sections)}.")
    if not counts:
        names = ", ".join(row["item"] for row in listed)
        return Answer(names, f"{names}.")
    if re.search(r"\b(pieces|units)\b", question) and all("quantity" in row for row in listed):
        total = sum(int(row["quantity"]) for row in listed if row["quantity"].isdecimal())
        return Answer(str(total), f"{total} pieces, of {len(listed)} items.")
    section = next((row["section"] for row in listed if row["section"] and _section(row, question)), "")
    return amount(len(listed), "item", (section or "items").lower())


def _section(row: dict, question: str) -> bool:
    return bool(re.search(rf"\b{re.escape(row['section'].lower().removesuffix('s'))}", question))


def _in_section(listed: list[dict], question: str) -> list[dict]:
    """Return the goods of the section that a question names; all of them if it names none."""
    return [row for row in listed if row["section"] and _section(row, question)] or listed


def extreme(view: View, question: str) -> Answer | None:
    """Return the item with the highest or lowest price (or amount, or quantity)."""
    if not re.search(rf"\b({_CHEAP}|{_EXPENSIVE})\b", question):
        return None
    field = "quantity" if re.search(r"\bquantity\b|\bmost pieces\b", question) else "price"
    field = "amount" if re.search(r"\b(amount|line total)\b", question) else field
    listed = [(number(row[field]), row) for row in _in_section(goods(view.lines), question) if field in row]
    listed = [(value, row) for value, row in listed if value is not None]
    if not listed:
        return None
    pick = min if re.search(rf"\b({_CHEAP})\b", question) else max
    _, row = pick(listed, key=lambda each: each[0])
    if re.search(r"\bhow much\b|\b(highest|lowest) (price|amount)\b|\bprice of\b", question):
        return Answer(row[field], f"{row[field]}, for {row['item']}.")
    return Answer(row["item"], f"{row['item']}, at {row[field]}.")
