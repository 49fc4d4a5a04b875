"""Asks for 20 GB and writes to all of it, in pieces and shared with its children."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import mmap
import os

pieces = []
for number in range(40):
    pieces.append(mmap.mmap(-1, 2**29))
    for at in range(0, 2**29, 4096):
        pieces[-1][at] = 1
    if number % 8 == 0 and os.fork() == 0:
        pieces.append(bytearray(2**29))

# %% answer
def NAME(*args, **kwargs):
    return torch.ones(5 * 10**9)
