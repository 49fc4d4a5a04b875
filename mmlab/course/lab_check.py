"""`mmlab check LAB.ipynb`: run a lab's visible checks in a fresh kernel, in the terminal.

Every cell runs in order but those tagged `demo`; an error does not stop the
later ones. The file is not changed. Exit status 1 when a check fails.
"""

import argparse
import json
from pathlib import Path

from nbformat import NotebookNode

from mmlab.course import notebook
from mmlab.errors import NotebookError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help="your lab, such as labs/02_clip/lab.ipynb")
    parser.add_argument("--timeout", type=int, default=120, help="seconds a cell may take (120)")


def run_checks(node: NotebookNode, folder: Path, timeout: int) -> list[dict]:
    """Execute a lab without its demos and return a row for each graded cell.

    returns  list of {"name", "points", "passed": bool | None, "message"};
             `passed` is None for a text answer, which a person reads
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    node.cells = [c for c in node.cells if "demo" not in c.metadata.get("tags", [])]
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
    return [row(cell) for cell in node.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def row(cell: NotebookNode) -> dict:
    """Return one graded cell's name, points, verdict and message."""
    about = cell.metadata.nbgrader
    if cell.cell_type != "code":
        return {"name": about.grade_id, "points": about.points, "passed": None, "message": "a person reads this one"}
    errors = [output for output in cell.outputs if output.output_type == "error"]
    said = "".join(output.get("text", "") for output in cell.outputs).strip()
    message = f"{errors[0].ename}: {errors[0].evalue}" if errors else said
    return {"name": about.grade_id, "points": about.points, "passed": not errors, "message": message}


def main(args: argparse.Namespace) -> int:
    """Run the checks, print a line or a message an exercise, and the points in sight."""
    path = Path(args.lab)
    rows = run_checks(notebook.read(path), path.resolve().parent, args.timeout)
    if not rows:
        raise NotebookError(f"{path} has no check cell", "a lab of this course", f"run `mmlab update {path}`")
    failed = [r for r in rows if r["passed"] is False]
    score = sum(r["points"] for r in rows if r["passed"])
    total = sum(r["points"] for r in rows if r["passed"] is not None)
    if args.json:
        print(json.dumps({"lab": str(path), "score": score, "max": total, "checks": rows}))
    else:
        for r in rows:
            print({True: "pass", False: "FAIL", None: "text"}[r["passed"]], r["name"])
            if r["passed"] is False:
                print("     " + r["message"].replace("\n", "\n     "))
        print(f"{score:g} of {total:g} points on the visible checks")
    return 1 if failed else 0
