"""Judge results: which cases are right, and which misconception a wrong answer has.

It sees an exercise's record and the results that a driver returned, never the answer
itself. A result may come from a process that must not be trusted.
"""

from dataclasses import dataclass

import numpy as np

from mmlab.check.compare import COMPARERS, Difference, as_labels, close, describe, equality, is_kind
from mmlab.check.describe import listed
from mmlab.check.drivers import ANSWER, NO_GRADIENT
from mmlab.codec import Raised, is_torch

NOUN = {"call": "result", "module": "output", "script": "step", "predict": "prediction", "bugs": "verdict"}
# How many versions a misconception must judge, or labels it must predict, differently from a correct answer
# before its message is given.
VERSIONS, LABELS = 2, 5
MODES = {  # the ways in which an object runs again, as messages call them
    "evaluated": " in evaluation mode",
    "updated": " in evaluation mode, after its parameters were changed,",
    "again": " for fewer inputs, on a second call,",
}
FIXED = "store what is not learned as a plain attribute, or as a buffer with persistent=False"


@dataclass(frozen=True)
class Verdict:
    """What is known about an answer after all its cases.

    exercise       its name
    right          one bool for each case
    case           index of the first wrong case, None if all are right
    difference     what is wrong there
    misconception  name of the misconception that the results prove, or None
    message_parts  that misconception's message and what to try
    equals         name of the misconception with the same results on all cases, or None; that can be chance
                   if a result is one of two words, and then its message is not given
    """

    exercise: str
    right: tuple[bool, ...]
    case: int | None = None
    difference: Difference | None = None
    misconception: str | None = None
    message_parts: tuple[str, str] = ("", "")
    equals: str | None = None

    @property
    def passed(self) -> bool:
        """Whether every case is right; False if there were none."""
        return bool(self.right) and all(self.right)

    def message(self, *, show_wanted: bool = True) -> tuple[str, str, str]:
        """Return given, wanted and try; `show_wanted=False` hides the expected value."""
        cause, action = self.message_parts
        given = f"{self.exercise}, case {self.case + 1} of {len(self.right)}: {self.difference.given}"
        wanted = self.difference.wanted if show_wanted else "another value"
        look = f'look at the case: from mmlab.check import case; case("{self.exercise}", {self.case + 1})'
        if not show_wanted:
            given = given.replace(", case ", ", hidden case ", 1)
            look = "read the statement again and try your own inputs"
        parts = given, f"{wanted} ({cause})" if cause else wanted, action or self.difference.do or look
        # Three lines, even if an error's message has line breaks.
        lines = ([line.strip() for line in part.splitlines()] for part in parts)
        return tuple(" ".join(filter(None, each)) for each in lines)


def judge(record: dict, results: list) -> Verdict:
    """Return the verdict on the results of one answer, one result for each case, in order."""
    differences = [
        difference(record, wanted, got) for wanted, got in zip(record["expected"], results, strict=True)
    ]
    for case in _changed(results, len(differences)):
        differences[case] = differences[case] or _overwritten(record)
    right = tuple(item is None for item in differences)
    if all(right):
        return Verdict(record["name"], right)
    first = right.index(False)
    known = next(
        (wrong for wrong in record["misconceptions"] if _is_misconception(record, wrong, results)), None
    )
    if known is None:
        return Verdict(record["name"], right, first, differences[first])
    if not _is_evident(record, known, results):
        return Verdict(record["name"], right, first, differences[first], equals=known["name"])
    parts = known["message"], known["do"]
    return Verdict(record["name"], right, first, differences[first], known["name"], parts, known["name"])


def difference(record: dict, wanted: dict, got, compare: dict | None = None) -> Difference | None:
    """Return what is wrong with one result, or None; side effects come first, then the value, then gradients."""
    kind = record["driver"]["kind"]
    compare, answer = compare or record["compare"], ANSWER[kind]
    noun = _noun(record)
    if not isinstance(got, dict) or answer not in got:
        return Difference("", f"no {noun} came back from your answer", "a result", "run the cell again")
    if aside := _side_effects(wanted, got, noun, kind):
        return aside
    if kind == "bugs":
        return _about_version(wanted[answer], got[answer])
    value, expected = got[answer], wanted[answer]
    if record["driver"].get("options", {}).get("service"):
        if another := _another_error(expected, value):
            return another
        value, expected = (_without_origin(each) for each in (value, expected))
    parameters = compare.get("parameters", {})
    with np.errstate(all="ignore"):  # numpy need not warn about an inf in an answer
        comparer = COMPARERS[compare["kind"]]
        if fault := comparer(expected, value, **parameters):
            return _worded(fault, kind, noun)
        for part in ("evaluated", "updated", "again"):
            if part == "again" and (
                kind == "call"
                or compare["kind"] not in ("close", "equal")
                or isinstance(wanted.get(part), Raised)
            ):
                continue  # the labels of these inputs are not known, or they do not fit together
            if part in wanted and (fault := comparer(wanted[part], got.get(part), **parameters)):
                return _worded(fault, part, noun)
        if kind == "call" and ("again" in got or "again" in wanted):
            second = wanted.get("again", wanted[answer])
            if fault := comparer(second, got.get("again", got[answer]), **parameters):
                return _worded(fault, "call again", noun)
        tolerances = {key: parameters[key] for key in ("rtol", "atol") if key in parameters}
        for part in ("gradients", "state"):
            if part in wanted and (
                fault := _parameters(wanted, got, part)
                or close(wanted[part], _filled(wanted, got, part), **tolerances)
            ):
                return _worded(fault, part, "gradient" if part == "gradients" else "initial state")
    return None


