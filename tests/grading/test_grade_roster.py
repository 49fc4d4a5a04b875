"""The class list: names into the gradebook, who is missing, who has more time, and lines that are wrong."""

from datetime import timedelta

import pytest

from graded_class import POINTS, book, configure, due, result, week_of
from mmlab.errors import InputError
from mmlab.instructor.grading.gradebook import gradebook, roster
from tiny_course import WEEK

HEADER = "id,first_name,last_name,email,extension\n"


def written(folder, text: str, encoding: str = "utf-8"):
    """Write a roster; return its path."""
    path = folder / "roster.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_names_reach_the_gradebook_and_a_second_time_changes_nothing(copy_of_tiny):
    people = roster.read(
        written(
            copy_of_tiny, HEADER + 'ada,Ada,"King, Countess",,\nben,Ben,,ben (at) home,24\n\n', "utf-8-sig"
        )
    )
    assert roster.save(copy_of_tiny, people) == 2
    with book(copy_of_tiny) as course:
        assert course.find_student("ada").last_name == "King, Countess"
        assert course.find_student("ben").email == "ben (at) home"
        course.find_student("ada").email = "entered by hand"
    assert roster.save(copy_of_tiny, people) == 0
    assert roster.save(copy_of_tiny, roster.read(written(copy_of_tiny, "id;last_name\nada;Lovelace\n"))) == 1
    with book(copy_of_tiny) as course:
        ada = course.find_student("ada")
        assert (ada.first_name, ada.last_name, ada.email) == ("Ada", "Lovelace", "entered by hand")


def test_missing_students_get_no_row_and_strangers_are_named(copy_of_tiny):
    people = roster.read(written(copy_of_tiny, HEADER + "ada,,,,\ncleo,,,,\n"))
    found = roster.attendance(people, ["ada", "zoe"])
    assert (found.missing, found.unknown) == (["cleo"], ["zoe"])
    roster.save(copy_of_tiny, people)
    gradebook.save(copy_of_tiny, week_of(copy_of_tiny), [result("ada"), result("zoe")])
    with book(copy_of_tiny) as course:
        assert {one.student.id for one in course.assignment_submissions(WEEK)} == {"ada", "zoe"}
        assert {one["id"]: one["score"] for one in course.student_dicts()} == {
            "ada": 15,
            "cleo": 0,
            "zoe": 15,
        }


def test_extensions_are_hours_or_a_date_for_this_week_or_the_one_named(copy_of_tiny):
    due(copy_of_tiny, "2025-03-12 18:00 UTC")
    path = written(
        copy_of_tiny,
        HEADER + f"a,,,,48\nb,,,,2025-03-14\nc,,,,2025-03-13T19:30+01:00\nd,,,,0\ne,,,,\nf,,,,{WEEK}=1.5\n"
        "g,,,,90=2\n",
    )
    found = roster.extensions(copy_of_tiny, path, week_of(copy_of_tiny), roster.read(path))
    assert found == {
        "a": timedelta(hours=48),
        "b": timedelta(hours=54) - timedelta(seconds=1),
        "c": timedelta(hours=24.5),
        "d": None,
        "f": timedelta(hours=1.5),
        "g": timedelta(hours=2),
    }


