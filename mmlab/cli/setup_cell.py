"""The text of every notebook's first code cell; only the week differs.

The cell is the same in JupyterLab, Colab and CI, and locked in labs. On Colab it clones the
course and lets `mmlab/cli/colab.py` install it without changing Colab's torch, numpy and
CUDA. Everywhere else it only imports. `python -m mmlab.cli.setup_cell` writes it into every
lesson and solved lab.
"""

import re
from pathlib import Path

from mmlab.cli import notebook, paths, project

CELL_ID = "setup"

TEMPLATE = """\
WEEK = "{week}"
import math, runpy, subprocess, sys

if "google.colab" in sys.modules:  # Colab keeps its own torch and numpy; mmlab comes beside them
    url = "{url}"
    subprocess.run(f"test -d mmlab-course || git clone -q --depth 1 {{url}} mmlab-course", shell=True, check=True)
    runpy.run_path("mmlab-course/mmlab/course/colab.py")["main"](WEEK)

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from mmlab import view, world
from mmlab.check import check
"""


def source(week: str) -> str:
    """Return the setup cell's source for one week, such as "02_clip"."""
    return TEMPLATE.format(week=week, url=project.repository()).rstrip("\n")


def week_of_lesson(path: Path) -> str:
    """Return the week of a lesson's file: lessons/02_clip_b.ipynb belongs to "02_clip".

    >>> week_of_lesson(Path("lessons/02_clip_b.ipynb")), week_of_lesson(Path("lessons/00_setup.ipynb"))
    ('02_clip', '00_setup')
    """
    return re.sub(r"_[b-z]$", "", path.stem)


def refresh(folder: Path) -> list[Path]:
    """Write the text into every lesson and solved lab below the course's `folder`; return the changed notebooks."""
    changed = []
    weeks = {path: week_of_lesson(path) for path in paths.lessons(folder)}
    weeks |= {path: path.parent.name for path in paths.solutions(folder)}
    for path, week in weeks.items():
        content = notebook.read(path)
        cell = notebook.find(content, CELL_ID)
        if cell["source"] != source(week):
            cell["source"] = source(week)
            notebook.write(path, content)
            changed.append(path)
    return changed


if __name__ == "__main__":
    for changed_path in refresh(paths.root()):
        print(changed_path)
