"""Every exercise of the course refuses every kind of bad answer in three lines."""

from functools import cache

import numpy as np
import pytest
import torch

from answers import COURSE, checked, in_week, reference
from mmlab.check import cases, check
from mmlab.errors import CheckFailed

BAD = {
    "nothing": lambda *args, **kwargs: None,
    "a text": lambda *args, **kwargs: "three",
    "not a number": lambda *args, **kwargs: torch.tensor(float("nan")),
    "an empty list": lambda *args, **kwargs: [],
    "no argument taken": lambda: None,
    "an error": lambda *args, **kwargs: {}["key"],
}
WEEKS = {week.id: week for week in COURSE}
EXERCISES = [(week, one) for week in COURSE for one in checked(week)]


@pytest.fixture(scope="module", autouse=True)
def read_once():
    """Let the tests of an exercise share its cases: reading hundreds of them takes longer than a bad answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "find", cache(cases.find))
        yield


def refused(week, name: str, answer) -> CheckFailed:
    """Return the failure that an answer meets on the visible cases: given, wanted, try."""
    with pytest.raises(CheckFailed) as caught:
        check(name, answer, week.folder / "cases.npz")
    given, wanted, do = str(caught.value).split("\n")
    assert given.startswith(f"{name}, case ") and wanted.startswith("  wanted: ") and len(do) > len("  try: ")
    assert caught.value.exercise == name
    return caught.value


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize(("week", "name"), [in_week(week, one) for week, one in EXERCISES])
def test_a_bad_answer_is_refused_in_three_lines(week, name, kind):
    refused(WEEKS[week], name, BAD[kind])


def spoil(value) -> bool:
    """Change the first array or list inside a value in place; return whether there was one."""
    if isinstance(value, torch.Tensor):
        value.detach().add_(1)
    elif isinstance(value, np.ndarray):
        value += 1
    elif isinstance(value, list) and value:
        value.append(value[0])
    elif isinstance(value, set):
        value.add("another")
    elif isinstance(value, dict):
        if not any(spoil(part) for part in value.values()):
            value["another"] = 0
    else:
        return any(spoil(part) for part in (value if isinstance(value, tuple) else ()))
    return True


CALLED = [
    (week, one)
    for week, one in EXERCISES
    if one.driver.kind == "call" and any(spoil(tuple(case["args"])) for case in one.inputs())
]


@pytest.mark.parametrize(("week", "name"), [in_week(week, one) for week, one in CALLED])
def test_a_right_answer_that_changes_its_input_is_refused(week, name):
    week = WEEKS[week]
    right = reference(week, name)

    def changes(*args, **kwargs):
        result = right(*args, **kwargs)
        spoil(args)
        return result

    assert "in place" in refused(week, name, changes).given


def test_only_bytes_texts_numbers_and_tuples_of_them_cannot_be_changed():
    changed = {one.name for _, one in CALLED}
    immutable = [one for _, one in EXERCISES if one.driver.kind == "call" and one.name not in changed]
    given = {
        type(value)
        for one in immutable
        for case in one.inputs()
        for value in (*case["args"], *case["kwargs"].values())
    }
    assert "sniff_image_format" in {one.name for one in immutable} and given <= {
        bytes,
        str,
        int,
        float,
        tuple,
    }
