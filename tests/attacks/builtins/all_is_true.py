"""Replaces the builtin `all`, with which a judge counts right cases, by one that is always true."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import builtins

builtins.all = lambda values: True

# %% answer
def NAME(*args, **kwargs):
    return 0.0
