"""From results to a verdict: which cases are right, and which misconception a wrong answer is.

Pure: it sees an exercise's record and the results that a driver brought back,
never the answer itself. A result may come from a process that is not to be trusted.
"""

from dataclasses import dataclass

import numpy as np

from mmlab.check.compare import COMPARERS, Difference, close, describe, equality
from mmlab.check.drivers import ANSWER
from mmlab.values import Raised

NOUN = {"call": "result", "module": "output", "script": "step", "predict": "prediction", "bugs": "verdict"}


@dataclass(frozen=True)
class Verdict:
    """What is known of an answer after all its cases.

    exercise       its name
    right          one bool a case
    case           index of the first wrong case, None if all are right
    difference     what is wrong there
    misconception  name of the misconception that the answer equals on all cases, or None
    message_parts  that misconception's message and its act
    """

    exercise: str
    right: tuple[bool, ...]
    case: int | None = None
    difference: Difference | None = None
    misconception: str | None = None
    message_parts: tuple[str, str] = ("", "")

    @property
    def passed(self) -> bool:
        """Whether every case is right; False where there was none."""
        return bool(self.right) and all(self.right)

    def message(self, *, show_wanted: bool = True) -> tuple[str, str, str]:
        """Return given, wanted and try; `show_wanted=False` keeps the expected value back."""
        says, act = self.message_parts
        given = f"{self.exercise}, case {self.case + 1} of {len(self.right)}: {self.difference.given}"
        wanted = self.difference.wanted if show_wanted else "another value"
        look = f'look at the case: from mmlab.check import case; case("{self.exercise}", {self.case + 1})'
        if not show_wanted:
            given = given.replace(", case ", ", hidden case ", 1)
            look = "read the statement once more, and try inputs of your own"
        parts = given, f"{wanted} ({says})" if says else wanted, act or self.difference.do or look
        return tuple(" ".join(part.split()) for part in parts)  # three lines, whatever an error's text holds


def judge(record: dict, results: list) -> Verdict:
    """Return the verdict on the results of one answer, one result a case, in order."""
    found = [difference(record, wanted, got) for wanted, got in zip(record["expected"], results, strict=True)]
    right = tuple(one is None for one in found)
    if all(right):
        return Verdict(record["name"], right)
    first = right.index(False)
    known = next((one for one in record["misconceptions"] if _is_misconception(record, one, results)), None)
    if known is None:
        return Verdict(record["name"], right, first, found[first])
    parts = known["message"], known["do"]
    return Verdict(record["name"], right, first, found[first], known["name"], parts)


def difference(record: dict, wanted: dict, got, compare: dict | None = None) -> Difference | None:
    """Return what is wrong with one result, or None: side effects first, then the value, then gradients."""
    kind = record["driver"]["kind"]
    compare, answer = compare or record["compare"], ANSWER[kind]
    noun = record["driver"].get("options", {}).get("result", NOUN[kind])
    if not isinstance(got, dict) or answer not in got:
        return Difference("", f"your {noun} did not come back", "a result", "run the cell again")
    if aside := _side_effects(wanted, got, noun, answer):
        return aside
    if kind == "bugs":
        return _about_version(wanted[answer], got[answer])
    parameters = compare.get("parameters", {})
    with np.errstate(all="ignore"):  # an inf in an answer is no news for the terminal
        found = COMPARERS[compare["kind"]](wanted[answer], got[answer], **parameters)
        if found:
            return _worded(found, kind, noun)
        tolerances = {key: parameters[key] for key in ("rtol", "atol") if key in parameters}
        for part in ("gradients", "state"):
            if part in wanted and (found := close(wanted[part], got.get(part), **tolerances)):
                return _worded(found, part, "gradient" if part == "gradients" else "initial state")
    return None


def _side_effects(wanted: dict, got: dict, noun: str, answer: str) -> Difference | None:
    if "unsupported" in got:
        return Difference("", f"your {noun}: {_names(got['unsupported'])}", describe(wanted[answer]),
                          "return plain values, arrays or tensors")  # fmt: skip
    if "forbidden" in got and not isinstance(wanted.get("forbidden"), list):
        used = _names(got["forbidden"])
        return Difference("", f"your answer runs {used}", "your own steps in place of it", "write out what it does")
    if "device" in got:
        return Difference("", f"your {noun} lies on {_names(got['device'])[:40]}", "the CPU, where the inputs are",
                          "create new tensors with device=input.device")  # fmt: skip
    raised = isinstance(got[answer], Raised)
    changed = got.get("mutated", "what nobody reported")
    if "mutated" not in wanted or (raised and "mutated" not in got):
        return None
    if isinstance(changed, list) and all(isinstance(name, str) for name in changed) and changed == wanted["mutated"]:
        return None
    return Difference("", f"your answer changes {_names(changed)} in place", f"{_names(wanted['mutated'])} changed",
                      "work on a copy: .clone(), .copy() or a new value")  # fmt: skip


def _names(listed) -> str:
    names = listed if isinstance(listed, list) else [listed]
    return ", ".join(name if isinstance(name, str) else describe(name) for name in names[:20])[:200] or "no input"


def _about_version(wanted: str, got) -> Difference | None:
    if isinstance(got, str) and got == wanted:
        return None
    right = wanted == "accepted"
    asked = f"a test that {'accepts' if right else 'refuses'} it, as it is {'right' if right else 'buggy'}"
    if isinstance(got, Raised):
        return Difference("", f"your test raised {got.type}: {got.message}"[:300], asked,
                          "refuse with an assert, and let no other error through", raised=True)  # fmt: skip
    does = "accepts" if isinstance(got, str) and got == "accepted" else "refuses"
    return Difference("", f"your test {does} this version of the function", asked)


def _worded(found: Difference, kind: str, noun: str) -> Difference:
    if found.raised:
        given = f"your answer {found.given}"
        if kind in ("gradients", "state"):
            given = f"your {noun} {found.given}"
    elif kind == "script" and found.place.startswith("["):
        number, _, rest = found.place[1:].partition("]")
        given = f"your result of step {int(number) + 1}{rest} {found.given}"
    else:
        given = f"your {noun}{found.place} {found.given}"
    return Difference(found.place, given, found.wanted, found.do, found.raised)


def _is_misconception(record: dict, misconception: dict, results: list) -> bool:
    compare = misconception.get("detect") or equality(record["compare"])
    return all(difference(record, wanted, got, compare) is None
               for wanted, got in zip(misconception["results"], results, strict=True))  # fmt: skip