def test_an_extension_is_respected_by_the_penalty_and_can_be_taken_back(copy_of_tiny):
    due(copy_of_tiny, "2025-01-01 09:00 UTC")
    configure(copy_of_tiny, 'c.LateSubmissionPlugin.penalty_method = "zero"')

    def total(text: str) -> float:
        path = written(copy_of_tiny, HEADER + f"ada,,,,{text}\n")
        more_time = roster.extensions(copy_of_tiny, path, week_of(copy_of_tiny), roster.read(path))
        gradebook.save(copy_of_tiny, week_of(copy_of_tiny), [result("ada")], extensions=more_time)
        return gradebook.standings(copy_of_tiny, week_of(copy_of_tiny))["ada"].total

    full = sum(POINTS.values())
    assert [total(text) for text in ("", "2", "", "2025-01-01T09:30", "0")] == [0, full, full, 0, 0]
    with book(copy_of_tiny) as course:
        course.grant_extension(WEEK, "ada", days=1)
    assert total("") == full, "one that was granted in nbgrader stays"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: no column id"),
        ("name,email\n", "line 1: unknown column 'name'"),
        ("id,id\n", "line 1: a column twice"),
        ("id,extention\n", "line 1: unknown column 'extention'"),
        (HEADER + "ada,Ada\n", "line 2: 2 fields"),
        (HEADER + "ada,,,,\n\nada,,,,\n", "line 4: ada is on line 2 too"),
        (HEADER + ",Ada,,,\n", "line 2: the id ''"),
        (HEADER + "../ada,,,,\n", "line 2: the id '../ada'"),
        (HEADER + 'ada,"Ada,,,\n', "line 2"),
        (HEADER + "ada,,,,a=1;a=2\n", "line 2: the extension"),
        (HEADER + "ada,,,,=3\n", "line 2: the extension"),
        ("id\nada\x00\n", "line 2"),
    ],
)
def test_a_wrong_roster_is_said_with_its_line(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        roster.read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tomorrow", "the extension 'tomorrow'"),
        ("-3", "the extension -3"),
        ("2025-03-01", "the extension 2025-03-01"),
        ("nan", "'nan'"),
        ("inf", "the extension inf"),
        ("20250314", "the extension 20250314"),
        ("91_none=3", "an extension for 91_none"),
    ],
)
def test_a_wrong_extension_is_said_with_its_line(copy_of_tiny, text, says):
    due(copy_of_tiny, "2025-03-12 18:00 UTC")
    path = written(copy_of_tiny, HEADER + f"ada,,,,{text}\n")
    with pytest.raises(InputError, match=f"line 2: .*{says}"):
        roster.extensions(copy_of_tiny, path, week_of(copy_of_tiny), roster.read(path))


def test_an_extension_needs_a_due_date_and_a_roster_a_file(copy_of_tiny):
    path = written(copy_of_tiny, HEADER + "ada,,,,3\n")
    with pytest.raises(InputError, match="no due date"):
        roster.extensions(copy_of_tiny, path, week_of(copy_of_tiny), roster.read(path))
    with pytest.raises(InputError, match="cannot be read"):
        roster.read(copy_of_tiny / "none.csv")
    path.write_bytes(b"id\nbj\xf8rn\n")
    with pytest.raises(InputError, match="UTF-8"):
        roster.read(path)


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (7)\n,,,,,Manual Posting\n    Points Possible,,,,,20\n"
    '"Smith, Ann",101,S1,ann_smith,A,\n"Student, Test",9,,,A,\n'
)
ANN = {"first_name": "Ann", "last_name": "Smith"}


