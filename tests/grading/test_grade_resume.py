"""A run that is killed goes on: nothing lost, nothing twice, at whatever moment."""

import contextlib
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from fake_grader import POINTS, Run, calls, hand_in, kept
from mmlab.cli import notebook
from mmlab.instructor.grading import lock
from mmlab.instructor.grading.gradebook import gradebook
from mmlab.instructor.grading.journal import Journal
from tiny_course import WEEK

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


def seen(root: Path) -> set[bytes]:
    """Return the students whose results a running grader has written: it alone may open its journal."""
    found = set()
    for path in (root / ".mmlab" / WEEK).glob("journal.db*"):
        with contextlib.suppress(FileNotFoundError):  # a run that ends takes a file away
            found.update(re.findall(rb'"student": "(s\d\d)"', path.read_bytes()))
    return found


def whole(root: Path, report: dict, graded: bool = True) -> None:
    """Hold a finished run against the truth: report, database, files and pages.

    graded  whether the last run graded anything: else it spent no time on it
    """
    true = {f"s{number:02}": score(number) for number in range(30)}
    assert {one["student"]: one["score"] for one in report["submissions"]} == true
    assert {
        who: sum(entry.auto or 0 for entry in one.entries.values()) for who, one in standings(root).items()
    } == true
    for student in true:
        assert json.loads((root / "autograded" / student / WEEK / "lab.ipynb").read_text())["cells"]
        assert "</html>" in (root / "feedback" / student / WEEK / "lab.html").read_text()
    with Journal(lock.state(root, WEEK)) as journal:
        assert journal.unfinished() is None and bool(journal.spent()) == graded
        assert all(map(journal.is_written, true))


def standings(root: Path) -> dict:
    """Return what the gradebook has."""
    from mmlab.instructor.authoring.exercise import load

    return gradebook.standings(root, load(root / "solutions" / WEEK))


def kills(root: Path, seed: int, count: int) -> None:
    """Kill a run and its successors at random moments, then let one end; hold the result against the truth."""
    chance, options = random.Random(seed), {"seconds": 0.1, "batch": 4}
    for number in range(count):
        before, earlier = kept(root), len(calls(root))
        run = Run(root, "--json", "--jobs", "2", *(["--resume"] * bool(number)), **options)
        while len(calls(root)) == earlier and not run.ended() and chance.random() > 0.002:
            time.sleep(0.005)  # mostly until it grades: what comes before is no danger
        time.sleep(chance.uniform(0, 6 / count))
        run.stop(signal.SIGKILL)
        run.wait()
        assert not before & set(calls(root)[earlier:]), "what was kept is graded twice"
        assert before <= kept(root), "what was kept is lost"
    before, earlier = kept(root), len(calls(root))
    run = Run(root, "--json", "--resume", "--jobs", "2")
    assert run.wait() == 0, run.err
    graded = set(calls(root)[earlier:])
    assert graded == {f"s{number:02}" for number in range(30)} - before
    whole(root, json.loads(run.out), graded=bool(graded))


def test_three_kills_at_random_moments(course):
    kills(course, seed=1, count=3)


@pytest.mark.slow
def test_twenty_kills_at_random_moments(course):
    kills(course, seed=2, count=20)


def test_a_kill_between_any_two_steps_of_a_batch(course):
    """After the database, before the files; after the files, before the pages; and so on."""
    for number, step in enumerate((("save", 2), ("write_autograded", 1), ("write", 1), ("written", 1))):
        run = Run(course, *(["--resume"] * bool(number)), batch=5, kill=step)
        assert run.wait() == -signal.SIGKILL, step
    run = Run(course, "--json", "--resume", batch=5)
    assert run.wait() == 0, run.err
    whole(course, json.loads(run.out))


def test_resume_grades_what_is_new_and_what_has_changed(course):
    for number in range(5, 30):
        shutil.rmtree(course / "submitted" / f"s{number:02}")
    assert Run(course).wait() == 0
    for number in range(5, 30):
        hand_in(course, f"s{number:02}", says(number))
    hand_in(course, "s03", says(3) + " changed")
    (course / "submitted" / "s04" / WEEK / "timestamp.txt").write_text("2026-02-03 04:05:06 UTC")
    run = Run(course, "--json", "--resume")
    assert run.wait() == 0, run.err
    assert sorted(calls(course)[5:]) == ["s03", *(f"s{number:02}" for number in range(5, 30))]
    whole(course, json.loads(run.out))
    with gradebook.opened(course) as opened:
        assert opened.book.find_submission(WEEK, "s04").timestamp is not None, (
            "the time of handing in is no reason to grade"
        )


