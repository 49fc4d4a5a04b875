"""Whose a file is: the names that each LMS gives, ids that contain "_", rosters, patterns and Unicode forms."""

import os
import shutil
import time
import zipfile
from pathlib import Path
from unicodedata import normalize

import pytest

from mmlab.cli import lab_submit
from mmlab.errors import InputError
from mmlab.instructor.grading.gradebook.roster import Person
from mmlab.instructor.grading.intake import export_names, submissions
from mmlab.instructor.grading.intake.collect import Collected, collect
from mmlab.instructor.grading.intake.known_students import KnownStudents, safe_id
from tiny_course import WEEK

BERLIN = "c = get_config()\nc.Exchange.timezone = 'Europe/Berlin'\n"
TIME = "2026-07-20-17-59-01"
METADATA = """---
submission_123:
  :submitters:
  - :name: Ann Smith
    :sid: ann_smith
    :email: ann@x.y
  - :name: Bob Smith
    :sid: ''
    :email: bob@x.y
  :created_at: 2026-07-20 17:59:01.123456000 -07:00
  :score: 1.0
"""


@pytest.fixture
def course(tmp_path, tiny) -> Path:
    """Return a course folder without submissions and without nbgrader_config.py."""
    (tmp_path / "labs").symlink_to(tiny / "labs")
    return tmp_path


def export(course: Path, *names: str, files: dict[str, str] = {}) -> Path:  # noqa: B006
    """Write an export of files that differ; return the zip."""
    path = course / "export.zip"
    with zipfile.ZipFile(path, "w") as out:
        for number, name in enumerate(names):
            out.writestr(name, "{}" + " " * number)
        for name, text in files.items():
            out.writestr(name, text)
    return path


def people(*ids: str, **named: str) -> list[Person]:
    """Return a roster; `named` maps ids to "First Last", or to a number in the LMS."""
    roster = [Person(line, student) for line, student in enumerate(ids, 2)]
    for student, text in named.items():
        first, _, last = text.partition(" ")
        details = {"lms_user_id": text} if text.isdecimal() else {"first_name": first, "last_name": last}
        roster.append(Person(99, student, details))
    return roster


def collected(course: Path, *names: str, files: dict[str, str] = {}, **options) -> Collected:  # noqa: B006
    """Collect an export of these files."""
    return collect(course, WEEK, export(course, *names, files=files), **options)


def time_of(course: Path, student: str) -> str | None:
    """Return the time of a student's submission, as the grader reads it."""
    return submissions.find(course, WEEK, [student])[0].timestamp


def blackboard(student: str, title: str = "COURSE_lab") -> str:
    return f"{title}_{student}_attempt_{TIME}_lab.ipynb"


CLASS = [f"{name}_smith" for name in "ann bob cyd dan eve".split()] + ["smith", "de_la_cruz", "cruz", "x_y"]


def test_ids_with_underscores_are_matched_against_the_roster_longest_first(course):
    found = collected(course, *map(blackboard, CLASS), people=people(*CLASS))
    assert sorted(found.new) == sorted(CLASS) and not found.skipped


def test_without_a_roster_an_ambiguous_name_is_refused_before_anything_is_written(course):
    with pytest.raises(
        InputError, match=r"smith, ann_smith, lab_ann_smith[\s\S]*--roster FILE[\s\S]*--pattern"
    ):
        collected(course, blackboard("ada", "Clip"), *map(blackboard, CLASS))
    assert not (course / "submitted").exists()
    assert list(collected(course, blackboard("ada", "Clip")).new) == ["ada"], "only one reading"


def test_a_student_who_is_not_on_the_roster_is_named(course):
    found = collected(course, blackboard("ann_smith"), blackboard("bob_smith"), people=people("ann_smith"))
    assert list(found.new) == ["ann_smith"]
    assert (
        found.skipped[0][0] == blackboard("bob_smith")
        and "none of them is on the roster" in found.skipped[0][1]
    )


