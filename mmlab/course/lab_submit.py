"""`mmlab submit LAB.ipynb`: validate a lab, name it and pack it for handing in.

The zip holds `lab.ipynb` under the name that nbgrader's collector expects. What
a grader needs and does not find is said before anything is handed in; the
student's own file is not changed.
"""

import argparse
import copy
import getpass
import json
import os
import re
import zipfile
from pathlib import Path

from mmlab.course import lab_file, notebook
from mmlab.errors import InputError, NotebookError

LARGEST_OUTPUT = 100_000  # characters; more is left out of the packed copy


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
    found = [f"the cell {name} is missing" for name in wanted if name not in mine]
    found += [f"the cell {name} is there {names.count(name)} times" for name in wanted if names.count(name) > 1]
    found += [
        f"the locked cell {name} was changed"
        for name, cell in wanted.items()
        if name in mine and locked(cell) and cell["source"] != mine[name]["source"]
    ]
    return found


def locked(cell: dict) -> bool:
    """Return whether a cell of the release is one that a student does not write in."""
    about = lab_file.about(cell)
    return not about.get("solution") and bool(about.get("locked") or about.get("grade"))


def unanswered(lab: dict, release: dict) -> list[str]:
    """Return the exercises whose solution cell is still the stub."""
    mine = lab_file.by_grade_id(lab)
    return [
        name.removesuffix("-solution")
        for name, cell in lab_file.by_grade_id(release).items()
        if lab_file.about(cell).get("solution") and name in mine and mine[name]["source"] == cell["source"]
    ]


def lightened(lab: dict) -> dict:
    """Return a copy without the outputs that are too large to hand in."""
    slim = copy.deepcopy(lab)
    for cell in slim["cells"]:
        if cell.get("cell_type") == "code":
            cell["outputs"] = [one for one in cell.get("outputs", []) if len(json.dumps(one)) <= LARGEST_OUTPUT]
    return slim


def pack(lab: dict, target: Path) -> None:
    """Write the zip whole or not at all; raises InputError where it cannot be written."""
    unfinished = target.with_suffix(".part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("lab.ipynb", notebook.dumps(lab))
        os.replace(unfinished, target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(
            f"{target} could not be written: {error}", "room and rights there", "pass --out FOLDER"
        ) from error


def main(args: argparse.Namespace) -> int:
    """Validate, pack, and say what is in the zip and what is still unanswered."""
    path = Path(args.lab)
    lab = notebook.read(path)
    week = lab_file.week_of(lab, path)
    student = args.student or getpass.getuser()
    if not re.fullmatch(r"[\w.@-]+", student):
        raise InputError(f"student id {student!r}", "letters, digits, . @ _ -", "pass --student YOUR_ID")
    release = lab_file.release_of(path, week, args.release)
    if wrong := faults(lab, release):
        raise NotebookError(
            f"{path} cannot be graded as it is: {'; '.join(wrong)}",
            "every cell of the release once, locked cells as they came",
            f"run `mmlab update {path}` (it keeps your answers), then submit again",
        )
    number = attempt(Path(args.out), week, student)
    target = Path(args.out) / f"{week}_{student}_attempt_{number}_lab.zip"
    pack(lightened(lab), target)
    open_ones = unanswered(lab, release)
    report = {"week": week, "student": student, "file": str(target), "unanswered": open_ones}
    still = "still unanswered: " + ", ".join(open_ones) if open_ones else "every exercise has an answer"
    lab_file.tell(report, args.json, f"packed {target}", still)
    return 0


def attempt(folder: Path, week: str, student: str) -> int:
    """Return the number of this attempt: earlier zips are not overwritten."""
    number = 1
    while (folder / f"{week}_{student}_attempt_{number}_lab.zip").exists():
        number += 1
    return number
