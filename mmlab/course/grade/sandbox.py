"""A sandbox for one week: a warm zygote inside bubblewrap, and a fresh child for each submission."""

import ast
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.exercise import Week
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.wire import MB, Connection, Died, TimedOut, receive_note, send_note
from mmlab.errors import MmlabError

BOOT_SECONDS, READY_SECONDS, DEATH_SECONDS = 120.0, 30.0, 20.0


class SandboxFault(MmlabError, RuntimeError):
    """The sandbox itself failed: nothing is said about the submission, which is not graded."""


@dataclass(frozen=True)
class Spent:
    """What a child took.

    seconds            wall clock from its fork to its end
    peak_mb            memory at its most, beyond what it shares with the zygote
    why                the limit that ended it ("memory", "processor time"), or None
    processor_seconds  of all its processes
    """

    seconds: float
    peak_mb: float
    why: str | None = None
    processor_seconds: float = 0.0


class Sandbox:
    """Boots on the first `child()`; one a process, for any number of threads; a context manager.

    root    the course's folder
    week    its id names labs/ID/, its withheld files are absent inside
    limits  what one child may take
    unsafe  no bubblewrap and no namespaces: only what a process may limit for itself
    raises  MissingPart where the sandbox cannot run on this machine
    """

    def __init__(self, root: Path, week: Week, limits: Limits = Limits(), *, unsafe: bool = False,
                 serve: str = "mmlab.course.grade.child"):  # fmt: skip
        self.root, self.week, self.limits, self.unsafe, self.serve = Path(root), week, limits, unsafe, serve
        self._lock, self._numbers = threading.Lock(), itertools.count()
        self._zygote: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self.boot_seconds = 0.0
        self._stage = Path(tempfile.mkdtemp(prefix="mmlab-grade-"))

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def child(self) -> "Child":
        """Return a fresh child, ready to run untrusted code; raises SandboxFault where there can be none."""
        began = time.perf_counter()
        number = next(self._numbers)
        talk, theirs = socket.socketpair()
        leash, held = socket.socketpair()
        folder = self._stage / f"child-{number}"
        folder.mkdir()
        with self._lock:
            if self._zygote is None or self._zygote.poll() is not None:
                self._boot()
            send_note(self._control, {"number": number, "folder": str(folder)}, [theirs.fileno(), held.fileno()])
        theirs.close()
        held.close()
        leash.settimeout(READY_SECONDS)
        try:
            said = receive_note(leash)
        except (OSError, EOFError) as error:
            said = ({"fault": f"no word from the child ({error})"}, [])
        if said is None or "ready" not in said[0]:
            talk.close()
            leash.close()
            raise SandboxFault(f"a child did not start: {said and said[0].get('fault', said[0])}",
                               "a fork of the warm process", "run `mmlab doctor --grade`")  # fmt: skip
        return Child(Connection(talk, self.limits.message_mb * MB), leash, began, folder)

    def close(self) -> None:
        """End the zygote and every child, and remove what was staged."""
        with self._lock:
            if self._control is not None:
                self._control.close()
                self._zygote.kill()
                self._zygote.wait()
            self._control = self._zygote = None
        shutil.rmtree(self._stage, ignore_errors=True)

    def _boot(self) -> None:
        began = time.perf_counter()
        ours, theirs = socket.socketpair()
        environment = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
                       "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg", "HOME": str(self._stage)}  # fmt: skip
        program = [sys.executable, "-m", "mmlab.course.grade.zygote", str(theirs.fileno())]
        self._zygote = subprocess.Popen(program, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL)
        theirs.close()
        self._control = ours
        send_note(ours, {"week": self.week.id, "imports": imports_of(self.root, self.week), "mode": "unsafe",
                         "limits": asdict(self.limits), "serve": self.serve})  # fmt: skip
        ours.settimeout(BOOT_SECONDS)
        if receive_note(ours) is None:
            raise SandboxFault("the warm process did not start", "imports that work", "run `mmlab doctor --grade`")
        ours.settimeout(None)
        self.boot_seconds = time.perf_counter() - began


class Child:
    """A fresh process in its own namespaces, and the way to talk to it; a context manager."""

    def __init__(self, connection: Connection, leash: socket.socket, began: float, folder: Path):
        self._connection, self._leash, self._began, self._folder = connection, leash, began, folder
        self._spent: Spent | None = None
        self._ended: dict | None = None

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def send(self, value, seconds: float = 60.0) -> None:
        """Send one value; raises TimedOut where it is not taken in time, Died."""
        try:
            self._connection.send(value, seconds)
        except Died:
            raise Died(self._reason()) from None

    def receive(self, seconds: float):
        """Return the child's next value, whole within `seconds`; raises TimedOut, BadFrame, Died."""
        try:
            return self._connection.receive(seconds)
        except Died:
            raise Died(self._reason()) from None

    def close(self) -> Spent:
        """Kill every process of the child and say what it took; a second call says the same."""
        if self._spent is None:
            self._connection.close()
            why = self._end()
            self._leash.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._spent = Spent(time.perf_counter() - self._began, self._ended.get("peak_mb", 0.0),
                                why, self._ended.get("processor", 0.0))  # fmt: skip
        return self._spent

    def _end(self) -> str | None:
        if self._ended is None:
            try:
                self._leash.sendall(b"kill")
            except OSError:
                pass
            self._leash.settimeout(DEATH_SECONDS)
            try:
                self._ended = (receive_note(self._leash) or ({},))[0]
            except (OSError, EOFError):
                self._ended = {}
        return None

    def _reason(self) -> str:
        if self._ended is None:
            self._leash.settimeout(2.0)
            try:
                self._ended = (receive_note(self._leash) or ({},))[0]
            except (OSError, EOFError):
                return "closed"
        status = self._ended.get("status")
        if status is None:
            return "closed"
        return "crash" if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL else "exit"


def imports_of(root: Path, week: Week) -> list:
    """Return [module, names] for each import statement of the released lab's cells, in order."""
    path = root / "labs" / week.id / "lab.ipynb"
    if not path.is_file():
        return []
    found = []
    for cell in notebook.read(path)["cells"]:
        if cell.get("cell_type") != "code":
            continue
        try:
            tree = ast.parse(cell["source"])
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found += [[alias.name, []] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.append([node.module, [alias.name for alias in node.names if alias.name != "*"]])
    return [each for index, each in enumerate(found) if each not in found[:index]]


__all__ = ["Child", "Sandbox", "SandboxFault", "Spent", "TimedOut"]
