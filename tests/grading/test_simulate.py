"""A made-up class is the same for the same seed, shows every kind, and its attacks are for reading only."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from mmlab.cli import command_line, notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.reports import attack_table
from mmlab.instructor.simulate import attacks
from mmlab.instructor.simulate.canary import Canary
from mmlab.instructor.simulate.compose import SHARES, Answers, compose, write
from tiny_course import ALL, WEEK

ROOT = Path(__file__).parents[2]
CORPUS = attacks.corpus()
KNOWN = (
    "ipython/ast_transformer",
    "ipython/input_transformer",
    "ipython/displayhook",
    "files/exec_solutions",
    "tampering/gradebook",
    "comparison/torch_allclose",
)


@pytest.fixture
def week(tiny):
    """Return the tiny week."""
    return load(tiny / "solutions" / WEEK)


def released(root: Path) -> dict:
    """Return the tiny week's released lab."""
    return notebook.read(root / "labs" / WEEK / "lab.ipynb")


def simulate(root: Path, inside, capsys, *options: str) -> dict:
    """Return the JSON of `mmlab simulate` in a course."""
    inside(root)
    assert command_line.main(["simulate", WEEK, "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


# ---------------------------------------------------------------- attacks
def test_the_corpus_is_wide():
    kinds = {attack.kind for attack in CORPUS}
    assert len(CORPUS) >= 40 and len(kinds) >= 15
    assert kinds == set(attack_table.KINDS)
    assert {attack.id for attack in CORPUS} >= set(KNOWN)
    assert len({attack.description for attack in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.id)
def test_an_attack_compiles_and_plants(attack, tiny, week, tmp_path):
    folder = tmp_path / "student" / WEEK
    attacks.submit(attack, week, released(tiny), folder, attacks.Targets("student"))
    if (folder / "lab.ipynb").is_symlink():
        return
    cells = notebook.read(folder / "lab.ipynb")["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            compile(cell["source"], cell["id"], "exec")
    assert any(cell["id"] == "own-1" and "EXERCISES" in cell["source"] for cell in cells)
    assert not any("NAME" in cell["source"].split() for cell in cells)


def test_an_attack_that_somebody_runs_ends_at_once():
    path = attacks.FOLDER / "resources" / "fork_bomb.py"
    done = subprocess.run([sys.executable, path], capture_output=True, text=True)
    assert done.returncode == 1 and "not to be run" in done.stderr


def test_pytest_imports_no_attack():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/attacks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 5 and "no tests collected" in done.stdout, done.stdout


@pytest.mark.parametrize("old, new", [(attacks.GUARD, "pass"), ("# %% first", "# %% second"), ('"""', "#")])
def test_a_file_that_is_no_attack_is_refused(old, new, tmp_path):
    text = (attacks.FOLDER / "exits" / "exit_in_a_cell.py").read_text()
    path = tmp_path / "kind" / "attack.py"
    path.parent.mkdir()
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match="is not an attack"):
        attacks.corpus(tmp_path)


def test_an_empty_corpus_is_refused(tmp_path):
    with pytest.raises(InputError, match="no attacks"):
        attacks.corpus(tmp_path)


# ---------------------------------------------------------------- canary
def test_the_canary_sees_what_is_touched(copy_of_tiny, tmp_path):
    lab = copy_of_tiny / "labs" / WEEK / "lab.ipynb"
    with Canary(copy_of_tiny, tmp_path / "around") as canary:
        assert canary.touched() == []
        (copy_of_tiny / "gradebook.db").write_text("grading writes here")
        assert canary.touched() == []
        told = canary.addresses()
        for family, address in (
            (socket.AF_INET, ("127.0.0.1", told["port"])),
            (socket.AF_UNIX, told["socket"]),
            (socket.AF_UNIX, "\0" + told["socket"]),
        ):
            with socket.socket(family) as line:
                line.connect(address)
        lab.write_text("")
        (copy_of_tiny / "solutions" / WEEK / ALL).unlink()
        (copy_of_tiny / "submitted").mkdir()
        (copy_of_tiny / "submitted" / "link").symlink_to("/etc")
        (canary.home / "honey").write_text("eaten")
        (canary.home / ".bashrc").touch()
        time.sleep(0.3)  # the listeners' threads
        assert len(canary.touched()) == 8, canary.touched()


# ---------------------------------------------------------------- class
def test_one_seed_makes_one_class(week):
    assert compose(week, 25, 3) == compose(week, 25, 3) != compose(week, 25, 4)
    assert compose(week, 40, 3)[:20] == compose(week, 20, 3)


def test_twenty_show_every_kind(week):
    assert Counter(one.kind for one in compose(week, 20, 5)) == SHARES
    assert [one.student for one in compose(week, 20)][::19] == ["student-001", "student-020"]


def test_true_scores_are_sums_of_right_answers(week):
    full = sum(Answers(week).points.values())
    for one in compose(week, 60):
        if one.kind in ("reference", "alternate"):
            assert one.true_score == full
        elif one.kind in ("misconception", "stub", "attack"):
            assert one.true_score == 0
        else:
            assert 0 <= one.true_score <= full
    mixed = {one.true_score for one in compose(week, 200) if one.kind == "mixture"}
    assert mixed >= {0.0, 1.0, 7.0, full}


def test_a_class_of_none_is_refused(week):
    with pytest.raises(InputError, match="at least 1"):
        compose(week, 0)


def test_a_hand_in_is_the_same_each_time_and_never_over_another(tiny, week, tmp_path):
    made = compose(week, 20, 1)
    for place in ("one", "other"):
        for one in made:
            write(one, week, released(tiny), tmp_path / place)
    files = [
        path.relative_to(tmp_path / "one") for path in sorted((tmp_path / "one").rglob("*")) if path.is_file()
    ]
    assert len(files) >= 20
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()
    with pytest.raises(InputError, match="exists"):
        write(made[0], week, released(tiny), tmp_path / "one")


# ---------------------------------------------------------------- command
def test_the_command_writes_a_class(copy_of_tiny, inside, capsys):
    report = simulate(copy_of_tiny, inside, capsys, "-n", "20")
    handed_in = sorted(path.parent.name for path in (copy_of_tiny / "submitted").glob(f"*/{WEEK}"))
    assert report["week"] == WEEK and [row["student"] for row in report["submissions"]] == handed_in
    assert {row["kind"] for row in report["submissions"]} == set(SHARES)
    assert all(isinstance(row["true_score"], float) for row in report["submissions"])


def test_the_command_writes_all_or_nothing(copy_of_tiny, inside, capsys, tmp_path):
    out = tmp_path / "elsewhere"
    simulate(copy_of_tiny, inside, capsys, "-n", "5", "--out", str(out))
    assert not (copy_of_tiny / "submitted").exists()
    shutil.rmtree(out / "student-001")
    assert command_line.main(["simulate", WEEK, "-n", "5", "--out", str(out)]) == 2
    assert not (out / "student-001").exists() and "exists" in capsys.readouterr().err


def test_people_are_warned_of_hostile_hand_ins(copy_of_tiny, inside, capsys):
    inside(copy_of_tiny)
    assert command_line.main(["simulate", WEEK, "-n", "20"]) == 0
    said = capsys.readouterr().out
    assert "20 submissions" in said and "2 are hostile" in said


@pytest.mark.slow
def test_the_command_grades_a_class(copy_of_tiny, inside, capsys):
    report = simulate(
        copy_of_tiny,
        inside,
        capsys,
        "-n",
        "20",
        "--grade",
        "--cell-seconds",
        "3",
        "--answer-seconds",
        "5",
        "--total-seconds",
        "30",
    )
    assert len(report["submissions"]) == 20
    for row in report["submissions"]:
        assert row["score"] == row["true_score"] and {
            "student",
            "max",
            "verdicts",
            "repairs",
            "problem",
            "kind",
        } <= set(row)
    assert not any(
        (copy_of_tiny / name).exists() for name in ("submitted", "autograded", "feedback", ".seed")
    )
