"""What was graded survives a crash at any byte, a full disk and a damaged file."""

import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest

from mmlab.errors import InputError
from mmlab.instructor.grading import journal as journals
from mmlab.instructor.grading.journal import Journal, key_of
from mmlab.instructor.grading.records import CellRun, Graded, Mark, Submission

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
        unfinished = journal.unfinished()
        assert (unfinished["total"], unfinished["done"]) == (2, 1) and unfinished["at"].startswith("20")
        assert journal.students() == {"ada"} and not journal.is_written("ada")
        journal.begin(CONTEXT, ["ada", "bob"], resume=True)
        assert journal.holds(handed_in("ada")) and not journal.holds(handed_in("bob"))
        assert not journal.holds(handed_in("ada", "another file"))
        journal.add(result("bob"))
        journal.written(["ada", "bob", "nobody"])
        journal.end({"cells": 1.5})
    with Journal(tmp_path) as journal:
        assert journal.unfinished() is None and journal.spent() == {"cells": 1.5}
        assert journal.is_written("ada") and journal.is_written("bob") and not journal.is_written("nobody")
        journal.add(result("ada", "another file"))
        assert not journal.is_written("ada"), "a new result has to be written"


def test_the_journal_is_its_owners_alone_while_it_is_open_and_after(tmp_path):
    before = os.umask(0)
    try:
        with Journal(tmp_path) as journal:
            journal.begin(CONTEXT, ["ada"])
            journal.add(result("ada"))
            during = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(during.values()) == {0o600} and len(during) > 1
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {journals.FILE: 0o600}


def test_any_student_and_any_number_of_cells_can_be_kept(tmp_path):
    many = result("a\udcff\n'; DROP TABLE results; --")
    many.cells = [CellRun(f"cell-{number}", "error", "", "ValueError: \ud83d") for number in range(5000)]
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, [many.student])
        journal.add(many)
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, [many.student], resume=True)
        assert journal.students() == {many.student} and journal.last(many.student) == many
        assert journal.holds(handed_in(many.student))


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
        unfinished = journal.unfinished()
        assert (unfinished["total"], unfinished["done"]) == (3, 2)


WRITER = """
import os, sys
from pathlib import Path
from mmlab.instructor.grading.journal import Journal
from mmlab.instructor.grading.records import CellRun, Graded
with Journal(Path(sys.argv[1])) as journal:
    journal.begin({"release": "r1"}, ["ada"], resume=True)
    for number in range(10**6):
        journal.add(Graded(f"s{number}", "90_tiny", "d", cells=[CellRun("a", "ok", "x" * (number * 997 % 20_000))]))
        os.write(1, f"s{number}\\n".encode())
"""


def test_a_kill_at_any_moment_loses_nothing_that_was_added(tmp_path):
    for number in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        reported = [writer.stdout.readline() for _ in range(2 + 5 * number)]
        writer.kill()
        reported += writer.stdout.readlines()
        writer.wait()
        whole = {line.strip() for line in reported if line.endswith("\n")}
        with Journal(tmp_path) as journal:
            assert len(whole) >= 2 and whole <= journal.students() and journal.damaged == 0
            assert len(journal.students() - whole) <= (1 if not number else 10**6), (
                "one more may have been on its way"
            )
            for student in whole:
                text = journal.last(student).cells[0].text
                assert text == "x" * (int(student[1:]) * 997 % 20_000)


def test_a_log_cut_at_any_byte_costs_what_was_on_its_way_only(tmp_path):
    """As a crash of the machine leaves the file that SQLite writes ahead: any part of the last transaction is missing."""
    folder, torn = tmp_path / "whole", tmp_path / "torn"
    folder.mkdir()
    torn.mkdir()
    with Journal(folder) as journal:
        journal.begin(CONTEXT, ["ada", "bob", "cyd"])
        journal.add(result("ada"))
        size = folder.joinpath(f"{journals.FILE}-wal").stat().st_size
        journal.add(result("bob"))
        copies = {path.name: path.read_bytes() for path in folder.iterdir()}
    ahead = copies[f"{journals.FILE}-wal"]
    assert len(ahead) > size
    for cut in [*range(size, len(ahead), 397), len(ahead) - 1]:
        for name, data in copies.items():
            (torn / name).write_bytes(data[:cut] if data is ahead else data)
        with Journal(torn) as again:
            assert again.students() == {"ada"} and again.damaged == 0
            again.add(result("cyd"))
        with Journal(torn) as again:
            assert again.last("cyd") == result("cyd") and again.last("ada") == result("ada")


