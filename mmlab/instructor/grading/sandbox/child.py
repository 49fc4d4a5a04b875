"""Inside the sandbox: run the cells, and each exercise's answer on its cases.

Once a cell has run, the student's code may control everything in this process. It therefore
contains no expected values, and the judge treats its replies as untrusted. Each request has
one or more replies:

    {"do": "cells", "setup", "cells": [{"id", "source": bytes} or {"id", "check": name}], "files": name → bytes,
     "without": paths}
        → {"cell", "status", "text", "error"} for the setup and each cell; {"at": name, "reached"} at each check, which
          waits for requests until {"do": "next"}; finally {"ran": True, "reached"}
    {"do": "branch", "seconds"}   fork: the fork replies to what follows, with the state of this moment
    {"do": "answers", "exercise", "driver", "cases": how many, "forbids", "protect", "seconds"}, followed by the cases
        → {"result": …, "reached"} for each case; the last reply may be {"missing": …} or {"used": forbidden names}
        or {"late": True}; in between {"ask": "inputs"} ← {"inputs": …}, {"ask": "version", "request"} ← {…}
        and {"ask": "service", "request"} ← {"service": …}
    {"do": "leave"}               end of the fork → {"left": True}, or {"died": why} instead of any of its replies
    {"do": "define", "case"} → {"defined": True}, then {"do": "version", "request"} → {…}
        (in a child that runs only our code, see `remote_version`)

`without` lists functions of the package, whose code is removed before the first cell; `reached` lists those of them that
the student's code has called, and is left out if there are none.

Each exercise is answered in a fork at its check cell, as `check` would find the notebook there. So no
later cell and no other answer can change its result, and an answer that ends its process ends only the fork.
"""

import contextlib
import os
import select
import signal
import sys
import threading
import time
from dataclasses import asdict

from mmlab import codec
from mmlab.check import drivers, forbids
from mmlab.check.drivers import ANSWER
from mmlab.codec import Raised
from mmlab.errors import InputError
from mmlab.instructor.grading.sandbox import cells as notebook_cells
from mmlab.instructor.grading.sandbox import own_code, read_only, remote_version
from mmlab.instructor.grading.sandbox.cells import Cells, OutOfTime, disarm, undisturbed, within, write_files
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.wire import Lost

__all__ = ["serve", "warm"]  # what a zygote calls: warm() once before it forks, serve(…) in each fork
SETUP = ""  # the id of the locked setup cell in messages; no other cell has an empty id
LEFT = 77  # the exit status of a fork that was told to leave
POLL = 0.02  # seconds between two looks at a fork, where the system has no pidfd


def warm() -> None:
    """Make what every child needs, and remember our own modules, before any student's code runs."""
    notebook_cells.warm()
    drivers.backward()
    own_code.remember()


def serve(connection, limits: Limits) -> None:
    """Answer the judge's requests until it closes the connection.

    connection  has send(value) and receive()
    """
    own_code.remember()
    process = StudentProcess(connection, limits)
    with contextlib.suppress(Lost, EOFError, OSError):
        while True:
            process.reply(connection.receive())


