"""A student's lab file: its week, its cells by grade id, and which cells the student wrote in.

A lab is recognised by its content, never by its file name, because students rename files.
"""

import contextlib
import copy
import json
import os
import re
from pathlib import Path

from mmlab.cli import labs, notebook, paths
from mmlab.cli.notebook import about
from mmlab.errors import InputError, NotebookError
from mmlab.files import atomic_write

WEEK = re.compile(r"\d\d_\w+")
HELP = "your lab: its file, its folder, or its week, such as 02"


def located(name: str) -> Path:
    """Return the path of the lab that a student names: by its file, its folder, or a week of the course.

    raises  InputError  for a week that has no lab

    >>> located("Downloads/lab (1).ipynb").name
    'lab (1).ipynb'
    """
    path = Path(name)
    if path.is_dir():
        return path / "lab.ipynb"
    if path.exists() or not re.fullmatch(r"\d\d(_\w+)?", name):
        return path
    (lab,) = labs.labs(paths.root(), [name])
    return Path(os.path.relpath(lab))


def by_grade_id(lab: dict) -> dict[str, dict]:
    """Return a lab's nbgrader cells, grade id → cell (the first of two with the same id)."""
    cells: dict[str, dict] = {}
    for cell in lab["cells"]:
        if name := notebook.grade_id(cell):
            cells.setdefault(name, cell)
    return cells


def locked(cell: dict) -> bool:
    """Return whether students must not change this cell of a release."""
    return not about(cell).get("solution") and bool(about(cell).get("locked") or about(cell).get("grade"))


def stamps(lab: dict) -> dict:
    """Return the release's own entry in the notebook's metadata, empty if it was lost."""
    entry = lab["metadata"].get("mmlab")
    return entry if isinstance(entry, dict) else {}


def week_of(lab: dict, path: Path | str) -> str:
    """Return the week that a lab belongs to, as its metadata or its setup cell says.

    raises  NotebookError  if neither does: it is not a lab of this course
    """
    names = [stamps(lab).get("week")]
    for cell in lab["cells"]:
        first = cell["source"].partition("\n")[0]
        if cell.get("cell_type") == "code" and first.startswith('WEEK = "'):
            names.append(first.split('"')[1])
    for week in names:
        if isinstance(week, str) and WEEK.fullmatch(week):
            return week
    raise NotebookError(
        f"{path} is no lab of this course: it does not name a week",
        "a copy of labs/NN_slug/lab.ipynb",
        "give the path of your lab, such as labs/02_clip/lab.ipynb",
    )


def written(cell: dict, lab: dict, wanted: dict | None = None) -> bool:
    """Return whether a student wrote in a cell: its text is neither blank nor the text of a release.

    lab     the lab that holds the cell, and the digests of its own release
    wanted  the same cell in the current release, if there is one
    """
    known = set(stamps(lab).get("released") or ())
    if wanted is not None:
        known.add(notebook.digest(wanted["source"]))
    return bool(cell["source"].strip()) and notebook.digest(cell["source"]) not in known


def same(cell: dict, other: dict) -> bool:
    """Return whether two cells have the same text."""
    return notebook.digest(cell["source"]) == notebook.digest(other["source"])


def repaired(lab: dict) -> dict:
    """Return a copy that nbformat accepts: format 4.5, valid and unique ids, no missing or superfluous fields."""
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
    """Return the cells with valid ids; an id that was used before or is in `taken` gets a number."""
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
    """Copy a file to NAME.before-N in its folder and return the copy; earlier copies stay.

    raises  InputError  if it cannot be written; then no partial file is left
    """
    number = 1
    while (backup := path.with_name(f"{path.name}.before-{number}")).exists():
        number += 1
    atomic_write(backup, path.read_bytes())
    return backup


def replace(path: Path, lab: dict) -> Path:
    """Write a lab over the file at `path` and return the backup of the earlier file.

    raises  InputError  if either cannot be written; then the file is unchanged
    """
    backup = keep_backup(path)
    try:
        notebook.write(path, lab)
    except InputError:
        with contextlib.suppress(OSError):
            backup.unlink()
        raise
    return backup


def tell(report: dict, as_json: bool, *lines: str) -> None:
    """Print a command's report: one JSON object for machines, or its lines for people."""
    print(json.dumps(report) if as_json else "\n".join(lines))
