"""What was handed in, and when: submitted/STUDENT/WEEK/, as nbgrader lays it out.

Names of files are the students'; so are the files. No link below submitted/ is
followed, and nothing there is ever written.
"""

import os
from collections.abc import Collection
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.grade import choice, folders
from mmlab.course.grade.choice import NAME
from mmlab.course.grade.collect import collect
from mmlab.course.grade.folders import TIMESTAMP, digest, timestamp
from mmlab.course.grade.placing import Wanted
from mmlab.course.grade.stages import Submission
from mmlab.errors import NotebookError

__all__ = ["collect", "find"]


def find(root: Path, week_id: str, students: Collection[str] | None = None) -> list[Submission]:
    """Return every hand-in of a week below root/submitted, by student.

    root      the course's folder; its labs/WEEK/lab.ipynb tells one notebook of several
    students  whose hand-ins to return; None for all
    """
    submitted, wanted = Path(root) / "submitted", wanted_of(Path(root), week_id)
    found = []
    for student in sorted(os.listdir(submitted)) if submitted.is_dir() else []:
        folder = submitted / student / week_id
        if student.startswith(".") or not (students is None or student in students) or not os.path.lexists(folder):
            continue
        linked = folder.parent.is_symlink() or folder.is_symlink() or not folder.is_dir()
        path = None if linked else chosen(folder, wanted)
        when = None if linked else timestamp(folder, path)
        found.append(Submission(student, week_id, path, digest(path), when))
    return found


def wanted_of(root: Path, week_id: str) -> Wanted:
    """Return what the week's release asks for; of nothing where there is no release."""
    path = root / "labs" / week_id / NAME
    return Wanted(notebook.read(path) if path.exists() else {"cells": []})


def chosen(folder: Path, wanted: Wanted) -> Path | None:
    """Return the file in a student's folder that is the hand-in, None where there is no file.

    A folder without a notebook or zip gives whatever else lies there, so that
    intake can say what it is.
    """
    there = folders.candidates(folder)
    if len(there) == 1:
        return folder / there[0].name
    if there:
        try:
            return folder / choice.best(there, wanted).candidate.name
        except NotebookError:
            return folder / max(there, key=lambda one: (one.named_right, one.when, one.name)).name
    odd = [folder / NAME] if os.path.lexists(folder / NAME) else []
    return next(iter(odd + [path for path in folders.files(folder) if path.name != TIMESTAMP]), None)
