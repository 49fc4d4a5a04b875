"""The facts on a printed page: what is written there, under which names.

A Fact is found beside its label ("Due date  5 March 2026"), in a sentence ("with 30 days of notice") or by its
position (the largest line is the title). Its name is a set of words, so that a question can be compared with it.
"""

import re
from dataclasses import dataclass

from mmlab.perception import Line
from mmlab.world.documents.names import CURRENCIES

SMALL = set(
    "a an the is are was what which who how much many of on in to this that for it its please "
    "tell me you can read find give does do did by at and or page document invoice".split()
)
_MONEY = re.compile(r"^-?[€£$]? ?\d{1,3}(,?\d{3})*\.\d\d ?[€£$]?$")
_DATE = re.compile(
    r"^(\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{1,2} [A-Z][a-z]+ \d{4}|[A-Z][a-z]+ \d{1,2}, \d{4})$"
)
_SUMS = re.compile(r"(sub)?total|tax|vat|cash|card|change|incl\b|paid", re.IGNORECASE)
# Sentences of a page: pattern → (name, kind of value).
_SENTENCES = (
    (r"\bwithin (\d+ days)", "due", "time"),
    (r"\bwith (\d+ days) of notice", "notice", "time"),
    (r"\bruns for (\d+ months)", "term", "time"),
    (r"\bpays (\S+) for each month", "fee", "money"),
    (r"\bmay add (\d+%)", "penalty", "percent"),
    (r"\b[Ll]aw of ([A-Z]\w{1,30}(?: [A-Z]\w{1,30}){0,3}) applies", "law", "name"),
    (r"\b[Cc]ourts of ([A-Z]\w{1,30}(?: [A-Z]\w{1,30}){0,3})", "court", "name"),
    (r"\btakes over the ([\w ]{1,80}?) at\b", "service", "text"),
    (r"\bSigned on (\w+ \w+,? \d{4})", "date", "date"),
    (r"\b(\d+)% tax|\b[Tt]ax (\d+%)", "tax rate", "percent"),
    (r"\bNo\. (\d+)", "number", "number"),
    (r"\b(\d{4}-\d\d-\d\d) \d\d:\d\d", "date", "date"),
    (r"\b\d{4}-\d\d-\d\d (\d\d:\d\d)", "time", "time"),
    (r"\bopen (from [a-z]+ to [a-z]+)", "open", "time"),
)


@dataclass(frozen=True)
class Fact:
    """One fact of a page.

    name   str   the words that name it: "due date"
    value  str   as printed
    kind   str   "money", "date", "name", "number", "percent", "time" or "text"
    """

    name: str
    value: str
    kind: str


@dataclass(frozen=True)
class Clause:
    """A numbered section of a page: its heading and its text."""

    number: int
    heading: str
    text: str


def rows(lines: list[Line]) -> list[list[Line]]:
    """Return the lines of a page grouped into rows, top to bottom, each row from left to right."""
    result: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.box[1] + line.box[3], line.box[0])):
        middle = (line.box[1] + line.box[3]) / 2
        if result and result[-1][0].box[1] <= middle <= result[-1][0].box[3]:
            result[-1].append(line)
        else:
            result.append([line])
    return [sorted(row, key=lambda line: line.box[0]) for row in result]


def pairs(lines: list[Line]) -> list[tuple[str, str]]:
    """Return (label, value) pairs: "Total: 5", label beside value, or a small label above a larger value."""
    return [(label, value) for label, value, _ in _placed_pairs(lines)]


def _placed_pairs(lines: list[Line]) -> list[tuple[str, str, bool]]:
    """Return (label, value, whether the value is below its label)."""
    result = []
    for row in rows(lines):
        for column, line in enumerate(row):
            label, colon, value = line.text.partition(":")
            beside = row[column + 1].text if column + 1 < len(row) else ""
            under = _under(line, lines)
            if colon and value.strip():
                result.append((label.strip(), value.strip(), False))
            elif under and not re.search(r"\d", beside):
                result.append((line.text.rstrip(":"), under.text, True))
            elif beside:
                result.append((line.text.rstrip(":"), beside, False))
    return result


def _under(label: Line, lines: list[Line]) -> Line | None:
    """Return the larger text directly below a label and left-aligned with it, or None."""
    for line in lines:
        if (
            line.size > label.size
            and 0 <= line.box[1] - label.box[3] <= 2.5 * label.size
            and abs(line.box[0] - label.box[0]) <= 1.2 * label.size
        ):
            return line
    return None


