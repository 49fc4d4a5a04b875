"""check, submit, reset and update, as a student calls them on a copy of a released lab."""

import copy
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest
from tiny_course import SOLUTIONS, cell
from student_labs import ANSWER, RELEASED, WEEK, own, released, report, signed, solution, without

from mmlab.course import cli, notebook
from mmlab.course.lab_check import run_checks
from mmlab.errors import NotebookError


@pytest.fixture
def lab(tmp_path) -> Path:
    """Return a renamed copy of the lab of week 00, with one answer, outside of the course."""
    shutil.copytree(RELEASED, tmp_path / "home")
    return save(tmp_path / "home" / "my lab.ipynb", answered())


def answered() -> dict:
    """Return the lab of week 00 with one answer."""
    lab = released()
    solution(lab)["source"] = ANSWER
    return lab


def save(path: Path, lab: dict) -> Path:
    """Write a lab; return its path."""
    notebook.write(path, lab)
    return path


@pytest.fixture
def tiny_copy(tiny, tmp_path) -> Path:
    """Return a copy of the tiny lab with every answer."""
    shutil.copytree(tiny / "labs" / "90_tiny", tmp_path / "tiny")
    path = tmp_path / "tiny" / "lab.ipynb"
    lab = notebook.read(path)
    for name, source in SOLUTIONS.items():
        solution(lab, name)["source"] = source
    return save(path, lab)


# check


