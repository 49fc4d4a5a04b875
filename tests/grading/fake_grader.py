"""A grader without a sandbox, quick and telling, so that what is around it can be tested at any moment.

It marks by what the file says: which exercises are right, or how to fail. Each call
leaves its student's name in calls.txt beside the course. A `Run` is `mmlab grade` with
this grader in a process of its own, forked, so that it starts in no time.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import pytest

from mmlab.cli import command_line, notebook
from mmlab.errors import InputError, MissingPart
from mmlab.instructor.grading import engine, lock
from mmlab.instructor.grading.engine import Spec
from mmlab.instructor.grading.gradebook import gradebook
from mmlab.instructor.grading.journal import Journal
from mmlab.instructor.grading.records import CellRun, Graded, Mark, Submission
from tiny_course import SOLUTIONS, WEEK

POINTS = {name: float(points) for points, name in enumerate(SOLUTIONS, 1)}


class FakeGrader:
    """Grades as `mmlab.instructor.grading.grader.Grader` does, from what the submission says of itself."""

    def __init__(self, root: Path, only: str | None = None, seconds: float = 0.0, slow_after: int = 10**6):
        self.root, self.only, self.seconds, self.slow_after = Path(root), only, seconds, slow_after

    def __enter__(self) -> "FakeGrader":
        return self

    def __exit__(self, *_) -> None:
        pass

    def grade(self, submission: Submission) -> Graded:
        """Return marks for the exercises whose names the title holds; "fault", "raises" and "no sandbox" fail."""
        time.sleep(self.seconds if len(calls(self.root)) < self.slow_after else 2.0)
        with open(self.root / "calls.txt", "a") as file:
            file.write(submission.student + "\n")
        title = notebook.read(submission.path)["cells"][0]["source"] if submission.path else ""
        if "raises" in title:
            raise InputError("a broken grader", "a whole one", "mend it")
        if "no sandbox" in title:
            raise MissingPart("bubblewrap is not installed", "bwrap", "apt install bubblewrap")
        found = Graded(
            submission.student,
            submission.week,
            submission.digest,
            submission.timestamp,
            seconds=self.seconds,
            peak_mb=100.0,
            spent={"cells": self.seconds},
        )
        if "fault" in title:
            found.fault = "the sandbox broke"
        elif "refused" in title:
            found.problem = "it is no notebook\n  wanted: one\n  try: hand in another"
        else:
            found.marks = [mark(name, name in title) for name in POINTS if self.only in (None, name)]
            found.marks += [] if self.only else [Mark("explain", None, 2.0)]
            found.cells = [CellRun("scaled_sum-solution", "ok", "x" * 100)]
        return found


def mark(name: str, right: bool) -> Mark:
    """Return an exercise's mark, all or nothing."""
    if right:
        return Mark(name, POINTS[name], POINTS[name], 4, 4)
    return Mark(name, 0.0, POINTS[name], 0, 4, "takes_the_mean", ("yours is the mean", "the sum", "add up"))


def kill_after(step: str, count: int) -> None:
    """Let this process be killed when a step was done for the `count`-th time: save, write_autograded, write, written."""
    from mmlab.instructor.grading.gradebook import feedback, files, gradebook
    from mmlab.instructor.grading.journal import Journal

    (owner,) = (
        one for one in (gradebook, files, feedback, Journal) if hasattr(one, step) and step in vars(one)
    )
    real, left = getattr(owner, step), iter(range(count - 1, -1, -1))

    def deadly(*args, **options):
        result = real(*args, **options)
        if not next(left):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, step, deadly)


def hand_in(root: Path, student: str, says: str, week: str = WEEK) -> Path:
    """Write a student's lab whose title says which exercises are right, or how it fails."""
    lab = notebook.read(root / "labs" / week / "lab.ipynb")
    lab["cells"][0]["source"] = f"# {says}"
    folder = root / "submitted" / student / week
    folder.mkdir(parents=True, exist_ok=True)
    notebook.write(folder / "lab.ipynb", lab)
    return folder / "lab.ipynb"


def calls(root: Path) -> list[str]:
    """Return the students that were graded, in order, as often as they were."""
    file = root / "calls.txt"
    return file.read_text().split("\n")[:-1] if file.exists() else []


class Run:
    """`mmlab grade 90_tiny` in a forked process.

    root     the course, which is made current there
    words    more arguments
    seconds  that a submission takes
    slow_after  submissions after which each takes 2 s, so that the run is sure to be there for a signal
    batch    results that are written at a time
    kill     (step, n): `kill_after`
    out, err what it wrote, once `wait` has returned;  status  as subprocess gives it
    """

    def __init__(
        self,
        root: Path,
        *words: str,
        seconds: float = 0.0,
        slow_after: int = 10**6,
        batch: int = 50,
        kill: tuple[str, int] | None = None,
    ):
        from mmlab.instructor.grading.gradebook import feedback, files, gradebook  # noqa: F401, imported once, here
        from mmlab.instructor.grading.intake import collect  # noqa: F401, imported once, here

        self._files = [root.parent / f"{root.name}.{name}" for name in ("out", "err")]
        self._fields = (root, words, seconds, slow_after, batch, kill)
        for file in self._files:
            file.touch()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                status = self._child()
            except BaseException:  # the fork must not go on with the tests of its parent
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)

    def _child(self) -> int:
        from mmlab.cli import command_line
        from mmlab.instructor.grading import batches

        root, words, seconds, slow_after, batch, kill = self._fields
        for number, path in enumerate(self._files, 1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_TRUNC), number)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(root)
        Spec.grader = lambda spec: FakeGrader(spec.root, spec.only, seconds, slow_after)
        batches.SIZE = batch
        if kill:
            kill_after(*kill)
        return command_line.main(["grade", WEEK, *words])

    def ended(self) -> bool:
        """Return whether it has ended, and take note of how."""
        if not hasattr(self, "status"):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return hasattr(self, "status")

    def wait(self, seconds: float = 120) -> int:
        """Return its status; raises TimeoutError, the process killed."""
        until = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() > until:
                os.kill(self.pid, signal.SIGKILL)
                raise TimeoutError(f"still running after {seconds} s")
            time.sleep(0.01)
        self.out, self.err = (path.read_text() for path in self._files)
        return self.status

    def stop(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self.ended():
            os.kill(self.pid, number)


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
    status = command_line.main(["grade", WEEK, "--json", *words])
    out = capsys.readouterr().out
    return status, {one["student"]: one for one in json.loads(out)["submissions"]}


def kept(root: Path) -> set[str]:
    """Return the students whose results are in the journal."""
    with tempfile.TemporaryDirectory() as folder:
        for path in lock.state(root, WEEK).glob("journal.db*"):
            shutil.copy(path, folder)  # what the crash left is for the next run to find
        with Journal(Path(folder)) as journal:
            return journal.students()


def marks(root: Path) -> dict[str, dict[str, float | None]]:
    """Return what the gradebook has: student → exercise → the machine's points."""
    with gradebook.opened(root) as course:
        return {
            one.student.id: {grade.name: grade.auto_score for grade in one.notebooks[0].grades}
            for one in course.book.assignment_submissions(WEEK)
        }
