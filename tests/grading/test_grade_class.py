"""A class with hostile hand-ins: every mark the true one, and nobody's mark another's doing."""

from pathlib import Path

import pytest

from mmlab.instructor.authoring.exercise import weeks
from mmlab.instructor.bench import large_class as bench_class
from mmlab.instructor.simulate import class_run
from mmlab.instructor.simulate.compose import SHARES, compose

ROOT = Path(__file__).parents[2]
COUNTS = [20, pytest.param(60, marks=pytest.mark.repetition)]
LIMITS = ("--cell-seconds", "3", "--answer-seconds", "15", "--total-seconds", "45")
# Its limits are seconds, and a class is graded on every core.
pytestmark = [pytest.mark.slow, pytest.mark.timing, pytest.mark.week(bench_class.WEEK)]


@pytest.fixture(scope="module")
def week():
    """Return the week that the class hands in."""
    return weeks(ROOT, [bench_class.WEEK])[0]


@pytest.fixture(scope="module", params=COUNTS)
def made(week, request):
    """Return a class of so many."""
    return compose(week, request.param, seed=60)


def graded(week, made) -> dict:
    """Return the report on a class in a course of its own."""
    with class_run.temporary_course(ROOT, week, bench_class.SECRET) as course:
        class_run.submit(course, week, made)
        return class_run.grade(course, week, *LIMITS)


@pytest.fixture(scope="module")
def whole(week, made) -> dict:
    """Return the report on the whole class."""
    return graded(week, made)


def test_every_kind_is_there(made):
    assert len(made) in (20, 60) and {one.kind for one in made} == set(SHARES)


def test_every_mark_is_the_true_one(whole, made):
    assert class_run.add_true_scores(whole, made) == []


def test_the_hostile_change_nobodys_marks(whole, week, made):
    others = [one for one in made if one.kind != "attack"]
    assert len(made) - len(others) == len(made) // sum(SHARES.values()) * SHARES["attack"] > 0
    alone = {row["student"]: row for row in graded(week, others)["submissions"]}
    together = {row["student"]: row for row in whole["submissions"]}
    assert set(alone) == {one.student for one in others}
    for student, row in alone.items():
        assert row["verdicts"] == together[student]["verdicts"], student


def test_a_class_of_the_bench_has_one_in_25(week):
    kinds = [one.kind for one in bench_class.class_of(week, 500)]
    assert kinds.count("attack") == 20 and set(kinds) == set(SHARES)


def test_a_wrong_mark_and_a_missing_student_are_told(made):
    rows = [
        {"student": one.student, "score": one.true_score + (one is made[0]), "problem": None}
        for one in made[:-1]
    ]
    wrong = class_run.add_true_scores({"submissions": rows}, made)
    assert (
        len(wrong) == 2
        and made[0].student in wrong[0]
        and wrong[1] == f"{made[-1].student}: missing from the report"
    )
