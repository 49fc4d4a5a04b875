"""A week's cells in the gradebook, as `nbgrader generate_assignment` would have saved them.

The preprocessors that the course configures for a release run on the source lab in
memory, up to the one that saves; nothing on the disk but the gradebook changes.
"""

import contextlib
import logging

from mmlab.course.exercise import Week
from mmlab.course.grade.database import Course
from mmlab.course.grade.rows import NOTEBOOK
from mmlab.errors import InputError, NotebookError

FIELDS = ("name", "cell_type", "locked", "source", "checksum")


def cells_of_lab(course: Course, week: Week) -> tuple[dict, dict]:
    """Return the week's lab as it is when its cells are saved, and nbgrader's resources with what is to be saved.

    raises  NotebookError where the source lab is missing or nbgrader refuses it
    """
    import nbformat
    from nbgrader.preprocessors import SaveCells

    resources = {
        "metadata": {"path": str(week.folder), "name": NOTEBOOK},
        "nbgrader": {"notebook": NOTEBOOK, "assignment": week.id, "student": ".",
                     "db_url": course.book.engine.url.render_as_string(hide_password=False)},
    }  # fmt: skip
    try:
        lab = nbformat.read(week.notebook, as_version=nbformat.current_nbformat)
        with _quiet():
            for kind in course.config.GenerateAssignment.preprocessors:
                if issubclass(kind, SaveCells):
                    break
                lab, resources = kind(config=course.config).preprocess(lab, resources)
    except OSError as error:
        raise NotebookError(f"{week.notebook} cannot be read ({error})", "the week's source lab",
                            "grade where solutions/ is") from None  # fmt: skip
    resources["cells"] = _wanted(lab)
    return lab, resources


def saved_cells(course: Course, week: str) -> dict | None:
    """Return what the gradebook has of a week's lab, in the form of `resources["cells"]`, or None."""
    from nbgrader.api import MissingEntry

    try:
        notebook = course.book.find_notebook(NOTEBOOK, week)
    except MissingEntry:
        return None
    return {
        "source": sorted(tuple(getattr(cell, field) for field in FIELDS) for cell in notebook.source_cells),
        "grade": sorted((cell.name, cell.max_score, cell.cell_type) for cell in notebook.grade_cells),
        "solution": sorted(cell.name for cell in notebook.solution_cells),
    }


def save_cells(course: Course, week: str, lab: dict, resources: dict) -> None:
    """Save the assignment and its cells through nbgrader's own SaveCells.

    raises  InputError where cells came or went although submissions have been graded
    """
    from nbgrader.preprocessors import SaveCells

    course.book.update_or_create_assignment(week)
    course.session.remove()  # SaveCells opens the database for itself
    try:
        with _quiet():
            SaveCells(config=course.config).preprocess(lab, resources)
    except RuntimeError as error:
        raise InputError(
            f"exercises of {week} came or went after submissions were graded ({error})",
            "the exercises that those marks are of",
            "drop an exercise by setting its points to 0 and releasing; to begin anew, with all marks of the week "
            f"gone, run `nbgrader db assignment remove {week} --force`",
        ) from None


def _wanted(lab: dict) -> dict:
    """Return what SaveCells will save of a lab."""
    from nbgrader import utils

    def known(cell):
        return utils.is_grade(cell) or utils.is_solution(cell) or utils.is_locked(cell)

    def name(cell):
        return cell.metadata.nbgrader["grade_id"]

    return {
        "source": sorted((name(cell), cell.cell_type, utils.is_locked(cell), cell.source,
                          cell.metadata.nbgrader.get("checksum")) for cell in lab.cells if known(cell)),
        "grade": sorted((name(cell), float(cell.metadata.nbgrader["points"]), cell.cell_type)
                        for cell in lab.cells if utils.is_grade(cell)),
        "solution": sorted(name(cell) for cell in lab.cells if utils.is_solution(cell)),
    }  # fmt: skip


@contextlib.contextmanager
def _quiet():
    """Keep nbgrader's own log off the terminal."""
    logger = logging.getLogger("traitlets")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
