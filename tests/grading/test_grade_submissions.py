"""Of what lies in a student's folder the hand-in is found, and nothing outside is touched."""

import json
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mmlab.cli import lab_pack, lab_submit
from mmlab.instructor.grading.intake import archive, folders, submissions, times
from mmlab.instructor.grading.intake.repair import prepare
from mmlab.instructor.grading.records import Submission
from mmlab.instructor.simulate.damage_files import zipped
from submitted_files import answers, course, data_of, hand_in, pair  # noqa: F401, fixtures among them
from tiny_course import WEEK


def test_hand_ins_are_found_by_student_with_digest_and_time(course, pair):
    for student, when in (("bob", "2026-02-03 04:05:06.789 CET"), ("ada", "not a time")):
        hand_in(course, {"lab.ipynb": data_of(pair[1]), "timestamp.txt": when.encode()}, student=student)
    (course / "submitted" / "carl" / "00_other").mkdir(parents=True)
    (course / "submitted" / ".hidden" / WEEK).mkdir(parents=True)
    ada, bob = submissions.find(course, WEEK)
    assert (ada.student, bob.student, ada.timestamp) == ("ada", "bob", None)
    assert bob.timestamp == "2026-02-03T03:05:06.789000+00:00"
    assert ada.path.name == "lab.ipynb" and ada.digest == bob.digest and len(ada.digest) == 64
    assert submissions.find(course, WEEK, ["bob"]) == [bob] and submissions.find(course, "77_none") == []
    assert submissions.find(course / "nowhere", WEEK) == []


@pytest.mark.parametrize(
    ("zone", "utc"),
    [
        ("America/Chicago", "23:59"),
        ("America/New_York", "23:59"),
        ("Asia/Shanghai", "09:59"),
        ("Europe/Berlin", None),
    ],
)
def test_cst_is_read_where_the_course_uses_it(zone, utc):
    found = times.read("2026-01-20 17:59:00 CST", ZoneInfo(zone))
    assert found.utc == (utc and f"2026-01-20T{utc}:00+00:00") and bool(found.problem) == (utc is None)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-07-20T17:59:01+02:00[Europe/Berlin]", "15:59:01"),
        ("2026-07-20 17:59:01 (CEST)", "15:59:01"),
        ("Jul 20, 2026, 5:59\u202fPM", "15:59:00"),
        ("Mon,\u00a020 Jul 2026 17:59:01 +0200 (CEST)", "15:59:01"),
    ],
)
def test_times_as_browsers_and_java_write_them(text, utc):
    assert times.read(text, ZoneInfo("Europe/Berlin")).utc == f"2026-07-20T{utc}+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-03 04:05:06 /etc/passwd",
        "2026",
        "9999-99-99",
        "2026-01-01 00:00:00 ../x",
        "\0",
        "20260101T000000+99:99",
    ],
)
def test_odd_times_do_no_harm(text):
    assert folders.moment(text) is None or folders.moment(text).startswith("20")


def test_a_packed_lab_tells_its_time(course, pair):
    name = f"{WEEK}_ada_attempt_2_20260203T040506_lab.zip"
    found = hand_in(course, {name: zipped({"lab.ipynb": data_of(pair[1])})})
    assert found.timestamp == "2026-02-03T04:05:06+00:00"


def test_the_zip_that_submit_writes_is_read(course, pair, tmp_path):
    target = tmp_path / lab_submit.name_of(WEEK, "ada", tmp_path)
    lab_pack.write(lab_pack.packed(pair[1], {}), target)
    found = prepare(hand_in(course, {target.name: target.read_bytes()}), pair[0])
    assert found.problem is None and found.repairs == [] and answers(found.notebook) == answers(pair[1])


def test_the_right_name_counts_where_anything_is_answered(course, pair):
    begun = json.loads(data_of(pair[0]))
    begun["cells"][3]["source"] = "def scaled_sum(x, scale):\n    return 1"
    found = hand_in(course, {"lab.ipynb": json.dumps(begun).encode(), "lab (1).ipynb": data_of(pair[1])})
    assert found.path.name == "lab.ipynb" and "it has the right name" in prepare(found, pair[0]).repairs[0]
    found = hand_in(course, {"lab.ipynb": data_of(pair[0])})
    assert found.path.name == "lab (1).ipynb" and "most answers (6)" in prepare(found, pair[0]).repairs[0]


def test_of_equal_copies_the_newest_counts(course, pair):
    hand_in(course, {"a.ipynb": data_of(pair[1]), "b.ipynb": data_of(pair[1])})
    for name, when in (("a", 2_000_000_000), ("b", 1_000_000_000)):
        os.utime(course / "submitted" / "ada" / WEEK / f"{name}.ipynb", (when, when))
    assert submissions.find(course, WEEK)[0].path.name == "a.ipynb"


def test_a_broken_notebook_beside_a_whole_one_does_no_harm(course, pair):
    found = hand_in(course, {"lab.ipynb": data_of(pair[1])[:500], "copy.ipynb": data_of(pair[1])})
    assert found.path.name == "copy.ipynb"


@pytest.mark.parametrize("level", ["file", "week", "student"])
def test_no_link_is_followed(course, pair, level):
    (course / "private").mkdir()
    (course / "private" / "lab.ipynb").write_bytes(data_of(pair[1]))
    target = course / "submitted" / "ada" / WEEK
    (target if level == "file" else target.parent if level == "week" else target.parent.parent).mkdir(
        parents=True
    )
    if level == "file":
        (target / "lab.ipynb").symlink_to(course / "private" / "lab.ipynb")
    elif level == "week":
        target.symlink_to(course / "private")
    else:
        (course / "elsewhere").mkdir()
        (course / "elsewhere" / WEEK).symlink_to(course / "private")
        target.parent.symlink_to(course / "elsewhere")
    (found,) = submissions.find(course, WEEK)
    problem = prepare(found, pair[0]).problem
    assert found.digest == "" and problem and ("link" in problem or "no notebook was submitted" in problem)


def test_a_link_is_no_choice(course, pair):
    found = hand_in(course, {"lab.ipynb": Path("/etc/hostname"), "mine.ipynb": data_of(pair[1])})
    assert found.path.name == "mine.ipynb" and "contains 2 notebooks" not in str(
        prepare(found, pair[0]).repairs
    )


def test_a_pipe_does_not_hang(course, pair):
    folder = course / "submitted" / "ada" / WEEK
    folder.mkdir(parents=True)
    os.mkfifo(folder / "lab.ipynb")
    (found,) = submissions.find(course, WEEK)
    assert "pipe or device" in prepare(found, pair[0]).problem


def test_a_file_that_is_too_large_is_not_read(course, pair):
    folder = course / "submitted" / "ada" / WEEK
    folder.mkdir(parents=True)
    with open(folder / "lab.ipynb", "wb") as out:
        out.truncate(20 * archive.LARGEST)
    (found,) = submissions.find(course, WEEK)
    assert found.digest == "" and "1000 MB large" in prepare(found, pair[0]).problem


def test_a_file_that_may_not_be_read_is_named(tmp_path, pair, monkeypatch):
    (tmp_path / "lab.ipynb").write_bytes(b"{}")
    monkeypatch.setattr(
        os, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    found = prepare(Submission("ada", WEEK, tmp_path / "lab.ipynb", ""), pair[0])
    assert "cannot be read (Permission denied)" in found.problem
