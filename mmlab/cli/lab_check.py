"""`mmlab check LAB.ipynb`: run a lab's visible checks in a fresh kernel, in the terminal.

All cells run in order, except those tagged `demo` that define nothing for a later cell, as the grader runs them:
an error or the time limit stops only its cell, a cell that ends its process is left out of a second run, and
statements that only this machine cannot run are skipped with a note. The file is not changed. It may also be the
zip that `mmlab submit` makes. The exit status is 1 when a check fails.
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mmlab.check import cases, skipping
from mmlab.cli import demo_cells, lab_file, lab_kernel, lab_pack, notebook, paths, project
from mmlab.cli.lab_release import CASES, release_of
from mmlab.errors import InputError, MissingPart, NotebookError

RESTORE = "run `mmlab update` on the lab, which restores it and keeps your answers"
LIVES = 9  # kernels that one lab may end, as while grading
GRACE = 10  # seconds for a cell to end after its alarm
SLOW = 30.0  # seconds: an answer whose check takes longer may not end within the 60 that a grader gives it


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help=f"{lab_file.HELP}; or a zip from mmlab submit")
    parser.add_argument(
        "--timeout", type=int, default=120, help="seconds that a cell may take (default: 120)"
    )
    parser.add_argument("--release", help="the released lab, to find missing checks")


@dataclass
class Run:
    """What one run of a lab's checks found.

    rows     one for each graded cell: {"name", "points", "passed": bool | None, "message"};
             `passed` is None for a text answer, which a person grades
    notes    sentences on skipped statements and on cells that were stopped
    outside  files of modules that the lab imports and that lie neither in its folder nor in the installation
    """

    rows: list[dict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def run_checks(
    lab: dict,
    folder: Path,
    timeout: int,
    seen: Callable[[dict], None] = lambda row: None,
    *,
    cases_file: Path | None = None,
) -> Run:
    """Execute a lab without its demos and return the result of each graded cell.

    folder      the kernel's working directory
    timeout     seconds that a cell may take
    seen        called with each row as soon as it is known
    cases_file  the cases.npz to check with, None: found as `mmlab.check.check` finds it
    raises      NotebookError if the lab ends its kernel again and again, MissingPart without nbclient
    """
    left, run = without_demos(lab), Run()
    deadly: dict[str, str] = {}
    while True:
        died = execute(left, run, deadly, folder=folder, timeout=timeout, seen=seen, cases_file=cases_file)
        if died is None:
            return run
        number, why = died
        if len(deadly) + 1 == LIVES:
            raise NotebookError(
                f"cells of the lab ended its kernel {LIVES} times; the last was {name_of(left['cells'][number])}: {why}",
                "a kernel that runs until the end of the lab",
                "run the lab cell by cell in JupyterLab to see why",
            )
        cell = left["cells"].pop(number)
        deadly[name_of(cell)] = why
        if about := graded(cell):
            message = f"it {why}\n  try: look for a loop that does not end and for code that ends Python"
            row = {
                "name": about["grade_id"],
                "points": about.get("points", 0),
                "passed": False,
                "message": message,
            }
            run.rows.append(row)
            seen(row)
        else:
            run.notes.append(f"the cell {name_of(cell)} {why}; the others ran without it")


def execute(
    lab: dict,
    run: Run,
    deadly: dict[str, str],
    *,
    folder: Path,
    timeout: int,
    seen: Callable[[dict], None],
    cases_file: Path | None,
) -> tuple[int, str] | None:
    """Execute a lab in a fresh kernel and add to `run`; return the cell that ended the kernel, and how, or None.

    deadly  name of a cell that was left out → what it did
    """
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
    except ImportError as error:
        raise MissingPart(f"mmlab check: {error}", "nbclient", "pip install 'mmlab[lab]'") from error

    ours = [lab_kernel.PREPARE.format(seconds=timeout), lab_kernel.OUTSIDE]
    first, last = (nbformat.v4.new_code_cell(source) for source in ours)
    node = nbformat.from_dict(lab)
    node.cells = [first, *node.cells, last]
    known = {row["name"] for row in run.rows}
    at, since = 0, time.monotonic()

    def begun(cell, cell_index):
        nonlocal at, since
        at, since = cell_index, time.monotonic()
        if cell["cell_type"] != "code" or not cell["source"].strip():  # it does not go to the kernel
            ended(cell, cell_index)

    def ended(cell, cell_index, execute_reply=None):
        if (about := graded(cell)) and about["grade_id"] not in known:
            run.rows.append(row(cell, node.cells[:cell_index], timeout, deadly))
            seen(run.rows[-1])
            if (took := time.monotonic() - since) > SLOW:
                run.notes.append(
                    f"the check {about['grade_id']} took {took:.0f} s; grading stops an answer after 60 s by default,"
                    " so make it faster"
                )

    client = NotebookClient(
        node,
        timeout=timeout + GRACE,
        allow_errors=True,
        kernel_name="python3",
        skip_cells_with_tag="",
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=begun,
        on_cell_executed=ended,
    )
    environment = os.environ | project.python_path() | ({cases.PATH: str(cases_file)} if cases_file else {})
    try:
        # stderr: jupyter_client warns there about its own default transport
        client.execute(stderr=subprocess.DEVNULL, env=environment)
    except CellTimeoutError:
        return at - 1, f"ran longer than {timeout} s"
    except (DeadKernelError, RuntimeError) as error:
        if not 0 < at < len(node.cells) - 1:
            raise NotebookError(
                f"the kernel died: {str(error).splitlines()[0]}", "a kernel that starts", "run `mmlab doctor`"
            ) from error
        return at - 1, "ended the kernel"
    run.outside = outside(last)
    for cell in node.cells[1:-1]:
        run.notes += [f"the cell {name_of(cell)}: {note[1:-1]}" for note in skipping.notes_in(printed(cell))]
        if "CellTimeout" in failure(cell) and not graded(cell):
            run.notes.append(f"the cell {name_of(cell)} ran longer than {timeout} s and was stopped")
    return None


def name_of(cell: dict) -> str:
    """Return a cell's grade id, else its cell id."""
    return notebook.grade_id(cell) or cell.get("id") or "?"


