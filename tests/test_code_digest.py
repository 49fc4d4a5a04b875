"""What did not change is not proved again: the files that code depends on, their digest, and the stamps of proofs."""

import json
import shutil
from pathlib import Path

import pytest

from mmlab.cli import command_line
from mmlab.instructor.authoring import code_digest, proof_stamps, prove
from mmlab.instructor.authoring.code_digest import PACKAGE, dependencies, digest
from mmlab.instructor.authoring.exercise import weeks
from mmlab.instructor.authoring.prove import Proof
from mmlab.instructor.grading import hidden_cases

ROOT = Path(__file__).resolve().parents[1]


def package(folder: Path, **files: str) -> Path:
    """Write a package `mmlab` of some modules into a folder; `a__b` is the module a.b."""
    for name, text in {"__init__": "", **files}.items():
        path = folder / "mmlab" / f"{name.replace('__', '/') if name != '__init__' else name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text)
    return folder / "mmlab"


IMPORTS = [
    ("import mmlab.room.one", {"room/__init__.py", "room/one.py"}),
    (
        "from mmlab.room import (\n    one,  # a word\n    two,\n)",
        {"room/__init__.py", "room/one.py", "room/two.py"},
    ),
    ("def f():\n    from mmlab.room.one import name", {"room/__init__.py", "room/one.py"}),
    ("from mmlab \\\n    import \\\n    room", {"room/__init__.py"}),
    ("import json; import mmlab.room", {"room/__init__.py"}),
    ("import mmlab\nmmlab.room.one.run()", {"room/__init__.py", "room/one.py"}),
    ("run(python, '-m', 'mmlab.room.two')", {"room/__init__.py", "room/two.py"}),
    ("TABLE = ['mmlab.room.one:Class']", {"room/__init__.py", "room/one.py"}),
    ("from mmlab import lazy", {"lazy/__init__.py", "lazy/inside.py"}),
    ("from mmlab.chain import x", {"chain.py", "room/__init__.py", "room/one.py"}),
    (
        "from mmlab.room.inner import up",
        {"room/__init__.py", "room/inner/__init__.py", "room/inner/up.py", "room/two.py"},
    ),
    ("from mmlab.held import x", {"held/__init__.py", "held/table.json", "held/more/deep.npz"}),
    ("import torch, numpy as np", set()),
]


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A package that holds every kind of import; returns the folder above it."""
    folder = package(
        tmp_path,
        room__one="",
        room__two="",
        lazy__inside="",
        chain="import mmlab.room.one",
        room__inner__up="from ..two import x",
        held__nothing="",
    )
    (folder / "lazy/__init__.py").write_text("def __getattr__(name): ...")
    (folder / "held/nothing.py").unlink()
    (folder / "held/table.json").write_text("{}")
    (folder / "held/more").mkdir()
    (folder / "held/more/deep.npz").write_bytes(b"1")
    monkeypatch.setattr(code_digest, "PACKAGE", folder.resolve())
    code_digest._files.cache_clear()
    yield tmp_path
    code_digest._files.cache_clear()


@pytest.mark.parametrize(("source", "files"), IMPORTS)
def test_whatever_may_be_imported_is_followed(planted, source, files):
    start = planted / "exercise.py"
    start.write_text(source)
    found = dependencies([start]) - {start.resolve()}
    wanted = {planted / "mmlab" / name for name in files}
    assert found == wanted | ({planted / "mmlab/__init__.py"} if "mmlab" in source else set())


def test_files_beside_an_exercise_and_the_cells_of_a_notebook_are_followed(planted):
    (planted / "helper.py").write_text("from mmlab.room import one")
    (planted / "exercise.py").write_text("from helper import draw")
    assert {planted / "helper.py", planted / "mmlab/room/one.py"} <= dependencies([planted / "exercise.py"])
    cells = [
        {"cell_type": "code", "source": ["%matplotlib inline\n", "from mmlab import chain"]},
        {"cell_type": "markdown", "source": "from mmlab.room import two"},
    ]
    (planted / "lab.ipynb").write_text(json.dumps({"cells": cells}))
    found = dependencies([planted / "lab.ipynb"])
    assert planted / "mmlab/chain.py" in found and planted / "mmlab/room/two.py" not in found


def test_a_digest_is_the_same_in_every_clone_and_sees_every_change(planted):
    start = planted / "exercise.py"
    start.write_text("x = 1")
    first = digest([start], planted, "more")
    (planted / "clone").mkdir()
    (planted / "clone/exercise.py").write_text("x = 1")
    assert digest([planted / "clone/exercise.py"], planted / "clone", "more") == first
    assert digest([start], planted, "else") != first
    start.write_text("x = 2")
    assert digest([start], planted, "more") != first
    start.rename(planted / "other.py")
    assert digest([planted / "other.py"], planted, "more") != first


@pytest.mark.parametrize("week", [week.id for week in weeks(ROOT)])
def test_a_week_depends_on_what_it_runs_and_on_nothing_else(week):
    folder = ROOT / "solutions" / week
    found = {
        path.relative_to(PACKAGE).parts[0]
        for path in dependencies([*folder.rglob("*.py"), folder / "lab.ipynb"])
        if path.is_relative_to(PACKAGE)
    }
    assert {"check", "codec.py", "errors.py"} <= found
    assert ("api" in found) == (week == "09_api"), (
        "a comment in the server must not make every week's cases again"
    )
    untrained = ("00_setup", "04_cross_attention", "09_api")
    trains = week not in untrained  # `train` has CLIP's losses too, whatever a lab trains
    assert ("losses.py" in found) == trains


def test_hidden_cases_are_made_again_only_for_code_that_the_week_runs(monkeypatch):
    week, changed = weeks(ROOT, ["02"])[0], []
    plain = Path.read_bytes

    def read(path: Path) -> bytes:
        return plain(path) + b"# a comment" * (path in changed)

    monkeypatch.setattr(Path, "read_bytes", read)
    first = hidden_cases._key(week, b"secret")
    changed.append(next((PACKAGE / "api").rglob("*.py")))
    assert hidden_cases._key(week, b"secret") == first
    changed.append(PACKAGE / "check" / "drivers.py")
    assert hidden_cases._key(week, b"secret") != first


# ---------------------------------------------------------------- stamps
@pytest.fixture
def proved(tmp_path, monkeypatch):
    """Run `mmlab prove --changed` in a small course with every proof taken as holding; returns (run, root, broken)."""
    root, broken, seen = tmp_path / "course", [], []
    for name in ("lessons", "solutions"):
        (root / name).mkdir(parents=True)
    (root / "pyproject.toml").write_text("")
    (root / "solutions/00_setup").symlink_to(ROOT / "solutions/00_setup")

    def prove_all(root, week, box, *, stock, mutants):
        seen.extend(one.name for one in week.exercises if not one.is_text)
        return [Proof(name, why=["it fails"] * (name in broken)) for name in seen]

    class Box:
        unsafe = False

        def __enter__(self):
            return self

        def __exit__(self, *what):
            return None

    monkeypatch.setattr(prove, "prove", prove_all)
    monkeypatch.setattr(prove.sandboxed_proof, "sandbox", lambda root, week: Box())
    monkeypatch.chdir(root)

    def run(*words: str) -> tuple[int, list[str]]:
        seen.clear()
        return command_line.main(["prove", "--changed", *words]), list(seen)

    return run, root, broken


def test_a_proof_that_holds_is_not_repeated_until_something_changes(proved, capsys):
    run, root, broken = proved
    names = [one.name for one in weeks(root)[0].exercises if not one.is_text]
    assert run("--no-stock") == (0, names)
    assert (
        run("--no-stock") == (0, []) and f"{len(names)} exercises did not change" in capsys.readouterr().out
    )
    assert run() == (0, names), "stock nbgrader has not seen them yet"
    assert run() == run("--no-stock") == (0, [])
    (root / "tests/wrong").mkdir(parents=True)
    (root / "tests/wrong" / f"{names[1]}.py").write_text("ANSWERS = ()")
    broken.append(names[1])
    assert run() == (1, [names[1]])
    assert run() == (1, [names[1]]), "what failed is no proof"
    broken.clear()
    assert run() == (0, [names[1]])
    (root / "constraints.txt").write_text("numpy==2")
    assert run() == (0, names)
    (root / proof_stamps.FOLDER / "00_setup" / f"{names[0]}.json").write_text("{")
    assert run() == (0, [names[0]])


def test_an_exercise_is_proved_again_for_its_own_solution_alone(proved):
    run, root, _ = proved
    names = [one.name for one in weeks(root)[0].exercises if not one.is_text]
    source = root / "solutions/00_setup"
    assert run() == (0, names)
    (root / "solutions/00_setup").unlink()
    source.mkdir()
    shutil.copytree(
        ROOT / "solutions/00_setup", source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    assert run() == (0, [])
    lab = json.loads((source / "lab.ipynb").read_text())
    next(cell for cell in lab["cells"] if cell["id"] == f"{names[0]}-solution")["source"] += ["\n# a comment"]
    next(cell for cell in lab["cells"] if cell["cell_type"] == "markdown")["source"] += ["\nA sentence."]
    (source / "lab.ipynb").write_text(json.dumps(lab))
    assert run() == (0, [names[0]])
