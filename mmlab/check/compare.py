"""The comparers: public code that says where two values differ, and how to say it.

    close       nested values; numbers within rtol and atol, everything else equal
    equal       close with both tolerances 0
    accuracy    at least `minimum` of the predictions are the truth
    agreement   at least `minimum` of the predictions are those of another answer
    likelihood  the truth is given at least `minimum` of the probability, on average

Type, then shape, then kind of number, then value: nothing is ever broadcast.
Only values that the codec has made are compared, so no code of an answer runs here.
"""

import builtins
import math
from dataclasses import dataclass

import numpy as np

from mmlab.check.describe import apart, describe, family, listed, set_difference, short
from mmlab.values import Raised, is_torch

KINDS = {"b": "boolean", "i": "integer", "u": "integer", "f": "floating", "c": "complex"}


@dataclass(frozen=True)
class Difference:
    """Where an answer is wrong: what is given, what is wanted, what to do.

    place   of the value inside the answer, such as "[0]['loss']"
    raised  whether an exception came in place of a value
    """

    place: str
    given: str
    wanted: str
    do: str = ""
    raised: bool = False


def close(wanted, got, *, rtol=1e-5, atol=1e-5, dtype=False, text=False, place="") -> Difference | None:
    """Return the first difference between two nested values, or None.

    rtol, atol  |got - wanted| <= atol + rtol·|wanted|, for floating and complex numbers only
    dtype       whether an array's very dtype counts, beside its kind: float64 is then no float32
    text        whether the text of an exception counts, beside its type
    """
    options = {"rtol": rtol, "atol": atol, "dtype": dtype, "text": text}
    if isinstance(got, Raised) or isinstance(wanted, Raised):
        return _exceptions(wanted, got, text, place)
    if family(wanted) != family(got):
        return Difference(place, f"is {describe(got)}", describe(wanted), _convert(wanted, got))
    if family(wanted) in ("torch tensor", "numpy array"):
        return _arrays(wanted, got, rtol, atol, place, exact=dtype)
    if isinstance(wanted, (list, tuple)):
        if len(wanted) != len(got):
            return Difference(place, f"is {describe(got)}", describe(wanted), "return as many items as asked for")
        pairs = zip(wanted, got, strict=True)
        found = (close(w, g, place=f"{place}[{i}]", **options) for i, (w, g) in enumerate(pairs))
        return next(filter(None, found), None)
    if isinstance(wanted, dict):
        if set(wanted) != set(got):
            return Difference(place, f"has the keys {listed(got)}", f"the keys {listed(wanted)}", "use these keys")
        return next(filter(None, (close(wanted[k], got[k], place=f"{place}[{k!r}]", **options) for k in wanted)), None)
    if isinstance(wanted, (set, frozenset)) and wanted != got:
        return Difference(place, f"is {describe(got)}", f"{describe(wanted)}: {set_difference(wanted, got)}")
    return _scalars(wanted, got, rtol, atol, place)


def equal(wanted, got, *, text=False) -> Difference | None:
    """Return the first difference between two nested values that must be equal, or None."""
    return close(wanted, got, rtol=0.0, atol=0.0, text=text)


def accuracy(wanted, got, *, minimum: float, text=False) -> Difference | None:
    """Return None if at least `minimum` of the predictions are right.

    wanted   (S,) the true labels
    got      (S,) labels, or (S, classes) scores, whose largest counts
    """
    return _share(wanted, got, minimum, "right")


def agreement(wanted, got, *, minimum: float = 0.98, text=False) -> Difference | None:
    """Return None if at least `minimum` of the predictions are those of `wanted`; shapes as `accuracy`."""
    return _share(wanted, got, minimum, "the same")


def likelihood(wanted, got, *, minimum: float, verdicts: bool = True, text=False) -> Difference | None:
    """Return None if the probability given to the truth is at least `minimum` on average.

    wanted   (S,) the true classes, whole numbers
    got      (S, classes) probabilities: what is right but unsure fails, unlike in `accuracy`
    verdicts  whether rows of one 1 and nothing but zeros, which know no doubt, will do
    """
    if isinstance(got, Raised) or isinstance(wanted, Raised):
        return _exceptions(wanted, got, False, "")
    truth = _as_numpy(wanted)
    rows = _as_numpy(got) if family(got) in ("torch tensor", "numpy array") else np.empty(0)
    if rows.dtype.kind != "f" or rows.ndim != 2 or len(rows) != len(truth) or rows.shape[1] <= truth.max():
        return Difference("", f"is {describe(got)}", f"a row of probabilities for each of {len(truth)} inputs",
                          "return a floating array of shape (inputs, classes)")  # fmt: skip
    sums = rows.sum(axis=1)
    if not (np.abs(sums - 1) < 1e-3).all() or (rows < 0).any():
        worst = sums[np.argmax(np.where(np.isnan(sums), np.inf, np.abs(sums - 1)))]
        return Difference("", f"has a row that sums to {short(worst)}", "probabilities: each row sums to 1",
                          "take the softmax of each row, over the classes")  # fmt: skip
    if not verdicts and np.count_nonzero(rows) == len(rows):
        return Difference("", "names one class a row, without a doubt", "how likely each class is", "return the softmax")
    mean = float(rows[np.arange(len(truth)), truth].mean())
    if mean >= minimum:
        return None
    return Difference("", f"gives the right class a probability of {mean:.2f} on average", f"at least {minimum:.2f}",
                      "check what the loss is computed from, and that every step changes the parameters")  # fmt: skip


COMPARERS = {"close": close, "equal": equal, "accuracy": accuracy, "agreement": agreement, "likelihood": likelihood}


def equality(compare: dict) -> dict:
    """Return the form of a comparer that asks whether two answers are the same answer."""
    if compare["kind"] in ("accuracy", "agreement", "likelihood"):
        return {"kind": "agreement", "parameters": {}}
    return compare


