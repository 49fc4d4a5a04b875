"""Measure the memory of a child and all its descendants, for machines without a cgroup.

The figures come from the zygote's /proc, which contains every process of every child. The first
sum takes microseconds and is an upper bound: anonymous and shared pages, counted once for each
process that maps them. Only if it is above the limit are proportional shares read, which are
exact but slow.
"""

import os
from collections.abc import Iterable

KB_IN_MB = 1024


def parents() -> dict[int, int]:
    """Return pid → parent's pid, for every process in /proc."""
    parent_of = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (text := read(f"/proc/{name}/stat")):
            parent_of[int(name)] = int(text.rpartition(")")[2].split()[1])
    return parent_of


def pid_in_proc(pid: int) -> int:
    """Return a child's pid as /proc shows it, which differs if /proc belongs to an outer namespace."""
    own = os.readlink("/proc/self")
    if own == str(os.getpid()):
        return pid
    for outer, parent in parents().items():
        if parent == int(own):
            pids = read(f"/proc/{outer}/status").partition("NSpid:")[2].partition("\n")[0].split()
            if pids[-2:-1] == [str(pid)]:  # the last is the pid in the child's own namespace
                return outer
    return pid


def family(pid: int, parent_of: dict[int, int]) -> list[int]:
    """Return a process and all its descendants, with orphans, which become children of their namespace's first process.

    >>> family(2, {1: 0, 2: 1, 3: 2, 4: 3, 5: 1})
    [2, 3, 4]
    """
    pids = [pid]
    for member in pids:
        pids += [child for child, parent in parent_of.items() if parent == member]
    return pids


def kilobytes(path: str, names: Iterable[str]) -> int:
    """Return the sum of the lines called `names` in a file of "Name:  123 kB", 0 if it cannot be read."""
    total = 0
    for line in read(path).splitlines():
        name, _, rest = line.partition(":")
        if name in names:
            total += int(rest.split()[0])
    return total


def anonymous_mb() -> float:
    """Return the calling process's memory that a fork shares until one of the two writes to it."""
    return kilobytes("/proc/self/status", ("RssAnon",)) / KB_IN_MB


def held_mb(pid: int, shared_mb: float, limit_mb: float) -> float:
    """Return the memory of a child and all its descendants; exact if it is above the limit, else an upper bound.

    pid        the child, the first process of its namespace
    shared_mb  the memory of a new fork of the zygote
    limit_mb   the limit
    """
    members = family(pid_in_proc(pid), parents())
    maximum = (
        sum(kilobytes(f"/proc/{each}/status", ("RssAnon", "RssShmem")) for each in members) / KB_IN_MB
        - shared_mb
    )
    if maximum <= limit_mb:
        return max(0.0, maximum)
    shares = [kilobytes(f"/proc/{each}/smaps_rollup", ("Pss_Anon", "Pss_Shmem")) for each in members]
    return min(maximum, sum(shares) / KB_IN_MB) if any(shares) else maximum


def read(path: str) -> str:
    """Return a file of /proc, "" if the process is gone or may not be read."""
    try:
        with open(path) as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""
