"""A student's copies of released labs, and what happens to them."""

import copy
import json
from pathlib import Path

from mmlab.cli import lab_file, notebook

ROOT = Path(__file__).parents[2]
WEEK = "00_setup"
RELEASED = ROOT / "labs" / WEEK
ANSWER = "def native_modalities(system):\n    return {}"


def released() -> dict:
    """Return the released lab of week 00."""
    return notebook.read(RELEASED / "lab.ipynb")


def solution(lab: dict, name: str = "native_modalities") -> dict:
    """Return an exercise's solution cell."""
    return notebook.find(lab, f"{name}-solution")


def own(source: str, kind: str = "markdown", cell_id: str = "mine") -> dict:
    """Return a cell that a student added."""
    made = {"cell_type": kind, "id": cell_id, "metadata": {}, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def without(lab: dict, *names: str) -> dict:
    """Return a copy of a lab without the cells of these names."""
    cells = [
        cell
        for cell in copy.deepcopy(lab)["cells"]
        if not {notebook.grade_id(cell), cell.get("id")} & set(names)
    ]
    return lab | {"cells": cells}


def signed(lab: dict) -> dict:
    """Return a changed lab as a release would sign it."""
    lab = copy.deepcopy(lab)
    lab["metadata"]["mmlab"]["released"] = sorted({notebook.digest(cell["source"]) for cell in lab["cells"]})
    return lab


def bare(lab: dict) -> dict:
    """Return a lab as an editor leaves it that keeps neither ids nor metadata."""
    cells = [
        {"cell_type": cell["cell_type"], "metadata": {}, "source": cell["source"]} for cell in lab["cells"]
    ]
    return lab_file.repaired({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def from_colab(lab: dict) -> dict:
    """Return a lab as Colab saves it: cell ids inside the metadata, format 4.0."""
    lab = copy.deepcopy(lab) | {"nbformat_minor": 0}
    for cell in lab["cells"]:
        cell["metadata"]["id"] = cell.pop("id")
    return lab


def texts(lab: dict) -> str:
    """Return every text of a lab, end to end."""
    return "\n".join(cell["source"] for cell in lab["cells"])


def report(capsys) -> dict:
    """Return the one JSON object that a command printed."""
    return json.loads(capsys.readouterr().out)
