"""`mmlab update LAB.ipynb`: a new release comes into a lab that was begun, no answer lost.

Cells are matched by their grade ids (statements by their cell ids). Locked
cells, statements and stubs come from the release; a solution cell that was
changed keeps the student's text; cells the student added stay where they were;
answers to exercises that the release dropped are kept at the end.
"""

import argparse
import json
import shutil
from pathlib import Path

from nbformat import NotebookNode

from mmlab.course import lab_file, notebook


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("--release", help="the new released lab (default: the course's own)")


def key(cell: NotebookNode) -> str:
    """Return what a cell is known by: its grade id, else its cell id."""
    return cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", "")


def merged(mine: NotebookNode, release: NotebookNode) -> tuple[NotebookNode, dict[str, list[str]]]:
    """Return the release with the student's answers and own cells in it, and what was done."""
    answers = {key(cell): cell for cell in mine.cells}
    wanted = {key(cell) for cell in release.cells}
    report: dict[str, list[str]] = {"kept": [], "new": [], "moved_to_end": []}
    added = own_cells(mine, wanted)
    cells = list(added.pop("", []))
    for cell in release.cells:
        name = key(cell)
        if cell.metadata.get("nbgrader", {}).get("solution") and name in answers:
            cell = {**cell, "source": answers[name].source}
            if cell["cell_type"] == "code" and answers[name].cell_type == "code":
                cell["outputs"] = answers[name].outputs
            report["kept"].append(name)
        elif name not in answers:
            report["new"].append(name)
        cells.append(NotebookNode(cell))
        cells += added.pop(name, [])
    for cell in mine.cells:
        dropped = cell.metadata.get("nbgrader", {}).get("solution") and key(cell) not in wanted
        if dropped:
            report["moved_to_end"].append(key(cell))
            cells.append(plain(cell))
    result = NotebookNode({**release, "cells": unique(cells)})
    return result, report


def own_cells(mine: NotebookNode, wanted: set[str]) -> dict[str, list[NotebookNode]]:
    """Return the cells the student added, under the key of the release cell they stand after."""
    found: dict[str, list[NotebookNode]] = {}
    after = ""
    for cell in mine.cells:
        if key(cell) in wanted:
            after = key(cell)
        elif "nbgrader" not in cell.metadata and "mmlab" not in cell.metadata:
            found.setdefault(after, []).append(cell)
    return found


def plain(cell: NotebookNode) -> NotebookNode:
    """Return a copy of a cell that no grader looks at."""
    metadata = {name: value for name, value in cell.metadata.items() if name not in ("nbgrader", "mmlab")}
    return NotebookNode({**cell, "metadata": NotebookNode(metadata)})


def unique(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells, a second use of a cell id renamed."""
    seen: set[str] = set()
    for cell in cells:
        base, number = cell.get("id", "cell"), 2
        while cell.get("id", base) in seen:
            cell["id"] = f"{base}-{number}"[:64]
            number += 1
        seen.add(cell.get("id", base))
    return cells


def main(args: argparse.Namespace) -> int:
    """Merge, keep the file as it was beside it, and say what came and what stayed."""
    path = Path(args.lab)
    mine = notebook.read(path)
    week = lab_file.week_of(mine, path)
    result, report = merged(mine, lab_file.open_release(path, week, args.release))
    copy = lab_file.keep_backup(path)
    notebook.write(result, path)
    report = {"lab": str(path), "kept_copy": str(copy), **report, "cases": bring_cases(args, path, week)}
    if args.json:
        print(json.dumps(report))
    else:
        print(f"{path}: {len(report['kept'])} answers kept, {len(report['new'])} cells new; before: {copy}")
        for name in report["moved_to_end"]:
            print(f"  {name} is no longer in the lab; your text stands at its end")
    return 0


def bring_cases(args: argparse.Namespace, path: Path, week: str) -> bool:
    """Copy the release's cases beside the lab where they are another file; say whether."""
    root = lab_file.course_root(path.parent)
    source = Path(args.release).parent if args.release else root / "labs" / week if root else None
    cases = source / "cases.npz" if source else None
    if not cases or not cases.exists() or cases.resolve() == (path.parent / "cases.npz").resolve():
        return False
    shutil.copyfile(cases, path.parent / "cases.npz")
    return True
