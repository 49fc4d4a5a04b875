"""Make the records of cases.npz: an exercise's inputs, expected values and the results of its mistakes.

The results come from running answers with the public drivers: the reference from the lab's
solution cell, and each mistake as an edit of it.
"""

from functools import cache

from mmlab.check import drivers
from mmlab.check.compare import equality
from mmlab.check.drivers import ANSWER
from mmlab.check.verdict import difference
from mmlab.cli import notebook, setup_cell
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import VISIBLE, Exercise, Week


class UnfairDraw(InputError):
    """The reference itself fails a case that was drawn at random."""


@cache
def setup_names(week: str) -> dict:
    """Return the names that a week's setup cell defines; an answer may use only these."""
    names: dict = {"__name__": "__main__"}
    exec(compile(setup_cell.source(week), "<setup>", "exec"), names)
    return names


def record(week: Week, exercise: Exercise, lab: dict, secret: bytes = VISIBLE) -> dict:
    """Return one exercise's record for cases.npz, as `mmlab.check.cases` describes it.

    lab     the week's source notebook
    secret  the seed of the inputs
    raises  InputError if the reference does not return plain values
            UnfairDraw if the reference itself fails one of the cases
    """
    cases = exercise.inputs(secret)
    truths = [case.pop("truth", None) for case in cases]
    driver = {"kind": exercise.driver.kind, "options": exercise.driver.options}
    solution = notebook.reference(lab, exercise.name)
    names = setup_names(week.id)

    def results(source: str) -> list[dict]:
        candidate = notebook.define(source, exercise.name, names)
        return [drivers.run(driver, candidate, case, forbids=exercise.forbids) for case in cases]

    expected = results(solution)
    if unsupported := next((result["unsupported"] for result in expected if "unsupported" in result), None):
        raise InputError(
            f"{exercise.name}: the reference's result: {unsupported}",
            "plain values, arrays or tensors",
            "change what the reference returns",
        )
    compare = {"kind": exercise.compare.kind, "parameters": exercise.compare.parameters}
    if any(truth is not None for truth in truths):  # judged by the truth, not by the reference
        answer, given = ANSWER[exercise.driver.kind], expected
        expected = [result | {answer: truth} for result, truth in zip(expected, truths, strict=True)]
        judged = {"name": exercise.name, "driver": driver, "compare": compare}
        for number, (wanted, got) in enumerate(zip(expected, given, strict=True), 1):
            # a bug hunt's versions are written by hand: `prove` says which one the reference fails
            if exercise.driver.kind != "bugs" and difference(judged, wanted, got):
                raise UnfairDraw(
                    f"{exercise.name}: the reference fails case {number}, which was drawn at random",
                    "cases that a right answer passes",
                    "let `cases` draw easier ones, or lower the minimum of its Compare",
                )
    return {
        "name": exercise.name,
        "driver": driver,
        "compare": compare,
        "forbids": list(exercise.forbids),
        "cases": cases,
        "expected": expected,
        "misconceptions": [
            {
                "name": wrong.name,
                "message": wrong.message,
                "do": wrong.do.removeprefix("try: "),
                "detect": wrong.detect and {"kind": wrong.detect.kind, "parameters": wrong.detect.parameters},
                "results": results(wrong.source(solution, exercise.name)),
            }
            for wrong in exercise.mistakes
        ],
    }


def drift(old: dict, new: dict) -> str | None:
    """Return how two records of an exercise differ, or None: inputs by bytes, outputs within tolerance."""
    from mmlab.codec import dumps

    for part in ("driver", "compare", "forbids", "cases"):
        if dumps(old.get(part)) != dumps(new[part]):
            return f"{part} differ" if part in ("forbids", "cases") else f"{part} differs"
    if [_wording(wrong) for wrong in old["misconceptions"]] != [
        _wording(wrong) for wrong in new["misconceptions"]
    ]:
        return "the misconceptions' names or messages differ"
    pairs = [("expected values", old["expected"], new["expected"], new["compare"])]
    for before, now in zip(old["misconceptions"], new["misconceptions"], strict=True):
        pairs.append(
            (
                f"values of {before['name']}",
                before["results"],
                now["results"],
                now["detect"] or equality(new["compare"]),
            )
        )
    for what, before, now, compare in pairs:
        for number, (wanted, got) in enumerate(zip(before, now, strict=True), 1):
            if fault := difference(
                new, wanted, got, compare if what != "expected values" else equality(compare)
            ):
                return f"{what}, case {number}: {fault.given}, stored {fault.wanted}"
    return None


def _wording(misconception: dict) -> tuple:
    detect = misconception["detect"]
    return misconception["name"], misconception["message"], misconception["do"], repr(detect)
