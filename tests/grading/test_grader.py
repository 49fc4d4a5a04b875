"""The whole path of one submission, and the seed and hidden records that it is graded with."""

import os
import stat
import threading
from dataclasses import replace

import pytest

from mmlab.check.verdict import judge
from mmlab.cli import notebook
from mmlab.errors import InputError, NotebookError
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.grading import grader as grader_module
from mmlab.instructor.grading import hidden_cases
from mmlab.instructor.grading.records import Graded, Submission
from mmlab.instructor.grading.sandbox.sandbox import SandboxFault
from sessions import grader, marks_of, solved, submission, week_of
from tiny_course import ALL

FULL = {"scaled_sum": 1.0, "Gain": 2.0, "Tally": 3.0, "nearest_centre": 4.0, "test_mean": 5.0}
SECRET = b"another secret of the tests, too"


@pytest.fixture(scope="module")
def tiny_grader(tiny):
    """Return one grader of the tiny week for all of these tests."""
    with grader(tiny) as made:
        yield made


def pasted(root, answer) -> dict[str, str]:
    """Return exercise → source of the solution cell with a planted answer in it, from answer(exercise)."""
    week = week_of(root)
    lab = notebook.read(week.notebook)
    return {
        each.name: answer(each).source(notebook.reference(lab, each.name), each.name)
        for each in week.exercises
        if not each.is_text
    }


def test_the_reference_has_every_point(tiny, tiny_grader, tmp_path):
    graded = tiny_grader.grade(submission(tmp_path, solved(tiny)))
    assert marks_of(graded) == FULL | {"explain": 0.0} and graded.score == 15 and graded.problem is None
    assert all(mark.message == ("", "", "") and mark.right == mark.cases for mark in graded.marks)
    assert [run.status for run in graded.cells] == ["ok"] * 5
    assert {"intake", "fork", "cells", "answers", "judge"} <= set(graded.spent) and graded.seconds > 0
    assert Graded.from_plain(graded.plain()) == graded


def test_the_release_itself_has_no_point_and_is_no_attempt(tiny, tiny_grader, tmp_path):
    graded = tiny_grader.grade(submission(tmp_path, solved(tiny, {})))
    assert graded.score == 0 and not any(mark.attempted for mark in graded.marks)
    assert "write your answer" in graded.marks[0].message[2]


@pytest.mark.parametrize("number", range(3))
def test_every_misconception_is_named_on_hidden_cases(tiny, tiny_grader, tmp_path, number):
    graded = tiny_grader.grade(
        submission(tmp_path, solved(tiny, pasted(tiny, lambda each: each.mistakes[number])))
    )
    assert graded.score == 0
    for mark, each in zip(graded.marks, week_of(tiny).exercises, strict=True):
        if not each.is_text:
            planted = each.mistakes[number]
            assert (
                mark.misconception == planted.name
                and planted.message in mark.message[1]
                and mark.message[2] == "fix it"
            )


@pytest.mark.parametrize("number", range(2))
def test_every_alternate_has_every_point(tiny, tiny_grader, tmp_path, number):
    graded = tiny_grader.grade(
        submission(tmp_path, solved(tiny, pasted(tiny, lambda each: each.alternates[number])))
    )
    assert graded.score == 15, graded.marks


def test_credit_by_the_share_of_right_cases_where_the_exercise_says_so(copy_of_tiny, tmp_path):
    path = copy_of_tiny / "solutions" / "90_tiny" / ALL
    text = path.read_text()
    path.write_text(
        text.replace("cases=cases_for_Gain,", "cases=cases_for_Gain, partial=True,").replace(
            "cases=cases_for_scaled_sum,", "cases=cases_for_scaled_sum, partial=True,"
        )
    )
    half = "def scaled_sum(x, scale):\n    if len(x) == 3:\n        return x\n    return (x * scale).sum()"
    with grader(copy_of_tiny) as made:
        graded = made.grade(submission(tmp_path, solved(copy_of_tiny, {"scaled_sum": half})))
    mark = graded.marks[0]
    assert (mark.score, mark.right, mark.cases) == (0.5, 2, 4), (
        "one case has three rows, another a negative scale"
    )
    assert graded.marks[1].score == 0 and mark.message[0].startswith("scaled_sum, hidden case 3 of 4")


