"""Choose the submission among a student's files: notebooks, zips, and copies of both."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake import archive, json_recovery, plain_lab
from mmlab.instructor.grading.intake.cell_matching import Wanted, match
from mmlab.instructor.grading.intake.json_recovery import printable

NAME = "lab.ipynb"
PACKED = re.compile(r"_attempt_(\d+)_(\d{8}T\d{6})_lab\.zip$")  # as `mmlab submit` names it
MAX_READ = 20  # candidates that are opened
MAX_BYTES = 150_000_000
DEEPEST = 2  # levels of nested zips


@dataclass(frozen=True)
class Candidate:
    """A file that may be the submission.

    name  the student's name for it, with folders
    when  a sort key; the newest file has the largest
    read  returns its bytes; raises NotebookError
    """

    name: str
    when: tuple
    read: Callable[[], bytes]

    @property
    def named_right(self) -> bool:
        """Whether it is called lab.ipynb, or like the zip that `mmlab submit` makes."""
        return self.name.rpartition("/")[2] == NAME or bool(PACKED.search(self.name))


@dataclass(frozen=True)
class Read:
    """A notebook that was read: the plain lab, one sentence for each repair, and the candidate it came from.

    within  the notebook's path in the candidate, if that is a zip; in a nested zip, that zip's path comes first
    """

    lab: dict
    notes: list[str]
    candidate: Candidate
    within: tuple[str, ...] = ()


class SizeBudget:
    """The total number of bytes that may be read from one submission, nested zips included."""

    def __init__(self, left: int = MAX_BYTES, depth: int = 0):
        self.left, self.depth = left, depth

    def read(self, candidate: Candidate) -> bytes:
        """Return a candidate's bytes; raises NotebookError if the budget is used up."""
        if self.left <= 0:
            raise NotebookError(
                f"the submission contains more than {MAX_BYTES / 1e6:.0f} MB", "lab.ipynb", archive.AGAIN
            )
        data = candidate.read()
        self.left -= len(data)
        return data


def read(candidate: Candidate, wanted: Wanted, budget: SizeBudget) -> Read:
    """Return the notebook in a candidate, which may be a zip; raises NotebookError if there is none."""
    data, name = budget.read(candidate), printable(candidate.name)
    if archive.is_zip(data):
        inner = in_zip(data, name, wanted, budget)
        odd = (
            []
            if candidate.name.lower().endswith(".zip")
            else [f"{name} was a zip; the notebook in it was graded."]
        )
        return Read(inner.lab, odd + inner.notes, candidate, (inner.candidate.name, *inner.within))
    tree, notes = json_recovery.tree_of(data, name)
    lab, more = plain_lab.lab_of(tree, name)
    return Read(lab, notes + more, candidate)


def in_zip(data: bytes, name: str, wanted: Wanted, budget: SizeBudget) -> Read:
    """Return the notebook in a zip; raises NotebookError if there is none."""
    if budget.depth >= DEEPEST:
        raise NotebookError(
            f"{name} is a zip in a zip in a zip", "a zip that contains lab.ipynb", archive.AGAIN
        )
    with archive.opened(data, name) as opened:
        members = archive.members(opened)
        for suffix in (".ipynb", ".zip"):
            candidates = [
                Candidate(
                    member.path,
                    (-member.path.count("/"), member.date),
                    partial(archive.contents, opened, member, member.path),
                )
                for member in members
                if member.name.lower().endswith(suffix)
            ]
            if candidates:
                budget.depth += 1
                try:
                    return best(candidates, wanted, budget)
                finally:
                    budget.depth -= 1
    listed = ", ".join(printable(member.name) for member in members[:5]) or "nothing"
    raise NotebookError(
        f"{name} contains no notebook, but {listed}", "a zip that contains lab.ipynb", archive.AGAIN
    )


def best(candidates: list[Candidate], wanted: Wanted, budget: SizeBudget | None = None) -> Read:
    """Return the notebook to grade, with the reason if there was a choice.

    A correctly named notebook with at least one answer is preferred; otherwise the notebook
    with the most answers; among equals the newest.

    raises  NotebookError  if no candidate can be read: the error of the most likely one
    """
    budget = budget or SizeBudget()
    if len(candidates) == 1:
        only = read(candidates[0], wanted, budget)
        return Read(only.lab, renamed(candidates[0]) + only.notes, candidates[0], only.within)
    likely = sorted(candidates, key=likelihood, reverse=True)[:MAX_READ]
    rated: list[tuple[tuple, Read]] = []
    errors = []
    for candidate in likely:
        try:
            notebook = read(candidate, wanted, budget)
        except NotebookError as error:
            errors.append(error)
        else:
            rated.append((rating(notebook, wanted), notebook))
    if not rated:
        raise errors[0]
    top, winner = max(rated, key=lambda pair: pair[0])  # the first among equals
    reasons = report(winner.candidate, len(candidates), *top) + renamed(winner.candidate)
    return Read(winner.lab, reasons + winner.notes, winner.candidate, winner.within)


def likelihood(candidate: Candidate) -> tuple:
    """Return the sort key by which candidates are tried before any is opened: by name, then by time."""
    return candidate.named_right, candidate.when, candidate.name


def rating(notebook: Read, wanted: Wanted) -> tuple[bool, tuple]:
    """Return whether a notebook is correctly named and begun, and a sort key: its time if so, else its answers."""
    placed, candidate = match(notebook.lab, wanted), notebook.candidate
    answered, known = len(placed.answers), len(set(placed.labels) & wanted.exercises)
    begun = candidate.named_right and answered > 0
    return begun, candidate.when if begun else (answered, known, candidate.named_right, candidate.when)


def report(candidate: Candidate, among: int, begun: bool, rated: tuple) -> list[str]:
    """Return the sentence that explains why this notebook was chosen among several."""
    why = "it has the right name" if begun else f"it contains the most answers ({rated[0]})"
    return [
        f"Your submission contains {among} notebooks; {printable(candidate.name)} was graded, because {why}."
    ]


def renamed(candidate: Candidate) -> list[str]:
    """Return a sentence about a notebook's name, or nothing if the name is right."""
    name = printable(candidate.name)
    if candidate.named_right or not candidate.name.lower().endswith(".ipynb"):
        return []
    old = ", which is JupyterLab's earlier copy and may lack your last edits" if "-checkpoint" in name else ""
    return [f"Your notebook was called {name}{old}; it was read as {NAME}."]
