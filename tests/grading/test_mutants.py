"""Mutants of a reference, edits of it, and right answers held against each other."""

import numpy as np
import pytest

from mmlab.check import drivers
from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.differential import crossings, disagreements
from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake
from mmlab.instructor.authoring.mutants import mutants, tally

CELL = '''\
def clipped_mean(x, low):
    """Return the mean of what is at least `low`."""
    ### BEGIN SOLUTION
    kept = [value for value in x if value >= low]
    if not kept:
        raise ValueError("nothing is left")
    return sum(kept) / len(kept)
    ### END SOLUTION'''


def case(x, low):
    """Return one case of clipped_mean."""
    return {"args": [x, low], "kwargs": {}}


def exercise(clauses, **more) -> Exercise:
    """Return the exercise clipped_mean on fixed cases."""
    return Exercise(
        name="clipped_mean",
        difficulty=1,
        importance=1,
        minutes=1,
        driver=Driver("call"),
        compare=Compare("close"),
        clauses=clauses,
        **more,
    )


WEAK = {"numbers": [case([1.0, 2.0, 4.0], 0.0), case([3.0, 5.0], 1.0), case([7.0], 2.0)]}
STRONG = WEAK | {
    "what is smaller is left out": [case([1.0, 5.0, 6.0], 3.0)],
    "the bound itself is kept": [case([2.0, 5.0], 2.0)],
    "nothing is left": [case([1.0], 2.0), case([], 0.0)],
}


def tallied(clauses, **more):
    """Return the tally of CELL's mutants on the cases of some clauses."""
    made = exercise(clauses, **more)
    found = {
        "name": made.name,
        "driver": {"kind": "call", "options": {}},
        "compare": {"kind": "close", "parameters": {}},
    }
    reference = notebook.define(CELL, made.name, {})
    cases = made.inputs()
    found |= {"cases": cases, "expected": [drivers.run(found["driver"], reference, one) for one in cases]}
    return tally(made, CELL, [found], {}, jobs=2)


def test_weak_cases_leave_survivors_and_strong_ones_none():
    weak, strong = tallied(WEAK), tallied(STRONG)
    assert weak.made == strong.made > 8
    assert any("value > low" in name for name in weak.survived)
    assert weak.killed + len(weak.survived) == weak.made
    assert strong.survived == [] == strong.stale and strong.killed + strong.equivalent == strong.made


def test_what_is_listed_as_equivalent_must_pass():
    excused = tallied(WEAK, equivalent={"value > low": "as a test", "no such mutant": "never"})
    assert excused.equivalent == 1 and excused.stale == ["no such mutant"]
    assert not any("value > low" in name for name in excused.survived)


def test_a_mutant_that_hangs_or_dies_is_killed():
    cell = CELL.replace(
        "    kept =",
        "    import os\n    n = 3\n    while n > 0:\n        n -= 1\n    if n == 1:\n        os._exit(0)\n    kept =",
    )
    names = [one.name for one in mutants(cell)]
    assert any("n += 1" in name for name in names) and any("os._exit" in name for name in names)


def test_mutants_have_stable_names_and_stay_in_the_solution():
    made = mutants(CELL)
    assert len({one.name for one in made}) == len(made) and mutants(CELL) == made
    assert not any("nothing is lef'" in one.source for one in made), "the wording of an error is no behaviour"
    outside = CELL.replace("    ### BEGIN SOLUTION\n", "    low = low + 1\n    ### BEGIN SOLUTION\n")
    assert len(mutants(outside)) == len(made)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"absent": "x"}, "0 times"),
        ({"kept": "k"}, "4 times"),
        ({"x if": "x  if"}, "change nothing"),
        ({"raise": "rise"}, "not Python"),
        ({"value >= low": "a", "low]": "b"}, "overlap"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edit, says):
    with pytest.raises(InputError, match=says):
        mistake("m", edit, "message", "act").source(CELL, "clipped_mean")


def test_edits_are_found_in_the_unchanged_cell():
    source = Answer("swapped", {"value >= low": "low <= value", "if not kept": "if len(kept) == 0"}).source(
        CELL, "clipped_mean"
    )
    assert "low <= value" in source and "len(kept) == 0" in source and "value >= low" not in source


def test_right_answers_that_disagree_are_seen():
    def plain(x, low):
        return sum(v for v in x if v >= low) / max(len([v for v in x if v >= low]), 1)

    made = exercise(WEAK | {"nothing": [case([1.0], 2.0)]})
    reference = notebook.define(CELL, "clipped_mean", {})
    kept = {
        "driver": {"kind": "call", "options": {}},
        "compare": {"kind": "close", "parameters": {}},
        "name": "clipped_mean",
    }
    kept["expected"] = [drivers.run(kept["driver"], reference, one) for one in made.inputs()]
    assert disagreements(made, {"the reference": reference, "twin": reference}, kept) == []
    (sentence,) = disagreements(made, {"the reference": reference, "plain": plain}, kept)
    assert sentence.startswith("plain and the reference disagree")


def test_crossings_take_arguments_of_the_same_form():
    made = crossings([case([1], 2), case([3], 4), {"args": [5], "kwargs": {}}, {"steps": []}])
    assert {(repr(one["args"]),) for one in made} >= {("[[1], 4]",), ("[5]",)}


def test_a_difference_of_rounding_is_excused_only_where_the_input_is_ill_conditioned():
    def in_float32(x, low):
        return [float((np.float32(x[0]) - np.float32(low)) * np.float32(1e4))]

    def in_float64(x, low):
        return [float((x[0] - low) * 1e4)]

    def off_by_a_little(x, low):
        return [in_float64(x, low)[0] + 3e-4]

    def disagreeing(cases, other):
        made = exercise({"differences": cases})
        kept = {"driver": {"kind": "call", "options": {}}, "name": "clipped_mean"}
        kept["compare"] = {"kind": "close", "parameters": {"rtol": 1e-5, "atol": 1e-5}}
        kept["expected"] = [drivers.run(kept["driver"], in_float64, each) for each in made.inputs()]
        return disagreements(made, {"the reference": in_float64, "other": other}, kept)

    close = [case([0.7], 0.6999), case([0.3], 0.2999), case([0.9], 0.8999)]
    apart = [case([2.0**-10], 0.0), case([2.0**-12], 0.0), case([2.0**-14], 0.0)]
    assert disagreeing(close, in_float32) == [] and disagreeing(apart, in_float32) == []
    assert disagreeing(apart, off_by_a_little) != []
    assert disagreeing(close, lambda x, low: [in_float64(x, low)[0] * 2]) != []
