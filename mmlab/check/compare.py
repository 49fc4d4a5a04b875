"""Comparers: they say where two values differ, in words for a message. Students may read this code.

    close       nested values; numbers within rtol and atol, everything else equal
    equal       close with both tolerances 0
    accuracy    at least `minimum` of the predictions are correct
    agreement   at least `minimum` of the predictions equal those of another answer
    likelihood  the true class gets a probability of at least `minimum`, on average

They compare type, then shape, then kind of number, then value, and never broadcast.
They compare only values that the codec made, so no code of an answer runs here.
"""

import builtins
import math
from dataclasses import dataclass

import numpy as np

from mmlab.check.describe import apart, describe, family, late_difference, listed, set_difference, short
from mmlab.codec import Raised, is_torch

KINDS = {"b": "a boolean", "i": "an integer", "u": "an integer", "f": "a floating", "c": "a complex"}
BYTES = (bytes, bytearray, memoryview)
_LINE = "follow the error above this message to its line"
# Errors that come from a fault in the code, not from the input; "raise ValueError yourself" would not help there.
OWN_FAULTS = {
    "NotImplementedError": "write your answer and delete the line that raises NotImplementedError",
    "RecursionError": "find the function that calls itself, and let it stop: use a loop, or end the recursion earlier",
    "MemoryError": "find what grows without end, and stop it",
    **dict.fromkeys(
        ("NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError", "SyntaxError"), _LINE
    ),
}


@dataclass(frozen=True)
class Difference:
    """Where an answer is wrong: what was given, what was wanted, what to try.

    path    of the value inside the answer, such as "[0]['loss']"
    raised  whether an exception was raised instead of a value
    """

    path: str
    given: str
    wanted: str
    do: str = ""
    raised: bool = False


def close(
    wanted, got, *, rtol=1e-5, atol=1e-5, dtype=False, text=False, types: bool | None = None, path=""
) -> Difference | None:
    """Return the first difference between two nested values, or None.

    rtol, atol  |got - wanted| <= atol + rtol·|wanted|, for floating and complex numbers only
    dtype       whether an array's exact dtype counts, not only its kind: float64 then differs from float32
    text        whether the message of an exception counts, not only its type
    types       True: bytes, bytearray and memoryview are different types, and so are list and tuple; False: they
                count as equal; None: the types of bytes count as equal, list and tuple do not
    """
    options = {"rtol": rtol, "atol": atol, "dtype": dtype, "text": text, "types": types}
    if isinstance(got, Raised) or isinstance(wanted, Raised):
        return _exceptions(wanted, got, text, path)
    if not types and isinstance(wanted, BYTES) and isinstance(got, BYTES):
        wanted, got = bytes(wanted), bytes(got)
    if types is False and {type(wanted), type(got)} == {list, tuple}:
        got = type(wanted)(got)
    if family(wanted) != family(got):
        return Difference(path, f"is {describe(got)}", describe(wanted), _convert(wanted, got, path))
    if family(wanted) in ("torch tensor", "numpy array"):
        return _arrays(wanted, got, rtol, atol, path, exact=dtype)
    if isinstance(wanted, (list, tuple)):
        if len(wanted) != len(got):
            items = (
                f": {set_difference(set(wanted), set(got))}"
                if _are_labels(wanted) and _are_labels(got)
                else ""
            )
            return Difference(
                path,
                f"is {describe(got)}",
                describe(wanted) + items,
                "return the number of items that the statement asks for",
            )
        pairs = zip(wanted, got, strict=True)
        differences = (close(w, g, path=f"{path}[{i}]", **options) for i, (w, g) in enumerate(pairs))
        return next(filter(None, differences), None)
    if isinstance(wanted, dict):
        if set(wanted) != set(got):
            return Difference(
                path, f"has the keys {listed(got)}", f"the keys {listed(wanted)}", "use these keys"
            )
        return next(
            filter(None, (close(wanted[k], got[k], path=f"{path}[{k!r}]", **options) for k in wanted)), None
        )
    if isinstance(wanted, (set, frozenset)) and wanted != got:
        return Difference(path, f"is {describe(got)}", f"{describe(wanted)}: {set_difference(wanted, got)}")
    return _scalars(wanted, got, rtol, atol, path)


def equal(wanted, got, *, text=False, types: bool | None = None) -> Difference | None:
    """Return the first difference between two nested values that must be equal, or None; options as in `close`."""
    return close(wanted, got, rtol=0.0, atol=0.0, text=text, types=types)


def accuracy(wanted, got, *, minimum: float, text=False) -> Difference | None:
    """Return None if at least `minimum` of the predictions are right.

    wanted   (S,) the true labels
    got      (S,) labels, or (S, classes) scores, of which the largest counts
    """
    return _share(wanted, got, minimum, "right")


def agreement(wanted, got, *, minimum: float = 0.98, text=False) -> Difference | None:
    """Return None if at least `minimum` of the predictions equal `wanted`; shapes as in `accuracy`."""
    return _share(wanted, got, minimum, "the same")


