"""Ends the process at once, before anything is checked: no error is no fault."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os

print("passed", flush=True)
os._exit(0)
