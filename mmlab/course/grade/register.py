"""What was last found in each student's submission, and what it was graded with.

    ROOT/.mmlab/WEEK/graded.json
    {"students": {STUDENT: {"graded": {…}, "with": {EXERCISE: {…}}, "failures": {EXERCISE: n}}}}

A regrade says from it why a mark moved; a page can be written again from it after
a person marked by hand. What the cells printed is in autograded/, not here.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

from mmlab.course.grade.lock import state
from mmlab.course.grade.stages import Graded
from mmlab.errors import InputError

FILE = "graded.json"
SUBMISSION = "submission"
WORDS = {"hidden": "hidden cases"}


class Register:
    """A week's register, read whole; `write` replaces the file.

    students  student → {"graded": …, "with": …, "failures": …}
    """

    def __init__(self, path: Path, students: dict[str, dict]):
        self.path, self.students = path, students

    @classmethod
    def read(cls, root: Path, week: str) -> "Register":
        """Return the register of a week, empty where there is none; raises InputError where it is damaged."""
        path = state(root, week) / FILE
        try:
            return cls(path, json.loads(path.read_text(encoding="utf-8"))["students"])
        except FileNotFoundError:
            return cls(path, {})
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} is damaged ({error})", "the grader's register of the week",
                             "delete it and grade the week again: marks stay, hints begin with the first") from None  # fmt: skip

    def graded(self, student: str) -> Graded | None:
        """Return what was last found in a student's submission, or None."""
        entry = self.students.get(student)
        return entry and Graded.from_plain(entry["graded"])

    def graded_with(self, student: str, exercise: str) -> dict | None:
        """Return what an exercise was last graded with, or None."""
        return self.students.get(student, {}).get("with", {}).get(exercise)

    def failures(self, student: str, exercise: str) -> int:
        """Return how many different submissions in a row got an exercise wrong."""
        return self.students.get(student, {}).get("failures", {}).get(exercise, 0)

    def merged(self, graded: Graded) -> Graded:
        """Return a result together with the last marks of those exercises that it leaves out."""
        before = self.graded(graded.student)
        if before is None or graded.fault or graded.problem:
            return graded
        fresh = {mark.exercise: mark for mark in graded.marks}
        marks = [fresh.pop(mark.exercise, mark) for mark in before.marks]
        return replace(graded, marks=[*marks, *fresh.values()])

    def take(self, graded: Graded, context: dict) -> None:
        """Take in a result; `context` holds what it was graded with, name → digest."""
        entry = self.students.setdefault(graded.student, {"with": {}, "failures": {}})
        now = {**context, SUBMISSION: graded.digest}
        for mark in graded.marks:
            name, before = mark.exercise, entry["with"].get(mark.exercise)
            wrong = mark.attempted and mark.score is not None and mark.score < mark.max
            if not wrong:
                entry["failures"].pop(name, None)
            elif before is None or before.get(SUBMISSION) != graded.digest or name not in entry["failures"]:
                entry["failures"][name] = entry["failures"].get(name, 0) + 1
            entry["with"][name] = now
        merged = self.merged(graded) if "graded" in entry else graded
        entry["graded"] = merged.plain() | {"cells": [vars(cell) | {"text": ""} for cell in merged.cells]}

    def write(self) -> None:
        """Write the register whole or not at all, for its owner alone; raises InputError where it cannot be."""
        unfinished = self.path.with_suffix(".part")
        try:
            with open(unfinished, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(json.dumps({"students": self.students}))
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self.path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise InputError(f"{self.path} could not be written ({error})", "room and rights there",
                             "free some space, then run it again with --resume") from None  # fmt: skip


def why(before: dict | None, now: dict) -> str:
    """Return what changed between two gradings of an exercise, in words."""
    if before is None:
        return "marked before by other means"
    changed = [f"{WORDS.get(name, name)} changed" for name in now if before.get(name) != now[name]]
    return ", ".join(changed) or "nothing changed: the answer's result differs from run to run"
