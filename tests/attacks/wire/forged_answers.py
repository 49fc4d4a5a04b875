"""Writes answers of its own to every socket and pipe that it finds open: all right, full marks, thank you."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import socket
import struct
from contextlib import suppress

from mmlab import values


def claims(name):
    full = POINTS.get(name, 9)
    yield {"exercise": name, "passed": True, "score": full, "max": full, "right": 99, "cases": 99}
    yield {"result": {"verdict": "accepted"}}
    yield {"result": {"returned": 0.0, "mutated": []}}
    yield {"ran": True, "marks": {each: POINTS[each] for each in EXERCISES}}
    yield [{"returned": True, "mutated": []}] * 9


def everywhere():
    for number in range(3, 64):
        for name in EXERCISES:
            for claim in claims(name):
                data = values.dumps(claim)
                for frame in (data, struct.pack("<Q", len(data)) + data, struct.pack("!I", len(data)) + data):
                    with suppress(OSError, ValueError):
                        os.set_blocking(number, False)
                        os.write(number, frame)
                        socket.socket(fileno=os.dup(number)).send(frame, socket.MSG_DONTWAIT)


# %% answer
def NAME(*args, **kwargs):
    everywhere()


# %% last
everywhere()
