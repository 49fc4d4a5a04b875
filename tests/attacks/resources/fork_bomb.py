"""Forks until nothing forks any more, and every child forks too."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
from contextlib import suppress

with suppress(OSError):
    for _ in range(12):  # two to the twelfth
        os.fork()
while True:
    with suppress(OSError):
        os.waitpid(-1, 0)
