"""Looks its inputs up, byte by byte, in the cases that came with the lab."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% replay

# %% first
from mmlab.check import cases

RECORDS = {name: cases.find(name) for name in EXERCISES}

# %% answer
NAME = replay(RECORDS["NAME"])
