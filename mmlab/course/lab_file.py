"""A student's lab file: which week it is, its cells by grade id, and its release.

Labs are known by what is in them, never by their file name: students rename.
"""

import json
import os
import subprocess
from pathlib import Path

from mmlab.course import notebook, places
from mmlab.errors import InputError, NotebookError


def about(cell: dict) -> dict:
    """Return a cell's nbgrader metadata, empty where it has none."""
    return cell["metadata"].get("nbgrader") or {}


def by_grade_id(lab: dict) -> dict[str, dict]:
    """Return a lab's nbgrader cells, grade id → cell (the first where one is doubled)."""
    found: dict[str, dict] = {}
    for cell in lab["cells"]:
        if name := notebook.grade_id(cell):
            found.setdefault(name, cell)
    return found


def week_of(lab: dict, path: Path) -> str:
    """Return the week that a lab belongs to, as its metadata or its setup cell says.

    raises  NotebookError  when neither does: not a lab of this course
    """
    if week := lab.get("metadata", {}).get("mmlab", {}).get("week"):
        return week
    for cell in lab["cells"]:
        first = cell["source"].partition("\n")[0]
        if cell.get("cell_type") == "code" and first.startswith('WEEK = "'):
            return first.split('"')[1]
    raise NotebookError(
        f"{path} is no lab of this course: nothing in it names a week",
        "a notebook that was begun from labs/NN_slug/lab.ipynb",
        "give the path of your lab, such as labs/02_clip/lab.ipynb",
    )


def released_file(path: Path, week: str) -> Path | None:
    """Return the course's released lab of a week, or None where there is no course around `path`."""
    try:
        file = places.root(path.parent) / "labs" / week / "lab.ipynb"
    except InputError:
        return None
    return file if file.exists() else None


def release_of(path: Path, week: str, given: str | None = None) -> dict:
    """Return the release that the lab at `path` was begun from: the file `given`, else the course's.

    A lab that is edited in place is the released file itself: then the release
    is what git holds, the upstream branch's where there is one.

    raises  NotebookError  when no release can be found
    """
    if given:
        return notebook.read(Path(given))
    file = released_file(path, week)
    if file and file.resolve() != path.resolve():
        return notebook.read(file)
    for revision in ("@{upstream}", "HEAD") if file else ():
        command = ["git", "-C", file.parent, "show", f"{revision}:./lab.ipynb"]
        shown = subprocess.run(command, capture_output=True, text=True, encoding="utf8")
        if shown.returncode == 0:
            return notebook.parse(shown.stdout, f"{revision}:labs/{week}/lab.ipynb")
    raise NotebookError(
        f"no released lab found for {week}",
        f"the course's folder around {path}, or its git history",
        "pass it: --release PATH/TO/lab.ipynb",
    )


def keep_backup(path: Path) -> Path:
    """Copy a file beside itself as NAME.before-N and return the copy; none is overwritten."""
    number = 1
    while True:
        copy = path.with_name(f"{path.name}.before-{number}")
        try:
            with open(copy, "xb") as out:
                out.write(path.read_bytes())
                os.fsync(out.fileno())
            return copy
        except FileExistsError:
            number += 1


def tell(report: dict, as_json: bool, *lines: str) -> None:
    """Print a command's report: one JSON object for machines, else its lines for people."""
    print(json.dumps(report) if as_json else "\n".join(lines))
