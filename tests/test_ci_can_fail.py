"""CI can fail: one fault of each kind is planted in a copy of the course, and its gate turns red.

The copy is judged as CI judges the original: by the same tests and commands,
in processes of their own, with the copy's own package.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from gates.repository import tracked
from mmlab.check import cases as case_files

ROOT = Path(__file__).resolve().parents[1]
WEEK = "00_setup"
ATTEMPT = "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError:\n    print('fine')"
PICTURE = new_output("display_data", data={"text/html": "<img src='data:x'>"})
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Verdict:
    """What one command said about the copy, and its exit status."""

    status: int
    said: str


def judged(folder: Path, *command: str) -> Verdict:
    """Run a Python module in the copy and return its verdict."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return Verdict(done.returncode, done.stdout + done.stderr)


def copied(folder: Path) -> Path:
    """Return a copy of the course as git would hold it now."""
    for path in tracked(ROOT):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


def write_lesson(folder: Path, name: str, source: str, **cell) -> None:
    """Write planted/NAME.ipynb, a notebook of one cell."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = new_notebook(cells=[new_code_cell(source, id=name, **cell)], metadata={"kernelspec": kernel})
    (folder / "planted").mkdir(exist_ok=True)
    nbformat.write(notebook, folder / "planted" / f"{name}.ipynb")


@pytest.fixture(scope="module")
def executed(tmp_path_factory) -> Verdict:
    """Three notebooks, each with one fault, under `pytest --nbval-lax`."""
    folder = copied(tmp_path_factory.mktemp("executed"))
    marked = {"tags": ["nbval-check-output"]}
    wrong = [new_output("stream", name="stdout", text="2\n")]
    write_lesson(folder, "wrong", "print(1)", metadata=marked, outputs=wrong, execution_count=1)
    write_lesson(folder, "cleared", "print(1)", metadata=marked)
    write_lesson(folder, "attempt", ATTEMPT)
    write_lesson(folder, "sound", "print(1)")
    return judged(folder, "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", "planted")


@pytest.fixture(scope="module")
def gated(tmp_path_factory) -> Verdict:
    """A copy with one fault in each kind of place, under the gates of `test_conventions`."""
    folder = copied(tmp_path_factory.mktemp("gated"))
    lab, lesson = folder / f"labs/{WEEK}/lab.ipynb", folder / f"lessons/{WEEK}.ipynb"
    solved = nbformat.read(folder / f"solutions/{WEEK}/lab.ipynb", as_version=4)
    released = nbformat.read(lab, as_version=4)
    answer = next(cell.source for cell in solved.cells if "### BEGIN SOLUTION" in cell.source)
    released.cells[-1].source += "\n" + answer.replace("### BEGIN SOLUTION", "").replace(
        "### END SOLUTION", ""
    )
    nbformat.write(released, lab)
    notebook = nbformat.read(lesson, as_version=4)
    marked = next(cell for cell in notebook.cells if "nbval-check-output" in cell.metadata.get("tags", []))
    marked.outputs, marked.execution_count = [], None
    nbformat.write(notebook, lesson)
    write_lesson(folder, "figure", "view.show(figure)", outputs=[PICTURE], execution_count=1)
    (folder / "build/executed").mkdir(parents=True)
    shutil.move(folder / "planted", folder / "build/executed")
    with open(folder / "mmlab/losses.py", "a") as file:
        file.write("\n\ntry:\n    import nothing\nexcept Exception:\n    pass\n")
    with open(folder / "CHANGELOG.md", "a") as file:
        file.write("\nkey " + "AKIA" + "B" * 16 + "\n")
    rules = "leaked or stored_outputs or alternative_text or swallowed or private_text or one_address"
    return judged(folder, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_conventions.py", "-k", rules)


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Verdict:
    """A copy with a case removed and a statement changed, under `mmlab release --check`."""
    folder = copied(tmp_path_factory.mktemp("released"))
    file = folder / f"solutions/{WEEK}/cases.npz"
    records = [case_files.read(file, name) for name in case_files.read_names(file)]
    records[0]["cases"].pop()
    records[0]["expected"].pop()
    case_files.write(file, WEEK, records)
    source = folder / f"solutions/{WEEK}/lab.ipynb"
    notebook = nbformat.read(source, as_version=4)
    next(cell for cell in notebook.cells if cell.cell_type == "markdown").source += "\n\nA new sentence."
    nbformat.write(notebook, source)
    return judged(folder, "mmlab.cli.command_line", "release", WEEK, "--check", "--json")


@pytest.mark.parametrize(
    "test, words",
    [
        ("planted/wrong.ipynb::Cell 0", "mismatch"),
        ("planted/cleared.ipynb::Cell 0", "has no stored output"),
        ("planted/attempt.ipynb::budget", "192.0.2.1"),
    ],
)
def test_a_planted_notebook_fails(executed, test, words):
    assert executed.status == 1
    assert f"FAILED {test}" in executed.said and words in executed.said


def test_a_sound_notebook_beside_them_passes(executed):
    assert re.search(r"\b3 failed, 5 passed", executed.said), executed.said


@pytest.mark.parametrize(
    "gate, words",
    [
        ("leaked", f"solutions/{WEEK}/lab.ipynb: the answer to"),
        ("stored_outputs", f"lessons/{WEEK}.ipynb"),
        ("alternative_text", "figure.ipynb#figure: a picture without words"),
        ("swallowed", "mmlab/losses.py"),
        ("private_text", "CHANGELOG.md: an access key"),
    ],
)
def test_a_planted_fault_turns_its_gate_red(gated, gate, words):
    assert gated.status == 1
    assert re.search(rf"FAILED .*\[{gate}\]", gated.said) and words in gated.said, gated.said


def test_a_gate_without_a_fault_stays_green(gated):
    assert "[one_address]" not in gated.said


def test_a_missing_case_and_a_stale_release_are_told(released):
    assert released.status == 1
    (week,) = json.loads(released.said[released.said.index("{") :])["weeks"]
    first = case_files.read_names(ROOT / f"solutions/{WEEK}/cases.npz")[0]
    assert any(problem.startswith(f"{first}: ") for problem in week["problems"]), week
    assert any("lab.ipynb: differs" in problem for problem in week["problems"]), week


def test_a_wrong_number_in_the_readme_is_told(tmp_path):
    folder = copied(tmp_path)
    readme = folder / "README.md"
    readme.write_text(readme.read_text().replace("<!-- claim:exercises -->", "<!-- claim:exercises -->9", 1))
    verdict = judged(folder, "mmlab.cli.command_line", "claims", "--check")
    assert verdict.status == 1 and "README.md" in verdict.said
