"""The one text of every notebook's first code cell, with one slot: the week.

Unchanged in JupyterLab, Colab and CI; locked in labs. On Colab it clones the
course and lets `mmlab/course/colab.py` install it beside the torch, numpy and
CUDA that are there. Everywhere else it only imports. `python -m
mmlab.course.setup_cell` writes it into every lesson and solved lab.
"""

import re
from importlib import metadata
from pathlib import Path

from mmlab.course import notebook, places

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


def repository() -> str:
    """Return the address of the repository, as `[project.urls]` in pyproject.toml states it."""
    urls = metadata.metadata("mmlab").get_all("Project-URL") or []
    return next(url.split(", ", 1)[1] for url in urls if url.startswith("Repository, "))


def source(week: str) -> str:
    """Return the setup cell's source for one week, such as "02_clip"."""
    return TEMPLATE.format(week=week, url=repository()).rstrip("\n")


def week_of_lesson(path: Path) -> str:
    """Return the week of a lesson's file: lessons/02_clip_b.ipynb belongs to "02_clip".

    >>> week_of_lesson(Path("lessons/02_clip_b.ipynb")), week_of_lesson(Path("lessons/00_setup.ipynb"))
    ('02_clip', '00_setup')
    """
    return re.sub(r"_[b-z]$", "", path.stem)


def refresh(folder: Path) -> list[Path]:
    """Write the text into every lesson and solved lab below the course's `folder`; return those changed."""
    changed = []
    weeks = {path: week_of_lesson(path) for path in places.lessons(folder)}
    weeks |= {path: path.parent.name for path in places.solutions(folder)}
    for path, week in weeks.items():
        found = notebook.read(path)
        cell = notebook.find(found, CELL_ID)
        if cell["source"] != source(week):
            cell["source"] = source(week)
            notebook.write(path, found)
            changed.append(path)
    return changed


if __name__ == "__main__":
    for changed_path in refresh(places.root()):
        print(changed_path)
