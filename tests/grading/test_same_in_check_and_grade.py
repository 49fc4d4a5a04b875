"""`mmlab check` and `mmlab grade` run the same thing: own modules, files, odd own cells, and lines that cannot run."""

import json
import shutil
import zipfile

import pytest

from mmlab.cli import command_line, lab_pack, notebook
from mmlab.instructor.grading import remarks
from mmlab.instructor.grading.intake import companions, plain_lab, submissions
from mmlab.instructor.grading.intake.repair import prepare
from mmlab.instructor.grading.records import CellRun
from sessions import grader, marks_of, solved
from student_labs import own, report, solution
from submitted_files import course, data_of, hand_in, lab_of  # noqa: F401, fixtures among them
from tiny_course import SOLUTIONS, WEEK

FULL = 15.0
HELPERS = {
    "my_helpers.py": b"from tools.deep import scaled\n",
    "tools/deep.py": b"def scaled(x, scale): return x * scale\n",
}
OWN_CELLS = (
    "%%writefile made.py\nEPSILON = 0.0",
    "import made\nmade.EPSILON",
    "import json\njson.load(open('lab.ipynb'))['cells'][0]['cell_type']",
    "%run other.ipynb",
    "import sys\nsys.stdout = open('log.txt', 'w')",
    "exit()",
    "from google.colab import drive\ndrive.mount('/content/drive')",
)


@pytest.fixture(scope="module")
def tiny_grader(tiny):
    """Return one grader of the tiny week for all of these tests."""
    with grader(tiny) as made:
        yield made


def odd(tiny) -> dict:
    """Return a lab of right answers that use own modules and come after lines that cannot run."""
    sum_of = SOLUTIONS["scaled_sum"].replace("(x * scale)", "(scaled(x, scale) + made.EPSILON)")
    answers = SOLUTIONS | {
        "scaled_sum": f"from my_helpers import scaled\nimport made\n{sum_of}",
        "Gain": f"%matplotlib widget\nimport absent_plots as sns, math\nsns.set()\n{SOLUTIONS['Gain']}",
        "Tally": f"torch.set_default_device('cuda')\n{SOLUTIONS['Tally']}",
    }
    lab = solved(tiny, answers)
    lab["cells"][2:2] = [own(source, "code", f"odd-{number}") for number, source in enumerate(OWN_CELLS)]
    return lab


