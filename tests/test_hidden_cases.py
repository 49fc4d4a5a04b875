"""Every week's exercises on cases that nobody has seen: right answers pass, wrong ones are told apart."""

from dataclasses import replace

import pytest

from answers import COURSE, ROOT, checked, in_week, week_called
from mmlab.check import check, drivers
from mmlab.check.cases import FILE, write
from mmlab.check.compare import equality
from mmlab.check.verdict import difference, judge
from mmlab.cli import notebook
from mmlab.errors import CheckFailed
from mmlab.instructor.authoring.case_records import record, setup_names
from mmlab.instructor.authoring.prove import proof
from mmlab.instructor.authoring.sandboxed_proof import Outcome
from mmlab.instructor.grading.sandbox.cells import OutOfTime, within

SECONDS = 20  # for an answer to all cases; some wrong ones never end
# `mmlab prove` looks at the visible cases and at the course's own hidden ones, with all planted answers.
SECRETS = (
    b"another course",
    *(pytest.param(secret, marks=pytest.mark.repetition) for secret in (b"visible", b"a third", b"a fourth")),
)


@pytest.fixture
def sound(tmp_path):
    """Return a function that asserts that an exercise holds on the cases of a secret, and gives their record."""

    def holds(week, exercise, secret, root=ROOT):
        lab, names = notebook.read(week.notebook), setup_names(week.id)
        # Values alone must tell: what an exercise forbids is proved on the visible cases.
        hidden = record(week, replace(exercise, forbids=()), lab, secret)
        write(tmp_path / FILE, week.id, [hidden])

        def run(name: str, source: str, *, fails: bool = False) -> Outcome:
            candidate = notebook.define(
                source, name, names
            )  # an answer that defines nothing is a fault of the test
            try:
                with within(SECONDS):
                    check(name, candidate, tmp_path / FILE)
            except OutOfTime:
                return Outcome(False, None, "it does not end")
            except CheckFailed as failed:
                equals = failed.misconception
                if not equals:  # the answer may equal a mistake whose message would not be true of it
                    results = [drivers.run(hidden["driver"], candidate, case) for case in hidden["cases"]]
                    equals = judge(hidden, results).equals
                return Outcome(False, equals, str(failed))
            return Outcome(True)

        proved = proof(root, exercise, notebook.reference(lab, exercise.name), run)
        assert proved.why == [] and (proved.stub, proved.reference) == (0, 1)
        assert len(proved.misconceptions) >= 3 and len(proved.alternates) >= 2
        assert len(proved.wrong) >= 3 or root != ROOT
        return hidden

    return holds


@pytest.mark.slow
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(("week", "name"), [in_week(week, one) for week in COURSE for one in checked(week)])
def test_hidden_cases_tell_all_answers_apart(week, name, secret, sound, tmp_path):
    week = week_called(week)
    # The answers of tests/wrong and tests/right take two thirds of the time: the other secrets meet them.
    root = tmp_path if secret == SECRETS[0] else ROOT
    hidden = sound(week, week.exercise(name), secret, root)
    for one in hidden["misconceptions"]:
        for other in hidden["misconceptions"]:
            compare = other["detect"] or equality(hidden["compare"])
            pairs = zip(other["results"], one["results"], strict=True)
            assert one is other or any(difference(hidden, *pair, compare) for pair in pairs), (
                one["name"],
                other["name"],
            )


def test_a_misconception_that_is_right_is_seen(sound):
    week = week_called(COURSE[0].id)
    exercise = checked(week)[0]
    first, *others = exercise.mistakes
    planted = replace(first, edit=exercise.alternates[0].edit)
    with pytest.raises(AssertionError, match="passes"):
        sound(week, replace(exercise, mistakes=(planted, *others)), b"any")