def likelihood(wanted, got, *, minimum: float, verdicts: bool = True, text=False) -> Difference | None:
    """Return None if the mean probability of the true class is at least `minimum`.

    wanted    (S,) the true classes, integers
    got       (S, classes) probabilities: unlike in `accuracy`, correct but uncertain predictions fail
    verdicts  whether one-hot rows, with probability 1 for one class, are accepted
    """
    if isinstance(got, Raised) or isinstance(wanted, Raised):
        return _exceptions(wanted, got, False, "")
    truth = _as_numpy(wanted)
    rows = _as_numpy(got) if family(got) in ("torch tensor", "numpy array") else np.empty(0)
    if rows.dtype.kind != "f" or rows.ndim != 2 or len(rows) != len(truth) or rows.shape[1] <= truth.max():
        return Difference(
            "",
            f"is {describe(got)}",
            f"a row of probabilities for each of {len(truth)} inputs",
            "return a floating array of shape (inputs, classes)",
        )
    sums = rows.sum(axis=1)
    if not (np.abs(sums - 1) < 1e-3).all() or (rows < 0).any():
        worst = sums[np.argmax(np.where(np.isnan(sums), np.inf, np.abs(sums - 1)))]
        return Difference(
            "",
            f"has a row that sums to {short(worst)}",
            "probabilities: each row sums to 1",
            "take the softmax of each row, over the classes",
        )
    if not verdicts and np.count_nonzero(rows) == len(rows):
        return Difference(
            "",
            "gives one class of each row the probability 1",
            "a probability for each class",
            "return the softmax of each row",
        )
    mean = float(rows[np.arange(len(truth)), truth].mean())
    if mean >= minimum:
        return None
    return Difference(
        "",
        f"gives the right class a probability of {mean:.2f} on average",
        f"at least {minimum:.2f}",
        "check what the loss is computed from, and that every step changes the parameters",
    )


COMPARERS = {
    "close": close,
    "equal": equal,
    "accuracy": accuracy,
    "agreement": agreement,
    "likelihood": likelihood,
}


def equality(compare: dict) -> dict:
    """Return the comparer to use for the question whether two answers are equal."""
    if compare["kind"] in ("accuracy", "agreement", "likelihood"):
        return {"kind": "agreement", "parameters": {}}
    return compare


def _exceptions(wanted, got, text: bool, path: str) -> Difference | None:
    if not isinstance(wanted, Raised):
        given = f"raised {got.type}: {got.message}"[:300]
        do = OWN_FAULTS.get(got.type, _LINE)
        return Difference(path, given, describe(wanted), do, raised=True)
    if not isinstance(got, Raised):
        return Difference(
            path, f"is {describe(got)}", f"{wanted.type} raised", f"raise {wanted.type} for such an input"
        )
    if not is_kind(got, wanted.type):
        given = f"raised {got.type}: {got.message}"[:300]
        do = OWN_FAULTS.get(got.type, f"raise {wanted.type}(…) yourself")
        return Difference(path, given, f"{wanted.type} raised", do, raised=True)
    if text and got.message != wanted.message:
        return Difference(
            path, f"raised {got.message!r:.200}", f"the text {wanted.message!r:.200}", "use this text"
        )
    return None


def is_kind(got: Raised, wanted: str) -> bool:
    """Return whether an exception is of a built-in type or derives from it; for Exception it must be the type itself."""
    if got.type == wanted or wanted in ("Exception", "BaseException"):
        return got.type == wanted
    right = getattr(builtins, wanted, None)
    kinds = [getattr(builtins, name, None) for name in (got.type, *got.also)]
    return isinstance(right, type) and any(
        isinstance(kind, type) and issubclass(kind, right) for kind in kinds
    )


def _convert(wanted, got, path: str) -> str:
    if got is None:
        return "check where this part gets its value" if path else "end the function with a return statement"
    pair = (family(wanted), family(got))
    if pair == ("torch tensor", "numpy array"):
        return "turn it into a tensor: torch.from_numpy(…)"
    if pair == ("numpy array", "torch tensor"):
        return "turn it into an array: .numpy()"
    if pair[1] == "torch tensor" and pair[0] in ("number", "bool"):
        return "turn it into a plain number: .item()"
    if pair[0] == "torch tensor" and pair[1] in ("number", "bool"):
        return "return a tensor: leave out .item() and float(…)"
    return "return the type that the statement asks for"


