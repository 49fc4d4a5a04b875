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

from mmlab.check import cases
from mmlab.cli import command_line, lab_check, lab_file, lab_pack, notebook
from mmlab.cli.lab_check import run_checks
from mmlab.errors import NotebookError
from student_labs import ANSWER, RELEASED, WEEK, own, released, report, signed, solution, without
from tiny_course import SOLUTIONS, cell


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


# which lab


@pytest.mark.parametrize("name", ["90", "90_tiny", "labs/90_tiny", "labs/90_tiny/lab.ipynb"])
def test_a_lab_is_named_by_its_week_folder_or_file(tiny, name, monkeypatch):
    monkeypatch.chdir(tiny)
    assert lab_file.located(name).resolve() == tiny.resolve() / "labs" / "90_tiny" / "lab.ipynb"


def test_a_week_without_a_lab_is_named_with_those_that_have_one(tiny, monkeypatch, capsys):
    monkeypatch.chdir(tiny)
    assert command_line.main(["check", "17"]) == 2
    assert "90_tiny" in capsys.readouterr().err


def test_a_file_with_the_name_of_a_week_wins(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "90").write_text("{}")
    assert lab_file.located("90") == Path("90")


# check


@pytest.mark.slow
def test_check_passes_a_lab_of_right_answers(tiny_copy, capsys):
    before = tiny_copy.read_bytes()
    assert command_line.main(["check", str(tiny_copy)]) == 0
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
    check["source"], check["outputs"] = (
        "",
        [{"output_type": "stream", "name": "stdout", "text": "nearest_centre: passed"}],
    )
    release = str(tiny / "labs" / "90_tiny")
    assert command_line.main(["check", str(save(tiny_copy, lab)), "--json", "--release", release]) == 1
    found = report(capsys)
    rows = {row["name"]: row for row in found["checks"]}
    assert list(rows) == ["scaled_sum", "Gain", "Tally", "nearest_centre", "explain", "test_mean"]
    assert [row["passed"] for row in rows.values()] == [True, False, False, False, None, False]
    assert found["score"] == 1 and found["max"] == 15
    assert (
        rows["Gain"]["message"].startswith("CheckFailed: Gain, case 1 of ")
        and "try:" in rows["Gain"]["message"]
    )
    assert "NameError" in rows["Tally"]["message"] and "SyntaxError" in rows["Tally"]["message"]
    assert "checks nothing" in rows["nearest_centre"]["message"] and "missing" in rows["test_mean"]["message"]
    assert "mmlab update" in rows["test_mean"]["message"] and "no answer yet" in rows["explain"]["message"]


def bare_lab(*sources: str) -> dict:
    """Return a lab of check cells that need no setup."""
    cells = [
        cell("code", f"part_{number}", text, grade=True, points=1) for number, text in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("while True: pass", "it ran longer than 3 s"),
        ("import os; os._exit(1)", "it ended the kernel"),
        ("import sys\nsys.exit(1)", "SystemExit: 1"),
    ],
)
def test_a_check_that_does_not_come_back_costs_only_itself(source, said, tmp_path):
    seen = []
    run = run_checks(bare_lab(passed(0), source, passed(2)), tmp_path, 3, seen.append)
    assert [row["passed"] for row in sorted(run.rows, key=lambda row: row["name"])] == [True, False, True]
    assert seen == run.rows and said in next(row["message"] for row in seen if row["name"] == "part_1")


def test_a_slow_check_is_told_of_the_graders_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(lab_check, "SLOW", 0.5)
    slow = "import time\ntime.sleep(1)\nprint('part_1: passed')"
    notes = run_checks(bare_lab(passed(0), slow), tmp_path, 20).notes
    assert [note for note in notes if "part_1 took" in note and "60 s by default" in note] == notes != []


def passed(number: int) -> str:
    """Return the source of a check cell that passes."""
    return f"print('part_{number}: passed')"


OWN_CELLS = {
    "exit()": "",
    "quit()": "",
    "import sys\nsys.exit()": "",
    "import sys\nsys.stdout = open('log.txt', 'w')": "",
    "import sys\nsys.stdout = sys.stderr = None": "",
    "import contextlib, io\ncontextlib.redirect_stdout(io.StringIO()).__enter__();": "",
    "import builtins\nbuiltins.print = lambda *a: None": "",
    "while True:\n    try:\n        while True: pass\n    except Exception: pass": "ran longer than 3 s",
    "import os\nos._exit(0)": "ended the kernel",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)": "ended the kernel",
    "import absent_package": "skipped line 1: ModuleNotFoundError: No module named 'absent_package'",
    "%absent_magic": "skipped line 1: UsageError: Line magic function `%absent_magic` not found.",
}


