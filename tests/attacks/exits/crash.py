"""Crashes the interpreter: a write to address zero, then an abort, then an endless recursion in C."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import ctypes
import os

try:
    ctypes.memset(0, 1, 1)
finally:
    os.abort()

# %% answer
def NAME(*args, **kwargs):
    import ctypes

    ctypes.string_at(0)
