"""Asks the garbage collector for every dict that holds expected values."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% replay

# %% first
import gc


def record_of(name):
    for value in gc.get_objects():
        if type(value) is dict and "expected" in value and value.get("name") == name:
            return value
    raise LookupError(f"nothing about {name} in memory")


# %% answer
NAME = lambda *args, **kwargs: replay(record_of("NAME"))(*args, **kwargs)
