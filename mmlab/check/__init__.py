"""Check an exercise's answer immediately, on the cases that students may see.

    check    run an answer on its cases; print one line or say what is wrong
    case     the inputs of one visible case, to look at
    cases    finds, reads and writes cases.npz
    drivers  run an answer; they do not know the expected values
    service  a service that fails by script, for answers that call and retry
    compare  compares values with the expected ones
    describe describes a value in a few words
    verdict  judges the results and names the misconception
    forbids  finds operations and names that an exercise rules out
    syntax   runs Python's parser in one thread at a time
    skipping skips a notebook's statements that only this machine cannot run

torch is imported inside functions only. No other subpackage of mmlab is imported here.
"""

from mmlab.check import cases as _cases
from mmlab.check import drivers, forbids
from mmlab.check.verdict import judge
from mmlab.errors import CheckFailed

__all__ = ["case", "check"]


def check(name: str, candidate, cases=None) -> None:
    """Print one line if `candidate` is a correct answer to the exercise `name`; else raise CheckFailed.

    name       the exercise's name
    candidate  the function or class that the student wrote
    cases      path of a cases.npz; None: $MMLAB_CASES, ./cases.npz, then labs/*/cases.npz here, above and in the course
    raises     CheckFailed (given, wanted, try; with .exercise and .misconception), CasesError
    """
    record = _cases.find(name, cases)
    if not callable(candidate):
        raise CheckFailed(
            f"{name} is {candidate!r:.80}",
            "a function or class of that name",
            "run the cell that defines it, then run this cell again",
            exercise=name,
        )
    if used := forbids.names_used(candidate, record["forbids"]):
        raise CheckFailed(
            f"{name} uses {', '.join(used)}",
            "your own steps in place of it",
            "write out what it does",
            exercise=name,
        )
    errors: list[list[BaseException]] = [[] for _ in record["cases"]]
    earlier, last = drivers.Earlier(), len(errors) - 1
    results = [
        drivers.run(
            record["driver"],
            candidate,
            case,
            forbids=record["forbids"],
            errors=errors[number],
            earlier=earlier,
            last=number == last,
        )
        for number, case in enumerate(record["cases"])
    ]
    verdict = judge(record, results)
    if verdict.passed and record["driver"]["kind"] == "call":
        for case, result in zip(record["cases"], results, strict=True):
            if not result.get("mutated") and "script" not in case:
                result |= {"writes": True} if drivers.writes_to_arrays(candidate, case) else {}
        verdict = judge(record, results)
    if verdict.passed:
        print(f"{name}: passed, {len(results)} of {len(results)} cases")
        return
    given, wanted, do = verdict.message()
    failed = CheckFailed(given, wanted, do, exercise=name, misconception=verdict.misconception)
    raised = errors[verdict.case] if verdict.difference.raised else []
    raise failed from (raised[0] if raised else None)


def case(name: str, number: int = 1, cases=None) -> dict:
    """Return the inputs of the visible case `number` (counted from 1) of the exercise `name`."""
    return _cases.find(name, cases)["cases"][number - 1]
