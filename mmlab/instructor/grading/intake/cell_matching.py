"""Match a student's cells to the exercises, even if ids, metadata or the order of cells have changed.

For each exercise the answer is, in this order of preference:

 1. the last written copy of its solution cell that defines the exercise's name
 2. the last written cell of any kind that defines the name
 3. the last written copy of the solution cell

Finished copies are preferred to copies that still contain the stub's line. One cell may
answer several exercises.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from mmlab.cli import lab_file, notebook
from mmlab.cli.cell_source import one_spelling
from mmlab.cli.lab_match import defined, key, matched
from mmlab.cli.lab_update import is_left_over
from mmlab.cli.notebook import about
from mmlab.instructor.grading.intake.bindings import bound, code_of

STUB_LINE = re.search(r'"(.+)"', notebook.STUB)[1]  # the message of the line that students delete from a stub


class Wanted:
    """What a released lab asks for.

    cells  key → cell, in the release's order
    names  key of a code solution cell → the name that the cell must define
    texts  keys of the text answers
    """

    def __init__(self, release: dict):
        self.cells = {key(cell): cell for cell in release["cells"]}
        solutions = {name: cell for name, cell in self.cells.items() if about(cell).get("solution")}
        self.names = {
            name: required_name(name, cell) for name, cell in solutions.items() if cell["cell_type"] == "code"
        }
        self.texts = [name for name, cell in solutions.items() if cell["cell_type"] == "markdown"]
        self.given = {notebook.digest(cell["source"]) for cell in release["cells"]}
        self.any_name = re.compile(rf"\b({'|'.join(map(re.escape, self.names.values())) or '(?!)'})\b")

    @cached_property
    def stubs(self) -> set[str]:
        """The code of the release's solution cells."""
        return {code_of(self.cells[name]["source"]) for name in self.names}

    @property
    def exercises(self) -> set[str]:
        """The keys that identify a lab: those of its solution cells and its graded cells."""
        return {
            name
            for name, cell in self.cells.items()
            if about(cell).get("grade") or about(cell).get("solution")
        }


def required_name(name: str, cell: dict) -> str:
    """Return the name that a solution cell of a release must define."""
    exercise, names = name.removesuffix("-solution"), defined(cell)
    return exercise if exercise in names or not names else names[-1]


def is_free(cell: dict) -> bool:
    """Return whether a released cell is code that students may change: a demo or an ungraded experiment."""
    return cell["cell_type"] == "code" and not about(cell)


@dataclass
class Placed:
    """A student's cells, matched to those of the release.

    cells    the cells of the student's lab, in its order
    labels   for each cell, the key of the matching released cell, or None for a cell of the student's own
    written  for each cell, whether the student wrote it: it is neither a stub nor as in any release
    binds    for each cell that the student wrote, the exercises' names that its code defines
    answers  key of a solution cell → the index of the cell that answers it; without unanswered exercises
    """

    cells: list[dict]
    labels: list[str | None]
    written: list[bool]
    binds: list[list[str]]
    answers: dict[str, int] = field(default_factory=dict)

    @cached_property
    def words(self) -> set[str]:
        """All words in the answers: the names that the answers may depend on."""
        sources = (self.cells[index]["source"] for index in set(self.answers.values()))
        return {word for source in sources for word in re.findall(r"\w+", one_spelling(source))}

    def serves(self) -> dict[int, list[str]]:
        """Return index of a cell → the keys that the cell answers."""
        keys: dict[int, list[str]] = {}
        for name, index in self.answers.items():
            keys.setdefault(index, []).append(name)
        return keys


def match(lab: dict, wanted: Wanted) -> Placed:
    """Match the cells of a plain lab to those of the release."""
    cells = lab["cells"]
    labels = matched([known(cell, wanted) for cell in cells], list(wanted.cells.values()))
    written = [is_written(cell, label, lab, wanted) for cell, label in zip(cells, labels, strict=True)]
    bound_names = [binds(cell, wanted) if mine else [] for cell, mine in zip(cells, written, strict=True)]
    placed = Placed(cells, labels, written, bound_names)
    choose(placed, wanted)
    return placed


def known(cell: dict, wanted: Wanted) -> dict:
    """Return a cell, without its nbgrader metadata if the release does not know its grade id."""
    if notebook.grade_id(cell) in wanted.cells:
        return cell
    return cell | {
        "metadata": {name: value for name, value in cell["metadata"].items() if name != "nbgrader"}
    }


def is_written(cell: dict, label: str | None, lab: dict, wanted: Wanted) -> bool:
    """Return whether a student wrote a cell: it is neither unchanged nor a stub with different comments."""
    if is_stub(cell, wanted):
        return False
    if label is None:
        return bool(cell["source"].strip()) and not is_left_over(cell, lab, wanted.given)
    return lab_file.written(cell, lab, wanted.cells[label])


def is_stub(cell: dict, wanted: Wanted) -> bool:
    """Return whether a cell's code equals a stub's, apart from comments."""
    return "NotImplementedError" in cell["source"] and code_of(cell["source"]) in wanted.stubs


def binds(cell: dict, wanted: Wanted) -> list[str]:
    """Return the exercises' names that a cell's source defines, in its order, whatever the cell's type."""
    if not wanted.any_name.search(one_spelling(cell["source"])):
        return []
    names = set(wanted.names.values())
    return [name for name in bound(cell["source"]) if name in names]


def is_unfinished(cell: dict, name: str) -> bool:
    """Return whether a cell still contains the stub's line for an exercise."""
    return STUB_LINE.format(name=name) in cell["source"]


def choose(placed: Placed, wanted: Wanted) -> None:
    """Fill in `placed.answers`; if one copy is finished, unfinished copies count as not written."""
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
            # a copy with nothing else in it is left out: run last, it would overwrite the finished one
            placed.written[index] = placed.binds[index] != [name]
        own = [index for index in finished or anywhere if placed.labels[index] == label]
        if own or anywhere:
            placed.answers[label] = (own or finished or anywhere)[-1]
    taken = set(placed.answers.values())
    for label in [*wanted.names, *wanted.texts]:
        if label not in placed.answers and (left := [i for i in official.get(label, []) if i not in taken]):
            placed.answers[label] = left[-1]
