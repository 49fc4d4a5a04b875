"""What was graded survives a crash at any byte, a full disk and a second run; logs name nobody."""

import errno
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from mmlab.course.grade import journal as journals
from mmlab.course.grade import lock
from mmlab.course.grade.journal import Journal, key_of
from mmlab.course.grade.logs import Log
from mmlab.course.grade.report import row_of
from mmlab.course.grade.stages import CellRun, Graded, Mark, Submission
from mmlab.errors import InputError

CONTEXT = {"release": "r1", "limits": {"cell_seconds": 60}}


def result(student: str, digest: str = "d", **more) -> Graded:
    """Return a result with a mark and a cell."""
    marks = [Mark("scaled_sum", 1.0, 1.0, 4, 4, None, ("", "", "")), Mark("explain", None, 2.0)]
    return Graded(student, "90_tiny", digest, marks=marks, cells=[CellRun("a", "ok", "é\udc80" * 20)], **more)


def handed_in(student: str, digest: str = "d") -> Submission:
    """Return a submission."""
    return Submission(student, "90_tiny", None, digest)


def test_what_was_added_is_there_again(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"])
        journal.add(result("ada"))
    with Journal(tmp_path) as journal:
        assert journal.last("ada") == result("ada") and journal.last("bob") is None
        assert journal.unfinished["total"] == 2 and journal.done() == 1 and not journal.entries["ada"].written
        journal.begin(CONTEXT, ["ada", "bob"], resume=True)
        assert journal.holds(handed_in("ada")) and not journal.holds(handed_in("bob"))
        assert not journal.holds(handed_in("ada", "another file"))
        journal.add(result("bob"))
        journal.written(["ada", "bob"])
        journal.end({"cells": 1.5})
    with Journal(tmp_path) as journal:
        assert journal.unfinished is None and all(entry.written for entry in journal.entries.values())
    assert json.loads((tmp_path / journals.FILE).read_text().splitlines()[-1])["spent"] == {"cells": 1.5}
    assert (tmp_path / journals.FILE).stat().st_mode & 0o077 == 0


def test_another_context_is_graded_again(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada"])
        journal.add(result("ada"))
        journal.begin(CONTEXT | {"release": "r2"}, ["ada"], resume=True)
        assert not journal.holds(handed_in("ada"))
        journal.begin(CONTEXT, ["ada"], resume=True)
        assert journal.holds(handed_in("ada"))


def test_a_fresh_run_goes_on_from_nothing_but_keeps_what_is_known(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"])
        journal.add(result("ada"))
        journal.add(result("bob"))
        journal.begin(CONTEXT, ["ada"])
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"], resume=True)
        assert not journal.holds(handed_in("ada")) and journal.holds(handed_in("bob"))
        assert journal.last("ada") == result("ada")


def test_a_fault_is_no_result_and_replaces_none(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"])
        journal.add(result("ada"))
        journal.add(Graded("ada", "90_tiny", "d", fault="the sandbox broke"))
        journal.add(Graded("bob", "90_tiny", "d", fault="the sandbox broke"))
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"], resume=True)
        assert not journal.holds(handed_in("ada")) and not journal.holds(handed_in("bob"))
        assert journal.last("ada") == result("ada") and journal.last("bob") is None


def test_a_part_leaves_the_class_unfinished(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob", "cyd"])
        journal.add(result("ada"))
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["bob"], part=True)
        journal.add(result("bob"))
        journal.end({})
    with Journal(tmp_path) as journal:
        assert journal.unfinished["total"] == 3 and journal.done() == 2


def test_a_line_cut_at_any_byte_costs_that_line_only(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob", "cyd"])
        journal.add(result("ada"))
        size = journal.path.stat().st_size
        journal.add(result("bob"))
    whole = journal.path.read_bytes()
    for cut in range(size, len(whole)):
        journal.path.write_bytes(whole[:cut])
        with Journal(tmp_path) as again:
            assert set(again.entries) == {"ada"} and again.damaged == 0
            again.add(result("cyd"))
        with Journal(tmp_path) as again:
            assert again.last("cyd") == result("cyd") and again.last("ada") == result("ada")


def test_a_damaged_line_in_the_middle_is_counted_and_graded_again(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"])
        journal.add(result("ada"))
        journal.add(result("bob"))
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(lines[0] + b"\0" * (len(lines[1]) - 1) + b"\n" + lines[2])
    with Journal(tmp_path) as again:
        assert again.damaged == 1 and set(again.entries) == {"bob"} and again.last("bob") == result("bob")


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"])
        journal.add(result("ada"))
        before, real = journal.path.read_bytes(), os.pwrite

        def full(file, data, place):
            if place > len(before):
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(file, data[:100], place)

        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            journal.add(result("bob"))
        monkeypatch.undo()
        assert journal.path.read_bytes() == before and "bob" not in journal.entries
        journal.add(result("bob"))
        assert journal.last("bob") == result("bob")


def test_replaced_lines_are_dropped_once_they_are_most_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "SLACK", 2000)
    students = [f"s{number}" for number in range(5)]
    with Journal(tmp_path) as journal:
        for number in range(20):
            journal.begin(CONTEXT, students)
            for student in students:
                journal.add(result(student, f"digest {number}"))
            journal.written(students[:3])
        journal.begin(CONTEXT, students[:2], part=True)
        size = journal.path.stat().st_size
    with Journal(tmp_path) as again:
        assert size < 12 * again.entries["s0"].size + 5000
        assert {name: entry.stale for name, entry in again.entries.items()} == dict.fromkeys(students, False) | {"s0": True, "s1": True}
        assert [again.entries[student].written for student in students] == [True] * 3 + [False] * 2
        assert again.last("s4") == result("s4", "digest 19") and again.unfinished["total"] == 5 and again.done() == 3


def test_contexts_are_equal_by_content():
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1}) != key_of({"a": 1, "b": [3]})


HOLD = """
import sys, time
from pathlib import Path
from mmlab.course.grade.lock import locked
with locked(Path(sys.argv[1]), "02_clip"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_told_who_holds_the_course_and_a_killed_run_leaves_no_lock(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError) as refused, lock.locked(tmp_path, "90_tiny"):
            pass
        assert f"process {holder.pid}, week 02_clip, since 20" in refused.value.given and " on " in refused.value.given
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with lock.locked(tmp_path, "90_tiny"):
        with pytest.raises(InputError, match=f"process {os.getpid()}"), lock.locked(tmp_path, "02_clip"):
            pass
    with lock.locked(tmp_path, "90_tiny"):
        pass
    assert (tmp_path / lock.FOLDER).stat().st_mode & 0o077 == 0


def test_a_log_holds_figures_and_no_names(tmp_path):
    log = Log(tmp_path, "90_tiny")
    for found in (
        result("Ada Lovelace", "abc", problem="lab of Ada Lovelace is no notebook", seconds=1.25, peak_mb=300.0),
        Graded("Ada Lovelace", "90_tiny", "abd", fault="submitted/Ada Lovelace: broken"),
    ):
        log.add(found, row_of(found, {"scaled_sum": 1.0}))
    text = log.path.read_text()
    first, second = map(json.loads, text.splitlines())
    assert "Ada" not in text and "Lovelace" not in text
    assert (first["digest"], first["seconds"], first["peak_mb"], first["refused"]) == ("abc", 1.25, 300.0, True)
    assert first["verdicts"]["scaled_sum"] == {"score": 1.0, "max": 1.0, "misconception": None}
    assert second["fault"] is True and first["student"] == second["student"] == Log(tmp_path, "02_clip").id_of("Ada Lovelace")
    assert {path.stat().st_mode & 0o077 for path in (log.path, tmp_path / ".mmlab" / "salt")} == {0}


def test_another_course_gives_other_ids(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert Log(tmp_path / "a", "90_tiny").id_of("ada") != Log(tmp_path / "b", "90_tiny").id_of("ada")


def test_old_lines_leave_the_log(tmp_path):
    log = Log(tmp_path, "90_tiny")
    ages = {"old": 181, "young": 179}
    lines = [json.dumps({"at": (datetime.now(UTC) - timedelta(days=days)).isoformat(), "student": name})
             for name, days in ages.items()]  # fmt: skip
    log.path.write_text("\n".join(lines) + "\n" + '{"at": "20')
    Log(tmp_path, "90_tiny")
    assert [json.loads(line)["student"] for line in log.path.read_text().splitlines()] == ["young"]
    Log(tmp_path, "90_tiny", keep=100)
    assert log.path.read_text() == ""