@pytest.mark.parametrize("title", ["COURSE_2026_1", "Lab_7_8", "x_1_2_3"])
def test_numbers_in_a_title_of_blackboard_are_not_taken_for_canvas(course, title):
    names = [blackboard(student, title) for student in ("ann", "bob_b", "cyd")]
    with pytest.raises(InputError, match="can|certain"):
        collected(course, *names)
    with pytest.raises(InputError, match="certain"):
        collected(course, names[0])
    assert sorted(collected(course, *names, people=people("ann", "bob_b", "cyd")).new) == [
        "ann",
        "bob_b",
        "cyd",
    ]


@pytest.mark.parametrize(
    ("name", "student", "when"),
    [
        ("ann_smith_12345_67890_lab.ipynb", "ann_smith", None),
        ("smithann_LATE_12345_67890_lab-1.ipynb", "smithann", None),
        ("X/Ann Smith_12345_assignsubmission_file_/lab.ipynb", "Ann_Smith", None),
        ("Participant_12345_assignsubmission_file_lab.ipynb", "Participant_12345", None),
        (f"{WEEK}_ann_smith_attempt_1_20260720T155901_lab.zip", "ann_smith", "15:59:01"),
        ("12345-67890 - Ann Smith - Jul 20, 2026 559 PM - lab.ipynb", "Ann_Smith", "15:59:00"),
        (
            "12345-67890 - Ann Smith - Jul 20, 2026 1201 AM/a_1_2_lab.ipynb",
            "Ann_Smith",
            "2026-07-19T22:01:00",
        ),
        (
            "12345-67890 - Bo-Li Wu - 20 July, 2026 1759 - lab - Jul 1, 2026 100 AM - x.ipynb",
            "Bo-Li_Wu",
            "15:59:00",
        ),
        ("Ex/Smith_Ann_asmith_1234/lab.ipynb", "asmith", None),
        ("Ex/Team 7/Smith_Ann_asmith_1234/lab.ipynb", "asmith", None),
        ("Lab/Smith, Ann(ann_smith)/Submission attachment(s)/lab.ipynb", "ann_smith", None),
        ("Submitted files/Ann Smith/Lab 2/Version 1/lab.ipynb", "Ann_Smith", None),
        ("ann_smith/lab.ipynb", "ann_smith", None),
        (f"ann_smith/{WEEK}/lab.ipynb", "ann_smith", None),
        (f"submitted/ann_smith/{WEEK}/lab.ipynb", "ann_smith", None),
        (blackboard("ann", "lab"), "ann", "15:59:01"),
    ],
)
def test_each_system_names_its_student_and_time(course, name, student, when):
    (course / "nbgrader_config.py").write_text(BERLIN)
    found = collected(course, name)
    assert list(found.new) == [student] and not found.skipped and not found.zoneless
    found_time = time_of(course, student) or ""
    assert (when or "") in found_time and bool(found_time) == bool(when)


def test_a_canvas_submission_that_is_late_without_a_time_is_named(course):
    assert "late" in collected(course, "smithann_LATE_1_2_lab.ipynb").notes[0]


def test_ilias_logins_with_underscores_need_the_roster(course):
    name = "Ex/Smith_Ann_Marie_a_smith_1234/lab.ipynb"
    with pytest.raises(InputError, match="certain"):
        collected(course, name)
    assert list(collected(course, name, people=people("a_smith", "smith")).new) == ["a_smith"]
    assert list(collected(course, name, people=people(amsmith="1234")).new) == ["amsmith"], "by its number"


def test_sakai_gives_the_time_in_a_file(course):
    folder = "Lab/Smith, Ann(ann_smith)"
    files = {f"{folder}/timestamp.txt": "20260720175901123", "Lab/grades.csv": "x"}
    (course / "nbgrader_config.py").write_text(BERLIN)
    found = collected(course, f"{folder}/Submission attachment(s)/lab.ipynb", files=files)
    assert list(found.new) == ["ann_smith"] and not found.skipped
    assert time_of(course, "ann_smith") == "2026-07-20T15:59:01.123000+00:00"


