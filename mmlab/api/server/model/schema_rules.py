"""The rules of a JSON schema for a single value: references, bounds of numbers, lengths, patterns and formats.

A value that breaks a rule is replaced by the nearest one that keeps it, so a reply always satisfies its schema.
"""

import math
import re
from re import _constants as op
from re import _parser

_FORMATS = {
    "date": (r"\d{4}-\d{2}-\d{2}", "2026-01-01"),
    "time": (r"\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})", "12:00:00Z"),
    "date-time": (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})", "2026-01-01T12:00:00Z"),
    "duration": (r"P(?=.)(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?", "PT1S"),
    "email": (r"[\w.+-]{1,64}@[\w-]{1,60}(\.[\w-]{1,60})+", "@".join(("nobody", "example.org"))),
    "uri": (r"[a-z][a-z0-9+.-]*:\S+", "https://example.org/"),
    "url": (r"https?://\S+", "https://example.org/"),
    "hostname": (r"[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63})*", "example.org"),
    "ipv4": (r"(\d{1,3}\.){3}\d{1,3}", "192.0.2.1"),
    "ipv6": (r"[0-9a-f:]{2,39}", "2001:db8::1"),
    "uuid": (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "00000000-0000-4000-8000-000000000000"),
}
_LONGEST_PATTERN, _LONGEST_TRIED = 300, 40  # characters: longer texts are not tried on a pattern
_NESTED = re.compile(r"[*+}]\)[*+{]")  # quantifiers that may need exponential time
_PRINTABLE = [chr(code) for code in range(32, 127)]
_CATEGORIES = {
    op.CATEGORY_DIGIT: "0",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_NOT_WORD: " ",
    op.CATEGORY_NOT_SPACE: "a",
}


class _NoExampleError(Exception):
    """Raised for a pattern of which no example can be made."""


def resolved(pointer: str, root: dict) -> dict:
    """Return the schema that a local $ref points to: "#/$defs/S", "/$defs/S" or only "S"; {} if there is none.

    >>> resolved("/$defs/S", {"$defs": {"S": {"type": "integer"}}})
    {'type': 'integer'}
    """
    steps = [
        step.replace("~1", "/").replace("~0", "~")
        for step in pointer.lstrip("#").strip("/").split("/")
        if step
    ]
    schema = root
    for step in steps:
        schema = schema.get(step) if isinstance(schema, dict) else None
    if steps and not isinstance(schema, dict):
        named = [root.get(name) for name in ("$defs", "definitions", "defs")]
        schema = next((defs[steps[-1]] for defs in named if isinstance(defs, dict) and steps[-1] in defs), {})
    return schema if isinstance(schema, dict) else {}


def number_within(value: float, schema: dict, whole: bool) -> float | int:
    """Return the number nearest to a value that keeps minimum, maximum, their exclusive forms and multipleOf.

    >>> number_within(0, {"minimum": 1}, True), number_within(9.5, {"exclusiveMaximum": 5, "multipleOf": 2}, False)
    (1, 4)
    """
    low, high = (_bound(schema, name) for name in ("minimum", "maximum"))
    step = _bound(schema, "multipleOf")
    step = step if step and step > 0 else None
    smallest = step or (1 if whole else 1e-3)
    above, below = (_bound(schema, name) for name in ("exclusiveMinimum", "exclusiveMaximum"))
    if low is not None and schema.get("exclusiveMinimum") is True:
        low, above = None, low
    if high is not None and schema.get("exclusiveMaximum") is True:
        high, below = None, high
    if above is not None:
        over = (math.floor(above / step) + 1) * step if step else above + smallest
        low = max(over, low if low is not None else -math.inf)
    if below is not None:
        under = (math.ceil(below / step) - 1) * step if step else below - smallest
        high = min(under, high if high is not None else math.inf)
    value = value if low is None else max(value, low)
    value = value if high is None else min(value, high)
    if step or whole:
        step = step or 1
        count = round(value / step)
        if low is not None and count * step < low:
            count = math.ceil(low / step)
        if high is not None and count * step > high:
            count = math.floor(high / step)
        value = round(count * step, 12)  # 3 · 0.1 is 0.30000000000000004
    return int(value) if whole or float(value).is_integer() and step else value


