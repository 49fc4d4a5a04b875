"""Executed copies in build/executed/: every output of one execution, and its cost.

The site is built from these copies, and `mmlab.instructor.authoring.outputs` takes the
outputs that CI compares from them. Nothing else executes a notebook.
"""

import copy
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete

from mmlab.cli import notebook as notebooks
from mmlab.cli import paths
from mmlab.cli.kernel import Cost


def blank(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of `notebook` without any output."""
    fresh = copy.deepcopy(notebook)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    fresh.metadata.pop("widgets", None)
    return fresh


def keep(notebook, cost: Cost, faults: list[str], path: Path, folder: Path) -> Path:
    """Write the executed copy of the notebook at `path`, with its cost in the metadata; return its path."""
    course = notebook.metadata.setdefault("mmlab", {})
    course["executed"] = cost.as_metadata() | {"ok": not faults, "faults": faults}
    target = paths.executed(path, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    notebooks.write(target, notebook)
    return target


class Recorder:
    """Follows another runner's kernel messages and fills a copy as a front end would.

    nbval's own list of outputs does not support cleared outputs, updated displays or widgets.
    nbclient does, so it gets each message too.
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
        """Process one message from the kernel's iopub channel."""
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
            if cell.execution_count is not None:  # nbval runs without history, so each count is 0
                cell.execution_count = number
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = number
        return self.notebook


def joined(outputs: list) -> list:
    """Return `outputs` with the pieces of each stream joined at the position of the first."""
    result, streams = [], {}
    for output in outputs:
        if output.output_type == "stream" and output.name in streams:
            streams[output.name].text += output.text
            continue
        if output.output_type == "stream":
            streams[output.name] = output = copy.deepcopy(output)
        result.append(output)
    return result
