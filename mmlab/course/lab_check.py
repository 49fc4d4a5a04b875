"""`mmlab check LAB.ipynb`: run a lab's visible checks in a fresh kernel, in the terminal.

Every cell runs in order but those tagged `demo`; an error does not stop the
later ones. The file is not changed. Exit status 1 when a check fails.
"""

import argparse
from pathlib import Path

from mmlab.course import lab_file, notebook
from mmlab.errors import NotebookError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("--timeout", type=int, default=120, help="seconds a cell may take (120)")


def run_checks(lab: dict, folder: Path, timeout: int) -> list[dict]:
    """Execute a lab without its demos and return a row for each graded cell.

    returns  list of {"name", "points", "passed": bool | None, "message"};
             `passed` is None for a text answer, which a person reads
    raises   NotebookError  when a cell takes too long or the kernel dies
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    graded = [cell for cell in lab["cells"] if "demo" not in cell["metadata"].get("tags", [])]
    node = nbformat.from_dict(lab | {"cells": graded})
    client = NotebookClient(
        node, timeout=timeout, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    try:
        client.execute()
    except (CellTimeoutError, DeadKernelError) as error:
        raise NotebookError(
            f"the lab did not run to its end: {str(error).splitlines()[0]}",
            f"each cell done within {timeout} s, the kernel alive",
            "run it cell by cell in JupyterLab to see which one, or pass --timeout",
        ) from error
    return [row(cell) for cell in node.cells if lab_file.about(cell).get("grade")]


def row(cell: dict) -> dict:
    """Return one graded cell's name, points, verdict and message."""
    about = lab_file.about(cell)
    found = {"name": about["grade_id"], "points": about["points"]}
    if cell["cell_type"] != "code":
        return found | {"passed": None, "message": "a person reads this one"}
    errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
    said = "".join(output.get("text", "") for output in cell["outputs"]).strip()
    message = f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else said
    return found | {"passed": not errors, "message": message}


def main(args: argparse.Namespace) -> int:
    """Run the checks, print a line or a message an exercise, and the points in sight."""
    path = Path(args.lab)
    rows = run_checks(notebook.read(path), path.resolve().parent, args.timeout)
    if not rows:
        raise NotebookError(f"{path} has no check cell", "a lab of this course", f"run `mmlab update {path}`")
    score = sum(r["points"] for r in rows if r["passed"])
    total = sum(r["points"] for r in rows if r["passed"] is not None)
    lines = []
    for r in rows:
        lines.append({True: "pass ", False: "FAIL ", None: "text "}[r["passed"]] + r["name"])
        if r["passed"] is False:
            lines.append("     " + r["message"].replace("\n", "\n     "))
    lines.append(f"{score:g} of {total:g} points on the visible checks")
    lab_file.tell({"lab": str(path), "score": score, "max": total, "checks": rows}, args.json, *lines)
    return int(any(r["passed"] is False for r in rows))
