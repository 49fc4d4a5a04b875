"""A grader without a sandbox, quick and telling, so that what is around it can be tested at any moment.

    python fake_grader.py grade 90_tiny --json      as `mmlab`, with this grader in the real one's place

It marks by what the file says: which exercises are right, or how to fail. Each call
leaves its student's name in calls.txt beside the course. FAKE_SECONDS is how long a
submission takes, FAKE_BATCH how many are written at a time, FAKE_KILL=STEP,N lets the
process be killed right after the N-th time that a step was done.
"""

import os
import signal
import sys
import time
from pathlib import Path

from tiny_course import SOLUTIONS, WEEK

from mmlab.course import notebook
from mmlab.course.grade.engine import Spec
from mmlab.course.grade.stages import CellRun, Graded, Mark, Submission
from mmlab.errors import InputError, MissingPart

POINTS = {name: float(points) for points, name in enumerate(SOLUTIONS, 1)}
SECONDS = float(os.environ.get("FAKE_SECONDS", "0"))


class FakeGrader:
    """Grades as `mmlab.course.grade.one.Grader` does, from what the submission says of itself."""

    def __init__(self, root: Path, only: str | None = None):
        self.root, self.only = Path(root), only

    def __enter__(self) -> "FakeGrader":
        return self

    def __exit__(self, *_) -> None:
        with open(self.root / "closed.txt", "a") as file:
            file.write("closed\n")

    def grade(self, submission: Submission) -> Graded:
        """Return marks for the exercises whose names the title holds; "fault", "raises" and "no sandbox" fail."""
        time.sleep(SECONDS)
        with open(self.root / "calls.txt", "a") as file:
            file.write(submission.student + "\n")
        title = notebook.read(submission.path)["cells"][0]["source"] if submission.path else ""
        if "raises" in title:
            raise InputError("a broken grader", "a whole one", "mend it")
        if "no sandbox" in title:
            raise MissingPart("bubblewrap is not installed", "bwrap", "apt install bubblewrap")
        found = Graded(submission.student, submission.week, submission.digest, submission.timestamp,
                       seconds=SECONDS, peak_mb=100.0, spent={"cells": SECONDS})  # fmt: skip
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


def install() -> None:
    """Put this grader in the real one's place, in this process."""
    Spec.grader = lambda spec: FakeGrader(spec.root, spec.only)


def kill_after(step: str, count: int) -> None:
    """Let this process be killed when a step was done for the `count`-th time: save, write_autograded, write, written."""
    from mmlab.course.grade import feedback, files, gradebook
    from mmlab.course.grade.journal import Journal

    (owner,) = (one for one in (gradebook, files, feedback, Journal) if hasattr(one, step) and step in vars(one))
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


if __name__ == "__main__":
    from mmlab.course import cli
    from mmlab.course.grade import batches

    install()
    batches.SIZE = int(os.environ.get("FAKE_BATCH", batches.SIZE))
    if "FAKE_KILL" in os.environ:
        step, _, count = os.environ["FAKE_KILL"].partition(",")
        kill_after(step, int(count))
    sys.exit(cli.main())
