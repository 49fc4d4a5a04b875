"""What a child gives up before it runs a student's code: the Linux calls, in their order."""

import os
import resource
import signal
import sys

from mmlab.course.grade.limits import Limits
from mmlab.course.grade.wire import MB

RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss


def prepare_zygote(spec: dict) -> None:
    """Make ready, once, what every fork needs."""


def prepare_fork(mode: str) -> None:
    """Let the next fork be the first process of a namespace of its own."""


def enter(spec: dict, request: dict, limits: Limits, groups: list[int]) -> None:
    """Shut the calling process in; raises OSError where a step is refused."""
    os.setsid()
    for descriptor in groups:
        os.write(descriptor, b"0")
        os.close(descriptor)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    os.chdir(request["folder"])
    os.environ["HOME"] = os.environ["TMPDIR"] = request["folder"]
    limit_resources(limits)


def limit_resources(limits: Limits) -> None:
    """Set the limits of one process; its children inherit them."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, limits.file_mb * MB),
        (resource.RLIMIT_CPU, int(limits.total_seconds) + 1),
        (resource.RLIMIT_NOFILE, 256),
    ):
        resource.setrlimit(what, (most, most))


def kill(pid: int, mode: str) -> None:
    """Kill a child and all that it started."""
    try:
        os.killpg(pid, signal.SIGKILL) if mode == "unsafe" else os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
