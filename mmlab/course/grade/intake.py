"""A submission's bytes → a notebook, whatever the file is."""

from mmlab.course import notebook
from mmlab.course.grade.stages import Submission
from mmlab.errors import NotebookError


def read(submission: Submission, release: dict) -> dict:
    """Return the notebook that was handed in; raises NotebookError, which says why it cannot be read."""
    if submission.path is None:
        raise NotebookError("no notebook was handed in", "lab.ipynb", "hand in your lab.ipynb")
    return notebook.parse(submission.path.read_bytes().decode("utf-8-sig"), submission.path.name)
