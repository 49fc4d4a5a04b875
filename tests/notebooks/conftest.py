"""A small course in a temporary folder, with notebooks written cell by cell."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).parents[2]


def stored(text: str):
    """Return an output as a marked cell stores it."""
    return new_output("stream", name="stdout", text=text)


class Course:
    """A folder that looks like the course to `mmlab run` and to the root conftest."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in ("lessons", "solutions", "tests"):
            (folder / name).mkdir()
        for name in ("conftest.py", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)

    def lesson(self, name: str, *sources: str, marked: dict | None = None, **metadata) -> Path:
        """Write lessons/NAME.ipynb with one code cell a source, ids c0, c1 …

        marked    cell number → stored text (None: marked, with nothing stored)
        metadata  of the notebook
        """
        cells = [new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
        for number, text in (marked or {}).items():
            cells[number].metadata["tags"] = ["nbval-check-output"]
            if text is not None:
                cells[number].outputs, cells[number].execution_count = [stored(text)], 1
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel, **metadata})
        path = self.folder / "lessons" / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run pytest in the folder and return what it said."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)

    def executed(self, name: str):
        """Return the executed copy of lessons/NAME.ipynb."""
        return nbformat.read(self.folder / f"build/executed/lessons/{name}.ipynb", as_version=4)


@pytest.fixture
def course(tmp_path, monkeypatch) -> Course:
    """An empty course, which is also the working folder."""
    monkeypatch.chdir(tmp_path)
    return Course(tmp_path)
