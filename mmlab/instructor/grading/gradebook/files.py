"""autograded/STUDENT/WEEK/lab.ipynb: the notebook as it was graded, which formgrader shows.

It is the prepared notebook with the printed text of its cells, and with the judge's verdict in
each check cell. A student's other outputs are dropped, so that no HTML or script of theirs
reaches the browser of the person who grades.
"""

import re
from pathlib import Path

from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.files import atomic_write
from mmlab.instructor.authoring.course_config import Layout
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.authoring.release import nbgrader
from mmlab.instructor.grading.intake import repair, submissions
from mmlab.instructor.grading.lock import RESUME
from mmlab.instructor.grading.records import CellRun, Graded, Mark, Submission

NOTEBOOK, TIMESTAMP = "lab.ipynb", "timestamp.txt"
READ_ONLY, WRITABLE, SHARED = 0o444, 0o644, 0o664  # as nbgrader's converters leave their files
BREAK = "\u200b"  # a zero-width space: it looks the same, but prevents tags, links and \\href
ACTIVE = re.compile(r"<|\](?=[(:])|\\(?=href)")
GROUP = 0o2770  # of folders that several graders share
STATUS = {
    "time": "stopped: it took longer than a cell may",
    "died": "ended the whole process",
    "skipped": "was not run",
}


def release_of(root: Path, week: Week) -> dict:
    """Return the week's released lab; raises NotebookError if it is missing."""
    return notebook.read(Path(root) / "labs" / week.id / NOTEBOOK)


def write_autograded(
    root: Path, week: Week, batch: list[Graded], submitted: list[Submission] | None = None
) -> list[Path]:
    """Write the graded notebooks of a batch atomically; return their paths.

    A result with a fault is skipped.
    submitted  the batch's submissions; None: found below submitted/
    raises     InputError  without free space or write permission
    """
    root, release, layout, shared = Path(root), release_of(root, week), Layout.of(root), is_shared(root)
    batch = [graded for graded in batch if graded.fault is None]
    if submitted is None:
        submitted = submissions.find(root, week.id, [graded.student for graded in batch])
    by_student, written = {submission.student: submission for submission in submitted}, []
    for graded in batch:
        if (submission := by_student.get(graded.student)) is None:
            continue
        folder = folder_of(layout, "autograded", graded.student, week.id, shared=shared)
        mode = SHARED if shared else READ_ONLY
        submitted_folder = layout.folder("submitted", graded.student, week.id)
        _copy_timestamp(submitted_folder / TIMESTAMP, folder / TIMESTAMP, mode)
        lab = as_graded(repair.prepare(submission, release).notebook, graded, release)
        replace(folder / NOTEBOOK, notebook.dumps(lab, compact=True).encode(), mode)
        written.append(folder / NOTEBOOK)
    return written


def as_graded(prepared: dict, graded: Graded, release: dict) -> dict:
    """Return a prepared notebook with its cells' printed text and the judge's verdicts as outputs.

    formgrader renders the HTML in markdown and raw cells, in the browser of the person who grades.
    Tags and links in cells that differ from the release are therefore made inactive.
    """
    runs = {run.id: run for run in graded.cells}
    marks = {mark.exercise: mark for mark in graded.marks}
    released = {cell.get("id"): cell["source"] for cell in release["cells"]}
    cells = []
    for cell in prepared["cells"]:
        graded_cell = cell | {"source": encodable(cell["source"])}
        if cell["cell_type"] == "code":
            entry, mark = notebook.about(cell), marks.get(notebook.grade_id(cell))
            outputs = (
                [_stream(verdict(mark))]
                if entry.get("grade") and mark
                else _outputs(runs.get(cell.get("id")))
            )
            graded_cell |= {"outputs": outputs, "execution_count": None}
        elif released.get(cell.get("id")) != cell["source"]:
            graded_cell |= {"source": ACTIVE.sub(lambda match: match[0] + BREAK, graded_cell["source"])}
        if not notebook.about(cell) and cell.get("id") not in released:
            graded_cell["metadata"] = {}
        cells.append(graded_cell)
    return prepared | {"cells": cells}


def verdict(mark: Mark) -> str:
    """Return an exercise's verdict: one line, and the lines of the message if the answer is wrong."""
    points = f"{number(mark.score or 0)} of {number(mark.max)} points"
    right = f"{mark.right} of {mark.cases} hidden cases right: " if mark.cases else ""
    if not mark.attempted:
        return f"{mark.exercise}: no answer: {points}"
    given, wanted, do = mark.message
    lines = [
        f"{mark.exercise}: {right}{points}",
        given,
        wanted and f"  wanted: {wanted}",
        do and f"  try: {do}",
    ]
    return "\n".join(line for line in lines if line)


def number(value: float) -> str:
    """Return points with at most two decimals: 2, 2.5, 0.33."""
    return f"{round(value, 2) + 0.0:g}"


def encodable(text: str) -> str:
    """Return text that can be encoded as UTF-8, because nbconvert fails on unpaired surrogates."""
    return text.encode("utf-8", "replace").decode()


def _outputs(run: CellRun | None) -> list[dict]:
    """Return a cell's outputs: its printed text, and one line if it did not finish."""
    if run is None:
        return []
    # a cell that ran printed its own notes on skipped statements
    reason = "" if run.status == "ok" else run.error or STATUS.get(run.status, "")
    return [_stream(text) for text in (run.text, f"[{reason}]" if reason else "") if text]


def _stream(text: str) -> dict:
    return {
        "output_type": "stream",
        "name": "stdout",
        "text": encodable(text) + "\n" * (not text.endswith("\n")),
    }


def is_shared(root: Path) -> bool:
    """Return whether several graders share the course: nbgrader's CourseDirectory.groupshared."""
    with nbgrader(root) as api:
        return api.coursedir.groupshared


def folder_of(layout: Layout, step: str, student: str, week: str, *, shared: bool = False) -> Path:
    """Return nbgrader's folder for one of its steps; create it if it is missing.

    shared  make it writable for its group
    raises  InputError  if it cannot be created
    """
    folder = layout.folder(step, student, week)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in (folder, folder.parent, folder.parent.parent) if shared else ():
            if (mode := path.stat().st_mode) & GROUP != GROUP:
                path.chmod((mode | GROUP) & 0o2777)
    except OSError as error:
        raise InputError(
            f"{folder} could not be created ({error})",
            "free space and write permission there",
            f"free some space or check the folders above it, then {RESUME}",
        ) from None
    return folder


def replace(path: Path, data: bytes, mode: int) -> None:
    """Write a file that can be regenerated, atomically; raises InputError if that fails."""
    atomic_write(path, data, mode=mode, durable=False, again=RESUME)


def _copy_timestamp(source: Path, target: Path, mode: int) -> None:
    """Copy nbgrader's timestamp.txt; if there is none, delete an earlier copy."""
    if source.is_file() and not source.is_symlink():
        replace(target, source.read_bytes()[:200], mode)
    else:
        target.unlink(missing_ok=True)
