"""Every cell of the release back in its place, the student's answers in theirs.

Locked cells and statements come from the release, with all their marks. What the
student wrote runs in the order in which it stood, so that a name that a cell
needs is there when it runs. The student's file is never written.
"""

import copy

from mmlab.course import lab_file
from mmlab.course.grade import findings, intake
from mmlab.course.grade.bindings import only_checks, pieces
from mmlab.course.grade.placing import Placed, Wanted, is_free, place
from mmlab.course.grade.stages import Prepared, Submission
from mmlab.course.lab_match import defined
from mmlab.course.notebook import about
from mmlab.course.setup_cell import CELL_ID
from mmlab.errors import NotebookError

DEMO = "demo"
Row = tuple[str | None, dict]  # the key of a release's cell, None for the student's own; and the cell


def prepare(submission: Submission, release: dict) -> Prepared:
    """Return a submission as the grader runs it; raises nothing for what a student can hand in.

    release  the released lab; it is copied, not changed
    """
    wanted = Wanted(release)
    try:
        found = intake.taken(submission, wanted)
        placed = place(found.lab, wanted)
        findings.refuse_other_labs(found.lab, placed, wanted, submission)
    except NotebookError as error:
        return Prepared(notebook_of(list(wanted.cells.items()), release), problem=str(error))
    rows, cut = rebuilt(placed, wanted)
    repairs = found.notes + findings.sentences(found.lab, placed, wanted, cut)
    return Prepared(notebook_of(rows, release), repairs)


def notebook_of(rows: list[Row], release: dict) -> dict:
    """Return these cells as a notebook of format 4.5, as before any was run; the release's cells keep their ids."""
    cells = [copy.deepcopy(cell) for _, cell in rows]
    lab_file.with_unique_ids([cell for (name, _), cell in zip(rows, cells, strict=True) if name is None],
                             {cell["id"] for name, cell in rows if name is not None})  # fmt: skip
    lab = lab_file.mended({"cells": cells, "metadata": release["metadata"]})
    for cell in lab["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return lab


def rebuilt(placed: Placed, wanted: Wanted) -> tuple[list[Row], list[list[str]]]:
    """Return the cells to run, in order, and the keys of each cell that was cut because it holds several answers."""
    rows, cut, there, serves = [], [], set(), placed.serves()
    for index, (cell, label) in enumerate(zip(placed.cells, placed.labels, strict=True)):
        if index in serves:
            rows += answers(cell, serves[index], wanted)
            cut += [serves[index]] * (len(serves[index]) > 1)
        elif label is None or label in placed.answers or label in there:
            if placed.written[index]:
                rows.append((None, own(cell, index, placed)))
        else:
            there.add(label)
            rows += given(index, placed, wanted)
    there |= set(placed.answers)
    bring_missing(rows, there, wanted)
    return in_order(rows, wanted), cut


def answers(cell: dict, keys: list[str], wanted: Wanted) -> list[Row]:
    """Return the release's solution cells with a student's answers in them, cut from one cell if it has several."""
    names = {wanted.names.get(key): key for key in keys}
    parts = pieces(cell["source"], list(names)) if len(keys) > 1 else [(next(iter(names)), cell["source"])]
    if parts is None:  # it cannot be cut: each exercise is given the whole
        parts = [(name, cell["source"]) for name in names]
    rows = []
    for name, source in parts:
        made = wanted.cells[names[name]] | {"source": source}
        if made["cell_type"] == "markdown" and cell.get("attachments"):
            made["attachments"] = cell["attachments"]
        rows.append((names[name], made))
    return rows


def given(index: int, placed: Placed, wanted: Wanted) -> list[Row]:
    """Return a cell of the release in the place of the student's copy, and below it what they wrote in that."""
    cell, label = placed.cells[index], placed.labels[index]
    release = wanted.cells[label]
    if not placed.written[index] or about(release).get("solution"):
        return [(label, release)]
    if is_free(release) and not (is_demo(release) and is_needed(index, placed)):
        return [(label, release | {"source": cell["source"]})]
    if cell["cell_type"] == "code" and only_checks(cell["source"]):
        return [(label, release)]
    return [(label, release), (None, own(cell, index, placed))]


def own(cell: dict, index: int, placed: Placed) -> dict:
    """Return a cell of the student's own; a demo stays one, unless an answer needs what it defines."""
    tags = {"tags": [DEMO]} if is_demo(cell) and not is_needed(index, placed) else {}
    made = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": tags, "source": cell["source"]}
    return made | ({"attachments": cell["attachments"]} if "attachments" in cell else {})


def is_demo(cell: dict) -> bool:
    """Return whether a cell is not run for marks."""
    return DEMO in cell["metadata"].get("tags", ())


def is_needed(index: int, placed: Placed) -> bool:
    """Return whether a cell defines an exercise's name, or a function or class that an answer names."""
    return bool(placed.binds[index]) or not placed.words.isdisjoint(defined(placed.cells[index]))


def bring_missing(rows: list[Row], there: set[str], wanted: Wanted) -> None:
    """Put each cell of the release that is not `there` behind the one that it follows in the release."""
    before = None
    for name, cell in wanted.cells.items():
        if name not in there:
            rows.insert(place_of(rows, before) + 1, (name, cell))
        before = name


def place_of(rows: list[Row], name: str | None) -> int:
    """Return where a cell of the release stands, -1 for None."""
    return next(index for index, row in enumerate(rows) if row[0] == name) if name is not None else -1


def in_order(rows: list[Row], wanted: Wanted) -> list[Row]:
    """Return the rows with the setup before all code, and each check behind the answer that it checks."""
    if CELL_ID in wanted.cells:
        first = next(index for index, (_, cell) in enumerate(rows) if cell["cell_type"] == "code")
        rows.insert(first, rows.pop(place_of(rows, CELL_ID)))
    for name in wanted.names:
        check = name.removesuffix("-solution")
        if check in wanted.cells and check != name and place_of(rows, check) < (answer := place_of(rows, name)):
            rows.insert(answer, rows.pop(place_of(rows, check)))
    return rows