def test_a_text_waits_for_a_person_unless_it_is_the_stub(tiny, tiny_grader, tmp_path):
    graded = tiny_grader.grade(submission(tmp_path, solved(tiny, {"explain": "Because."})))
    assert graded.marks[-1].score is None and graded.marks[-1].max == 2 and graded.marks[-1].attempted
    assert graded.score == 0 and graded.max == 15


def test_an_answer_in_a_cell_of_ones_own_counts(tiny, tiny_grader, tmp_path):
    answer = notebook.reference(notebook.read(week_of(tiny).notebook), "Tally")
    graded = tiny_grader.grade(submission(tmp_path, solved(tiny, {}, own=[answer])))
    assert marks_of(graded)["Tally"] == 3 and graded.marks[2].attempted


@pytest.mark.parametrize(
    "cell",
    [
        "source = {answer!r}\nexec(source.replace('TALLY', 'Tal' + 'ly'))",
        "import types\nglobals()['Tal' + 'ly'] = (lambda: 0)",
        "%run -i helpers.py",
        "from helpers import *",
    ],
)
def test_a_name_that_no_text_contains_may_be_an_answer(tiny, tiny_grader, tmp_path, cell):
    answer = notebook.reference(notebook.read(week_of(tiny).notebook), "Tally").replace("Tally", "TALLY")
    lab = solved(tiny, {}, own=[cell.format(answer=answer)])
    graded = tiny_grader.grade(submission(tmp_path, lab))
    assert "as released" not in graded.marks[2].message[0]
    assert marks_of(graded)["Tally"] == (3 if "source" in cell else 0)


def test_a_helper_that_is_redefined_below_keeps_its_meaning(tiny, tiny_grader, tmp_path):
    reference = notebook.reference(notebook.read(week_of(tiny).notebook), "scaled_sum")
    answer = (
        reference.replace("(x * scale).sum()", "helper(x * scale)") + "\n\ndef helper(x):\n    return x.sum()"
    )
    graded = tiny_grader.grade(
        submission(tmp_path, solved(tiny, {"scaled_sum": answer}, own=["def helper(x):\n    return 0"]))
    )
    assert marks_of(graded)["scaled_sum"] == 1


def test_demos_are_not_run_and_companions_lie_beside(tiny, tiny_grader, tmp_path):
    lab = solved(
        tiny,
        own=[
            "raise ValueError",
            "import os\nsorted(os.listdir())",
            "check('scaled_sum', lambda x, scale: x)",
        ],
    )
    lab["cells"][-3]["metadata"]["tags"] = ["demo"]
    graded = tiny_grader.grade(submission(tmp_path, lab))
    runs = {run.id: run for run in graded.cells}
    assert "own-0" not in runs and "cases.npz" in runs["own-1"].text and graded.score == 15
    assert runs["own-2"].error.startswith("CheckFailed: scaled_sum, case 1 of 4"), (
        "the visible check works there"
    )


def test_only_one_exercise(tiny, tmp_path):
    with grader(tiny, only="Gain", unsafe=True) as made:
        graded = made.grade(submission(tmp_path, solved(tiny)))
    assert marks_of(graded) == {"Gain": 2.0} and graded.unsafe
    with pytest.raises(InputError, match="Again"):
        grader(tiny, only="Again")


