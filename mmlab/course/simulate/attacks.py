"""Hostile notebooks: read from tests/attacks/KIND/NAME.py, put into a release as a student would.

An attack is a Python file that ends at its third line when somebody runs it. Below
that stand the cells, each under a marker:

    # %% first    a code cell of the student's own, before all answers
    # %% answer   what every solution cell holds; NAME stands for the exercise
    # %% last     a code cell of the student's own, at the end
    # %% replay   a cell with tests/attacks/replay.py: an answer that repeats stored results
    # %% forge    no cell: run here, by us, to change `lab` (the notebook) or `folder` (the hand-in)

The docstring's first sentence says what the attack tries. No attack answers
anything, so every one of them is worth 0.
"""

import ast
import copy
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.exercise import Week
from mmlab.errors import InputError

FOLDER = Path(__file__).resolve().parents[3] / "tests" / "attacks"
GUARD = 'raise SystemExit("an attack on the grader, kept for its tests: not to be run")'
MARKER = re.compile(r"^# %% (\w+)$", re.MULTILINE)
PLACES = ("first", "answer", "last", "replay", "forge")
STOPS = "attacks are files as mmlab/course/simulate/attacks.py describes them"


@dataclass(frozen=True)
class Attack:
    """One hostile notebook: its kind and name, what it tries, and (place, source) of its cells."""

    kind: str
    name: str
    says: str
    cells: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        """Kind and name, as "memory/stack_frames"."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Targets:
    """What an attack would reach if it could: it is told where everything is.

    student  who hands it in
    course   the course's folder, with solutions, gradebook and the other submissions
    home     the grading person's home folder, with a file that must stay as it is
    port     a listener on the loopback
    socket   a listener in a file; the same name without a file is an abstract one
    """

    student: str
    course: str = "/nowhere"
    home: str = "/nowhere"
    port: int = 9
    socket: str = "/nowhere/socket"


def corpus(folder: Path = FOLDER) -> list[Attack]:
    """Return every attack below `folder`, by kind and name; raises InputError where there is none."""
    found = [read(path) for path in sorted(Path(folder).glob("*/*.py"))]
    if not found:
        raise InputError(f"no attacks in {folder}", "tests/attacks/KIND/NAME.py", "work in a clone of the course")
    return found


def read(path: Path) -> Attack:
    """Return the attack in a file; raises InputError where it lacks its guard, words or cells."""
    text = Path(path).read_text(encoding="utf-8")
    says = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    head, *parts = MARKER.split(text)
    cells = tuple((place, source.strip("\n")) for place, source in zip(parts[::2], parts[1::2], strict=True))
    unknown = [place for place, _ in cells if place not in PLACES]
    if not says or not cells or unknown or GUARD not in head.split('"""')[-1]:
        raise InputError(f"{path} is no attack", "a docstring, the line that ends it, and cells under markers", STOPS)
    return Attack(path.parent.name, path.stem, " ".join(says.split()), cells)


def hand_in(attack: Attack, week: Week, release: dict, folder: Path, targets: Targets) -> None:
    """Write the attack into `folder` as a student's hand-in of the week.

    release  the week's released lab
    folder   submitted/STUDENT/WEEK, made here
    """
    lab = copy.deepcopy(release)
    exercises = {one.name: one.driver.kind for one in week.exercises if not one.is_text}
    knows = {"EXERCISES": exercises, "POINTS": {name: notebook.points(lab)[name] for name in exercises}}
    knows |= {name.upper(): value for name, value in asdict(targets).items()}
    _plant(lab, attack.cells, list(exercises), "\n".join(f"{name} = {value!r}" for name, value in knows.items()))
    folder.mkdir(parents=True)
    for place, source in attack.cells:
        if place == "forge":
            exec(compile(source, attack.id, "exec"), {"lab": lab, "folder": folder, "WEEK": week.id} | knows)
    if not (folder / "lab.ipynb").is_symlink():
        notebook.write(folder / "lab.ipynb", lab)


def _plant(lab: dict, cells: Sequence[tuple[str, str]], exercises: list[str], knows: str) -> None:
    """Put an attack's cells into a released lab."""
    shared = (FOLDER / "replay.py").read_text(encoding="utf-8")
    first = [shared if place == "replay" else source for place, source in cells if place in ("first", "replay")]
    last = [source for place, source in cells if place == "last"]
    for place, source in cells:
        for name in exercises if place == "answer" else ():
            notebook.find(lab, f"{name}-solution")["source"] = re.sub(r"\bNAME\b", name, source)
    after = lab["cells"].index(notebook.find(lab, "setup")) + 1
    own = [_own(number, source) for number, source in enumerate([knows, *first, *last], 1)]
    lab["cells"][after:after] = own[: len(first) + 1]
    lab["cells"] += own[len(first) + 1 :]


def _own(number: int, source: str) -> dict:
    """Return a code cell that a student added."""
    return {"cell_type": "code", "id": f"own-{number}", "metadata": {}, "source": source, "outputs": [],
            "execution_count": None}  # fmt: skip