def table(lines: list[Line]) -> list[dict[str, str]]:
    """Return the rows of the page's largest table, as dicts keyed by the column headers.

    The header is the longest row without digits. Each text below it belongs to the nearest column.
    """
    all_rows = rows(lines)
    headers = [
        row for row in all_rows if len(row) > 2 and not any(re.search(r"\d", line.text) for line in row)
    ]
    if not headers:
        return []
    header = max(headers, key=len)
    result = []
    for row in all_rows[all_rows.index(header) + 1 :]:
        cells = {}
        for line in row:
            nearest = min(
                header,
                key=lambda title: min(abs(title.box[0] - line.box[0]), abs(title.box[2] - line.box[2])),
            )
            cells[nearest.text] = line.text
        if header[0].text not in cells or len(cells) < 2:
            break
        result.append(cells)
    return result


def goods(lines: list[Line]) -> list[dict[str, str]]:
    """Return the goods with a price: "item", "section", "price" of one, "amount", and "quantity" if printed."""
    listed = [
        {
            "item": next(iter(row.values())),
            "section": "",
            **{_column(name): value for name, value in row.items() if _column(name)},
        }
        for row in table(lines)
        if any(_MONEY.match(value) for value in row.values())
    ]
    if listed:
        return listed
    section = ""
    for row in rows(lines):
        texts = [line.text for line in row]
        times = re.fullmatch(r"(\d+) ?[x×] ?(\S+)", texts[0])
        if times and listed:
            listed[-1] |= {"quantity": times[1], "price": times[2]}
        elif len(row) == 2 and _MONEY.match(texts[1]) and not re.match(_SUMS, texts[0]):
            listed.append(
                {"item": texts[0], "section": section, "price": texts[1], "amount": texts[1], "quantity": "1"}
            )
        elif len(row) == 1 and row[0].face == "bold":
            section = texts[0]
    return listed


def _column(name: str) -> str:
    """Return the usual name of a column of a table of goods, or ""."""
    same = {"qty": "quantity", "quantity": "quantity", "price": "price", "unit price": "price"}
    return same.get(name.lower(), "amount" if name.lower() in ("amount", "total") else "")


def clauses(lines: list[Line]) -> list[Clause]:
    """Return the numbered sections of a page in order."""
    result: list[Clause] = []
    open_section = False
    for row in rows(lines):
        texts = [line.text for line in row]
        if len(row) == 2 and re.fullmatch(r"\d+\.", texts[0]):
            result.append(Clause(int(texts[0][:-1]), texts[1], ""))
            open_section = True
        elif open_section and result and len(row) == 1 and row[0].size >= _clause_size(lines):
            last = result[-1]
            result[-1] = Clause(last.number, last.heading, f"{last.text} {texts[0]}".strip())
        else:
            open_section = False
    return result


