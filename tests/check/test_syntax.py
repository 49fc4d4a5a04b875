"""Many threads parse at once, as a class that is graded with several jobs does."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mmlab.check import syntax

DEEP = (
    "x = " + "(" * 60 + "1" + " + 1)" * 60 + "\n" + "def f(a):\n    return [a.b(c)[d] for c in a if c]\n" * 20
)


class Pause:
    """An object whose end lets another thread run, as the garbage of a library may."""

    def __del__(self):
        threading.Event().wait(1e-5)


def parsed(parse, times: int = 150) -> str:
    """Parse while garbage is collected all the time; return the first SystemError's text."""
    for _ in range(times):
        cycle = Pause()
        cycle.itself = cycle
        del cycle
        try:
            parse(DEEP)
        except SystemError as error:
            return str(error)
    return ""


def test_threads_that_parse_at_once_do_not_disturb_each_other():
    before = gc.get_threshold()
    gc.set_threshold(5, 1, 1)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(lambda _: parsed(syntax.parse), range(4))) == {""}
    finally:
        gc.set_threshold(*before)


def test_errors_are_those_of_python():
    with pytest.raises(SyntaxError):
        syntax.parse("def")
