"""Hand-ins for tests of the grader's first steps, and what must hold of whatever is made of them."""

import copy
import json
from pathlib import Path

import nbformat
import pytest

from mmlab.cli import notebook
from mmlab.cli.lab_match import key
from mmlab.instructor.grading.intake import repair, submissions
from mmlab.instructor.grading.records import Prepared, Submission
from tiny_course import WEEK

ROOT = Path(__file__).parents[2]


def lab_of(root: Path, week: str = WEEK) -> tuple[dict, dict]:
    """Return a week's release, and the same with the reference in every solution cell."""
    release = notebook.read(root / "labs" / week / "lab.ipynb")
    solved, lab = notebook.read(root / "solutions" / week / "lab.ipynb"), copy.deepcopy(release)
    for cell in lab["cells"]:
        if notebook.about(cell).get("solution"):
            cell["source"] = notebook.find(solved, notebook.grade_id(cell))["source"]
    return release, lab


def hand_in(root: Path, files: dict[str, bytes | Path], week: str = WEEK, student: str = "ada") -> Submission:
    """Write a student's files below `root`; return the submission that is found."""
    folder = root / "submitted" / student / week
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, Path):
            path.symlink_to(data)
        else:
            path.write_bytes(data)
    return submissions.find(root, week, [student])[0]


def cell(source: str, kind: str = "code", **more) -> dict:
    """Return a cell that a student added."""
    return {"cell_type": kind, "id": "mine", "metadata": {}, "source": source} | more


def prepared_of(data: bytes | dict, folder: Path, release: dict) -> Prepared:
    """Return what is made of a file's bytes, or of a lab, handed in as lab.ipynb outside any course."""
    path = folder / "lab.ipynb"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode("utf-8", "surrogatepass"))
    before = path.read_bytes()
    prepared = repair.prepare(Submission("ada", WEEK, path, ""), release)
    assert path.read_bytes() == before and [*folder.iterdir()] == [path]
    return prepared


def answers(lab: dict) -> dict[str, str]:
    """Return grade id → text of each solution cell, blank lines at its ends left out."""
    solutions = [cell for cell in lab["cells"] if notebook.about(cell).get("solution")]
    return {notebook.grade_id(cell): cell["source"].strip() for cell in solutions}


def locked(lab: dict) -> list:
    """Return what may not differ from the release: its marked cells in order of their names, answers left out."""
    return sorted(
        (
            notebook.grade_id(cell),
            cell["id"],
            cell["cell_type"],
            str(cell["metadata"]),
            "" if notebook.about(cell).get("solution") else cell["source"],
        )
        for cell in lab["cells"]
        if notebook.about(cell)
    )


def assert_sound(prepared: Prepared, release: dict) -> None:
    """Raise AssertionError unless a prepared notebook is whole: valid, as released where it must be, in order."""
    lab, keys = prepared.notebook, [key(cell) for cell in prepared.notebook["cells"]]
    nbformat.validate(lab)
    assert locked(lab) == locked(release) and lab["metadata"] == release["metadata"]
    assert sorted(set(keys) & {key(cell) for cell in release["cells"]}) == sorted(
        key(cell) for cell in release["cells"]
    )
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None
        for cell in lab["cells"]
        if cell["cell_type"] == "code"
    )
    assert next(cell["id"] for cell in lab["cells"] if cell["cell_type"] == "code") == "setup"
    assert all(
        keys.index(f"{name}-solution") < keys.index(name)
        for name in notebook.points(lab)
        if f"{name}-solution" in keys
    )
    notebook.dumps(lab).encode()  # no half letters
    for text in [*prepared.repairs, *(prepared.problem or "").split("\n")]:
        assert "Traceback" not in text and (text.isprintable() or not text)
    if prepared.problem is not None:
        given, wanted, do = prepared.problem.split("\n")
        assert given and wanted.startswith("  wanted: ") and do.startswith("  try: ")
        assert [cell["source"] for cell in lab["cells"]] == [cell["source"] for cell in release["cells"]]


@pytest.fixture(scope="module")
def pair(tiny):
    """Return the tiny week's release, and the lab with right answers."""
    return lab_of(tiny)


@pytest.fixture
def course(tmp_path, tiny) -> Path:
    """Return a course folder that nothing is handed in to yet."""
    (tmp_path / "labs").symlink_to(tiny / "labs")
    return tmp_path


def data_of(lab: dict) -> bytes:
    """Return the bytes of a lab's file."""
    return notebook.dumps(lab).encode()
