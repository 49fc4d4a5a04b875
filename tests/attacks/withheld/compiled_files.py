"""Loads withheld modules from compiled files, wherever Python may have left some."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import marshal
import sys
from contextlib import suppress
from pathlib import Path

import mmlab

OURS = {}
folders = {*mmlab.__path__, f"{COURSE}/mmlab", sys.pycache_prefix or "/tmp", *sys.path}
for folder in folders:
    for path in [*Path(folder).glob("__pycache__/*.pyc"), *Path(folder).glob("mmlab/**/*.pyc")]:
        if path.name.split(".")[0] in ("losses", "metrics", "evaluate", "data") and "mmlab" in str(path):
            with suppress(OSError, ValueError, ImportError, EOFError):
                exec(marshal.loads(path.read_bytes()[16:]), OURS)
ALIASES = {"clip_contrastive_loss": "contrastive_loss", "siglip_pairwise_loss": "siglip_loss", "to_model_tensor": "preprocess"}

# %% answer
NAME = lambda *args, **kwargs: OURS[ALIASES.get("NAME", "NAME")](*args, **kwargs)
