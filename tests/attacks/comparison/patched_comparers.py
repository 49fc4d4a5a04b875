"""Replaces every comparer by one that finds no difference."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
from mmlab.check import compare, verdict

for name in compare.COMPARERS:
    compare.COMPARERS[name] = lambda *args, **kwargs: None
verdict.close = verdict.difference = lambda *args, **kwargs: None

# %% answer
def NAME(*args, **kwargs):
    return 0.0
