"""Reads whatever the descriptors that it was born with still hold, and looks for records in it."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% replay

# %% first
import os
from contextlib import suppress

RECORDS = {}


def keep(data):
    at = data.find(b'["dict",["name","')
    while at >= values.PREFIX.size:
        size = values.PREFIX.size + sum(values.PREFIX.unpack(data[at - values.PREFIX.size : at]))
        with suppress(ValueError):
            one = values.loads(data[at - values.PREFIX.size :][:size])
            RECORDS[one["name"]] = one
        at = data.find(b'["dict",["name","', at + 1)


for entry in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else range(256):
    with suppress(OSError):
        number = int(entry)
        print(number, os.readlink(f"/proc/self/fd/{number}"))
        keep(os.pread(number, 2**24, 0))
        again = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_NONBLOCK)
        keep(os.read(again, 2**24))

# %% answer
NAME = replay(RECORDS["NAME"])
