"""Executed copies: every output of one execution, with what it cost, in build/executed/.

The site is built from these copies, and `mmlab.course.outputs` takes the
outputs that CI compares from them; nothing else executes a notebook.
"""

import copy
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete

from mmlab.course import places
from mmlab.course.kernel import Cost
from mmlab.errors import NotebookError


def read(path: Path | str) -> nbformat.NotebookNode:
    """Return the notebook at `path`, in format 4.

    raises  NotebookError  when there is none, or it is no notebook
    """
    path = Path(path)
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(notebook)
    except OSError as error:
        raise NotebookError(
            f"{path}: {error.strerror or error}", "a notebook file", "check the path"
        ) from error
    except Exception as error:  # nbformat lets KeyError, AttributeError and its own kinds out
        raise NotebookError(
            f"{path}: not a notebook ({str(error).splitlines()[0][:80] or type(error).__name__})",
            "a Jupyter notebook in nbformat 4",
            f"restore it, for instance with `git checkout -- {path}`",
        ) from error
    if notebook.nbformat != 4 or not notebook.cells:
        raise NotebookError(f"{path}: no cells", "a notebook with cells", "restore the file")
    return notebook


def blank(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of `notebook` without any output, ready to be filled."""
    fresh = copy.deepcopy(notebook)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    fresh.metadata.pop("widgets", None)
    return fresh


def keep(notebook, cost: Cost, faults: list[str], path: Path, folder: Path) -> Path:
    """Write the executed copy of the notebook at `path`, its cost in the metadata; return its place."""
    course = notebook.metadata.setdefault("mmlab", {})
    course["executed"] = cost.as_metadata() | {"ok": not faults, "faults": faults}
    target = places.executed(path, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return target


class Recorder:
    """Follows another runner's kernel messages and fills a copy as a front end would.

    nbval's own list knows no cleared output, no updated display and no widget;
    nbclient's message handling does, so each message is shown to it too.
    """

    def __init__(self, notebook: nbformat.NotebookNode, client):
        self.notebook = blank(notebook)
        self.handler = NotebookClient(self.notebook, record_timing=False)
        self.handler.reset_execution_trackers()
        self.handler.kc = client
        self.code = [i for i, cell in enumerate(self.notebook.cells) if cell.cell_type == "code"]
        self.request = None

    def begin(self, code_cell: int) -> None:
        """Start on the notebook's code cell number `code_cell` (0 is the first)."""
        self.index, self.request = self.code[code_cell], None
        self.handler.clear_before_next_output = False

    def see(self, message: dict) -> None:
        """Take in one message from the kernel's iopub channel."""
        parent = message["parent_header"].get("msg_id")
        if message["msg_type"] == "execute_input":
            self.request = parent
            self.notebook.cells[self.index].execution_count = 1  # numbered in `finish`
        if parent != self.request or message["msg_type"] == "execute_input":
            return
        try:
            cell = self.notebook.cells[self.index]
            self.handler.process_message(copy.deepcopy(message), cell, self.index)
        except CellExecutionComplete:
            self.request = None

    def finish(self) -> nbformat.NotebookNode:
        """Return the filled copy, streams joined, with the widgets' state in its metadata."""
        self.handler.set_widgets_metadata()
        for number, index in enumerate(self.code, start=1):
            cell = self.notebook.cells[index]
            cell.outputs = joined(cell.outputs)
            if cell.execution_count is not None:  # nbval runs without history: each count is 0
                cell.execution_count = number
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = number
        return self.notebook


def joined(outputs: list) -> list:
    """Return `outputs` with each stream's pieces joined where it first spoke."""
    result, streams = [], {}
    for output in outputs:
        if output.output_type == "stream" and output.name in streams:
            streams[output.name].text += output.text
            continue
        if output.output_type == "stream":
            streams[output.name] = output = copy.deepcopy(output)
        result.append(output)
    return result