def test_a_journal_cut_at_any_byte_is_refused_or_right(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"])
        journal.add(result("ada"))
        journal.add(result("bob"))
    whole = journal.path.read_bytes()
    refused = 0
    for cut in [*range(1, 1100, 499), *range(2000, len(whole), 1511)]:
        journal.path.write_bytes(whole[:cut])
        try:
            with Journal(tmp_path) as again:
                assert all(again.last(student) == result(student) for student in again.students())
                assert again.students() == {"ada", "bob"} or again.damaged
        except InputError as error:
            refused += 1
            assert (
                error.given.startswith(f"{journal.path} is damaged (") and "grade the week again" in error.do
            )
    assert refused > 5


def test_a_damaged_result_is_counted_and_graded_again(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"])
        journal.add(result("ada"))
        journal.add(result("bob"))
    data = journal.path.read_bytes()
    assert data.count(b'"ada"') == 1
    journal.path.write_bytes(data.replace(b'"ada"', b'"eve"'))
    with Journal(tmp_path) as again:
        assert again.damaged == 1 and again.students() == {"bob"} and again.last("bob") == result("bob")
    with Journal(tmp_path) as again:
        assert again.damaged == 0 and again.students() == {"bob"}


def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / journals.FILE
    with Journal(tmp_path):
        pass
    for statement, words in (
        ("PRAGMA user_version = 7", "is a journal of format 7"),
        ("PRAGMA application_id = 1", "is another program's database"),
    ):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute(statement)
        before = path.read_bytes()
        with pytest.raises(InputError, match=words), Journal(tmp_path):
            pass
        assert path.read_bytes() == before
    path.write_bytes(b'{"mark": "begin"}\n' * 100)
    with pytest.raises(InputError, match="is damaged .file is not a database"), Journal(tmp_path):
        pass
    assert path.read_bytes() == b'{"mark": "begin"}\n' * 100
    path.unlink()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE answers (key TEXT)")
    before = path.read_bytes()
    with pytest.raises(InputError, match="another program's database"), Journal(tmp_path):
        pass
    assert path.read_bytes() == before


def test_who_looks_into_a_journal_stops_no_run_and_a_locked_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "WAIT_SECONDS", 0.1)
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada"])
        with (
            contextlib.closing(sqlite3.connect(journal.path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("SELECT * FROM results")
        with pytest.raises(InputError, match="locked") as refused, Journal(tmp_path):
            pass
        assert "close the program that has it open" in refused.value.do and "--resume" in refused.value.do
        journal.add(result("ada"))
        assert journal.last("ada") == result("ada")


def test_a_full_disk_keeps_what_was_there(tmp_path):
    large = result("bob")
    large.cells = [CellRun("a", "ok", "x" * 100_000)]
    with Journal(tmp_path) as journal:
        journal.begin(CONTEXT, ["ada", "bob"])
        journal.add(result("ada"))
        journal._db.execute("PRAGMA max_page_count = 1")  # SQLite takes the size that it has
        with pytest.raises(InputError, match="is full") as refused:
            journal.add(large)
        assert "free some space" in refused.value.do and "--resume" in refused.value.do
        assert journal.students() == {"ada"} and journal.last("ada") == result("ada")
        journal._db.execute("PRAGMA max_page_count = 100000")
        journal.add(large)
        assert journal.last("bob") == large


def test_replaced_results_do_not_make_the_file_grow(tmp_path):
    students = [f"s{number}" for number in range(5)]
    with Journal(tmp_path) as journal:
        for number in range(20):
            journal.begin(CONTEXT, students)
            for student in students:
                journal.add(result(student, f"digest {number}"))
            journal.written(students[:3])
            if number == 1:
                early = journal._db.execute("PRAGMA page_count").fetchone()[0]
        journal.begin(CONTEXT, students[:2], part=True)
        assert journal._db.execute("PRAGMA page_count").fetchone()[0] <= early + 1
    with Journal(tmp_path) as again:
        assert [again.is_written(student) for student in students] == [True] * 3 + [False] * 2
        assert (
            again.last("s4") == result("s4", "digest 19")
            and again.unfinished()["total"] == 5
            and again.unfinished()["done"] == 3
        )


def test_contexts_are_equal_by_content():
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1}) != key_of({"a": 1, "b": [3]})