class StudentProcess:
    """The state of one child: a student's notebook with its namespace, or a find-the-bug version."""

    def __init__(self, connection, limits: Limits):
        self.connection, self.limits = connection, limits
        self.cells: Cells | None = None
        self.versions = remote_version.Versions()
        self.earlier = drivers.Earlier()  # of the current exercise

    def reply(self, request: dict) -> None:
        """Handle one request and send the replies."""
        if request["do"] == "cells":
            forbids.take_away(request.get("without", []))
            write_files(request.get("files", {}))
            self.run_cells(request["setup"], request["cells"])
        elif request["do"] == "branch":
            self.branch(request["seconds"])
        elif request["do"] == "answers":
            self.answers(request, [self.connection.receive() for _ in range(request["cases"])])
        elif request["do"] == "define":
            self.versions.define(request["case"])
            self.connection.send({"defined": True})
        elif request["do"] == "version":
            self.connection.send(self.versions.answer(request["request"]))

    def run_cells(self, setup: str, cells: list[dict]) -> None:
        """Run the setup and the cells in order; an error in one cell does not stop the others."""
        self.cells = Cells(self.limits.output_kb)
        for cell in [{"id": SETUP, "source": setup.encode()}, *cells]:
            if "check" in cell:
                self.connection.send(with_calls({"at": cell["check"]}))
                while (request := self.connection.receive())["do"] != "next":
                    self.reply(request)
                continue
            source = cell["source"].decode("utf-8", "surrogatepass")
            run = asdict(self.cells.run(cell["id"], source, self.limits.cell_seconds))
            self.connection.send({"cell": run.pop("id"), **run})
        self.connection.send(with_calls({"ran": True}))

    def branch(self, seconds: float) -> None:
        """Let a fork reply to requests until it is told to leave; end it after `seconds`.

        A process with several threads replies itself, because a fork has none of the others: an
        answer that uses a thread pool would wait for it forever.
        """
        if threads() > 1:
            self.reply_until_told_to_leave()
            self.connection.send({"left": True})
            return
        fork = os.fork()
        if fork == 0:
            try:
                self.reply_until_told_to_leave()
                status = LEFT
            except BaseException:  # the connection is gone, or the answer raised outside its time
                status = 1
            finally:
                os._exit(status)
        why = ended(fork, seconds)
        self.connection.send({"died": why} if why else {"left": True})

    def reply_until_told_to_leave(self) -> None:
        """Reply to requests about one exercise, with our own modules as they were before any cell ran."""
        sys.setprofile(None)
        sys.settrace(None)
        own_code.restore()
        while (request := self.connection.receive())["do"] != "leave":
            self.reply(request)

    def answers(self, request: dict, cases: list[dict]) -> None:
        """Send the result of the student's function or class on each case, or the reason why there are no more."""
        name, names = request["exercise"], self.cells.names
        ends, self.earlier = time.monotonic() + request["seconds"], drivers.Earlier()
        if name not in names:
            return self.connection.send({"missing": "is not defined"})
        if not callable(names[name]):
            return self.connection.send({"missing": f"is {_text_of(names[name])}, which cannot be called"})
        for number, case in enumerate(cases):
            message, further = self.answer(
                request, names[name], case, number, len(cases) - 1 == number, ends - time.monotonic()
            )
            self.connection.send_packed(message)
            if not further or self.connection.has_message():  # it can only be the request to leave
                return None

    def answer(
        self, request: dict, candidate, case: dict, number: int, last: bool, seconds: float
    ) -> tuple[bytes, bool]:
        """Return the message with the result on one case, or with the reason why there is none, and whether there is one."""
        kind = request["driver"]["kind"]
        try:
            with within(seconds):
                if number == 0 and (used := forbids.names_used(candidate, request["forbids"])):
                    return codec.dumps({"used": used}), False
                result = drivers.run(
                    request["driver"],
                    candidate,
                    case,
                    forbids=request["forbids"],
                    ask=self.ask,
                    earlier=self.earlier,
                    last=last,
                    protect=read_only.protected if request["protect"] else None,
                    own=True,
                )
        except OutOfTime:
            disarm()
            return codec.dumps({"late": True}), False
        except Lost:
            raise
        except BaseException as error:  # KeyboardInterrupt, or an error whose __str__ fails
            result = {ANSWER[kind]: Raised(type(error).__name__, "")}
        return self.packed(result, kind), True

    def ask(self, what: str):
        """Return what a driver requests: a predict's inputs, or the stand-in for a find-the-bug version."""
        if what == "inputs":
            with undisturbed():
                self.connection.send({"ask": "inputs"})
                return self.connection.receive()["inputs"]
        return self.ask_service if what == "service" else remote_version.stand_in(self.ask_version)

    def ask_service(self, what: str, seconds: float = 0.0):
        """Return what the judge's ledger of a service says to one event."""
        with undisturbed():
            self.connection.send({"ask": "service", "request": [what, seconds]})
            return self.connection.receive()["service"]

    def ask_version(self, request: dict) -> dict:
        """Send a request to the version's child through the judge; return its reply."""
        with undisturbed():
            self.connection.send({"ask": "version", "request": request})
            return self.connection.receive()

    def packed(self, result: dict, kind: str) -> bytes:
        """Return the message with a result, or one that explains that it is too large to send."""
        try:
            message = codec.dumps(with_calls({"result": result}))
            size, maximum = len(message), self.limits.message_mb * 2**20 - 1024
            if size <= maximum:
                return message
            problem = f"has {size:,} bytes; at most {maximum:,} are allowed"
        except InputError as error:
            problem = error.given
        return codec.dumps(with_calls({"result": {ANSWER[kind]: None, "unsupported": problem}}))


def with_calls(reply: dict) -> dict:
    """Return a reply with the absent functions that the student's code has called, if any."""
    reached = forbids.reached_since()
    return reply | {"reached": reached} if reached else reply


def threads() -> int:
    """Return the number of threads of this process, of any library."""
    with contextlib.suppress(OSError):
        return len(os.listdir("/proc/self/task"))
    return threading.active_count()


def ended(fork: int, seconds: float) -> str:
    """Wait for a fork and kill it after `seconds`; return how it died, "" if it left as it was told.

    returns  "late", "write" (it wrote where it may not, or crashed), "crash", "kill" or "exit"
    """
    late = not wait(fork, seconds)
    if late:
        os.kill(fork, signal.SIGKILL)
    try:
        status = os.waitpid(fork, 0)[1]
    except ChildProcessError:  # the student's code ignores SIGCHLD, so that nobody knows
        return "late" if late else ""
    if late:
        return "late"
    if os.WIFSIGNALED(status):
        return {signal.SIGSEGV: "write", signal.SIGBUS: "write", signal.SIGKILL: "kill"}.get(
            os.WTERMSIG(status), "crash"
        )
    return "" if os.WEXITSTATUS(status) == LEFT else "exit"


def wait(fork: int, seconds: float) -> bool:
    """Return whether a fork ends within so many seconds."""
    deadline = time.monotonic() + seconds
    try:
        handle = os.pidfd_open(fork)
    except (AttributeError, OSError):  # macOS, or a Linux before 5.3
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if os.waitid(os.P_PID, fork, os.WEXITED | os.WNOWAIT | os.WNOHANG):
                    return True
            time.sleep(POLL)
        return False
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(max(0.0, seconds) * 1000))
    finally:
        os.close(handle)


def _text_of(value) -> str:
    plain = isinstance(value, (type(None), bool, int, float, str))
    return f"{value!r:.60}" if plain else f"a {type(value).__name__}"
