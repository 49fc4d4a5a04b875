"""`mmlab grade`: what it asks for, what it says to people and machines, what it leaves in nbgrader's formats."""

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from fake_grader import POINTS, FakeGrader, Run, calls, hand_in
from tiny_course import WEEK

from mmlab.course import cli
from mmlab.course.grade import engine, gradebook, lock
from mmlab.course.grade import journal as journals

FULL = sum(POINTS.values())


@pytest.fixture
def course(copy_of_tiny, inside, monkeypatch) -> Path:
    """Return a released course with three submissions, current, and the fake grader in place."""
    monkeypatch.setattr(engine.Spec, "grader", lambda spec: FakeGrader(spec.root, spec.only))
    for student, says in {"ada": " ".join(POINTS), "bob": "Tally", "cyd": "nothing"}.items():
        hand_in(copy_of_tiny, student, says)
    inside(copy_of_tiny)
    return copy_of_tiny


def graded(capsys, *words: str) -> tuple[int, dict]:
    """Run `mmlab grade 90_tiny --json` and return its status and its report."""
    status = cli.main(["grade", WEEK, "--json", *words])
    out = capsys.readouterr().out
    return status, {one["student"]: one for one in json.loads(out)["submissions"]}


def marks(root: Path) -> dict[str, dict[str, float | None]]:
    """Return what the gradebook has: student → exercise → the machine's points."""
    with gradebook.opened(root) as course:
        return {one.student.id: {grade.name: grade.auto_score for grade in one.notebooks[0].grades}
                for one in course.book.assignment_submissions(WEEK)}  # fmt: skip


