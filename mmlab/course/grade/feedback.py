"""feedback/STUDENT/WEEK/lab.html: the page that goes back to a student.

It opens on the total, then has each exercise with its verdict, what the wrong
result is, one hint, and what a person said. `page` says what stands on it; the
answers are read from autograded/, so that they are those that were graded.
"""

from pathlib import Path

from mmlab.course import notebook
from mmlab.course.exercise import Week
from mmlab.course.grade import gradebook
from mmlab.course.grade.files import NOTEBOOK, SHARED, WRITABLE, folder_of, is_shared, release_of, replace
from mmlab.course.grade.folders import contents
from mmlab.course.grade.page import Lab, render
from mmlab.course.grade.register import Register
from mmlab.course.grade.stages import Graded
from mmlab.errors import NotebookError

PAGE = "lab.html"
EXCHANGE = ("timestamp.txt", "submission_secret.txt")


def write(root: Path, week: Week, batch: list[Graded]) -> list[Path]:
    """Write the pages of a batch that is in the gradebook already, each whole or not at all; return their paths.

    A result with a fault writes nothing: an earlier page stays.
    raises  InputError where there is no room or no right to write
    """
    register = Register.read(root, week.id)
    return _write(root, week, register, [register.merged(graded) for graded in batch if graded.fault is None])


def refresh(root: Path, week: Week, students: list[str] | None = None) -> list[Path]:
    """Write the pages of a week again, after a person marked in formgrader; grades nothing.

    students  ids; None: all who were graded
    raises    InputError where there is no room or no right to write
    """
    register = Register.read(root, week.id)
    chosen = [student for student in sorted(register.students) if students is None or student in students]
    return _write(root, week, register, [register.graded(student) for student in chosen])


def _write(root: Path, week: Week, register: Register, batch: list[Graded]) -> list[Path]:
    """Write pages for those of a batch whom the gradebook knows."""
    if not batch:
        return []
    lab, shared, written = Lab.of(week, release_of(root, week)), is_shared(root), []
    standings = gradebook.standings(root, week, [graded.student for graded in batch])
    for graded in batch:
        if (standing := standings.get(graded.student)) is None:
            continue
        path = folder_of(root, "feedback", graded.student, week.id, shared=shared) / PAGE
        failures = register.students.get(graded.student, {}).get("failures", {})
        html = render(lab, graded, standing, shown=_shown(root, week, graded.student), failures=failures)
        replace(path, html.encode(), SHARED if shared else WRITABLE)
        _carry(Path(root) / "submitted" / graded.student / week.id, path.parent, SHARED if shared else WRITABLE)
        written.append(path)
    return written


def _carry(handed_in: Path, folder: Path, mode: int) -> None:
    """Copy what the exchange put beside a hand-in: `nbgrader release_feedback` sends the page to its author by it."""
    for name in EXCHANGE:
        try:
            replace(folder / name, contents(handed_in / name)[:200], mode)
        except NotebookError:
            (folder / name).unlink(missing_ok=True)


def _shown(root: Path, week: Week, student: str) -> dict | None:
    """Return the notebook as it was graded, or None where it is gone."""
    try:
        return notebook.read(Path(root) / "autograded" / student / week.id / NOTEBOOK)
    except NotebookError:
        return None
