"""What stops a run: a full disk, a locked database, another run, Ctrl-C; all that was finished stays."""

import errno
import json
import os
import signal
import sqlite3
import subprocess
import time
from dataclasses import replace

import pytest

from fake_grader import Run, calls, course, graded, hand_in, kept, marks  # noqa: F401, a fixture among them
from mmlab.cli import command_line
from mmlab.instructor.grading import journal as journals
from mmlab.instructor.grading import lock
from mmlab.instructor.grading.gradebook import gradebook
from mmlab.instructor.grading.records import CellRun
from tiny_course import WEEK


def test_a_second_run_refuses_at_once(course, capsys):
    with lock.locked(course, "02_clip"):
        assert command_line.main(["grade", WEEK]) == 2
    said = capsys.readouterr().err
    assert f"process {os.getpid()}" in said and "since 20" in said and not calls(course)
    assert command_line.main(["grade", WEEK]) == 0


def failing(error: Exception, after: int = 0):
    """Return a function that raises from its call number `after` on, and else does nothing."""
    count = iter(range(10**6))

    def fail(*_, **__):
        if next(count) >= after:
            raise error

    return fail


def test_a_full_disk_stops_cleanly_and_resumes(course, capsys, monkeypatch):
    real, results = journals.Journal.add, iter(range(10**6))

    def full(journal, graded):
        if next(results) >= 1:  # one submission fits
            journal._db.execute("PRAGMA max_page_count = 1")  # SQLite takes the size that it has
            graded = replace(graded, cells=[CellRun("a", "ok", "x" * 100_000)])
        real(journal, graded)

    monkeypatch.setattr(journals.Journal, "add", full)
    assert command_line.main(["grade", WEEK, "--jobs", "1"]) == 2
    said = capsys.readouterr().err
    assert (
        "is full" in said
        and "free some space" in said.splitlines()[-1]
        and "--resume" in said.splitlines()[-1]
    )
    monkeypatch.setattr(journals.Journal, "add", real)
    status, found = graded(capsys, "--resume", "--jobs", "1")
    assert status == 0 and set(found) == {"ada", "bob", "cyd"} == set(marks(course))
    # either of the first two may be kept: both can be ready before the first result is looked at
    assert 1 in map(calls(course).count, ("ada", "bob")), "what was kept is not graded again"


@pytest.mark.parametrize("part", ["gradebook.files.write_autograded", "gradebook.feedback.write"])
def test_a_disk_that_fills_up_while_writing_keeps_what_is_graded(course, capsys, monkeypatch, part):
    with monkeypatch.context() as broken:
        broken.setattr(
            f"mmlab.instructor.grading.{part}", failing(OSError(errno.ENOSPC, "No space left on device"))
        )
        assert command_line.main(["grade", WEEK]) == 2
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
        assert command_line.main(["grade", WEEK]) == 2
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
    run = Run(course, "--jobs", "1", seconds=0.1, slow_after=6)
    while len(calls(course)) < 6 and not run.ended():
        time.sleep(0.01)
    run.stop(number)
    assert (
        run.wait() == 130
        and "results are stored; continue with --resume" in run.err
        and "Traceback" not in run.err
    )
    done, stored = set(marks(course)), kept(course)
    assert 4 <= len(done) < 33, "what was finished is written"
    # the signal may come while the journal takes a result in: the gradebook has it, and it is graded again
    assert stored <= done and len(done - stored) <= 1
    again = Run(course)
    assert again.wait() == 2 and f"stopped after {len(stored)} of 33" in again.err
    again = Run(course, "--resume")
    assert again.wait() == 0 and f"({len(stored)} from an earlier run)" in again.out
    assert len(marks(course)) == 33


def test_a_signal_whose_exception_is_lost_stops_the_run_too(course, capsys, monkeypatch):
    """Python ignores what a signal handler raises within a finalizer."""

    class Finalizer:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)

    real = journals.Journal.add
    monkeypatch.setattr(journals.Journal, "add", lambda *args: (real(*args), Finalizer())[0])
    monkeypatch.setattr("sys.unraisablehook", lambda _: None)
    assert command_line.main(["grade", WEEK, "--jobs", "1"]) == 130
    assert "1 of 3 results are stored; continue with --resume" in capsys.readouterr().err
    assert len(marks(course)) == 1


def test_a_folder_that_may_not_be_written_is_said(course, capsys, monkeypatch):
    denied = PermissionError(errno.EACCES, "Permission denied", "journal.db")
    monkeypatch.setattr("mmlab.instructor.grading.command.Journal", failing(denied))
    assert command_line.main(["grade", WEEK]) == 2
    assert "journal.db may not be used (Permission denied)" in capsys.readouterr().err
