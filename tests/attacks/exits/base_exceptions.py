"""Raises what `except Exception` lets through: SystemExit, KeyboardInterrupt, GeneratorExit, and a kind of its own."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import atexit
import itertools
import os


class Quiet(BaseException):
    __str__ = __repr__ = lambda self: 1 / 0


KINDS = itertools.cycle([SystemExit(0), KeyboardInterrupt(), GeneratorExit(), Quiet(), StopIteration(), RecursionError()])
atexit.register(os._exit, 0)
raise Quiet

# %% answer
def NAME(*args, **kwargs):
    raise next(KINDS)


# %% last
raise SystemExit(0)
