"""The last result of each student's submission, and the versions that it was graded with.

    ROOT/.mmlab/WEEK/graded.json
    {"students": {STUDENT: {"graded": {…}, "with": {EXERCISE: {…}}, "failures": {EXERCISE: n}}}}

A regrade uses it to explain why a score changed, and `feedback.refresh` to write a page again
after a person has graded by hand. The cells' outputs are in autograded/, not here.
"""

import json
from dataclasses import replace
from pathlib import Path

from mmlab.errors import InputError
from mmlab.files import atomic_write
from mmlab.instructor.grading.lock import RESUME, state
from mmlab.instructor.grading.records import Graded

FILE = "graded.json"
SUBMISSION = "submission"
WORDS = {"hidden": "hidden cases"}


class Register:
    """A week's register in memory; `write` replaces the file.

    students  student → {"graded": …, "with": …, "failures": …}
    """

    def __init__(self, path: Path, students: dict[str, dict]):
        self.path, self.students = path, students

    @classmethod
    def read(cls, root: Path, week: str) -> "Register":
        """Return the register of a week, empty if there is none; raises InputError if it is damaged."""
        path = state(root, week) / FILE
        try:
            return cls(path, json.loads(path.read_text(encoding="utf-8"))["students"])
        except FileNotFoundError:
            return cls(path, {})
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} is damaged ({error})",
                "the grader's register of the week",
                "delete it and grade the week again: scores stay, hints start again from the first",
            ) from None

    def graded(self, student: str) -> Graded | None:
        """Return the last result of a student, or None."""
        entry = self.students.get(student)
        return entry and Graded.from_plain(entry["graded"])

    def graded_with(self, student: str, exercise: str) -> dict | None:
        """Return the digests that an exercise was last graded with, or None."""
        return self.students.get(student, {}).get("with", {}).get(exercise)

    def failures(self, student: str, exercise: str) -> int:
        """Return how many different submissions in a row had a wrong answer to an exercise."""
        return self.students.get(student, {}).get("failures", {}).get(exercise, 0)

    def merged(self, graded: Graded) -> Graded:
        """Return a result, completed by the last marks of the exercises that it does not cover."""
        before = self.graded(graded.student)
        if before is None or graded.fault or graded.problem:
            return graded
        fresh = {mark.exercise: mark for mark in graded.marks}
        marks = [fresh.pop(mark.exercise, mark) for mark in before.marks]
        return replace(graded, marks=[*marks, *fresh.values()])

    def take(self, graded: Graded, context: dict) -> None:
        """Record a result; `context` maps each name (release, hidden, grader) to its digest."""
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
        """Replace the file atomically, readable by its owner only; raises InputError if that fails."""
        atomic_write(self.path, json.dumps({"students": self.students}).encode(), mode=0o600, again=RESUME)


def why(before: dict | None, now: dict) -> str:
    """Return a phrase for what changed between two gradings of an exercise."""
    if before is None:
        return "graded before by other means"
    changed = [f"{WORDS.get(name, name)} changed" for name in now if before.get(name) != now[name]]
    return ", ".join(changed) or "nothing changed: the answer's result differs from run to run"
