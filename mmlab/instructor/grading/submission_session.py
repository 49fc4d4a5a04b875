"""Run one submission in sandboxed child processes, and get the results of its exercises.

The cells run in order. At an exercise's check cell the child forks, and the fork runs the answer on the
hidden cases, as `check` would find it in a clean run from the top. What a later cell does cannot change
that result, and it stays even if the rest of the notebook runs out of time.

If a child dies or hangs, a fresh child runs the cells again, without the cell that killed the
first. An exercise that kills its fork gets no result, and the others continue. The number of
children and the total time are limited.

The package's functions that some exercise forbids are absent from the child: their code is removed before
the first cell runs, so an answer cannot reach them in any way. If the student's code called one that the
exercise in question does not forbid, and the results are wrong, they do not count: the cells run again
in a child that lacks only what the exercise forbids. Few submissions need that. A child that lies
about its calls can only lose points.
"""

import contextlib
import time
from collections.abc import Callable, Iterable

from mmlab import codec
from mmlab.check.forbids import OURS
from mmlab.check.service import Ledger
from mmlab.instructor.grading.records import CellRun
from mmlab.instructor.grading.sandbox.child import SETUP
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.sandbox import Child, Sandbox, SandboxFault
from mmlab.instructor.grading.sandbox.wire import MB, BadFrame, Died, Lost, TimedOut

GRACE = 2.0  # seconds between the child's own alarm and the end of our wait
SETUP_SECONDS = 60.0  # for the released setup cell, which only imports
MAX_PACKED = 100  # records whose cases stay encoded, so that every submission can use them
LIVES = 9  # children that one submission may lose
STATUSES = ("ok", "error", "time")
COME_BACK = "code that returns an answer"

Enough = Callable[[int, object], bool]  # (number of a case, its result) → whether no later case needs to run


class Stopped(Exception):
    """An exercise has no results; the three texts (given, wanted, try) say why."""

    def __init__(self, given: str, wanted: str, do: str):
        super().__init__(given, wanted, do)
        self.words = given, wanted, do


class _Missing(Stopped):
    """The notebook does not define the answer, or not yet."""


class _Ended(Exception):
    """The fork that ran an answer has ended by itself, in its case number `case`.

    why  "late", "write" (a write to protected memory, or a crash), "crash", "kill" or "exit"
    """

    def __init__(self, why: str, case: int):
        super().__init__(why)
        self.why, self.case = why, case