@pytest.mark.slow
def test_what_an_own_cell_does_costs_no_check_below_it(tmp_path):
    checks = [passed(number) for number in range(len(OWN_CELLS))]
    lab = bare_lab(*checks)
    cells = [own(source, "code", f"own-{number}") for number, source in enumerate(OWN_CELLS)]
    lab["cells"] = [cell for pair in zip(cells, lab["cells"], strict=True) for cell in pair]
    run = run_checks(lab, tmp_path, 3)
    assert [row["name"] for row in run.rows if not row["passed"]] == []
    assert sorted(row["name"] for row in run.rows) == sorted(f"part_{n}" for n in range(len(checks)))
    for number, (source, said) in enumerate(OWN_CELLS.items()):
        notes = [
            note
            for note in run.notes
            if note.startswith((f"the cell own-{number} ", f"the cell own-{number}:")) and said in note
        ]
        assert bool(notes) == bool(said), (source, run.notes)


def test_a_kernel_that_dies_again_and_again_ends_the_checks(tmp_path):
    with pytest.raises(NotebookError, match="ended its kernel 2 times"):
        lab_check.LIVES, lives = 2, lab_check.LIVES
        try:
            run_checks(bare_lab(*["import os; os._exit(1)"] * 3), tmp_path, 3)
        finally:
            lab_check.LIVES = lives


def test_lines_without_their_ends_are_joined_as_lines():
    lines = ["def f():", "    # one", "", "    return 1"]
    assert notebook.joined(lines) == "def f():\n    # one\n\n    return 1"
    assert notebook.joined(["a = 1\n", "b = 2", "c = 3"]) == "a = 1\nb = 2\nc = 3"
    for kept in (
        "a\nb",
        ["a\x0c", "b\u2028", "c"],
        ["a\n", "\n", "b"],
        ["a", "\nb"],
        ["a\nb", "c"],
        [],
        ["a"],
    ):
        assert notebook.joined(kept) == "".join(kept)
    lab = {"cells": [{"cell_type": "code", "source": lines, "metadata": {}}], "metadata": {}}
    assert notebook.parse(json.dumps(lab), "lab")["cells"][0]["source"] == "\n".join(lines)


def test_a_lab_in_another_folder_finds_the_cases_of_the_course(tmp_path, monkeypatch):
    monkeypatch.setenv("MMLAB_CASES", "")
    lab = save(tmp_path / "lab.ipynb", bare_lab("case('native_modalities')\nprint('part_0: passed')"))
    monkeypatch.chdir(tmp_path)
    assert cases.find("native_modalities")["name"] == "native_modalities"
    assert lab_check.cases_for(lab, WEEK) == RELEASED / "cases.npz"
    (tmp_path / "cases.npz").touch()
    assert lab_check.cases_for(lab, WEEK) is None


def test_of_two_copies_of_a_check_the_failed_one_counts(tmp_path, capsys):
    lab = bare_lab("print('part_0: passed')", "raise ValueError(input())")
    lab["cells"][1]["metadata"]["nbgrader"]["grade_id"] = "part_0"
    lab["metadata"] = {"mmlab": {"week": "91_none"}, "kernelspec": {"name": "no-such-kernel"}}
    assert command_line.main(["check", str(save(tmp_path / "lab.ipynb", lab)), "--json"]) == 1
    assert [(row["name"], row["passed"]) for row in report(capsys)["checks"]] == [("part_0", False)]


def test_a_lab_without_checks_is_refused(tmp_path, capsys):
    path = save(tmp_path / "lab.ipynb", bare_lab() | {"metadata": {"mmlab": {"week": "91_none"}}})
    assert command_line.main(["check", str(path)]) == 2
    assert "no check cell" in capsys.readouterr().err


# submit


WITHOUT = ["--no-check"]


