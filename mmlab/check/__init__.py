"""An instant check of an exercise's answer, on the cases that students may see.

    check    run an answer on its cases, print one line or say what is wrong
    case     the inputs of one visible case, to look at
    cases    where cases.npz is found, read and written
    drivers  how an answer is run; they know no expected value
    service  a service that fails by script, for answers that call and retry
    compare  the comparers
    describe what a value is, in a few words
    verdict  judges the results, and names the misconception
    forbids  operations and names that an exercise rules out
    syntax   Python's parser, in one thread at a time

torch is imported inside functions only, and no other room of the package is.
"""

from mmlab.check import cases as _cases
from mmlab.check import drivers, forbids
from mmlab.check.verdict import judge
from mmlab.errors import CheckFailed

__all__ = ["case", "check"]


def check(name: str, candidate, cases=None) -> None:
    """Print one line if `candidate` is a right answer to the exercise `name`; else say what is wrong.

    name       the exercise's name
    candidate  the function or class that the student wrote
    cases      path of a cases.npz; None: $MMLAB_CASES, ./cases.npz, then upward labs/*/cases.npz
    raises     CheckFailed (given, wanted, try; with .exercise and .misconception), CasesError
    """
    record = _cases.find(name, cases)
    if not callable(candidate):
        raise CheckFailed(f"{name} is {candidate!r:.80}", "a function or class of that name",
                          "run the cell that defines it, then this one again", exercise=name)  # fmt: skip
    if used := forbids.names_used(candidate, record["forbids"]):
        raise CheckFailed(f"{name} uses {', '.join(used)}", "your own steps in place of it",
                          "write out what it does", exercise=name)  # fmt: skip
    errors: list[list[BaseException]] = [[] for _ in record["cases"]]
    results = [
        drivers.run(record["driver"], candidate, case, forbids=record["forbids"], errors=seen)
        for case, seen in zip(record["cases"], errors, strict=True)
    ]
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
