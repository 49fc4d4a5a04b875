"""Inside the sandbox: run the cells, then run an answer on one case at a time.

Everything in this process may be in the student's hands once a cell has run: nothing
here holds an expected value, and the judge takes nothing that it sends for more than
the student's own claim. One request, one or more replies:

    {"do": "cells", "setup", "cells": [{"id", "source": bytes} or {"id", "check": name}]}
        → {"cell", "status", "text", "error"} for the setup and each cell, then {"ran": True}
    {"do": "answer", "exercise", "at", "driver", "case", "forbids", "seconds"}
        → {"result": …} or {"missing": …} or {"late": True}
        meanwhile {"ask": "inputs"} ← {"inputs": …} and {"ask": "version", "request"} ← {…}
    {"do": "define", "case"} → {"defined": True}, then {"do": "version", "request"} → {…}
        (a child of our own code, see `remote_version`)
"""

import contextlib
from dataclasses import asdict

from mmlab import values
from mmlab.check import drivers
from mmlab.check.drivers import ANSWER
from mmlab.course.grade import remote_version
from mmlab.course.grade.cells import Cells, OutOfTime, disarm, undisturbed, warm, within
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.wire import Lost
from mmlab.errors import InputError
from mmlab.values import Raised

__all__ = ["serve", "warm"]  # what a zygote calls: warm() once before it forks, serve(…) in each fork
SETUP = ""  # the locked cell's id on the wire: no cell of a notebook has it


def serve(connection, limits: Limits) -> None:
    """Answer the judge until it hangs up.

    connection  has send(value) and receive()
    """
    room = Room(connection, limits)
    with contextlib.suppress(Lost, EOFError, OSError):
        while True:
            room.reply(connection.receive())


class Room:
    """One child: a student's notebook with its names, or the version of a find-the-bug."""

    def __init__(self, connection, limits: Limits):
        self.connection, self.limits = connection, limits
        self.cells: Cells | None = None
        self.versions = remote_version.Versions()
        self.after: dict[str, dict] = {}  # the names as they were where a check stands
        self.last: dict = {}

    def reply(self, request: dict) -> None:
        """Do what one request says, and send what it found."""
        if request["do"] == "cells":
            self.run_cells(request["setup"], request["cells"])
        elif request["do"] == "answer":
            self.connection.send(self.answer(request))
        elif request["do"] == "define":
            self.versions.define(request["case"])
            self.connection.send({"defined": True})
        elif request["do"] == "version":
            self.connection.send(self.versions.answer(request["request"]))

    def run_cells(self, setup: str, cells: list[dict]) -> None:
        """Run the setup and the cells in order; an error in one stops no other."""
        self.cells = Cells(self.limits.output_kb)
        for cell in [{"id": SETUP, "source": setup.encode()}, *cells]:
            if "check" in cell:
                self.after[cell["check"]] = self.cells.snapshot()
                continue
            source = cell["source"].decode("utf-8", "surrogatepass")
            run = asdict(self.cells.run(cell["id"], source, self.limits.cell_seconds))
            self.connection.send({"cell": run.pop("id"), **run})
        self.last = self.cells.snapshot()
        self.connection.send({"ran": True})

    def answer(self, request: dict) -> dict:
        """Return what the student's function or class gives on one case, or why it gives nothing."""
        name, names = request["exercise"], self.after.get(request["at"], self.last)
        names = names if name in names else self.last
        self.cells.restore(names)
        if name not in names:
            return {"missing": "is not defined"}
        if not callable(names[name]):
            return {"missing": f"is {_said(names[name])}, which cannot be called"}
        kind = request["driver"]["kind"]
        try:
            with within(request["seconds"]):
                result = drivers.run(request["driver"], names[name], request["case"], forbids=request["forbids"],
                                     ask=self.asked)  # fmt: skip
        except OutOfTime:
            disarm()
            return {"late": True}
        except Lost:
            raise
        except BaseException as error:  # KeyboardInterrupt, or an error whose own text fails
            result = {ANSWER[kind]: Raised(type(error).__name__, "")}
        return {"result": self.within_limit(result, kind)}

    def asked(self, what: str):
        """Return what a driver asks for: a predict's inputs, or what stands for a version."""
        if what == "inputs":
            with undisturbed():
                self.connection.send({"ask": "inputs"})
                return self.connection.receive()["inputs"]
        return remote_version.stand_in(self.ask_version)

    def ask_version(self, request: dict) -> dict:
        """Send a request to the version's child, by way of the judge; return its reply."""
        with undisturbed():
            self.connection.send({"ask": "version", "request": request})
            return self.connection.receive()

    def within_limit(self, result: dict, kind: str) -> dict:
        """Return a result, or what to say of one that is too large to send."""
        try:
            size, most = len(values.dumps(result)), self.limits.message_mb * 2**20 - 1024
            problem = f"holds {size:,} bytes; at most {most:,} are taken" if size > most else ""
        except InputError as error:
            problem = error.given
        return {ANSWER[kind]: None, "unsupported": problem} if problem else result


def _said(value) -> str:
    plain = isinstance(value, (type(None), bool, int, float, str))
    return f"{value!r:.60}" if plain else f"a {type(value).__name__}"
