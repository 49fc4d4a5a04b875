"""A warm process that imports what labs import, computes nothing, and forks a child on request.

It runs inside bubblewrap (or, unsafe, beside the engine) and speaks in plain notes:

    engine → zygote   {"week", "imports", "limits", "mode", …}         once
    zygote → engine   {"ready": true, "seconds", "mapped_mb", "threads"}
    engine → zygote   {"number"} + talk, leash, cgroup files            for each child

The *talk* socket becomes the child's connection; the zygote keeps none of it. The *leash* is how
the engine learns that the child is ready or gone, and how it is killed: a note {"ready"} or
{"fault"} from the child itself, then {"status", …} from the zygote when it has died with all that
it had started. Anything that arrives on the leash, its end included, kills the child.
"""

import gc
import importlib
import os
import resource
import selectors
import signal
import socket
import sys
import time
import traceback

from mmlab.course.grade import isolate
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.wire import MB, Connection, receive_note, send_note

# What every lab needs, and what is slow or unsafe to import for the first time in a child:
# the first step of Adam imports torch._dynamo, which takes seconds.
ALWAYS = (
    "torch._dynamo", "torch.utils.data", "matplotlib", "matplotlib.pyplot", "matplotlib_inline.backend_inline",
    "IPython.core.interactiveshell", "IPython.display", "mmlab.view", "mmlab.world", "mmlab.check.drivers",
)  # fmt: skip


def preload(imports: list) -> list[str]:
    """Import each [module, names] of `imports`; return what could not be, which a lab may mean to meet."""
    absent = []
    for module, names in [*([name, []] for name in ALWAYS), *imports]:
        try:
            importlib.import_module(module)
            __import__(module, fromlist=names)  # also submodules, and names that a package loads when asked
        except Exception as error:
            absent.append(f"{module}: {type(error).__name__}: {error}")
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
    return absent


def threads() -> int:
    """Return how many threads this process has; a fork keeps only one, and what the others held stays locked."""
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1


class Zygote:
    """Forks children and follows them; one thread, no computation.

    control  the socket to the engine
    spec     the engine's first note
    """

    def __init__(self, control: socket.socket, spec: dict):
        self.control, self.spec = control, spec
        self.limits = Limits(**spec["limits"])
        self.server = importlib.import_module(spec["serve"])
        self.children: dict[int, tuple[socket.socket, float]] = {}
        self.selector = selectors.DefaultSelector()
        self.woken, self.waker = socket.socketpair()
        for end in (self.woken, self.waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        self.selector.register(control, selectors.EVENT_READ, "control")
        self.selector.register(self.woken, selectors.EVENT_READ, "died")

    def serve(self) -> None:
        """Follow the engine's requests until it is gone; every child dies with the zygote."""
        while True:
            for key, _ in self.selector.select():
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
                    isolate.kill(key.data, self.spec["mode"])

    def fork(self, request: dict, descriptors: list[int]) -> None:
        """Fork one child; `descriptors` are its talk, its leash and the cgroups that it enters."""
        talk, leash, *groups = descriptors
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
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
            self.children[pid] = (leash, before)
            self.selector.register(leash, selectors.EVENT_READ, pid)
        for descriptor in (talk, *groups):
            os.close(descriptor)

    def reap(self) -> None:
        """Tell the engine of every child that has ended."""
        while self.children:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid not in self.children:
                continue
            leash, before = self.children.pop(pid)
            if leash.fileno() in self.selector.get_map():
                self.selector.unregister(leash)
            note = {"status": status, "processor": usage.ru_utime + usage.ru_stime,
                    "peak_mb": max(0, usage.ru_maxrss - before) * isolate.RSS_UNIT / MB}  # fmt: skip
            try:
                send_note(leash, note)
            except OSError:
                pass  # the engine did not wait for it
            leash.close()

    def become_child(self, request: dict, talk: socket.socket, leash: socket.socket, groups: list[int]) -> None:
        """In the fork: give up everything but the talk, run the student's code, and never return."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.selector.close()
            for other in (self.control, self.woken, self.waker, *(held for held, _ in self.children.values())):
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
    """Boot from the notes on the descriptor that the command line names, and serve."""
    began = time.perf_counter()
    control = socket.socket(fileno=int(sys.argv[1]))
    spec, _ = receive_note(control)
    absent = preload(spec["imports"])
    isolate.prepare_zygote(spec)
    gc.collect()
    gc.freeze()  # so that a child's collections do not copy every page of the zygote
    zygote = Zygote(control, spec)
    note = {"ready": True, "seconds": time.perf_counter() - began, "absent": absent, "threads": threads()}
    send_note(control, note)
    zygote.serve()


if __name__ == "__main__":
    main()