def _arrays(wanted, got, rtol: float, atol: float, path: str, *, exact: bool = False) -> Difference | None:
    if tuple(wanted.shape) != tuple(got.shape):
        return Difference(
            path,
            f"has shape {tuple(got.shape)}",
            f"shape {tuple(wanted.shape)}",
            "look for an axis that was dropped, added or moved",
        )
    dtypes = [str(array.dtype).removeprefix("torch.") for array in (wanted, got)]
    wanted, got = _as_numpy(wanted), _as_numpy(got)
    if KINDS[wanted.dtype.kind] != KINDS[got.dtype.kind]:
        return Difference(
            path,
            f"has dtype {dtypes[1]}",
            f"{KINDS[wanted.dtype.kind]} dtype, such as {dtypes[0]}",
            f"convert it to {dtypes[0]}",
        )
    if exact and dtypes[0] != dtypes[1]:
        return Difference(path, f"has dtype {dtypes[1]}", f"dtype {dtypes[0]}", f"convert it to {dtypes[0]}")
    same = _same(wanted, got, rtol, atol)
    if same.all():
        return None
    first = tuple(int(axis) for axis in np.argwhere(~same)[0])
    index = f"[{', '.join(map(str, first))}]" if first else ""
    count = f" ({int((~same).sum())} of {same.size} values differ)" if first else ""
    got_text, wanted_text = apart(got[first].item(), wanted[first].item())
    return Difference(path + index, f"is {got_text}{count}", wanted_text, _about_nan(wanted, got))


def _scalars(wanted, got, rtol: float, atol: float, path: str) -> Difference | None:
    if family(wanted) == "number":
        whole = isinstance(wanted, (int, np.integer))
        if whole and not isinstance(got, (int, np.integer)):
            return Difference(
                path, f"is the float {short(got)}", f"the integer {short(wanted)}", "return an int"
            )
        same = bool(wanted == got) if whole else bool(_same(np.float64(wanted), _as_float(got), rtol, atol))
    else:
        same = bool(wanted == got)
    if same:
        return None
    if isinstance(wanted, (str, *BYTES)) and (parts := late_difference(wanted, got)):
        return Difference(path, *parts)
    got_text, wanted_text = apart(got, wanted)
    return Difference(path, f"is {got_text}", wanted_text, _about_nan(wanted, got))


def _are_labels(items) -> bool:
    """Return whether a message may list what is missing: at most 30 short strings or integers, all different."""
    plain = all(
        isinstance(item, (str, int)) and (not isinstance(item, str) or len(item) <= 60) for item in items[:30]
    )
    return len(items) <= 30 and plain and len(set(items)) == len(items)


def _share(wanted, got, minimum: float, what: str) -> Difference | None:
    if isinstance(got, Raised) or isinstance(wanted, Raised):
        return _exceptions(wanted, got, False, "")
    if not _is_flat(got, len(wanted)):
        return Difference("", f"is {describe(got)}", describe(wanted), "return one prediction for each input")
    truth, labels = _as_numpy(wanted), _as_numpy(got)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        return Difference(
            "",
            "contains nan or inf",
            "finite numbers",
            "check whether training diverges; try a smaller learning rate",
        )
    truth, labels = as_labels(truth), as_labels(labels)
    if truth.shape != labels.shape:
        return Difference(
            "",
            f"is {describe(got)}",
            f"one prediction for each input, shape {truth.shape}",
            "return a label, or a row of scores, for each input",
        )
    share = float((truth == labels).mean()) if truth.size else 0.0
    if share >= minimum:
        return None
    return Difference(
        "",
        f"is {what} for {share:.2f} of the inputs",
        f"at least {minimum:.2f}",
        "check what the loss is computed from, and that every step changes the parameters",
    )


def as_labels(predictions) -> np.ndarray | None:
    """Return labels as an array, the index of the largest score for rows of scores; None for an exception."""
    if isinstance(predictions, Raised):
        return None
    array = _as_numpy(predictions)
    return array.argmax(-1) if array.ndim == 2 and array.size else array


def _is_flat(value, size: int) -> bool:
    """Return whether a value may be predictions: an array, or a list of `size` numbers or short strings."""
    if isinstance(value, (list, tuple)):
        return len(value) == size and all(map(_is_label, value))
    return family(value) in ("torch tensor", "numpy array")


def _is_label(item) -> bool:
    if isinstance(item, str):
        return len(item) <= 1000
    return isinstance(item, float) or (isinstance(item, int) and abs(item) < 2**63)


def _as_numpy(array) -> np.ndarray:
    if not is_torch(array):
        return np.asarray(array)
    return (array.float() if str(array.dtype) == "torch.bfloat16" else array).numpy()


def _same(wanted, got, rtol: float, atol: float):
    if np.asarray(wanted).dtype.kind not in "fc":
        return np.asarray(wanted == got)
    kind = np.complex128 if np.asarray(wanted).dtype.kind == "c" else np.float64
    return np.isclose(np.asarray(got, kind), np.asarray(wanted, kind), rtol=rtol, atol=atol, equal_nan=True)


def _as_float(number) -> np.float64:
    try:
        return np.float64(number)
    except OverflowError:  # an integer too large for a float
        return np.float64(math.inf)


def _about_nan(wanted, got) -> str:
    arrays = [np.asarray(value) for value in (wanted, got)]
    if any(array.dtype.kind not in "fc" for array in arrays) or np.isnan(arrays[0]).any():
        return ""
    return "look for 0/0, the logarithm of 0, or inf - inf" if np.isnan(arrays[1]).any() else ""