def submit(lab: Path, *more: str) -> int:
    """Run mmlab submit as alice, the zip beside the lab, without the checks unless other words are given."""
    return command_line.main(
        [
            "submit",
            str(lab),
            "--student",
            "alice",
            "--out",
            str(lab.parent / "out"),
            "--json",
            *(more or WITHOUT),
        ]
    )


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
    assert ["".join(output["text"]) for output in solution(packed)["outputs"]] == ["small"]
    assert solution(packed)["source"] == ANSWER and lab.read_bytes() == before


def test_attempts_are_counted_and_none_is_overwritten(lab, capsys):
    files = [submit(lab) or report(capsys)["file"] for _ in range(3)]
    assert [re.search(r"attempt_(\d+)_", file)[1] for file in files] == ["1", "2", "3"]
    assert all(Path(file).exists() for file in files)


def damaged(kind: str) -> dict:
    """Return the answered lab with one thing wrong."""
    lab = answered()
    check = notebook.find(lab, "native_modalities")
    if kind == "missing":
        return without(lab, "native_modalities")
    if kind == "more than once":
        lab["cells"].append(copy.deepcopy(solution(lab)) | {"id": "pasted"})
    elif kind == "locked, but changed":
        check["source"] = "pass"
    elif kind == "of another cell type":
        solution(lab)["cell_type"] = "raw"
    elif kind == "changed nbgrader metadata":
        check["metadata"]["nbgrader"]["points"] = 100
    elif kind == "not from this release":
        lab["cells"].append(cell("code", "extra", "1", grade=True, points=9))
    return lab


@pytest.mark.parametrize(
    "kind",
    [
        "missing",
        "more than once",
        "locked, but changed",
        "of another cell type",
        "changed nbgrader metadata",
        "not from this release",
    ],
)
def test_submit_refuses_what_would_stop_a_grader_and_update_mends_it(kind, lab, capsys):
    save(lab, damaged(kind))
    assert submit(lab) == 2
    said = capsys.readouterr().err
    assert kind in said and f"mmlab update {lab}" in said.splitlines()[-1]
    assert not (lab.parent / "out").exists()
    assert command_line.main(["update", str(lab)]) == 0 and submit(lab) == 0
    assert ANSWER in {cell["source"] for cell in notebook.read(lab)["cells"]}


@pytest.fixture
def with_files(lab) -> Path:
    """Return a lab that uses files beside it, among files that it does not use."""
    files = {
        "my_helpers.py": "import deeper\nfrom tools.more import THREE",
        "deeper.py": "open('numbers.txt')",
        "numbers.txt": "1",
        "tools/__init__.py": "",
        "tools/more.py": "THREE = 3",
        "other.ipynb": json.dumps({"cells": [], "metadata": {}}),
        "data/points.csv": "1,2",
        "unused.py": "",
        "models/large.bin": "x" * 100,
        "modality.py": "",
        "secret.txt": "",
        "lab.ipynb.before-1": "",
        "my.csv": "",
    }
    for name, text in files.items():
        (lab.parent / name).parent.mkdir(exist_ok=True)
        (lab.parent / name).write_text(text)
    mine = notebook.read(lab)
    solution(mine)["source"] = "from my_helpers import THREE\n" + ANSWER
    use = "from mmlab import models\n%run other.ipynb\nrows = open(f'data/points.csv').read()  # not my_data.my.csv"
    mine["cells"].append(own(use, "code", "uses"))
    return save(lab, mine)


USED = [
    "data/points.csv",
    "deeper.py",
    "my_helpers.py",
    "numbers.txt",
    "other.ipynb",
    "tools/__init__.py",
    "tools/more.py",
]


def test_submit_packs_the_files_that_the_lab_uses(with_files, capsys):
    assert submit(with_files) == 0
    found = report(capsys)
    assert found["files"] == USED
    with zipfile.ZipFile(found["file"]) as archive:
        assert sorted(archive.namelist()) == sorted(["lab.ipynb", *USED])
        assert archive.read("tools/more.py") == b"THREE = 3"
    assert (
        submit(with_files, "--no-check", "--without", "data", "--with", str(with_files.parent / "models"))
        == 0
    )
    assert report(capsys)["files"] == sorted([*USED[1:], "models/large.bin"])


