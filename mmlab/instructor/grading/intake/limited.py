"""Read students' code in another process, under limits of processor time and memory.

Python's parser needs minutes for some short texts (60,000 braces in an f-string took 115 s), can use
gigabytes, and ends the process for some. So whatever parses a student's text runs in a reader, a
process that does nothing else. If a text is too much for it, the reader dies, a new one starts, and the
text counts as not readable. All readings for one submission share a budget.

    @limited(otherwise=lambda source: [])
    def bound(source): …      # called anywhere, runs in the reader
"""

import atexit
import contextlib
import functools
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import mmlab
from mmlab.errors import InputError

CALL_SECONDS = 2  # processor time for one text; the kernel counts whole seconds
BUDGET_SECONDS = 10.0  # for all texts of one submission
MEMORY_MB = 1024
# what reads most texts is imported before the limits
START = "from mmlab.instructor.grading.intake import bindings, limited; limited.serve()"
READY = b"ready\n"
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)

_local = threading.local()
_is_reader = False


def limited(otherwise: Callable) -> Callable:
    """Return a decorator: calls of the function run in the reader.

    otherwise  called with the same arguments if the text is too much for the reader, or the budget is used up

    The first argument is the text. Arguments and results must be JSON. SyntaxError, ValueError, RecursionError and MemoryError are raised
    as SyntaxError here.
    """

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*arguments):
            return function(*arguments) if _is_reader else _read(function, arguments, otherwise)

        return call

    return decorate


@contextlib.contextmanager
def budget(seconds: float = BUDGET_SECONDS):
    """Limit the processor time of all readings in the block, and read the same text only once."""
    outer = getattr(_local, "budget", None)
    _local.budget = outer or _Budget(seconds)
    try:
        yield
    finally:
        _local.budget = outer


class _Budget:
    """What is left for the readings of one submission, and their results."""

    def __init__(self, seconds: float):
        self.left, self.results = seconds, {}
        self.unreadable: set[str] = set()


class Reader:
    """The engine's end of a reader; one for each engine, used by its threads in turn."""

    def __init__(self):
        self.process: subprocess.Popen | None = None
        self.lock = threading.Lock()

    def ask(self, function: Callable, arguments: tuple) -> dict | None:
        """Return the reader's reply, None if the text was too much for it.

        raises  InputError  if no reader can be started
        """
        line = json.dumps([function.__module__, function.__qualname__, arguments]).encode() + b"\n"
        with self.lock:
            process = self._started()
            try:
                process.stdin.write(line)
                process.stdin.flush()
                return json.loads(process.stdout.readline())
            except (OSError, ValueError):  # it has died; half a line is no JSON
                self.close()
                return None

    def close(self) -> None:
        """End the reader."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()

    def _started(self) -> subprocess.Popen:
        if self.process is None or self.process.poll() is not None:
            self.close()
            package = str(Path(mmlab.__file__).parent.parent)
            paths = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
            self.process = subprocess.Popen(
                [sys.executable, "-c", START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
                start_new_session=True,  # Ctrl-C is for the engine
            )
            if self.process.stdout.readline() != READY:
                self.close()
                raise InputError(
                    "the process that reads students' code does not start",
                    f"{sys.executable} with mmlab and {MEMORY_MB:,} MB of memory",
                    "free some memory, and run `mmlab doctor --grade`",
                )
        return self.process


reader = Reader()
atexit.register(reader.close)


def _read(function: Callable, arguments: tuple, otherwise: Callable):
    own = getattr(_local, "budget", None) or _Budget(BUDGET_SECONDS)
    key = (function, arguments)
    if key not in own.results:
        is_open = own.left > 0 and arguments[0] not in own.unreadable
        reply = reader.ask(function, arguments) if is_open else None
        if reply is None:
            own.unreadable.add(arguments[0])
        if is_open:
            own.left -= CALL_SECONDS if reply is None else reply["seconds"]
        own.results[key] = reply
    reply = own.results[key]
    if reply is None:
        return otherwise(*arguments)
    if "raised" in reply:
        raise SyntaxError(reply["raised"])
    return reply["value"]


# ---------------------------------------------------------------- in the reader
def serve() -> None:
    """Reply to one request after the other until the engine closes the pipe."""
    global _is_reader
    _is_reader = True
    replies = os.fdopen(os.dup(1), "wb")
    _limit_memory()
    replies.write(READY)
    replies.flush()
    for line in sys.stdin.buffer:
        module, name, arguments = json.loads(line)
        function = getattr(importlib.import_module(module), name)  # our code, outside the text's time
        _limit_time()
        before = sum(os.times()[:2])
        try:
            reply = {"value": function(*arguments)}
        except UNREADABLE as error:
            reply = {"raised": f"{type(error).__name__}: {error}"[:300]}
        reply["seconds"] = sum(os.times()[:2]) - before
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError):  # Windows has no limits for a process's own use
        import resource

        from mmlab.instructor.grading.sandbox.isolate import mapped

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        maximum = mapped() + MEMORY_MB * 2**20
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (maximum, maximum))


def _limit_time() -> None:
    with contextlib.suppress(ImportError):
        import resource

        used = int(sum(os.times()[:2]))
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (used + CALL_SECONDS, hard))
