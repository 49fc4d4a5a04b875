"""Replaces the judge inside the check by one that passes every answer."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import mmlab.check
from mmlab.check import verdict

always = verdict.Verdict("any", (True,))
mmlab.check.judge = verdict.judge = lambda record, results: always

# %% answer
def NAME(*args, **kwargs):
    return None