def test_submit_refuses_files_that_are_too_large_or_elsewhere(with_files, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(lab_pack, "MAX_BYTES", 10)
    assert submit(with_files) == 2
    assert "pass --without FILE" in capsys.readouterr().err
    (tmp_path / "far.py").touch()
    assert submit(with_files, "--no-check", "--with", str(tmp_path / "far.py")) == 2
    assert "copy it into that folder" in capsys.readouterr().err
    assert not (with_files.parent / "out").exists()


@pytest.mark.slow
def test_submit_runs_the_checks_on_what_it_packs_and_check_takes_the_zip(with_files, capsys):
    assert submit(with_files, "--timeout", "60") == 0
    found = report(capsys)
    rows = {row["name"]: row["passed"] for row in found["checks"]}
    assert (
        rows["native_modalities"] is False
        and found["score"] == 0
        and found["max"] == 20
        and found["files"] == USED
    )
    before = sorted(with_files.parent.iterdir())
    assert command_line.main(["check", found["file"], "--json"]) == 1
    again = report(capsys)
    assert again["checks"] == found["checks"] and again["score"] == found["score"]
    assert sorted(with_files.parent.iterdir()) == before


@pytest.mark.slow
def test_submit_refuses_a_module_that_the_grader_would_lack(lab, capsys, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far_helpers.py").write_text("ONE = 1")
    mine = notebook.read(lab)
    path = str(tmp_path / "elsewhere")
    solution(mine)["source"] = f"import sys\nsys.path.append({path!r})\nfrom far_helpers import ONE\n{ANSWER}"
    save(lab, mine)
    assert submit(lab, "--timeout", "60") == 2
    said = capsys.readouterr().err
    assert "far_helpers.py, which the grader does not have" in said and "--no-check" in said
    assert not (lab.parent / "out").exists() and submit(lab) == 0


@pytest.mark.slow
def test_submit_refuses_a_file_that_the_lab_names_in_pieces(lab, capsys):
    (lab.parent / "my_numbers.csv").write_text("1")
    mine = notebook.read(lab)
    solution(mine)["source"] = f"rows = open('my_' + 'numbers.csv').read()\n{ANSWER}"
    save(lab, mine)
    assert submit(lab, "--timeout", "60") == 2
    assert "--with my_numbers.csv" in capsys.readouterr().err
    assert submit(lab, "--timeout", "60", "--with", str(lab.parent / "my_numbers.csv")) == 0
    assert report(capsys)["files"] == ["my_numbers.csv"]


@pytest.mark.parametrize(
    ("student", "packed"),
    [
        ("ada+lab@uni", "ada+lab@uni"),
        ("Ada Lovelace", "Ada Lovelace"),
        ("Zoe\u0308 O'Neil-Smith", "Zo\u00eb O'Neil-Smith"),
        ("s123_b", "s123_b"),
        ("राम", "राम"),
    ],
)
def test_names_and_addresses_are_student_ids(student, packed, lab, capsys):
    assert (
        command_line.main(
            ["submit", str(lab), "--student", student, "--out", str(lab.parent / "out"), *WITHOUT, "--json"]
        )
        == 0
    )
    found = report(capsys)
    assert found["student"] == packed and f"00_setup_{packed}_attempt_1_" in found["file"]


@pytest.mark.parametrize(
    "student", ["", "..", "a/b", "-x", "a  b", "a b ", "ada.", "a\nb", "a:b", "\u0308a", "a" * 101]
)
def test_a_student_id_that_cannot_name_a_file_is_refused(student, lab, capsys, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: student)
    assert command_line.main(["submit", str(lab), f"--student={student}"]) == 2
    assert "--student YOUR_ID" in capsys.readouterr().err


# reset and update


def test_reset_puts_one_exercise_back_and_keeps_the_answer(lab, capsys):
    before = lab.read_bytes()
    assert command_line.main(["reset", str(lab), "native_modalities", "--json"]) == 0
    found = report(capsys)
    assert Path(found["kept"]).read_bytes() == before and found["exercise"] == "native_modalities"
    assert notebook.read(lab)["cells"] == released()["cells"]
    assert command_line.main(["reset", str(lab), "native_modalities", "--json"]) == 0
    assert report(capsys)["kept"] != found["kept"] and Path(found["kept"]).read_bytes() == before


def test_reset_of_an_unknown_exercise_lists_those_there_are(lab, capsys):
    before = lab.read_bytes()
    assert command_line.main(["reset", str(lab), "recall_at_k"]) == 2
    assert "sniff_image_format" in capsys.readouterr().err
    assert lab.read_bytes() == before and [*lab.parent.glob("*.before*")] == []


def test_update_keeps_a_copy_and_brings_the_cases(lab, capsys):
    save(lab, without(answered(), "native_modalities"))
    before, cases = lab.read_bytes(), lab.with_name("cases.npz")
    cases.write_bytes(b"outdated")
    assert command_line.main(["update", str(lab), "--json"]) == 0
    found = report(capsys)
    assert (
        found["kept"] == ["native_modalities-solution"]
        and found["new"] == ["native_modalities"]
        and found["cases"]
    )
    assert Path(found["before"]).read_bytes() == before
    assert cases.read_bytes() == (RELEASED / "cases.npz").read_bytes()
    assert command_line.main(["update", str(lab), "--json"]) == 0
    found = report(capsys)
    assert found["before"] is None and not found["cases"] and len([*lab.parent.glob("*.before*")]) == 1


def test_update_says_for_people_what_became_of_each_answer(lab, tmp_path, capsys):
    drop = [f"native_modalities{end}" for end in ("-statement", "-solution", "")]
    new = save(tmp_path / "new.ipynb", signed(without(released(), *drop)))
    assert command_line.main(["update", str(lab), "--release", str(new)]) == 0
    assert (
        "native_modalities-solution is no longer in the lab; your text is at the end"
        in capsys.readouterr().out
    )


def test_another_weeks_release_is_refused(lab, tiny, capsys):
    before = lab.read_bytes()
    assert command_line.main(["update", str(lab), "--release", str(tiny / "labs" / "90_tiny")]) == 2
    assert (
        "is a lab of 90_tiny; your lab is of 00_setup" in capsys.readouterr().err
        and lab.read_bytes() == before
    )


# labs that are edited in place


def git(folder: Path, *words: str) -> None:
    """Run git in a folder."""
    who = [
        "-c",
        "user.name=A",
        "-c",
        "user.email=a",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "commit.gpgsign=false",
    ]
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
    lab = save(course / "labs" / WEEK / "lab.ipynb", without(answered(), "native_modalities"))
    assert command_line.main(["update", str(lab), "--json"]) == 0
    found = report(capsys)
    assert found["release"].startswith("@{upstream}:") and found["new"] == ["native_modalities"]
    git(course, "branch", "--unset-upstream")
    assert command_line.main(["reset", str(lab), "native_modalities"]) == 0
    assert notebook.read(lab)["cells"] == released()["cells"]


def test_a_lab_edited_in_place_gets_what_upstream_released(course, capsys):
    new = released()
    notebook.find(new, "native_modalities-statement")["source"] += "\n\nOne more sentence."
    save(course.parent / "first" / "labs" / WEEK / "lab.ipynb", signed(new))
    (course.parent / "first" / "labs" / WEEK / "cases.npz").write_bytes(b"newer")
    git(course.parent / "first", "commit", "-q", "-am", "Release again")
    lab = save(course / "labs" / WEEK / "lab.ipynb", answered())
    git(course, "fetch", "-q")
    assert command_line.main(["update", str(lab), "--json"]) == 0
    assert report(capsys)["cases"] and lab.with_name("cases.npz").read_bytes() == b"newer"
    assert "One more sentence." in lab.read_text() and solution(notebook.read(lab))["source"] == ANSWER


def test_a_copy_takes_gits_release_where_the_courses_own_file_was_worked_in(course, capsys):
    worked_in = answered()
    worked_in["cells"].append(own("notes"))
    save(course / "labs" / WEEK / "lab.ipynb", worked_in)
    copied = save(course / "mine.ipynb", answered())
    assert command_line.main(["reset", str(copied), "native_modalities"]) == 0
    assert notebook.read(copied)["cells"] == released()["cells"]


def test_without_git_the_release_must_be_given(course, capsys, monkeypatch):
    lab = save(course / "labs" / WEEK / "lab.ipynb", answered())
    monkeypatch.setenv("PATH", "")
    assert command_line.main(["update", str(lab)]) == 2
    assert "--release" in capsys.readouterr().err.splitlines()[-1]
    assert command_line.main(["update", str(lab), "--release", str(RELEASED)]) == 0
