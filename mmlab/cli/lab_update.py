"""`mmlab update LAB.ipynb`: merge a new release into a student's lab without losing an answer.

Cells are matched by their grade ids, or as `lab_match` describes. Locked cells,
statements, demos and stubs come from the release; a solution cell keeps the
student's text. Everything else that the student wrote stays too: own cells stay where they
were, changed cells of the release become a copy below the new cell, and answers to
exercises that the release dropped move to the end.
"""

import argparse
import copy
from dataclasses import dataclass, field
from pathlib import Path

from mmlab.cli import lab_file, notebook
from mmlab.cli.lab_file import same, stamps, written
from mmlab.cli.lab_match import key, matched
from mmlab.cli.lab_release import CASES, Release, release_of
from mmlab.cli.notebook import about
from mmlab.files import atomic_write


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help=lab_file.HELP)
    parser.add_argument("--release", help="the new released lab (default: the course's own)")


@dataclass
class Sorted:
    """A student's cells, sorted by what happens to them.

    answers  key → the student's cell that matches the release's cell of that key
    below    key → the cells to put below it ("": at the top)
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
    """Return the release merged with everything that a student wrote, and a report of what was done."""
    result = copy.deepcopy(release)
    sorting = sort(mine, release)
    cells = sorting.below.pop("", [])
    for cell in result["cells"]:
        name = key(cell)
        if name in sorting.answers:
            if fill(cell, sorting.answers[name], mine):
                sorting.report["kept"].append(name)
        else:
            sorting.report["new"].append(name)
        cells += [cell, *sorting.below.pop(name, [])]
    cells += sorting.end
    own = [cell for cell in cells if not any(cell is other for other in result["cells"])]
    lab_file.with_unique_ids(own, {cell["id"] for cell in result["cells"]})
    metadata = {
        name: value for name, value in mine["metadata"].items() if name not in ("mmlab", "kernelspec")
    }
    return result | {"cells": cells, "metadata": metadata | result["metadata"]}, sorting.report


def sort(mine: dict, release: dict) -> Sorted:
    """Sort a student's cells by what happens to them in the release."""
    wanted = {key(cell): cell for cell in release["cells"]}
    named = list(zip(mine["cells"], matched(mine["cells"], release["cells"]), strict=True))
    first = {name: cell for cell, name in reversed(named) if name}
    result = Sorted(
        first | {name: c for c, name in reversed(named) if name and written(c, mine, wanted[name])}
    )
    after, given = "", {notebook.digest(cell["source"]) for cell in release["cells"]}
    for cell, name in named:
        if name is None and not is_left_over(cell, mine, given):
            dropped = about(cell).get("solution")
            (result.end if dropped else result.below.setdefault(after, [])).append(plain(cell))
            if dropped:
                result.report["moved_to_end"].append(key(cell))
        if name is None:
            continue
        is_answer = cell is result.answers[name]
        after = name if is_answer else after
        if not written(cell, mine, wanted[name]):
            continue
        # A copy of an answer still runs after it; a locked or given cell comes from the release.
        if not (about(wanted[name]).get("solution") if is_answer else same(cell, result.answers[name])):
            result.below.setdefault(after, []).append(plain(cell))
            result.report["copied"].append(name)
    return result


def fill(cell: dict, mine: dict, lab: dict) -> bool:
    """Put a student's answer into a cell of the release; return whether the student wrote it.

    cell  of the release; changed in place
    mine  the student's cell of the same name
    lab   the student's lab
    """
    is_answer = bool(about(cell).get("solution")) and written(mine, lab, cell)
    if is_answer:
        cell["source"] = mine["source"]
        if cell["cell_type"] == "markdown" and mine.get("attachments"):
            cell["attachments"] = copy.deepcopy(mine["attachments"])
    if cell["cell_type"] == mine.get("cell_type") == "code" and same(cell, mine):
        cell["outputs"], cell["execution_count"] = mine.get("outputs") or [], mine.get("execution_count")
    return is_answer


def is_left_over(cell: dict, lab: dict, given: set[str]) -> bool:
    """Return whether a cell that matches no cell of the release is also not the student's own.

    lab    the student's lab; an unchanged cell of its own release is left over
    given  digests of the texts in the new release
    """
    came = "released" in stamps(lab) and not written(cell, lab)
    return bool(cell["source"].strip()) and (came or notebook.digest(cell["source"]) in given)


def plain(cell: dict) -> dict:
    """Return a copy of a cell without the metadata that a grader reads."""
    metadata = {name: value for name, value in cell["metadata"].items() if name not in ("nbgrader", "mmlab")}
    metadata = {name: value for name, value in metadata.items() if name not in ("editable", "deletable")}
    return copy.deepcopy(cell) | {"metadata": metadata}


def main(args: argparse.Namespace) -> int:
    """Merge the release, store a backup of the file, and report what is new and what was kept."""
    path = lab_file.located(args.lab)
    mine = notebook.read(path)
    week = lab_file.week_of(mine, path)
    release = release_of(path, week, args.release)
    result, report = merged(mine, release.lab)
    result = lab_file.repaired(result)
    before = lab_file.replace(path, result) if content(result) != content(mine) else None
    cases = bring_cases(release, path)
    report = {
        "lab": str(path),
        "release": release.where,
        "before": before and str(before),
        **report,
        "cases": cases,
    }
    lines = (
        [f"{path} is up to date; your answers are in it"]
        if before is None
        else [
            f"{path}: {len(report['kept'])} answers kept, {len(report['new'])} cells new or restored; backup: {before}"
        ]
    )
    lines += [f"  {name}: your changes to it are in a separate cell" for name in report["copied"]]
    lines += [f"  {name} is no longer in the lab; your text is at the end" for name in report["moved_to_end"]]
    lines += [f"  {CASES} updated"] * cases
    lab_file.tell(report, args.json, *lines)
    return 0


def content(lab: dict) -> list:
    """Return the parts of a lab that an update can change: cells, their nbgrader metadata, the release."""
    parts = ("id", "cell_type", "source", "attachments")
    return [stamps(lab), *(([cell.get(part) for part in parts], about(cell)) for cell in lab["cells"])]


def bring_cases(release: Release, path: Path) -> bool:
    """Copy the release's cases to the lab's folder unless they are already there; return whether they were copied."""
    cases = path.with_name(CASES)
    if release.cases is None or (cases.exists() and cases.read_bytes() == release.cases):
        return False
    atomic_write(cases, release.cases)
    return True
