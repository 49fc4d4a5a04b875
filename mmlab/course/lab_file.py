"""A student's lab file: which week it is, its cells by grade id, what in it the student wrote.

Labs are known by what is in them, never by their file name: students rename.
"""

import contextlib
import copy
import json
import os
import re
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.notebook import about
from mmlab.errors import NotebookError

WEEK = re.compile(r"\d\d_\w+")


def by_grade_id(lab: dict) -> dict[str, dict]:
    """Return a lab's nbgrader cells, grade id → cell (the first where one is doubled)."""
    found: dict[str, dict] = {}
    for cell in lab["cells"]:
        if name := notebook.grade_id(cell):
            found.setdefault(name, cell)
    return found


def locked(cell: dict) -> bool:
    """Return whether a cell of a release is one that a student does not write in."""
    return not about(cell).get("solution") and bool(about(cell).get("locked") or about(cell).get("grade"))


def stamps(lab: dict) -> dict:
    """Return what a release says of itself in the notebook's metadata, empty where that was lost."""
    found = lab["metadata"].get("mmlab")
    return found if isinstance(found, dict) else {}


def week_of(lab: dict, path: Path | str) -> str:
    """Return the week that a lab belongs to, as its metadata or its setup cell says.

    raises  NotebookError  when neither does: not a lab of this course
    """
    told = [stamps(lab).get("week")]
    for cell in lab["cells"]:
        first = cell["source"].partition("\n")[0]
        if cell.get("cell_type") == "code" and first.startswith('WEEK = "'):
            told.append(first.split('"')[1])
    for week in told:
        if isinstance(week, str) and WEEK.fullmatch(week):
            return week
    raise NotebookError(
        f"{path} is no lab of this course: nothing in it names a week",
        "a notebook that was begun from labs/NN_slug/lab.ipynb",
        "give the path of your lab, such as labs/02_clip/lab.ipynb",
    )


def written(cell: dict, lab: dict, wanted: dict | None = None) -> bool:
    """Return whether a student wrote in a cell: its text is neither blank nor as some release had it.

    lab     the lab that the cell is from; it holds the digests of its own release
    wanted  the cell's counterpart in the release at hand, if there is one
    """
    known = set(stamps(lab).get("released") or ())
    if wanted is not None:
        known.add(notebook.digest(wanted["source"]))
    return bool(cell["source"].strip()) and notebook.digest(cell["source"]) not in known


def same(cell: dict, other: dict) -> bool:
    """Return whether two cells say the same."""
    return notebook.digest(cell["source"]) == notebook.digest(other["source"])


def mended(lab: dict) -> dict:
    """Return a copy that nbformat accepts: format 4.5, valid and unique ids, no field missing or astray."""
    lab = copy.deepcopy(lab) | {"nbformat": 4, "nbformat_minor": 5}
    for cell in lab["cells"]:
        if cell.get("cell_type") not in ("code", "markdown", "raw"):
            cell["cell_type"] = "code" if "outputs" in cell else "markdown"
        if cell["cell_type"] == "code":
            outputs = cell.get("outputs")
            cell["outputs"] = outputs if isinstance(outputs, list) else []
            cell.setdefault("execution_count", None)
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    with_unique_ids(lab["cells"])
    return lab


def with_unique_ids(cells: list[dict], taken: set[str] = frozenset()) -> list[dict]:
    """Return the cells, each id made valid and, where it is used before or `taken`, another."""
    seen = set(taken)
    for cell in cells:
        base = re.sub(r"[^\w-]", "-", cell.get("id") or "cell", flags=re.ASCII)[:56] or "cell"
        name, number = base, 2
        while name in seen:
            name, number = f"{base}-{number}", number + 1
        cell["id"] = name
        seen.add(name)
    return cells


def keep_backup(path: Path) -> Path:
    """Copy a file beside itself as NAME.before-N and return the copy; none is overwritten.

    raises  NotebookError  where it cannot be written; then nothing is left behind
    """
    number = 1
    while (kept := path.with_name(f"{path.name}.before-{number}")).exists():
        number += 1
    try:
        with open(kept, "xb") as out:
            out.write(path.read_bytes())
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        if not isinstance(error, FileExistsError):
            discard(kept)
        raise NotebookError(
            f"no copy of {path} could be kept ({error})",
            "room and rights beside it",
            "free some space, then run it again; the file is as it was",
        ) from None
    return kept


def discard(path: Path) -> None:
    """Remove a file that is of no use, if that can be done."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def replace(path: Path, lab: dict) -> Path:
    """Write a lab over the file at `path` and return the copy that was kept of what was there.

    raises  NotebookError  where one of the two cannot be written; then the file is as it was
    """
    kept = keep_backup(path)
    try:
        notebook.write(path, lab)
    except NotebookError:
        discard(kept)
        raise
    return kept


def tell(report: dict, as_json: bool, *lines: str) -> None:
    """Print a command's report: one JSON object for machines, else its lines for people."""
    print(json.dumps(report) if as_json else "\n".join(lines))