def _clause_size(lines: list[Line]) -> int:
    """Return the most frequent size of the texts of a page."""
    sizes = sorted(line.size for line in lines)
    return sizes[len(sizes) // 2] if sizes else 0


def heading(lines: list[Line]) -> Line | None:
    """Return the largest line of a page."""
    return max(lines, key=lambda line: (line.size, -line.box[1]), default=None)


def parties(lines: list[Line]) -> list[tuple[str, str]]:
    """Return (role, name) of the parties of a contract: "Ada Starling   the client"."""
    return [
        (row[-1].text.removeprefix("the "), row[-2].text)
        for row in rows(lines)
        if len(row) >= 2 and re.fullmatch(r"the [a-z]+", row[-1].text)
    ]


def facts(lines: list[Line]) -> list[Fact]:
    """Return the facts of a page."""
    result = [Fact(role, name, "name") for role, name in parties(lines)]
    items = {row["item"] for row in goods(lines)} | {clause.heading for clause in clauses(lines)}
    headers = {name for row in table(lines)[:1] for name in row}
    labelled = _placed_pairs(lines)
    labels = {label for label, _, _ in labelled}
    for label, value, is_below in labelled:
        if not is_below and value.rstrip(":") in labels:  # two labels side by side
            continue
        if label in items or label in headers or value in headers or "✓" in (label, value):
            continue
        if re.fullmatch(r"\d+\.|between|.* ?the [a-z]+", label) or re.fullmatch(r"the [a-z]+", value):
            continue
        if label.lower() in ("cash", "card"):
            result.append(Fact("method", label.lower(), "name"))
            label = "tendered"
        result.append(Fact(label, value, kind_of(value)))
    text = " ".join(line.text for line in lines)
    for pattern, name, kind in _SENTENCES:
        if match := re.search(pattern, text):
            value = next(filter(None, match.groups()))
            result.append(Fact(name, f"{value}%" if kind == "percent" and "%" not in value else value, kind))
    if symbol := next((each for each in CURRENCIES.values() if each in text), ""):
        name = next(name for name, each in CURRENCIES.items() if each == symbol)
        result.append(Fact("currency", f"{name} ({symbol})", "text"))
    return result + _of_heading(lines) + _addresses(lines)


def _of_heading(lines: list[Line]) -> list[Fact]:
    """Return the title of a page, and who issued it: a firm, shop, restaurant or office."""
    title = heading(lines)
    if title is None:
        return []
    result = [Fact("title", title.text, "text")]
    below = [line for line in lines if 0 <= line.box[1] - title.box[3] <= 2 * title.size]
    if title.text.isupper():  # "INVOICE": the firm is the next largest line
        others = [line for line in lines if line is not title and line.box[1] < title.box[3] + 2 * title.size]
        if firm := heading(others):
            result.append(Fact("seller", firm.text, "name"))
    elif goods(lines):
        result.append(Fact("seller", title.text, "name"))
    elif below and not clauses(lines):
        left = min(below, key=lambda line: (line.box[1] // 8, line.box[0]))
        result.append(Fact("seller office", left.text, "name"))
        reference = [line for line in below if re.fullmatch(r"[A-Z]{1,3}-?\d{3,}", line.text)]
        result += [Fact("reference number", line.text, "number") for line in reference]
    return result


def _addresses(lines: list[Line]) -> list[Fact]:
    """Return the addresses: a street with the town below or beside it, named after the text above it."""
    result = []
    for street in lines:
        if not re.fullmatch(r"\d{1,3} [A-Z]\w+ [A-Z]\w+", street.text):
            continue
        towns = [line for line in lines if re.fullmatch(r"\d{5} [A-Z]\w+( [A-Z]\w+)*", line.text)]
        town = min(towns, key=lambda line: _gap(street, line), default=None)
        above = [line for line in lines if line.box[3] <= street.box[1] and line.size > street.size]
        owner = min(above, key=lambda line: _gap(line, street), default=None)
        if town is None or owner is None:
            continue
        name = "buyer address" if any(_under(label, lines) is owner for label in lines) else "seller address"
        name = "address" if any(line.text == "Street" for line in lines) else name
        result.append(Fact(name, f"{street.text}, {town.text}", "text"))
    return result


def _gap(first: Line, second: Line) -> int:
    """Return how far apart two lines are, along both axes."""
    return abs(first.box[1] - second.box[1]) + abs(first.box[0] - second.box[0]) // 4


def kind_of(value: str) -> str:
    """Return the kind of a printed value.

    >>> [kind_of(text) for text in ("£4,396.87", "5 March 2026", "INV-12345", "19%", "Ada Starling")]
    ['money', 'date', 'number', 'percent', 'name']
    """
    if _MONEY.match(value):
        return "money"
    if _DATE.match(value):
        return "date"
    if value.endswith("%"):
        return "percent"
    if re.search(r"\d", value):
        return "number"
    return "name" if value[:1].isupper() else "text"


def parts(name: str) -> set[str]:
    """Return the content words of a label or a question, without plural endings.

    >>> sorted(parts("What is the invoice number?")), sorted(parts("invoiceDate"))
    (['number'], ['date'])
    """
    split = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    content = (word for word in re.findall(r"[a-z]+", split) if word not in SMALL)
    same = {
        "no": "number",
        "nr": "number",
        "qty": "quantity",
        "amt": "amount",
        "vat": "tax",
        **dict.fromkeys(("customer", "client", "bill", "billed"), "buyer"),
    }
    return {same.get(word, word.removesuffix("s") if len(word) > 3 else word) for word in content}


def number(text: str) -> float | None:
    """Return the number that a printed text stands for, with or without a currency, or None.

    >>> number("£4,396.87"), number("7 items"), number("(12)")
    (4396.87, None, None)
    """
    bare = re.sub(r"^[^\w-]{0,2}|\s*(%|[A-Z]{3}|[€£$])$", "", text.strip()).replace(",", "")
    return float(bare) if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", bare) else None
