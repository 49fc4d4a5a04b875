"""Save a week's cells in the gradebook, as `nbgrader generate_assignment` does.

The preprocessors that the course configures for a release run on the source lab in memory, up
to SaveCells; on disk only the gradebook changes.
"""

import contextlib
import logging

from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading.gradebook.database import Course
from mmlab.instructor.grading.gradebook.rows import NOTEBOOK

FIELDS = ("name", "cell_type", "locked", "source", "checksum")


def cells_of_lab(course: Course, week: Week) -> tuple[dict, dict]:
    """Return the week's lab before SaveCells runs, and nbgrader's resources with the cells to save.

    raises  NotebookError  if the source lab is missing or nbgrader refuses it
    """
    from nbgrader.preprocessors import SaveCells

    resources = {
        "metadata": {"path": str(week.folder), "name": NOTEBOOK},
        "nbgrader": {
            "notebook": NOTEBOOK,
            "assignment": week.id,
            "student": ".",
            "db_url": course.book.engine.url.render_as_string(hide_password=False),
        },
    }
    lab = notebook.node(week.notebook)
    with _quiet():
        for kind in course.config.GenerateAssignment.preprocessors:
            if issubclass(kind, SaveCells):
                break
            lab, resources = kind(config=course.config).preprocess(lab, resources)
    resources["cells"] = _wanted(lab)
    return lab, resources


def saved_cells(course: Course, week: str) -> dict | None:
    """Return the cells of a week's lab in the gradebook, in the form of `resources["cells"]`, or None."""
    from nbgrader.api import MissingEntry

    try:
        known = course.book.find_notebook(NOTEBOOK, week)
    except MissingEntry:
        return None
    return {
        "source": sorted(tuple(getattr(cell, field) for field in FIELDS) for cell in known.source_cells),
        "grade": sorted((cell.name, cell.max_score, cell.cell_type) for cell in known.grade_cells),
        "solution": sorted(cell.name for cell in known.solution_cells),
    }


def save_cells(course: Course, week: str, lab: dict, resources: dict) -> None:
    """Save the assignment and its cells through nbgrader's own SaveCells.

    raises  InputError  if cells were added or removed although submissions have been graded
    """
    from nbgrader.preprocessors import SaveCells

    course.book.update_or_create_assignment(week)
    course.session.remove()  # because SaveCells opens the database itself
    try:
        with _quiet():
            SaveCells(config=course.config).preprocess(lab, resources)
    except RuntimeError as error:
        raise InputError(
            f"exercises of {week} were added or removed after submissions were graded ({error})",
            "the same exercises as in the gradebook",
            "drop an exercise by setting its points to 0 and releasing; to start over and delete all scores of the "
            f"week, run `nbgrader db assignment remove {week} --force`",
        ) from None


def _wanted(lab: dict) -> dict:
    """Return the cells that SaveCells will save from a lab."""
    from nbgrader import utils

    def known(cell):
        return utils.is_grade(cell) or utils.is_solution(cell) or utils.is_locked(cell)

    def name(cell):
        return cell.metadata.nbgrader["grade_id"]

    return {
        "source": sorted(
            (
                name(cell),
                cell.cell_type,
                utils.is_locked(cell),
                cell.source,
                cell.metadata.nbgrader.get("checksum"),
            )
            for cell in lab.cells
            if known(cell)
        ),
        "grade": sorted(
            (name(cell), float(cell.metadata.nbgrader["points"]), cell.cell_type)
            for cell in lab.cells
            if utils.is_grade(cell)
        ),
        "solution": sorted(name(cell) for cell in lab.cells if utils.is_solution(cell)),
    }


@contextlib.contextmanager
def _quiet():
    """Keep nbgrader's own log off the terminal."""
    logger = logging.getLogger("traitlets")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
