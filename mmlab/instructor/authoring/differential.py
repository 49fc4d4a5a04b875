"""Differential tests: right answers must agree, on more inputs than the exercise's cases.

The reference is compared with alternates and the answers of tests/right/ on the boundary cases, on cases
drawn from other seeds, and on crossings, whose arguments come from different cases. If two answers differ, one of
them is wrong, or the statement is ambiguous (McKeeman, "Differential testing for software", 1998).
"""

import itertools
import random

import numpy as np

from mmlab.check import drivers
from mmlab.check.verdict import difference
from mmlab.codec import Raised
from mmlab.instructor.authoring.exercise import Exercise

SEEDS = 6  # seeds of additional drawn cases
CROSSINGS = 150
WIDER = 100  # times the tolerance: what still counts as a difference of rounding size
NUDGE = 2**-22


def disagreements(exercise: Exercise, answers: dict[str, object], record: dict) -> list[str]:
    """Return a sentence for each answer that does not agree with the reference.

    answers  name → function or class; the first is the reference
    record   the exercise's record on visible cases, which says how results are compared

    Inputs on which the reference raises an error that no case expects are outside the statement and are skipped.
    So are find-the-bug exercises and trainings, whose answers are compared with a truth, and differences of
    rounding size on inputs where rounding the arguments moves the reference itself past the tolerance.
    """
    if exercise.driver.kind not in ("call", "module", "script"):
        return []
    expected = {type_of(result) for result in record["expected"]}
    (_, reference), *others = answers.items()
    sentences: dict[str, str] = {}
    for case in inputs(exercise):
        wanted = drivers.run(record["driver"], reference, case)
        if (error := type_of(wanted)) is not None and error not in expected:
            continue
        for name, candidate in others:
            if name in sentences:
                continue
            got = drivers.run(record["driver"], candidate, case)
            if (fault := difference(record, wanted, got)) and not _is_rounding(
                record, reference, case, wanted, got
            ):
                sentences[name] = (
                    f"{name} and the reference disagree: {fault.given}, the reference {fault.wanted}; on {case!r:.400}"
                )
    return list(sentences.values())


def inputs(exercise: Exercise) -> list[dict]:
    """Return the inputs to try: cases of several seeds, and crossings of their arguments."""
    cases = exercise.inputs()
    boundary = sum(map(len, exercise.clauses.values()))
    for seed in range(SEEDS):
        cases += exercise.inputs(b"differential %d" % seed)[boundary:]
    return cases + crossings(cases)


def crossings(cases: list[dict]) -> list[dict]:
    """Return cases whose arguments come from different cases of the same form, chosen with a fixed seed."""
    rng, made = random.Random(0), []
    forms = itertools.groupby(sorted((case for case in cases if "args" in case), key=_form), key=_form)
    for _, same in forms:
        same = list(same)
        for _ in range(min(CROSSINGS, len(same) ** 2)):
            sources = [rng.choice(same) for _ in same[0]["args"]]
            base = rng.choice(same)
            args = [source["args"][index] for index, source in enumerate(sources)]
            kwargs = {name: rng.choice(same)["kwargs"][name] for name in base.get("kwargs", {})}
            made.append(base | {"args": args, "kwargs": kwargs})
    return made


def _is_rounding(record: dict, reference, case: dict, wanted: dict, got: dict) -> bool:
    """Return whether two results differ by rounding only, on an input that is ill-conditioned for the reference."""
    compare = record["compare"]
    wider = {name: value * WIDER for name, value in compare["parameters"].items() if name in ("rtol", "atol")}
    if not wider or difference(record, wanted, got, compare | {"parameters": compare["parameters"] | wider}):
        return False
    return difference(record, wanted, drivers.run(record["driver"], reference, _nudged(case))) is not None


def _nudged(value, sign: int = 1):
    """Return a value with its floating-point numbers off by about two roundings of float32, neighbours in turn up and down."""
    if isinstance(value, dict):
        return {name: _nudged(part, sign) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_nudged(part, sign * (-1) ** index) for index, part in enumerate(value))
    is_array = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    is_tensor = hasattr(value, "is_floating_point") and value.is_floating_point()
    return value * (1 + sign * NUDGE) if is_array or is_tensor or isinstance(value, float) else value


def type_of(result: dict) -> str | None:
    """Return the type of the error that a driver's result holds, or None."""
    return next((value.type for value in result.values() if isinstance(value, Raised)), None)


def _form(case: dict) -> tuple:
    return len(case["args"]), tuple(sorted(case.get("kwargs", {}))), case.get("gradient", True)
