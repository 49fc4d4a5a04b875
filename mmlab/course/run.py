"""`mmlab run`: execute notebooks one at a time and report what each cost.

Exit 1 when a notebook fails or breaks its budget: 2 GB of memory, no attempt
to reach the network, no more training steps than its metadata states
(`mmlab.max_steps`, else 3000). Seconds are reported; only `--budget` judges them (120 a
notebook, 60 a cell), because only an idle machine can.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from mmlab.errors import MissingPart, NotebookError

try:
    from mmlab.course import executed, places
    from mmlab.course.kernel import AsyncMeasuredKernel, Cost, steps_allowed
except ImportError as error:
    raise MissingPart(f"mmlab run: {error}", "nbclient and psutil", "pip install 'mmlab[lab]'") from error

CELL_TIMEOUT = 1800  # a hang, not a budget


@dataclass
class Report:
    """One notebook's execution: its path, what it cost, and every fault as a sentence."""

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
    """Execute the notebook at `path` in its own folder; return what it cost and what went wrong.

    clock   judge seconds too
    keep    write the executed copy of a notebook of the course, whether or not it succeeded
    raises  NotebookError  when the file is no notebook
    """
    path = Path(path)
    source = executed.read(path)
    notebook, cost = executed.blank(source), Cost()
    failure = execute(notebook, path.resolve().parent, cost)
    faults = [failure] if failure else []
    faults += cost.faults(steps_allowed(source), clock=clock)
    course = places.root(path.parent)
    if keep and path.resolve().is_relative_to(course):
        executed.keep(notebook, cost, faults, path, course)
    return Report(str(path), cost, faults)


def execute(notebook, folder: Path, cost: Cost) -> str | None:
    """Run every cell of `notebook` in place, filling `cost`; return the failure as text, or None."""
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
        raise NotebookError(f"kernel {error}", "the kernel python3", "set the notebook's kernel") from error
    return None


def failed_cell(notebook) -> str:
    """Return "cell NAME" for the last cell that was reached."""
    ran = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.execution_count]
    with_error = [c for c in ran if any(o.output_type == "error" for o in c.outputs)]
    last = (with_error or ran or notebook.cells)[-1]
    return f"cell {last.get('id', '?')}"


def found(paths: list[str]) -> list[Path]:
    """Return the notebooks that `paths` name: files, and every notebook below folders."""
    notebooks = []
    for path in map(Path, paths):
        below = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        notebooks += [p for p in below if ".ipynb_checkpoints" not in p.parts]
    if not notebooks:
        raise NotebookError(
            f"no notebook in {' '.join(paths)}", "a file or a folder with notebooks", "mmlab run lessons"
        )
    return notebooks


def line(report: Report) -> str:
    """Return a report as one line for people, each fault on a line below it."""
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
    parser.add_argument("--budget", action="store_true", help="judge seconds too (idle machine)")


def main(args) -> int:
    """Run every notebook asked for; exit 1 when one failed or broke its budget."""
    reports = []
    for path in found(args.paths):
        try:
            reports.append(run(path, clock=args.budget))
        except NotebookError as error:  # the others still run
            reports.append(Report(str(path), Cost(), [str(error)]))
        if not args.json:
            print(line(reports[-1]), flush=True)
    if args.json:
        print(json.dumps({"notebooks": [report.as_json() for report in reports]}, indent=1))
    return int(any(report.faults for report in reports))
