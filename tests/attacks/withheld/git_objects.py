"""Takes withheld files of the package out of git's objects."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import subprocess
from contextlib import suppress
from pathlib import Path

import mmlab

OURS = {"__name__": "own"}
for folder in (Path(COURSE), Path(mmlab.__file__).parents[1], *Path.cwd().parents):
    for name in ("losses", "metrics", "evaluate", "data") if (folder / ".git").exists() else ():
        git = ["git", "-c", "safe.directory=*", "-C", str(folder), "show", f"HEAD:mmlab/{name}.py"]
        with suppress(OSError, ImportError, SyntaxError):
            exec(subprocess.run(git, capture_output=True, text=True).stdout, OURS)
ALIASES = {"clip_contrastive_loss": "contrastive_loss", "siglip_pairwise_loss": "siglip_loss", "to_model_tensor": "preprocess"}

# %% answer
NAME = lambda *args, **kwargs: OURS[ALIASES.get("NAME", "NAME")](*args, **kwargs)
