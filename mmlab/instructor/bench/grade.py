"""`mmlab grade` compared with stock nbgrader on the same submissions, in turns.

The class is graded in two halves; each grader goes first once. Every run has its own process
and course folder. Stock nbgrader runs in its fastest configuration: one process for all
students, without feedback pages, on one core. `mmlab grade` does all its work, including
pages, with one job per core. The hidden cases are computed once per course, so the second
half reuses them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from mmlab.cli import notebook, paths
from mmlab.errors import NotebookError
from mmlab.instructor.authoring.exercise import Week, weeks
from mmlab.instructor.authoring.release import generate
from mmlab.instructor.grading import hidden_cases
from mmlab.instructor.grading.gradebook.nbgrader_runner import submit
from mmlab.instructor.simulate.class_run import configure

WEEK, SIZE, MINIMUM = "02_clip", 200, 10.0
TRAINING = "train_clip"
STOCK = """\
import json, sys
from pathlib import Path
from mmlab.instructor.grading.gradebook.nbgrader_runner import autograde, feedback
root, scratch, week, pages, *students = sys.argv[1:]
scores = autograde(Path(root), Path(scratch), week, students)
if pages == "pages":
    feedback(Path(root), Path(scratch), week, students)
print(json.dumps(scores))
"""
OURS = "from mmlab.cli.command_line import main; raise SystemExit(main())"


def measure(n: int = SIZE) -> dict:
    """Return the throughput of `mmlab grade` over that of stock nbgrader on `n` submissions.

    returns  ratio, stock_seconds, ours_seconds, submissions, jobs, marks_equal; peak_mb of both;
             as_operated, with feedback pages from stock nbgrader too (on a fifth of the class);
             training_seconds, the time of `train_clip` in one correct submission
    """
    root, jobs = paths.root(), os.cpu_count() or 1
    (week,) = weeks(root, [WEEK])
    answers = simulated_answers(week, n)
    students = list(answers)
    few = students[: max(4, n // 5)]
    stock, ours, with_pages, again = Side(), Side(), Side(), Side()
    turns = [
        (by_stock, stock, students[::2]),
        (by_ours, ours, students[::2]),
        (by_ours, ours, students[1::2]),
        (by_stock, stock, students[1::2]),
        (by_stock_with_pages, with_pages, few),
        (by_ours, again, few),
    ]
    with tempfile.TemporaryDirectory() as store:
        for run, side, part in turns:
            with Course(
                root, week.id, {student: answers[student] for student in part}, Path(store)
            ) as scratch:
                run(side, root, scratch, week, part)
    ratio = stock.seconds / ours.seconds
    return {
        "ratio": round(ratio, 2),
        "stock_seconds": round(stock.seconds, 1),
        "ours_seconds": round(ours.seconds, 1),
        "submissions": n,
        "jobs": jobs,
        "marks_equal": stock.scores == ours.scores,
        "stock_peak_mb": round(stock.peak_mb),
        "ours_peak_mb": round(ours.peak_mb),
        "as_operated": {
            "ratio": round(with_pages.seconds / again.seconds, 2),
            "submissions": len(few),
            "stock_seconds": round(with_pages.seconds, 1),
            "ours_seconds": round(again.seconds, 1),
        },
        "training_seconds": training(week),
        "ok": stock.scores == ours.scores and (ratio >= MINIMUM or n < SIZE),
    }


class Side:
    """The time, memory and scores (student → exercise → points) of one grader so far."""

    def __init__(self):
        self.seconds, self.peak_mb, self.scores = 0.0, 0.0, {}

    def run(self, command: list[str]) -> str:
        """Run a command, add its time and memory, and return its output; raise NotebookError if it fails."""
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        watcher = threading.Thread(target=self._watch, args=(process,))
        watcher.start()
        output, errors = process.communicate()
        self.seconds += time.perf_counter() - began
        watcher.join()
        if process.returncode:
            raise NotebookError(
                f"{' '.join(command[3:5])} exited with status {process.returncode}: {errors[-2000:]}",
                "a class that both graders can grade",
                "fix the error that it reports",
            )
        return output

    def _watch(self, process: subprocess.Popen) -> None:
        import psutil

        while process.poll() is None:
            total = 0
            try:
                family = psutil.Process(process.pid)
                for member in (family, *family.children(recursive=True)):
                    total += member.memory_full_info().pss
            except psutil.Error:  # a process ended during the measurement
                pass
            self.peak_mb = max(self.peak_mb, total / 2**20)
            time.sleep(0.5)


def simulated_answers(week: Week, n: int) -> dict[str, dict[str, str]]:
    """Return student → exercise → source: references, alternates, misconceptions and stubs, in turns."""
    lab = notebook.read(week.notebook)
    exercises = [exercise for exercise in week.exercises if not exercise.is_text]

    def answer(student: int, at: int, exercise) -> str:
        solution, kind = notebook.reference(lab, exercise.name), (student + at) % 4
        planted = (exercise.alternates, exercise.mistakes)[kind - 1] if kind in (1, 2) else ()
        if kind == 3:
            return notebook.stub(solution, exercise.name)
        if not planted:
            return solution
        return planted[(student // 4) % len(planted)].source(solution, exercise.name)

    return {
        f"student-{student:03}": {
            exercise.name: answer(student, at, exercise) for at, exercise in enumerate(exercises)
        }
        for student in range(n)
    }


class Course:
    """A temporary course folder with submissions, for the duration of a `with` block.

    store  a folder from which the course's seed and hidden cases are copied, and to which they are copied back
    """

    def __init__(self, root: Path, week: str, answers: dict[str, dict[str, str]], store: Path | None = None):
        self.root, self.week, self.answers, self.store = root, week, answers, store

    def __enter__(self) -> Path:
        self.folder = tempfile.TemporaryDirectory()
        scratch = Path(self.folder.name)
        for name in ("lessons", "solutions", "pyproject.toml"):
            (scratch / name).symlink_to(self.root / name)
        configure(self.root, scratch)
        generate(self.root, self.week, scratch=scratch)
        for student, cells in self.answers.items():
            submit(scratch, self.week, student, cells)
        self._copy(self.store, scratch)
        return scratch

    def __exit__(self, *_):
        self._copy(Path(self.folder.name), self.store)
        self.folder.cleanup()

    def _copy(self, source: Path | None, target: Path | None) -> None:
        if source is None or target is None:
            return
        for name in (".seed", f".mmlab/{self.week}/{hidden_cases.FILE}"):
            if (source / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                shutil.copy(source / name, target / name)


def by_stock(
    side: Side, root: Path, scratch: Path, week: Week, students: list[str], pages: str = "no pages"
) -> None:
    """Grade a part of the class with stock nbgrader."""
    output = side.run([sys.executable, "-c", STOCK, str(root), str(scratch), week.id, pages, *students])
    texts = {exercise.name for exercise in week.exercises if exercise.is_text}
    for student, scores in json.loads(output.splitlines()[-1]).items():
        side.scores[student] = {name: float(score) for name, score in scores.items() if name not in texts}


def by_stock_with_pages(side: Side, root: Path, scratch: Path, week: Week, students: list[str]) -> None:
    """Grade a part of the class with stock nbgrader, with feedback pages."""
    by_stock(side, root, scratch, week, students, "pages")


def by_ours(side: Side, root: Path, scratch: Path, week: Week, students: list[str]) -> None:
    """Grade a part of the class with `mmlab grade`, with feedback pages."""
    command = f"import os; os.chdir({str(scratch)!r}); " + OURS
    output = side.run([sys.executable, "-c", command, "grade", week.id, "--json"])
    for submission in json.loads(output)["submissions"]:
        side.scores[submission["student"]] = {
            name: float(verdict["score"])
            for name, verdict in submission["verdicts"].items()
            if verdict["score"] is not None
        }


def training(week: Week) -> float:
    """Return the seconds of the reference of `train_clip` for all its cases, on one thread."""
    from mmlab.check import drivers
    from mmlab.instructor.authoring.case_records import setup_names

    lab, exercise = notebook.read(week.notebook), week.exercise(TRAINING)
    candidate = notebook.define(notebook.reference(lab, TRAINING), TRAINING, setup_names(week.id))
    driver, cases = {"kind": exercise.driver.kind, "options": exercise.driver.options}, exercise.inputs()
    with hidden_cases.one_thread():
        for _ in range(2):  # the second time counts; the first one includes imports
            began = time.perf_counter()
            for case in cases:
                drivers.run(driver, candidate, {key: value for key, value in case.items() if key != "truth"})
            took = time.perf_counter() - began
    return round(took, 2)
