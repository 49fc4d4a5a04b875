"""The records that pass from one stage of grading to the next.

    Submission → Prepared → Graded (with Marks and CellRuns) → database, files, feedback

All of them are plain data that converts to JSON, for the journal and for other machines.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Submission:
    """One student's submission in submitted/; the file is read and never written.

    student    the name of the folder below submitted/
    week       the week's id
    path       the notebook or archive to read; None if the folder contains neither
    digest     SHA-256 of the file's bytes and of the files beside it in hexadecimal, "" if there is no file
    timestamp  the time of submission, ISO 8601 in UTC, or None if unknown
    time_note  why the time is unknown or uncertain, "" if it is neither
    folder     the student's folder for the week, None if the file lies elsewhere
    """

    student: str
    week: str
    path: Path | None
    digest: str
    timestamp: str | None = None
    time_note: str = ""
    folder: Path | None = None


@dataclass
class Prepared:
    """A submission after intake: its structure is valid, its code is still untrusted.

    notebook  valid nbformat 4.5: every released cell is present, locked cells are as released, solution
              cells hold the student's answers, the student's own cells keep their positions
    repairs   one sentence for each repair, for the student to read
    problem   why the file was refused (given, wanted, try), or None; if it was refused, the notebook
              is the release itself, so that every exercise counts as not answered
    files     the student's files for the working folder: relative path → content
    python    the Python version that the notebook was saved with, "" if it does not say
    """

    notebook: dict
    repairs: list[str] = field(default_factory=list)
    problem: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    python: str = ""


@dataclass
class CellRun:
    """The result of running one of the student's cells.

    id      the cell's id
    status  "ok", "error", "time" (over the limit), "died" (ended its process) or "skipped"
    text    its printed and displayed text, truncated to the limit
    error   one line such as "ZeroDivisionError: division by zero", "" if none
    """

    id: str
    status: str
    text: str = ""
    error: str = ""


@dataclass
class Mark:
    """The result of one exercise.

    exercise       its name
    score          points; None until a person has graded it
    max            the maximum of points
    right, cases   correct cases out of all hidden cases (0 of 0 for a text answer)
    misconception  the name of the misconception that the answer matches, or None
    message        given, wanted, try; three empty texts for a correct answer or a text answer
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
    """The result of grading one submission.

    fault    why it could not be graded (a fault of the infrastructure, never of the student), or None;
             a submission with a fault has no marks, and its earlier marks stay
    seconds  wall clock;  peak_mb  peak memory of the sandboxed child
    unsafe   whether it ran without the sandbox
    spent    step (fork, cells, answers, judge) → seconds
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
        """The sum of the automatically graded points, without text answers that wait for a person."""
        return sum(mark.score for mark in self.marks if mark.score is not None)

    @property
    def max(self) -> float:
        """The maximum of the automatically graded points."""
        return sum(mark.max for mark in self.marks if mark.score is not None)

    def plain(self) -> dict:
        """Return a dict that converts to JSON; `from_plain` reads it back."""
        return asdict(self)

    @classmethod
    def from_plain(cls, fields: dict) -> "Graded":
        """Return the result whose `plain` form is given."""
        marks = [Mark(**mark | {"message": tuple(mark["message"])}) for mark in fields["marks"]]
        return cls(**fields | {"marks": marks, "cells": [CellRun(**cell) for cell in fields["cells"]]})
