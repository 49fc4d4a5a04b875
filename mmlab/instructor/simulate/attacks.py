"""Hostile notebooks: read from tests/attacks/KIND/NAME.py and written into a released lab.

An attack is a Python file that exits at its third line if somebody runs it. Its cells
follow, each under a marker:

    # %% first    a code cell that the student added, before all answers
    # %% answer   the source of every solution cell; NAME stands for the exercise
    # %% last     a code cell that the student added, at the end
    # %% replay   a cell with tests/attacks/replay.py: answers that repeat stored results
    # %% forge    not a cell: code run here, which changes `lab` (the notebook) or `folder` (the submission)

The docstring's first paragraph describes the attack. No attack answers an exercise, so
the true score of each is 0.
"""

import ast
import copy
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import Week

FOLDER = Path(__file__).resolve().parents[3] / "tests" / "attacks"
GUARD = 'raise SystemExit("an attack on the grader, kept for its tests: not to be run")'
MARKER = re.compile(r"^# %% (\w+)$", re.MULTILINE)
POSITIONS = ("first", "answer", "last", "replay", "forge")
FORMAT = "write the file as mmlab/instructor/simulate/attacks.py describes it"


@dataclass(frozen=True)
class Attack:
    """One hostile notebook: its kind and name, a description, and (position, source) of its cells."""

    kind: str
    name: str
    description: str
    cells: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        """Kind and name, such as "memory/stack_frames"."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Targets:
    """The paths and addresses that an attack tries to reach; they are given to it.

    student  who submits it
    course   the course's folder, with solutions, gradebook and the other submissions
    home     the home folder of the person who grades, with a file that must not change
    port     of a listener on the loopback interface
    socket   path of a Unix socket; the abstract socket of the same name has a listener, too
    """

    student: str
    course: str = "/nowhere"
    home: str = "/nowhere"
    port: int = 9
    socket: str = "/nowhere/socket"


def corpus(folder: Path = FOLDER) -> list[Attack]:
    """Return every attack below `folder`, sorted by kind and name; raise InputError if there is none."""
    attacks = [read(path) for path in sorted(Path(folder).glob("*/*.py"))]
    if not attacks:
        raise InputError(
            f"no attacks in {folder}", "tests/attacks/KIND/NAME.py", "work in a clone of the course"
        )
    return attacks


def read(path: Path) -> Attack:
    """Return the attack in a file; raise InputError if it has no guard line, description or cells."""
    text = Path(path).read_text(encoding="utf-8")
    description = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    head, *parts = MARKER.split(text)
    cells = tuple(
        (position, source.strip("\n")) for position, source in zip(parts[::2], parts[1::2], strict=True)
    )
    unknown = [position for position, _ in cells if position not in POSITIONS]
    if not description or not cells or unknown or GUARD not in head.split('"""')[-1]:
        raise InputError(
            f"{path} is not an attack", "a docstring, the line that exits, and cells under markers", FORMAT
        )
    return Attack(path.parent.name, path.stem, " ".join(description.split()), cells)


def submit(attack: Attack, week: Week, release: dict, folder: Path, targets: Targets) -> None:
    """Write the attack into `folder` as a student's submission of the week.

    release  the week's released lab
    folder   submitted/STUDENT/WEEK, created here
    """
    lab = copy.deepcopy(release)
    exercises = {exercise.name: exercise.driver.kind for exercise in week.exercises if not exercise.is_text}
    variables = {"EXERCISES": exercises, "POINTS": {name: notebook.points(lab)[name] for name in exercises}}
    variables |= {name.upper(): value for name, value in asdict(targets).items()}
    assignments = "\n".join(f"{name} = {value!r}" for name, value in variables.items())
    _insert(lab, attack.cells, list(exercises), assignments)
    folder.mkdir(parents=True)
    for position, source in attack.cells:
        if position == "forge":
            exec(
                compile(source, attack.id, "exec"),
                {"lab": lab, "folder": folder, "WEEK": week.id} | variables,
            )
    if not (folder / "lab.ipynb").is_symlink():
        notebook.write(folder / "lab.ipynb", lab)


def _insert(lab: dict, cells: Sequence[tuple[str, str]], exercises: list[str], assignments: str) -> None:
    """Insert an attack's cells into a released lab; the first one assigns its variables."""
    replay = (FOLDER / "replay.py").read_text(encoding="utf-8")
    first = [
        replay if position == "replay" else source
        for position, source in cells
        if position in ("first", "replay")
    ]
    last = [source for position, source in cells if position == "last"]
    for position, source in cells:
        for name in exercises if position == "answer" else ():
            notebook.find(lab, f"{name}-solution")["source"] = re.sub(r"\bNAME\b", name, source)
    after = lab["cells"].index(notebook.find(lab, "setup")) + 1
    added = [_added_cell(number, source) for number, source in enumerate([assignments, *first, *last], 1)]
    lab["cells"][after:after] = added[: len(first) + 1]
    lab["cells"] += added[len(first) + 1 :]


def _added_cell(number: int, source: str) -> dict:
    """Return a code cell that a student added."""
    return {
        "cell_type": "code",
        "id": f"own-{number}",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
