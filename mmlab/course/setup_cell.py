"""The one text of every notebook's first code cell, with one slot: the week.

Unchanged in JupyterLab, Colab and CI; locked in labs. On Colab it clones the
course and lets `mmlab/course/colab.py` install it beside the torch, numpy and
CUDA that are there. Everywhere else it only imports.
"""

from importlib import metadata

CELL_ID = "setup"

TEMPLATE = """\
WEEK = "{week}"
import math, subprocess, sys

if "google.colab" in sys.modules:  # Colab keeps its own torch and numpy; mmlab comes beside them
    url = "{url}"
    subprocess.run(f"test -d mmlab-course || git clone -q --depth 1 {{url}} mmlab-course", shell=True, check=True)
    subprocess.run([sys.executable, "mmlab-course/mmlab/course/colab.py", WEEK], check=True)

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
