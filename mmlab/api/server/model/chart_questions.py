"""Questions about a chart, answered from its data."""

import re

from mmlab.api.server.model.answers import COUNTS, Answer, yes
from mmlab.world.documents.names import MONTHS

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_QUARTERS = ("first quarter", "second quarter", "third quarter", "fourth quarter")
_LONG = {name[:3]: name for name in (*MONTHS, *_DAYS)} | {
    f"Q{n}": name for n, name in enumerate(_QUARTERS, 1)
}
_HIGH = r"highest|largest|biggest|most|greatest|tallest|maximum|max|longest|peaks?|best|top"
_LOW = r"lowest|smallest|least|fewest|shortest|minimum|min|worst|bottom"
_ORDINALS = {"second": 1, "2nd": 1, "third": 2, "3rd": 2}


def answer(fields: dict, sentence: str) -> Answer | None:
    """Return what a question asks of a chart, or None if it asks for nothing in particular.

    fields    dict   of `read_chart`
    sentence  str    the question in English
    """
    question = sentence.lower()
    chosen = [category for category in fields["categories"] if _names(category, sentence)]
    series = _series(fields, question)
    for find in (_title, _count, _compared, _value, _second, _extreme, _above, _summed, _trend, _plain):
        if matches := find(fields, question, chosen, series):
            return matches
    return None


def description(fields: dict) -> Answer:
    """Return all data of a chart in text."""
    rows = "; ".join(
        f"{name}: " + ", ".join(f"{c} {v}" for c, v in zip(fields["categories"], values))
        for name, values in fields["series"].items()
    )
    trend = f" The trend is {fields['trend']}." if fields["trend"] else ""
    text = f"A {fields['kind']} chart, “{fields['title']}”, in {fields['unit']}. {rows}.{trend}"
    return Answer(text, text)


def _names(category: str, sentence: str) -> bool:
    """Return whether a sentence names a category, also by its long name."""
    flags = 0 if category == "May" else re.IGNORECASE  # "may" is also a verb
    names = [category, *([_LONG[category]] if category in _LONG else [])]
    return any(re.search(rf"\b{re.escape(name)}s?\b", sentence, flags) for name in names)


def _series(fields: dict, question: str) -> dict[str, list[int]]:
    """Return the series that a question names; all of them if it names none."""
    named = {
        name: values
        for name, values in fields["series"].items()
        if re.search(rf"\b{re.escape(name.lower().removesuffix('s'))}", question)
    }
    return named or fields["series"]


def _title(fields: dict, question: str, chosen, series) -> Answer | None:
    for pattern, name in (
        (
            r"\b(kind|type|sort) of (chart|graph|diagram|plot|image|picture)\b|\b(bar|line|pie)\b.* or .*\b(bar|line|pie)\b",
            "kind",
        ),
        (
            r"\b(titled?|heading|headline|called|caption)\b|\bname of (?:the|this) (?:chart|graph|diagram)\b|\b(?:above|over|on top of) the (?:chart|graph|diagram)\b",
            "title",
        ),
        (r"\b(units?|measured)\b", "unit"),
        (r"\baxis\b|\baxes\b", "axis"),
    ):
        if re.search(pattern, question):
            if name == "kind":
                return Answer(fields["kind"], f"It is a {fields['kind']} chart.")
            value = fields[name] or "none"
            return Answer(value, f"The {name} is {value}." if fields[name] else f"It has no {name}.")
    if match := re.match(r"is (?:this|it|that) an? (bar|line|pie)\b", question):
        return yes(match[1] == fields["kind"], f"it is a {fields['kind']} chart")
    if (
        re.search(r"\b(chart|graph|diagram)\b.*\b(about|show|shows|display|displays)\b|\btopic\b", question)
        and not chosen
    ):
        if re.search(r"^(what|which)\b", question) and not re.search(
            rf"\b({_HIGH}|{_LOW}|values?|data)\b", question
        ):
            return Answer(fields["title"], f"The title is {fields['title']}.")
    return None


