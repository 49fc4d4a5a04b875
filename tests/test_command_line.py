"""The command line's contract with machines: the shape of each report, and what an exit status says."""

import json
import os
import subprocess
import sys

import pytest

from answers import COURSE, checked
from mmlab.cli import command_line, doctor, labs
from mmlab.cli.doctor import Check
from mmlab.instructor.authoring import prove
from mmlab.instructor.authoring.prove import Proof

COMMAND = [sys.executable, "-m", "mmlab.cli.command_line"]


def test_labs_reports_every_graded_exercise_of_the_course(capsys):
    assert command_line.main(["labs", "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert set(out) == {"weeks"} and [week["id"] for week in out["weeks"]] == [week.id for week in COURSE]
    fields = {
        "name": str,
        "points": (int, float),
        "difficulty": int,
        "importance": int,
        "minutes": int,
        "hints": int,
        "misconceptions": int,
        "alternates": int,
        "driver": str,
        "optional": bool,
    }
    for told, week in zip(out["weeks"], COURSE, strict=True):
        assert set(told) == {"id", "title", "exercises"} and told["title"]
        assert {one["name"] for one in told["exercises"]} == {one.name for one in week.exercises}
        for one in told["exercises"]:
            assert set(one) == set(fields) and all(isinstance(one[key], kind) for key, kind in fields.items())
            assert one["driver"] in ("call", "module", "script", "predict", "bugs", "text")
            if one["driver"] != "text":
                assert one["hints"] >= 2 and one["misconceptions"] >= 3 and one["alternates"] >= 2


def test_optional_exercises_are_summed_apart():
    planned, optional = (
        {"points": 4, "minutes": 10, "optional": False},
        {"points": 3, "minutes": 20, "optional": True},
    )
    assert labs.totals([planned, planned]) == ["8 points in 20 minutes"]
    assert labs.totals([planned, optional]) == ["4 points in 10 minutes", "3 optional points in 20 minutes"]


def proved(root, week, box, *, stock, mutants):
    """Return the proof of a week on which everything holds, without running it."""
    return [
        Proof(one.name, 0, 1, [("wrong", True, True)], [("right", True)], [("late", True)])
        for one in checked(week)
    ]


def test_prove_counts_misconceptions_only(capsys, monkeypatch):
    monkeypatch.setattr(prove, "prove", proved)
    assert command_line.main(["prove", "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    names = [one.name for week in COURSE for one in checked(week)]
    assert set(out) == {"exercises", "killed", "named", "planted"}
    assert out["killed"] == out["named"] == out["planted"] == len(names)
    assert out["exercises"] == [
        {
            "name": name,
            "stub_score": 0,
            "reference_score": 1,
            "misconceptions": [{"name": "wrong", "killed": True, "named": True}],
            "alternates": [{"name": "right", "passed": True}],
            "wrong": [{"name": "late", "killed": True}],
            "right": [],
        }
        for name in names
    ]


@pytest.mark.parametrize("ok", [True, False])
def test_doctor_says_ok_and_exits_alike(capsys, monkeypatch, ok):
    monkeypatch.setattr(
        doctor,
        "examine",
        lambda full: [Check("one", True, "fine"), Check("two", ok, "seen", "" if ok else "mend it")],
    )
    assert command_line.main(["doctor", "--json"]) == int(not ok)
    out = json.loads(capsys.readouterr().out)
    assert set(out) == {"ok", "checks"} and out["ok"] is ok
    assert all(set(check) == {"name", "ok", "detail", "do"} for check in out["checks"])


@pytest.mark.parametrize("command", command_line.COMMANDS)
def test_every_command_has_a_report_for_machines(command, capsys):
    with pytest.raises(SystemExit) as left:
        command_line.main([command, "--help"])
    assert left.value.code == 0 and "--json" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["lab"], ["labs", "--jsn"]])
def test_a_request_that_cannot_be_read_exits_2(words, capsys):
    with pytest.raises(SystemExit) as left:
        command_line.main(words)
    assert left.value.code == 2 and "usage: mmlab" in capsys.readouterr().err


def test_an_unknown_week_exits_2_and_a_stop_130(capsys, monkeypatch):
    assert command_line.main(["labs", "77"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("  try: ")

    def stopped(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(labs, "main", stopped)
    assert command_line.main(["labs"]) == 130


@pytest.mark.parametrize("code_page", ["ascii", "cp932", "cp1252", "utf-8"])
def test_any_code_page_can_be_printed_on(code_page):
    environment = {**os.environ, "PYTHONIOENCODING": code_page}
    done = subprocess.run([*COMMAND, "labs", "00"], env=environment, capture_output=True)
    said = done.stdout.decode(code_page)
    between = "·" if code_page in ("cp1252", "utf-8") else "-"
    assert (done.returncode, done.stderr) == (0, b"") and f" points {between} difficulty " in said
    absent = subprocess.run(
        [*COMMAND, "check", "h\u00f6mework \u2192 \u5b66.ipynb"], env=environment, capture_output=True
    )
    assert absent.returncode == 2 and b"Traceback" not in absent.stderr and b"mework" in absent.stderr


def test_what_a_code_page_lacks_is_plain_or_escaped():
    text = "a \u00b7 b \u2026 \u00fc \udcff"
    assert text.encode("ascii", "mmlab.plainly") == rb"a - b ... \xfc \udcff"
    assert text[:9].encode("utf-8", "mmlab.plainly").decode() == text[:9]


@pytest.mark.parametrize("words", [["labs"], ["labs", "--json"], ["labs", "00"]])
def test_a_reader_that_left_ends_a_command_quietly(words):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*COMMAND, *words], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
