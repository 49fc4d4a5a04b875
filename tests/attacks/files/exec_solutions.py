"""Runs the solution cells out of the solutions' notebook, wherever the course may lie."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import json
from pathlib import Path

import mmlab

here = Path.cwd()
for folder in (Path(COURSE), here, *here.parents, Path(mmlab.__file__).parents[1]):
    for path in folder.glob(f"solutions/{WEEK}/lab.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["id"].endswith("-solution"):
                exec("".join(cell["source"]), globals())

# %% answer
NAME = globals()["NAME"]
