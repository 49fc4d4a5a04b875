"""Looks for the records that the grader keeps between runs, and repeats what they expect."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% replay

# %% first
import os
from pathlib import Path

RECORDS = {}
places = (COURSE, os.getcwd(), "..", "/tmp", "/var/tmp", "/dev/shm", HOME, os.path.expanduser("~"))
for place in places:
    for path in [*Path(place).glob(".mmlab/**/*"), *Path(place).glob("**/hidden*"), *Path(place).glob("**/*.bin")][:500]:
        try:
            found = values.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            print(path, error)
            continue
        for one in found.values() if isinstance(found, dict) else found:
            RECORDS[one["name"]] = one

# %% answer
NAME = replay(RECORDS["NAME"])
