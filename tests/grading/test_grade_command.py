"""`mmlab grade`: what it asks for, what it says to people and machines, what it leaves in nbgrader's formats."""

import io
import json
import shutil
from dataclasses import replace

import pytest

from fake_grader import POINTS, FakeGrader, calls, course, graded, hand_in, marks  # noqa: F401, a fixture among them
from graded_class import configure, due
from mmlab.cli import command_line
from mmlab.instructor.grading import progress
from mmlab.instructor.grading.gradebook import export, gradebook
from mmlab.instructor.grading.records import Graded
from tiny_course import WEEK

FULL = sum(POINTS.values())


def test_the_report_for_machines(course, capsys):
    assert command_line.main(["grade", WEEK, "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1, "nothing else is on stdout"
    report = json.loads(out)
    assert set(report) == {"week", "submissions"} and report["week"] == WEEK
    assert [one["student"] for one in report["submissions"]] == ["ada", "bob", "cyd"]
    fields = {"student", "score", "max", "seconds", "peak_mb", "verdicts", "repairs", "problem"}
    for one in report["submissions"]:
        assert set(one) == fields and one["problem"] is None and one["repairs"] == []
        assert all(isinstance(one[name], float) for name in ("score", "max", "seconds", "peak_mb"))
        assert set(one["verdicts"]) == set(POINTS), "texts are left out"
        assert one["max"] == FULL
        assert one["score"] == sum(verdict["score"] for verdict in one["verdicts"].values())
    assert [one["score"] for one in report["submissions"]] == [FULL, POINTS["Tally"], 0.0]
    assert report["submissions"][1]["verdicts"]["Gain"] == {
        "score": 0.0,
        "max": 2.0,
        "misconception": "takes_the_mean",
    }


def test_database_files_and_pages_are_written(course, capsys):
    assert graded(capsys)[0] == 0
    assert marks(course)["bob"] == dict.fromkeys(POINTS, 0.0) | {"Tally": 3.0, "explain": None}
    for student in ("ada", "bob", "cyd"):
        assert (course / "autograded" / student / WEEK / "lab.ipynb").is_file()
        assert (course / "feedback" / student / WEEK / "lab.html").is_file()


def test_people_get_a_line_a_submission_and_a_summary(course, capsys):
    hand_in(course, "dan", "refused")
    assert command_line.main(["grade", "90"]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = {line.split()[0]: line for line in lines[:4]}
    assert set(shown) == {"ada", "bob", "cyd", "dan"} and f"ada  {FULL:g}/{FULL:g}  0.0 s" == shown["ada"]
    assert shown["dan"].endswith("refused: it is no notebook")
    said = "\n".join(lines[4:])
    assert f"{WEEK}: 4 graded" in said and "1 refused:\n    dan: it is no notebook" in said
    assert "wait for a person, in formgrader: explain" in said and "database" in said


def test_a_regrade_says_whose_mark_moved(course, capsys):
    graded(capsys)
    hand_in(course, "bob", "Tally Gain")
    assert command_line.main(["grade", WEEK]) == 0
    said = capsys.readouterr().out
    assert "1 scores that changed:\n    bob, Gain: 0 → 2 (submission changed)" in said
    assert calls(course) == ["ada", "bob", "cyd"] * 2 or len(calls(course)) == 6


def test_a_fault_is_not_graded_and_exits_1(course, capsys):
    graded(capsys)
    hand_in(course, "ada", "fault")
    hand_in(course, "cyd", "raises")
    status, found = graded(capsys)
    assert status == 1
    assert found["ada"]["problem"] == "not graded: the sandbox broke" and found["ada"]["verdicts"] == {}
    assert found["cyd"]["problem"].startswith("not graded: InputError: a broken grader")
    assert (found["ada"]["score"], found["ada"]["max"]) == (0.0, FULL)
    assert calls(course)[3:].count("ada") == 2, "a fault is tried twice"
    assert marks(course)["ada"]["Tally"] == 3.0, "earlier marks stay"


def test_a_refused_file_scores_0_with_its_problem(course, capsys):
    hand_in(course, "ada", "refused")
    status, found = graded(capsys)
    assert status == 0 and found["ada"]["problem"].startswith("it is no notebook")
    assert (found["ada"]["score"], found["ada"]["max"]) == (0.0, FULL)
    assert found["ada"]["verdicts"]["Gain"] == {"score": 0.0, "max": 2.0, "misconception": None}


def test_no_sandbox_is_said_once_and_leaves_the_course_free(course, capsys):
    hand_in(course, "ada", "no sandbox")
    assert command_line.main(["grade", WEEK]) == 2
    assert "bubblewrap is not installed" in capsys.readouterr().err
    hand_in(course, "ada", "Tally")
    assert command_line.main(["grade", WEEK, "--resume"]) == 0


def test_one_student(course, capsys):
    status, found = graded(capsys, "--student", "bob")
    assert status == 0 and set(found) == {"bob"} and set(marks(course)) == {"bob"}
    status, found = graded(capsys, "--student", "bob", "--student", "cyd")
    assert set(found) == {"bob", "cyd"} and calls(course)[0] == "bob"


def test_one_exercise_leaves_the_others(course, capsys):
    graded(capsys)
    hand_in(course, "bob", "Gain")
    status, found = graded(capsys, "--exercise", "Gain")
    assert (
        status == 0 and found["bob"]["verdicts"].keys() == {"Gain"} and found["bob"]["max"] == POINTS["Gain"]
    )
    assert marks(course)["bob"] == dict.fromkeys(POINTS, 0.0) | {"Tally": 3.0, "Gain": 2.0, "explain": None}
    page = (course / "feedback" / "bob" / WEEK / "lab.html").read_text()
    assert "scaled_sum" in page, "the page still has every exercise"
    assert (
        "Tally: 4 of 4 hidden cases right" in (course / "autograded" / "bob" / WEEK / "lab.ipynb").read_text()
    )


@pytest.mark.parametrize(
    "words, says",
    [
        (["77"], "week '77'"),
        ([WEEK, "--student", "eve"], "eve submitted nothing for 90_tiny\n  wanted: one of ada, bob, cyd"),
        ([WEEK, "--exercise", "Gian"], "exercise 'Gian' of 90_tiny\n  wanted: one of scaled_sum, Gain"),
        ([WEEK, "--exercise", "explain"], "explain is a text"),
        ([WEEK, "--jobs", "0"], "--jobs 0\n"),
        ([WEEK, "--cell-seconds", "-1"], "--cell-seconds -1"),
        ([WEEK, "--engine", "spark", "x"], "engine 'spark'"),
    ],
)
def test_a_wrong_request_exits_2_and_says_what_there_is(course, capsys, words, says):
    assert command_line.main(["grade", *words]) == 2
    told = capsys.readouterr()
    assert says in told.err and "\n  try: " in told.err and told.out == "" and not calls(course)


def test_no_submissions_says_where_they_should_lie(copy_of_tiny, inside, capsys):
    inside(copy_of_tiny)
    assert command_line.main(["grade", WEEK, "--json"]) == 2
    told = capsys.readouterr()
    assert f"submitted/STUDENT/{WEEK}/" in told.err and told.out == ""


def test_a_week_that_is_not_released(course, capsys):
    (course / "labs" / WEEK / "lab.ipynb").unlink()
    assert command_line.main(["grade", WEEK]) == 2
    assert f"run `mmlab release {WEEK}`" in capsys.readouterr().err


def test_a_roster_is_entered_and_who_is_missing_is_said(course, capsys):
    (course / "class.csv").write_text("id,first_name,last_name\nada,Ada,Lovelace\ndan,Dan,Bo\nbob,Bob,Bee\n")
    assert command_line.main(["grade", WEEK, "--roster", "class.csv"]) == 0
    said = capsys.readouterr().out
    assert (
        "1 on the roster without a submission:\n    dan" in said
        and "1 with a submission but not on the roster:\n    cyd" in said
    )
    with gradebook.opened(course) as opened:
        assert opened.book.find_student("ada").last_name == "Lovelace"
    (course / "class.csv").write_text("id,extension\nada,soon\n")
    assert command_line.main(["grade", WEEK, "--roster", "class.csv"]) == 2
    assert "line 2" in capsys.readouterr().err


def test_an_export_is_brought_in_first(course, capsys):
    (course / "export").mkdir()
    hand_in(course, "eve", "Tally").rename(course / "export" / "eve_1_assignsubmission_file_lab.ipynb")
    shutil.rmtree(course / "submitted" / "eve")
    status, found = graded(capsys, "--collect", "export")
    assert status == 0 and set(found) == {"ada", "bob", "cyd", "eve"} and found["eve"]["score"] == 3.0
    assert command_line.main(["grade", WEEK, "--collect", "nowhere"]) == 2


def test_an_id_with_a_space_stays_as_it_was_submitted(course, capsys):
    (course / "export").mkdir()
    packed = f"{WEEK}_Ada Lovelace_attempt_1_20260720T155901_lab.zip"
    hand_in(course, "eve", "Tally").rename(course / "export" / packed)
    shutil.rmtree(course / "submitted")
    status, found = graded(capsys, "--collect", "export", "--student", "Ada Lovelace")
    assert status == 0 and found["Ada Lovelace"]["score"] == 3.0 and set(marks(course)) == {"Ada Lovelace"}
    assert (course / "feedback" / "Ada Lovelace" / WEEK / "lab.html").is_file()


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_a_terminal_gets_one_line_that_rewrites_itself(monkeypatch):
    now, terminal = iter(range(0, 1000, 10)), Terminal()
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    shown = progress.Progress(8, terminal, known=4)
    for _ in range(4):
        shown.graded(Graded("ada", WEEK, ""), {"score": 1.0, "max": 2.0})
    shown.finish()
    said = terminal.getvalue()
    assert "\n" not in said and "ada" not in said
    assert "6 of 8 graded" in said and "a minute, about" in said and said.endswith("\r\x1b[K")


def test_without_a_terminal_there_is_one_line_a_submission():
    stream = io.StringIO()
    shown = progress.Progress(2, stream)
    shown.graded(Graded("ada", WEEK, "", repairs=["a", "b"], seconds=1.0), {"score": 1.5, "max": 2.0})
    shown.graded(Graded("bob", WEEK, "", fault="broke\nbadly"), {"score": 0.0, "max": 2.0})
    shown.finish()
    assert stream.getvalue() == "ada  1.5/2  1.0 s  2 repaired\nbob  -  0.0 s  not graded: broke\n"


def test_a_run_without_the_sandbox_says_so(course, capsys, monkeypatch):
    grade = FakeGrader.grade
    monkeypatch.setattr(
        FakeGrader, "grade", lambda self, submission: replace(grade(self, submission), unsafe=True)
    )
    assert command_line.main(["grade", WEEK, "--unsafe"]) == 0
    assert "3 graded WITHOUT the sandbox" in capsys.readouterr().out
    log = (course / ".mmlab" / WEEK / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["unsafe"] for line in log] == [True] * 3


DUE, ZONE = "2026-07-20 16:00 UTC", "c.Exchange.timezone = 'Europe/Berlin'"


@pytest.mark.parametrize(
    ("text", "zone", "late"),
    [
        ("2026-07-20 17:59:01 CEST", "", 0),
        ("2026-07-20 11:59:59 EDT", "", 0),
        ("2026-07-20 08:59:59 PDT", "", 0),
        ("2026-07-20 16:59:59 BST", "", 0),
        ("2026-07-20 17:59:59 +02:00", "", 0),
        ("2026-07-20 17:59:59", ZONE, 0),
        ("2026-07-20 18:00:01 CEST", "", 1),
        ("2026-07-20 12:00:01 EDT", "", 1),
        ("2026-07-20 18:00:01", ZONE, 1),
        ("2026-07-20 17:59:59", "", 7199),
    ],
)
def test_a_late_penalty_follows_the_zone_and_is_shown(course, capsys, text, zone, late):
    configure(course, f"c.LateSubmissionPlugin.penalty_method = 'zero'\n{zone}")
    due(course, DUE)
    (course / "submitted" / "ada" / WEEK / "timestamp.txt").write_text(text)
    assert command_line.main(["grade", WEEK, "--student", "ada"]) == 0
    said = capsys.readouterr().out
    (row,) = export.read(course)
    assert row.penalty == (FULL if late else 0)
    assert (f"ada: 0 points, {FULL:g} without the late penalty of {FULL:g}" in said) == bool(late)
    assert ("late, points before the penalty" in said.splitlines()[0]) == bool(late)
    assert f"mean {0 if late else FULL:.1f} of" in said
    assert ("names no zone" in said) == (text == "2026-07-20 17:59:59" and not zone)
    _, found = graded(capsys, "--student", "ada")
    assert (found["ada"]["late_penalty"], found["ada"]["final_score"]) == ((FULL, 0) if late else (0, FULL))
    assert found["ada"]["score"] == FULL, "the points of the exercises"


@pytest.mark.parametrize(
    "text",
    [
        "20.07.2026 23:59",
        "07/20/2026 5:59 PM",
        "2026-07-20",
        "2026-07-20 17:59 IST",
        "2026-07-20 17:59 CST",
        "soon",
    ],
)
def test_a_time_that_cannot_be_read_is_never_in_time_in_silence(course, capsys, text):
    (course / "submitted" / "ada" / WEEK / "timestamp.txt").write_text(text)
    assert command_line.main(["grade", WEEK]) == 0
    said = capsys.readouterr().out
    assert (
        f"ada: the time {text!r} cannot be read" in said
        and "must be checked" in said
        and "bob: there" not in said
    )
    due(course, DUE)
    assert graded(capsys)[1]["ada"]["time_problem"] == f"the time {text!r} cannot be read"
    assert command_line.main(["grade", WEEK]) == 0
    assert "bob: there is no time of submission" in capsys.readouterr().out


def test_a_class_of_blackboard_is_graded_whole_with_its_roster(course, capsys, tmp_path):
    shutil.rmtree(course / "submitted")
    lab = hand_in(course, "model", "Tally").read_bytes()
    shutil.rmtree(course / "submitted")
    names = [
        f"{first}_{last}" for first in "ann bob cyd dan eve".split() for last in "smith wu de_boer li".split()
    ]
    folder, roster = tmp_path / "export", tmp_path / "roster.csv"
    folder.mkdir()
    for name in names:
        (folder / f"COURSE_lab_{name}_attempt_2026-07-20-17-59-01_lab.ipynb").write_bytes(lab)
        (folder / f"COURSE_lab_{name}_attempt_2026-07-20-17-59-01.txt").write_text("Name: ...")
    roster.write_text("id,first_name,,\n" + "".join(f"{name},X,,\n" for name in names))
    assert command_line.main(["grade", WEEK, "--collect", str(folder)]) == 2
    assert "do not say for certain" in capsys.readouterr().err and not (course / "submitted").exists()
    assert command_line.main(["grade", WEEK, "--collect", str(folder), "--roster", str(roster)]) == 0
    said = capsys.readouterr().out
    assert "collected 20 submissions" in said and "20 graded" in said and "skipped" not in said
    assert sorted(marks(course)) == sorted(names)
    assert command_line.main(["grade", WEEK, "--pattern", "(?P<student>.*)"]) == 2
    assert "--pattern without --collect" in capsys.readouterr().err
    words = [
        "--collect",
        str(folder),
        "--pattern",
        r"lab_(?P<student>\w+)_attempt_(?P<time>[\d-]+)_lab\.ipynb",
    ]
    assert command_line.main(["grade", WEEK, *words, "--resume"]) == 0
    assert "20 were already up to date" in capsys.readouterr().out
    assert command_line.main(["grade", WEEK, "--collect", str(folder), "--pattern", "no(?P<student>pe)"]) == 2
    assert "no file of" in capsys.readouterr().err


def test_a_penalty_follows_a_due_date_that_moves(course, capsys):
    configure(course, "c.LateSubmissionPlugin.penalty_method = 'zero'")
    (course / "submitted" / "ada" / WEEK / "timestamp.txt").write_text("2026-07-20 18:00:01 CEST")
    totals = []
    for when in (None, DUE, "2026-07-20 17:00 UTC", DUE):
        if when:
            due(course, when)
        command_line.main(["grade", WEEK, *["--resume"] * bool(when)])
        totals.append(max(row.penalty for row in export.read(course)))
    assert totals == [0, FULL, 0, FULL]
    assert "ada: 0 points, 15 without the late penalty of 15 (1 s late)" in capsys.readouterr().out


def test_a_course_whose_path_looks_like_an_address_is_graded_where_it_is(course, inside, capsys):
    root = course.with_name("co?u#r%25 s%20e")
    shutil.copytree(course, root)
    (root / "gradebook.db").unlink(missing_ok=True)
    inside(root)
    status, found = graded(capsys)
    assert status == 0 and set(found) == {"ada", "bob", "cyd"}
    assert command_line.main(["export", "--out", str(root / "scores.csv")]) == 0
    assert (root / "gradebook.db").is_file() and "ada" in (root / "scores.csv").read_text()
    assert {*course.parent.iterdir()} == {course, root}, "nothing is written beside the course"
