"""Children in a plain fork, and submissions of the tiny course: what the tests of the grader start from."""

import contextlib
import copy
import os
import shutil
import signal
import socket
from pathlib import Path

import torch

from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import Week, load
from mmlab.instructor.grading.records import Submission
from mmlab.instructor.grading.sandbox import child
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.wire import Connection

QUICK = Limits(cell_seconds=3, answer_seconds=4, total_seconds=60, memory_mb=2048, output_kb=2, message_mb=8)
SETUP = """\
import math, torch, numpy as np
from torch import nn
from torch.nn import functional as F"""


def week_of(root: Path, name: str = "90_tiny") -> Week:
    """Return a week of a test's course."""
    return load(root / "solutions" / name)


@contextlib.contextmanager
def forked(limits: Limits = QUICK):
    """Yield the connection to a child in a fork of this process."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        torch.set_num_threads(
            1
        )  # the threads of earlier tests do not live in a fork, and torch would wait for them
        child.serve(Connection(theirs), limits)
        os._exit(0)
    theirs.close()
    connection = Connection(ours)
    try:
        yield connection
    finally:
        connection.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def ran(
    connection: Connection, *cells, setup: str = SETUP, at_check=None, files: dict | None = None
) -> list[dict]:
    """Run cells (sources, or the names of checks as {"check": …}) beside files; return what the child says of each.

    at_check  called with the name of each check cell while the child waits there
    """
    sent = [
        {"id": f"cell-{number}"} | (cell if isinstance(cell, dict) else {"source": cell.encode()})
        for number, cell in enumerate(cells)
    ]
    connection.send({"do": "cells", "setup": setup, "cells": sent, "files": files or {}})
    found = []
    while (reply := connection.receive(30)) != {"ran": True}:
        if "at" in reply:
            if at_check:
                at_check(reply["at"])
            connection.send({"do": "next"})
        else:
            found.append(reply)
    assert found[0]["status"] == "ok", found[0]
    return found[1:]


def in_fork(connection: Connection, asked: list[dict]) -> dict:
    """Return the reply to one request from a fork of the child."""
    connection.send({"do": "branch", "seconds": 10})
    ask(connection, asked)
    reply = connection.receive(15)
    connection.send({"do": "leave"})
    assert connection.receive(15) == {"left": True}
    return reply


def ask(connection: Connection, messages: list[dict]) -> None:
    """Send messages one after the other."""
    for message in messages:
        connection.send(message)


def request(name: str, case: dict, kind: str = "call", **options) -> list[dict]:
    """Return the messages that request an answer on one case."""
    asked = {
        "do": "answers",
        "exercise": name,
        "driver": {"kind": kind, "options": options},
        "cases": 1,
        "forbids": [],
        "protect": False,
        "seconds": 3.0,
    }
    return [asked, case]


def solved(root: Path, answers: dict[str, str] | None = None, own: list[str] = ()) -> dict:
    """Return the released tiny lab with every solution filled in, or those given; own cells come last."""
    week = week_of(root)
    lab = copy.deepcopy(notebook.read(root / "labs" / week.id / "lab.ipynb"))
    source = notebook.read(week.notebook)
    if answers is None:
        answers = {
            one.name: notebook.reference(source, one.name) for one in week.exercises if not one.is_text
        }
    for name, answer in answers.items():
        notebook.find(lab, name if name == "explain" else f"{name}-solution")["source"] = answer
    lab["cells"] += [
        {
            "cell_type": "code",
            "id": f"own-{number}",
            "metadata": {},
            "source": text,
            "outputs": [],
            "execution_count": None,
        }
        for number, text in enumerate(own)
    ]
    return lab


def submission(folder: Path, lab: dict, student: str = "ann") -> Submission:
    """Write a lab as a submission and return it."""
    path = folder / f"{student}.ipynb"
    notebook.write(path, lab)
    return Submission(student, "90_tiny", path, "digest")


def grader(root: Path, **options):
    """Return a grader of the tiny week, sandboxed where this machine can."""
    from mmlab.instructor.grading.grader import Grader

    options = {
        "limits": QUICK,
        "secret": b"a secret of the tests, 32 bytes.",
        "unsafe": shutil.which("bwrap") is None,
    } | options
    return Grader(root, week_of(root), **options)


def marks_of(graded) -> dict[str, float | None]:
    """Return exercise → score."""
    assert graded.fault is None, graded.fault
    return {mark.exercise: mark.score for mark in graded.marks}