def graded(cell: dict) -> dict:
    """Return a graded cell's nbgrader metadata, empty for any other cell."""
    about = notebook.about(cell)
    return about if about.get("grade") else {}


def outside(cell: dict) -> list[str]:
    """Return the files that the last cell printed, see `lab_kernel.outside`."""
    try:
        return json.loads(printed(cell).strip().splitlines()[-1])
    except (ValueError, IndexError):  # the kernel has no mmlab, or the lab has broken it
        return []


def printed(cell: dict) -> str:
    """Return the text that a code cell printed."""
    outputs = cell.get("outputs", [])
    return "".join(output.get("text", "") for output in outputs if output.get("name") == "stdout")


def without_demos(lab: dict) -> dict:
    """Return a copy of a lab without outputs, and without the demos that define nothing for a later cell."""
    lab = lab_file.repaired(lab)
    code = [
        cell for cell in lab["cells"] if cell["cell_type"] == "code" and not notebook.about(cell).get("grade")
    ]
    needed = demo_cells.needed([(cell["source"], demo_cells.is_demo(cell)) for cell in code])
    used = {code[index]["id"] for index in needed}
    lab["cells"] = [cell for cell in lab["cells"] if not demo_cells.is_demo(cell) or cell["id"] in used]
    for cell in lab["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    return lab


def row(cell: dict, before: list[dict], timeout: int, deadly: dict[str, str]) -> dict:
    """Return one graded cell's name, points, verdict and message.

    cell     executed
    before   the executed cells above it
    timeout  the time limit of a cell, in seconds
    deadly   name of a cell that was left out → what it did
    """
    about = notebook.about(cell)
    name = about["grade_id"]
    result = {"name": name, "points": about.get("points", 0)}
    if cell["cell_type"] != "code":
        empty = cell["source"].strip() in ("", notebook.TEXT_STUB)
        return result | {
            "passed": None,
            "message": "no answer yet" if empty else "a person grades this answer",
        }
    if (message := failure(cell)).startswith("CellTimeout"):
        return result | {
            "passed": False,
            "message": f"it ran longer than {timeout} s\n  try: look for an endless loop, or pass --timeout",
        }
    if message:
        solution = f"{name}-solution"
        above = [failure(other) for other in before if notebook.grade_id(other) == solution]
        if message.startswith("NameError") and solution in deadly:
            message += f"\nbecause its solution cell {deadly[solution]} and was left out"
        elif message.startswith("NameError") and above and above[0]:
            message += f"\nbecause its solution cell raised {above[0]}"
        return result | {"passed": False, "message": message}
    output_text = printed(cell).strip()
    if f"{name}: passed" not in output_text:
        return result | {"passed": False, "message": f"its check cell checks nothing\n  try: {RESTORE}"}
    return result | {"passed": True, "message": output_text}


def failure(cell: dict) -> str:
    """Return the error that a code cell raised, empty if there was none."""
    outputs = cell.get("outputs", [])
    for output in outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {output['evalue']}"
        if output.get("name") == "stderr" and output.get("text", "").startswith("UsageError: "):
            return output["text"].strip()  # IPython prints this error in place of raising it
    return ""


def missing(lab: dict, path: Path, given: str | None) -> list[dict]:
    """Return a failed row for each check that the lab lacks; no rows if there is no release to compare with."""
    try:
        release = release_of(path, lab_file.week_of(lab, path), given).lab
    except NotebookError:
        if given:
            raise
        return []
    mine = lab_file.by_grade_id(lab)
    return [
        {
            "name": name,
            "points": points,
            "passed": False,
            "message": f"its check cell is missing\n  try: {RESTORE}",
        }
        for name, points in notebook.points(release).items()
        if name not in mine
    ]


def without_copies(rows: list[dict]) -> list[dict]:
    """Return one row for each name; of several copies of a check cell, one that did not pass if there is one."""
    by_name: dict[str, dict] = {}
    for row in rows:
        if row["name"] not in by_name or by_name[row["name"]]["passed"]:
            by_name[row["name"]] = row
    return list(by_name.values())


def as_text(row: dict) -> str:
    """Return a row as text for the terminal."""
    text = {True: "pass ", False: "FAIL ", None: "text "}[row["passed"]] + row["name"]
    if row["passed"] is True:
        return text
    return text + "\n     " + row["message"].replace("\n", "\n     ")


def companions(path: Path, week: str, given: str | None) -> dict[str, bytes]:
    """Return the files that the release puts beside a lab: name → bytes."""
    try:
        release = release_of(path, week, given) if week else None
    except NotebookError:
        return {}
    return {CASES: release.cases} if release and release.cases is not None else {}


def cases_for(path: Path, week: str) -> Path | None:
    """Return the course's cases of a lab that lies elsewhere, such as in Downloads; None if none are needed."""
    folder = path.resolve().parent
    near = (folder / CASES).exists() or any(
        any(above.glob(f"labs/*/{CASES}")) for above in (folder, *folder.parents)
    )
    if near or os.environ.get(cases.PATH):
        return None
    try:
        file = paths.root() / "labs" / week / CASES
    except InputError:
        return None
    return file if file.exists() else None


def main(args: argparse.Namespace) -> int:
    """Run the checks; print a line or a message for each exercise, and the points on visible checks."""
    given = lab_file.located(args.lab)
    try:
        week = lab_file.week_of(lab_pack.read(given), given)
    except NotebookError:  # the lab's own checks run all the same
        week = ""
    with lab_pack.opened(given, companions(given, week, args.release)) as path:
        lab = notebook.read(path)
        lost = missing(lab, given, args.release)
        if not lost and not notebook.points(lab):
            raise NotebookError(
                f"{given} has no check cell", "a lab of this course", f"run `mmlab update {given}`"
            )

        def show(row: dict) -> None:
            if not args.json:
                print(as_text(row), flush=True)

        run = run_checks(lab, path.resolve().parent, args.timeout, show, cases_file=cases_for(path, week))
    for row in lost:
        show(row)
    report = {"lab": str(given), **summary(run.rows + lost), "notes": run.notes}
    lines = [f"note: {note}" for note in run.notes]
    lab_file.tell(report, args.json, *lines, in_words(report))
    return int(any(row["passed"] is False for row in report["checks"]))


def summary(rows: list[dict]) -> dict:
    """Return the score, the maximum and the rows, one for each exercise."""
    rows = without_copies(rows)
    score = sum(row["points"] for row in rows if row["passed"])
    total = sum(row["points"] for row in rows if row["passed"] is not None)
    return {"score": score, "max": total, "checks": rows}


def in_words(report: dict) -> str:
    """Return a summary's score as text."""
    return f"{report['score']:g} of {report['max']:g} points on the visible checks"