def files_of(lab: dict) -> dict[str, bytes]:
    """Return the files that a student has in the lab's folder."""
    other = {"cells": [own("THERE = 1", "code")], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return {"lab.ipynb": data_of(lab), "other.ipynb": data_of(other), **HELPERS}


@pytest.mark.slow
def test_an_odd_lab_has_the_same_points_in_check_submit_and_grade(
    tiny, tiny_grader, tmp_path, course, capsys
):
    shutil.copytree(tiny / "labs" / WEEK, tmp_path / "home")
    for name, data in files_of(odd(tiny)).items():
        (tmp_path / "home" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "home" / name).write_bytes(data)
    lab, release = str(tmp_path / "home" / "lab.ipynb"), str(tiny / "labs" / WEEK)
    assert command_line.main(["check", lab, "--release", release, "--json"]) == 0
    checked = report(capsys)
    packing = [
        "submit",
        lab,
        "--student",
        "ada",
        "--release",
        release,
        "--out",
        str(tmp_path / "out"),
        "--json",
    ]
    assert command_line.main(packing) == 0
    packed = report(capsys)
    assert (checked["score"], packed["score"]) == (FULL, FULL) and checked["checks"] == packed["checks"]
    assert packed["files"] == ["log.txt", "made.py", "my_helpers.py", "other.ipynb", "tools/deep.py"]
    with open(packed["file"], "rb") as file:
        zipped = tiny_grader.grade(hand_in(course, {packed["file"].rpartition("/")[2]: file.read()}))
    loose = tiny_grader.grade(hand_in(course, files_of(odd(tiny)), student="bob"))
    assert (zipped.score, loose.score) == (FULL, FULL), (zipped.marks, loose.marks)
    for graded in (zipped, loose):
        (said,) = [text for text in graded.repairs if "were skipped" in text]
        assert "No module named 'google.colab'" in said


def test_an_own_cell_above_the_setup_does_not_outlast_it(tiny, tiny_grader, course):
    """In a notebook the setup cell below it defines np and nn again; the grader runs the setup first."""
    lab = solved(tiny)
    lab["cells"].insert(0, own("np = nn = math = None", "code", "odd"))
    assert tiny_grader.grade(hand_in(course, {"lab.ipynb": data_of(lab)})).score == FULL
    lab["cells"].append(lab["cells"].pop(next(i for i, c in enumerate(lab["cells"]) if c["id"] == "setup")))
    assert tiny_grader.grade(hand_in(course, {"lab.ipynb": data_of(lab)}, student="bob")).score < FULL


def test_an_answer_that_needs_a_skipped_line_is_told_so(tiny, tiny_grader, course):
    answers = SOLUTIONS | {
        "scaled_sum": "import absent_sums as s\n" + SOLUTIONS["scaled_sum"].replace("(x * ", "s.all(x * ")
    }
    graded = tiny_grader.grade(hand_in(course, {"lab.ipynb": data_of(solved(tiny, answers))}))
    assert marks_of(graded)["scaled_sum"] == 0 and graded.score == FULL - 1
    assert "name 's' is not defined" in graded.marks[0].message[0]
    assert "No module named 'absent_sums'" in graded.marks[0].message[0]


# ---------------------------------------------------------------- the files beside a notebook
def zip_of(files: dict[str, bytes]) -> bytes:
    """Return a zip of these files."""
    import io

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def prepared(course, tiny, files: dict[str, bytes], student: str = "ada"):
    """Return what intake makes of a student's files."""
    release = notebook.read(tiny / "labs" / WEEK / "lab.ipynb")
    return prepare(hand_in(course, files, student=student), release)


def test_files_beside_the_notebook_are_taken_from_folders_and_zips(course, tiny):
    lab = data_of(solved(tiny))
    inner = zip_of(
        {"hw/lab.ipynb": lab, "hw/m.py": b"1", "hw/d/x.csv": b"2", "n.py": b"3", "hw/__pycache__/m.pyc": b""}
    )
    for number, (files, wanted) in enumerate(
        [
            ({"lab.ipynb": lab}, {}),
            ({"lab.ipynb": lab, "m.py": b"1", "timestamp.txt": b"2026-01-01"}, {"m.py": b"1"}),
            ({"hw/lab.ipynb": lab, "hw/m.py": b"1", "n.py": b"3"}, {"m.py": b"1"}),
            ({"lab.zip": inner, "loose.py": b"4"}, {"m.py": b"1", "d/x.csv": b"2", "loose.py": b"4"}),
            ({"all.zip": zip_of({"part.zip": inner})}, {"m.py": b"1", "d/x.csv": b"2"}),
            ({"all.zip": zip_of({"lab.ipynb": lab, "../m.py": b"1", "/n.py": b"2", ".h.py": b"3"})}, {}),
        ]
    ):
        found = prepared(course, tiny, files, f"s{number}")
        assert found.problem is None and found.files.pop("lab.ipynb").startswith(b"{"), files
        assert found.files == wanted


def test_too_many_and_too_large_files_are_left_out_aloud(course, tiny, monkeypatch):
    monkeypatch.setattr(companions, "MAX_BYTES", 10)
    monkeypatch.setattr(companions, "MAX_FILES", 3)  # with the notebook
    files = {
        "lab.ipynb": data_of(solved(tiny)),
        "a.csv": b"x" * 11,
        "b.py": b"1",
        "c.csv": b"2",
        "d.csv": b"3",
    }
    found = prepared(course, tiny, files)
    assert set(found.files) == {"lab.ipynb", "b.py", "c.csv"}
    assert any("left out: a.csv, d.csv (at most 3 readable files" in text for text in found.repairs)


def test_a_changed_module_is_a_changed_submission(course, tiny):
    lab = data_of(solved(tiny))
    alone = hand_in(course, {"lab.ipynb": lab}).digest
    one = hand_in(course, {"m.py": b"1"}).digest
    two = hand_in(course, {"m.py": b"2"}).digest
    assert len({alone, one, two}) == 3
    (course / "submitted/ada" / WEEK / "m.py").unlink()
    assert submissions.find(course, WEEK)[0].digest == alone


def test_a_packed_zip_is_unpacked_and_nothing_outside_is_written(tmp_path):
    data = zip_of(
        {"hw/lab.ipynb": b"{}", "hw/m.py": b"1", "../evil.py": b"2", "/abs.py": b"3", "hw/../x.py": b"4"}
    )
    (tmp_path / "in").mkdir()
    assert lab_pack.unpack(data, tmp_path / "in", "it") == tmp_path / "in" / "lab.ipynb"
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["lab.ipynb", "m.py"]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04 torn", b"no zip", zip_of({"m.py": b"1"}), zip_of({"a.ipynb": b"", "b.ipynb": b""})]
)
def test_a_zip_without_one_lab_is_refused_in_words(data, tmp_path, capsys):
    (tmp_path / "lab.zip").write_bytes(data)
    assert command_line.main(["check", str(tmp_path / "lab.zip")]) == 2
    assert "try:" in capsys.readouterr().err


