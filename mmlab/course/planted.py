"""Run one answer through `check` in a fresh fork of a warm process.

The parent imports what labs import and never computes, so that a child starts in
milliseconds and one answer cannot reach the next. POSIX only; not a sandbox: the
planted answers are our own.
"""

import io
import json
import os
import signal
import sys
import time
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path

from mmlab.check import check
from mmlab.course import notebook
from mmlab.course.records import setup_names
from mmlab.errors import CheckFailed, MissingPart


@dataclass(frozen=True)
class Outcome:
    """What `check` said of one answer: passed or not, the misconception it named, its message."""

    passed: bool
    misconception: str | None = None
    message: str = ""


def warm(week: str) -> dict:
    """Return the setup's names, with everything imported and one thread, ready to fork."""
    if not hasattr(os, "fork"):
        raise MissingPart("this system cannot fork a process", "Linux, macOS or WSL", "prove under WSL on Windows")
    import torch
    import torch._dynamo  # seconds in the first optimizer's step, else paid by every child

    torch.set_num_threads(1)  # a pool of threads does not survive a fork
    return setup_names(week)


def in_fork(name: str, source: str, names: dict, cases: Path, seconds: float) -> Outcome:
    """Return what `check` says of the answer that a solution cell's `source` defines as `name`.

    names    the setup's names, from `warm`
    cases    the cases.npz to check against
    seconds  before the child is ended, and the answer counts as failed
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os._exit(_child(writer, name, source, names, cases))
    os.close(writer)
    data = _drained(reader, child, seconds)
    os.waitpid(child, 0)
    return Outcome(**json.loads(data)) if data else Outcome(False, None, f"no answer within {seconds:g} s, or it died")


def _child(writer: int, name: str, source: str, names: dict, cases: Path) -> int:
    with redirect_stdout(io.StringIO()):
        try:
            check(name, notebook.define(source, name, names), cases)
            outcome = Outcome(True)
        except CheckFailed as failed:
            outcome = Outcome(False, failed.misconception, str(failed))
        except BaseException as error:  # the child must answer whatever the planted code does
            outcome = Outcome(False, None, f"{type(error).__name__}: {error}")
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(json.dumps(asdict(outcome)).encode())
    return 0


def _drained(reader: int, child: int, seconds: float) -> bytes:
    import select

    data, end = b"", time.monotonic() + seconds
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                os.kill(child, signal.SIGKILL)
                return b""
            part = pipe.read(65536)
            if not part:
                return data
            data += part
