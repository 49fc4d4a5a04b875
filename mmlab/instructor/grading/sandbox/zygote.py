"""The zygote: a process that imports the labs' modules once, and forks a child on request.

It runs inside bubblewrap (in unsafe mode beside the engine) and exchanges JSON notes:

    engine → zygote   {"week", "imports", "limits", "mode", …}         once
    zygote → engine   {"ready": true, "seconds", "mapped_mb", "threads"}
    engine → zygote   {"number"} + talk, leash, cgroup files            for each child

The *talk* socket becomes the child's connection, and the zygote closes its copy. Through the
*leash* the engine learns the state of the child: {"ready"} or {"fault"} from the child itself, then
{"status", "processor", "peak_mb", "why"} from the zygote when the child and all its processes have
ended. The zygote kills the child if anything arrives on the leash, if the leash is closed, or,
without a cgroup, if the measured memory exceeds the limit.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass

from mmlab.check import forbids
from mmlab.instructor.grading.sandbox import huge_pages, isolate, meter
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.wire import Connection, receive_note, send_note

# Modules that every lab needs, or that are slow or unsafe to import in a child:
# the first step of Adam imports torch._dynamo, which takes seconds.
ALWAYS = (
    "torch._dynamo",
    "torch.utils.data",
    "matplotlib",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "IPython.core.interactiveshell",
    "IPython.display",
    "mmlab.view",
    "mmlab.world",
    "mmlab.check.drivers",
)


INTERVAL = 0.2  # seconds between two measurements of memory, without a cgroup


@dataclass
class Forked:
    """The zygote's record of a child: its leash, its memory, and the limit for which it was killed."""

    leash: socket.socket
    shared_mb: float
    peak_mb: float = 0.0
    why: str | None = None


def preload(imports: list) -> list[str]:
    """Import each [module, names] of `imports`; return the failures, which a lab may expect."""
    absent = []
    for module, names in [*([name, []] for name in ALWAYS), *imports]:
        try:
            importlib.import_module(module)
            __import__(module, fromlist=names)  # also submodules and names that a package loads lazily
        except Exception as error:
            absent.append(f"{module}: {type(error).__name__}: {error}")
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
    return absent


def threads() -> int:
    """Return the number of threads; only 1 is safe, because a fork never releases the locks of other threads."""
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1


class Zygote:
    """Forks children and monitors them, in one thread and without computing anything.

    control  the socket to the engine
    spec     the engine's first note
    """

    def __init__(self, control: socket.socket, spec: dict):
        self.control, self.spec = control, spec
        self.limits = Limits(**spec["limits"])
        self.server = importlib.import_module(spec["serve"])
        self.children: dict[int, Forked] = {}
        self.measures = spec["memory"] == "process" and os.path.exists("/proc/self/status")
        self.selector = selectors.DefaultSelector()
        self.woken, self.waker = socket.socketpair()
        for end in (self.woken, self.waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        self.selector.register(control, selectors.EVENT_READ, "control")
        self.selector.register(self.woken, selectors.EVENT_READ, "died")

    def serve(self) -> None:
        """Handle the engine's requests until it closes the socket; every child dies with the zygote."""
        while True:
            if self.measures:
                self.measure()
            for key, _ in self.selector.select(INTERVAL if self.measures and self.children else None):
                if key.data == "control":
                    request = receive_note(self.control)
                    if request is None:
                        return
                    self.fork(*request)
                elif key.data == "died":
                    self.woken.recv(4096)
                    self.reap()
                elif key.data in self.children:
                    self.selector.unregister(key.fileobj)
                    if self.measures:
                        self.measure()
                    isolate.kill(key.data, self.spec["mode"])

    def measure(self) -> None:
        """Kill every child that uses more memory than the limit."""
        for pid, child in self.children.items():
            held = meter.held_mb(pid, child.shared_mb, self.limits.memory_mb)
            child.peak_mb = max(child.peak_mb, held)
            if held > self.limits.memory_mb:
                child.why = "memory"
                isolate.kill(pid, self.spec["mode"])

    def fork(self, request: dict, descriptors: list[int]) -> None:
        """Fork one child; `descriptors` are its talk, its leash, and the files of its cgroups."""
        talk, leash, *groups = descriptors
        leash = socket.socket(fileno=leash)
        try:
            isolate.prepare_fork(self.spec["mode"])
            pid = os.fork()
        except OSError as error:
            send_note(leash, {"fault": f"fork: {error}"})
            leash.close()
        else:
            if pid == 0:
                self.become_child(request, socket.socket(fileno=talk), leash, groups)
            self.children[pid] = Forked(leash, meter.anonymous_mb() if self.measures else 0.0)
            self.selector.register(leash, selectors.EVENT_READ, pid)
        for descriptor in (talk, *groups):
            os.close(descriptor)

    def reap(self) -> None:
        """Report every child that has ended to the engine."""
        while self.children:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self.children.pop(pid, None)
            if child is None:  # in unsafe mode: an orphan of a child
                continue
            if child.leash.fileno() in self.selector.get_map():
                self.selector.unregister(child.leash)
            processor = usage.ru_utime + usage.ru_stime
            if os.WIFSIGNALED(status) and processor >= self.limits.total_seconds:
                child.why = child.why or "processor time"
            try:
                send_note(
                    child.leash,
                    {"status": status, "processor": processor, "peak_mb": child.peak_mb, "why": child.why},
                )
            except OSError:
                pass  # the engine no longer waits for it
            child.leash.close()
        isolate.kill_orphans(self.spec["mode"])

    def become_child(
        self, request: dict, talk: socket.socket, leash: socket.socket, groups: list[int]
    ) -> None:
        """Run in the fork: close everything except the talk, isolate, serve the judge, and never return."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.selector.close()
            for other in (
                self.control,
                self.woken,
                self.waker,
                *(other.leash for other in self.children.values()),
            ):
                other.close()
            try:
                isolate.enter(self.spec, request, self.limits, groups)
            except BaseException as error:
                send_note(leash, {"fault": f"{type(error).__name__}: {error}"})
                raise
            send_note(leash, {"ready": True})
            leash.close()
            self.server.serve(Connection(talk), self.limits)
            status = 0
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


def main() -> None:
    """Read the spec from the descriptor named on the command line, boot, and serve."""
    began = time.perf_counter()
    control = socket.socket(fileno=int(sys.argv[1]))
    spec, _ = receive_note(control)
    # an editable install would import the package from the repository instead of the staged copy
    if spec["mode"] == "unsafe":
        sys.meta_path[:] = [
            each for each in sys.meta_path if getattr(each, "__name__", "") != "_EditableFinder"
        ]
    absent = preload(spec["imports"])
    for path in spec["forbidden"]:
        forbids.functions_of(path)  # while the package's files are complete, and before any student's code
    warm = getattr(importlib.import_module(spec["serve"]), "warm", lambda: None)
    warm()  # create what every child would otherwise create itself
    isolate.prepare_zygote(spec)
    gc.collect()
    gc.freeze()  # so that garbage collection in a child does not copy every page of the zygote
    huge = huge_pages.collapse()
    zygote = Zygote(control, spec)
    note = {
        "ready": True,
        "seconds": time.perf_counter() - began,
        "absent": absent,
        "threads": threads(),
        "huge_pages": huge,
    }
    send_note(control, note)
    zygote.serve()


if __name__ == "__main__":
    main()
