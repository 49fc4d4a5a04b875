"""Begins an answer and sends one byte of it a second, so that no single wait is ever too long."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import threading
import time
from contextlib import suppress

from mmlab import values


def drip():
    data = values.dumps({"result": {"returned": [0.0] * 5000, "mutated": []}})
    for byte in data[:600]:
        for number in range(3, 64):
            with suppress(OSError):
                os.write(number, bytes([byte]))
        time.sleep(1)


# %% answer
def NAME(*args, **kwargs):
    drip()


# %% last
threading.Thread(target=drip, daemon=True).start()
