"""`mmlab run`: execute notebooks one at a time and report what each cost.

The exit status is 1 if a notebook fails or exceeds its budget: 2 GB of memory, no attempt to
reach the network, and no more training steps than its metadata allows (`mmlab.max_steps`, or
3000). Seconds are reported, but checked only with `--budget` (120 for a notebook, 60 for a
cell), because the result means something only on an idle machine.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from mmlab.errors import MissingPart, NotebookError

try:
    from mmlab.cli import executed
    from mmlab.cli import paths as course_files
    from mmlab.cli.kernel import AsyncMeasuredKernel, Cost, steps_allowed
    from mmlab.cli.notebook import node
except ImportError as error:
    raise MissingPart(f"mmlab run: {error}", "nbclient and psutil", "pip install 'mmlab[lab]'") from error

CELL_TIMEOUT = 1800  # stops a cell that hangs; this is not the budget


@dataclass
class Report:
    """The execution of one notebook: its path, its cost, and each fault as a sentence."""

    path: str
    cost: Cost
    faults: list[str]

    def as_json(self) -> dict:
        """Return the row of `mmlab run --json`."""
        metadata = self.cost.as_metadata()
        keys = ("seconds", "peak_mb", "network_attempts", "steps", "cells")
        row = {"path": self.path} | {key: metadata[key] for key in keys}
        return row | {"ok": not self.faults, "faults": self.faults}


def run(path: Path | str, *, clock: bool = False, keep: bool = True) -> Report:
    """Execute the notebook at `path` in its own folder; return its cost and its faults.

    clock   check seconds too
    keep    store the executed copy of a notebook of the course, whether or not it succeeded
    raises  NotebookError  if the file is not a notebook
    """
    path = Path(path)
    source = node(path)
    notebook, cost = executed.blank(source), Cost()
    failure = execute(notebook, path.resolve().parent, cost)
    faults = [failure] if failure else []
    faults += cost.faults(steps_allowed(source), clock=clock)
    course = course_files.root(path.parent)
    if keep and path.resolve().is_relative_to(course):
        executed.keep(notebook, cost, faults, path, course)
    return Report(str(path), cost, faults)


def execute(notebook, folder: Path, cost: Cost) -> str | None:
    """Run every cell of `notebook` in place and fill `cost`; return the failure as text, or None."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    began = {}

    def start(cell, cell_index):
        began[cell_index] = time.perf_counter()

    def end(cell, cell_index, execute_reply=None, **_):
        took = time.perf_counter() - began[cell_index]
        cost.cell_seconds[cell.get("id", str(cell_index))] = round(took, 3)
        cost.seconds, cost.cells = cost.seconds + took, cost.cells + 1
        if client.km.has_kernel:
            client.km.measure(cost)

    client = NotebookClient(
        notebook,
        kernel_manager_class=AsyncMeasuredKernel,
        timeout=CELL_TIMEOUT,
        record_timing=False,
        coalesce_streams=True,
        skip_cells_with_tag="nbval-skip",
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=start,
        on_cell_executed=end,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return f"{failed_cell(notebook)} raised {error.ename}: {error.evalue}"
    except (CellTimeoutError, DeadKernelError) as error:
        return f"{failed_cell(notebook)}: {str(error).splitlines()[0]}"
    except LookupError as error:  # jupyter_client's NoSuchKernel
        raise NotebookError(
            f"kernel {error}", "the kernel python3", "set the notebook's kernel to python3"
        ) from error
    return None


def failed_cell(notebook) -> str:
    """Return "cell NAME" for the last cell that ran."""
    ran = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.execution_count]
    with_error = [c for c in ran if any(o.output_type == "error" for o in c.outputs)]
    last = (with_error or ran or notebook.cells)[-1]
    return f"cell {last.get('id', '?')}"


def notebooks_in(paths: list[str]) -> list[Path]:
    """Return the notebooks of `paths`: files, and every notebook below folders."""
    notebooks = []
    for path in map(Path, paths):
        below = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        notebooks += [p for p in below if ".ipynb_checkpoints" not in p.parts]
    if not notebooks:
        raise NotebookError(
            f"no notebook in {' '.join(paths)}",
            "a notebook, or a folder with notebooks",
            "run `mmlab run lessons`",
        )
    return notebooks


def line(report: Report) -> str:
    """Return a report as one line for the terminal, with each fault on a line below it."""
    cost = report.cost
    first = (
        f"{'ok  ' if not report.faults else 'FAIL'} {report.path}  {cost.cells} cells  "
        f"{cost.seconds:.1f} s  {cost.peak_mb:.0f} MB  {cost.steps} steps  "
        f"{cost.network_attempts} network attempts"
    )
    faults = [fault.replace("\n", "\n       ") for fault in report.faults]
    return "\n       ".join([first, *faults])


def arguments(parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="notebooks, or folders of them")
    parser.add_argument("--budget", action="store_true", help="check seconds too (needs an idle machine)")


def main(args) -> int:
    """Run every requested notebook; return 1 if one failed or exceeded its budget."""
    reports = []
    for path in notebooks_in(args.paths):
        try:
            reports.append(run(path, clock=args.budget))
        except NotebookError as error:  # the others still run
            reports.append(Report(str(path), Cost(), [str(error)]))
        if not args.json:
            print(line(reports[-1]), flush=True)
    if args.json:
        print(json.dumps({"notebooks": [report.as_json() for report in reports]}, indent=1))
    return int(any(report.faults for report in reports))
