"""Answers never, from inside C code that no Python signal reaches."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import re
import signal

# %% answer
def NAME(*args, **kwargs):
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    re.match(r"(a+)+$", "a" * 60 + "b")
