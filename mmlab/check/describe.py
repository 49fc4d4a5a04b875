"""What a value is, in a few words: for messages, however large or odd the value is."""

import itertools
import math

import numpy as np

from mmlab.values import Raised, is_torch

WHOLE = 60  # letters up to which a list, tuple, dict or set is shown as it is
NAMED = 20  # keys or items named in one message


def describe(value) -> str:
    """Return a few words that say what a value is: its value where that is short, else its shape."""
    if isinstance(value, Raised):
        return f"{value.type:.100} raised"
    kind = family(value)
    if kind in ("torch tensor", "numpy array"):
        shape, dtype = tuple(value.shape), str(value.dtype).removeprefix("torch.")
        of = f" of value {short(value.item())}" if not shape else ""
        return f"a {kind} of shape {shape} and dtype {dtype}{of}"
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        name = type(value).__name__
        whole = " ".join(repr(value).split()) if _fits(value, [WHOLE]) else ""
        return f"the {name} {whole}" if 0 < len(whole) <= WHOLE else f"a {name} of {len(value)} items"
    return short(value)


def family(value) -> str:
    """Return the kind of a value, as far as it matters to a comparison: 1 and numpy's 1.0 are both a "number"."""
    if is_torch(value):
        return "torch tensor"
    if isinstance(value, np.ndarray):
        return "numpy array"
    for name, kinds in (("bool", (bool, np.bool_)), ("int", (int, np.integer)), ("float", (float, np.floating))):
        if isinstance(value, kinds):
            return "number" if name != "bool" else name
    return type(value).__name__


def apart(one, other) -> tuple[str, str]:
    """Return both as text, with as many digits as it takes to tell them apart."""
    pair = short(one), short(other)
    return pair if pair[0] != pair[1] else (short(one, 17), short(other, 17))


def short(value, digits: int = 5) -> str:
    """Return a value as text of at most 80 letters; a float with so many digits."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.{digits}g}" if value != int(value) or abs(value) >= 1e5 else f"{value:.1f}"
    try:
        whole = repr(value[:200] if isinstance(value, (str, bytes)) else value)
    except ValueError:
        return "an integer of thousands of digits"
    end = whole[-1] if whole[-1] in ")]}\"'" else ""
    return whole if len(whole) <= 80 else f"{whole[:76]}…{end}"


def listed(keys) -> str:
    """Return keys as text, in order, the first few of very many."""
    names = sorted(short(key) for key in itertools.islice(keys, 1000))
    return ", ".join(names[:NAMED]) + (f" and {len(keys) - NAMED} more" if len(keys) > NAMED else "") or "none"


def set_difference(wanted, got) -> str:
    """Return what one set lacks of another and what it has too many."""
    parts = [f"{word} {listed(items)}" for word, items in
             (("lacks", wanted - got), ("has too many:", got - wanted)) if items]  # fmt: skip
    return "yours " + ", ".join(parts)


def _fits(value, room: list[int]) -> bool:
    """Return whether a value may be shown whole: every item takes a letter, and `room` has so many left."""
    room[0] -= 1
    if isinstance(value, dict):
        return 2 * len(value) <= room[0] and all(_fits(part, room) for pair in value.items() for part in pair)
    if isinstance(value, (list, tuple, set, frozenset)):
        return len(value) <= room[0] and all(_fits(item, room) for item in value)
    if isinstance(value, (str, bytes)):
        return len(value) <= WHOLE
    return room[0] >= 0 and not (isinstance(value, int) and value.bit_length() > 300)