def _bound(schema: dict, name: str) -> float | None:
    given = schema.get(name)
    return (
        given
        if isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
        else None
    )


def text_within(value: str, schema: dict, seen: str = "") -> str:
    """Return the text, or the nearest one that keeps enum-free rules: pattern, format, minLength, maxLength.

    seen  text in which a part that matches the pattern or the format is looked for
    """
    pattern, form = schema.get("pattern"), _FORMATS.get(str(schema.get("format")))
    if form:
        value = _first(form[0], (value, seen), form[1], whole=True)
    elif isinstance(pattern, str):
        value = _matching(pattern, value, seen)
    least, most = (_length(schema, name) for name in ("minLength", "maxLength"))
    if most is not None and len(value) > most:
        value = value[:most]
    if least is not None and len(value) < least:
        value = (value + " " + (value or ".") * least)[: min(least, 10_000)]
    return value


def _length(schema: dict, name: str) -> int | None:
    given = schema.get(name)
    if isinstance(given, str) and given.isdecimal():  # protocol buffers send 64-bit integers as strings
        given = int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) and given >= 0 else None


def count_within(count: int, schema: dict) -> int:
    """Return the number of items nearest to a count that keeps minItems and maxItems."""
    least, most = _length(schema, "minItems") or 0, _length(schema, "maxItems")
    return max(min(count, 1000 if most is None else most), min(least, 1000))


def _first(pattern: str, texts, otherwise: str, whole: bool) -> str:
    """Return the first of some texts, or the first part of one, that matches a pattern of this module."""
    if re.fullmatch(pattern, texts[0]):
        return texts[0]
    for text in texts:
        if match := re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text[:100_000]):
            return match[0]
    return otherwise


def _matching(pattern: str, value: str, seen: str) -> str:
    """Return the value if it matches a pattern of a request, or a word of `seen`, or else a made-up match."""
    try:
        compiled, parsed = re.compile(pattern), _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return value
    if len(pattern) <= _LONGEST_PATTERN and not _NESTED.search(pattern):
        for text in (value, *seen.split()[:200]):
            if len(text) <= _LONGEST_TRIED and compiled.search(text):
                return text
    try:
        return _example(parsed, {})[:10_000]
    except (_NoExampleError, RecursionError):
        return value


def _example(parsed, groups: dict) -> str:
    """Return the shortest text that a parsed pattern matches; raise _NoExampleError for look-arounds."""
    text = ""
    for kind, detail in parsed:
        if kind is op.LITERAL:
            text += chr(detail)
        elif kind is op.NOT_LITERAL:
            text += "a" if detail != ord("a") else "b"
        elif kind is op.ANY:
            text += "a"
        elif kind is op.IN:
            text += _member(detail)
        elif kind is op.BRANCH:
            text += _example(detail[1][0], groups)
        elif kind is op.SUBPATTERN:
            inner = _example(detail[-1], groups)
            groups[detail[0]] = inner
            text += inner
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            text += _example(detail[2], groups) * min(detail[0], 1000)
        elif kind is op.GROUPREF:
            text += groups.get(detail, "")
        elif kind is op.CATEGORY:
            text += _CATEGORIES[detail]
        elif kind is op.ATOMIC_GROUP:
            text += _example(detail, groups)
        elif kind is not op.AT:
            raise _NoExampleError(kind)
    return text


def _member(members) -> str:
    """Return a character of a class such as [a-z_]."""
    negated = members[0][0] is op.NEGATE
    if negated:
        return next(
            character for character in ["a", "0", *_PRINTABLE] if not _belongs(character, members[1:])
        )
    kind, detail = members[0]
    if kind is op.LITERAL:
        return chr(detail)
    return chr(detail[0]) if kind is op.RANGE else _CATEGORIES[detail]


def _belongs(character: str, members) -> bool:
    for kind, detail in members:
        if kind is op.LITERAL and ord(character) == detail:
            return True
        if kind is op.RANGE and detail[0] <= ord(character) <= detail[1]:
            return True
        if kind is op.CATEGORY:
            name = str(detail).lower().removeprefix("category_")
            letter = {"digit": r"\d", "word": r"\w", "space": r"\s"}.get(name.removeprefix("not_"), r"\w")
            if bool(re.match(letter, character)) != name.startswith("not_"):
                return True
    return False
