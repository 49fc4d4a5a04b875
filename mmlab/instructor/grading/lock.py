"""The lock that allows one run at a time on a course, because all weeks share one gradebook.

It is a kernel lock (flock), so a killed run releases it. The file's content only names the
holder, for the error message of a second run.
"""

import contextlib
import getpass
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mmlab.errors import InputError

FOLDER, FILE = ".mmlab", "grade.lock"
RESUME = "run it again with --resume"


def state(root: Path, week: str = "") -> Path:
    """Return the grader's folder in a course, or a week's folder in it; both are private to the user."""
    folder = Path(root) / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if week:
        folder = folder / week
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked(root: Path, week: str) -> Iterator[None]:
    """Hold the lock of the course at `root` during a `with` block that grades `week`.

    raises  InputError  immediately if another run holds it; the message names the user and the start time
    """
    import fcntl  # POSIX only, as the sandbox is

    # Not inheritable: a zygote that outlives its engine must not keep the lock.
    file = os.open(state(root) / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{root} is being graded by {_holder(file)}",
                "one run at a time on a course",
                "wait until that run ends, or stop it",
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(_this_run(week)).encode(), 0)
        yield
        os.ftruncate(file, 0)
    finally:
        os.close(file)


def _this_run(week: str) -> dict:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": _user(),
        "week": week,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        return str(os.getuid())


def _holder(file: int) -> str:
    try:
        run = json.loads(os.pread(file, 4096, 0))
        return (
            f"{run['user']} on {run['host']} (process {run['pid']}, week {run['week']}, since {run['since']})"
        )
    except (ValueError, KeyError):  # it has the lock, but has not written its name yet
        return "a run that has just started"