class SubmissionSession:
    """Runs a submission's cells and gets the results of its exercises; a context manager.

    setup    source of the locked setup cell, taken from the release and therefore trusted
    cells    {"id", "source"} for each cell, and {"id", "check": exercise} for each check, in order
    records  exercise → hidden record, for the exercises that are answered at their check cells
    files    the student's files for the working folder: relative path → content
    without  paths of the package's functions that are absent from the child, besides those that `records` forbid
    runs     id of a cell → its CellRun
    spent    step (fork, cells, answers) → seconds
    peak_mb  the peak memory of the largest child
    """

    def __init__(
        self,
        sandbox: Sandbox,
        setup: str,
        cells: list[dict],
        limits: Limits,
        records: dict[str, dict] | None = None,
        *,
        files: dict[str, bytes] | None = None,
        without: Iterable[str] = (),
    ):
        self.sandbox, self.setup, self.cells, self.limits = sandbox, setup, cells, limits
        self.records, self.files = records or {}, files or {}
        self.runs: dict[str, CellRun] = {}
        self.spent, self.peak_mb = {"fork": 0.0, "cells": 0.0, "answers": 0.0}, 0.0
        self.ends, self.lives = time.monotonic() + limits.total_seconds, LIVES
        self._deadly: set[str] = set()
        self.without = frozenset(without).union(*map(_own_paths, self.records.values()))
        self._lacks = self.without  # what is absent from the current child
        self._at_check: dict[tuple[frozenset, str], list | Stopped] = {}
        self._reached: dict[
            str, set[str]
        ] = {}  # exercise → absent functions that its answer or a cell above it called
        self._cells_reached: set[str] = set()  # the same for all cells
        self._writes: set[str] = set()  # exercises that run without protected memory, see `_answers`
        self._child: Child | None = None
        self._versions: Child | None = None
        self._defined: dict | None = None

    def __enter__(self) -> "SubmissionSession":
        return self

    def __exit__(self, *_) -> None:
        self._child = self._closed(self._child)
        self._versions = self._closed(self._versions)

    def run_cells(self) -> None:
        """Run all cells in a child, in a fresh one after each failure; raises Stopped or SandboxFault.

        On the way, the exercises of `records` are answered at their check cells. If a cell calls a function that is
        absent, the cells run again in a child that has all functions.
        """
        self._run_cells_without(self.without)
        if self._cells_reached:
            self._run_cells_without(frozenset())

    def _run_cells_without(self, lacks: frozenset) -> None:
        if self._lacks != lacks:
            self._child, self._lacks = self._closed(self._child), lacks
        while self._child is None:
            self._refuse_past_the_end()
            child = self._fork()
            began, answers = time.monotonic(), self.spent["answers"]
            try:
                self._run_cells_in(child)
                self._child = child
            except Lost:
                self._closed(child)
                self.lives -= 1
            finally:
                self.spent["cells"] += time.monotonic() - began - (self.spent["answers"] - answers)

    def results(
        self, record: dict, at: str = "", *, again: bool = False, enough: Enough | None = None
    ) -> list:
        """Return the child's result for each case: plain values, but untrusted.

        record  the exercise's hidden record
        at      the exercise whose check cell gives the state of the notebook; "", or a name that is not
                defined there: after the last cell
        again   run in a child that lacks only what the exercise forbids, see `is_misled`
        enough  end the run after the first case for which it is true; for answers without a check cell, and not
                for exercises whose child asks for something in the middle of a case
        raises  Stopped       if the exercise gives no results
                SandboxFault  if the sandbox failed
        """
        outcome = self._outcome(record, at, _own_paths(record) if again else self.without, enough)
        if isinstance(outcome, Stopped):
            raise outcome
        return outcome

    def _outcome(self, record: dict, at: str, lacks: frozenset, enough: Enough | None) -> list | Stopped:
        """Return an exercise's results in a child without some of the package's functions, or why there are none."""
        if (lacks, at) not in self._at_check:
            self._run_cells_without(lacks)
        outcome = self._at_check.get((lacks, at))
        if outcome is None:
            try:
                outcome = self._answers(self._child, record, enough)
            except Stopped as stopped:
                outcome = stopped
            except Lost as lost:
                self._child = self._closed(self._child)
                self.lives -= 1
                outcome = Stopped(*self._about(lost, record["name"]))
        return outcome

    def is_misled(self, record: dict) -> bool:
        """Return whether an exercise's results may be wrong because functions were absent that it does not forbid."""
        return not self._reached.get(record["name"], set()) <= _own_paths(record)

    def _run_cells_in(self, child: Child) -> None:
        cells = [cell for cell in self.cells if self._is_open(cell)]
        packed = [_packed(cell) for cell in cells]
        lacks = sorted(self._lacks)
        child.send(
            {"do": "cells", "setup": self.setup, "cells": packed, "files": self.files, "without": lacks}
        )
        for cell in [{"id": SETUP, "source": self.setup}, *cells]:
            if "check" in cell:
                self._answer_at(child, cell["check"])
            else:
                self._receive_run(child, cell["id"])
        if not _says(reply := child.receive(self._left(GRACE + 10)), "ran"):
            raise BadFrame("results of more cells than were sent")
        self._cells_reached |= self._calls_in(reply)

    def _is_open(self, cell: dict) -> bool:
        """Return whether a cell is to run: it has not ended a child, and its exercise has no result yet."""
        if "check" in cell:
            record = self.records.get(cell["check"])
            return (
                record is not None
                and (self._lacks, cell["check"]) not in self._at_check
                and (
                    self._lacks == self.without
                    or (self._lacks == _own_paths(record) and self.is_misled(record))
                )
            )
        return cell["id"] not in self._deadly

    def _receive_run(self, child: Child, cell: str) -> None:
        try:
            reply = child.receive(self._left(self.limits.cell_seconds + GRACE) if cell else SETUP_SECONDS)
            run = _as_run(reply, cell, self.limits.output_kb * 1024)
        except Lost as lost:
            self._refuse_setup(cell, f"{type(lost).__name__}: {lost}")
            self._exclude(cell, lost)
            raise
        if run.status != "ok":
            self._refuse_setup(cell, run.error)
        if cell and not self._lacks:
            self.runs[cell] = run
        elif cell:
            self.runs.setdefault(cell, run)

    def _answer_at(self, child: Child, name: str) -> None:
        """Get the results of one exercise at its check cell, at which the child has stopped."""
        try:
            reply = child.receive(self._left(GRACE + 10))
            if not isinstance(reply, dict) or not isinstance(at := reply.get("at"), str) or at != name:
                raise BadFrame("a message that is not the arrival at a check")
            self._reached.setdefault(name, set()).update(self._calls_in(reply))
            with contextlib.suppress(_Missing):  # asked again after the last cell
                self._at_check[self._lacks, name] = self._answers(child, self.records[name])
        except Stopped as stopped:
            self._at_check[self._lacks, name] = stopped
        except Lost as lost:
            self._at_check[self._lacks, name] = Stopped(*self._about(lost, name))
            raise
        child.send({"do": "next"}, self._left(GRACE + 10))

    def _answers(self, child: Child, record: dict, enough: Enough | None = None) -> list:
        """Return one result for each case from a fork of the child.

        Inputs and parameters are in protected memory, unless the exercise changes some. A write to them
        ends the fork. Then the cases run again in plain memory, for the driver's own words about the change.
        """
        began = time.monotonic()
        deadline = min(began + self.limits.answer_seconds, self.ends)
        name = record["name"]
        changes = any(isinstance(each, dict) and each.get("mutated") for each in record["expected"])
        try:
            try:
                protect = not changes and name not in self._writes
                return self._in_fork(child, record, deadline, protect=protect, enough=enough)
            except _Ended as ended:
                if ended.why != "write" or not protect:
                    raise
                if record["driver"]["kind"] == "predict":
                    # no second training: it could read what the first has left of the inputs to predict
                    raise Stopped(
                        f"{name} writes into what it is given, or crashes",
                        "training data and starting values that are only read",
                        "work on a copy: .clone(), .copy() or a new value",
                    ) from None
                self._writes.add(name)
                # all cases, because only this sees that an answer has written and restored
                results = self._in_fork(child, record, deadline, protect=False)
                if isinstance(results[ended.case], dict):
                    results[ended.case]["writes"] = True
                return results
        except _Ended as ended:
            raise Stopped(*self._about(self._lost(child, ended.why), name)) from None
        finally:
            self.spent["answers"] += time.monotonic() - began

    def _in_fork(
        self, child: Child, record: dict, deadline: float, *, protect: bool, enough: Enough | None = None
    ) -> list:
        """Return the results from one fork; their total size is limited, so that the judge's memory is too."""
        results, received, maximum = [], 0, self.limits.message_mb * MB
        child.send(
            {"do": "branch", "seconds": deadline + GRACE / 2 - time.monotonic()}, self._until(deadline)
        )
        request = {
            "do": "answers",
            "exercise": record["name"],
            "driver": record["driver"],
            "cases": len(record["cases"]),
            "forbids": record["forbids"],
            "protect": protect,
            "seconds": deadline - time.monotonic(),
        }
        child.send_packed(codec.dumps(request) + _questions(record), self._until(deadline))
        try:
            for number in range(len(record["cases"])):
                results.append(self._result(child, record, number, deadline))
                received += child.connection.received
                if received > maximum:
                    raise BadFrame(f"{received:,} bytes of answers in total; at most {maximum:,} are allowed")
                if enough is not None and not _asks(record) and enough(number, results[-1]):
                    break
        except Stopped:
            self._leave(child, deadline)
            raise
        self._leave(child, deadline, unread=len(record["cases"]) - len(results))
        return results

    def _leave(self, child: Child, deadline: float, unread: int = 0) -> None:
        """Tell a fork to leave.

        unread  the number of results that it may have sent, or may still send before it looks
        """
        child.send({"do": "leave"}, self._until(deadline))
        for _ in range(unread + 1):
            reply = child.receive(self._until(deadline))
            if _says(reply, "left") or (isinstance(reply, dict) and "died" in reply):
                return
        raise BadFrame("more results than there are cases")

    def _lost(self, child: Child, why: str) -> Lost:
        """Return how the fork of an answer ended, as the end of a child is described."""
        if why == "late":
            return TimedOut()
        if why == "kill":
            return Died("memory" if child.group is not None and child.group.killed() else "exit")
        return Died("exit" if why == "exit" else "crash")

    def _exclude(self, cell: str, lost: Lost) -> None:
        """Record how a cell ended its child, and leave it out of later children."""
        status = "time" if isinstance(lost, TimedOut) else "died"
        why = self._about(lost, "the cell", self.limits.cell_seconds)[0]
        if time.monotonic() >= self.ends:
            why = f"the notebook's time limit, {self.limits.total_seconds:g} s, ran out in this cell"
        self.runs[cell] = CellRun(cell, status, "", why)
        self._deadly.add(cell)

    def _result(self, child: Child, record: dict, number: int, deadline: float):
        kind, case = record["driver"]["kind"], record["cases"][number]
        ledger = Ledger(**case["script"]) if kind == "call" and "script" in case else None
        while True:
            reply = child.receive(self._until(deadline))
            if not isinstance(reply, dict):
                raise BadFrame("a reply that is not a dict")
            if "result" in reply:
                self._reached.setdefault(record["name"], set()).update(self._calls_in(reply))
                return _with_record(reply["result"], ledger)
            if "died" in reply or "left" in reply:
                why = reply.get("died")
                raise _Ended(why if isinstance(why, str) else "exit", number)
            if isinstance(missing := reply.get("missing"), str):
                raise self._missing(record["name"], missing[:200])
            if isinstance(used := reply.get("used"), list):
                named = [
                    entry for entry in record["forbids"] if entry.removeprefix("name:") in map(str, used)
                ]
                raise Stopped(
                    f"{record['name']} uses {', '.join(entry.removeprefix('name:') for entry in named) or 'what it may not'}",
                    "your own implementation instead",
                    "write out the steps that it performs",
                )
            if _says(reply, "late"):
                raise Stopped(*self._about(TimedOut(), record["name"]))
            child.send(self._reply_to(reply, kind, case, ledger, deadline), self._until(deadline))

    def _calls_in(self, reply: dict) -> set[str]:
        """Return the absent functions that the student's code has called, as a child says."""
        paths = reply.get("reached")
        return (
            {path for path in paths if isinstance(path, str)} & self.without if type(paths) is list else set()
        )

    def _missing(self, name: str, says: str) -> _Missing:
        run = self.runs.get(f"{name}-solution")
        why = f": its cell ended with {run.error}" if run and run.error else ""
        return _Missing(
            f"{name} {says}{why}",
            "a function or class of that name",
            "define it in its cell, with the name that the stub has",
        )

    def _reply_to(self, message: dict, kind: str, case: dict, ledger: Ledger | None, deadline: float) -> dict:
        """Return the reply to a child's request: a predict's inputs, a find-the-bug version, a service's outcome."""
        question = message.get("ask")
        if ledger is not None and isinstance(question, str) and question == "service":
            return {"service": _of_service(ledger, message.get("request"))}
        if kind == "predict" and isinstance(question, str) and question == "inputs":
            return {"inputs": case["inputs"]}
        if kind == "bugs" and isinstance(question, str) and question == "version":
            return self._of_version(case, message.get("request"), deadline)
        raise BadFrame("a request that does not belong to this exercise")

    def _of_version(self, case: dict, request, deadline: float) -> dict:
        """Return the reply of a find-the-bug version, which runs in a child without any student's code."""
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
            raise Stopped(
                f"a call that your test makes does not return ({_reason(lost)})",
                "calls that return",
                "call the function with small inputs",
            ) from None

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
            raise Stopped(
                f"the notebook's time limit, {self.limits.total_seconds:g} s, ran out before this exercise was run",
                "a notebook that finishes within the limit",
                "tag long training cells as demo: the grader does not run those",
            )
        if self.lives <= 0:
            raise Stopped(
                f"this exercise was not run: earlier code ended its process {LIVES} times",
                "cells that do not end their process",
                "fix the cells named above first",
            )

    def _refuse_setup(self, cell: str, why: str) -> None:
        if not cell:
            raise SandboxFault(
                f"the setup cell fails in the sandbox: {why}",
                "a setup cell that runs",
                "run `mmlab doctor --grade`",
            )

    def _left(self, seconds: float) -> float:
        return min(seconds, self.ends + GRACE - time.monotonic())

    def _until(self, deadline: float) -> float:
        return deadline + GRACE - time.monotonic()

    def _about(self, lost: Lost, what: str, seconds: float | None = None) -> tuple[str, str, str]:
        """Return the message (given, wanted, try) for a student whose code gave no answer."""
        if isinstance(lost, TimedOut):
            return (
                f"{what} did not finish within {seconds or self.limits.answer_seconds:g} s",
                "an answer within that time",
                "look for a loop that does not end, and for work that is repeated needlessly",
            )
        if isinstance(lost, BadFrame):
            return (
                f"{what}: the result cannot be read ({lost})",
                COME_BACK,
                "return plain values, arrays or tensors",
            )
        if getattr(lost, "reason", "") == "memory":
            return (
                f"{what} used more than {self.limits.memory_mb:,} MB of memory",
                COME_BACK,
                "look for arrays that grow, and for a loop that stores all its results",
            )
        return (
            f"{what} ended its process ({_reason(lost)})",
            COME_BACK,
            "remove os._exit and any other code that ends Python",
        )