def test_resume_under_other_limits_grades_all_again(course):
    for words, count in (
        ((), 30),
        (("--resume", "--cell-seconds", "5"), 60),
        (("--resume", "--cell-seconds", "5"), 60),
        ((), 90),
    ):
        assert Run(course, *words).wait() == 0
        assert len(calls(course)) == count, "without --resume a run that ended begins anew"


def test_an_unfinished_run_is_not_forgotten_by_grading_one_student(course):
    Run(course, "--jobs", "1", seconds=0.05, batch=4, kill=("written", 2)).wait()
    assert Run(course, "--student", "s29").wait() == 0
    refused = Run(course)
    assert (
        refused.wait() == 2
        and refused.out == ""
        and "stopped after 9 of 30" in refused.err
        and "--fresh" in refused.err
    )
    earlier = len(calls(course))
    run = Run(course, "--json", "--resume")
    assert run.wait() == 0 and len(calls(course)) == earlier + 21
    whole(course, json.loads(run.out))
    assert Run(course, "--fresh").wait() == 0


@pytest.fixture
def graded_for_real(copy_of_tiny) -> Path:
    """Return a course with 12 submissions, all with their true marks known."""
    solved, lab = (
        notebook.read(copy_of_tiny / place / WEEK / "lab.ipynb") for place in ("solutions", "labs")
    )
    for number in range(12):
        for at, name in enumerate(RIGHT):
            source = (
                notebook.reference(solved, name)
                if number % 6 > at
                else notebook.stub(notebook.reference(solved, name), name)
            )
            notebook.find(lab, f"{name}-solution")["source"] = source
        folder = copy_of_tiny / "submitted" / f"s{number:02}" / WEEK
        folder.mkdir(parents=True)
        notebook.write(folder / "lab.ipynb", lab)
    return copy_of_tiny


def real(root: Path, *words: str) -> subprocess.Popen:
    """Start the real command."""
    return subprocess.Popen(
        [sys.executable, "-m", "mmlab.cli.command_line", "grade", WEEK, *words],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def below(run: subprocess.Popen) -> list[psutil.Process]:
    """Return the zygote's processes."""
    return psutil.Process(run.pid).children(recursive=True)


def true_marks(report: dict) -> None:
    """Hold a report of the real grader against the truth."""
    true = {f"s{number:02}": sum(list(POINTS.values())[: number % 6]) for number in range(12)}
    assert {one["student"]: one["score"] for one in report["submissions"]} == true
    assert all(one["problem"] is None for one in report["submissions"])


@pytest.mark.slow
def test_a_kill_takes_the_sandbox_with_it_and_resume_ends_the_class(graded_for_real):
    run = real(graded_for_real)
    first = [run.stdout.readline() for _ in range(3)]
    processes = below(run)
    run.kill()
    run.communicate()
    assert processes and not psutil.wait_procs(processes, timeout=15)[1], "no process outlives the engine"
    done = real(graded_for_real, "--resume", "--json")
    out, err = done.communicate(timeout=300)
    assert done.returncode == 0, err
    true_marks(json.loads(out))
    assert first[0].split()[0] in kept(graded_for_real)


@pytest.mark.slow
def test_a_zygote_that_dies_costs_nobody_a_point(graded_for_real):
    run = real(graded_for_real, "--json")
    while len(seen(graded_for_real)) < 3:
        time.sleep(0.02)
        assert run.poll() is None, run.communicate()
    for process in below(run):
        with contextlib.suppress(psutil.NoSuchProcess):  # a child that was done meanwhile
            process.kill()
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    true_marks(json.loads(out))


@pytest.mark.slow
def test_a_stop_waits_for_no_student(graded_for_real):
    lab = graded_for_real / "submitted" / "s00" / WEEK / "lab.ipynb"
    endless = notebook.read(lab)
    notebook.find(endless, "Gain-solution")["source"] = "while True:\n    pass"
    notebook.write(lab, endless)
    run = real(graded_for_real, "--jobs", "2", "--cell-seconds", "3600", "--total-seconds", "3600")
    for _ in range(3):
        assert run.stdout.readline()
    processes = below(run)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=600)  # a busy machine may need minutes, the student's cell an hour
    assert run.returncode == 130 and "continue with --resume" in err, err
    assert not psutil.wait_procs(processes, timeout=60)[1]
    assert "s00" not in kept(graded_for_real), "who was interrupted has no mark"
