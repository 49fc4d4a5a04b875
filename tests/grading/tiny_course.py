"""The sources of a course of one tiny week: one exercise for each driver."""

import shutil
from pathlib import Path

from mmlab.cli import notebook

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WEEK = "90_tiny"
ALL = "exercises/_all.py"  # where the tiny week's exercises are written
TAKEN = """\
from _all import EXERCISES

EXERCISE = next(exercise for exercise in EXERCISES if exercise.name == "{name}")
"""

SOLUTIONS = {
    "scaled_sum": '''\
def scaled_sum(x, scale):
    """Return the sum of x, scaled."""
    ### BEGIN SOLUTION
    if scale < 0:
        raise ValueError("a negative scale")
    return (x * scale).sum()
    ### END SOLUTION''',
    "Gain": '''\
class Gain(nn.Module):
    """A gain that is learned as its logarithm."""

    def __init__(self, width):
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        ### BEGIN SOLUTION
        return x * self.log_gain.exp()
        ### END SOLUTION''',
    "Tally": '''\
class Tally:
    """A count that only grows."""

    ### BEGIN SOLUTION
    def __init__(self, start):
        self.total = start

    def add(self, count):
        if count < 0:
            raise ValueError("negative")
        self.total += count
    ### END SOLUTION''',
    "nearest_centre": '''\
CLASSES = 3


def nearest_centre(points, labels):
    """Return a function that labels points."""
    ### BEGIN SOLUTION
    centres = np.stack([points[labels == k].mean(0) for k in range(CLASSES)])
    return lambda points: ((points[:, None] - centres) ** 2).sum(-1).argmin(1)
    ### END SOLUTION''',
    "test_mean": '''\
def test_mean(mean):
    """Raise AssertionError where mean is wrong."""
    ### BEGIN SOLUTION
    assert mean([1.0, 2.0]) == 1.5
    assert mean([4.0, 0.0, 2.0]) == 2.0
    ### END SOLUTION''',
}


def cell(kind: str, name: str, source: str, **nbgrader) -> dict:
    """Return one cell of a source lab."""
    entry = {
        "schema_version": 3,
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
        "grade_id": name,
    }
    made = {
        "cell_type": kind,
        "id": name,
        "metadata": {"nbgrader": entry | nbgrader} if nbgrader else {},
        "source": source,
    }
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def tiny_lab() -> dict:
    """Return the source lab of the tiny week."""
    cells = [
        cell("markdown", "title", "# Lab 90: the smallest of all"),
        cell("code", "setup", "pass", locked=True),
    ]
    for points, (name, source) in enumerate(SOLUTIONS.items(), 1):
        cells += [
            cell("markdown", f"{name}-statement", f"## {name}\n\nDefine `{name}`."),
            cell("code", f"{name}-solution", source, solution=True),
            cell("code", name, f'check("{name}", {name})', grade=True, locked=True, points=points),
        ]
    cells += [
        cell("markdown", "explain-statement", "Say why."),
        cell("markdown", "explain", "Because it is SECRET.", grade=True, solution=True, points=2),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def make_course(folder: Path) -> Path:
    """Write the tiny course's sources into `folder`; return it."""
    week = folder / "solutions" / WEEK
    week.mkdir(parents=True)
    (folder / "lessons").mkdir()
    (folder / "pyproject.toml").touch()
    (week / "exercises").mkdir()
    shutil.copy(HERE / "tiny_exercises.py", week / ALL)
    for name in ("scaled_sum", "Gain", "Tally", "nearest_centre", "test_mean", "explain"):
        (week / "exercises" / f"{name}.py").write_text(TAKEN.format(name=name))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    notebook.write(week / "lab.ipynb", tiny_lab())
    return folder
