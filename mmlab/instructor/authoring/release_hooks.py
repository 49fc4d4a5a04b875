"""The nbgrader preprocessors that add to a released lab what its source does not contain.

The source notebook has only an exercise's name and points. The line below its heading, its
folded hints and `metadata.mmlab` come from the exercise, and the setup cell's text from
`mmlab.cli.setup_cell`. A stub names its exercise.
"""

from pathlib import Path

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)

from mmlab import __version__
from mmlab.cli import notebook, setup_cell
from mmlab.instructor.authoring.exercise import Exercise, cells_of, load

IGNORED = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "exercises"]
ROLES = {"-statement": "statement", "-solution": "solution", "": "check", "-demo": "demo"}


class StampExercises(NbGraderPreprocessor):
    """Fills in the setup cell's text, statements, hints and metadata.mmlab from the week's exercises."""

    def preprocess(self, nb, resources):
        """Return the notebook with the data of its exercises."""
        week = load(Path(resources["metadata"]["path"]))
        nb.metadata["mmlab"] = {"week": week.id, "version": __version__}
        setup = notebook.find(nb, setup_cell.CELL_ID)
        setup.source = setup_cell.source(week.id)
        setup.metadata["nbgrader"] = {
            "grade": False,
            "grade_id": setup_cell.CELL_ID,
            "locked": True,
            "schema_version": 3,
            "solution": False,
            "task": False,
        }
        points = notebook.points(nb)
        for exercise in week.exercises:
            stamp(nb, exercise, points.get(exercise.name, 0))
        return nb, resources


class NameStubs(ClearSolutions):
    """Replaces solutions by a stub that names its exercise and says to delete the line."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Return the cell with its solution, if it is one, replaced by the stub."""
        name = (notebook.grade_id(cell) or "").removesuffix("-solution")
        self.code_stub = {"python": notebook.STUB.format(name=name)}
        self.text_stub = notebook.TEXT_STUB
        return super().preprocess_cell(cell, resources, cell_index)


class SignCells(NbGraderPreprocessor):
    """Stores each cell's digest in the notebook, so that `mmlab update` can see what a student wrote."""

    def preprocess(self, nb, resources):
        """Return the notebook with the digests of its cells' texts in `metadata.mmlab.released`."""
        nb.metadata["mmlab"]["released"] = sorted({notebook.digest(cell.source) for cell in nb.cells})
        return nb, resources


# SaveCells must come after StampExercises; checksums and digests come after every change.
PREPROCESSORS = [
    StampExercises,
    LockCells,
    NameStubs,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
    SignCells,
]


def stamp(nb: dict, exercise: Exercise, points: float) -> None:
    """Fill in one exercise's cells; raises NotebookError if one of them is missing."""
    for name in cells_of(exercise):
        notebook.find(nb, name)
    for suffix, role in ROLES.items():
        cell = notebook.cell_named(nb, exercise.name + suffix)
        if cell is None:
            continue
        cell["metadata"]["mmlab"] = {"exercise": exercise.name, "role": role}
        if role == "statement":
            cell["source"] = statement(cell["source"], exercise, points)
        if role == "check":
            cell["metadata"]["mmlab"] |= {
                "difficulty": exercise.difficulty,
                "importance": exercise.importance,
                "minutes": exercise.minutes,
                "needs": list(exercise.needs),
                "driver": exercise.driver.kind,
            } | ({"optional": True} if exercise.optional else {})


def statement(source: str, exercise: Exercise, points: float) -> str:
    """Return a statement with a line of points and minutes below the heading and folded hints at the end."""
    line = (
        f"**{points:g} point{'s' if points != 1 else ''}** · difficulty {exercise.difficulty} of 5 · "
        f"importance {exercise.importance} of 5 · about {exercise.minutes} minutes"
    )
    if exercise.optional:
        line += " · optional"
    if exercise.needs:
        line += f" · read first: {', '.join(f'`{name}`' for name in exercise.needs)}"
    heading, _, rest = source.strip("\n").partition("\n")
    if heading.startswith("#"):
        parts = [heading, line, rest.strip("\n")]
    else:
        parts = [line, source.strip("\n")]
    parts += [
        f"<details><summary>Hint {number}</summary>\n\n{hint}\n\n</details>"
        for number, hint in enumerate(exercise.hints, 1)
    ]
    return "\n\n".join(part for part in parts if part)
