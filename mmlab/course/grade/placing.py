"""Which of a student's cells answers which exercise, whatever became of ids, metadata and places.

An answer is the last written copy of the solution cell that defines the
exercise's name; where none does, the last written cell of any kind that does;
else the last written copy. Copies that are finished come before those that hold
the stub's line. One cell may answer several exercises.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from mmlab.course import lab_file, notebook
from mmlab.course.grade.bindings import bound, code_of
from mmlab.course.lab_match import defined, key, matched
from mmlab.course.lab_update import is_left_over
from mmlab.course.notebook import about


STUB_LINE = re.search(r'"(.+)"', notebook.STUB)[1]  # what a stub raises, and says to delete


class Wanted:
    """What a release asks for.

    cells  key → cell, in the release's order
    names  key of a solution cell of code → the name that it must define
    texts  keys of the text answers
    """

    def __init__(self, release: dict):
        self.cells = {key(cell): cell for cell in release["cells"]}
        solutions = {name: cell for name, cell in self.cells.items() if about(cell).get("solution")}
        self.names = {name: asked(name, cell) for name, cell in solutions.items() if cell["cell_type"] == "code"}
        self.texts = [name for name, cell in solutions.items() if cell["cell_type"] == "markdown"]
        self.given = {notebook.digest(cell["source"]) for cell in release["cells"]}
        self.any_name = re.compile(rf"\b({'|'.join(map(re.escape, self.names.values())) or '(?!)'})\b")

    @cached_property
    def stubs(self) -> set[str]:
        """The code of the release's solution cells."""
        return {code_of(self.cells[name]["source"]) for name in self.names}

    @property
    def exercises(self) -> set[str]:
        """The keys by which a lab is known: of solutions, and of what is graded."""
        return {name for name, cell in self.cells.items() if about(cell).get("grade") or about(cell).get("solution")}


def asked(name: str, cell: dict) -> str:
    """Return the name that a solution cell of a release must define."""
    exercise, there = name.removesuffix("-solution"), defined(cell)
    return exercise if exercise in there or not there else there[-1]


def is_free(cell: dict) -> bool:
    """Return whether a cell of a release is code that students may change: a demo, or a try without marks."""
    return cell["cell_type"] == "code" and not about(cell)


@dataclass
class Placed:
    """A student's cells, and what each of them is.

    cells    of the student's lab, in its order
    labels   for each, the key of the release's cell that it is, or None for the student's own
    written  for each, whether the student wrote it: it is no stub and not as some release had it
    binds    for each that the student wrote, those of the exercises' names that its code defines
    answers  key of a solution → the index of the cell that answers it; none where nothing does
    """

    cells: list[dict]
    labels: list[str | None]
    written: list[bool]
    binds: list[list[str]]
    answers: dict[str, int] = field(default_factory=dict)

    @cached_property
    def words(self) -> set[str]:
        """The words of all answers, to tell what they may need."""
        sources = (self.cells[index]["source"] for index in set(self.answers.values()))
        return {word for source in sources for word in re.findall(r"\w+", source)}

    def serves(self) -> dict[int, list[str]]:
        """Return index → the keys that the cell answers."""
        found: dict[int, list[str]] = {}
        for name, index in self.answers.items():
            found.setdefault(index, []).append(name)
        return found


def place(lab: dict, wanted: Wanted) -> Placed:
    """Return what each cell of a plain lab is."""
    cells = lab["cells"]
    labels = matched([known(cell, wanted) for cell in cells], list(wanted.cells.values()))
    written = [is_written(cell, label, lab, wanted) for cell, label in zip(cells, labels, strict=True)]
    bound_names = [binds(cell, wanted) if mine else [] for cell, mine in zip(cells, written, strict=True)]
    placed = Placed(cells, labels, written, bound_names)
    choose(placed, wanted)
    return placed


def known(cell: dict, wanted: Wanted) -> dict:
    """Return a cell without a grade id that the release has not."""
    if notebook.grade_id(cell) in wanted.cells:
        return cell
    return cell | {"metadata": {name: value for name, value in cell["metadata"].items() if name != "nbgrader"}}


def is_written(cell: dict, label: str | None, lab: dict, wanted: Wanted) -> bool:
    """Return whether a student wrote a cell: more than a release's text, or a stub with other comments."""
    if is_stub(cell, wanted):
        return False
    if label is None:
        return bool(cell["source"].strip()) and not is_left_over(cell, lab, wanted.given)
    return lab_file.written(cell, lab, wanted.cells[label])


def is_stub(cell: dict, wanted: Wanted) -> bool:
    """Return whether a cell is the code of a stub, whatever its comments."""
    return "NotImplementedError" in cell["source"] and code_of(cell["source"]) in wanted.stubs


def binds(cell: dict, wanted: Wanted) -> list[str]:
    """Return those of the exercises' names that a cell's text defines, in its order; also of a cell turned into text."""
    if not wanted.any_name.search(cell["source"]):
        return []
    names = set(wanted.names.values())
    return [name for name in bound(cell["source"]) if name in names]


def is_unfinished(cell: dict, name: str) -> bool:
    """Return whether a cell still holds the stub's line for an exercise."""
    return STUB_LINE.format(name=name) in cell["source"]


def choose(placed: Placed, wanted: Wanted) -> None:
    """Fill in `placed.answers`; a copy that is still half a stub counts as not written where another is finished."""
    official: dict[str, list[int]] = {}
    binders: dict[str, list[int]] = {}
    for index, (label, written) in enumerate(zip(placed.labels, placed.written, strict=True)):
        if written:
            official.setdefault(label, []).append(index)
            for name in placed.binds[index]:
                binders.setdefault(name, []).append(index)
    for label, name in wanted.names.items():
        anywhere = binders.get(name, [])
        finished = [index for index in anywhere if not is_unfinished(placed.cells[index], name)]
        for index in set(anywhere) - set(finished) if finished else ():
            placed.written[index] = placed.binds[index] != [name]  # else it is left out, for it would run last
        own = [index for index in finished or anywhere if placed.labels[index] == label]
        if own or anywhere:
            placed.answers[label] = (own or finished or anywhere)[-1]
    taken = set(placed.answers.values())
    for label in [*wanted.names, *wanted.texts]:
        if label not in placed.answers and (left := [i for i in official.get(label, []) if i not in taken]):
            placed.answers[label] = left[-1]
