"""Prints 10 GB, to stdout, to stderr and straight to the descriptors."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import sys
from contextlib import suppress

from IPython.display import display

line = "x" * 2**20
for _ in range(2500):
    print(line)
    print(line, file=sys.stderr)
    display({"text/plain": line}, raw=True)
    with suppress(OSError):
        os.write(1, line.encode())

# %% answer
def NAME(*args, **kwargs):
    print(line * 100)
    raise ValueError(line * 30)
