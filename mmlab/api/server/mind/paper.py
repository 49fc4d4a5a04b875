"""What a text asks of a printed page, and the answer that reading gives."""

import re

from mmlab.api.server.mind.questions import Answer
from mmlab.api.server.mind.sight import View
from mmlab.world.readers import Line

_SMALL = set("a an the is are was what which who how much many of on in to this that for it its please "
             "tell me you can read find give does do did by at and or page document invoice".split())  # fmt: skip


def text_of(view: View) -> str:
    """Return all that is printed on a page, one row a line."""
    return "\n".join("  ".join(line.text for line in row) for row in rows(view.lines))


def rows(lines: list[Line]) -> list[list[Line]]:
    """Return the lines of a page by row, from top to bottom, each from left to right."""
    found: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: (one.box[1] + one.box[3], one.box[0])):
        middle = (line.box[1] + line.box[3]) / 2
        if found and found[-1][0].box[1] <= middle <= found[-1][0].box[3]:
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda one: one.box[0]) for row in found]


def pairs(lines: list[Line]) -> list[tuple[str, str]]:
    """Return what stands as a label with its value: "Total: 5", side by side, or a small one over a larger."""
    found = []
    for row in rows(lines):
        for place, line in enumerate(row):
            label, colon, value = line.text.partition(":")
            beside = row[place + 1].text if place + 1 < len(row) else ""
            under = _under(line, lines)
            if colon and value.strip():
                found.append((label.strip(), value.strip()))
            elif under and not re.search(r"\d", beside):
                found.append((line.text.rstrip(":"), under.text))
            elif beside:
                found.append((line.text.rstrip(":"), beside))
    return found


def _under(label: Line, lines: list[Line]) -> Line | None:
    """Return the larger text right under a label, begun where it begins, or None."""
    for one in lines:
        if (one.size > label.size and 0 <= one.box[1] - label.box[3] <= 2.5 * label.size
                and abs(one.box[0] - label.box[0]) <= 1.2 * label.size):  # fmt: skip
            return one
    return None


def table(lines: list[Line]) -> list[dict[str, str]]:
    """Return the rows of the page's largest table, by the words at the head of its columns.

    The head is the row of most texts without a digit; each text below belongs to
    the column whose head it stands under.
    """
    all_rows = rows(lines)
    heads = [row for row in all_rows
             if len(row) > 2 and not any(re.search(r"\d", line.text) for line in row)]  # fmt: skip
    if not heads:
        return []
    head = max(heads, key=len)
    found = []
    for row in all_rows[all_rows.index(head) + 1 :]:
        cells = {}
        for line in row:
            nearest = min(head, key=lambda one: min(abs(one.box[0] - line.box[0]),
                                                    abs(one.box[2] - line.box[2])))  # fmt: skip
            cells[nearest.text] = line.text
        if head[0].text not in cells or len(cells) < 2:
            break
        found.append(cells)
    return found


def parts(name: str) -> set[str]:
    """Return the words of a label or a question that carry meaning, without plural endings.

    >>> sorted(parts("What is the invoice number?")), sorted(parts("invoiceDate"))
    (['number'], ['date'])
    """
    split = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    found = (word for word in re.findall(r"[a-z]+", split) if word not in _SMALL)
    same = {"no": "number", "nr": "number", "qty": "quantity", "amt": "amount", "vat": "tax",
            **dict.fromkeys(("customer", "client", "bill", "billed"), "buyer")}  # fmt: skip
    return {same.get(word, word.removesuffix("s") if len(word) > 3 else word) for word in found}


def value_for(view: View, name: str) -> str | None:
    """Return the printed value whose label shares the most words with a name, or None."""
    wanted, best, found = parts(name), 0.0, None
    labelled = pairs(view.lines)
    if wanted & {"rate", "percent", "percentage"}:  # it stands in the label itself: "Tax 19%", and the sum beside it
        for label, _ in labelled:
            if (share := re.search(r"\d+(\.\d+)?%", label)) and parts(label) & wanted:
                return share[0]
    for label, value in labelled:
        own = parts(label)
        shared = len(own & wanted)
        score = shared / len(own | wanted) if shared else 0
        if score > best:
            best, found = score, value
    return found


def answer(view: View, sentence: str) -> Answer | None:
    """Return the answer to one sentence about a printed page, or None if it names nothing on it."""
    if re.search(r"\b(most expensive|highest|largest|cheapest|lowest|least expensive)\b", sentence.lower()):
        return _extreme(view, sentence.lower())
    value = value_for(view, sentence)
    return Answer(value, f"It says {value}.") if value else None


def _extreme(view: View, sentence: str) -> Answer | None:
    """Return the row of a list whose number is the highest or lowest."""
    priced = [(number(value), label) for label, value in pairs(view.lines) if number(value) is not None
              and number(label) is None]  # fmt: skip
    if not priced:
        return None
    pick = min if re.search(r"cheapest|lowest|least", sentence) else max
    price, label = pick(priced)
    return Answer(label, f"{label}, at {price:g}.")


def number(text: str) -> float | None:
    """Return the number that a printed text is, with or without currency, or None.

    >>> number("£4,396.87"), number("7 items"), number("(12)")
    (4396.87, None, None)
    """
    bare = re.sub(r"^[^\w-]{0,2}|\s*(%|[A-Z]{3}|[€£$])$", "", text.strip()).replace(",", "")
    return float(bare) if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", bare) else None
