"""What all tests run under.

Property tests try the same examples in every run: what fails here fails for everybody;
`pytest --hypothesis-profile=search` looks for new ones. Ctrl-C means what it always means.
A test that takes more than 10 CPU-seconds and is not marked `slow` fails: the fast tests stay fast.
"""

import resource
import signal
import time

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

settings.register_profile("course", derandomize=True, deadline=None)  # no clock decides
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("course")

# A script's background jobs ignore it, and so would every command that a test starts and stops.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

CPU_SECONDS = 10.0
LONGER = {"slow", "site", "timing", "repetition"}  # marks of tests that may take more
SPREAD = {"tests/test_hidden_cases.py"}  # minutes of tests that share no fixture: workers may share them
BEGAN = pytest.StashKey[float]()
TURNS, REFERENCE = 200_000, 0.008  # a loop of so many turns, and its seconds where the limit was chosen


def slowness() -> float:
    """Return how many times slower than the reference this machine is now, 1.0 at least."""

    def loop() -> float:
        began = time.process_time()
        for _ in range(TURNS):
            pass
        return time.process_time() - began

    return max(1.0, min(loop() for _ in range(3)) / REFERENCE)


def used() -> float:
    """Return the CPU-seconds of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail a passed test that took too long; what its fixtures took counts where they were made."""
    report = yield
    if call.when == "call" and report.passed and not LONGER & {mark.name for mark in item.iter_markers()}:
        took = used() - item.stash.get(BEGAN, used())
        if took > CPU_SECONDS and took > (limit := CPU_SECONDS * slowness()):
            report.outcome = "failed"
            report.longrepr = (
                f"took {took:.1f} CPU-seconds (at most {limit:.0f} here): mark it slow, or make it faster"
            )
    return report


class ByFile(LoadFileScheduling):
    """Keep the tests of a file on one worker, where they share fixtures, unless they are in `SPREAD`.

    Groups of marked tests (`--dist loadgroup`) would say the same, but pytest-xdist 3.8 forgets them
    without a word under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return nodeid if file in SPREAD else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Return what shares the tests between the workers of `--dist loadfile`."""
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_runtest_call(item):
    """Note where a test's own work begins."""
    item.stash[BEGAN] = used()
