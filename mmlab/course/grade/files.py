"""autograded/STUDENT/WEEK/lab.ipynb: the notebook as it was graded, for formgrader to show.

It is the prepared notebook with what its cells printed, and in each check cell the
judge's verdict. Nothing else of a student's outputs is kept, so that no HTML or
script of theirs reaches the page of the person who marks.
"""

import contextlib
import json
import os
import re
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.exercise import Week
from mmlab.course.grade import repair, submissions
from mmlab.course.grade.stages import CellRun, Graded, Mark, Submission
from mmlab.course.release import nbgrader
from mmlab.errors import InputError

NOTEBOOK, TIMESTAMP = "lab.ipynb", "timestamp.txt"
READ_ONLY, WRITABLE, SHARED = 0o444, 0o644, 0o664  # as nbgrader's converters leave their files
BREAK = "\u200b"  # a space of no width: reads the same, and neither tag, link nor \\href comes of it
ACTIVE = re.compile(r"<|\](?=[(:])|\\(?=href)")
GROUP = 0o2770  # of folders that several graders share
STATUS = {"time": "stopped: it took longer than a cell may", "died": "ended the whole process", "skipped": "was not run"}


def release_of(root: Path, week: Week) -> dict:
    """Return the week's lab as students got it; raises NotebookError where it is missing."""
    return notebook.read(Path(root) / "labs" / week.id / NOTEBOOK)


def write_autograded(
    root: Path, week: Week, batch: list[Graded], handed_in: list[Submission] | None = None
) -> list[Path]:
    """Write the graded notebooks of a batch, each whole or not at all; return their paths.

    A result with a fault writes nothing.
    handed_in  their submissions; None: looked for below submitted/
    raises     InputError where there is no room or no right to write
    """
    root, release, shared = Path(root), release_of(root, week), is_shared(root)
    batch = [graded for graded in batch if graded.fault is None]
    if handed_in is None:
        handed_in = submissions.find(root, week.id, [graded.student for graded in batch])
    by_student, written = {one.student: one for one in handed_in}, []
    for graded in batch:
        if (submission := by_student.get(graded.student)) is None:
            continue
        folder = folder_of(root, "autograded", graded.student, week.id, shared=shared)
        mode = SHARED if shared else READ_ONLY
        _copy_timestamp(root / "submitted" / graded.student / week.id / TIMESTAMP, folder / TIMESTAMP, mode)
        shown = as_graded(repair.prepare(submission, release).notebook, graded, release)
        data = json.dumps(shown)  # without line breaks: ten times as fast, and no person edits it
        replace(folder / NOTEBOOK, data.encode(), mode)
        written.append(folder / NOTEBOOK)
    return written


def as_graded(prepared: dict, graded: Graded, release: dict) -> dict:
    """Return a prepared notebook with its cells' text and the judge's verdicts as outputs.

    formgrader shows markdown and raw cells as the HTML that they hold, in the browser of
    the person who marks: in those that are not the release's own, no tag opens and no link leads anywhere.
    """
    runs = {run.id: run for run in graded.cells}
    marks = {mark.exercise: mark for mark in graded.marks}
    released = {cell.get("id"): cell["source"] for cell in release["cells"]}
    cells = []
    for cell in prepared["cells"]:
        shown = cell | {"source": encodable(cell["source"])}
        if cell["cell_type"] == "code":
            entry, mark = notebook.about(cell), marks.get(notebook.grade_id(cell))
            outputs = [_stream(verdict(mark))] if entry.get("grade") and mark else _outputs(runs.get(cell.get("id")))
            shown |= {"outputs": outputs, "execution_count": None}
        elif released.get(cell.get("id")) != cell["source"]:
            shown |= {"source": ACTIVE.sub(lambda match: match[0] + BREAK, shown["source"])}
        if not notebook.about(cell) and cell.get("id") not in released:
            shown["metadata"] = {}
        cells.append(shown)
    return prepared | {"cells": cells}


def verdict(mark: Mark) -> str:
    """Return an exercise's verdict in one line, or in three lines and more where something is wrong."""
    points = f"{number(mark.score or 0)} of {number(mark.max)} points"
    right = f"{mark.right} of {mark.cases} hidden cases right: " if mark.cases else ""
    if not mark.attempted:
        return f"{mark.exercise}: no answer: {points}"
    given, wanted, do = mark.message
    lines = [f"{mark.exercise}: {right}{points}", given, wanted and f"  wanted: {wanted}", do and f"  try: {do}"]
    return "\n".join(line for line in lines if line)


def number(value: float) -> str:
    """Return points as people write them: 2, 2.5, 0.33."""
    return f"{round(value, 2) + 0.0:g}"


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold: nbconvert stops at half an emoji."""
    return text.encode("utf-8", "replace").decode()


def _outputs(run: CellRun | None) -> list[dict]:
    """Return a cell's outputs: its text, and one line where it did not run to its end."""
    if run is None:
        return []
    said = run.error or STATUS.get(run.status, "")
    return [_stream(text) for text in (run.text, f"[{said}]" if said else "") if text]


def _stream(text: str) -> dict:
    return {"output_type": "stream", "name": "stdout", "text": encodable(text) + "\n" * (not text.endswith("\n"))}


def is_shared(root: Path) -> bool:
    """Return whether the course is set up for several graders: nbgrader's CourseDirectory.groupshared."""
    with nbgrader(root) as api:
        return api.coursedir.groupshared


def folder_of(root: Path, step: str, student: str, week: str, *, shared: bool = False) -> Path:
    """Return nbgrader's folder of one of its steps, made where it is missing.

    shared  its group may write in it
    raises  InputError where it cannot be made
    """
    folder = Path(root) / step / student / week
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in (folder, folder.parent, folder.parent.parent) if shared else ():
            if (mode := one.stat().st_mode) & GROUP != GROUP:
                one.chmod((mode | GROUP) & 0o2777)
    except OSError as error:
        raise _refused(folder, error) from None
    return folder


def replace(path: Path, data: bytes, mode: int) -> None:
    """Write a file beside and rename it, whole or not at all; raises InputError where it cannot be.

    It can be made again, so nothing waits for the disk.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()  # of a run that was killed: read-only
        unfinished.write_bytes(data)
        unfinished.chmod(mode)
        os.replace(unfinished, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} could not be written ({error})", "room and rights there",
                      "free some space, then run it again with --resume")  # fmt: skip


def _copy_timestamp(source: Path, target: Path, mode: int) -> None:
    """Copy nbgrader's note of when it was handed in; without one, an earlier copy goes."""
    if source.is_file() and not source.is_symlink():
        replace(target, source.read_bytes()[:200], mode)
    else:
        target.unlink(missing_ok=True)