def _count(fields: dict, question: str, chosen, series) -> Answer | None:
    """Return the number of categories, or of series."""
    if not COUNTS.search(question) or chosen:
        return None
    if re.search(r"\b(series|lines?|colou?rs|groups|legend)\b", question):
        return Answer(
            str(len(fields["series"])), f"It has {len(fields['series'])}: {', '.join(fields['series'])}."
        )
    if limit := _limit(question):
        matches = [c for c, v in zip(fields["categories"], next(iter(series.values()))) if limit(v)]
        return Answer(str(len(matches)), f"{len(matches)}: {', '.join(matches) or 'none'}.")
    if re.search(r"\bbars\b", question):
        count = len(fields["categories"]) * len(fields["series"])
        return Answer(str(count), f"There are {count} bars.")
    if re.search(
        rf"\b(categor\w+|slices?|segments?|points?|sectors?|parts|values|{fields['axis'] or 'x'}s)\b",
        question,
    ):
        count = len(fields["categories"])
        return Answer(str(count), f"There are {count}.")
    return None


def _limit(question: str):
    """Return the condition "above 300" or "less than 20" as a function of a value, or None."""
    match = re.search(
        r"\b(above|over|more than|greater than|higher than|at least|below|under|less than|fewer than|lower than|at most)\b \D{0,3}(\d+)",
        question,
    )
    if match is None:
        return None
    bound = int(match[2][:9])
    if match[1] == "at least":
        return lambda value: value >= bound
    if match[1] == "at most":
        return lambda value: value <= bound
    high = match[1] in ("above", "over", "more than", "greater than", "higher than")
    return (lambda value: value > bound) if high else (lambda value: value < bound)


def _compared(fields: dict, question: str, chosen, series) -> Answer | None:
    """Compare two categories, or two series in one category."""
    pairs = None
    first = next(iter(series.values()))
    if len(chosen) == 2:
        order = sorted(chosen, key=lambda name: _position(name, question))
        pairs = [(name, first[fields["categories"].index(name)]) for name in order]
    elif (
        len(fields["series"]) == 2
        and len(chosen) <= 1
        and re.search(r"\b(than|difference|which (series|line|colou?r|one)|or)\b", question)
    ):
        index = fields["categories"].index(chosen[0]) if chosen else None
        order = sorted(fields["series"], key=lambda name: _position(name, question))
        data = fields["series"]
        pairs = [(name, data[name][index] if chosen else sum(data[name])) for name in order]
    if pairs is None:
        return None
    (left, a), (right, b) = pairs
    text = f"{left} {a}, {right} {b}"
    if re.search(r"\bdifference\b|\bhow (much|many) (more|less|fewer|higher|lower)\b", question):
        return Answer(str(abs(a - b)), f"{abs(a - b)}: {text}.")
    if re.search(r"\b(together|sum|total|combined|altogether)\b", question):
        return Answer(str(a + b), f"{a + b}: {text}.")
    low = re.search(r"\b(less|fewer|lower|smaller|shorter)\b", question)
    if re.match(r"(is|are|was|were|did|does|do|has|have)\b", question) and "than" in question:
        return yes(a < b if low else a > b, text)
    if re.match(r"(is|are|was|were|did|does|do|has|have)\b", question) and re.search(
        r"\b(same|equal)\b", question
    ):
        return yes(a == b, text)
    if re.search(
        r"\b(more|less|fewer|higher|lower|larger|smaller|bigger|taller|shorter|greater)\b", question
    ):
        winner = min(pairs, key=lambda pair: pair[1]) if low else max(pairs, key=lambda pair: pair[1])
        return Answer(winner[0], f"{winner[0]}, with {winner[1]}.")
    return None


def _position(name: str, question: str) -> int:
    """Return where a question names a category or series."""
    positions = [question.find(each.lower()) for each in (name, _LONG.get(name, name))]
    return min((position for position in positions if position >= 0), default=len(question))


def _value(fields: dict, question: str, chosen, series) -> Answer | None:
    """Return the values of the named categories."""
    if not chosen:
        return None
    parts = []
    for category in chosen:
        index = fields["categories"].index(category)
        parts.append((category, {name: values[index] for name, values in series.items()}))
    if limit := _limit(question) if re.match(r"(is|was|are|were|did|does)\b", question) else None:
        value = next(iter(parts[0][1].values()))
        return yes(limit(value), f"it is {value}")
    short = " and ".join(str(value) for _, values in parts for value in values.values())
    listed = "; ".join(
        f"{category}: " + ", ".join(f"{name} {value}" for name, value in values.items())
        for category, values in parts
    )
    return Answer(short, f"{listed}.")


