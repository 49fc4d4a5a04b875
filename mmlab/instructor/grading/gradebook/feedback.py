"""feedback/STUDENT/WEEK/lab.html: the feedback page for a student.

It shows the total, then each exercise with its verdict, the wrong result, one hint, and a
person's comment. `page` makes its content; the answers are read from autograded/, so that they
are the ones that were graded.
"""

from pathlib import Path

from mmlab.cli import notebook
from mmlab.errors import NotebookError
from mmlab.instructor.authoring.course_config import Layout
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading.gradebook import gradebook
from mmlab.instructor.grading.gradebook.files import (
    NOTEBOOK,
    SHARED,
    WRITABLE,
    folder_of,
    is_shared,
    release_of,
    replace,
)
from mmlab.instructor.grading.gradebook.page import Lab, render
from mmlab.instructor.grading.intake.folders import contents
from mmlab.instructor.grading.records import Graded
from mmlab.instructor.grading.register import Register

PAGE = "lab.html"
EXCHANGE = ("timestamp.txt", "submission_secret.txt")


def write(root: Path, week: Week, batch: list[Graded]) -> list[Path]:
    """Write the pages of a batch that is already in the gradebook, atomically; return their paths.

    A result with a fault is skipped, and an earlier page stays.
    raises  InputError  without free space or write permission
    """
    register = Register.read(root, week.id)
    return _write(root, week, register, [register.merged(graded) for graded in batch if graded.fault is None])


def refresh(root: Path, week: Week, students: list[str] | None = None) -> list[Path]:
    """Write the pages of a week again, after a person has graded in formgrader; nothing is run again.

    students  ids; None: all graded students
    raises    InputError  without free space or write permission
    """
    register = Register.read(root, week.id)
    chosen = [student for student in sorted(register.students) if students is None or student in students]
    return _write(root, week, register, [register.graded(student) for student in chosen])


def _write(root: Path, week: Week, register: Register, batch: list[Graded]) -> list[Path]:
    """Write the pages of those students in a batch who are in the gradebook."""
    if not batch:
        return []
    lab, layout, shared, written = Lab.of(week, release_of(root, week)), Layout.of(root), is_shared(root), []
    standings = gradebook.standings(root, week, [graded.student for graded in batch])
    for graded in batch:
        if (standing := standings.get(graded.student)) is None:
            continue
        path = folder_of(layout, "feedback", graded.student, week.id, shared=shared) / PAGE
        failures = register.students.get(graded.student, {}).get("failures", {})
        autograded = _autograded(layout, week, graded.student)
        html = render(lab, graded, standing, autograded=autograded, failures=failures)
        replace(path, html.encode(), SHARED if shared else WRITABLE)
        submitted = layout.folder("submitted", graded.student, week.id)
        _copy_exchange_files(submitted, path.parent, SHARED if shared else WRITABLE)
        written.append(path)
    return written


def _copy_exchange_files(submitted: Path, folder: Path, mode: int) -> None:
    """Copy the exchange's files beside a submission, by which `nbgrader release_feedback` finds the student."""
    for name in EXCHANGE:
        try:
            replace(folder / name, contents(submitted / name)[:200], mode)
        except NotebookError:
            (folder / name).unlink(missing_ok=True)


def _autograded(layout: Layout, week: Week, student: str) -> dict | None:
    """Return the notebook as it was graded, or None if it was deleted."""
    try:
        return notebook.read(layout.folder("autograded", student, week.id) / NOTEBOOK)
    except NotebookError:
        return None
