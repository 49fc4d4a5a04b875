"""Grade submissions with nbgrader's own converters, in a separate course folder.

This is slow, but every instructor already has it; tests use it to verify that stock nbgrader
and `check` agree.
"""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from mmlab.cli import notebook
from mmlab.instructor.authoring.course_config import database_url
from mmlab.instructor.authoring.release import finished, generate, nbgrader


def stock_scores(
    root: Path, week: str, answers: dict[str, dict[str, str]]
) -> dict[str, dict[str, float | None]]:
    """Return the scores from stock nbgrader: student → grade id → points.

    root     the course's folder
    answers  student → exercise → source of its solution cell; missing exercises stay stubs
    """
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        generate(root, week, scratch=scratch)
        for student, cells in answers.items():
            submit(scratch, week, student, cells)
        return autograde(root, scratch, week, list(answers))


def submit(scratch: Path, week: str, student: str, cells: dict[str, str]) -> Path:
    """Write a submission that contains only lab.ipynb: the release with some solution cells filled in."""
    lab = notebook.read(scratch / "labs" / week / "lab.ipynb")
    for name, source in cells.items():
        notebook.find(lab, f"{name}-solution")["source"] = source
    folder = scratch / "submitted" / student / week
    folder.mkdir(parents=True)
    notebook.write(folder / "lab.ipynb", lab)
    return folder


def autograde(
    root: Path, scratch: Path, week: str, students: list[str]
) -> dict[str, dict[str, float | None]]:
    """Run stock autograde on submissions in `scratch`; return student → grade id → points."""
    from nbgrader.api import Gradebook

    with nbgrader(root, scratch=scratch) as api, _quiet_kernels():
        for student in students:
            finished(
                api.autograde(week, student, force=True, create=True), f"nbgrader autograde of {student}"
            )
    scores = {}
    with Gradebook(database_url(scratch / "gradebook.db")) as book:
        for student in students:
            graded = book.find_submission_notebook("lab", week, student)
            scores[student] = {grade.name: grade.auto_score for grade in graded.grades}
    return scores


def feedback(root: Path, scratch: Path, week: str, students: list[str]) -> None:
    """Let stock nbgrader write the feedback pages of graded submissions in `scratch`."""
    with nbgrader(root, scratch=scratch) as api:
        for student in students:
            finished(
                api.generate_feedback(week, student, force=True), f"nbgrader generate_feedback of {student}"
            )


@contextmanager
def _quiet_kernels():
    """Start kernels with one thread, and discard their messages about the transport."""
    before, stderr = os.environ.get("OMP_NUM_THREADS"), os.dup(2)
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before