def _noun(record: dict) -> str:
    return record["driver"].get("options", {}).get("result", NOUN[record["driver"]["kind"]])


def _changed(results: list, count: int) -> list[int]:
    """Return the cases whose value a later call changed, as the last result says."""
    changed = results[-1].get("changed") if results and isinstance(results[-1], dict) else None
    return (
        [case for case in changed if type(case) is int and 0 <= case < count]
        if isinstance(changed, list)
        else []
    )


def _overwritten(record: dict) -> Difference:
    noun = _noun(record)
    if record["driver"]["kind"] in ("module", "predict"):
        made = "module" if record["driver"]["kind"] == "module" else "predictor"
        return Difference(
            "",
            f"your {made} for this case was right, but gives another result after your answer ran again",
            f"a {made} that later ones do not change",
            "store its values in the object itself, not in its class, in the function or in a global",
        )
    return Difference(
        "",
        f"your {noun} for this case was right, but changed when your answer ran again",
        f"a {noun} that later calls do not change",
        "build a new value in each call: all calls share default arguments and globals",
    )


def _without_origin(value):
    return {key: part for key, part in value.items() if key != "error"} if isinstance(value, dict) else value


def _another_error(wanted, got) -> Difference | None:
    """Return what is wrong if an answer with a service raised the right type of error, but not the right object."""
    both = [value if isinstance(value, dict) else {} for value in (wanted, got)]
    raised, (right, origin) = [value.get("gives") for value in both], [value.get("error") for value in both]
    if not all(isinstance(each, Raised) for each in raised) or not is_kind(raised[1], raised[0].type):
        return None
    if isinstance(origin, str) == isinstance(right, str) and (not isinstance(origin, str) or origin == right):
        return None
    if isinstance(right, str):
        return Difference(
            "",
            "your answer passes on the error that call() raised",
            "an error of your own",
            "raise a new error",
            raised=True,
        )
    which = "an error of its own" if origin == "own" else f"the error of {origin}"
    return Difference(
        "",
        f"your answer raised {which}: {raised[1].type}: {raised[1].message}"[:300],
        "the last error itself, the object that call() raised",
        "use a bare `raise` in the except block of the last call",
        raised=True,
    )


def _parameters(wanted: dict, got: dict, part: str) -> Difference | None:
    """Return what is wrong with a module's parameters: other names than wanted, or a parameter without a gradient."""
    both = [
        value.get("parameters") if isinstance(value, dict) else None
        for value in (wanted[part], got.get(part))
    ]
    if part != "gradients" or not all(isinstance(each, dict) for each in both):
        return None
    right, given = both
    if set(right) != set(given):
        return Difference(
            "#", f"your module has the parameters {listed(given)}", f"the parameters {listed(right)}", FIXED
        )
    for name, gradient in right.items():
        if gradient is not None and given[name] is None and not _is_zero(gradient):
            return Difference(
                "#",
                f"your module's parameter {name!r:.80} gets no gradient",
                "a gradient for it",
                "use it in forward, and leave out .detach(), no_grad and requires_grad=False",
            )
    return None


def _filled(wanted: dict, got: dict, part: str):
    return _zeros_filled(wanted[part], got.get(part)) if part == "gradients" else got.get(part)


def _is_zero(gradient) -> bool:
    return is_torch(gradient) and not gradient.any()


def _zeros_filled(wanted, given):
    """Return the gradients given, with those wanted in place of None where they are 0, and the other way round.

    No gradient and a gradient of 0 say the same: this input has no influence on the output.
    """
    if _has_no_gradient(wanted) and _has_no_gradient(given):
        return wanted
    if isinstance(wanted, dict) and isinstance(given, dict):
        return {name: _zeros_filled(wanted.get(name), value) for name, value in given.items()}
    if isinstance(wanted, list) and isinstance(given, list) and len(wanted) == len(given):
        return [_zeros_filled(*pair) for pair in zip(wanted, given, strict=True)]
    return given


def _has_no_gradient(value) -> bool:
    """Return whether all of these gradients are None or 0, or the attempt to compute them found none."""
    if isinstance(value, (dict, list)):
        return all(map(_has_no_gradient, value.values() if isinstance(value, dict) else value))
    if isinstance(value, Raised):
        return value.message == NO_GRADIENT
    return value is None or _is_zero(value)


