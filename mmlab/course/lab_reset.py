"""`mmlab reset LAB.ipynb EXERCISE`: one exercise back to its stub, the rest untouched.

The answer that was there is kept in a copy beside the lab.
"""

import argparse
import json
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
    node = notebook.read(path)
    release = lab_file.open_release(path, lab_file.week_of(node, path), args.release)
    mine, theirs = lab_file.by_grade_id(node), lab_file.by_grade_id(release)
    grade_id = next((g for g in (f"{args.exercise}-solution", args.exercise) if g in theirs), None)
    if grade_id is None or not theirs[grade_id].metadata.nbgrader.solution:
        names = [g.removesuffix("-solution") for g, c in theirs.items() if c.metadata.nbgrader.solution]
        raise NotebookError(
            f"no exercise {args.exercise!r} in {path.name}", " · ".join(names), "give one of these names"
        )
    if grade_id not in mine:
        raise NotebookError(
            f"{path.name} has no cell {grade_id}", "the lab's own cells", f"run `mmlab update {path}`"
        )
    copy = lab_file.keep_backup(path)
    mine[grade_id].source = theirs[grade_id].source
    if mine[grade_id].cell_type == "code":
        mine[grade_id].outputs, mine[grade_id].execution_count = [], None
    notebook.write(node, path)
    report = {"lab": str(path), "exercise": args.exercise, "kept": str(copy)}
    print(json.dumps(report) if args.json else f"{args.exercise} is back to its stub; your answer is kept in {copy}")
    return 0
