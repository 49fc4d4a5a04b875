"""`mmlab reset LAB.ipynb EXERCISE`: reset one exercise to its stub and change nothing else.

A copy of the file, with the earlier answer, is stored in the same folder.
"""

import argparse

from mmlab.cli import lab_file, notebook
from mmlab.cli.lab_release import release_of
from mmlab.errors import NotebookError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help=lab_file.HELP)
    parser.add_argument("exercise", help="the exercise to reset, such as recall_at_k")
    parser.add_argument("--release", help="the released lab to take the stub from")


def main(args: argparse.Namespace) -> int:
    """Reset one exercise; print where the earlier answer is."""
    path = lab_file.located(args.lab)
    lab = notebook.read(path)
    release = release_of(path, lab_file.week_of(lab, path), args.release)
    cells = lab_file.by_grade_id(release.lab).items()
    stubs = {name: cell for name, cell in cells if notebook.about(cell).get("solution")}
    name = next((name for name in (f"{args.exercise}-solution", args.exercise) if name in stubs), None)
    if name is None:
        names = ", ".join(name.removesuffix("-solution") for name in stubs)
        raise NotebookError(
            f"no exercise {args.exercise!r} in {path.name}", f"one of {names}", "check the name"
        )
    cell = notebook.find(lab, name)
    cell["source"], cell["cell_type"] = stubs[name]["source"], stubs[name]["cell_type"]
    for answer in ("attachments", "outputs", "execution_count"):
        cell.pop(answer, None)
    backup = lab_file.replace(path, lab_file.repaired(lab))
    report = {"lab": str(path), "exercise": args.exercise, "kept": str(backup)}
    lab_file.tell(
        report, args.json, f"{args.exercise} is reset to its stub; your earlier answer is in {backup}"
    )
    return 0