@pytest.mark.slow
def test_check_passes_a_lab_of_right_answers(tiny_copy, capsys):
    before = tiny_copy.read_bytes()
    assert cli.main(["check", str(tiny_copy)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("pass ")] == [f"pass {name}" for name in SOLUTIONS]
    assert "text explain" in lines and lines[-1] == "15 of 15 points on the visible checks"
    assert tiny_copy.read_bytes() == before


@pytest.mark.slow
def test_check_says_what_is_wrong_with_each_answer(tiny_copy, tiny, capsys):
    lab = without(notebook.read(tiny_copy), "test_mean")
    solution(lab, "Gain")["source"] = "class Gain(nn.Module):\n    pass"
    solution(lab, "Tally")["source"] = "class Tally\n    pass"
    check = notebook.find(lab, "nearest_centre")
    check["source"], check["outputs"] = "", [{"output_type": "stream", "name": "stdout", "text": "nearest_centre: passed"}]
    release = str(tiny / "labs" / "90_tiny")
    assert cli.main(["check", str(save(tiny_copy, lab)), "--json", "--release", release]) == 1
    found = report(capsys)
    rows = {row["name"]: row for row in found["checks"]}
    assert list(rows) == ["scaled_sum", "Gain", "Tally", "nearest_centre", "explain", "test_mean"]
    assert [row["passed"] for row in rows.values()] == [True, False, False, False, None, False]
    assert found["score"] == 1 and found["max"] == 15
    assert rows["Gain"]["message"].startswith("CheckFailed: Gain, case 1 of ") and "try:" in rows["Gain"]["message"]
    assert "NameError" in rows["Tally"]["message"] and "SyntaxError" in rows["Tally"]["message"]
    assert "checks nothing" in rows["nearest_centre"]["message"] and "missing" in rows["test_mean"]["message"]
    assert "mmlab update" in rows["test_mean"]["message"] and "no answer yet" in rows["explain"]["message"]


def bare_lab(*sources: str) -> dict:
    """Return a lab of check cells that need no setup."""
    cells = [cell("code", f"part_{number}", text, grade=True, points=1) for number, text in enumerate(sources)]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.parametrize(
    ("source", "said"),
    [("while True: pass", "part_1 ran longer than 3 s"), ("import os; os._exit(1)", "the kernel died at the cell part_1")],
)
def test_a_cell_that_does_not_come_back_is_named(source, said, tmp_path):
    rows = []
    with pytest.raises(NotebookError, match=said):
        run_checks(bare_lab("print('part_0: passed')", source), tmp_path, 3, rows.append)
    assert [row["passed"] for row in rows] == [True]


def test_of_two_copies_of_a_check_the_failed_one_counts(tmp_path, capsys):
    lab = bare_lab("print('part_0: passed')", "raise ValueError(input())")
    lab["cells"][1]["metadata"]["nbgrader"]["grade_id"] = "part_0"
    lab["metadata"] = {"mmlab": {"week": "91_none"}, "kernelspec": {"name": "no-such-kernel"}}
    assert cli.main(["check", str(save(tmp_path / "lab.ipynb", lab)), "--json"]) == 1
    assert [(row["name"], row["passed"]) for row in report(capsys)["checks"]] == [("part_0", False)]


def test_a_lab_without_checks_is_refused(tmp_path, capsys):
    path = save(tmp_path / "lab.ipynb", bare_lab() | {"metadata": {"mmlab": {"week": "91_none"}}})
    assert cli.main(["check", str(path)]) == 2
    assert "no check cell" in capsys.readouterr().err


# submit


def submit(lab: Path, *more: str) -> int:
    """Run mmlab submit as alice, the zip beside the lab."""
    return cli.main(["submit", str(lab), "--student", "alice", "--out", str(lab.parent / "out"), "--json", *more])


def test_submit_packs_a_lab_that_nbformat_accepts_and_leaves_the_students(lab, capsys):
    mine = notebook.read(lab)
    big = {"output_type": "stream", "name": "stdout", "text": "x" * 200_000}
    solution(mine)["outputs"] = [big, big | {"text": "small"}]
    mine["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "no id", "outputs": []})
    before = save(lab, mine).read_bytes()
    assert submit(lab) == 0
    found = report(capsys)
    assert re.fullmatch(r"00_setup_alice_attempt_1_\d{8}T\d{6}_lab\.zip", Path(found["file"]).name)
    assert found["week"] == WEEK and found["student"] == "alice"
    assert found["unanswered"] == ["to_model_tensor", "scene_to_caption_truth", "sniff_image_format"]
    with zipfile.ZipFile(found["file"]) as archive:
        assert archive.namelist() == ["lab.ipynb"]
        packed = json.loads(archive.read("lab.ipynb"))
    nbformat.validate(packed)
    packed = notebook.parse(json.dumps(packed), "packed")
    assert [output["text"] for output in solution(packed)["outputs"]] == ["small"]
    assert solution(packed)["source"] == ANSWER and lab.read_bytes() == before


def test_attempts_are_counted_and_none_is_overwritten(lab, capsys):
    files = [submit(lab) or report(capsys)["file"] for _ in range(3)]
    assert [re.search(r"attempt_(\d+)_", file)[1] for file in files] == ["1", "2", "3"]
    assert all(Path(file).exists() for file in files)


def damaged(kind: str) -> dict:
    """Return the answered lab with one thing wrong."""
    lab = answered()
    check = notebook.find(lab, "modality_matrix")
    if kind == "missing":
        return without(lab, "modality_matrix")
    if kind == "more than once":
        lab["cells"].append(copy.deepcopy(solution(lab)) | {"id": "pasted"})
    elif kind == "locked, and changed":
        check["source"] = "pass"
    elif kind == "of another type":
        solution(lab)["cell_type"] = "raw"
    elif kind == "other marks":
        check["metadata"]["nbgrader"]["points"] = 100
    elif kind == "not of this release":
        lab["cells"].append(cell("code", "extra", "1", grade=True, points=9))
    return lab


@pytest.mark.parametrize(
    "kind", ["missing", "more than once", "locked, and changed", "of another type", "other marks", "not of this release"]
)
def test_submit_refuses_what_would_stop_a_grader_and_update_mends_it(kind, lab, capsys):
    save(lab, damaged(kind))
    assert submit(lab) == 2
    said = capsys.readouterr().err
    assert kind in said and f"mmlab update {lab}" in said.splitlines()[-1]
    assert not (lab.parent / "out").exists()
    assert cli.main(["update", str(lab)]) == 0 and submit(lab) == 0
    assert ANSWER in {cell["source"] for cell in notebook.read(lab)["cells"]}


@pytest.mark.parametrize("student", ["", "..", "a/b", "-x", "a b"])
def test_a_student_id_that_cannot_name_a_file_is_refused(student, lab, capsys, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: student)
    assert cli.main(["submit", str(lab), f"--student={student}"]) == 2
    assert "--student YOUR_ID" in capsys.readouterr().err


# reset and update


def test_reset_puts_one_exercise_back_and_keeps_the_answer(lab, capsys):
    before = lab.read_bytes()
    assert cli.main(["reset", str(lab), "modality_matrix", "--json"]) == 0
    found = report(capsys)
    assert Path(found["kept"]).read_bytes() == before and found["exercise"] == "modality_matrix"
    assert notebook.read(lab)["cells"] == released()["cells"]
    assert cli.main(["reset", str(lab), "modality_matrix", "--json"]) == 0
    assert report(capsys)["kept"] != found["kept"] and Path(found["kept"]).read_bytes() == before


def test_reset_of_an_unknown_exercise_lists_those_there_are(lab, capsys):
    before = lab.read_bytes()
    assert cli.main(["reset", str(lab), "recall_at_k"]) == 2
    assert "sniff_image_format" in capsys.readouterr().err
    assert lab.read_bytes() == before and [*lab.parent.glob("*.before*")] == []


def test_update_keeps_a_copy_and_brings_the_cases(lab, capsys):
    save(lab, without(answered(), "modality_matrix"))
    before, cases = lab.read_bytes(), lab.with_name("cases.npz")
    cases.write_bytes(b"outdated")
    assert cli.main(["update", str(lab), "--json"]) == 0
    found = report(capsys)
    assert found["kept"] == ["modality_matrix-solution"] and found["new"] == ["modality_matrix"] and found["cases"]
    assert Path(found["before"]).read_bytes() == before
    assert cases.read_bytes() == (RELEASED / "cases.npz").read_bytes()
    assert cli.main(["update", str(lab), "--json"]) == 0
    found = report(capsys)
    assert found["before"] is None and not found["cases"] and len([*lab.parent.glob("*.before*")]) == 1


def test_update_says_for_people_what_became_of_each_answer(lab, tmp_path, capsys):
    drop = [f"modality_matrix{end}" for end in ("-statement", "-solution", "")]
    new = save(tmp_path / "new.ipynb", signed(without(released(), *drop)))
    assert cli.main(["update", str(lab), "--release", str(new)]) == 0
    assert "modality_matrix-solution is no longer in the lab; your text stands at its end" in capsys.readouterr().out


def test_another_weeks_release_is_refused(lab, tiny, capsys):
    before = lab.read_bytes()
    assert cli.main(["update", str(lab), "--release", str(tiny / "labs" / "90_tiny")]) == 2
    assert "is the lab of 90_tiny, yours is of 00_setup" in capsys.readouterr().err and lab.read_bytes() == before


# labs that are edited in place


def git(folder: Path, *words: str) -> None:
    """Run git in a folder."""
    who = ["-c", "user.name=A", "-c", "user.email=a", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def course(tmp_path) -> Path:
    """Return a course in git with the lab of week 00, cloned from another."""
    first = tmp_path / "first"
    (first / "lessons").mkdir(parents=True)
    (first / "lessons" / "keep").touch()
    (first / "pyproject.toml").touch()
    shutil.copytree(RELEASED, first / "labs" / WEEK)
    git(first, "init", "-q")
    git(first, "add", ".")
    git(first, "commit", "-q", "-m", "Release")
    git(tmp_path, "clone", "-q", str(first), "second")
    return tmp_path / "second"


def test_a_lab_edited_in_place_finds_its_release_in_git(course, capsys):
    lab = save(course / "labs" / WEEK / "lab.ipynb", without(answered(), "modality_matrix"))
    assert cli.main(["update", str(lab), "--json"]) == 0
    found = report(capsys)
    assert found["release"].startswith("@{upstream}:") and found["new"] == ["modality_matrix"]
    git(course, "branch", "--unset-upstream")
    assert cli.main(["reset", str(lab), "modality_matrix"]) == 0
    assert notebook.read(lab)["cells"] == released()["cells"]


def test_a_lab_edited_in_place_gets_what_upstream_released(course, capsys):
    new = released()
    notebook.find(new, "modality_matrix-statement")["source"] += "\n\nOne more sentence."
    save(course.parent / "first" / "labs" / WEEK / "lab.ipynb", signed(new))
    (course.parent / "first" / "labs" / WEEK / "cases.npz").write_bytes(b"newer")
    git(course.parent / "first", "commit", "-q", "-am", "Release again")
    lab = save(course / "labs" / WEEK / "lab.ipynb", answered())
    git(course, "fetch", "-q")
    assert cli.main(["update", str(lab), "--json"]) == 0
    assert report(capsys)["cases"] and lab.with_name("cases.npz").read_bytes() == b"newer"
    assert "One more sentence." in lab.read_text() and solution(notebook.read(lab))["source"] == ANSWER


def test_a_copy_takes_gits_release_where_the_courses_own_file_was_worked_in(course, capsys):
    worked_in = answered()
    worked_in["cells"].append(own("notes"))
    save(course / "labs" / WEEK / "lab.ipynb", worked_in)
    copied = save(course / "mine.ipynb", answered())
    assert cli.main(["reset", str(copied), "modality_matrix"]) == 0
    assert notebook.read(copied)["cells"] == released()["cells"]


def test_without_git_the_release_must_be_given(course, capsys, monkeypatch):
    lab = save(course / "labs" / WEEK / "lab.ipynb", answered())
    monkeypatch.setenv("PATH", "")
    assert cli.main(["update", str(lab)]) == 2
    assert "--release" in capsys.readouterr().err.splitlines()[-1]
    assert cli.main(["update", str(lab), "--release", str(RELEASED)]) == 0
