"""A run that is killed goes on: nothing lost, nothing twice, at whatever moment."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_grader import POINTS, calls, hand_in
from tiny_course import WEEK

from mmlab.course.grade import gradebook, lock
from mmlab.course.grade.journal import Journal

FAKE = [sys.executable, str(Path(__file__).with_name("fake_grader.py"))]
RIGHT = list(POINTS)


@pytest.fixture
def course(copy_of_tiny) -> Path:
    """Return a released course with 30 submissions whose marks are all different."""
    for number in range(30):
        hand_in(copy_of_tiny, f"s{number:02}", says(number))
    return copy_of_tiny


def says(number: int) -> str:
    """Return which exercises are right in a submission: the bits of its number."""
    return " ".join(name for bit, name in enumerate(RIGHT) if number >> bit & 1)


def score(number: int) -> float:
    """Return a submission's true score."""
    return sum(POINTS[name] for bit, name in enumerate(RIGHT) if number >> bit & 1)


def start(root: Path, *words: str, **environment: str) -> subprocess.Popen:
    """Start a run in a course."""
    return subprocess.Popen([*FAKE, "grade", WEEK, "--json", *words], cwd=root, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=os.environ | environment)  # fmt: skip


def kept(root: Path) -> set[str]:
    """Return the students whose results are in the journal."""
    path = lock.state(root, WEEK)
    before = (path / "journal.jsonl").read_bytes() if (path / "journal.jsonl").exists() else None
    with Journal(path) as journal:
        found = set(journal.entries)
    if before is not None:
        (path / "journal.jsonl").write_bytes(before)  # as the crash left it: a torn line is for the next run to find
    return found


def whole(root: Path, report: dict) -> None:
    """Hold a finished run against the truth: report, database, files and pages."""
    true = {f"s{number:02}": score(number) for number in range(30)}
    assert {one["student"]: one["score"] for one in report["submissions"]} == true
    assert {who: sum(entry.auto or 0 for entry in one.entries.values()) for who, one in standings(root).items()} == true
    for student in true:
        assert json.loads((root / "autograded" / student / WEEK / "lab.ipynb").read_text())["cells"]
        assert "</html>" in (root / "feedback" / student / WEEK / "lab.html").read_text()
    lines = (root / ".mmlab" / WEEK / "journal.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["mark"] == "end"


def standings(root: Path) -> dict:
    """Return what the gradebook has."""
    from mmlab.course.exercise import load

    return gradebook.standings(root, load(root / "solutions" / WEEK))


def kills(root: Path, seed: int, count: int) -> None:
    """Kill a run and its successors at random moments, then let one end; hold the result against the truth."""
    chance, environment = random.Random(seed), {"FAKE_SECONDS": "0.15", "FAKE_BATCH": "4"}
    for number in range(count):
        before, earlier = kept(root), len(calls(root))
        run = start(root, *(["--resume"] * bool(number)), "--jobs", "2", **environment)
        while len(calls(root)) == earlier and run.poll() is None:  # it starts for seconds, and then is quick
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 2.5 / count * 2))
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdout.close()
        run.stderr.close()
        assert not before & set(calls(root)[earlier:]), "what was kept is graded twice"
        assert before <= kept(root), "what was kept is lost"
    before, earlier = kept(root), len(calls(root))
    run = start(root, "--resume", "--jobs", "2", **environment)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    assert set(calls(root)[earlier:]) == {f"s{number:02}" for number in range(30)} - before
    whole(root, json.loads(out))


@pytest.mark.slow
def test_three_kills_at_random_moments(course):
    kills(course, seed=1, count=3)


@pytest.mark.slow
def test_twenty_kills_at_random_moments(course):
    kills(course, seed=2, count=20)


@pytest.mark.slow
def test_a_kill_between_any_two_steps_of_a_batch(course):
    """After the database, before the files; after the files, before the pages; and so on."""
    for number, step in enumerate(("save,2", "write_autograded,1", "write,1", "written,1")):
        run = start(course, *(["--resume"] * bool(number)), FAKE_BATCH="5", FAKE_KILL=step)
        run.communicate(timeout=120)
        assert run.returncode == -signal.SIGKILL, step
    run = start(course, "--resume", FAKE_BATCH="5")
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    whole(course, json.loads(out))


@pytest.mark.slow
def test_resume_grades_what_is_new_and_what_has_changed(course):
    for number in range(5, 30):
        (course / "submitted" / f"s{number:02}" / WEEK / "lab.ipynb").rename(course / f"s{number:02}.ipynb")
        (course / "submitted" / f"s{number:02}" / WEEK).rmdir()
    start(course).communicate(timeout=60)
    for number in range(5, 30):
        hand_in(course, f"s{number:02}", says(number))
    hand_in(course, "s03", says(3) + " changed")
    (course / "submitted" / "s04" / WEEK / "timestamp.txt").write_text("2026-02-03 04:05:06 UTC")
    run = start(course, "--resume")
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    assert sorted(calls(course)[5:]) == ["s03", *(f"s{number:02}" for number in range(5, 30))]
    whole(course, json.loads(out))
    with gradebook.opened(course) as opened:
        assert opened.book.find_submission(WEEK, "s04").timestamp is not None, "the time of handing in is no reason to grade"


@pytest.mark.slow
def test_resume_under_other_limits_grades_all_again(course):
    start(course).communicate(timeout=60)
    start(course, "--resume", "--cell-seconds", "5").communicate(timeout=60)
    assert len(calls(course)) == 60
    start(course, "--resume", "--cell-seconds", "5").communicate(timeout=60)
    assert len(calls(course)) == 60
    start(course).communicate(timeout=60)
    assert len(calls(course)) == 90, "without --resume a run that ended begins anew"


@pytest.mark.slow
def test_an_unfinished_run_is_not_forgotten_by_grading_one_student(course):
    run = start(course, "--jobs", "1", FAKE_SECONDS="0.1", FAKE_BATCH="4", FAKE_KILL="written,2")
    run.communicate(timeout=60)
    assert start(course, "--student", "s29").wait(60) == 0
    refused = start(course)
    out, err = refused.communicate(timeout=60)
    assert refused.returncode == 2 and out == "" and "stopped after 9 of 30" in err and "--fresh" in err
    earlier = len(calls(course))
    run = start(course, "--resume")
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0 and len(calls(course)) == earlier + 21
    whole(course, json.loads(out))
    assert start(course, "--fresh").wait(60) == 0
