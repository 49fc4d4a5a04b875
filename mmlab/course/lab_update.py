"""`mmlab update LAB.ipynb`: a new release comes into a lab that was begun, no answer lost.

Cells are matched by their grade ids, else as `lab_match` describes. Locked cells,
statements, demos and stubs come from the release; a solution cell keeps the
student's text. Whatever else the student wrote stays too: own cells where they
were, changed cells of the release as a copy below the new one, answers to
exercises that the release dropped at the end.
"""

import argparse
import copy
from dataclasses import dataclass, field
from pathlib import Path

from mmlab.course import lab_file, notebook
from mmlab.course.lab_file import same, stamps, written
from mmlab.course.lab_match import key, matched
from mmlab.course.lab_release import CASES, Release, release_of
from mmlab.course.notebook import about


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("--release", help="the new released lab (default: the course's own)")


@dataclass
class Sorted:
    """A student's cells, sorted by what becomes of them.

    answers  key → the cell that is the release's cell of that key
    below    key → the cells to stand below it ("" at the top)
    end      answers to exercises that the release no longer has
    report   what was done, for machines: lists of keys
    """

    answers: dict[str, dict] = field(default_factory=dict)
    below: dict[str, list[dict]] = field(default_factory=dict)
    end: list[dict] = field(default_factory=list)
    report: dict[str, list[str]] = field(
        default_factory=lambda: {"kept": [], "new": [], "copied": [], "moved_to_end": []}
    )


def merged(mine: dict, release: dict) -> tuple[dict, dict[str, list[str]]]:
    """Return the release with everything in it that a student wrote, and what was done."""
    result = copy.deepcopy(release)
    place = sort(mine, release)
    cells = place.below.pop("", [])
    for cell in result["cells"]:
        name = key(cell)
        if name in place.answers:
            if fill(cell, place.answers[name], mine):
                place.report["kept"].append(name)
        else:
            place.report["new"].append(name)
        cells += [cell, *place.below.pop(name, [])]
    cells += place.end
    own = [cell for cell in cells if not any(cell is one for one in result["cells"])]
    lab_file.with_unique_ids(own, {cell["id"] for cell in result["cells"]})
    metadata = {name: value for name, value in mine["metadata"].items() if name not in ("mmlab", "kernelspec")}
    return result | {"cells": cells, "metadata": metadata | result["metadata"]}, place.report


def sort(mine: dict, release: dict) -> Sorted:
    """Sort a student's cells by what becomes of them in the release."""
    wanted = {key(cell): cell for cell in release["cells"]}
    named = list(zip(mine["cells"], matched(mine["cells"], release["cells"]), strict=True))
    first = {name: cell for cell, name in reversed(named) if name}
    place = Sorted(first | {name: c for c, name in reversed(named) if name and written(c, mine, wanted[name])})
    after, given = "", {notebook.digest(cell["source"]) for cell in release["cells"]}
    for cell, name in named:
        if name is None and not is_left_over(cell, mine, given):
            dropped = about(cell).get("solution")
            (place.end if dropped else place.below.setdefault(after, [])).append(plain(cell))
            if dropped:
                place.report["moved_to_end"].append(key(cell))
        if name is None:
            continue
        is_answer = cell is place.answers[name]
        after = name if is_answer else after
        if not written(cell, mine, wanted[name]):
            continue
        # A copy of an answer runs after it, as it did; a locked or given cell comes from the release.
        if not (about(wanted[name]).get("solution") if is_answer else same(cell, place.answers[name])):
            place.below.setdefault(after, []).append(plain(cell))
            place.report["copied"].append(name)
    return place


def fill(cell: dict, mine: dict, lab: dict) -> bool:
    """Put a student's answer into a cell of the release; return whether it is one that the student wrote.

    cell  of the release; changed
    mine  the student's cell of the same name
    lab   the student's lab
    """
    kept = bool(about(cell).get("solution")) and written(mine, lab, cell)
    if kept:
        cell["source"] = mine["source"]
        if cell["cell_type"] == "markdown" and mine.get("attachments"):
            cell["attachments"] = copy.deepcopy(mine["attachments"])
    if cell["cell_type"] == mine.get("cell_type") == "code" and same(cell, mine):
        cell["outputs"], cell["execution_count"] = mine.get("outputs") or [], mine.get("execution_count")
    return kept


def is_left_over(cell: dict, lab: dict, given: set[str]) -> bool:
    """Return whether a cell that matches none of the release is nothing that a student wrote.

    lab    the student's lab; a cell that came with it, which the release has not, is as it came
    given  digests of the release's own texts
    """
    came = "released" in stamps(lab) and not written(cell, lab)
    return bool(cell["source"].strip()) and (came or notebook.digest(cell["source"]) in given)


def plain(cell: dict) -> dict:
    """Return a copy of a cell that no grader looks at."""
    metadata = {name: value for name, value in cell["metadata"].items() if name not in ("nbgrader", "mmlab")}
    metadata = {name: value for name, value in metadata.items() if name not in ("editable", "deletable")}
    return copy.deepcopy(cell) | {"metadata": metadata}


def main(args: argparse.Namespace) -> int:
    """Merge, keep the file as it was beside it, and say what came and what stayed."""
    path = Path(args.lab)
    mine = notebook.read(path)
    week = lab_file.week_of(mine, path)
    release = release_of(path, week, args.release)
    result, report = merged(mine, release.lab)
    result = lab_file.mended(result)
    before = lab_file.replace(path, result) if says(result) != says(mine) else None
    cases = bring_cases(release, path)
    report = {"lab": str(path), "release": release.where, "before": before and str(before), **report, "cases": cases}
    lines = [f"{path} is as released, your answers in it"] if before is None else [
        f"{path}: {len(report['kept'])} answers kept, {len(report['new'])} cells new or restored; as it was: {before}"
    ]  # fmt: skip
    lines += [f"  {name}: what you changed in it stands in a cell of its own" for name in report["copied"]]
    lines += [f"  {name} is no longer in the lab; your text stands at its end" for name in report["moved_to_end"]]
    lines += [f"  {CASES} brought up to date"] * cases
    lab_file.tell(report, args.json, *lines)
    return 0


def says(lab: dict) -> list:
    """Return what matters of a lab, to tell whether an update changes it: cells, their marks, the release."""
    parts = ("id", "cell_type", "source", "attachments")
    return [stamps(lab), *(([cell.get(part) for part in parts], about(cell)) for cell in lab["cells"])]


def bring_cases(release: Release, path: Path) -> bool:
    """Write the release's cases beside the lab unless they are there; say whether."""
    cases = path.with_name(CASES)
    if release.cases is None or (cases.exists() and cases.read_bytes() == release.cases):
        return False
    notebook.write_bytes(cases, release.cases)
    return True
