"""What passes from one step of grading to the next, from a student's file to marks.

    Submission → Prepared → Graded (its Marks and CellRuns) → database, files, feedback

All of it is plain data that JSON can hold, so that a journal or another machine can too.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Submission:
    """One student's hand-in as it lies in submitted/; the file is read and never written.

    student    the name of the folder below submitted/
    week       the week's id
    path       the notebook or archive to read; None where the folder holds neither
    digest     SHA-256 of the file's bytes in hexadecimal, "" where there is none
    timestamp  when it was handed in, ISO 8601 in UTC, or None where nothing says
    """

    student: str
    week: str
    path: Path | None
    digest: str
    timestamp: str | None = None


@dataclass
class Prepared:
    """A submission after intake and repair: safe to take apart, not safe to run.

    notebook  parsed, valid nbformat 4.5: every cell of the release in place and locked cells as
              released, the student's answers in theirs, the student's own cells where they stood
    repairs   one sentence for each thing that was put right, for the student to read
    problem   why the file was refused (given, wanted, try), or None; refused, the notebook is
              the release itself, so that everything counts as not answered
    """

    notebook: dict
    repairs: list[str] = field(default_factory=list)
    problem: str | None = None


@dataclass
class CellRun:
    """What became of one of the student's cells: `status` is "ok", "error", "time", "died" or "skipped".

    id      the cell's id
    text    what it printed and displayed as text, capped
    error   one line such as "ZeroDivisionError: division by zero", "" if none
    """

    id: str
    status: str
    text: str = ""
    error: str = ""


@dataclass
class Mark:
    """One exercise's mark.

    exercise       its name
    score          points, None while a person has not marked it
    max            points to be had
    right, cases   right cases out of all hidden cases (0 of 0 for a text)
    misconception  the name of the misconception that the answer is, or None
    message        given, wanted, try; three empty texts for a right answer or a text
    attempted      whether the answer differs from the stub
    """

    exercise: str
    score: float | None
    max: float
    right: int = 0
    cases: int = 0
    misconception: str | None = None
    message: tuple[str, str, str] = ("", "", "")
    attempted: bool = True


@dataclass
class Graded:
    """All that grading one submission found.

    fault    why it could not be graded (the infrastructure's fault, never the student's), or None;
             a submission with a fault has no marks and its earlier ones stay
    seconds  wall clock;  peak_mb  peak memory of the sandboxed child
    unsafe   whether it ran without the sandbox
    spent    seconds by step: fork, cells, answers, judge
    """

    student: str
    week: str
    digest: str
    timestamp: str | None = None
    marks: list[Mark] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    problem: str | None = None
    fault: str | None = None
    cells: list[CellRun] = field(default_factory=list)
    seconds: float = 0.0
    peak_mb: float = 0.0
    unsafe: bool = False
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The sum of what a machine marked; texts are left out."""
        return sum(mark.score for mark in self.marks if mark.score is not None)

    @property
    def max(self) -> float:
        """The most that a machine could give."""
        return sum(mark.max for mark in self.marks if mark.score is not None)

    def plain(self) -> dict:
        """Return it as values for JSON; `from_plain` reads it back."""
        return asdict(self)

    @classmethod
    def from_plain(cls, found: dict) -> "Graded":
        """Return what `plain` gave."""
        marks = [Mark(**mark | {"message": tuple(mark["message"])}) for mark in found["marks"]]
        return cls(**found | {"marks": marks, "cells": [CellRun(**cell) for cell in found["cells"]]})
