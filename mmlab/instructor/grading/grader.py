"""Grade one submission through all stages: read, validate, match, repair, run, judge."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

from mmlab.cli import demo_cells, notebook, setup_cell
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import Exercise, Week
from mmlab.instructor.grading import hidden_cases, judge, remarks, withheld
from mmlab.instructor.grading.intake import bindings, limited, repair
from mmlab.instructor.grading.records import CellRun, Graded, Mark, Prepared, Submission
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.sandbox import Sandbox, SandboxFault
from mmlab.instructor.grading.submission_session import Stopped, SubmissionSession

# what can define a name that the text does not contain
DYNAMIC = re.compile(
    r"import\s*\(?\*|exec|eval|globals|locals|vars|attr|dict__|main__|modules|ipython|^\s*[%!]", re.M
)


class Grader:
    """Grades submissions of one week; a context manager. Use one for each process, from any number of threads.

    root     the course's folder
    week     the week; its release must be in labs/
    limits   the limits for one submission
    unsafe   grade without the sandbox
    only     the one exercise to grade, None for all
    secret   the seed of the hidden cases; None: the course's own
    records  exercise → hidden record, if another process has computed them
    raises   NotebookError  if the week has no release
             InputError     for an unknown exercise
    """

    def __init__(
        self,
        root: Path,
        week: Week,
        *,
        limits: Limits = Limits(),
        unsafe: bool = False,
        only: str | None = None,
        secret: bytes | None = None,
        records: dict[str, dict] | None = None,
    ):
        self.week, self.limits, self.unsafe = week, limits, unsafe
        self.release = notebook.read(root / "labs" / week.id / "lab.ipynb")
        self.points = notebook.points(self.release)
        self.setup = notebook.find(self.release, setup_cell.CELL_ID)["source"]
        self.exercises = [week.exercise(only)] if only else list(week.exercises)
        if stale := [exercise.name for exercise in self.exercises if exercise.name not in self.points]:
            raise InputError(
                f"{', '.join(stale)}: not in labs/{week.id}/lab.ipynb",
                "every exercise in the release",
                f"mmlab release {week.id}",
            )
        self._records = (
            (lambda: records)
            if records is not None
            else lambda: hidden_cases.records(
                root, week, hidden_cases.secret(root) if secret is None else secret
            )
        )
        self.sandbox = Sandbox(root, week, limits, unsafe=unsafe)

    @cached_property
    def records(self) -> dict[str, dict]:
        """Exercise → its hidden record; raises InputError for a damaged seed."""
        return self._records()

    def __enter__(self) -> "Grader":
        try:
            # the zygote imports its libraries while the hidden cases are computed
            with ThreadPoolExecutor(1) as pool:
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
        """Return the result of a submission; a failure of the sandbox is recorded as its `fault`.

        prepared  the result of `repair.prepare`, if another machine has done that stage
        raises    MissingPart  if this machine cannot grade at all
        """
        began = time.monotonic()
        prepared = prepared or repair.prepare(submission, self.release)
        graded = Graded(
            submission.student,
            submission.week,
            submission.digest,
            submission.timestamp,
            unsafe=self.unsafe,
            repairs=list(prepared.repairs),
            problem=prepared.problem,
        )
        graded.spent["intake"] = time.monotonic() - began
        try:
            if prepared.problem is None:
                self._run_and_judge(prepared, graded)
            else:
                graded.marks = [
                    Mark(exercise.name, 0.0, self.points[exercise.name], attempted=False)
                    for exercise in self.exercises
                ]
        except SandboxFault as fault:
            graded.fault, graded.marks, graded.cells = str(fault), [], []
        graded.seconds = time.monotonic() - began
        return graded

    def _run_and_judge(self, prepared: Prepared, graded: Graded) -> None:
        """Run a notebook's cells, judge every exercise, and store the results in `graded`."""
        lab, cells = prepared.notebook, to_run(prepared.notebook)
        answered = {
            exercise.name: self.records[exercise.name]
            for exercise in self.exercises
            if not exercise.is_text and self._is_attempted(exercise, lab)
        }
        with SubmissionSession(
            self.sandbox,
            self.setup,
            cells,
            self.limits,
            answered,
            files=prepared.files,
            without=withheld.names_of(self.week),
        ) as session:
            try:
                session.run_cells()
            except Stopped:
                pass  # each exercise then reports the reason itself
            graded.repairs += remarks.explain_errors(session.runs, prepared.python)
            began, answers = time.monotonic(), session.spent["answers"]
            graded.marks = [self._mark(exercise, lab, session) for exercise in self.exercises]
            seconds = time.monotonic() - began
        graded.cells = [
            session.runs.get(cell["id"], CellRun(cell["id"], "skipped")) for cell in cells if "source" in cell
        ]
        graded.repairs += remarks.skipped(graded.cells)
        graded.marks = [remarks.explained(mark, graded.cells) for mark in graded.marks]
        graded.peak_mb = round(session.peak_mb, 1)
        graded.spent |= session.spent | {"judge": seconds - (session.spent["answers"] - answers)}

    def _mark(self, exercise: Exercise, lab: dict, session: SubmissionSession) -> Mark:
        points, attempted = float(self.points[exercise.name]), self._is_attempted(exercise, lab)
        if exercise.is_text:
            return judge.text_mark(exercise, points, attempted=attempted)
        if not attempted and not self._may_be_defined(exercise.name, lab):
            words = (
                f"the cell of {exercise.name} is as released",
                "an answer",
                "write your answer into the cell",
            )
            cases = len(self.records[exercise.name]["cases"])
            return Mark(exercise.name, 0.0, points, 0, cases, None, words, attempted=False)
        return judge.mark(exercise, self.records[exercise.name], points, session, attempted=attempted)

    def _is_attempted(self, exercise: Exercise, lab: dict) -> bool:
        name = exercise.name if exercise.is_text else f"{exercise.name}-solution"
        return _source(lab, name) != _source(self.release, name)

    def _may_be_defined(self, name: str, lab: dict) -> bool:
        """Return whether a cell that the student wrote may define a name whose own cell still has the stub."""
        released = {cell["source"] for cell in self.release["cells"]}
        own = [cell["source"] for cell in lab["cells"] if cell["source"] not in released]
        return any(name in source or DYNAMIC.search(source) for source in own)


def to_run(lab: dict) -> list[dict]:
    """Return the part of a repaired notebook that a child runs, in order: unlocked code cells and check positions.

    Of the demos, only those run that define what a later cell uses.
    """
    rows = []
    for cell in lab["cells"]:
        about, name = notebook.about(cell), notebook.grade_id(cell)
        if cell["cell_type"] != "code":
            continue
        is_setup = name == setup_cell.CELL_ID
        if about.get("grade"):
            rows.append((cell, "check"))
        elif is_setup or not about.get("locked") or about.get("solution"):
            demo = demo_cells.is_demo(cell) and not about.get("solution")
            rows.append((cell, "setup" if is_setup else "demo" if demo else "own"))
    code = [(cell, kind) for cell, kind in rows if kind != "check"]
    with limited.budget():
        needed = demo_cells.needed([(cell["source"], kind == "demo") for cell, kind in code], bindings.names)
    used = {id(code[index][0]) for index in needed}
    return [
        {"id": cell["id"], "check": notebook.grade_id(cell)}
        if kind == "check"
        else {"id": cell["id"], "source": cell["source"]}
        for cell, kind in rows
        if kind in ("check", "own") or id(cell) in used
    ]


def _source(lab: dict, name: str) -> str:
    cell = notebook.cell_named(lab, name)
    return cell["source"] if cell else ""
