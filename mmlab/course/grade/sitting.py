"""One submission before the judge: as many children as it takes, one after the other.

A child that dies or hangs is replaced by a fresh one, which runs the cells again without
the one that was deadly; an exercise that was deadly is over, the others still have their
turn. How often that may happen is bounded, and so is the time for all of it.
"""

import time

from mmlab.course.grade.child import SETUP
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.sandbox import Child, Sandbox, SandboxFault
from mmlab.course.grade.stages import CellRun
from mmlab.course.grade.wire import MB, BadFrame, Died, Lost, TimedOut

GRACE = 2.0  # seconds that the child's own alarm comes before the end
SETUP_SECONDS = 60.0  # for our own cell: nothing but imports
LIVES = 9  # children that one submission may use up
STATUSES = ("ok", "error", "time")
COME_BACK = "an answer that comes back"


class Stopped(Exception):
    """An exercise has no results; the three texts say why: given, wanted, try."""

    def __init__(self, given: str, wanted: str, do: str):
        super().__init__(given, wanted, do)
        self.words = given, wanted, do


class Sitting:
    """Runs a submission's cells, then gets the results of one exercise after the other; a context manager.

    setup   source of the locked setup cell, which nobody but us can have written
    cells   {"id", "source"} in order, and {"id", "check": exercise} where a check stands
    runs    what became of each cell, by its id
    spent   seconds: fork, cells, answers;  peak_mb  the largest child's memory
    """

    def __init__(self, sandbox: Sandbox, setup: str, cells: list[dict], limits: Limits):
        self.sandbox, self.setup, self.cells, self.limits = sandbox, setup, cells, limits
        self.runs: dict[str, CellRun] = {}
        self.spent, self.peak_mb = {"fork": 0.0, "cells": 0.0, "answers": 0.0}, 0.0
        self.ends, self.lives = time.monotonic() + limits.total_seconds, LIVES
        self._deadly: set[str] = set()
        self._child: Child | None = None
        self._versions: Child | None = None
        self._defined: dict | None = None

    def __enter__(self) -> "Sitting":
        return self

    def __exit__(self, *_) -> None:
        self._child = self._closed(self._child)
        self._versions = self._closed(self._versions)

    def run_cells(self) -> None:
        """Have a child in which all cells have run; raises Stopped where there can be none, SandboxFault."""
        while self._child is None:
            self._refuse_past_the_end()
            child = self._fork()
            began = time.monotonic()
            try:
                self._run_cells_in(child)
                self._child = child
            except Lost:
                self._closed(child)
                self.lives -= 1
            finally:
                self.spent["cells"] += time.monotonic() - began

    def results(self, record: dict, at: str) -> list:
        """Return what the child says each case gives: plain values, and otherwise anything.

        record  the exercise's hidden record
        at      the exercise whose check's place the names are taken from; "": after the last cell
        raises  Stopped where the exercise is over without results, SandboxFault
        """
        self.run_cells()
        began = time.monotonic()
        deadline = min(began + self.limits.answer_seconds, self.ends)
        try:
            return self._results(record, at, deadline)
        except Lost as lost:
            self._child = self._closed(self._child)
            self.lives -= 1
            raise Stopped(*self._about(lost, record["name"])) from None
        finally:
            self.spent["answers"] += time.monotonic() - began

    def _results(self, record: dict, at: str, deadline: float) -> list:
        """Return one result a case; all together may hold no more than one message, or the judge keeps gigabytes."""
        found, held, most = [], 0, self.limits.message_mb * MB
        for case in record["cases"]:
            found.append(self._result(record, case, at, deadline))
            held += self._child.connection.received
            if held > most:
                raise BadFrame(f"answers of {held:,} bytes in all; at most {most:,} are kept")
        return found

    def _run_cells_in(self, child: Child) -> None:
        cells = [cell for cell in self.cells if cell["id"] not in self._deadly]
        child.send({"do": "cells", "setup": self.setup, "cells": [_packed(cell) for cell in cells]})
        for cell in [SETUP, *(cell["id"] for cell in cells if "source" in cell)]:
            try:
                found = child.receive(self._left(self.limits.cell_seconds + GRACE) if cell else SETUP_SECONDS)
                run = _as_run(found, cell, self.limits.output_kb * 1024)
            except Lost as lost:
                self._refuse_setup(cell, f"{type(lost).__name__}: {lost}")
                self._bury(cell, lost)
                raise
            if run.status != "ok":
                self._refuse_setup(cell, run.error)
            if cell:
                self.runs.setdefault(cell, run)
        if not _says(child.receive(self._left(GRACE + 10)), "ran"):
            raise BadFrame("more cells than were sent")

    def _bury(self, cell: str, lost: Lost) -> None:
        """Keep what a cell ended in; no later child runs it."""
        status = "time" if isinstance(lost, TimedOut) else "died"
        why = self._about(lost, "the cell", self.limits.cell_seconds)[0]
        if time.monotonic() >= self.ends:
            why = f"the time for the whole notebook, {self.limits.total_seconds:g} s, was over in this cell"
        self.runs[cell] = CellRun(cell, status, "", why)
        self._deadly.add(cell)

    def _result(self, record: dict, case: dict, at: str, deadline: float):
        kind, child = record["driver"]["kind"], self._child
        kept_back = {"predict": ("inputs",), "bugs": ("source",)}.get(kind, ())
        sent = {key: value for key, value in case.items() if key not in kept_back}
        child.send({"do": "answer", "exercise": record["name"], "at": at, "driver": record["driver"], "case": sent,
                    "forbids": record["forbids"], "seconds": deadline - time.monotonic()}, self._until(deadline))  # fmt: skip
        while True:
            reply = child.receive(self._until(deadline))
            if not isinstance(reply, dict):
                raise BadFrame("a reply without a name")
            if "result" in reply:
                return reply["result"]
            if isinstance(missing := reply.get("missing"), str):
                raise self._missing(record["name"], missing[:200])
            if _says(reply, "late"):
                raise Stopped(*self._about(TimedOut(), record["name"]))
            child.send(self._asked(reply, kind, case, deadline), self._until(deadline))

    def _missing(self, name: str, says: str) -> Stopped:
        run = self.runs.get(f"{name}-solution")
        why = f": its cell ended with {run.error}" if run and run.error else ""
        return Stopped(f"{name} {says}{why}", "a function or class of that name",
                       "define it in its cell, under the name of the stub")  # fmt: skip

    def _asked(self, reply: dict, kind: str, case: dict, deadline: float) -> dict:
        asked = reply.get("ask")
        if kind == "predict" and isinstance(asked, str) and asked == "inputs":
            return {"inputs": case["inputs"]}
        if kind == "bugs" and isinstance(asked, str) and asked == "version":
            return self._of_version(case, reply.get("request"), deadline)
        raise BadFrame("a question that is not for this exercise")

    def _of_version(self, case: dict, request, deadline: float) -> dict:
        """Return what a find-the-bug's version replies, in a child of its own that holds no code of the student's."""
        try:
            if self._versions is None:
                self._versions, self._defined = self._fork(), None
            if self._defined is not case:
                self._versions.send({"do": "define", "case": case}, self._until(deadline))
                self._versions.receive(self._until(deadline))
                self._defined = case
            self._versions.send({"do": "version", "request": request}, self._until(deadline))
            return self._versions.receive(self._until(deadline))
        except Lost as lost:
            self._versions = self._closed(self._versions)
            self.lives -= 1
            raise Stopped(f"a call that your test makes does not come back ({_reason(lost)})",
                          "calls that end", "call the function with small inputs") from None  # fmt: skip

    def _fork(self) -> Child:
        began = time.monotonic()
        try:
            return self.sandbox.child()
        finally:
            self.spent["fork"] += time.monotonic() - began

    def _closed(self, child: Child | None) -> None:
        if child is not None:
            self.peak_mb = max(self.peak_mb, child.close().peak_mb)

    def _refuse_past_the_end(self) -> None:
        if time.monotonic() >= self.ends:
            raise Stopped(f"the time for the whole notebook, {self.limits.total_seconds:g} s, was over before it was run",
                          "a notebook that ends in that time",
                          "tag what trains for long as demo: it is not run for marks")  # fmt: skip
        if self.lives <= 0:
            raise Stopped(f"this exercise was not run: what came before ended its process {LIVES} times",
                          "cells that leave their process alive", "mend the cells named above first")  # fmt: skip

    def _refuse_setup(self, cell: str, why: str) -> None:
        if not cell:
            raise SandboxFault(f"the setup cell fails in the sandbox: {why}", "a setup cell that runs",
                               "run `mmlab doctor --grade`")  # fmt: skip

    def _left(self, seconds: float) -> float:
        return min(seconds, self.ends + GRACE - time.monotonic())

    def _until(self, deadline: float) -> float:
        return deadline + GRACE - time.monotonic()

    def _about(self, lost: Lost, what: str, seconds: float | None = None) -> tuple[str, str, str]:
        """Return what to tell a student whose code gave no answer."""
        if isinstance(lost, TimedOut):
            return (f"{what} did not end within {seconds or self.limits.answer_seconds:g} s", "an answer in that time",
                    "look for a loop that does not end, and for work that could be done once")  # fmt: skip
        if isinstance(lost, BadFrame):
            return f"{what}: what came back cannot be read ({lost})", COME_BACK, "return plain values, arrays or tensors"
        if getattr(lost, "reason", "") == "memory":
            return (f"{what} took more than {self.limits.memory_mb:,} MB of memory", COME_BACK,
                    "look for arrays that grow, and for a loop that keeps all it makes")  # fmt: skip
        return f"{what} ended its process ({_reason(lost)})", COME_BACK, "leave out os._exit and whatever else ends Python"


def _packed(cell: dict) -> dict:
    """Return a cell with its source as bytes: as text in a message's header it might be too long."""
    return cell | {"source": cell["source"].encode("utf-8", "surrogatepass")} if "source" in cell else cell


def _reason(lost: Lost) -> str:
    if isinstance(lost, Died):
        return {"exit": "it left", "closed": "it hung up", "crash": "it crashed"}.get(lost.reason, lost.reason)
    return "out of time" if isinstance(lost, TimedOut) else "too large, or damaged"


def _says(reply, word: str) -> bool:
    return isinstance(reply, dict) and reply.get(word) is True


def _as_run(found, cell: str, most: int) -> CellRun:
    """Return what the child says of a cell; raises BadFrame for anything but what it should say."""
    texts = [found.get(key) if isinstance(found, dict) else None for key in ("cell", "status", "text", "error")]
    if not all(isinstance(text, str) for text in texts) or texts[0] != cell or texts[1] not in STATUSES:
        raise BadFrame("something that no cell says")
    return CellRun(cell, texts[1], clean(texts[2][: most + 100]), clean(texts[3][:400]))


def clean(text: str) -> str:
    """Return a text that any file can hold: half an emoji becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
