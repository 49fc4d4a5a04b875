"""`mmlab submit LAB.ipynb`: validate a lab, name it and pack it for handing in.

The zip holds `lab.ipynb` under the name that nbgrader's collector expects. What
a grader needs and does not find is said before anything is handed in; the
student's own file is not changed.
"""

import argparse
import getpass
import json
import os
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from mmlab.course import lab_file, notebook
from mmlab.course.lab_release import release_of
from mmlab.errors import InputError, NotebookError

LARGEST_OUTPUT = 100_000  # characters a cell; what comes after is left out of the packed copy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("--student", help="your id as your instructor knows it (default: your login)")
    parser.add_argument("--out", default=".", help="folder for the zip (default: here)")
    parser.add_argument("--release", help="the released lab to compare with")


def faults(lab: dict, release: dict) -> list[str]:
    """Return what a grader would stumble over, a line each; empty when the lab can be handed in."""
    mine, wanted = lab_file.by_grade_id(lab), lab_file.by_grade_id(release)
    names = [notebook.grade_id(cell) for cell in lab["cells"]]
    both = {name: (mine[name], cell) for name, cell in wanted.items() if name in mine}
    found = {
        "missing": [name for name in wanted if name not in mine],
        "there more than once": [name for name in mine if names.count(name) > 1],
        "not of this release": [name for name in mine if name not in wanted],
        "locked, and changed": [name for name, pair in both.items()
                                if lab_file.locked(pair[1]) and not lab_file.same(*pair)],
        "of another type": [name for name, (one, cell) in both.items() if one.get("cell_type") != cell["cell_type"]],
        "with other marks for the grader": [name for name, (one, cell) in both.items() if marks(one) != marks(cell)],
    }  # fmt: skip
    return [f"{what}: {', '.join(cells)}" for what, cells in found.items() if cells]


def marks(cell: dict) -> dict:
    """Return a cell's nbgrader metadata that must be as it was released."""
    return {name: value for name, value in notebook.about(cell).items() if name not in ("checksum", "cell_type")}


def unanswered(lab: dict, release: dict) -> list[str]:
    """Return the graded exercises whose solution cell is still the stub, or blank."""
    mine, wanted = lab_file.by_grade_id(lab), lab_file.by_grade_id(release)
    names = {name: name if notebook.about(cell).get("solution") else f"{name}-solution"
             for name, cell in wanted.items() if notebook.about(cell).get("grade")}  # fmt: skip
    return [name for name, answer in names.items()
            if answer in mine and not lab_file.written(mine[answer], lab, wanted.get(answer))]  # fmt: skip


def lightened(lab: dict) -> dict:
    """Return a copy that nbformat accepts, without the outputs that are too large to hand in."""
    slim = lab_file.mended(lab)
    slim["metadata"].pop("widgets", None)
    for cell in slim["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = small(cell["outputs"])
    return slim


def small(outputs: list[dict]) -> list[dict]:
    """Return the outputs that fit into what a cell may hand in."""
    kept, room = [], LARGEST_OUTPUT
    for output in outputs:
        size = len(json.dumps(output))
        if size <= room:
            kept, room = [*kept, output], room - size
    return kept


def refuse_invalid(lab: dict, path: Path) -> None:
    """Raise NotebookError where nbformat, and so nbgrader, would not read a lab."""
    import nbformat

    try:
        nbformat.validate(json.loads(notebook.dumps(lab)))
    except nbformat.ValidationError as error:
        raise NotebookError(f"{path} is not a valid notebook: {str(error).splitlines()[0]}", "a notebook in format 4.5",
                            "open it in JupyterLab, clear the outputs, and save it") from None  # fmt: skip


def pack(lab: dict, target: Path) -> None:
    """Write the zip whole or not at all; raises InputError where it cannot be written."""
    unfinished = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("lab.ipynb", notebook.dumps(lab))
        os.replace(unfinished, target)
    except OSError as error:
        lab_file.discard(unfinished)
        raise InputError(
            f"{target} could not be written: {error}", "room and rights there", "pass --out FOLDER"
        ) from None


def student_id(given: str | None) -> str:
    """Return the student's id, the login where none is given; raises InputError where it cannot name a file."""
    try:
        student = given or getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        student = ""
    if not re.fullmatch(r"\w[\w.@-]*", student):
        raise InputError(f"student id {student!r}", "letters, digits, . @ _ -", "pass --student YOUR_ID")
    return student


def name_of(week: str, student: str, folder: Path) -> str:
    """Return the next zip's name: attempts are counted, and the newest is told by its time (UTC).

    `FileNameCollectorPlugin.named_regexp` in nbgrader_config.py reads it.
    """
    time, number = datetime.now(UTC).strftime("%Y%m%dT%H%M%S"), 1
    while any(folder.glob(f"{week}_{student}_attempt_{number}_*_lab.zip")):
        number += 1
    return f"{week}_{student}_attempt_{number}_{time}_lab.zip"


def main(args: argparse.Namespace) -> int:
    """Validate, pack, and say what is in the zip and what is still unanswered."""
    path, student = Path(args.lab), student_id(args.student)
    lab = notebook.read(path)
    week = lab_file.week_of(lab, path)
    release = release_of(path, week, args.release).lab
    if wrong := faults(lab, release):
        raise NotebookError(
            f"{path} cannot be graded as it is: cells {'; cells '.join(wrong)}",
            "every cell of the release once, locked cells as they came",
            f"run `mmlab update {path}` (it keeps your answers), then submit again",
        )
    packed = lightened(lab)
    refuse_invalid(packed, path)
    target = Path(args.out) / name_of(week, student, Path(args.out))
    pack(packed, target)
    open_ones = unanswered(lab, release)
    report = {"week": week, "student": student, "file": str(target), "unanswered": open_ones}
    still = "still unanswered: " + ", ".join(open_ones) if open_ones else "every exercise has an answer"
    lab_file.tell(report, args.json, f"packed {target}", still)
    return 0
