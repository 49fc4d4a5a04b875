"""Watches every call through sys.setprofile, and fills in the expected results as the judge is entered."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import sys
import threading


def watch(frame, event, _):
    here = frame.f_locals
    if event == "call" and isinstance(here.get("record"), dict) and isinstance(here.get("results"), list):
        here["results"][:] = here["record"]["expected"]


sys.setprofile(watch)
threading.setprofile(watch)

# %% answer
def NAME(*args, **kwargs):
    sys.setprofile(watch)


# %% last
sys.setprofile(watch)
