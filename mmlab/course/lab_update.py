"""`mmlab update LAB.ipynb`: a new release comes into a lab that was begun, no answer lost.

Cells are matched by their grade ids (statements by their cell ids). Locked
cells, statements and stubs come from the release; a solution cell keeps the
student's text; cells the student added stay where they were; answers to
exercises that the release dropped are kept at the end.
"""

import argparse
import copy
import shutil
from pathlib import Path

from mmlab.course import lab_file, notebook
from mmlab.course.lab_file import about


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("--release", help="the new released lab (default: the course's own)")


def key(cell: dict) -> str:
    """Return what a cell is known by: its grade id, else its cell id."""
    return notebook.grade_id(cell) or cell.get("id", "")


def merged(mine: dict, release: dict) -> tuple[dict, dict[str, list[str]]]:
    """Return the release with the student's answers and own cells in it, and what was done."""
    result = copy.deepcopy(release)
    wanted = {key(cell) for cell in result["cells"]}
    answers, added = {}, {}
    report: dict[str, list[str]] = {"kept": [], "new": [], "moved_to_end": []}
    after = ""
    for cell in mine["cells"]:
        name = key(cell)
        if name in wanted and name not in answers:
            answers[name], after = cell, name
        elif about(cell).get("solution") and name not in wanted:
            report["moved_to_end"].append(name)
            added.setdefault(None, []).append(plain(cell))
        elif name in wanted or not about(cell):
            added.setdefault(after, []).append(plain(cell))
    cells = added.pop("", [])
    for cell in result["cells"]:
        name = key(cell)
        if name not in answers:
            report["new"].append(name)
        elif about(cell).get("solution"):
            report["kept"].append(name)
            cell["source"] = answers[name]["source"]
        cells += [cell, *added.pop(name, [])]
    result["cells"] = with_unique_ids(cells + added.pop(None, []))
    return result, report


def plain(cell: dict) -> dict:
    """Return a copy of a cell that no grader looks at."""
    kept = {name: value for name, value in cell["metadata"].items() if name not in ("nbgrader", "mmlab")}
    return copy.deepcopy(cell) | {"metadata": kept}


def with_unique_ids(cells: list[dict]) -> list[dict]:
    """Return the cells, a second use of a cell id renamed."""
    seen: set[str] = set()
    for cell in cells:
        base, number = cell.get("id", "cell")[:56], 2
        while cell.setdefault("id", base) in seen:
            cell["id"] = f"{base}-{number}"
            number += 1
        seen.add(cell["id"])
    return cells


def main(args: argparse.Namespace) -> int:
    """Merge, keep the file as it was beside it, and say what came and what stayed."""
    path = Path(args.lab)
    mine = notebook.read(path)
    week = lab_file.week_of(mine, path)
    result, report = merged(mine, lab_file.release_of(path, week, args.release))
    before = lab_file.keep_backup(path)
    notebook.write(path, result)
    report = {"lab": str(path), "before": str(before), **report, "cases": bring_cases(args.release, path, week)}
    lines = [f"{path}: {len(report['kept'])} answers kept, {len(report['new'])} cells new; as it was: {before}"]
    lines += [f"  {name} is no longer in the lab; your text stands at its end" for name in report["moved_to_end"]]
    lab_file.tell(report, args.json, *lines)
    return 0


def bring_cases(given: str | None, path: Path, week: str) -> bool:
    """Copy the release's cases beside the lab where they are another file; say whether."""
    release = Path(given) if given else lab_file.released_file(path, week)
    cases = release.with_name("cases.npz") if release else None
    if not cases or not cases.exists() or cases.resolve() == path.with_name("cases.npz").resolve():
        return False
    shutil.copyfile(cases, path.with_name("cases.npz"))
    return True
