"""Ends the process from inside an answer, each time that it is asked."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import sys

# %% answer
def NAME(*args, **kwargs):
    sys.stdout.write("NAME: passed, 6 of 6 cases\n")
    sys.stdout.flush()
    os._exit(0)
