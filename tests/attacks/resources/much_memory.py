"""Asks for 20 GB and writes to all of it, in pieces and shared with its children."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import mmap
import os

PIECE = 2**28
pieces = [b"\1" * PIECE]
for number in range(80):
    pieces.append(mmap.mmap(-1, PIECE))
    pieces[-1][:] = pieces[0]
    if number % 8 == 7 and os.fork() == 0:
        pieces.append(bytearray(pieces[0]))

# %% answer
def NAME(*args, **kwargs):
    return torch.ones(5 * 10**9)
