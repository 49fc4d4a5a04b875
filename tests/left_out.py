"""A plugin of `make test BUDGET=…`: changed weeks first, and unchanged ones left out when the time is nearly spent.

    MMLAB_TEST_UNCHANGED  weeks, and "package", that are as they were when all tests passed, with commas between
    MMLAB_TEST_END        the time (seconds since 1970) from which on they are left out
    MMLAB_TEST_LEFT_OUT   a file that gets the name of each notebook and slow test left out, one a line

Only notebooks and tests marked `slow` are ever left out; a notebook that has begun runs to its end.
"""

import os
import re
import time

import pytest

UNCHANGED = set(filter(None, os.environ.get("MMLAB_TEST_UNCHANGED", "").split(",")))
END = float(os.environ.get("MMLAB_TEST_END", "inf"))


def part(item) -> str:
    """Return what a test belongs to: a week, or "package"."""
    if hasattr(item.parent, "nb"):
        own = item.path.parent.name if item.path.name == "lab.ipynb" else item.path.stem
        return re.sub(r"_[b-z]$", "", own)
    mark = item.get_closest_marker("week")
    return mark.args[0] if mark else "package"


def pytest_collection_modifyitems(items):
    """Put what changed in front; the order within stays."""
    items.sort(key=lambda item: part(item) in UNCHANGED)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Skip what is left out, and note its name."""
    is_notebook = hasattr(item.parent, "nb")
    if not (is_notebook or item.get_closest_marker("slow")) or part(item) not in UNCHANGED:
        return
    unit = item.parent if is_notebook else item
    if not hasattr(unit, "left_out"):
        unit.left_out = time.time() > END
        if unit.left_out:
            with open(os.environ["MMLAB_TEST_LEFT_OUT"], "a", encoding="utf-8") as names:
                names.write(unit.nodeid + "\n")
    if unit.left_out:
        pytest.skip("left out: the time is nearly spent, and nothing changed")
