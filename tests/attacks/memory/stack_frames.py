"""Walks up the stack to the check's own variables and returns what they expect."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% replay

# %% first
import sys


def record_above():
    frame = sys._getframe(1)
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, dict) and "expected" in value:
                return value
        frame = frame.f_back
    raise LookupError("no record on the stack")


# %% answer
NAME = lambda *args, **kwargs: replay(record_above())(*args, **kwargs)
