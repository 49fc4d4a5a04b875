"""The whole path of one submission: file → repaired notebook → sandboxed child → judge → marks."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

from mmlab.course import notebook, setup_cell
from mmlab.course.exercise import Exercise, Week
from mmlab.course.grade import hidden, judge, repair
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.sandbox import Sandbox, SandboxFault
from mmlab.course.grade.sitting import Sitting, Stopped
from mmlab.course.grade.stages import CellRun, Graded, Mark, Prepared, Submission
from mmlab.errors import InputError


class Grader:
    """Grades submissions of one week, in any number of threads; one a process, and a context manager.

    root     the course's folder
    week     the week; its release must be in labs/
    limits   what one submission may take
    unsafe   without the sandbox
    only     the one exercise to grade, None for all
    secret   the course's seed; None: the course's own
    records  exercise → hidden record, where another process has computed them
    raises   NotebookError without a release, InputError for an unknown exercise
    """

    def __init__(
        self, root: Path, week: Week, *, limits: Limits = Limits(), unsafe: bool = False, only: str | None = None,
        secret: bytes | None = None, records: dict[str, dict] | None = None,
    ):  # fmt: skip
        self.week, self.limits, self.unsafe = week, limits, unsafe
        self.release = notebook.read(root / "labs" / week.id / "lab.ipynb")
        self.points = notebook.points(self.release)
        self.setup = notebook.find(self.release, setup_cell.CELL_ID)["source"]
        self.exercises = [week.exercise(only)] if only else list(week.exercises)
        if stale := [one.name for one in self.exercises if one.name not in self.points]:
            raise InputError(f"{', '.join(stale)}: not in labs/{week.id}/lab.ipynb", "every exercise in the release",
                             f"mmlab release {week.id}")  # fmt: skip
        self._records = (lambda: records) if records is not None else lambda: hidden.records(
            root, week, hidden.secret(root) if secret is None else secret)  # fmt: skip
        self.sandbox = Sandbox(root, week, limits, unsafe=unsafe)

    @cached_property
    def records(self) -> dict[str, dict]:
        """Exercise → its hidden record; raises InputError for a damaged seed."""
        return self._records()

    def __enter__(self) -> "Grader":
        try:
            with ThreadPoolExecutor(1) as pool:  # the zygote imports while the hidden cases are computed
                booting = pool.submit(self.sandbox.boot)
                self.records.keys()
                booting.result()
        except BaseException:
            self.sandbox.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.sandbox.close()

    def grade(self, submission: Submission, prepared: Prepared | None = None) -> Graded:
        """Return all that can be said of a submission; a sandbox that fails is its `fault`.

        prepared  what `repair` made of it, where that was done on another machine
        raises    MissingPart where nothing can be graded on this machine
        """
        began = time.monotonic()
        prepared = prepared or repair.prepare(submission, self.release)
        graded = Graded(submission.student, submission.week, submission.digest, submission.timestamp, unsafe=self.unsafe,
                        repairs=list(prepared.repairs), problem=prepared.problem)  # fmt: skip
        graded.spent["intake"] = time.monotonic() - began
        try:
            if prepared.problem is None:
                self._sit(prepared.notebook, graded)
            else:
                graded.marks = [Mark(one.name, 0.0, self.points[one.name], attempted=False) for one in self.exercises]
        except SandboxFault as fault:
            graded.fault, graded.marks, graded.cells = str(fault), [], []
        graded.seconds = time.monotonic() - began
        return graded

    def _sit(self, lab: dict, graded: Graded) -> None:
        """Run a notebook's cells and mark every exercise, into `graded`."""
        cells = to_run(lab)
        with Sitting(self.sandbox, self.setup, cells, self.limits) as sitting:
            try:
                sitting.run_cells()
            except Stopped:
                pass  # every exercise says why
            asked = time.monotonic()
            graded.marks = [self._mark(one, lab, sitting) for one in self.exercises]
            asked = time.monotonic() - asked
        graded.cells = [sitting.runs.get(cell["id"], CellRun(cell["id"], "skipped")) for cell in cells if "source" in cell]
        graded.peak_mb = round(sitting.peak_mb, 1)
        graded.spent |= sitting.spent | {"judge": max(0.0, asked - sitting.spent["answers"])}

    def _mark(self, exercise: Exercise, lab: dict, sitting: Sitting) -> Mark:
        points = float(self.points[exercise.name])
        name = exercise.name if exercise.is_text else f"{exercise.name}-solution"
        attempted = _source(lab, name) != _source(self.release, name)
        if exercise.is_text:
            return judge.text_mark(exercise, points, attempted=attempted)
        return judge.mark(exercise, self.records[exercise.name], points, sitting, attempted=attempted)


def to_run(lab: dict) -> list[dict]:
    """Return what a child runs of a repaired notebook, in order: unlocked code cells, and where each check stands."""
    found = []
    for cell in lab["cells"]:
        about, name = notebook.about(cell), notebook.grade_id(cell)
        if cell["cell_type"] != "code" or name == setup_cell.CELL_ID:
            continue
        if about.get("grade"):
            found.append({"id": cell["id"], "check": name})
        elif about.get("solution") or not (about.get("locked") or "demo" in cell["metadata"].get("tags", [])):
            found.append({"id": cell["id"], "source": cell["source"]})
    return found


def _source(lab: dict, name: str) -> str:
    cell = notebook.cell_named(lab, name)
    return cell["source"] if cell else ""
