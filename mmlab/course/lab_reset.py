"""`mmlab reset LAB.ipynb EXERCISE`: one exercise back to its stub, the rest untouched.

The answer that was there is kept in a copy beside the lab.
"""

import argparse
from pathlib import Path

from mmlab.course import lab_file, notebook
from mmlab.course.lab_release import release_of
from mmlab.errors import NotebookError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("exercise", help="the exercise to begin again, such as recall_at_k")
    parser.add_argument("--release", help="the released lab to take the stub from")


def main(args: argparse.Namespace) -> int:
    """Put one exercise back; print what was done and where the old answer is."""
    path = Path(args.lab)
    lab = notebook.read(path)
    release = release_of(path, lab_file.week_of(lab, path), args.release)
    cells = lab_file.by_grade_id(release.lab).items()
    stubs = {name: cell for name, cell in cells if notebook.about(cell).get("solution")}
    name = next((one for one in (f"{args.exercise}-solution", args.exercise) if one in stubs), None)
    if name is None:
        there = " · ".join(one.removesuffix("-solution") for one in stubs)
        raise NotebookError(f"no exercise {args.exercise!r} in {path.name}", there, "give one of these names")
    cell = notebook.find(lab, name)
    cell["source"], cell["cell_type"] = stubs[name]["source"], stubs[name]["cell_type"]
    for answer in ("attachments", "outputs", "execution_count"):
        cell.pop(answer, None)
    kept = lab_file.replace(path, lab_file.mended(lab))
    report = {"lab": str(path), "exercise": args.exercise, "kept": str(kept)}
    lab_file.tell(report, args.json, f"{args.exercise} is back to its stub; your answer is kept in {kept}")
    return 0
