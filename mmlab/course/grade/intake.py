"""A submission's bytes → a notebook, whatever the file is."""

from mmlab.course.grade import choice, folders
from mmlab.course.grade.choice import Read
from mmlab.course.grade.placing import Wanted
from mmlab.course.grade.stages import Submission
from mmlab.errors import NotebookError

HAND_IN = "hand in lab.ipynb, or the zip that `mmlab submit` makes of it"


def read(submission: Submission, release: dict) -> dict:
    """Return the notebook that was handed in: plain parts, no outputs, nothing put back in place yet.

    release  the released lab, by which a notebook is known among several
    raises   NotebookError  which says what the file is, where it cannot be read as a notebook
    """
    return taken(submission, Wanted(release)).lab


def taken(submission: Submission, wanted: Wanted) -> Read:
    """Return the notebook that was handed in, with a sentence for each thing that was put right on the way.

    The folder's other files are looked at again only to say why this one was taken.
    """
    path = submission.path
    if path is None:
        raise NotebookError("no notebook was handed in", "one file, lab.ipynb", HAND_IN)
    folder = folders.of(submission)
    there = folders.candidates(folder) if folder else []
    chosen = folders.candidate(path, folder or path.parent)
    if len(there) > 1 and chosen.name in [one.name for one in there]:
        found = choice.best(there, wanted)
        if found.candidate.name == chosen.name:
            return found
    return choice.best([chosen], wanted)