_packed_cases: list[tuple[list, bytes]] = []  # of the records that were used last


def _asks(record: dict) -> bool:
    """Return whether the child asks for something while it runs a case, and so must not be interrupted."""
    return record["driver"]["kind"] in ("predict", "bugs") or any(
        "script" in case for case in record["cases"]
    )


def _questions(record: dict) -> bytes:
    """Return the messages with the cases of a record, but for what the child has to ask for."""
    for cases, messages in _packed_cases:
        if cases is record["cases"]:
            return messages
    kind = record["driver"]["kind"]
    withheld = {"predict": ("inputs",), "bugs": ("source",), "call": ("script",)}.get(kind, ())
    messages = b"".join(
        codec.dumps({key: value for key, value in case.items() if key not in withheld})
        for case in record["cases"]
    )
    _packed_cases.append((record["cases"], messages))
    del _packed_cases[:-MAX_PACKED]
    return messages


def _own_paths(record: dict) -> frozenset:
    """Return the package's functions, classes and modules that an exercise forbids."""
    return frozenset(path for path in record["forbids"] if path.startswith(OURS))


def _packed(cell: dict) -> dict:
    """Return a cell with its source as bytes, because text goes into a message's header, which is short."""
    return cell | {"source": cell["source"].encode("utf-8", "surrogatepass")} if "source" in cell else cell