def test_the_report_for_machines(course, capsys):
    assert cli.main(["grade", WEEK, "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1, "nothing else is on stdout"
    report = json.loads(out)
    assert set(report) == {"week", "submissions"} and report["week"] == WEEK
    assert [one["student"] for one in report["submissions"]] == ["ada", "bob", "cyd"]
    fields = {"student", "score", "max", "seconds", "peak_mb", "verdicts", "repairs", "problem"}
    for one in report["submissions"]:
        assert set(one) == fields and one["problem"] is None and one["repairs"] == []
        assert all(isinstance(one[name], float) for name in ("score", "max", "seconds", "peak_mb"))
        assert set(one["verdicts"]) == set(POINTS), "texts are left out"
        assert one["max"] == FULL
        assert one["score"] == sum(verdict["score"] for verdict in one["verdicts"].values())
    assert [one["score"] for one in report["submissions"]] == [FULL, POINTS["Tally"], 0.0]
    assert report["submissions"][1]["verdicts"]["Gain"] == {"score": 0.0, "max": 2.0, "misconception": "takes_the_mean"}


def test_database_files_and_pages_are_written(course, capsys):
    assert graded(capsys)[0] == 0
    assert marks(course)["bob"] == dict.fromkeys(POINTS, 0.0) | {"Tally": 3.0, "explain": None}
    for student in ("ada", "bob", "cyd"):
        assert (course / "autograded" / student / WEEK / "lab.ipynb").is_file()
        assert (course / "feedback" / student / WEEK / "lab.html").is_file()


def test_people_get_a_line_a_submission_and_a_summary(course, capsys):
    hand_in(course, "dan", "refused")
    assert cli.main(["grade", "90"]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = {line.split()[0]: line for line in lines[:4]}
    assert set(shown) == {"ada", "bob", "cyd", "dan"} and f"ada  {FULL:g}/{FULL:g}  0.0 s" == shown["ada"]
    assert shown["dan"].endswith("refused: it is no notebook")
    said = "\n".join(lines[4:])
    assert f"{WEEK}: 4 graded" in said and "1 refused:\n    dan: it is no notebook" in said
    assert "wait for a person, in formgrader: explain" in said and "database" in said


def test_a_regrade_says_whose_mark_moved(course, capsys):
    graded(capsys)
    hand_in(course, "bob", "Tally Gain")
    assert cli.main(["grade", WEEK]) == 0
    said = capsys.readouterr().out
    assert "1 marks that moved:\n    bob, Gain: 0 → 2 (submission changed)" in said
    assert calls(course) == ["ada", "bob", "cyd"] * 2 or len(calls(course)) == 6


def test_a_fault_is_not_graded_and_exits_1(course, capsys):
    graded(capsys)
    hand_in(course, "ada", "fault")
    hand_in(course, "cyd", "raises")
    status, found = graded(capsys)
    assert status == 1
    assert found["ada"]["problem"] == "not graded: the sandbox broke" and found["ada"]["verdicts"] == {}
    assert found["cyd"]["problem"].startswith("not graded: InputError: a broken grader")
    assert (found["ada"]["score"], found["ada"]["max"]) == (0.0, FULL)
    assert calls(course)[3:].count("ada") == 2, "a fault is tried twice"
    assert marks(course)["ada"]["Tally"] == 3.0, "earlier marks stay"


def test_a_refused_file_scores_0_with_its_problem(course, capsys):
    hand_in(course, "ada", "refused")
    status, found = graded(capsys)
    assert status == 0 and found["ada"]["problem"].startswith("it is no notebook")
    assert (found["ada"]["score"], found["ada"]["max"]) == (0.0, FULL)
    assert found["ada"]["verdicts"]["Gain"] == {"score": 0.0, "max": 2.0, "misconception": None}


def test_no_sandbox_is_said_once_and_leaves_the_course_free(course, capsys):
    hand_in(course, "ada", "no sandbox")
    assert cli.main(["grade", WEEK]) == 2
    assert "bubblewrap is not installed" in capsys.readouterr().err
    hand_in(course, "ada", "Tally")
    assert cli.main(["grade", WEEK, "--resume"]) == 0


def test_one_student(course, capsys):
    status, found = graded(capsys, "--student", "bob")
    assert status == 0 and set(found) == {"bob"} and set(marks(course)) == {"bob"}
    status, found = graded(capsys, "--student", "bob", "--student", "cyd")
    assert set(found) == {"bob", "cyd"} and calls(course)[0] == "bob"


def test_one_exercise_leaves_the_others(course, capsys):
    graded(capsys)
    hand_in(course, "bob", "Gain")
    status, found = graded(capsys, "--exercise", "Gain")
    assert status == 0 and found["bob"]["verdicts"].keys() == {"Gain"} and found["bob"]["max"] == POINTS["Gain"]
    assert marks(course)["bob"] == dict.fromkeys(POINTS, 0.0) | {"Tally": 3.0, "Gain": 2.0, "explain": None}
    page = (course / "feedback" / "bob" / WEEK / "lab.html").read_text()
    assert "scaled_sum" in page, "the page still has every exercise"
    assert "Tally: 4 of 4 hidden cases right" in (course / "autograded" / "bob" / WEEK / "lab.ipynb").read_text()


@pytest.mark.parametrize(
    "words, says",
    [
        (["77"], "week '77'"),
        ([WEEK, "--student", "eve"], "eve handed in nothing for 90_tiny\n  wanted: one of ada, bob, cyd"),
        ([WEEK, "--exercise", "Gian"], "exercise 'Gian' of 90_tiny\n  wanted: one of scaled_sum, Gain"),
        ([WEEK, "--exercise", "explain"], "explain is a text"),
        ([WEEK, "--jobs", "0"], "--jobs 0\n"),
        ([WEEK, "--cell-seconds", "-1"], "--cell-seconds -1"),
        ([WEEK, "--engine", "spark", "x"], "engine 'spark'"),
    ],
)
def test_a_wrong_request_exits_2_and_says_what_there_is(course, capsys, words, says):
    assert cli.main(["grade", *words]) == 2
    told = capsys.readouterr()
    assert says in told.err and "\n  try: " in told.err and told.out == "" and not calls(course)


def test_no_submissions_says_where_they_should_lie(copy_of_tiny, inside, capsys):
    inside(copy_of_tiny)
    assert cli.main(["grade", WEEK, "--json"]) == 2
    told = capsys.readouterr()
    assert f"submitted/STUDENT/{WEEK}/" in told.err and told.out == ""


def test_a_week_that_is_not_released(course, capsys):
    (course / "labs" / WEEK / "lab.ipynb").unlink()
    assert cli.main(["grade", WEEK]) == 2
    assert f"run `mmlab release {WEEK}`" in capsys.readouterr().err


def test_a_second_run_refuses_at_once(course, capsys):
    with lock.locked(course, "02_clip"):
        assert cli.main(["grade", WEEK]) == 2
    said = capsys.readouterr().err
    assert f"process {os.getpid()}" in said and "since 20" in said and not calls(course)
    assert cli.main(["grade", WEEK]) == 0


def test_a_roster_is_entered_and_who_is_missing_is_said(course, capsys):
    (course / "class.csv").write_text("id,first_name,last_name\nada,Ada,Lovelace\ndan,Dan,Bo\nbob,Bob,Bee\n")
    assert cli.main(["grade", WEEK, "--roster", "class.csv"]) == 0
    said = capsys.readouterr().out
    assert "1 on the roster handed nothing in:\n    dan" in said and "1 handed in and are not on the roster:\n    cyd" in said
    with gradebook.opened(course) as opened:
        assert opened.book.find_student("ada").last_name == "Lovelace"
    (course / "class.csv").write_text("id,extension\nada,soon\n")
    assert cli.main(["grade", WEEK, "--roster", "class.csv"]) == 2
    assert "line 2" in capsys.readouterr().err


def test_an_export_is_brought_in_first(course, capsys):
    (course / "export").mkdir()
    hand_in(course, "eve", "Tally").rename(course / "export" / "eve_1_assignsubmission_file_lab.ipynb")
    shutil.rmtree(course / "submitted" / "eve")
    status, found = graded(capsys, "--collect", "export")
    assert status == 0 and set(found) == {"ada", "bob", "cyd", "eve"} and found["eve"]["score"] == 3.0
    assert cli.main(["grade", WEEK, "--collect", "nowhere"]) == 2


def failing(error: Exception, after: int = 0):
    """Return a function that raises from its call number `after` on, and else does nothing."""
    count = iter(range(10**6))

    def fail(*_, **__):
        if next(count) >= after:
            raise error

    return fail


def test_a_full_disk_stops_cleanly_and_resumes(course, capsys, monkeypatch):
    real, lines = os.pwrite, iter(range(10**6))

    def full(file, data, place):
        if next(lines) >= 3:  # the lock, the begin mark and one submission fit
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data, place)

    monkeypatch.setattr(journals.os, "pwrite", full)
    assert cli.main(["grade", WEEK, "--jobs", "1"]) == 2
    said = capsys.readouterr().err
    assert "No space left on device" in said and "--resume" in said.splitlines()[-1]
    monkeypatch.setattr(journals.os, "pwrite", real)
    status, found = graded(capsys, "--resume", "--jobs", "1")
    assert status == 0 and set(found) == {"ada", "bob", "cyd"} == set(marks(course))
    assert calls(course).count("ada") == 1, "what was kept is not graded again"


@pytest.mark.parametrize("part", ["files.write_autograded", "feedback.write"])
def test_a_disk_that_fills_up_while_writing_keeps_what_is_graded(course, capsys, monkeypatch, part):
    with monkeypatch.context() as broken:
        broken.setattr(f"mmlab.course.grade.{part}", failing(OSError(errno.ENOSPC, "No space left on device")))
        assert cli.main(["grade", WEEK]) == 2
    assert "--resume" in capsys.readouterr().err
    status, found = graded(capsys, "--resume")
    assert status == 0 and len(calls(course)) == 3, "nothing is graded twice"
    assert all((course / "feedback" / student / WEEK / "lab.html").is_file() for student in found)


def test_a_locked_database_stops_cleanly(course, capsys, monkeypatch):
    graded(capsys)
    monkeypatch.setattr(gradebook.save, "__kwdefaults__", gradebook.save.__kwdefaults__ | {"wait": 0.2})
    other = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert cli.main(["grade", WEEK]) == 2
        said = capsys.readouterr().err
        assert "is in use by another program" in said and "--resume" in said
    finally:
        other.execute("ROLLBACK")
        other.close()
    before = len(calls(course))
    assert graded(capsys, "--resume")[0] == 0 and len(calls(course)) == before


def test_a_whole_disk_that_is_full(course, tmp_path):
    """On a file system of its own with no room left, everything that was finished stays."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        for name in ("submitted", "labs", "solutions", "lessons", "pyproject.toml", "nbgrader_config.py"):
            (disk / name).symlink_to(course / name)
        for number in range(100):
            hand_in(course, f"s{number:03}", "Tally")
        run = Run(disk, batch=10)
        assert run.wait() == 2, run.err
        assert "Traceback" not in run.err and "--resume" in run.err.splitlines()[-1]
        graded_before = len(calls(disk))
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        run = Run(disk, "--resume", "--json")
        assert run.wait() == 0, run.err
        assert len(json.loads(run.out)["submissions"]) == 103 == len(marks(disk))
        assert len(calls(disk)) < 103 + graded_before, "what was kept is not graded again"
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_keeps_what_is_finished(course, number):
    for at in range(30):
        hand_in(course, f"s{at:02}", "Tally")
    run = Run(course, "--jobs", "1", seconds=0.1)
    while len(calls(course)) < 6 and not run.ended():
        time.sleep(0.01)
    run.stop(number)
    assert run.wait() == 130 and "are graded and kept, --resume goes on" in run.err and "Traceback" not in run.err
    done = set(marks(course))
    assert 4 <= len(done) < 33, "what was finished is written"
    again = Run(course)
    assert again.wait() == 2 and f"stopped after {len(done)} of 33" in again.err
    again = Run(course, "--resume")
    assert again.wait() == 0 and len(marks(course)) == 33 and f"({len(done)} by an earlier run)" in again.out
