"""A release is nbgrader's own output, stamped from its exercises, and the same every time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mmlab.check import cases
from mmlab.cli import command_line, notebook, setup_cell
from mmlab.errors import InputError, NotebookError
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.authoring.release import release, stale
from tiny_course import ALL

ROOT = Path(__file__).parents[2]
WEEK = "90_tiny"


def released(root: Path) -> dict:
    """Return the released lab."""
    return notebook.read(root / "labs" / WEEK / "lab.ipynb")


def edit(root: Path, name: str, change) -> None:
    """Change one cell of the source lab."""
    path = root / "solutions" / WEEK / "lab.ipynb"
    lab = notebook.read(path)
    change(lab, notebook.find(lab, name))
    notebook.write(path, lab)


def test_a_release_is_the_lab_and_its_cases_and_nothing_else(tiny):
    folder = tiny / "labs" / WEEK
    assert sorted(path.name for path in folder.iterdir()) == ["cases.npz", "lab.ipynb"]
    assert (folder / "cases.npz").read_bytes() == (tiny / "solutions" / WEEK / "cases.npz").read_bytes()
    assert cases.read_names(folder / "cases.npz") == [
        "scaled_sum",
        "Gain",
        "Tally",
        "nearest_centre",
        "test_mean",
    ]


def test_no_solution_text_is_released(tiny):
    text = (tiny / "labs" / WEEK / "lab.ipynb").read_text()
    for secret in ("SOLUTION", "self.log_gain.exp", "argmin", "SECRET", "4.0, 0.0", "forgets_the_scale"):
        assert secret not in text
    assert all(not cell.get("outputs") for cell in released(tiny)["cells"])


def test_truth_and_versions_verdicts_stay_out_of_the_inputs(tiny):
    for name in ("nearest_centre", "test_mean"):
        record = cases.read(tiny / "labs" / WEEK / "cases.npz", name)
        assert not any("truth" in case for case in record["cases"])
        assert not any(
            word in str(record["cases"]) for word in ("right_", "buggy_", "# right", "Return the mean")
        )


def test_each_stub_names_its_exercise_at_the_right_depth(tiny):
    lab = released(tiny)
    for name in ("scaled_sum", "Gain", "Tally", "nearest_centre", "test_mean"):
        source = notebook.reference(lab, name)
        line = next(line for line in source.split("\n") if "raise NotImplementedError" in line)
        assert f'("{name}: ' in line and "delete this line" in line
        compile(source, name, "exec")
    assert notebook.find(lab, "explain")["source"] == notebook.TEXT_STUB
    assert "CLASSES = 3" in notebook.reference(lab, "nearest_centre")


def test_statements_get_their_numbers_and_folded_hints(tiny):
    source = notebook.find(released(tiny), "Gain-statement")["source"]
    heading, line = source.split("\n\n")[:2]
    assert heading == "## Gain"
    assert line == (
        "**2 points** · difficulty 1 of 5 · importance 2 of 5 · about 5 minutes · read first: `scaled_sum`"
    )
    assert source.count("<details><summary>Hint") == source.count("</details>") == 2
    first = notebook.find(released(tiny), "explain-statement")["source"]
    assert first.startswith("**2 points**") and "Say why." in first


def test_metadata_says_what_a_cell_is_and_nbgrader_accepts_it(tiny):
    lab = released(tiny)
    assert lab["metadata"]["mmlab"]["week"] == WEEK
    assert notebook.find(lab, "Tally")["metadata"]["mmlab"] == {
        "exercise": "Tally",
        "role": "check",
        "difficulty": 1,
        "importance": 2,
        "minutes": 5,
        "needs": [],
        "driver": "script",
    }
    assert notebook.find(lab, "Tally-solution")["metadata"]["mmlab"]["role"] == "solution"


def test_the_setup_cell_is_the_one_text_and_locked(tiny):
    setup = notebook.find(released(tiny), "setup")
    assert setup["source"] == setup_cell.source(WEEK)
    assert setup["metadata"]["nbgrader"]["locked"] and setup["metadata"]["editable"] is False


def test_releasing_again_changes_no_byte(copy_of_tiny):
    before = {
        path: path.read_bytes() for path in copy_of_tiny.rglob("*") if path.suffix in (".ipynb", ".npz")
    }
    assert len(before) == 4
    report = release(copy_of_tiny, load(copy_of_tiny / "solutions" / WEEK))
    assert report["cases_kept"]
    assert {path: path.read_bytes() for path in before} == before
    assert stale(copy_of_tiny, load(copy_of_tiny / "solutions" / WEEK)) == []


def test_fresh_cases_have_the_same_inputs(copy_of_tiny):
    file = copy_of_tiny / "solutions" / WEEK / "cases.npz"
    before = file.read_bytes()
    file.unlink()
    release(copy_of_tiny, load(file.parent))
    assert file.read_bytes() == before


@pytest.mark.slow
def test_nbgraders_own_command_writes_the_same_bytes(copy_of_tiny):
    lab = copy_of_tiny / "labs" / WEEK / "lab.ipynb"
    before = lab.read_bytes()
    lab.unlink()
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    subprocess.run(
        [Path(sys.executable).parent / "nbgrader", "generate_assignment", WEEK, "--force"],
        cwd=copy_of_tiny,
        env={"PATH": path, "HOME": str(copy_of_tiny)},
        check=True,
        capture_output=True,
    )
    assert lab.read_bytes() == before


def change_statement(root):
    """Change one word of a statement."""
    edit(root, "Gain-statement", lambda lab, cell: cell.update(source="## Gain\n\nAnother text."))


def change_reference(root):
    """Change what the reference returns."""
    edit(
        root,
        "scaled_sum-solution",
        lambda lab, cell: cell.update(source=cell["source"].replace(".sum()", ".sum() + 1")),
    )


def change_cases(root):
    """Draw other inputs."""
    path = root / "solutions" / WEEK / ALL
    path.write_text(path.read_text().replace("rng.uniform(2, 3)", "rng.uniform(2, 4)"))


def change_message(root):
    """Say something else of a misconception."""
    path = root / "solutions" / WEEK / ALL
    path.write_text(path.read_text().replace('"fix it"', '"fix that"'))


def remove_companion(root):
    """Lose the released cases."""
    (root / "labs" / WEEK / "cases.npz").unlink()


def add_a_file(root):
    """Leave something in labs/ that no release would write."""
    (root / "labs" / WEEK / "answers.txt").write_text("x")


def damage_cases(root):
    """Cut the source's cases short."""
    path = root / "solutions" / WEEK / "cases.npz"
    path.write_bytes(path.read_bytes()[:500])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (change_statement, "lab.ipynb: differs"),
        (change_reference, "scaled_sum: expected values, case 1"),
        (change_cases, "scaled_sum: cases differ"),
        (change_message, "messages differ"),
        (remove_companion, "cases.npz: is missing"),
        (add_a_file, "answers.txt: exists"),
        (damage_cases, "damaged"),
    ],
)
def test_check_says_what_is_out_of_date_and_changes_nothing(copy_of_tiny, inside, capsys, spoil, says):
    spoil(copy_of_tiny)
    before = {
        path: path.read_bytes()
        for path in copy_of_tiny.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    inside(copy_of_tiny)
    assert command_line.main(["release", "--check", "--json"]) == 1
    (week,) = json.loads(capsys.readouterr().out)["weeks"]
    assert not week["ok"] and any(says in problem for problem in week["problems"]), week["problems"]
    assert all(path.read_bytes() == data for path, data in before.items())


def test_last_bits_of_another_cpu_are_no_change(copy_of_tiny):
    file = copy_of_tiny / "solutions" / WEEK / "cases.npz"
    records = [cases.read(file, name) for name in cases.read_names(file)]
    records[0]["expected"][0]["returned"] *= 1 + 3e-7
    cases.write(file, WEEK, records)
    report = release(copy_of_tiny, load(file.parent))
    assert report["cases_kept"]


@pytest.mark.parametrize("name", ["Gain", "Gain-solution", "Gain-statement", "setup"])
def test_a_source_lab_without_a_cell_is_refused(copy_of_tiny, name):
    edit(copy_of_tiny, name, lambda lab, cell: lab["cells"].remove(cell))
    with pytest.raises(NotebookError, match=name):
        release(copy_of_tiny, load(copy_of_tiny / "solutions" / WEEK))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('hints=("Look again.", "And *again*.")', 'hints=("Look again.",)', "1 hints"),
        ("difficulty=1,\n", "difficulty=0,\n", "difficulty is 0"),
        ("list(named)[:3]", "list(named)[:2]", "2 mistakes"),
        ("list(named)[3:]", "list(named)[4:]", "1 alternates"),
        ("right_mean, right_loop, right_numpy", "right_mean, right_loop", "2 right_"),
        ("cases=cases_for_Tally", "cases=None", "cases"),
    ],
)
def test_an_unfinished_exercise_is_refused(copy_of_tiny, old, new, says):
    path = copy_of_tiny / "solutions" / WEEK / ALL
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=says):
        release(copy_of_tiny, load(path.parents[1]))


def test_an_unknown_week_lists_those_there_are(tiny, inside, capsys):
    inside(tiny)
    assert command_line.main(["release", "77"]) == 2
    assert WEEK in capsys.readouterr().err


def test_labs_lists_graded_exercises_for_machines(tiny, inside, capsys):
    inside(tiny)
    assert command_line.main(["labs", "--json"]) == 0
    (week,) = json.loads(capsys.readouterr().out)["weeks"]
    assert (week["id"], week["title"]) == (WEEK, "Lab 90: the smallest of all")
    assert [one["driver"] for one in week["exercises"]] == [
        "call",
        "module",
        "script",
        "predict",
        "bugs",
        "text",
    ]
    assert week["exercises"][1] == {
        "name": "Gain",
        "points": 2,
        "difficulty": 1,
        "importance": 2,
        "minutes": 5,
        "hints": 2,
        "misconceptions": 3,
        "alternates": 2,
        "driver": "module",
        "optional": False,
    }
