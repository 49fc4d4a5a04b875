"""What an LMS exports comes to its students, whole, nothing overwritten and nothing written elsewhere."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.grading.intake import archive, folders, submissions
from mmlab.instructor.grading.intake.collect import collect
from mmlab.instructor.grading.intake.repair import prepare
from mmlab.instructor.simulate.damage_files import zipped
from submitted_files import lab_of
from tiny_course import WEEK

ADA = f"{WEEK}_ada_attempt_{{}}_2026020{{}}T040506_lab.zip"


@pytest.fixture
def course(tmp_path, tiny) -> Path:
    """Return a course folder that nothing is handed in to yet."""
    (tmp_path / "labs").symlink_to(tiny / "labs")
    (tmp_path / "nbgrader_config.py").write_bytes((tiny / "nbgrader_config.py").read_bytes())
    (tmp_path / "solutions").symlink_to(tiny / "solutions")
    return tmp_path


@pytest.fixture(scope="module")
def lab(tiny) -> bytes:
    """Return a lab with right answers, as a file."""
    return notebook.dumps(lab_of(tiny)[1]).encode()


def export(course: Path, files: dict[str, bytes]) -> Path:
    """Write an export as one zip; return it."""
    path = course / "export.zip"
    path.write_bytes(zipped(files))
    return path


def written(course: Path) -> list[str]:
    """Return the files below submitted/."""
    return sorted(
        path.relative_to(course / "submitted").as_posix() for path in folders.files(course / "submitted")
    )


@pytest.mark.parametrize(
    "name, student",
    [
        ("Ada Lovelace_12345_assignsubmission_file_lab.ipynb", "Ada_Lovelace"),
        ("Ada Lovelace_12345_assignsubmission_file_/lab.ipynb", "Ada_Lovelace"),
        ("Zoë O'Neil-Ødegård_7_assignsubmission_file_/in a folder/Lab (1).ipynb", "Zoë_O_Neil-Ødegård"),
        ("lovelaceada_12345_67890_lab.ipynb", "lovelaceada"),
        ("lovelaceada_LATE_12345_67890_lab-1.ipynb", "lovelaceada"),
        ("Clip_ada_attempt_2026-02-03-04-05-06_lab.ipynb", "ada"),
        (f"{WEEK}_ada.l_attempt_2_20260203T040506_lab.zip", "ada.l"),
        (f"{WEEK}_ada_attempt_2_20260203T040506_lab/lab.ipynb", "ada"),
        ("Ada_9_assignsubmission_file_/../../../../evil.ipynb", None),
        ("/etc/cron.d/x_1_2_lab.ipynb", None),
        ("notes.txt", None),
        ("00_other_ada_attempt_1_20260203T040506_lab.zip", None),
        ("._1_2_lab.ipynb", None),
    ],
)
def test_whose_a_file_is_stands_in_its_name(name, student, course, lab):
    content = zipped({"lab.ipynb": lab}) if name.endswith(".zip") else lab
    source = export(course, {name: content})
    before = {*course.parent.glob("*"), *course.glob("*")}
    done = collect(course, WEEK, source)
    found = submissions.find(course, WEEK)
    assert [one.student for one in found] == ([student] if student else [])
    assert {*course.parent.glob("*"), *course.glob("*")} <= before | {course / "submitted"}
    if student:
        release = notebook.read(course / "labs" / WEEK / "lab.ipynb")
        assert prepare(found[0], release).problem is None
        assert bool(found[0].timestamp) == ("attempt" in name) and list(done.new) == [student]
    else:
        assert not done.new


def test_a_folder_of_packed_labs_is_read_where_nbgrader_looks(course, lab):
    archive_folder = course / "downloaded" / WEEK / "archive"
    archive_folder.mkdir(parents=True)
    for number in (2, 1):  # the later attempt lies there as the older file
        (archive_folder / ADA.format(number, number)).write_bytes(
            zipped({"lab.ipynb": lab, "n": bytes([number])})
        )
    (archive_folder / "readme.txt").write_text("hello")
    done = collect(course, WEEK)
    (found,) = submissions.find(course, WEEK)
    assert found.timestamp == "2026-02-02T04:05:06+00:00" and found.path.name == "lab.zip"
    assert {why for _, why in done.skipped} == {"there is a later attempt", "its name contains no student id"}
    assert any("readme.txt" in line for line in done.lines())


def test_nbgrader_reads_the_time_that_is_written(course, lab):
    from nbgrader.utils import parse_utc

    collect(course, WEEK, export(course, {ADA.format(1, 3): zipped({"lab.ipynb": lab})}))
    text = (course / "submitted" / "ada" / WEEK / "timestamp.txt").read_text()
    assert str(parse_utc(text)) == "2026-02-03 04:05:06"


def test_an_earlier_hand_in_goes_aside_and_a_newer_one_stays(course, lab):
    def bring(number: int, content: bytes = lab):
        return collect(
            course, WEEK, export(course, {ADA.format(number, number): zipped({"lab.ipynb": content})})
        )

    assert list(bring(2).new) == ["ada"]
    again = bring(2)
    assert again.unchanged == ["ada"] and not again.new and not again.aside
    older = bring(1, lab + b" ")
    assert older.unchanged == ["ada"] and not older.new
    newer = bring(3, lab + b"\n")
    assert list(newer.new) == ["ada"] and "was moved to" in newer.lines()[1]
    assert (newer.aside["ada"] / "lab.zip").read_bytes() == zipped({"lab.ipynb": lab})
    assert submissions.find(course, WEEK)[0].timestamp == "2026-02-03T04:05:06+00:00"
    assert (course / ".mmlab").stat().st_mode & 0o777 == 0o700
    assert written(course) == [f"ada/{WEEK}/lab.zip", f"ada/{WEEK}/timestamp.txt"]


def test_what_a_person_put_there_goes_aside_too(course, lab):
    folder = course / "submitted" / "lovelaceada" / WEEK
    folder.mkdir(parents=True)
    (folder / "lab.ipynb").write_bytes(lab)
    done = collect(course, WEEK, export(course, {"lovelaceada_1_2_lab.ipynb": lab + b"\n"}))
    assert (done.aside["lovelaceada"] / "lab.ipynb").read_bytes() == lab
    assert (folder / "lab.ipynb").read_bytes() == lab + b"\n"


def test_a_student_cannot_hand_in_for_another(course, lab):
    names = [
        f"Eve_6_assignsubmission_file_/{WEEK}_ada_attempt_9_20260209T040506_lab.zip",
        f"eve_6_7_{WEEK}_ada_attempt_9_20260209T040506_lab.zip",
    ]
    done = collect(course, WEEK, export(course, {name: zipped({"lab.ipynb": lab}) for name in names}))
    assert set(done.new) == {"Eve", "eve"}


def test_namesakes_stay_two(course, lab):
    files = {f"Ada_{number}_assignsubmission_file_/lab.ipynb": lab + b" " * number for number in (1, 2)}
    assert set(collect(course, WEEK, export(course, files)).new) == {"Ada_1", "Ada_2"}


def test_a_pattern_of_ones_own_is_used_alone(course, lab):
    files = {"sem-7/ada!lab.ipynb": lab, "lovelaceada_1_2_lab.ipynb": lab}
    done = collect(course, WEEK, export(course, files), r".*/(?P<student_id>\w+)!(?P<file_id>.*)")
    assert done.new == {"ada": ["lab.ipynb"]} and len(done.skipped) == 1


@pytest.mark.parametrize("pattern", ["(", "(?P<name>.*)"])
def test_a_pattern_that_is_none_is_named(pattern, course, lab):
    with pytest.raises(InputError, match="student_id|regular expression"):
        collect(course, WEEK, export(course, {"a": lab}), pattern)


def test_the_courses_own_configuration_counts(course, lab):
    with open(course / "nbgrader_config.py", "a") as file:
        file.write(
            '\nc.FileNameCollectorPlugin.named_regexp = r".*/group-(?P<student_id>[a-z]+)/(?P<file_id>\\w+)"\n'
        )
    assert list(collect(course, WEEK, export(course, {"group-red/lab.ipynb": lab})).new) == ["red"]


def test_an_export_that_is_not_there_is_named(course):
    with pytest.raises(InputError, match="does not exist"):
        collect(course, WEEK, course / "none.zip")


def test_what_cannot_be_read_is_said_and_the_others_come(course, lab, monkeypatch):
    monkeypatch.setattr(archive, "SMALL", 1000)
    bomb = b"[" + b" " * 9_000_000 + b"]"
    done = collect(course, WEEK, export(course, {"eve_1_2_lab.ipynb": bomb, "ada_1_2_lab.ipynb": lab}))
    assert list(done.new) == ["ada"] and "MB large" in done.skipped[0][1]
    (course / "half.zip").write_bytes(b"PK\3\4" + b"x" * 100)
    assert "damaged zip" in collect(course, WEEK, course / "half.zip").skipped[0][1]


def test_links_in_an_export_and_in_submitted_are_not_followed(course, lab):
    link = zipfile.ZipInfo("eve_1_2_lab.ipynb")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(link, "/etc/passwd")
        made.writestr("ada_1_2_lab.ipynb", lab)
    (course / "export.zip").write_bytes(out.getvalue())
    (course / "elsewhere").mkdir()
    (course / "submitted").mkdir()
    (course / "submitted" / "ada").symlink_to(course / "elsewhere")
    done = collect(course, WEEK, course / "export.zip")
    assert not done.new and [*(course / "elsewhere").iterdir()] == []


def test_a_full_disk_leaves_what_was_there(course, lab, monkeypatch):
    collect(course, WEEK, export(course, {"ada_1_2_lab.ipynb": lab}))
    before = written(course)
    monkeypatch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError(28, os.strerror(28))))
    path = course / "second.zip"
    with open(path, "wb") as out:
        out.write(zipped({"ada_1_2_lab.ipynb": lab + b"\n"}))
    with pytest.raises(InputError, match="No space left"):
        collect(course, WEEK, path)
    assert (
        written(course) == before and (course / "submitted" / "ada" / WEEK / "lab.ipynb").read_bytes() == lab
    )
