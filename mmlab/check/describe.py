"""Describe a value in a few words, for messages; the value may be large or unusual."""

import itertools
import math
import os

import numpy as np

from mmlab.codec import Raised, is_torch

WHOLE = 60  # characters up to which a list, tuple, dict or set is printed in full
NAMED = 20  # keys or items named in one message
AROUND = 12  # characters or bytes printed on each side of the first difference of two texts


def describe(value) -> str:
    """Return a few words that describe a value: the value itself if it is short, else its shape."""
    if isinstance(value, Raised):
        return f"{value.type:.100} raised"
    kind = family(value)
    if kind in ("torch tensor", "numpy array"):
        shape, dtype = tuple(value.shape), str(value.dtype).removeprefix("torch.")
        of = f" with value {short(value.item())}" if not shape else ""
        return f"a {kind} of shape {shape} and dtype {dtype}{of}"
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        name = type(value).__name__
        whole = " ".join(repr(value).split()) if _fits(value, [WHOLE]) else ""
        return f"the {name} {whole}" if 0 < len(whole) <= WHOLE else f"a {name} of {len(value)} items"
    return short(value)


def family(value) -> str:
    """Return the kind of a value for a comparison: 1 and numpy's 1.0 are both a "number"."""
    if is_torch(value):
        return "torch tensor"
    if isinstance(value, np.ndarray):
        return "numpy array"
    for name, kinds in (
        ("bool", (bool, np.bool_)),
        ("int", (int, np.integer)),
        ("float", (float, np.floating)),
    ):
        if isinstance(value, kinds):
            return "number" if name != "bool" else name
    return type(value).__name__


def apart(first, second) -> tuple[str, str]:
    """Return both values as text, with enough digits to tell them apart."""
    pair = short(first), short(second)
    return pair if pair[0] != pair[1] else (short(first, 17), short(second, 17))


def late_difference(wanted, got) -> tuple[str, str] | None:
    """Return what is given and wanted where two texts or byte strings first differ; None if both are short."""
    if max(len(wanted), len(got)) <= WHOLE:
        return None
    unit = "character" if isinstance(wanted, str) else "byte"
    wanted, got = (value if isinstance(value, str) else bytes(value) for value in (wanted, got))
    at = len(os.path.commonprefix([wanted, got]))

    def part(value) -> str:
        start, end = max(0, at - AROUND), at + AROUND
        excerpt = repr(value[start:end])
        before, after = "…" * (start > 0), "…" * (end < len(value))
        return f"{before}{excerpt}{after} ({len(value):,} {unit}s in all)"

    return f"differs from {unit} {at + 1} onwards: {part(got)}", f"{part(wanted)}"


def short(value, digits: int = 5) -> str:
    """Return a value as text of at most 80 characters, a float with `digits` digits."""
    if isinstance(value, (bytearray, memoryview)):
        return f"{type(value).__name__}({short(bytes(value))})"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.{digits}g}" if value != int(value) or abs(value) >= 1e5 else f"{value:.1f}"
    try:
        whole = repr(value[:200] if isinstance(value, (str, bytes)) else value)
    except ValueError:
        return "an integer with thousands of digits"
    end = whole[-1] if whole[-1] in ")]}\"'" else ""
    return whole if len(whole) <= 80 else f"{whole[:76]}…{end}"


def listed(keys) -> str:
    """Return keys as text, sorted; of many keys, only the first few."""
    names = sorted(short(key) for key in itertools.islice(keys, 1000))
    return (
        ", ".join(names[:NAMED]) + (f" and {len(keys) - NAMED} more" if len(keys) > NAMED else "") or "none"
    )


def set_difference(wanted, got) -> str:
    """Return which items of `wanted` are missing from `got`, and which are superfluous."""
    parts = [
        f"{word} {listed(items)}"
        for word, items in (("lacks", wanted - got), ("should not have", got - wanted))
        if items
    ]
    return "yours " + " and ".join(parts)


def _fits(value, room: list[int]) -> bool:
    """Return whether a value may be printed in full: every item uses up one of the characters in `room`."""
    room[0] -= 1
    if isinstance(value, dict):
        return 2 * len(value) <= room[0] and all(_fits(part, room) for pair in value.items() for part in pair)
    if isinstance(value, (list, tuple, set, frozenset)):
        return len(value) <= room[0] and all(_fits(item, room) for item in value)
    if isinstance(value, (str, bytes)):
        return len(value) <= WHOLE
    return room[0] >= 0 and not (isinstance(value, int) and value.bit_length() > 300)
