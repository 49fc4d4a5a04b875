"""What was submitted, when, and the notebook in it: submitted/STUDENT/WEEK/, as nbgrader lays it out.

File names and contents come from students and are not trusted. No link below submitted/ is
followed, and nothing there is ever written.
"""

import os
from collections.abc import Collection
from pathlib import Path

from mmlab.cli import notebook
from mmlab.errors import InputError, NotebookError
from mmlab.instructor.authoring.course_config import Layout
from mmlab.instructor.grading.intake import companions, file_selection, folders
from mmlab.instructor.grading.intake.cell_matching import Wanted
from mmlab.instructor.grading.intake.collect import collect
from mmlab.instructor.grading.intake.file_selection import NAME, Read
from mmlab.instructor.grading.intake.folders import TIMESTAMP, timestamp
from mmlab.instructor.grading.intake.times import Time
from mmlab.instructor.grading.records import Submission
from mmlab.instructor.unicode_names import canonical

__all__ = ["collect", "find", "load", "read"]
NO_TIME = "there is no time of submission"
NO_ZONE = "the time names no zone and was read as UTC"


def find(root: Path, week_id: str, students: Collection[str] | None = None) -> list[Submission]:
    """Return every submission of a week in the course's folder of submissions, sorted by student.

    root      the course's folder; labs/WEEK/lab.ipynb helps to choose among several notebooks
    students  whose submissions to return; None for all
    raises    InputError  if two folders have the same name in different Unicode forms, or if
                          nbgrader_config.py cannot be used
    """
    layout, wanted = Layout.of(root), wanted_of(Path(root), week_id)
    chosen_students = None if students is None else {canonical(student) for student in students}
    submissions: dict[str, Submission] = {}
    for name, folder in layout.submitted(week_id):
        student = canonical(name)
        if chosen_students is not None and student not in chosen_students:
            continue
        if student in submissions:
            raise InputError(
                f"{submissions[student].folder} and {folder} are two folders of one student: their names look the "
                "same and differ only in how Unicode stores them (NFC and NFD)",
                "one folder for each student",
                "move the newer submission into one of them and delete the other",
            )
        linked = folder.parent.is_symlink() or folder.is_symlink() or not folder.is_dir()
        path = None if linked else chosen(folder, wanted)
        time = Time() if linked else timestamp(folder, path, layout.zone)
        note = time.problem or (NO_ZONE if time.assumed else "" if time.utc else NO_TIME)
        submissions[student] = Submission(
            student, week_id, path, companions.digest(path), time.utc, note, folder
        )
    return sorted(submissions.values(), key=lambda submission: submission.student)


def wanted_of(root: Path, week_id: str) -> Wanted:
    """Return what the week's release asks for; nothing if the week has not been released."""
    path = root / "labs" / week_id / NAME
    return Wanted(notebook.read(path) if path.exists() else {"cells": []})


def chosen(folder: Path, wanted: Wanted) -> Path | None:
    """Return the file in a student's folder to grade, or None if the folder is empty.

    If there is no notebook and no zip, any other file is returned, so that the
    student can be told what it is.
    """
    candidates = folders.candidates(folder)
    if len(candidates) == 1:
        return folder / candidates[0].name
    if candidates:
        try:
            return folder / file_selection.best(candidates, wanted).candidate.name
        except NotebookError:
            return folder / max(candidates, key=file_selection.likelihood).name
    odd = [folder / NAME] if os.path.lexists(folder / NAME) else []
    return next(iter(odd + [path for path in folders.files(folder) if path.name != TIMESTAMP]), None)


def read(submission: Submission, release: dict) -> dict:
    """Return the submitted notebook with plain values and without outputs, before any repair.

    release  the released lab, which helps to choose among several notebooks
    raises   NotebookError  if the file cannot be read as a notebook; the message says what it is
    """
    return load(submission, Wanted(release)).lab


def load(submission: Submission, wanted: Wanted) -> Read:
    """Return the submitted notebook, with one sentence for each repair made while reading.

    If the folder holds several candidates, they are compared again only to explain the choice.
    """
    path = submission.path
    if path is None:
        raise NotebookError(
            "no notebook was submitted",
            "one file, lab.ipynb",
            "submit lab.ipynb, or the zip that `mmlab submit` makes",
        )
    folder = folders.of(submission)
    candidates = folders.candidates(folder) if folder else []
    candidate = folders.candidate(path, folder or path.parent)
    if len(candidates) > 1 and candidate.name in [other.name for other in candidates]:
        best = file_selection.best(candidates, wanted)
        if best.candidate.name == candidate.name:
            return best
    return file_selection.best([candidate], wanted)
