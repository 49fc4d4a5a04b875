"""A student's lab file: which week it is, its cells by grade id, and its release.

Labs are known by their grade ids, never by their file name: students rename.
"""

import os
import subprocess
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mmlab.course import notebook
from mmlab.errors import NotebookError


def by_grade_id(node: NotebookNode) -> dict[str, NotebookNode]:
    """Return a notebook's nbgrader cells, grade id → cell (the first where one is doubled)."""
    found: dict[str, NotebookNode] = {}
    for cell in node.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id:
            found.setdefault(grade_id, cell)
    return found


def course_root(start: Path | None = None) -> Path | None:
    """Return the course folder above `start` or around the installed package, or None."""
    places = [*(start or Path.cwd()).resolve().parents, Path.cwd(), Path(__file__).resolve().parents[2]]
    for place in [(start or Path.cwd()).resolve(), *places]:
        if (place / "labs").is_dir() and (place / "lessons").is_dir():
            return place
    return None


def releases(root: Path) -> dict[str, Path]:
    """Return the course's released labs, week → lab.ipynb."""
    return {path.parent.name: path for path in sorted((root / "labs").glob("*/lab.ipynb"))}


def week_of(node: NotebookNode, path: Path) -> str:
    """Return the week that a lab belongs to, as its locked setup cell or its cells say.

    raises  NotebookError  when no cell says so: not a lab of this course
    """
    for cell in node.cells:
        if cell.metadata.get("mmlab", {}).get("week"):
            return cell.metadata.mmlab.week
        first = cell.source.split("\n", 1)[0]
        if cell.cell_type == "code" and first.startswith('WEEK = "'):
            return first.split('"')[1]
    raise NotebookError(
        f"{path} is no lab of this course: no cell names a week",
        "a notebook that was begun from labs/NN_slug/lab.ipynb",
        "give the path of your lab, such as labs/02_clip/lab.ipynb",
    )


def released_text(path: Path, week: str) -> str:
    """Return the released lab's text for the lab at `path`.

    A lab that is edited in place is the released file itself: then the release
    is what git holds, the upstream branch's where there is one.

    raises  NotebookError  when no release can be found
    """
    root = course_root(path.parent)
    release = releases(root).get(week) if root else None
    if release and release.resolve() != path.resolve():
        return release.read_text(encoding="utf8")
    for revision in ("@{upstream}", "HEAD") if root else ():
        shown = subprocess.run(
            ["git", "-C", str(root), "show", f"{revision}:labs/{week}/lab.ipynb"],
            capture_output=True,
            text=True,
            encoding="utf8",
        )
        if shown.returncode == 0:
            return shown.stdout
    raise NotebookError(
        f"no released lab found for {week}",
        f"the course's folder around {path}, or its git history",
        "pass it: --release PATH/TO/lab.ipynb",
    )


def open_release(path: Path, week: str, given: str | None) -> NotebookNode:
    """Return the release to compare a lab with: the file `given`, else the course's own."""
    if given:
        return notebook.read(Path(given))
    return nbformat.reads(released_text(path, week), as_version=4)


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