def _of_service(ledger: Ledger, request):
    """Return what a ledger says to a child's request; raises BadFrame for anything but [what, seconds]."""
    what, seconds = request if isinstance(request, list) and len(request) == 2 else (None, None)
    if (
        type(what) is not str
        or what not in ("call", "sleep", "draw")
        or type(seconds) is not float
        or not seconds >= 0
    ):
        raise BadFrame("a request that a service does not know")
    return ledger.ask(what, seconds)


def _with_record(result, ledger: Ledger | None):
    """Return a result with the calls and waits that the judge has recorded, whatever the child says of them."""
    returned = result.get("returned") if isinstance(result, dict) else None
    if ledger is not None and isinstance(returned, dict):
        returned |= {"calls": ledger.calls, "waits": ledger.waits}
    return result


def _reason(lost: Lost) -> str:
    if isinstance(lost, Died):
        return {"exit": "it exited", "closed": "it closed the connection", "crash": "it crashed"}.get(
            lost.reason, lost.reason
        )
    return "out of time" if isinstance(lost, TimedOut) else "too large, or damaged"


def _says(reply, word: str) -> bool:
    return isinstance(reply, dict) and reply.get(word) is True


def _as_run(reply, cell: str, maximum: int) -> CellRun:
    """Return a child's reply about a cell as a CellRun; raises BadFrame for any other message."""
    texts = [
        reply.get(key) if isinstance(reply, dict) else None for key in ("cell", "status", "text", "error")
    ]
    if not all(isinstance(text, str) for text in texts) or texts[0] != cell or texts[1] not in STATUSES:
        raise BadFrame("a message that is not the result of a cell")
    return CellRun(cell, texts[1], clean(texts[2][: maximum + 100]), clean(texts[3][:400]))


def clean(text: str) -> str:
    """Return text that can be encoded as UTF-8: an unpaired surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
