"""A sandbox for one week: a warm zygote behind bubblewrap, and a fresh child for each submission."""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from mmlab import codec
from mmlab.errors import MmlabError
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading import withheld
from mmlab.instructor.grading.sandbox import bubblewrap, cgroup
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.wire import (
    MB,
    BadFrame,
    Connection,
    Died,
    TimedOut,
    receive_note,
    send_note,
)
from mmlab.instructor.grading.sandbox.zygote_client import WarmProcess, imports_of

READY_SECONDS, DEATH_SECONDS, LAST_WORD_SECONDS = 30.0, 30.0, 2.0
DYING_SECONDS = 0.2  # how long a zygote may still look alive when a child of it has died with it
SERVE = "mmlab.instructor.grading.sandbox.child"


class SandboxFault(MmlabError, RuntimeError):
    """The sandbox itself failed, so that the submission is not graded."""


@dataclass(frozen=True)
class Spent:
    """The resources that a child used.

    seconds            wall clock from fork to exit
    peak_mb            peak memory, beyond what it shares with the zygote
    why                the limit that it exceeded ("memory", "processor time"), or None
    processor_seconds  of the child and of the processes that it waited for
    """

    seconds: float
    peak_mb: float
    why: str | None = None
    processor_seconds: float = 0.0


class Sandbox:
    """A sandbox that boots at the first `child()`; a context manager. Use one for each process, from any thread.

    root    the course's folder
    week    the week: labs/ID/ is visible inside, and functions that its exercises forbid have no bodies
    limits  the limits for one child
    unsafe  without bubblewrap and namespaces: only the limits that a process can set for itself
    serve   the module whose `serve(connection, limits)` runs in the child
    raises  MissingPart  if the sandbox cannot run on this machine
    """

    def __init__(
        self, root: Path, week: Week, limits: Limits = Limits(), *, unsafe: bool = False, serve: str = SERVE
    ):
        self.root, self.week, self.limits, self.unsafe, self.serve = (
            Path(root).resolve(),
            week,
            limits,
            unsafe,
            serve,
        )
        if not unsafe:
            bubblewrap.program()
        elif not hasattr(os, "fork"):
            raise bubblewrap.no_fork()
        self.boot_seconds = 0.0
        self.mode = "unsafe" if unsafe else "root" if os.geteuid() == 0 else "user"
        self._groups, self.memory_held_by = (None, "") if unsafe else cgroup.find()
        if self._groups is None:
            why = f" ({self.memory_held_by})" if self.memory_held_by else ""
            self.memory_held_by = (
                f"address space of each process, and their sum measured five times a second{why}"
            )
        self._lock, self._numbers = threading.Lock(), itertools.count()
        self._zygote: WarmProcess | None = None
        self._staged: Path | None = None
        self._closed = False

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def boot(self) -> float:
        """Start the zygote unless it is running; return the seconds that the last boot took.

        raises  SandboxFault  after `close`
        """
        with self._lock:
            if self._closed:  # a stopped run must not begin a submission again in a new zygote
                raise SandboxFault("the sandbox is closed", "a run that goes on", "continue with --resume")
            if self._zygote is None or not self._zygote.alive():
                self._boot()
        return self.boot_seconds

    def child(self) -> "Child":
        """Return a fresh child, ready for untrusted code; raises SandboxFault if none can be started.

        A zygote that has died is booted again, once.
        """
        self.boot()
        try:
            return self._fork()
        except SandboxFault:
            with self._lock:
                if self._zygote is not None and self._zygote.alive():
                    raise
        self.boot()
        return self._fork()

    def close(self) -> None:
        """Stop the zygote and every child, and remove the staged files; no child can be started afterwards."""
        with self._lock:
            self._closed = True
            if self._zygote is not None:
                self._zygote.close()
            if self._staged is not None:
                bubblewrap.unstage(self._staged)
            self._zygote = self._staged = None

    def _fork(self) -> "Child":
        number = next(self._numbers)
        talk, theirs = socket.socketpair()
        leash, held = socket.socketpair()
        leash.settimeout(READY_SECONDS)
        child = Child(Connection(talk, self.limits.message_mb * MB), leash)
        try:
            request = {"number": number}
            if self._groups is not None:
                child.group = self._groups.make(self.limits)
            if self.unsafe:
                child.folder = self._staged / f"child-{number}"
                shutil.copytree(self._staged / "release", child.folder)
                request["folder"] = str(child.folder)
            files = [theirs.fileno(), held.fileno(), *(child.group.files if child.group else ())]
            with self._lock:
                child.zygote = self._zygote
                send_note(self._zygote.control, request, files)
            theirs.close()
            held.close()
            reply = receive_note(leash)
        except (OSError, EOFError, AttributeError) as error:  # AttributeError: closed by another thread
            reply = ({"fault": f"{type(error).__name__}: {error}"}, [])
        for end in (theirs, held):
            end.close()
        if child.group:
            child.group.release_files()
        if reply is None or "ready" not in reply[0]:
            child.close()
            raise SandboxFault(
                f"a child did not start: {(reply or ({},))[0].get('fault', 'the zygote is gone')}",
                "a fork of the zygote in its own namespaces",
                "run `mmlab doctor --grade`",
            )
        return child

    def _boot(self) -> None:
        began = time.perf_counter()
        if self._zygote is not None:
            self._zygote.close()
        if self._staged is None:
            self._staged = bubblewrap.stage(self.root, self.week.id)
        forbidden = withheld.names_of(self.week)
        withheld.put_in(self._staged / "mmlab", forbidden)
        spec = {
            "week": self.week.id,
            "imports": imports_of(self.root, self.week.id),
            "mode": self.mode,
            "memory": "cgroup" if self._groups else "process",
            "limits": asdict(self.limits),
            "serve": self.serve,
            "engine": os.getpid(),
            "visible": bubblewrap.visible_in_tmp(),
            "forbidden": forbidden,
        }
        self._zygote = WarmProcess(self._staged, spec)
        if not self._zygote.ready and "mount proc" in self._zygote.output:
            self._zygote.close()
            self._zygote = WarmProcess(self._staged, spec, proc=False)
        if not self._zygote.ready:
            output, self._zygote = self._zygote.output, self._zygote.close()
            raise bubblewrap.refused(output) or SandboxFault(
                f"the zygote did not start; it printed:\n{output.strip()[-2000:] or 'nothing'}",
                "a process that can import the lab's modules",
                "run `mmlab doctor --grade`",
            )
        withheld.take_out(self._staged / "mmlab", forbidden)
        self.boot_seconds = time.perf_counter() - began