# ---------------------------------------------------------------- lines and versions
def test_lines_without_their_ends_are_joined_and_said(course, tiny):
    lab = json.loads(data_of(solved(tiny)))
    for cell in lab["cells"]:
        cell["source"] = "".join(cell["source"]).split("\n")
    found = prepared(course, tiny, {"lab.ipynb": json.dumps(lab).encode()})
    assert solution(found.notebook, "Tally")["source"] == SOLUTIONS["Tally"]
    assert any(text.startswith("The ends of lines were missing in ") for text in found.repairs)
    crlf = json.loads(data_of(solved(tiny)).replace(b"\\n", b"\\r\\n"))
    assert prepared(course, tiny, {"lab.ipynb": json.dumps(crlf).encode()}, "bob").repairs == []


@pytest.mark.parametrize(
    ("given", "version"),
    [
        ({"language_info": {"name": "python", "version": "3.13.1"}}, "3.13.1"),
        ({"language_info": {"version": "3.14.0rc1"}}, "3.14.0rc1"),
        ({"language_info": {"version": "<b>3.13</b>"}}, ""),
        ({"language_info": {"version": 3.13}}, ""),
        ({"language_info": None}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_version_that_saved_a_notebook_is_read(given, version):
    assert plain_lab.python_of({"metadata": given}) == version


@pytest.mark.parametrize(
    ("error", "saved", "said"),
    [
        (
            "SyntaxError: f-string: unmatched '[' (line 1)",
            "3.99.1",
            "was saved with Python 3.99.1 and was run with",
        ),
        ("SyntaxError: invalid syntax (line 1)", "3.99.1", "was saved with Python 3.99.1"),
        ("SyntaxError: invalid syntax (line 1)", "3.8.1", ""),
        ("SyntaxError: invalid syntax (line 1)", "", ""),
        ("NameError: name 'x' is not defined", "3.99.1", ""),
    ],
)
def test_a_syntax_error_names_the_python_that_saved_the_notebook(error, saved, said):
    runs = {"f-solution": CellRun("f-solution", "error", "", error)}
    sentences = remarks.explain_errors(runs, saved)
    assert said in runs["f-solution"].error and bool(sentences) == bool(said)
    assert all(text.startswith(remarks.NEWER) and "f-solution" in text for text in sentences)


def test_colab_names_no_version_and_f_strings_are_explained_all_the_same(monkeypatch):
    monkeypatch.setattr(remarks.platform, "python_version", lambda: "3.11.7")
    assert "from Python 3.12 on" in remarks.hint("SyntaxError: f-string: unmatched '['", "")
    monkeypatch.setattr(remarks.platform, "python_version", lambda: "3.13.1")
    assert remarks.hint("SyntaxError: f-string: unmatched '['", "") == ""


def test_a_newer_syntax_is_graded_0_aloud(tiny, tiny_grader, course, monkeypatch):
    lab = solved(tiny, SOLUTIONS | {"scaled_sum": "new syntax here\n" + SOLUTIONS["scaled_sum"]})
    lab["metadata"]["language_info"] = {"name": "python", "version": "3.99.0"}
    graded = tiny_grader.grade(hand_in(course, {"lab.ipynb": data_of(lab)}))
    assert graded.score == FULL - 1 and "Python 3.99.0" in graded.marks[0].message[0]
    assert graded.repairs[-1].startswith(f"{remarks.NEWER} 3.99.0 and graded with Python 3.")
