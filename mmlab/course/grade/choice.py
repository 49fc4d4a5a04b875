"""Which file is the hand-in, where a student left several: notebooks, zips, copies of both."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mmlab.course.grade import archive, plain_lab, salvage
from mmlab.course.grade.placing import Wanted, place
from mmlab.course.grade.salvage import printable
from mmlab.errors import NotebookError

NAME = "lab.ipynb"
PACKED = re.compile(r"_attempt_(\d+)_(\d{8}T\d{6})_lab\.zip$")  # as `mmlab submit` names it
MOST_READ = 20  # candidates that are looked into
MOST_BYTES = 150_000_000
DEEPEST = 2  # zips in zips


@dataclass(frozen=True)
class Candidate:
    """A file that may be the hand-in.

    name  as the student called it, folders included
    when  sorts the newest last
    read  gives its bytes; raises NotebookError
    """

    name: str
    when: tuple
    read: Callable[[], bytes]

    @property
    def named_right(self) -> bool:
        """Whether it has the name that a lab has, or `mmlab submit` gives its zip."""
        return self.name.rpartition("/")[2] == NAME or bool(PACKED.search(self.name))


@dataclass(frozen=True)
class Read:
    """A notebook that was read: the plain lab, a sentence for each thing put right, and the candidate it is."""

    lab: dict
    notes: list[str]
    candidate: Candidate


class Room:
    """How much of one hand-in is read in all, so that zips in zips stay small."""

    def __init__(self, left: int = MOST_BYTES, depth: int = 0):
        self.left, self.depth = left, depth

    def read(self, candidate: Candidate) -> bytes:
        """Return a candidate's bytes; raises NotebookError where no room is left for it."""
        if self.left <= 0:
            raise NotebookError(f"the hand-in holds more than {MOST_BYTES / 1e6:.0f} MB", "lab.ipynb", archive.AGAIN)
        data = candidate.read()
        self.left -= len(data)
        return data


def read(candidate: Candidate, wanted: Wanted, room: Room) -> Read:
    """Return the notebook in a candidate, which may be a zip; raises NotebookError where there is none."""
    data, name = room.read(candidate), printable(candidate.name)
    if archive.is_zip(data):
        found = in_zip(data, name, wanted, room)
        odd = [] if candidate.name.lower().endswith(".zip") else [f"{name} was a zip; the notebook in it was graded."]
        return Read(found.lab, odd + found.notes, candidate)
    tree, notes = salvage.tree_of(data, name, plain_lab.answers_of)
    lab, more = plain_lab.lab_of(tree, name)
    return Read(lab, notes + more, candidate)


def in_zip(data: bytes, name: str, wanted: Wanted, room: Room) -> Read:
    """Return the notebook in a zip; raises NotebookError where there is none."""
    if room.depth >= DEEPEST:
        raise NotebookError(f"{name} is a zip in a zip in a zip", "a zip that holds lab.ipynb", archive.AGAIN)
    with archive.opened(data, name) as opened:
        there = archive.members(opened)
        for end in (".ipynb", ".zip"):
            found = [
                Candidate(one.path, (-one.path.count("/"), one.date), partial(archive.contents, opened, one, one.path))
                for one in there if one.name.lower().endswith(end)
            ]  # fmt: skip
            if found:
                room.depth += 1
                try:
                    return best(found, wanted, room)
                finally:
                    room.depth -= 1
    listed = ", ".join(printable(one.name) for one in there[:5]) or "nothing"
    raise NotebookError(f"{name} holds no notebook, but {listed}", "a zip that holds lab.ipynb", archive.AGAIN)


def best(candidates: list[Candidate], wanted: Wanted, room: Room | None = None) -> Read:
    """Return the notebook that counts, and say why where there was a choice.

    The one with the right name counts if anything in it is answered; else the
    one that answers most; of equals the newest.

    raises  NotebookError  where none can be read: the error of the likeliest
    """
    room = room or Room()
    if len(candidates) == 1:
        found = read(candidates[0], wanted, room)
        return Read(found.lab, renamed(candidates[0]) + found.notes, candidates[0])
    likely = sorted(candidates, key=lambda one: (one.named_right, one.when, one.name), reverse=True)[:MOST_READ]
    rated: list[tuple[tuple, Read]] = []
    errors = []
    for candidate in likely:
        try:
            found = read(candidate, wanted, room)
        except NotebookError as error:
            errors.append(error)
        else:
            rated.append((rating(found, wanted), found))
    if not rated:
        raise errors[0]
    top, found = max(rated, key=lambda one: one[0])  # the first of equals
    said = told(found.candidate, len(candidates), *top) + renamed(found.candidate)
    return Read(found.lab, said + found.notes, found.candidate)


def rating(found: Read, wanted: Wanted) -> tuple[bool, tuple]:
    """Return how likely a notebook is the hand-in: rightly named and begun, then by time; else by what it answers."""
    placed, candidate = place(found.lab, wanted), found.candidate
    answered, known = len(placed.answers), len(set(placed.labels) & wanted.exercises)
    begun = candidate.named_right and answered > 0
    return begun, candidate.when if begun else (answered, known, candidate.named_right, candidate.when)


def told(candidate: Candidate, among: int, begun: bool, rated: tuple) -> list[str]:
    """Return why this one of several notebooks was taken."""
    why = "it has the right name" if begun else f"it holds the most answers ({rated[0]})"
    return [f"Your hand-in holds {among} notebooks; {printable(candidate.name)} was graded, because {why}."]


def renamed(candidate: Candidate) -> list[str]:
    """Return what to say of a notebook's name: nothing of the right one."""
    name = printable(candidate.name)
    if candidate.named_right or not candidate.name.lower().endswith(".ipynb"):
        return []
    old = ", which is JupyterLab's earlier copy and may lack your last words" if "-checkpoint" in name else ""
    return [f"Your notebook was called {name}{old}; it was read as {NAME}."]
