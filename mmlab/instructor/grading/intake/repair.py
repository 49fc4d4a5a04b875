"""Rebuild the released lab around the student's answers.

Locked cells and statements come from the release, with their metadata. The student's own
cells keep their order, so that each name is defined before a cell uses it. The student's
file is never written.
"""

import copy

from mmlab.cli import lab_file
from mmlab.cli.lab_match import defined
from mmlab.cli.notebook import about
from mmlab.cli.setup_cell import CELL_ID
from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake import companions, findings, limited, submissions
from mmlab.instructor.grading.intake.bindings import only_checks, pieces
from mmlab.instructor.grading.intake.cell_matching import Placed, Wanted, is_free, match
from mmlab.instructor.grading.records import Prepared, Submission

DEMO = "demo"
Row = tuple[str | None, dict]  # a cell, and its key in the release (None for the student's own)


def prepare(submission: Submission, release: dict) -> Prepared:
    """Read, validate, match and repair a submission; return what the grader runs.

    release  the released lab; it is copied, not changed

    A file that cannot be graded becomes `problem`: nothing that a student submits raises an error.
    """
    with limited.budget():
        return _prepared(submission, release)


def _prepared(submission: Submission, release: dict) -> Prepared:
    wanted = Wanted(release)
    try:
        loaded = submissions.load(submission, wanted)
        placed = match(loaded.lab, wanted)
        findings.refuse_other_labs(loaded.lab, placed, wanted, submission)
    except NotebookError as error:
        return Prepared(notebook_of(list(wanted.cells.items()), release), problem=str(error))
    rows, cut = rebuilt(placed, wanted)
    beside = companions.of(loaded, submission)
    repairs = loaded.notes + beside.notes() + findings.sentences(loaded.lab, placed, wanted, cut)
    python = loaded.lab["metadata"].get("python", "")
    return Prepared(notebook_of(rows, release), repairs, files=beside.files, python=python)


def notebook_of(rows: list[Row], release: dict) -> dict:
    """Return a notebook (format 4.5) of these cells, without outputs; the release's cells keep their ids."""
    cells = [copy.deepcopy(cell) for _, cell in rows]
    lab_file.with_unique_ids(
        [cell for (name, _), cell in zip(rows, cells, strict=True) if name is None],
        {cell["id"] for name, cell in rows if name is not None},
    )
    lab = lab_file.repaired({"cells": cells, "metadata": release["metadata"]})
    for cell in lab["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return lab


def rebuilt(placed: Placed, wanted: Wanted) -> tuple[list[Row], list[list[str]]]:
    """Return the cells to run, in order, and for each cell with several answers, which was split, their keys."""
    rows, cut, present, serves = [], [], set(), placed.serves()
    for index, (cell, label) in enumerate(zip(placed.cells, placed.labels, strict=True)):
        if index in serves:
            rows += answers(cell, serves[index], wanted)
            cut += [serves[index]] * (len(serves[index]) > 1)
        elif label is None or label in placed.answers or label in present:
            if placed.written[index]:
                rows.append((None, own(cell, index, placed)))
        else:
            present.add(label)
            rows += given(index, placed, wanted)
    present |= set(placed.answers)
    add_missing(rows, present, wanted)
    return in_order(rows, wanted), cut


def answers(cell: dict, keys: list[str], wanted: Wanted) -> list[Row]:
    """Return the released solution cells with a student's answers in them; a cell with several answers is split."""
    names = {wanted.names.get(key): key for key in keys}
    parts = pieces(cell["source"], list(names)) if len(keys) > 1 else [(next(iter(names)), cell["source"])]
    if parts is None:  # the cell cannot be split, so each exercise gets all of it
        parts = [(name, cell["source"]) for name in names]
    rows = []
    for name, source in parts:
        made = wanted.cells[names[name]] | {"source": source}
        if made["cell_type"] == "markdown" and cell.get("attachments"):
            made["attachments"] = cell["attachments"]
        rows.append((names[name], made))
    return rows


def given(index: int, placed: Placed, wanted: Wanted) -> list[Row]:
    """Return the released cell in place of the student's copy, and below it what the student wrote there."""
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
    """Return a cell of the student's own; a demo stays a demo, unless an answer needs what it defines."""
    tags = {"tags": [DEMO]} if is_demo(cell) and not is_needed(index, placed) else {}
    made = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": tags, "source": cell["source"]}
    return made | ({"attachments": cell["attachments"]} if "attachments" in cell else {})


def is_demo(cell: dict) -> bool:
    """Return whether a cell is a demo, which the grader does not run."""
    return DEMO in cell["metadata"].get("tags", ())


def is_needed(index: int, placed: Placed) -> bool:
    """Return whether a cell defines an exercise's name, or a function or class that an answer mentions."""
    return bool(placed.binds[index]) or not placed.words.isdisjoint(defined(placed.cells[index]))


def add_missing(rows: list[Row], present: set[str], wanted: Wanted) -> None:
    """Insert each released cell that is not in `present` after the cell that it follows in the release."""
    before = None
    for name, cell in wanted.cells.items():
        if name not in present:
            rows.insert(index_of(rows, before) + 1, (name, cell))
        before = name


def index_of(rows: list[Row], name: str | None) -> int:
    """Return the index of a released cell in the rows, -1 for None."""
    return next(index for index, row in enumerate(rows) if row[0] == name) if name is not None else -1


def in_order(rows: list[Row], wanted: Wanted) -> list[Row]:
    """Return the rows with the setup cell before all other code, and each check after the answer that it checks.

    The setup runs again below cells of the student's own that stood above it, because in a notebook it replaces what
    they define.
    """
    if CELL_ID in wanted.cells:
        first = next(index for index, (_, cell) in enumerate(rows) if cell["cell_type"] == "code")
        at = index_of(rows, CELL_ID)
        above = [label for label, cell in rows[first:at] if cell["cell_type"] == "code"]
        rows.insert(first, rows.pop(at))
        if above and not any(above):
            source = wanted.cells[CELL_ID]["source"]
            again = {"cell_type": "code", "id": f"{CELL_ID}-again", "metadata": {}, "source": source}
            rows.insert(at + 1, (None, again))
    for name in wanted.names:
        check = name.removesuffix("-solution")
        if (
            check in wanted.cells
            and check != name
            and index_of(rows, check) < (answer := index_of(rows, name))
        ):
            rows.insert(answer, rows.pop(index_of(rows, check)))
    return rows