class Child:
    """A fresh process in its own namespaces, with a connection to it; a context manager."""

    def __init__(self, connection: Connection, leash: socket.socket):
        self.connection, self._leash, self._began = connection, leash, time.perf_counter()
        self.group: cgroup.Group | None = None
        self.folder: Path | None = None
        self.zygote: WarmProcess | None = None
        self._ended: dict | None = None
        self._spent: Spent | None = None

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def send(self, value, seconds: float = 60.0) -> None:
        """Send one value; raises TimedOut if it is not received in time, Died if the child is gone.

        SandboxFault is raised if the zygote is gone too, for which no submission is to blame.
        """
        self.send_packed(codec.dumps(value), seconds)

    def send_packed(self, messages: bytes, seconds: float = 60.0) -> None:
        """Send values that `codec.dumps` has encoded; raises as `send` does."""
        try:
            self.connection.send_packed(messages, seconds)
        except Died:
            raise self._death() from None

    def receive(self, seconds: float):
        """Return the child's next value, complete within `seconds`; raises TimedOut, BadFrame, Died or SandboxFault."""
        try:
            return self.connection.receive(seconds)
        except Died:
            raise self._death() from None

    def close(self) -> Spent:
        """Kill every process of the child and return what it used; a second call returns the same."""
        if self._spent is None:
            self.connection.close()
            with contextlib.suppress(OSError):
                self._leash.sendall(b"end")
            ended, peak = self._end(DEATH_SECONDS), 0.0
            self._leash.close()
            why = self._why()
            if self.group is not None:
                peak = self.group.peak_mb()
                self.group.close()
            if self.folder is not None:
                shutil.rmtree(self.folder, ignore_errors=True)
            self._spent = Spent(
                time.perf_counter() - self._began,
                peak or ended.get("peak_mb", 0.0),
                why,
                ended.get("processor", 0.0),
            )
        return self._spent

    def _end(self, seconds: float) -> dict:
        """Return the zygote's last note on the child; wait for it at most `seconds`."""
        if self._ended is None:
            self._leash.settimeout(seconds)
            with contextlib.suppress(OSError, EOFError):
                self._ended = (receive_note(self._leash) or ({},))[0]
        return self._ended or {}

    def _why(self) -> str | None:
        if (self.group is not None and self.group.killed()) or self._end(0).get("why") == "memory":
            return "memory"
        return self._end(0).get("why")

    def _death(self) -> Exception:
        """Return Died with its reason, or SandboxFault if the zygote has ended and took the child with it."""
        reason = self._reason()
        if reason in ("exit", "closed") and self.zygote is not None and self.zygote.ended(DYING_SECONDS):
            return SandboxFault(
                "the zygote ended while it ran a submission",
                "a zygote that goes on",
                "run `mmlab doctor --grade`",
            )
        return Died(reason)

    def _reason(self) -> str:
        """Return why the child is gone, after it has closed the connection."""
        status = self._end(LAST_WORD_SECONDS).get("status")
        if why := self._why():
            return why
        if status is None:
            return "closed"
        return "crash" if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL else "exit"


__all__ = ["BadFrame", "Child", "Died", "Sandbox", "SandboxFault", "Spent", "TimedOut"]
