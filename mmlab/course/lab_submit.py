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
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mmlab.course import lab_file, notebook
from mmlab.errors import InputError, NotebookError

LARGEST_OUTPUT = 100_000  # characters; more is left out of the packed copy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("--student", help="your id as your instructor knows it (default: your login)")
    parser.add_argument("--out", default=".", help="folder for the zip (default: here)")
    parser.add_argument("--release", help="the released lab to compare with")


def faults(node: NotebookNode, release: NotebookNode) -> list[str]:
    """Return what a grader would stumble over, a line each; empty when the lab can be handed in."""
    found = []
    mine = [c.metadata.nbgrader.grade_id for c in node.cells if c.metadata.get("nbgrader", {}).get("grade_id")]
    wanted = lab_file.by_grade_id(release)
    for name in wanted:
        if name not in mine:
            found.append(f"the cell {name} is missing")
        elif mine.count(name) > 1:
            found.append(f"the cell {name} is there {mine.count(name)} times")
    for name, cell in lab_file.by_grade_id(node).items():
        original = wanted.get(name)
        if original and original.metadata.nbgrader.locked and cell.source != original.source:
            found.append(f"the locked cell {name} was changed")
    return found


def unanswered(node: NotebookNode, release: NotebookNode) -> list[str]:
    """Return the exercises whose solution cell is still the stub."""
    mine = lab_file.by_grade_id(node)
    return [
        name.removesuffix("-solution")
        for name, cell in lab_file.by_grade_id(release).items()
        if cell.metadata.nbgrader.solution and name in mine and mine[name].source == cell.source
    ]


def lightened(node: NotebookNode) -> NotebookNode:
    """Return a copy without the outputs that are too large to hand in."""
    copy = nbformat.from_dict(node)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if len(json.dumps(o)) <= LARGEST_OUTPUT]
    return copy


def pack(node: NotebookNode, target: Path) -> None:
    """Write the zip whole or not at all."""
    unfinished = target.with_suffix(".part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("lab.ipynb", nbformat.writes(node))
        os.replace(unfinished, target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"{target} could not be written: {error}", "room and rights there", "pass --out FOLDER") from error


def main(args: argparse.Namespace) -> int:
    """Validate, pack, and say what is in the zip and what is still unanswered."""
    path = Path(args.lab)
    node = notebook.read(path)
    week = lab_file.week_of(node, path)
    student = args.student or getpass.getuser()
    if not re.fullmatch(r"[\w.@-]+", student):
        raise InputError(f"student id {student!r}", "letters, digits, . @ _ -", "pass --student YOUR_ID")
    release = lab_file.open_release(path, week, args.release)
    wrong = faults(node, release)
    if wrong:
        raise NotebookError(
            f"{path} cannot be graded as it is: {'; '.join(wrong)}",
            "every cell of the release once, locked cells as they came",
            f"run `mmlab update {path}` (it keeps your answers), then submit again",
        )
    target = Path(args.out) / f"{week}_{student}_attempt_{attempt(Path(args.out), week, student)}_lab.zip"
    pack(lightened(node), target)
    open_ones = unanswered(node, release)
    if args.json:
        print(json.dumps({"week": week, "student": student, "file": str(target), "unanswered": open_ones}))
    else:
        print(f"packed {target}")
        print("still unanswered: " + ", ".join(open_ones) if open_ones else "every exercise has an answer")
    return 0


def attempt(folder: Path, week: str, student: str) -> int:
    """Return the number of this attempt: earlier zips are not overwritten."""
    number = 1
    while (folder / f"{week}_{student}_attempt_{number}_lab.zip").exists():
        number += 1
    return number
