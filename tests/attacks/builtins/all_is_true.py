"""Replaces the builtins `all`, `any` and `isinstance`, with which a judge counts."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import builtins

plain = builtins.isinstance
builtins.all = lambda values: True
builtins.isinstance = lambda value, kinds: not plain(value, str) and plain(value, kinds)

# %% answer
def NAME(*args, **kwargs):
    return 0.0
