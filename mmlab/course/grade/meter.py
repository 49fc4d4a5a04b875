"""How much memory a child and all that it started hold, where no cgroup adds it up.

Read from the zygote's /proc, which shows every process of every child. First a sum that is never
too small and costs microseconds: anonymous and shared pages, counted in each process that maps
them. Only where that is above the limit are the pages asked for by share, which is exact and slow.
"""

import os
from collections.abc import Iterable

KB_IN_MB = 1024


def parents() -> dict[int, int]:
    """Return process → parent, for every process that /proc shows."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (text := read(f"/proc/{name}/stat")):
            found[int(name)] = int(text.rpartition(")")[2].split()[1])
    return found


def shown_as(pid: int) -> int:
    """Return a child of ours under the number that /proc shows: it may be the /proc of a namespace above."""
    own = os.readlink("/proc/self")
    if own == str(os.getpid()):
        return pid
    for shown, parent in parents().items():
        if parent == int(own):
            numbers = read(f"/proc/{shown}/status").partition("NSpid:")[2].partition("\n")[0].split()
            if numbers[-2:-1] == [str(pid)]:  # the last is its number in its own namespace
                return shown
    return pid


def family(pid: int, parent_of: dict[int, int]) -> list[int]:
    """Return a process and all its descendants; orphans count, for they fall to the first of their namespace.

    >>> family(2, {1: 0, 2: 1, 3: 2, 4: 3, 5: 1})
    [2, 3, 4]
    """
    found = [pid]
    for each in found:
        found += [child for child, parent in parent_of.items() if parent == each]
    return found


def kilobytes(path: str, names: Iterable[str]) -> int:
    """Return the sum of the lines called `names` in a file of "Name:  123 kB", 0 where it cannot be read."""
    total = 0
    for line in read(path).splitlines():
        name, _, rest = line.partition(":")
        if name in names:
            total += int(rest.split()[0])
    return total


def anonymous_mb() -> float:
    """Return the memory of the calling process that a fork shares until one of the two writes to it."""
    return kilobytes("/proc/self/status", ("RssAnon",)) / KB_IN_MB


def held_mb(pid: int, shared_mb: float, limit_mb: float) -> float:
    """Return the memory of a child and all its descendants, exact where it is above the limit.

    pid        the child, the first of its namespace
    shared_mb  what a fork of the zygote holds at birth
    limit_mb   below it, a sum that may be too large is good enough
    """
    members = family(shown_as(pid), parents())
    most = sum(kilobytes(f"/proc/{each}/status", ("RssAnon", "RssShmem")) for each in members) / KB_IN_MB - shared_mb
    if most <= limit_mb:
        return max(0.0, most)
    shares = [kilobytes(f"/proc/{each}/smaps_rollup", ("Pss_Anon", "Pss_Shmem")) for each in members]
    return min(most, sum(shares) / KB_IN_MB) if any(shares) else most


def read(path: str) -> str:
    """Return a file of /proc, "" where the process is gone or closed to us."""
    try:
        with open(path) as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""