@pytest.mark.parametrize(
    ("text", "student", "details"),
    [
        (CANVAS, "ann_smith", ANN | {"lms_user_id": "101"}),
        ('Student,ID,Section\n"Smith, Ann",101,A\n', "101", ANN | {"lms_user_id": "101"}),
        (
            "First name,Last name,Email address,Groups\nAnn,Smith,ann@x.y,G1\n",
            "ann@x.y",
            ANN | {"email": "ann@x.y"},
        ),
        ("Username,First name,Surname,ID number\nann,Ann,Smith,\n", "ann", ANN),
        (
            "Identifier,Full name,Email address,Status,Grade\nParticipant 12,Ann Smith,ann@x.y,Submitted,\n",
            "ann@x.y",
            ANN | {"email": "ann@x.y", "lms_user_id": "12"},
        ),
        ("sep=;\r\nid;first_name;last_name;;\r\nann;Ann;Smith;;\r\n;;;;\r\n", "ann", ANN),
        ("ID,First Name,Last Name,LMS User ID,,\nann,Ann,Smith,17,,\n", "ann", ANN | {"lms_user_id": "17"}),
        ("Matrikelnummer;Vorname;Nachname;Gruppe\n007;Ann;Smith;3\n", "007", ANN),
        ("OrgDefinedId,Last Name,First Name,End-of-Line Indicator\nann,Smith,Ann,#\n", "ann", ANN),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_rosters_of_canvas_moodle_and_excel_are_read_as_they_are(tmp_path, text, student, details, encoding):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    (person,) = roster.read(path)
    assert (person.id, person.details) == (student, details)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Matrikelnummer;Vorname\n1,23E+06;A\n", "a spreadsheet has changed"),
        ("id,first_name,,\nann,Ann,,x\n", "line 2: 'x' in a column without a heading"),
        ("id,first_name\nann,Ann,x\n", "line 2: 3 fields"),
        ("Username,Extention\nann,3\n", "unknown column 'extention'"),
        ("Username,First name\n,Ann\n", "line 2: the id ''"),
        ("id\nZo\u00eb\nZoe\u0308\n", "is on line 2 too"),
    ],
)
def test_a_faulty_export_is_said_with_its_line(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        roster.read(written(tmp_path, text))


def test_a_date_without_a_zone_is_in_the_courses_zone(copy_of_tiny):
    due(copy_of_tiny, "2026-07-20 16:00 UTC")
    configure(copy_of_tiny, "c.Exchange.timezone = 'Europe/Berlin'")
    path = written(copy_of_tiny, HEADER + "ada,,,,2026-07-21T18:00\nben,,,,2026-07-21T18:00+00:00\n")
    more_time = roster.extensions(copy_of_tiny, path, week_of(copy_of_tiny), roster.read(path))
    assert more_time == {"ada": timedelta(hours=24), "ben": timedelta(hours=26)}


def test_both_unicode_forms_of_an_id_are_one_row(copy_of_tiny):
    nfc, nfd = "Zo\u00eb", "Zoe\u0308"
    week = week_of(copy_of_tiny)
    gradebook.save(copy_of_tiny, week, [result(nfc)])
    with book(copy_of_tiny) as course:
        course.add_student(nfd, last_name="Z")
    roster.save(copy_of_tiny, roster.read(written(copy_of_tiny, f"id,first_name\n{nfd},Zoe\n")))
    with book(copy_of_tiny) as course:
        assert [(one.id, one.first_name, one.last_name) for one in course.students] == [(nfc, "Zoe", "Z")]
        course.add_student(nfd)
        course.find_submission(WEEK, nfc).student = course.find_student(nfd)
    gradebook.save(copy_of_tiny, week, [result(nfc)])
    assert gradebook.standings(copy_of_tiny, week)[nfc].total == sum(POINTS.values())
    with book(copy_of_tiny) as course:
        assert [one.id for one in course.students] == [nfc]
        course.add_student(nfd)
        course.add_submission(WEEK, nfd)
    with pytest.raises(InputError, match="two students"):
        gradebook.save(copy_of_tiny, week, [result(nfc)])


@pytest.mark.parametrize(
    ("text", "students"),
    [
        ('id,first_name\n="00123",Ann\n', ["00123"]),
        ("First Name,Last Name,SID,Email,Section\nAnn,Smith,123,a@x,A\n", ["123"]),
        ("Prénom,Nom,Nom d’utilisateur,Adresse de courriel\nAnn,Smith,asmith,a@x\n", ["asmith"]),
        ("Nombre,Apellido(s),Nombre de usuario,Dirección de correo\nAnn,Smith,asmith,a@x\n", ["asmith"]),
        (
            '"Last Name","First Name","Username","Student ID"\n"Smith","Ann","asmith","123"\n',
            ["asmith", "123"],
        ),
        ('Student,ID,SIS User ID,SIS Login ID,Section\n"Smith, Ann",77,s1,asmith,A\n', ["asmith", "s1"]),
    ],
)
def test_further_systems_name_the_columns_and_a_login_stays_known(tmp_path, text, students):
    (person,) = roster.read(written(tmp_path, text))
    assert [person.id, *person.aliases] == students and person.details["first_name"] == "Ann"


def test_an_id_that_a_spreadsheet_made_a_decimal_is_refused(tmp_path):
    with pytest.raises(InputError, match="'12345.0', a number that a spreadsheet has changed"):
        roster.read(written(tmp_path, "id\n12345.0\n"))
