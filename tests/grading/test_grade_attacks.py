"""No hostile notebook gains a point, touches what is not its own, or stops the class.

All of them are graded in one class by `mmlab grade`, each between two right answers,
under short limits. A canary watches course, home and sockets.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_course import WEEK

from mmlab.course import attack_table, notebook
from mmlab.course.exercise import load, weeks
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.one import Grader
from mmlab.course.grade.submissions import find
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


@slow
def test_the_judge_keeps_no_more_than_one_message_of_an_exercise(tiny, tmp_path):
    """Found by an attack: each answer was below the limit, and the judge held 2.9 GB of them."""
    week, limits = load(tiny / "solutions" / WEEK), Limits(message_mb=8)
    (attack,) = (one for one in CORPUS if one.id == "wire/large_answers")
    smaller = replace(attack, cells=tuple((place, source.replace("60_000_000", "5_000_000")) for place, source in attack.cells))
    release = notebook.read(tiny / "labs" / WEEK / "lab.ipynb")
    attacks.hand_in(smaller, week, release, tmp_path / "submitted" / "large" / WEEK, attacks.Targets("large"))
    with Grader(tiny, week, limits=limits, only="scaled_sum", secret=bytes(32)) as grader:
        (mark,) = grader.grade(find(tmp_path, WEEK)[0]).marks
    assert mark.score == 0 and "bytes in all; at most 8,388,608 are kept" in mark.message[0]


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