def _ordered(fields: dict, series, low: bool) -> tuple[str, list[tuple[int, str]]]:
    """Return the series' name and its (value, category), the most extreme first."""
    name, values = next(iter(series.items()))
    return name, sorted(zip(values, fields["categories"]), key=lambda pair: pair[0] if low else -pair[0])


def _second(fields: dict, question: str, chosen, series) -> Answer | None:
    match = re.search(r"\b(second|2nd|third|3rd)[ -](?:\w+[ -])?(\w+)\b", question)
    if match is None or not re.search(rf"\b({_HIGH}|{_LOW})\b", question):
        return None
    _, ordered = _ordered(fields, series, bool(re.search(rf"\b({_LOW})\b", question)))
    value, category = ordered[min(_ORDINALS[match[1]], len(ordered) - 1)]
    return Answer(category, f"It is {category}, with {value}.")


def _extreme(fields: dict, question: str, chosen, series) -> Answer | None:
    """Return the category with the highest or lowest value, or that value."""
    for pattern, name in ((_LOW, "smallest"), (_HIGH, "largest")):
        if re.search(rf"\b({pattern})\b", question) and not re.search(r"\bat (most|least)\b", question):
            if len(series) > 1 and re.search(r"\bwhich (series|line|group)\b", question):
                continue
            _, ordered = _ordered(fields, series, name == "smallest")
            value, category = ordered[0]
            asks_value = re.search(
                r"\b(value|how (much|many|high|low|big|large)|maximum|minimum)\b", question
            )
            if asks_value and not re.search(r"\b(which|when|where|who)\b", question):
                return Answer(str(value), f"{value}, for {category}.")
            return Answer(category, f"The {name} is {category}.")
    return None


def _above(fields: dict, question: str, chosen, series) -> Answer | None:
    """Return the categories above or below a number."""
    limit = _limit(question)
    if limit is None:
        return None
    matches = [c for c, v in zip(fields["categories"], next(iter(series.values()))) if limit(v)]
    return Answer(", ".join(matches) or "none", f"{', '.join(matches) or 'None'}.")


def _summed(fields: dict, question: str, chosen, series) -> Answer | None:
    """Return the sum or the mean of the values."""
    values = [value for each in series.values() for value in each]
    if re.search(r"\b(average|mean)\b", question):
        mean = sum(values) / len(values)
        return Answer(f"{mean:g}", f"The mean is {mean:.4g}.")
    if re.search(r"\b(total|sum|altogether|overall|combined)\b", question) and re.search(
        r"\b(what|how)\b", question
    ):
        return Answer(str(sum(values)), f"The sum is {sum(values)}.")
    return None


def _trend(fields: dict, question: str, chosen, series) -> Answer | None:
    trend = fields["trend"]
    if trend is None:
        return Answer("none", "A pie chart has no trend.") if re.search(r"\btrend\b", question) else None
    words = {
        "rising": r"ris\w*|increas\w*|grow\w*|up",
        "falling": r"fall\w*|decreas\w*|declin\w*|drop\w*|down",
    }
    choice = re.search(r"\bor\b", question)
    for name, pattern in words.items():
        if (
            re.match(r"(is|are|does|do|did|has)\b", question)
            and re.search(rf"\b({pattern})\b", question)
            and not choice
        ):
            return yes(trend == name, f"the trend is {trend}")
    if re.search(
        r"\b(trend|develop\w*|tendency|rise|rising|fall|falling|increas\w*|decreas\w*|over time|shape of)\b",
        question,
    ):
        return Answer(trend, f"The trend is {trend}.")
    return None


def _plain(fields: dict, question: str, chosen, series) -> Answer | None:
    """Return the names of the categories or of the series."""
    if re.search(r"\b(series|legend|lines)\b", question) and re.search(
        r"\b(which|what|name|list)\b", question
    ):
        return Answer(", ".join(fields["series"]), f"{', '.join(fields['series'])}.")
    if re.search(r"\b(categories|bars|slices|segments|labels)\b", question) and re.search(
        r"\b(which|what|name|list)\b", question
    ):
        return Answer(", ".join(fields["categories"]), f"{', '.join(fields['categories'])}.")
    return None
