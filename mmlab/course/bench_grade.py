"""`mmlab grade` against stock nbgrader: the same submissions, the same cells, in turns.

The class is graded in two halves, each side once first, in processes and course
folders of their own. Stock gets its fastest way, one process for all students and
no feedback pages, on one core as it is built; ours does all that it does, pages
included, with one job a core. The hidden cases are computed once a course, so the
second half finds them there.
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

from mmlab.course import notebook, places
from mmlab.course.exercise import Week, weeks
from mmlab.course.grade import hidden
from mmlab.course.release import generate
from mmlab.course.stock import submit
from mmlab.errors import NotebookError

WEEK, SIZE, LEAST = "02_clip", 200, 10.0
TRAINING = "train_clip"
STOCK = """\
import json, sys
from pathlib import Path
from mmlab.course.stock import autograde, feedback
root, scratch, week, pages, *students = sys.argv[1:]
scores = autograde(Path(root), Path(scratch), week, students)
if pages == "pages":
    feedback(Path(root), Path(scratch), week, students)
print(json.dumps(scores))
"""
OURS = "from mmlab.course.cli import main; raise SystemExit(main())"


def measure(n: int = SIZE) -> dict:
    """Return how many times the throughput of stock `mmlab grade` has on `n` submissions.

    returns  ratio, stock_seconds, ours_seconds, submissions, jobs, marks_equal; peak_mb of both;
             as_operated, where stock writes its feedback pages too (on a fifth of the class);
             training_seconds, what `train_clip` takes of one right submission
    """
    root, jobs = places.root(), os.cpu_count() or 1
    (week,) = weeks(root, [WEEK])
    answers = made_up(week, n)
    students = list(answers)
    few = students[: max(4, n // 5)]
    stock, ours, with_pages, again = Side(), Side(), Side(), Side()
    turns = [(by_stock, stock, students[::2]), (by_ours, ours, students[::2]), (by_ours, ours, students[1::2]),
             (by_stock, stock, students[1::2]), (by_stock_with_pages, with_pages, few), (by_ours, again, few)]  # fmt: skip
    with tempfile.TemporaryDirectory() as kept:
        for run, side, part in turns:
            with Course(root, week.id, {student: answers[student] for student in part}, Path(kept)) as scratch:
                run(side, root, scratch, week, part)
    ratio = stock.seconds / ours.seconds
    return {
        "ratio": round(ratio, 2), "stock_seconds": round(stock.seconds, 1), "ours_seconds": round(ours.seconds, 1),
        "submissions": n, "jobs": jobs, "marks_equal": stock.scores == ours.scores,
        "stock_peak_mb": round(stock.peak_mb), "ours_peak_mb": round(ours.peak_mb),
        "as_operated": {"ratio": round(with_pages.seconds / again.seconds, 2), "submissions": len(few),
                        "stock_seconds": round(with_pages.seconds, 1), "ours_seconds": round(again.seconds, 1)},
        "training_seconds": training(week), "ok": stock.scores == ours.scores and (ratio >= LEAST or n < SIZE),
    }  # fmt: skip


class Side:
    """What one side took so far, and the marks that it gave: student → exercise → points."""

    def __init__(self):
        self.seconds, self.peak_mb, self.scores = 0.0, 0.0, {}

    def run(self, command: list[str]) -> str:
        """Run a command, add what it took, and return what it printed; raises NotebookError where it fails."""
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        watcher = threading.Thread(target=self._watch, args=(process,))
        watcher.start()
        said, complained = process.communicate()
        self.seconds += time.perf_counter() - began
        watcher.join()
        if process.returncode:
            raise NotebookError(f"{' '.join(command[3:5])} ended with {process.returncode}: {complained[-2000:]}",
                                "a class that both sides can grade", "mend what it names")  # fmt: skip
        return said

    def _watch(self, process: subprocess.Popen) -> None:
        import psutil

        while process.poll() is None:
            total = 0
            try:
                family = psutil.Process(process.pid)
                for one in (family, *family.children(recursive=True)):
                    total += one.memory_full_info().pss
            except psutil.Error:  # one of them ended while we looked
                pass
            self.peak_mb = max(self.peak_mb, total / 2**20)
            time.sleep(0.5)


def made_up(week: Week, n: int) -> dict[str, dict[str, str]]:
    """Return student → exercise → source: references, alternates, misconceptions and stubs, in turns."""
    lab = notebook.read(week.notebook)
    exercises = [exercise for exercise in week.exercises if not exercise.is_text]

    def answer(student: int, at: int, exercise) -> str:
        solution, kind = notebook.reference(lab, exercise.name), (student + at) % 4
        planted = (exercise.alternates, exercise.misconceptions)[kind - 1] if kind in (1, 2) else ()
        if kind == 3:
            return notebook.stub(solution, exercise.name)
        if not planted:
            return solution
        chosen = planted[(student // 4) % len(planted)].function
        return notebook.paste(solution, notebook.renamed(chosen, exercise.name), exercise.name)

    return {f"student-{student:03}": {one.name: answer(student, at, one) for at, one in enumerate(exercises)}
            for student in range(n)}  # fmt: skip


class Course:
    """A course folder of its own with the submissions in it, for the length of a `with` block.

    kept  a folder from which the course's seed and hidden cases come, and to which they go
    """

    def __init__(self, root: Path, week: str, answers: dict[str, dict[str, str]], kept: Path | None = None):
        self.root, self.week, self.answers, self.kept = root, week, answers, kept

    def __enter__(self) -> Path:
        self.folder = tempfile.TemporaryDirectory()
        scratch = Path(self.folder.name)
        for name in ("lessons", "solutions", "pyproject.toml", "nbgrader_config.py"):
            (scratch / name).symlink_to(self.root / name)
        generate(self.root, self.week, scratch=scratch)
        for student, cells in self.answers.items():
            submit(scratch, self.week, student, cells)
        self._carry(self.kept, scratch)
        return scratch

    def __exit__(self, *_):
        self._carry(Path(self.folder.name), self.kept)
        self.folder.cleanup()

    def _carry(self, source: Path | None, target: Path | None) -> None:
        if source is None or target is None:
            return
        for name in (".seed", f".mmlab/{self.week}/{hidden.FILE}"):
            if (source / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                shutil.copy(source / name, target / name)


def by_stock(side: Side, root: Path, scratch: Path, week: Week, students: list[str], pages: str = "no pages") -> None:
    """Let stock nbgrader mark a part of the class."""
    said = side.run([sys.executable, "-c", STOCK, str(root), str(scratch), week.id, pages, *students])
    texts = {one.name for one in week.exercises if one.is_text}
    for student, scores in json.loads(said.splitlines()[-1]).items():
        side.scores[student] = {name: float(score) for name, score in scores.items() if name not in texts}


def by_stock_with_pages(side: Side, root: Path, scratch: Path, week: Week, students: list[str]) -> None:
    """Let stock nbgrader mark a part of the class and write its feedback pages."""
    by_stock(side, root, scratch, week, students, "pages")


def by_ours(side: Side, root: Path, scratch: Path, week: Week, students: list[str]) -> None:
    """Let `mmlab grade` mark a part of the class; it writes its pages too."""
    command = f"import os; os.chdir({str(scratch)!r}); " + OURS
    said = side.run([sys.executable, "-c", command, "grade", week.id, "--json"])
    for one in json.loads(said)["submissions"]:
        side.scores[one["student"]] = {name: float(verdict["score"]) for name, verdict in one["verdicts"].items()
                                       if verdict["score"] is not None}  # fmt: skip


def training(week: Week) -> float:
    """Return the seconds that the reference of `train_clip` takes for all its cases, on one thread."""
    from mmlab.check import drivers
    from mmlab.course.records import setup_names

    lab, exercise = notebook.read(week.notebook), week.exercise(TRAINING)
    candidate = notebook.define(notebook.reference(lab, TRAINING), TRAINING, setup_names(week.id))
    driver, cases = {"kind": exercise.driver.kind, "options": exercise.driver.options}, exercise.inputs()
    with hidden.one_thread():
        for _ in range(2):  # the second time: what the first one imports is no training
            began = time.perf_counter()
            for case in cases:
                drivers.run(driver, candidate, {key: value for key, value in case.items() if key != "truth"})
            took = time.perf_counter() - began
    return round(took, 2)
