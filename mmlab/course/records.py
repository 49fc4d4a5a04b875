"""What goes into cases.npz: an exercise's inputs, expected values and misconceptions' values.

Everything is computed by running answers through the public drivers: the
reference from the lab's solution cell, each misconception pasted in its place.
"""

from functools import cache

from mmlab.check import drivers
from mmlab.check.compare import equality
from mmlab.check.drivers import ANSWER
from mmlab.check.verdict import difference
from mmlab.course import notebook, setup_cell
from mmlab.course.exercise import VISIBLE, Exercise, Week
from mmlab.errors import InputError


@cache
def setup_names(week: str) -> dict:
    """Return the names that a week's setup cell defines; every answer may use these and no others."""
    names: dict = {"__name__": "__main__"}
    exec(compile(setup_cell.source(week), "<setup>", "exec"), names)
    return names


def record(week: Week, exercise: Exercise, lab: dict, secret: bytes = VISIBLE) -> dict:
    """Return one exercise's record for cases.npz, as `mmlab.check.cases` describes it.

    lab     the week's source notebook
    secret  what the inputs are drawn from
    raises  InputError where the reference does not give plain values
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
    if unsupported := next((one["unsupported"] for one in expected if "unsupported" in one), None):
        raise InputError(f"{exercise.name}: the reference's result: {unsupported}", "plain values, arrays or tensors",
                         "change what it returns")  # fmt: skip
    if exercise.driver.kind in ("predict", "bugs"):  # judged by the truth, not by the reference
        expected = [{ANSWER[exercise.driver.kind]: truth} for truth in truths]
    return {
        "name": exercise.name,
        "driver": driver,
        "compare": {"kind": exercise.compare.kind, "parameters": exercise.compare.parameters},
        "forbids": list(exercise.forbids),
        "cases": cases,
        "expected": expected,
        "misconceptions": [
            {
                "name": wrong.name,
                "message": wrong.message,
                "do": wrong.do.removeprefix("try: "),
                "detect": wrong.detect and {"kind": wrong.detect.kind, "parameters": wrong.detect.parameters},
                "results": results(notebook.paste(solution, notebook.renamed(wrong.function, exercise.name), exercise.name)),
            }
            for wrong in exercise.misconceptions
        ],
    }


def drift(old: dict, new: dict) -> str | None:
    """Return how two records of an exercise differ, or None: inputs by bytes, outputs within tolerance."""
    from mmlab.values import dumps

    for part in ("driver", "compare", "forbids", "cases"):
        if dumps(old.get(part)) != dumps(new[part]):
            return f"{part} differ" if part in ("forbids", "cases") else f"{part} differs"
    if [_said(one) for one in old["misconceptions"]] != [_said(one) for one in new["misconceptions"]]:
        return "the misconceptions' names or messages differ"
    pairs = [("expected values", old["expected"], new["expected"], new["compare"])]
    for one, other in zip(old["misconceptions"], new["misconceptions"], strict=True):
        pairs.append((f"values of {one['name']}", one["results"], other["results"],
                      other["detect"] or equality(new["compare"])))  # fmt: skip
    for what, before, now, compare in pairs:
        for number, (wanted, got) in enumerate(zip(before, now, strict=True), 1):
            if found := difference(new, wanted, got, compare if what != "expected values" else equality(compare)):
                return f"{what}, case {number}: {found.given}, stored {found.wanted}"
    return None


def _said(misconception: dict) -> tuple:
    detect = misconception["detect"]
    return misconception["name"], misconception["message"], misconception["do"], repr(detect)
