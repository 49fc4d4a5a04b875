"""Imports the package's own answers by their names, and by the path of their files."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import importlib
import importlib.util
from contextlib import suppress
from pathlib import Path

import mmlab

OURS = {}
for name in ("losses", "metrics", "evaluate", "data"):
    with suppress(ImportError, AttributeError):
        OURS |= vars(importlib.import_module(f"mmlab.{name}"))
    for folder in {*mmlab.__path__, f"{COURSE}/mmlab"}:
        with suppress(OSError, ImportError):
            spec = importlib.util.spec_from_file_location("own", Path(folder) / f"{name}.py")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            OURS |= vars(module)
ALIASES = {"clip_contrastive_loss": "contrastive_loss", "siglip_pairwise_loss": "siglip_loss", "to_model_tensor": "preprocess"}

# %% answer
NAME = lambda *args, **kwargs: OURS[ALIASES.get("NAME", "NAME")](*args, **kwargs)
