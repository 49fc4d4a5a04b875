"""Logs hold what a run cost, and name nobody."""

import json
from datetime import UTC, datetime, timedelta

from mmlab.instructor.grading.logs import Log
from mmlab.instructor.grading.records import Graded
from mmlab.instructor.grading.report import row_of
from test_grade_journal import result


def test_a_log_holds_figures_and_no_names(tmp_path):
    log = Log(tmp_path, "90_tiny")
    for found in (
        result(
            "Ada Lovelace", "abc", problem="lab of Ada Lovelace is no notebook", seconds=1.25, peak_mb=300.0
        ),
        Graded("Ada Lovelace", "90_tiny", "abd", fault="submitted/Ada Lovelace: broken"),
    ):
        log.add(found, row_of(found, {"scaled_sum": 1.0}))
    text = log.path.read_text()
    first, second = map(json.loads, text.splitlines())
    assert "Ada" not in text and "Lovelace" not in text
    assert (first["digest"], first["seconds"], first["peak_mb"], first["refused"]) == (
        "abc",
        1.25,
        300.0,
        True,
    )
    assert first["verdicts"]["scaled_sum"] == {"score": 1.0, "max": 1.0, "misconception": None}
    assert second["fault"] is True and first["student"] == second["student"] == Log(
        tmp_path, "02_clip"
    ).id_of("Ada Lovelace")
    assert {path.stat().st_mode & 0o077 for path in (log.path, tmp_path / ".mmlab" / "salt")} == {0}


def test_another_course_gives_other_ids(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert Log(tmp_path / "a", "90_tiny").id_of("ada") != Log(tmp_path / "b", "90_tiny").id_of("ada")


def test_old_lines_leave_the_log(tmp_path):
    log = Log(tmp_path, "90_tiny")
    ages = {"old": 181, "young": 179}
    lines = [
        json.dumps({"at": (datetime.now(UTC) - timedelta(days=days)).isoformat(), "student": name})
        for name, days in ages.items()
    ]
    log.path.write_text("\n".join(lines) + "\n" + '{"at": "20')
    Log(tmp_path, "90_tiny")
    assert [json.loads(line)["student"] for line in log.path.read_text().splitlines()] == ["young"]
    Log(tmp_path, "90_tiny", keep=100)
    assert log.path.read_text() == ""
