"""Every week's exercises on cases that nobody has seen: right answers pass, wrong ones are told apart."""

from dataclasses import replace

import pytest
from answers import COURSE, ROOT, checked, in_week, week_called

from mmlab.check import check
from mmlab.check.cases import FILE, write
from mmlab.check.compare import equality
from mmlab.check.verdict import difference
from mmlab.course import notebook
from mmlab.course.planted import Outcome
from mmlab.course.prove import proof
from mmlab.course.records import record, setup_names
from mmlab.errors import CheckFailed

SECRETS = (b"visible", b"another course", b"a third", b"a fourth")


@pytest.fixture
def sound(tmp_path):
    """Return a function that asserts that an exercise holds on the cases of a secret, and gives their record."""

    def holds(week, exercise, secret):
        lab, names = notebook.read(week.notebook), setup_names(week.id)
        # Values alone must tell: what an exercise forbids is proved on the visible cases.
        hidden = record(week, replace(exercise, forbids=()), lab, secret)
        write(tmp_path / FILE, week.id, [hidden])

        def run(name: str, source: str) -> Outcome:
            candidate = notebook.define(source, name, names)  # an answer that defines nothing is a fault of the test
            try:
                check(name, candidate, tmp_path / FILE)
            except CheckFailed as failed:
                return Outcome(False, failed.misconception, str(failed))
            return Outcome(True)

        found = proof(ROOT, exercise, notebook.reference(lab, exercise.name), run)
        assert found.why == [] and (found.stub, found.reference) == (0, 1)
        assert len(found.misconceptions) >= 3 and len(found.alternates) >= 2 and len(found.wrong) >= 3
        return hidden

    return holds


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(("week", "name"), [in_week(week, one) for week in COURSE for one in checked(week)])
def test_hidden_cases_tell_all_answers_apart(week, name, secret, sound):
    week = week_called(week)
    hidden = sound(week, week.exercise(name), secret)
    for one in hidden["misconceptions"]:
        for other in hidden["misconceptions"]:
            compare = other["detect"] or equality(hidden["compare"])
            pairs = zip(other["results"], one["results"], strict=True)
            assert one is other or any(difference(hidden, *pair, compare) for pair in pairs), (one["name"], other["name"])


def test_a_misconception_that_is_right_is_seen(sound):
    week = week_called(COURSE[0].id)
    exercise = checked(week)[0]
    first, *others = exercise.misconceptions
    planted = replace(first, function=exercise.alternates[0].function)
    with pytest.raises(AssertionError, match="passes"):
        sound(week, replace(exercise, misconceptions=(planted, *others)), b"any")
