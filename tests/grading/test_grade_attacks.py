"""No hostile notebook gains a point, touches what is not its own, or stops the class.

All of them are graded in one class by `mmlab grade`, each between two right answers,
under short limits. A canary watches course, home and sockets.
"""

import json
from pathlib import Path

import pytest

from mmlab.course import attack_table
from mmlab.course.exercise import weeks
from mmlab.course.simulate import attacks

ROOT = Path(__file__).parents[2]
CORPUS = attacks.corpus()
slow = pytest.mark.slow


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict]:
    """Return what `mmlab grade` makes of every attack."""
    (week,) = weeks(ROOT, [attack_table.WEEK])
    return attack_table.ours(ROOT, week, CORPUS)


@slow
@pytest.mark.week(attack_table.WEEK)
@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.id)
def test_it_gains_nothing(attack, outcomes):
    outcome = outcomes[attack.id]
    assert outcome["max"] > 0 and outcome["score"] == 0, f"{attack.says} It gets {outcome['score']} points."


@slow
@pytest.mark.week(attack_table.WEEK)
def test_nothing_outside_is_touched(outcomes):
    assert next(iter(outcomes.values()))["touched"] == []


@slow
@pytest.mark.week(attack_table.WEEK)
def test_the_class_goes_on(outcomes):
    assert [outcome["why"] for outcome in outcomes.values() if outcome["why"]] == []


def test_the_page_is_as_its_record_says():
    record = json.loads((ROOT / attack_table.RECORD).read_text())
    assert (ROOT / attack_table.PAGE).read_text() == attack_table.page(record), "python -m mmlab.course.attack_table --page"


def test_the_record_holds_every_attack():
    record = json.loads((ROOT / attack_table.RECORD).read_text())
    said = {name: row["says"] for name, row in record["attacks"].items()}
    assert said == {attack.id: attack.says for attack in CORPUS}, "python -m mmlab.course.attack_table"


def test_the_record_shows_a_grader_that_holds():
    rows = json.loads((ROOT / attack_table.RECORD).read_text())["attacks"].values()
    assert all(row["ours"]["score"] == 0 and not row["ours"]["touched"] and not row["ours"]["why"] for row in rows)
    assert sum(row["stock"]["score"] > 0 for row in rows) >= 6  # the known ones at least: the corpus can gain
