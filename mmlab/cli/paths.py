"""Paths of the course's files: the repository, its lessons and its labs."""

from pathlib import Path

import mmlab
from mmlab.errors import InputError

EXECUTED = Path("build/executed")
INSTRUCTOR = Path(mmlab.__file__).parent / "instructor"  # missing in a student's repository


def root(start: Path | str | None = None) -> Path:
    """Return the course's folder: at or above `start` (default: here), else the one that contains mmlab.

    raises  InputError  if neither is a course
    """
    here = Path(start or ".").resolve()
    for folder in (here, *here.parents, Path(mmlab.__file__).resolve().parents[1]):
        if (folder / "lessons").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise InputError(
        f"no course in {here} or above",
        "a folder with lessons/ and pyproject.toml",
        "cd into your clone of the course and run the command there",
    )


def lessons(folder: Path) -> list[Path]:
    """Return every lesson below the course's `folder`, in order."""
    return sorted((folder / "lessons").glob("*.ipynb"))


def solutions(folder: Path) -> list[Path]:
    """Return every solved lab below the course's `folder`, in order."""
    return sorted((folder / "solutions").glob("*/lab.ipynb"))


def released(folder: Path) -> list[Path]:
    """Return every released lab below the course's `folder`, in order."""
    return sorted((folder / "labs").glob("*/lab.ipynb"))


def executed(path: Path, folder: Path) -> Path:
    """Return the path of the executed copy of the notebook at `path`."""
    path, folder = Path(path).resolve(), folder.resolve()
    below = path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
    return folder / EXECUTED / below
