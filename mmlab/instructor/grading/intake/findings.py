"""One sentence for the student for each repair; and the errors for labs of other weeks."""

from collections.abc import Iterable
from pathlib import Path

from mmlab.cli import lab_file, notebook
from mmlab.cli.notebook import about
from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake import folders
from mmlab.instructor.grading.intake.cell_matching import Placed, Wanted, is_free
from mmlab.instructor.grading.intake.json_recovery import printable
from mmlab.instructor.grading.records import Submission

MAX_NAMES = 6
UNMARKED = ("checksum", "cell_type")


def refuse_other_labs(lab: dict, placed: Placed, wanted: Wanted, submission: Submission) -> None:
    """Raise NotebookError for a lab of another week and for a notebook that is not a lab.

    A lab is recognised by its cells. Its metadata counts only if it contains no exercise of the release.
    """
    if placed.answers or wanted.exercises & set(placed.labels):
        return
    name, week = printable(submission.path.name), week_there(lab, submission)
    if week is None:
        raise NotebookError(
            f"{name} is not a lab of this course: none of its cells is known",
            f"the lab {submission.week}",
            f"submit the notebook that you started from labs/{submission.week}/lab.ipynb",
        )
    if week != submission.week:
        raise NotebookError(
            f"{name} is the lab of {week}",
            f"the lab {submission.week}",
            f"submit your labs/{submission.week}/lab.ipynb, and this one under {week}",
        )
    raise NotebookError(
        f"{name} contains no exercise of {week}",
        "the lab, with its exercises",
        "submit the lab itself, not a lesson",
    )


def week_there(lab: dict, submission: Submission) -> str | None:
    """Return the week of a lab: by the grade ids of the course's labs, else by its metadata; None if unknown."""
    mine = {notebook.grade_id(cell) for cell in lab["cells"]}
    folder = folders.of(submission)
    root = next((above for above in folder.parents if (above / "labs").is_dir()), None) if folder else None
    for path in sorted(root.glob("labs/*/lab.ipynb")) if root else []:
        if mine & exercises_of(path):
            return path.parent.name
    try:
        return printable(lab_file.week_of(lab, "it"))
    except NotebookError:
        return None


def exercises_of(path: Path) -> set[str]:
    """Return the ids of the graded cells in a released lab, empty if it cannot be read."""
    try:
        return set(notebook.points(notebook.read(path)))
    except NotebookError:
        return set()


def sentences(lab: dict, placed: Placed, wanted: Wanted, cut: list[list[str]]) -> list[str]:
    """Return one sentence for each kind of repair in a lab's cells.

    cut  for each cell that was split, the keys of its answers
    """
    copies: dict[str, list[int]] = {}
    for index, label in enumerate(placed.labels):
        if label is not None:
            copies.setdefault(label, []).append(index)
    version = printable(lab_file.stamps(lab).get("version", "another"), 20)
    repaired = {
        "Missing cells were restored from the release": missing(copies, placed, wanted),
        "Cells that you may not change came back as released; what you wrote in them is below them": changed(
            copies, placed, wanted
        ),
        f"Cells of an older release ({version}) were updated": outdated(copies, placed, wanted),
        "Cells without the grader's metadata are known by what is in them": unmarked(copies, placed, wanted),
        "Changed metadata of the grader (points, locks, tags) was reset to the release": remarked(
            copies, placed, wanted
        ),
        "Cells that had another type were set back to the released type": retyped(copies, placed, wanted),
        "Of several copies the last that defines the name was graded; the others ran as your own cells": doubled(
            copies, placed, wanted
        ),
        "Extra copies of released cells were left out": spare(copies, placed, wanted),
        "Answers in another cell than their own were graded from there": elsewhere(placed, cut),
        "Your answers contain merge conflict markers (<<<<<<<), which are not valid Python": unmerged(placed),
    }
    lines = [f"{what}: {listed(names)}." for what, names in repaired.items() if names]
    lines += [f"A cell with several answers was split, in the same order: {listed(keys)}." for keys in cut]
    positions = [list(wanted.cells).index(label) for label in copies]
    if positions != sorted(positions):
        lines.append("Your cells are in another order than in the release; they were run in your order.")
    return lines


def listed(names: Iterable[str]) -> str:
    """Return the first six names, joined by commas, and the number of the others."""
    names = list(names)
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


def missing(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the released cells that a student's lab lacks."""
    return [name for name in wanted.cells if name not in copies and name not in placed.answers]


def changed(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the released cells that a student changed without permission."""
    serving = set(placed.answers.values())
    return [
        name
        for name in copies
        if not about(wanted.cells[name]).get("solution")
        and not is_free(wanted.cells[name])
        and any(placed.written[index] and index not in serving for index in copies[name])
    ]


def outdated(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells that are unchanged since an earlier release."""
    return [
        name
        for name in copies
        if not placed.written[copies[name][0]]
        and name not in placed.answers
        and (mine := placed.cells[copies[name][0]])["source"].strip()
        and not lab_file.same(mine, wanted.cells[name])
    ]


def unmarked(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells that have lost their grade ids."""
    return [
        name
        for name in copies
        if about(wanted.cells[name])
        and not any(notebook.grade_id(placed.cells[index]) == name for index in copies[name])
    ]


def remarked(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells whose grader metadata or tags differ from the release's."""
    names = []
    for name in copies:
        release = wanted.cells[name]
        marked = [
            placed.cells[i]
            for i in copies[name]
            if notebook.grade_id(placed.cells[i]) == name and about(release)
        ]
        if any(grader_metadata(cell) != grader_metadata(release) for cell in marked):
            names.append(name)
    return names


def grader_metadata(cell: dict) -> tuple[dict, list]:
    """Return the part of a cell's metadata that the grader reads: nbgrader's entries and the tags."""
    entries = {name: value for name, value in about(cell).items() if name not in UNMARKED}
    return entries, cell["metadata"].get("tags", [])


def retyped(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells whose type differs from the release's."""
    return [
        name
        for name in copies
        if placed.cells[copies[name][0]]["cell_type"] != wanted.cells[name]["cell_type"]
    ]


def doubled(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the solutions that were written more than once."""
    return [
        name
        for name in copies
        if about(wanted.cells[name]).get("solution")
        and sum(placed.written[index] for index in copies[name]) > 1
    ]


def spare(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells of which a copy was left out, because the student wrote nothing in it."""
    return [
        name
        for name, indices in copies.items()
        if len(indices) > 1 and not all(placed.written[index] for index in indices)
    ]


def elsewhere(placed: Placed, cut: list[list[str]]) -> list[str]:
    """Return the answers that are neither in their own cell nor in one that was split."""
    apart = {name for keys in cut for name in keys}
    return [
        name for name, index in placed.answers.items() if placed.labels[index] != name and name not in apart
    ]


def unmerged(placed: Placed) -> list[str]:
    """Return the answers that contain merge conflict markers."""
    return [
        name
        for name, index in placed.answers.items()
        if ("\n" + placed.cells[index]["source"]).find("\n<<<<<<< ") >= 0
    ]
