"""No hostile notebook gains a point, touches what is not its own, or stops the class.

All of them are graded in one class by `mmlab grade`, each between two right answers,
under short limits. A canary watches course, home and sockets.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import load, weeks
from mmlab.instructor.grading.grader import Grader
from mmlab.instructor.grading.intake.submissions import find
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.reports import attack_table
from mmlab.instructor.simulate import attacks
from tiny_course import WEEK

ROOT = Path(__file__).parents[2]
CORPUS = attacks.corpus()
slow = pytest.mark.slow
FIRST = {attack.id.partition("/")[0]: attack for attack in reversed(CORPUS)}  # one of each kind
EACH = [
    pytest.param(attack, id=attack.id, marks=[] if attack in FIRST.values() else pytest.mark.repetition)
    for attack in CORPUS
]
pytestmark = pytest.mark.timing  # its limits are seconds, and a class is graded on every core


@pytest.fixture(scope="module")
def outcomes(request) -> dict[str, dict]:
    """Return what `mmlab grade` makes of one attack of each kind, and of all others that this run tests."""
    (week,) = weeks(ROOT, [attack_table.WEEK])
    tested = [
        item.callspec.params["attack"]
        for item in request.session.items
        if getattr(item, "originalname", "") == test_it_gains_nothing.__name__
    ]
    return attack_table.ours(
        ROOT, week, [attack for attack in CORPUS if attack in tested or attack in FIRST.values()]
    )


@slow
@pytest.mark.week(attack_table.WEEK)
@pytest.mark.parametrize("attack", EACH)
def test_it_gains_nothing(attack, outcomes):
    outcome = outcomes[attack.id]
    assert outcome["max"] > 0 and outcome["score"] == 0, (
        f"{attack.description} It gets {outcome['score']} points."
    )


@slow
@pytest.mark.week(attack_table.WEEK)
def test_nothing_outside_is_touched(outcomes):
    assert next(iter(outcomes.values()))["touched"] == []


@slow
@pytest.mark.week(attack_table.WEEK)
def test_the_class_goes_on(outcomes):
    assert [outcome["why"] for outcome in outcomes.values() if outcome["why"]] == []


@slow
def test_the_judge_keeps_no_more_than_one_message_of_an_exercise(tiny, tmp_path):
    """Found by an attack: each answer was below the limit, and the judge held 2.9 GB of them."""
    week, limits = load(tiny / "solutions" / WEEK), Limits(message_mb=8)
    (attack,) = (one for one in CORPUS if one.id == "wire/large_answers")
    smaller = replace(
        attack,
        cells=tuple((place, source.replace("60_000_000", "2_000_000")) for place, source in attack.cells),
    )
    release = notebook.read(tiny / "labs" / WEEK / "lab.ipynb")
    attacks.submit(smaller, week, release, tmp_path / "submitted" / "large" / WEEK, attacks.Targets("large"))
    with Grader(tiny, week, limits=limits, only="scaled_sum", secret=bytes(32)) as grader:
        (mark,) = grader.grade(find(tmp_path, WEEK)[0]).marks
    assert mark.score == 0 and "bytes of answers in total; at most 8,388,608 are allowed" in mark.message[0]


def test_the_page_is_as_its_record_says():
    record = json.loads((ROOT / attack_table.RECORD).read_text())
    assert (ROOT / attack_table.PAGE).read_text() == attack_table.page(record), (
        "python -m mmlab.instructor.reports.attack_table --page"
    )


def test_the_record_holds_every_attack():
    record = json.loads((ROOT / attack_table.RECORD).read_text())
    said = {name: row["says"] for name, row in record["attacks"].items()}
    assert said == {attack.id: attack.description for attack in CORPUS}, (
        "python -m mmlab.instructor.reports.attack_table"
    )


def test_the_record_shows_a_grader_that_holds():
    rows = json.loads((ROOT / attack_table.RECORD).read_text())["attacks"].values()
    assert all(
        row["ours"]["score"] == 0 and not row["ours"]["touched"] and not row["ours"]["why"] for row in rows
    )
    assert sum(row["stock"]["score"] > 0 for row in rows) >= 6  # the known ones at least: the corpus can gain