def _exceptions(wanted, got, text: bool, place: str) -> Difference | None:
    if not isinstance(wanted, Raised):
        given = f"raised {got.type}: {got.message}"[:300]
        do = "follow the error above this message to its line"
        if got.type == "NotImplementedError":
            do = "write your answer and delete the line that raises NotImplementedError"
        return Difference(place, given, describe(wanted), do, raised=True)
    if not isinstance(got, Raised):
        return Difference(place, f"is {describe(got)}", f"{wanted.type} raised", f"raise {wanted.type} for such an input")
    if not _is_kind(got.type, wanted.type):
        given = f"raised {got.type}: {got.message}"[:300]
        return Difference(place, given, f"{wanted.type} raised", f"raise {wanted.type}(…) yourself", raised=True)
    if text and got.message != wanted.message:
        return Difference(place, f"raised {got.message!r:.200}", f"the text {wanted.message!r:.200}", "use this text")
    return None


def _is_kind(got: str, wanted: str) -> bool:
    kinds = [getattr(builtins, name, None) for name in (got, wanted)]
    if got == wanted or wanted in ("Exception", "BaseException"):
        return got == wanted
    return all(isinstance(kind, type) for kind in kinds) and issubclass(*kinds)


def _convert(wanted, got) -> str:
    if got is None:
        return "end the function with a return statement"
    pair = (family(wanted), family(got))
    if pair == ("torch tensor", "numpy array"):
        return "turn it into a tensor: torch.from_numpy(…)"
    if pair == ("numpy array", "torch tensor"):
        return "turn it into an array: .numpy()"
    if pair[1] == "torch tensor" and pair[0] in ("number", "bool"):
        return "turn it into a plain number: .item()"
    if pair[0] == "torch tensor" and pair[1] in ("number", "bool"):
        return "stay in torch: leave out .item() and float(…)"
    return "return the type that the statement asks for"


def _arrays(wanted, got, rtol: float, atol: float, place: str, *, exact: bool = False) -> Difference | None:
    if tuple(wanted.shape) != tuple(got.shape):
        return Difference(place, f"has shape {tuple(got.shape)}", f"shape {tuple(wanted.shape)}",
                          "look for an axis that is lost, added or moved")  # fmt: skip
    dtypes = [str(array.dtype).removeprefix("torch.") for array in (wanted, got)]
    wanted, got = _as_numpy(wanted), _as_numpy(got)
    if KINDS[wanted.dtype.kind] != KINDS[got.dtype.kind]:
        return Difference(place, f"has dtype {dtypes[1]}", f"a {KINDS[wanted.dtype.kind]} dtype, such as {dtypes[0]}",
                          f"convert it to {dtypes[0]}")  # fmt: skip
    if exact and dtypes[0] != dtypes[1]:
        return Difference(place, f"has dtype {dtypes[1]}", f"dtype {dtypes[0]}", f"convert it to {dtypes[0]}")
    same = _same(wanted, got, rtol, atol)
    if same.all():
        return None
    first = tuple(int(axis) for axis in np.argwhere(~same)[0])
    index = f"[{', '.join(map(str, first))}]" if first else ""
    count = f" ({int((~same).sum())} of {same.size} values differ)" if first else ""
    one, other = apart(got[first].item(), wanted[first].item())
    return Difference(place + index, f"is {one}{count}", other, _about_nan(wanted, got))


def _scalars(wanted, got, rtol: float, atol: float, place: str) -> Difference | None:
    if family(wanted) == "number":
        whole = isinstance(wanted, (int, np.integer))
        if whole and not isinstance(got, (int, np.integer)):
            return Difference(place, f"is the float {short(got)}", f"the whole number {short(wanted)}",
                              "return an int")  # fmt: skip
        same = bool(wanted == got) if whole else bool(_same(np.float64(wanted), _as_float(got), rtol, atol))
    else:
        same = bool(wanted == got)
    one, other = apart(got, wanted)
    return None if same else Difference(place, f"is {one}", other, _about_nan(wanted, got))


def _share(wanted, got, minimum: float, what: str) -> Difference | None:
    if isinstance(got, Raised) or isinstance(wanted, Raised):
        return _exceptions(wanted, got, False, "")
    if not _is_flat(got, len(wanted)):
        return Difference("", f"is {describe(got)}", describe(wanted), "return one prediction an input")
    truth, labels = _as_numpy(wanted), _as_numpy(got)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        return Difference("", "holds nan or inf", "finite numbers", "look for a step that diverges: a smaller rate")
    truth, labels = (array.argmax(-1) if array.ndim == 2 and array.size else array for array in (truth, labels))
    if truth.shape != labels.shape:
        return Difference("", f"is {describe(got)}", f"one prediction an input, shape {truth.shape}",
                          "return a label, or a row of scores, for each input")  # fmt: skip
    share = float((truth == labels).mean()) if truth.size else 0.0
    if share >= minimum:
        return None
    return Difference("", f"is {what} for {share:.2f} of the inputs", f"at least {minimum:.2f}",
                      "check what the loss is computed from, and that every step changes the parameters")  # fmt: skip


def _is_flat(value, size: int) -> bool:
    """Return whether a value may be predictions; a list must be as long as asked for, of numbers or short words."""
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
    except OverflowError:  # an integer beyond every float
        return np.float64(math.inf)


def _about_nan(wanted, got) -> str:
    arrays = [np.asarray(value) for value in (wanted, got)]
    if any(array.dtype.kind not in "fc" for array in arrays) or np.isnan(arrays[0]).any():
        return ""
    return "look for 0/0, the logarithm of 0, or inf - inf" if np.isnan(arrays[1]).any() else ""