def test_gradescope_names_students_in_its_metadata(course):
    names = ["a_export/submission_123/lab.ipynb", "a_export/submission_124/lab.ipynb"]
    found = collected(course, *names, files={"a_export/submission_metadata.yml": METADATA})
    assert sorted(found.new) == ["Bob_Smith", "ann_smith"], "a group submits for each of its members"
    assert time_of(course, "ann_smith") == "2026-07-21T00:59:01.123456+00:00"
    assert found.skipped == [(names[1], "submission_metadata.yml names no author of submission_124")]
    for text in ("not: [yaml", "- a list", "&a [*a, *a]", "submission_123: {':submitters': 3}"):
        again = collected(course, names[0], files={"a_export/submission_metadata.yml": text})
        assert not again.new and again.skipped


def test_the_highest_version_of_teams_counts(course):
    names = [f"Ann Smith/Lab/Version {number}/lab.ipynb" for number in (9, 10, 1)]
    assert list(collected(course, *names).new) == ["Ann_Smith"]
    assert (course / "submitted/Ann_Smith" / WEEK / "lab.ipynb").read_text() == "{} "


def test_names_lead_to_the_ids_of_the_roster(course):
    names = ["Ann Smith_5_assignsubmission_file_lab.ipynb", "Smith Bob_6_assignsubmission_file_lab.ipynb"]
    roster = people(a17="Ann Smith", b18="Bob Smith", c19="5")
    assert sorted(collected(course, *names, people=roster).new) == ["a17", "b18"], (
        "5 is Moodle's number, not c19's"
    )
    assert list(collected(course, "o'neilzo_12345_1_lab.ipynb", people=people(z="12345")).new) == ["z"]


def test_plain_folders_keep_a_students_names_out(course):
    names = [
        "eve/ada_1_2_lab.ipynb",
        "eve/90_tiny_ada_attempt_1_20260720T155901_lab.zip",
        "bob/lab.ipynb",
        "cyd/a/lab.ipynb",
    ]
    assert sorted(collected(course, *names).new) == ["bob", "cyd", "eve"]
    moodle = ["Eve_6_assignsubmission_file_/Ada_7_assignsubmission_file_/lab.ipynb"]
    assert list(collected(course, *moodle).new) == ["Eve"]


def test_a_single_chain_of_folders_is_ambiguous(course):
    with pytest.raises(InputError, match="submissions or ann"):
        collected(course, "submissions/ann/lab.ipynb")
    assert list(collected(course, "submissions/ann/lab.ipynb", people=people("ann")).new) == ["ann"]
    assert sorted(collected(course, "w/cyd/lab.ipynb", "w/bob/lab.ipynb").new) == ["bob", "cyd"]


def test_two_names_with_one_id_are_not_mixed(course):
    found = collected(course, "O'Neil/lab.ipynb", "O Neil/lab.ipynb", "ann/lab.ipynb")
    assert (
        list(found.new) == ["ann"] and len(found.skipped) == 2 and "would both become" in found.skipped[0][1]
    )
    assert safe_id("राम") == "राम" != safe_id("रूम"), "marks tell names apart"


@pytest.mark.parametrize(
    "student", ["Ada Lovelace", "Zoë O'Neil-Smith", "राम", "ada+lab@uni", "ada_l", "s" * 100]
)
def test_the_id_that_submit_reports_is_the_id_that_is_collected(course, student, tmp_path):
    name = lab_submit.name_of(WEEK, lab_submit.student_id(student), tmp_path)
    assert list(collected(course, name).new) == [student]
    assert collected(course, name, people=people(student)).unchanged == [student]
    mailed = name.replace(" ", "_").replace("'", "_")  # as browsers and mail rename it
    assert collected(course, mailed, people=people(student)).unchanged == [student]
    assert os.listdir(course / "submitted") == [student]


def test_an_id_that_submit_refuses_is_collected_as_a_safe_one(course):
    assert list(collected(course, f"{WEEK}_a  $b._attempt_1_20260720T155901_lab.zip").new) == ["a_b"]


def test_ids_that_differ_in_a_space_only_are_refused_without_a_roster(course):
    names = [f"{WEEK}_{one}_attempt_1_20260720T155901_lab.zip" for one in ("Ada L", "Ada_L", "bob")]
    found = collected(course, *names)
    assert list(found.new) == ["bob"] and len(found.skipped) == 2
    assert "Ada L and Ada_L would both become the id Ada_L" in found.skipped[0][1]
    assert sorted(collected(course, *names, people=people("Ada L", "Ada_L")).new) == ["Ada L", "Ada_L"]