def test_a_refused_file_has_a_problem_and_no_points(tiny, tiny_grader, tmp_path):
    (tmp_path / "lab.ipynb").write_bytes(b"%PDF-1.4 no notebook")
    graded = tiny_grader.grade(Submission("bob", "90_tiny", tmp_path / "lab.ipynb", "digest"))
    assert graded.problem and graded.fault is None and graded.score == 0 and graded.cells == []
    assert set(marks_of(graded)) == set(FULL) | {"explain"}


def test_a_sandbox_that_fails_is_a_fault_and_no_zero(tiny, tiny_grader, tmp_path, monkeypatch):
    def fails():
        raise SandboxFault("no fork", "a fork", "free memory")

    monkeypatch.setattr(tiny_grader.sandbox, "child", fails)
    graded = tiny_grader.grade(submission(tmp_path, solved(tiny)))
    assert graded.fault.startswith("no fork") and graded.marks == []


def test_a_setup_that_fails_is_a_fault_and_no_zero(tiny, tiny_grader, tmp_path, monkeypatch):
    monkeypatch.setattr(tiny_grader, "setup", "import no_such_module")
    graded = tiny_grader.grade(submission(tmp_path, solved(tiny)))
    assert "No module named 'no_such_module'" in graded.fault and graded.marks == []


