"""Record which proofs still hold: build/proofs/WEEK/EXERCISE.json stores the stamp of an exercise's last proof.

A stamp is a digest of the exercise, the lab's code, the stored cases, tests/wrong and tests/right, all code
that runs them, the locked versions and the machine. Delete build/ to prove everything again.

tests/mutants.json is committed: exercise → digest of what decides whether its mutants survive, noted when none did.
It leaves out the machine, because verdicts must not depend on it.
"""

import hashlib
import inspect
import json
import platform
import shutil
from dataclasses import replace
from pathlib import Path

from mmlab import codec
from mmlab.check import cases
from mmlab.cli import notebook, setup_cell
from mmlab.instructor.authoring import differential, mutants
from mmlab.instructor.authoring.case_records import record
from mmlab.instructor.authoring.code_digest import dependencies, digest, name_of
from mmlab.instructor.authoring.exercise import Exercise, Week, answers
from mmlab.instructor.authoring.reached_code import EVERYTHING, Module, data_of, reached
from mmlab.instructor.grading import hidden_cases

FOLDER = Path("build/proofs")
MUTANTS = Path("tests/mutants.json")
# What makes mutants, the cases that they and right answers meet, and the comparison.
DECIDE = (mutants.tally, differential.disagreements, record, answers, notebook.define, notebook.reference)


def stamps(root: Path, week: Week, prover: Path) -> dict[str, str]:
    """Return exercise → digest of everything that its proof depends on, for every exercise with automatic checks.

    prover  the file with the proving code
    raises  CasesError without released cases
    """
    lab = notebook.read(week.notebook)
    return {
        exercise.name: _stamp(root, week, exercise, lab, prover)
        for exercise in week.exercises
        if not exercise.is_text
    }


def changed(root: Path, week: Week, current: dict[str, str], *, stock: bool) -> Week:
    """Return the week with only those exercises whose proof no longer holds.

    current  what `stamps` returned
    stock    whether the proof with stock nbgrader is needed too
    """
    stale = [
        exercise
        for exercise in week.exercises
        if exercise.name in current
        and not _holds(root, week.id, exercise.name, current[exercise.name], stock)
    ]
    return replace(week, exercises=tuple(stale))


def keep(root: Path, week: str, name: str, stamp: str, *, stock: bool) -> None:
    """Store the stamp of a proof that holds."""
    path = root / FOLDER / week / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"stamp": stamp, "stock": stock}) + "\n", encoding="utf-8")


def mutant_digests(root: Path, week: Week) -> dict[str, str]:
    """Return exercise → digest of what decides whether its mutants are killed, the same on every machine.

    This is the exercise, its reference, the setup cell, the visible cases, tests/right, the locked versions, and the
    definitions of the package that these and the tests of mutants reach, without comments and docstrings.

    raises  CasesError without released cases
    """
    lab = notebook.read(week.notebook)
    return {
        exercise.name: _mutant_digest(root, week, exercise, notebook.reference(lab, exercise.name))
        for exercise in week.exercises
        if not exercise.is_text
    }


def recorded_mutants(root: Path) -> dict[str, str]:
    """Return what tests/mutants.json notes; nothing if it is missing."""
    path = root / MUTANTS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def record_mutants(root: Path, digests: dict[str, str]) -> None:
    """Add exercises whose mutants were all killed to tests/mutants.json."""
    noted = recorded_mutants(root) | digests
    (root / MUTANTS).write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _holds(root: Path, week: str, name: str, stamp: str, stock: bool) -> bool:
    try:
        stored = json.loads((root / FOLDER / week / f"{name}.json").read_text(encoding="utf-8"))
        return stored["stamp"] == stamp and (stored["stock"] or not stock)
    except (OSError, ValueError, KeyError, TypeError):
        return False  # missing or damaged: prove it again


def _stamp(root: Path, week: Week, exercise: Exercise, lab: dict, prover: Path) -> str:
    return _digest(root, week, exercise, lab, [prover], ["wrong", "right"], *_machine(root))


def decisive() -> list[tuple[Path, str]]:
    """Return the file and the name of each function in `DECIDE`."""
    return [(Path(inspect.getfile(function)), function.__name__) for function in DECIDE]


def _mutant_digest(root: Path, week: Week, exercise: Exercise, solution: str) -> str:
    """Return a digest of the code that an exercise's mutants reach, and of its cases."""
    own = [path for path in week.folder.rglob("*.py") if path.stem == exercise.name]
    right = root / "tests" / "right" / f"{exercise.name}.py"
    places = decisive()
    places += [(path, EVERYTHING) for path in (own or [*week.folder.rglob("*.py")])]
    places += [
        (Module(week.notebook, solution), EVERYTHING),
        *([(right, EVERYTHING)] if right.is_file() else []),
    ]
    code = reached(places, but=[Path(setup_cell.__file__)])
    texts = {name_of(path, root): text for path, text in code.items()}
    return digest(
        data_of(code),
        root,
        json.dumps(texts, sort_keys=True),
        solution,  # with its layout, from which mutants get their names
        setup_cell.source(week.id),
        codec.dumps(cases.read(week.folder / cases.FILE, exercise.name)),
        (root / "constraints.txt").read_text(encoding="utf-8"),
    )


def _digest(
    root: Path, week: Week, exercise: Exercise, lab: dict, provers: list[Path], folders: list[str], *more: str
) -> str:
    """Return a digest of an exercise, its cases, its answers in `folders` of tests/, and the code that runs them."""
    own = [path for path in week.folder.rglob("*.py") if path.stem == exercise.name]
    code = dependencies([*(own or week.folder.rglob("*.py")), week.notebook, *provers]) - {
        week.notebook.resolve()
    }
    planted = [root / "tests" / folder / f"{exercise.name}.py" for folder in folders]
    record = codec.dumps(cases.read(week.folder / cases.FILE, exercise.name))
    return digest(
        [*code, *filter(Path.is_file, planted)], root, _lab_code(lab, week, exercise), record, *more
    )


def _lab_code(lab: dict, week: Week, exercise: Exercise) -> str:
    """Return the lab's code cells without the solutions of other exercises, as text."""
    others = {f"{other.name}-solution" for other in week.exercises if other.name != exercise.name}
    cells = [cell for cell in lab["cells"] if cell["cell_type"] == "code" and cell["id"] not in others]
    return json.dumps(
        [[cell["id"], cell["source"], cell["metadata"].get("nbgrader")] for cell in cells], sort_keys=True
    )


def _machine(root: Path) -> list[str]:
    """Return the properties of the machine and its installation that may change a result."""
    import numpy
    import torch

    lock, seed = root / "constraints.txt", hidden_cases.seed_file(root)
    return [
        platform.platform(),
        platform.machine(),
        platform.python_version(),
        numpy.__version__,
        torch.__version__,
        torch.backends.cpu.get_cpu_capability(),
        str(shutil.which("bwrap")),
        *(hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in (lock, seed)),
    ]