def test_a_student_cannot_set_the_time(course):
    files = {"Ann_5_assignsubmission_file_/timestamp.txt": "2020-01-01 10:00 UTC"}
    found = collected(course, "Ann_5_assignsubmission_file_/lab.ipynb", files=files)
    assert time_of(course, "Ann") is None and "does not count" in found.skipped[0][1]


def test_a_pattern_names_student_time_and_attempt(course):
    names = [
        "g1/ann_smith#1@2026-07-20 17:59.ipynb",
        "g1/ann_smith#2@2026-07-20 17:59.ipynb",
        "g2/bob@20.07.2026 23:59.ipynb",
    ]
    pattern = r"/(?P<student>\w+)(#(?P<attempt>\d))?@(?P<time>.+)\.ipynb"
    (course / "nbgrader_config.py").write_text(BERLIN)
    found = collected(course, *names, pattern=pattern)
    assert sorted(found.new) == ["ann_smith", "bob"]
    assert time_of(course, "ann_smith") == "2026-07-20T15:59:00+00:00" and len(found.skipped) == 1
    assert (
        submissions.find(course, WEEK, ["bob"])[0].time_note == "the time '20.07.2026 23:59' cannot be read"
    )
    assert found.notes == [
        "bob: the time '20.07.2026 23:59' cannot be read, so no late penalty can be computed"
    ]


def test_an_export_that_no_pattern_fits_says_how_to_give_one(course):
    path = export(course, "lab.ipynb", "x.ipynb")
    found = collect(course, WEEK, path)
    with pytest.raises(InputError, match=r"--pattern '\(\?P<student>"):
        found.require_some(path)


def test_a_time_is_corrected_once_the_zone_is_set(course):
    name = blackboard("ann", "lab")
    assert (
        collected(course, name).zoneless == ["ann"] and time_of(course, "ann") == "2026-07-20T17:59:01+00:00"
    )
    (course / "nbgrader_config.py").write_text(BERLIN)
    again = collected(course, name)
    assert again.unchanged == ["ann"] and "is now 2026-07-20 15:59:01 UTC" in again.notes[0]
    assert time_of(course, "ann") == "2026-07-20T15:59:01+00:00"


NFC, NFD = normalize("NFC", "Zoë"), normalize("NFD", "Zoë")


def test_both_unicode_forms_of_a_name_are_one_student(course):
    names = [f"{form}_5_assignsubmission_file_/{file}.ipynb" for form, file in ((NFC, "a"), (NFD, "b"))]
    assert collected(course, *names).new == {NFC: ["a.ipynb", "b.ipynb"]}
    assert list(collected(course, f"{NFD}_5_assignsubmission_file_/a.ipynb").new) == [NFC]
    assert [one.student for one in submissions.find(course, WEEK, [NFD])] == [NFC]
    assert KnownStudents(people(NFC)).by_id(NFD) == NFC


def test_a_name_of_macos_in_a_zip_that_does_not_say_utf_8(course):
    path = export(course, "ann/lab.ipynb", "Zo???/lab.ipynb")
    data = path.read_bytes().replace(b"Zo???", NFD.encode())
    path.write_bytes(data)
    assert sorted(collect(course, WEEK, path).new) == sorted(["ann", NFC])


def test_a_folder_in_nfd_is_graded_in_place_and_two_folders_are_refused(course):
    folder = course / "submitted" / NFD / WEEK
    folder.mkdir(parents=True)
    (folder / "lab.ipynb").write_text("{}")
    (found,) = submissions.find(course, WEEK)
    assert (found.student, found.folder) == (NFC, folder)
    collected(course, f"{NFC}/lab.ipynb", "ann/lab.ipynb")
    assert [one.student for one in submissions.find(course, WEEK)] == sorted([NFC, "ann"]), "no second folder"
    shutil.copytree(folder, course / "submitted" / NFC / WEEK)
    with pytest.raises(InputError, match="two folders of one student"):
        submissions.find(course, WEEK)


