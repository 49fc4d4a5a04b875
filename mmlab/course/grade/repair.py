"""Every cell of the release back in its place, the student's answers in theirs."""

import copy

from mmlab.course import lab_file, lab_update
from mmlab.course.grade import intake
from mmlab.course.grade.stages import Prepared, Submission
from mmlab.errors import NotebookError


def prepare(submission: Submission, release: dict) -> Prepared:
    """Return a submission as the grader runs it; raises nothing for what a student can hand in."""
    try:
        mine = intake.read(submission, release)
    except NotebookError as error:
        return Prepared(without_outputs(release), problem=str(error))
    lab, _ = lab_update.merged(mine, release)
    return Prepared(without_outputs(lab))


def without_outputs(lab: dict) -> dict:
    """Return a copy of a lab in format 4.5, as before any cell was run."""
    lab = lab_file.mended(copy.deepcopy(lab))
    for cell in lab["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return lab
