"""What was handed in, and when: submitted/STUDENT/WEEK/, as nbgrader lays it out."""

import hashlib
from pathlib import Path

from mmlab.course.grade.stages import Submission

NAME = "lab.ipynb"


def find(root: Path, week_id: str, students: list[str] | None = None) -> list[Submission]:
    """Return every hand-in of a week below root/submitted, by student; of `students` only, where they are named."""
    found = []
    for folder in sorted((Path(root) / "submitted").glob(f"*/{week_id}")):
        student = folder.parent.name
        if not student.startswith(".") and (students is None or student in students):
            found.append(submission(folder, student, week_id))
    return found


def submission(folder: Path, student: str, week_id: str) -> Submission:
    """Return what one student's folder of a week holds."""
    path = folder / NAME
    if not path.is_file():
        path = next((file for end in ("*.ipynb", "*.zip") for file in sorted(folder.glob(end))), None)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path else ""
    return Submission(student, week_id, path, digest)