def test_a_large_export_is_read_whole(course, monkeypatch):
    folder = course / "export"
    folder.mkdir()
    for number in range(1_050):
        (folder / f"s{number}_{number}_1_lab.ipynb").write_text("{}")
    assert len(collect(course, WEEK, folder).new) == 1_050


def test_the_longest_odd_names_are_read_quickly():
    began = time.process_time()
    for text in (
        "a_" * 500,
        "_1" * 500,
        "a/" * 400 + "b",
        "(" * 1_000,
        "1-1 - a" * 140,
        "a_attempt_2026-" * 60,
    ):
        for scheme in export_names.schemes([WEEK]):
            export_names.reading(scheme, text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("copy", ["lab (1)", "lab-2", "lab(3)", "lab_4_", "lab 5"])
def test_a_second_download_keeps_its_student(course, copy):
    names = [f"{WEEK}_{one}_attempt_1_20260720T155901_{copy}.zip" for one in ("ann", "bob")]
    assert sorted(collected(course, *names).new) == ["ann", "bob"]


def test_folders_of_one_name_around_the_week_are_no_students(course):
    """Repositories of GitHub Classroom hold STUDENT/labs/WEEK/lab.ipynb: two students were one called labs."""
    names = [f"repos/{student}/labs/{WEEK}/lab.ipynb" for student in ("ann", "bob")]
    found = collected(course, *names)
    assert sorted(found.new) == ["ann", "bob"] and not found.skipped
    with pytest.raises(InputError, match="2 folders are called ann"):
        collected(course, *[f"{group}/{WEEK}/lab.ipynb" for group in ("A/ann", "B/ann", "B/bob")])


def test_folders_of_groups_are_not_taken_for_students(course):
    names = ["Group 1/ann/lab.ipynb", "Group 1/bob/lab.ipynb", "Group 2/cyd/lab.ipynb"]
    with pytest.raises(InputError, match="the student may be Group 1 or ann"):
        collected(course, *names)
    assert sorted(collected(course, *names, people=people("ann", "bob", "cyd")).new) == ["ann", "bob", "cyd"]
    found = collected(course, "ann/lab.ipynb", "ann/old/lab.ipynb", "bob/lab.ipynb")
    assert sorted([*found.new, *found.unchanged]) == ["ann", "bob"]


def test_a_folder_of_another_week_is_not_collected(course):
    (course / "labs").unlink()
    for week in (WEEK, "03_vit"):
        (course / "labs" / week).mkdir(parents=True)
        (course / "labs" / week / "lab.ipynb").write_text("{}")
    names = ["ann/03_vit/lab.ipynb", f"bob/{WEEK}/lab.ipynb"]
    for roster in ((), people("ann", "bob")):
        found = collected(course, *names, people=roster)
        assert list(found.new) in (["bob"], []) and found.skipped == [
            ("ann/03_vit/lab.ipynb", "it belongs to another week, 03_vit")
        ]


def test_an_id_that_ends_another_id_is_read_after_the_common_title(course):
    students = ["ann", "joann", "lab_ann"]
    found = collected(course, *map(blackboard, students), people=people(*students))
    assert sorted(found.new) == students and not found.skipped


def test_a_login_beside_a_student_number_leads_to_the_same_student(course):
    roster = [Person(2, "123", aliases=("a_smith",)), Person(3, "smith"), Person(4, "x", aliases=("smith",))]
    found = collected(course, blackboard("a_smith"), blackboard("smith"), people=roster)
    assert sorted(found.new) == ["123", "smith"]


def test_of_two_labs_of_one_date_the_one_in_fewer_folders_counts(course):
    names = ["ann/a_copy/lab.ipynb", "ann/lab.ipynb", "bob/lab.ipynb"]
    path = course / "export.zip"
    with zipfile.ZipFile(path, "w") as out:
        for name in names:
            out.writestr(zipfile.ZipInfo(name, (2026, 7, 20, 10, 0, 0)), name)
    assert sorted(collect(course, WEEK, path).new) == ["ann", "bob"]
    assert (course / "submitted/ann" / WEEK / "lab.ipynb").read_text() == "ann/lab.ipynb"