def test_threads_share_a_grader(tiny, tiny_grader, tmp_path):
    scores = {}

    def run(student):
        answers = None if student % 2 else {}
        scores[student] = tiny_grader.grade(submission(tmp_path, solved(tiny, answers), f"s{student}")).score

    threads = [threading.Thread(target=run, args=(student,)) for student in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scores == {0: 0, 1: 15, 2: 0, 3: 15}


def test_a_week_that_is_not_released_is_named(copy_of_tiny):
    path = copy_of_tiny / "labs" / "90_tiny" / "lab.ipynb"
    lab = notebook.read(path)
    lab["cells"].remove(notebook.find(lab, "Gain"))
    notebook.write(path, lab)
    with pytest.raises(InputError, match="Gain: not in labs"):
        grader(copy_of_tiny)
    path.unlink()
    with pytest.raises(NotebookError, match="cannot be read"):
        grader(copy_of_tiny)


def test_what_runs_is_unlocked_code_in_order(tiny):
    lab = solved(tiny, own=["x = 1"])
    assert [cell.get("check") or cell["id"] for cell in grader_module.to_run(lab)][:4] == [
        "scaled_sum-solution",
        "scaled_sum",
        "Gain-solution",
        "Gain",
    ]
    assert grader_module.to_run(lab)[-1] == {"id": "own-0", "source": "x = 1"}


# ---------------------------------------------------------------- the seed and the hidden records
def test_a_seed_is_made_once_and_is_private(tmp_path, monkeypatch):
    monkeypatch.delenv("MMLAB_SEED_FILE", raising=False)
    first = hidden_cases.secret(tmp_path)
    assert len(first) == 32 and hidden_cases.secret(tmp_path) == first
    assert stat.S_IMODE((tmp_path / ".seed").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".seed"]
    monkeypatch.setenv("MMLAB_SEED_FILE", str(tmp_path / "elsewhere"))
    other = hidden_cases.secret(tmp_path)
    assert other != first and (tmp_path / "elsewhere").read_bytes() == other
    assert (
        hidden_cases.seed_id(first) != hidden_cases.seed_id(other) and len(hidden_cases.seed_id(first)) == 8
    )


def test_a_seed_that_is_short_or_unreadable_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("MMLAB_SEED_FILE", str(tmp_path / "seed"))
    (tmp_path / "seed").write_bytes(b"short")
    with pytest.raises(InputError, match="contains 5 bytes"):
        hidden_cases.secret(tmp_path)
    monkeypatch.setenv("MMLAB_SEED_FILE", str(tmp_path))
    with pytest.raises(InputError, match="cannot be used"):
        hidden_cases.secret(tmp_path)
    monkeypatch.setenv("MMLAB_SEED_FILE", str(tmp_path / "no" / "folder"))
    with pytest.raises(InputError, match="set MMLAB_SEED_FILE"):
        hidden_cases.secret(tmp_path)


def test_hidden_records_are_kept_private_and_made_again_when_something_changes(copy_of_tiny, monkeypatch):
    made = []
    monkeypatch.setattr(
        hidden_cases,
        "record",
        lambda *args: made.append(args[1].name) or {"name": args[1].name, "seed": args[3]},
    )
    folder = copy_of_tiny / "solutions" / "90_tiny"
    file = copy_of_tiny / ".mmlab" / "90_tiny" / hidden_cases.FILE

    def count(secret=SECRET) -> int:
        made.clear()
        found = hidden_cases.records(copy_of_tiny, load(folder), secret)
        assert set(found) == set(FULL) and found["Gain"] == {"name": "Gain", "seed": secret}
        return len(made)

    assert (count(), count()) == (5, 0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert (count(SECRET + b"!"), count(), count()) == (5, 5, 0)
    (folder / ALL).write_text((folder / ALL).read_text() + "\n")
    assert (count(), count()) == (5, 0)
    for damage in (b"", os.urandom(200), file.read_bytes()[:-3]):
        file.write_bytes(damage)
        assert (count(), count()) == (5, 0)
    assert [path.name for path in file.parent.iterdir()] == [hidden_cases.FILE]


@pytest.mark.parametrize("when", ["after it was loaded", "while its records are made"])
def test_an_exercise_that_is_edited_leaves_no_old_records_under_its_new_key(copy_of_tiny, monkeypatch, when):
    folder, made = copy_of_tiny / "solutions" / "90_tiny", []
    week = load(folder)

    def edit():
        (folder / ALL).write_text((folder / ALL).read_text() + "# edited\n")

    def record(week, exercise, *_):
        if when.startswith("while") and not made:
            edit()
        made.append(exercise.name)
        return {"name": exercise.name, "of": week.sources}

    monkeypatch.setattr(hidden_cases, "record", record)
    if when.startswith("after"):
        edit()
    first = hidden_cases.records(copy_of_tiny, week, SECRET)
    now = load(folder)
    second = hidden_cases.records(copy_of_tiny, now, SECRET)
    assert first["Gain"]["of"] == week.sources != now.sources == second["Gain"]["of"]
    assert hidden_cases.records(copy_of_tiny, load(folder), SECRET) == second and len(made) == 10


def test_hidden_cases_are_not_the_visible_ones(tiny):
    week = week_of(tiny)
    visible, secret = (week.exercise("nearest_centre").inputs(seed) for seed in (b"visible", SECRET))
    assert (visible[0]["truth"][:20] != secret[0]["truth"][:20]).any()


def test_a_draw_that_the_reference_itself_fails_is_made_again(copy_of_tiny):
    """Three centres at one place: nobody can label those points, and it is nobody's fault."""
    week, unlucky = week_of(copy_of_tiny), []

    def cases(rng):
        drawn = exercise.cases(rng)
        if len(unlucky) < most:
            unlucky.append(True)
            for case in drawn:
                case["truth"] = (case["truth"] + 1) % 3
        return drawn

    exercise, most = week.exercise("nearest_centre"), 3
    others = [one for one in week.exercises if one.name != exercise.name]
    changed = replace(week, exercises=(*others, replace(exercise, cases=cases)))
    found = hidden_cases.records(copy_of_tiny, changed, SECRET)["nearest_centre"]
    assert len(unlucky) == 3 and judge(found, found["expected"]).passed
    (copy_of_tiny / ".mmlab" / week.id / hidden_cases.FILE).unlink()
    unlucky.clear()
    most = 99
    with pytest.raises(InputError, match="nearest_centre: the reference fails case 1"):
        hidden_cases.records(copy_of_tiny, changed, SECRET)
    assert len(unlucky) == hidden_cases.DRAWS
