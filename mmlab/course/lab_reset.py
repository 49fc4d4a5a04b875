"""`mmlab reset LAB.ipynb EXERCISE`: one exercise back to its stub, the rest untouched.

The answer that was there is kept in a copy beside the lab.
"""

import argparse
from pathlib import Path

from mmlab.course import lab_file, notebook
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
    release = lab_file.release_of(path, lab_file.week_of(lab, path), args.release)
    stubs = {name: cell for name, cell in lab_file.by_grade_id(release).items() if lab_file.about(cell)["solution"]}
    wanted = (f"{args.exercise}-solution", args.exercise)
    name = next((one for one in wanted if one in stubs), None)
    if name is None:
        there = " · ".join(one.removesuffix("-solution") for one in stubs)
        raise NotebookError(f"no exercise {args.exercise!r} in {path.name}", there, "give one of these names")
    cell = notebook.find(lab, name)
    copy = lab_file.keep_backup(path)
    cell["source"] = stubs[name]["source"]
    if cell["cell_type"] == "code":
        cell["outputs"], cell["execution_count"] = [], None
    notebook.write(path, lab)
    report = {"lab": str(path), "exercise": args.exercise, "kept": str(copy)}
    lab_file.tell(report, args.json, f"{args.exercise} is back to its stub; your answer is kept in {copy}")
    return 0
