"""The class list: names into the gradebook, who is missing, who has more time, and lines that are wrong."""

from datetime import timedelta

import pytest
from graded_class import POINTS, book, configure, due, result, week_of
from tiny_course import WEEK

from mmlab.course.grade import gradebook, roster
from mmlab.errors import InputError

HEADER = "id,first_name,last_name,email,extension\n"


def written(folder, text: str, encoding: str = "utf-8"):
    """Write a roster; return its path."""
    path = folder / "roster.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_names_reach_the_gradebook_and_a_second_time_changes_nothing(copy_of_tiny):
    people = roster.read(written(copy_of_tiny, HEADER + 'ada,Ada,"King, Countess",,\nben,Ben,,ben (at) home,24\n\n', "utf-8-sig"))
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
        assert {one["id"]: one["score"] for one in course.student_dicts()} == {"ada": 15, "cleo": 0, "zoe": 15}


def test_extensions_are_hours_or_a_date_for_this_week_or_the_one_named(copy_of_tiny):
    due(copy_of_tiny, "2025-03-12 18:00 UTC")
    path = written(copy_of_tiny, HEADER + f"a,,,,48\nb,,,,2025-03-14\nc,,,,2025-03-13T19:30+01:00\nd,,,,0\ne,,,,\nf,,,,{WEEK}=1.5\n"
                                          "g,,,,90=2\n")  # fmt: skip
    found = roster.extensions(copy_of_tiny, path, week_of(copy_of_tiny), roster.read(path))
    assert found == {"a": timedelta(hours=48), "b": timedelta(hours=54) - timedelta(seconds=1), "c": timedelta(hours=24.5),
                     "d": None, "f": timedelta(hours=1.5), "g": timedelta(hours=2)}  # fmt: skip


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
    [("", "line 1: no column id"), ("name,email\n", "line 1: unknown column 'name'"), ("id,id\n", "line 1: a column twice"),
     ("id,extention\n", "line 1: unknown column 'extention'"), (HEADER + "ada,Ada\n", "line 2: 2 fields"),
     (HEADER + "ada,,,,\n\nada,,,,\n", "line 4: ada is on line 2 too"), (HEADER + ",Ada,,,\n", "line 2: the id ''"),
     (HEADER + "../ada,,,,\n", "line 2: the id '../ada'"), (HEADER + 'ada,"Ada,,,\n', "line 2"),
     (HEADER + "ada,,,,a=1;a=2\n", "line 2: the extension"), (HEADER + "ada,,,,=3\n", "line 2: the extension"),
     ("id\nada\x00\n", "line 2")],
)  # fmt: skip
def test_a_wrong_roster_is_said_with_its_line(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        roster.read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "says"),
    [("tomorrow", "the extension 'tomorrow'"), ("-3", "the extension -3"), ("2025-03-01", "the extension 2025-03-01"), ("nan", "'nan'"),
     ("inf", "the extension inf"), ("20250314", "the extension 20250314"), ("91_none=3", "an extension for 91_none")],
)  # fmt: skip
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
