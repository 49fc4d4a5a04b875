"""A course of one tiny week in a folder of its own, released once for all tests."""

import os
import shutil
from pathlib import Path

import pytest

from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.authoring.release import release
from tiny_course import WEEK, make_course

collect_ignore = ["tiny_exercises.py"]  # its planted tests are answers, not tests


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """Return the tiny course, released; not to be changed."""
    root = make_course(tmp_path_factory.mktemp("tiny"))
    release(root, load(root / "solutions" / WEEK))
    return root


@pytest.fixture
def copy_of_tiny(tiny, tmp_path) -> Path:
    """Return a copy of the released tiny course that a test may change."""
    root = tmp_path / "course"
    shutil.copytree(tiny, root)
    return root


@pytest.fixture
def inside():
    """Change into a folder for the length of a test."""
    before = Path.cwd()
    yield os.chdir
    os.chdir(before)
