"""`mmlab check LAB.ipynb`: run a lab's visible checks in a fresh kernel, in the terminal.

Every cell runs in order but those tagged `demo`; an error does not stop the
later ones. The file is not changed. Exit status 1 when a check fails.
"""

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path

from mmlab.course import lab_file, notebook
from mmlab.course.lab_release import release_of
from mmlab.errors import MissingPart, NotebookError

RESTORE = "run `mmlab update` on the lab, which puts it back and keeps your answers"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("--timeout", type=int, default=120, help="seconds a cell may take (120)")
    parser.add_argument("--release", help="the released lab, to see whether a check is missing")


def run_checks(lab: dict, folder: Path, timeout: int, seen: Callable[[dict], None] = lambda row: None) -> list[dict]:
    """Execute a lab without its demos and return a row for each graded cell.

    folder   where the kernel works
    timeout  seconds a cell may take
    seen     called with each row as soon as it is known
    returns  list of {"name", "points", "passed": bool | None, "message"};
             `passed` is None for a text answer, which a person reads
    raises   NotebookError when a cell takes too long or the kernel dies, MissingPart without nbclient
    """
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
    except ImportError as error:
        raise MissingPart(f"mmlab check: {error}", "nbclient", "pip install 'mmlab[lab]'") from error

    node = nbformat.from_dict(without_demos(lab))
    at, rows = {"cell": "the kernel's start"}, []

    def begun(cell, cell_index):
        at["cell"] = f"the cell {notebook.grade_id(cell) or cell.get('id')}"
        if cell["cell_type"] != "code" or not cell["source"].strip():  # the kernel will not see it
            ended(cell, cell_index)

    def ended(cell, cell_index, execute_reply=None):
        if notebook.about(cell).get("grade"):
            rows.append(row(cell, node.cells[:cell_index]))
            seen(rows[-1])

    client = NotebookClient(
        node, timeout=timeout, allow_errors=True, kernel_name="python3", skip_cells_with_tag="",
        resources={"metadata": {"path": str(folder)}}, on_cell_start=begun, on_cell_executed=ended,
    )  # fmt: skip
    try:
        client.execute(stderr=subprocess.DEVNULL)  # jupyter_client warns there of its own default transport
    except CellTimeoutError:
        raise NotebookError(
            f"{at['cell']} ran longer than {timeout} s",
            "each cell done within that time",
            "look for a loop without an end, or pass --timeout",
        ) from None
    except (DeadKernelError, RuntimeError) as error:
        raise NotebookError(
            f"the kernel died at {at['cell']}: {str(error).splitlines()[0]}",
            "a kernel that lives to the lab's end",
            "run the lab cell by cell in JupyterLab to see why",
        ) from error
    return rows


def without_demos(lab: dict) -> dict:
    """Return a copy of a lab without its demos and without the outputs of an earlier run."""
    lab = lab_file.mended(lab)
    lab["cells"] = [cell for cell in lab["cells"] if "demo" not in (cell["metadata"].get("tags") or [])]
    for cell in lab["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    return lab


def row(cell: dict, before: list[dict]) -> dict:
    """Return one graded cell's name, points, verdict and message.

    cell    executed
    before  the executed cells above it
    """
    about = notebook.about(cell)
    name = about["grade_id"]
    found = {"name": name, "points": about.get("points", 0)}
    if cell["cell_type"] != "code":
        empty = cell["source"].strip() in ("", notebook.TEXT_STUB)
        return found | {"passed": None, "message": "no answer yet" if empty else "a person reads this one"}
    if message := failure(cell):
        above = [failure(one) for one in before if notebook.grade_id(one) == f"{name}-solution"]
        if message.startswith("NameError") and above and above[0]:
            message += f"\nbecause its solution cell stopped with {above[0]}"
        return found | {"passed": False, "message": message}
    said = "".join(output.get("text", "") for output in cell["outputs"] if output.get("name") == "stdout").strip()
    if f"{name}: passed" not in said:
        return found | {"passed": False, "message": f"its check cell checks nothing\n  try: {RESTORE}"}
    return found | {"passed": True, "message": said}


def failure(cell: dict) -> str:
    """Return the error that a code cell stopped with, empty where it ran to its end."""
    errors = [output for output in cell.get("outputs", []) if output["output_type"] == "error"]
    return f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else ""


def missing(lab: dict, path: Path, given: str | None) -> list[dict]:
    """Return a failed row for each check of the release that the lab has not; none where no release is found."""
    try:
        release = release_of(path, lab_file.week_of(lab, path), given).lab
    except NotebookError:
        if given:
            raise
        return []
    mine = lab_file.by_grade_id(lab)
    return [
        {"name": name, "points": points, "passed": False, "message": f"its check cell is missing\n  try: {RESTORE}"}
        for name, points in notebook.points(release).items()
        if name not in mine
    ]


def once(rows: list[dict]) -> list[dict]:
    """Return the rows, one a name: the copy of a check cell that did not pass, if one did not."""
    found: dict[str, dict] = {}
    for one in rows:
        if one["name"] not in found or found[one["name"]]["passed"]:
            found[one["name"]] = one
    return list(found.values())


def told(one: dict) -> str:
    """Return a row for people."""
    text = {True: "pass ", False: "FAIL ", None: "text "}[one["passed"]] + one["name"]
    if one["passed"] is True:
        return text
    return text + "\n     " + one["message"].replace("\n", "\n     ")


def main(args: argparse.Namespace) -> int:
    """Run the checks, print a line or a message an exercise, and the points in sight."""
    path = Path(args.lab)
    lab = notebook.read(path)
    lost = missing(lab, path, args.release)
    if not lost and not notebook.points(lab):
        raise NotebookError(f"{path} has no check cell", "a lab of this course", f"run `mmlab update {path}`")

    def show(one: dict) -> None:
        if not args.json:
            print(told(one), flush=True)

    rows = run_checks(lab, path.resolve().parent, args.timeout, show)
    for one in lost:
        show(one)
    rows = once(rows + lost)
    score = sum(one["points"] for one in rows if one["passed"])
    total = sum(one["points"] for one in rows if one["passed"] is not None)
    report = {"lab": str(path), "score": score, "max": total, "checks": rows}
    lab_file.tell(report, args.json, f"{score:g} of {total:g} points on the visible checks")
    return int(any(one["passed"] is False for one in rows))