def _side_effects(wanted: dict, got: dict, noun: str, kind: str) -> Difference | None:
    answer = ANSWER[kind]
    if "unsupported" in got:
        return Difference(
            "",
            f"your {noun}: {_names(got['unsupported'])}",
            describe(wanted[answer]),
            "return plain values, arrays or tensors",
        )
    if "forbidden" in got and not isinstance(wanted.get("forbidden"), list):
        used = _names(got["forbidden"])
        return Difference(
            "", f"your answer runs {used}", "your own steps in place of it", "write out what it does"
        )
    if "device" in got:
        return Difference(
            "",
            f"your {noun} is on {_names(got['device'])[:40]}",
            "the CPU, where the inputs are",
            "create new tensors with device=input.device",
        )
    if names := got.get("names"):
        holds, loaded = (
            (_names(each) for each in names) if isinstance(names, list) and len(names) == 2 else ("", "")
        )
        return Difference("", f"the state of your module has the names {holds}", f"the names {loaded}", FIXED)
    if got.get("writes") is True and not got.get("mutated"):
        return Difference(
            "",
            "your answer writes into its inputs or parameters, and undoes it before it returns",
            "inputs and parameters that are only read",
            "work on a copy: .clone(), .copy() or a new value",
        )
    raised = isinstance(got[answer], Raised)
    changed = got.get("mutated", "unknown inputs")
    right = wanted.get("mutated", [] if kind == "predict" else None)
    if right is None or (raised and "mutated" not in got):
        return None
    if isinstance(changed, list) and all(isinstance(name, str) for name in changed) and changed == right:
        return None
    return Difference(
        "",
        f"your answer changes {_names(changed)} in place",
        f"{_names(right)} changed",
        "work on a copy: .clone(), .copy() or a new value",
    )


def _names(listed) -> str:
    names = listed if isinstance(listed, list) else [listed]
    return (
        ", ".join(name if isinstance(name, str) else describe(name) for name in names[:20])[:200]
        or "no input"
    )


def _about_version(wanted: str, got) -> Difference | None:
    if isinstance(got, str) and got == wanted:
        return None
    right = wanted == "accepted"
    expected = (
        "a test that accepts this version, because it is correct"
        if right
        else "a test that refuses this version, because it has a bug"
    )
    if isinstance(got, Raised):
        return Difference(
            "",
            f"your test raised {got.type}: {got.message}"[:300],
            expected,
            "refuse a version with an assert, and raise no other error",
            raised=True,
        )
    does = "accepts" if isinstance(got, str) and got == "accepted" else "refuses"
    return Difference("", f"your test {does} this version of the function", expected)


def _worded(fault: Difference, kind: str, noun: str) -> Difference:
    if fault.path == "#":  # already a complete sentence
        return fault
    if kind == "call again":
        return Difference(
            fault.path,
            f"your {noun}{fault.path} of a second equal call, after the caller changed the first {noun}, {fault.given}",
            fault.wanted,
            "build a new value in each call, and store nothing between calls",
            fault.raised,
        )
    if fault.raised:
        given = f"your answer {fault.given}"
        if kind in ("gradients", "state"):
            given = f"your {noun} {fault.given}"
        elif kind in MODES:
            given += f",{MODES[kind]}"
    elif kind == "script" and fault.path.startswith("["):
        number, _, rest = fault.path[1:].partition("]")
        given = f"your result of step {int(number) + 1}{rest} {fault.given}"
    else:
        given = f"your {noun}{fault.path}{MODES.get(kind, '')} {fault.given}"
    return Difference(fault.path, given, fault.wanted, fault.do, fault.raised)


def _is_misconception(record: dict, misconception: dict, results: list) -> bool:
    compare = misconception.get("detect") or equality(record["compare"])
    return all(
        difference(record, wanted, got, compare) is None
        for wanted, got in zip(misconception["results"], results, strict=True)
    )


def _is_evident(record: dict, misconception: dict, results: list) -> bool:
    """Return whether equal results prove a misconception; one wrong verdict or label can have many causes."""
    kind = record["driver"]["kind"]
    compare = misconception.get("detect") or equality(record["compare"])
    triples = list(zip(record["expected"], misconception["results"], results, strict=True))
    if kind == "bugs":
        return sum(right["verdict"] != wrong["verdict"] for right, wrong, _ in triples) >= VERSIONS
    if kind != "predict" or compare["kind"] != "agreement":
        return True
    telling = equal = 0
    for triple in triples:
        right, wrong, got = (as_labels(each["predictions"]) for each in triple)
        if wrong is not None:
            telling += int((wrong != right).sum())
            equal += int(((wrong != right) & (got == wrong)).sum())
    return telling >= LABELS and equal >= 0.9 * telling
