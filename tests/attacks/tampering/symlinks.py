"""Leaves links where the grader will write or read, which lead to the solutions and into home."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
from contextlib import suppress
from pathlib import Path

for name in ("cases.npz", "lab.ipynb", "result", "feedback", "lab.html", "gradebook.db"):
    for target in (f"{COURSE}/solutions/{WEEK}/lab.ipynb", f"{HOME}/honey"):
        for folder in (".", "/tmp", f"{COURSE}/feedback/{STUDENT}/{WEEK}", f"{COURSE}/autograded/{STUDENT}/{WEEK}"):
            with suppress(OSError):
                Path(folder).mkdir(parents=True, exist_ok=True)
                Path(folder, name).unlink(missing_ok=True)
                os.symlink(target, Path(folder, name))
with suppress(OSError):
    os.link(f"{HOME}/honey", "honey")
