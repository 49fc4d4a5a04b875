"""Marks in nbgrader's database: as its own converters leave them, never a person's mark lost."""

import os
import stat

import pytest

from graded_class import POINTS, TEXT, WITH, book, configure, due, dump, result, save, week_of
from mmlab.errors import InputError
from mmlab.instructor.grading.gradebook import gradebook
from mmlab.instructor.grading.records import Graded
from mmlab.instructor.grading.register import FILE, Register
from tiny_course import WEEK

ALL = sum(POINTS.values())


def test_marks_are_what_nbgrader_finds(copy_of_tiny):
    save(copy_of_tiny, result("ada", wrong=("Gain",), empty=("Tally",)), result("ben", text=False))
    with book(copy_of_tiny) as course:
        ada, ben = (course.find_submission(WEEK, student) for student in ("ada", "ben"))
        assert (ada.score, ada.max_score, ben.score) == (ALL - 5, ALL + 2, ALL)
        assert (ada.needs_manual_grade, ben.needs_manual_grade) == (True, False), (
            "a written text waits for a person"
        )
        assert str(ada.timestamp) == "2025-01-01 10:00:00"
        grades = {grade.name: grade.auto_score for grade in ada.notebooks[0].grades}
        assert grades == POINTS | {"Gain": 0, "Tally": 0, TEXT: None}
        said = {comment.name: comment.comment for comment in ada.notebooks[0].comments}
        assert said == {
            f"{name}-solution": "No response." if name == "Tally" else None for name in POINTS
        } | {TEXT: None}
        assert course.find_comment(TEXT, "lab", WEEK, "ben").comment == "No response."


def test_saving_twice_changes_nothing(copy_of_tiny):
    batch = [result("ada", wrong=("Gain",)), result("ben")]
    assert save(copy_of_tiny, *batch) == []
    before, register = dump(copy_of_tiny), (copy_of_tiny / ".mmlab" / WEEK / FILE).read_bytes()
    assert save(copy_of_tiny, *batch) == []
    assert dump(copy_of_tiny) == before and (copy_of_tiny / ".mmlab" / WEEK / FILE).read_bytes() == register


def test_a_fault_writes_nothing(copy_of_tiny):
    before = dump(copy_of_tiny)
    assert save(copy_of_tiny, result("ada", fault="the sandbox did not start")) == []
    assert dump(copy_of_tiny) == before
    save(copy_of_tiny, result("ada"))
    before = dump(copy_of_tiny)
    save(copy_of_tiny, Graded("ada", WEEK, "d2", fault="the disk is full"))
    assert dump(copy_of_tiny) == before, "the earlier marks stay"


def test_a_refused_file_is_zero_and_says_why(copy_of_tiny):
    save(copy_of_tiny, Graded("ada", WEEK, "d1", problem="lab.ipynb is not JSON"))
    with book(copy_of_tiny) as course:
        submission = course.find_submission(WEEK, "ada")
        assert submission.score == 0 and not submission.needs_manual_grade
        assert all("not JSON" in comment.comment for comment in submission.notebooks[0].comments)
    save(copy_of_tiny, result("ada", digest="d2"))
    with book(copy_of_tiny) as course:
        assert course.find_submission(WEEK, "ada").score == ALL
        assert course.find_comment("Gain-solution", "lab", WEEK, "ada").comment is None


def mark_by_hand(root, student: str, name: str, points: float, **more) -> None:
    """Do what formgrader does when a person enters points."""
    with book(root) as course:
        grade = course.find_grade(name, "lab", WEEK, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        for field, value in more.items():
            setattr(grade, field, value)


def test_what_a_person_entered_survives_and_is_looked_at_again_only_for_cause(copy_of_tiny):
    save(copy_of_tiny, result("ada", wrong=("Gain",)))
    mark_by_hand(copy_of_tiny, "ada", "Gain", 1.5, extra_credit=0.25)
    mark_by_hand(copy_of_tiny, "ada", TEXT, 2.0)
    with book(copy_of_tiny) as course:
        course.find_comment("Gain-solution", "lab", WEEK, "ada").manual_comment = "nearly"

    def entered() -> tuple:
        with book(copy_of_tiny) as course:
            gain, text = (course.find_grade(name, "lab", WEEK, "ada") for name in ("Gain", TEXT))
            comment = course.find_comment("Gain-solution", "lab", WEEK, "ada").comment
            assert (gain.manual_score, gain.extra_credit, text.manual_score, comment) == (
                1.5,
                0.25,
                2.0,
                "nearly",
            )
            return gain.auto_score, gain.needs_manual_grade, text.needs_manual_grade

    save(copy_of_tiny, result("ada", wrong=("Gain",)))
    assert entered() == (0, False, False)
    moved = save(copy_of_tiny, result("ada"), context=WITH | {"hidden": "h2"})
    assert entered() == (2, True, False), "the machine's mark moved: a person looks again"
    assert [(one.exercise, one.before, one.after, one.why, one.overridden) for one in moved] == [
        ("Gain", 0, 2, "hidden cases changed", True)
    ]
    save(copy_of_tiny, result("ada"), context=WITH | {"hidden": "h2"})
    assert entered() == (2, True, False), "and goes on waiting until a person has"
    save(copy_of_tiny, result("ada", digest="d2"))
    assert entered() == (2, True, True), "another file was handed in: its text may be another"
    standing = gradebook.standings(copy_of_tiny, week_of(copy_of_tiny))["ada"]
    assert standing.total == 1 + 1.75 + 3 + 4 + 5 + 2 and standing.max == 17
    assert standing.entries["Gain"] == gradebook.Entry(2, 1.5, 0.25, 2, True, "nearly")


@pytest.mark.parametrize(
    ("change", "digest", "says"),
    [
        ({"release": "r2"}, "d1", "release changed"),
        ({"hidden": "h2"}, "d1", "hidden cases changed"),
        ({"grader": "g2"}, "d1", "grader changed"),
        ({}, "d2", "submission changed"),
        ({"release": "r2"}, "d2", "release changed, submission changed"),
        ({}, "d1", "nothing changed"),
    ],
)
def test_a_regrade_says_whose_mark_moved_and_why(copy_of_tiny, change, digest, says):
    save(copy_of_tiny, result("ada"), result("ben"))
    moved = save(
        copy_of_tiny, result("ada", wrong=("Tally",), digest=digest), result("ben"), context=WITH | change
    )
    assert [(one.student, one.exercise, one.before, one.after, one.overridden) for one in moved] == [
        ("ada", "Tally", 3, 0, False)
    ]
    assert moved[0].why.startswith(says)


def test_a_move_is_told_again_after_a_kill_between_database_and_register(copy_of_tiny, monkeypatch):
    save(copy_of_tiny, result("ada"))
    changed = result("ada", wrong=("Tally",), digest="d2")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Register, "write", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        save(copy_of_tiny, changed)
    assert [one.why for one in save(copy_of_tiny, changed)] == ["submission changed"]


def test_one_exercise_leaves_the_others(copy_of_tiny):
    save(copy_of_tiny, result("ada", wrong=("Gain", "Tally")))
    only = result("ada", digest="d2")
    only.marks = [mark for mark in only.marks if mark.exercise == "Gain"]
    assert [one.exercise for one in save(copy_of_tiny, only)] == ["Gain"]
    standing = gradebook.standings(copy_of_tiny, week_of(copy_of_tiny))["ada"]
    assert standing.total == ALL - 3
    register = Register.read(copy_of_tiny, WEEK)
    assert [mark.score for mark in register.graded("ada").marks] == [1, 2, 0, 4, 5, None]
    assert register.graded_with("ada", "Gain")["submission"] == "d2"
    assert register.graded_with("ada", "Tally")["submission"] == "d1"


def test_the_register_counts_failures_in_a_row_and_is_private(copy_of_tiny):
    def failures() -> dict:
        return Register.read(copy_of_tiny, WEEK).students["ada"]["failures"]

    for digest, wrong, count in (
        ("d1", True, 1),
        ("d1", True, 1),
        ("d2", True, 2),
        ("d3", False, 0),
        ("d4", True, 1),
    ):
        save(copy_of_tiny, result("ada", wrong=("Gain",) * wrong, digest=digest))
        assert failures().get("Gain", 0) == count
    file = copy_of_tiny / ".mmlab" / WEEK / FILE
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    file.write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        save(copy_of_tiny, result("ada"))


def test_an_unknown_exercise_is_named(copy_of_tiny):
    one = result("ada")
    one.marks[0].exercise = "scaled_product"
    before = dump(copy_of_tiny)
    with pytest.raises(InputError, match="no cell scaled_product"):
        save(copy_of_tiny, result("ben"), one)
    assert dump(copy_of_tiny) == before, "and nothing of the batch is written"


def test_text_that_no_database_can_hold_is_mended_and_such_a_name_refused(copy_of_tiny):
    save(copy_of_tiny, Graded("ada", WEEK, "d1", problem="half \ud800"))
    with book(copy_of_tiny) as course:
        assert course.find_comment("Gain-solution", "lab", WEEK, "ada").comment == "Not graded. half ?"
    with pytest.raises(InputError, match=r"submitted/'\\udcff' is not UTF-8"):
        save(copy_of_tiny, result("\udcff"))


def test_the_number_of_queries_does_not_grow_with_the_class(copy_of_tiny):
    from sqlalchemy import Engine, event

    counts = []
    event.listen(Engine, "before_cursor_execute", lambda *_: counts.append(1))
    for size in (10, 200):
        counts.append(0)
        before = len(counts)
        save(copy_of_tiny, *(result(f"s{size}-{number}") for number in range(size)))
        counts[0] = len(counts) - before if size == 10 else counts[0]
    assert len(counts) - before <= counts[0] + 12, "insertions are split into pages, nothing else grows"


# ---------------------------------------------------------------- late
def test_late_penalties_are_nbgraders_own(copy_of_tiny):
    due(copy_of_tiny, "2025-01-01 09:00:00 UTC")
    save(copy_of_tiny, result("ada"))
    assert gradebook.standings(copy_of_tiny, week_of(copy_of_tiny))["ada"].penalty == 0, (
        "its default takes nothing"
    )
    configure(copy_of_tiny, 'c.LateSubmissionPlugin.penalty_method = "zero"')
    save(
        copy_of_tiny,
        result("ada"),
        result("ben"),
        result("on_time", timestamp="2025-01-01T08:59:59+00:00"),
        extensions={"ben": gradebook.timedelta(hours=2)},
    )
    standings = gradebook.standings(copy_of_tiny, week_of(copy_of_tiny))
    assert {name: one.total for name, one in standings.items()} == {"ada": 0, "ben": ALL, "on_time": ALL}
    with book(copy_of_tiny) as course:
        assert course.find_submission(WEEK, "ada").late_submission_penalty == ALL
        assert course.find_submission(WEEK, "ben").total_seconds_late == 0
    save(
        copy_of_tiny,
        result("ada"),
        result("ben"),
        extensions={"ada": gradebook.timedelta(hours=1), "ben": None},
    )
    standings = gradebook.standings(copy_of_tiny, week_of(copy_of_tiny))
    assert (standings["ada"].total, standings["ben"].total) == (ALL, 0)


def test_a_course_s_own_plugin_is_asked_and_held_in_bounds(copy_of_tiny):
    due(copy_of_tiny, "2025-01-01 09:00:00 UTC")
    configure(
        copy_of_tiny,
        """
from nbgrader.plugins import LateSubmissionPlugin

class Hourly(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {"ada": total_seconds_late / 3600, "ben": 99, "cleo": -3, "dan": None}[student_id]

c.AssignLatePenalties.plugin_class = Hourly""",
    )
    save(copy_of_tiny, *(result(name) for name in ("ada", "ben", "cleo", "dan")))
    standings = gradebook.standings(copy_of_tiny, week_of(copy_of_tiny))
    assert [one.penalty for one in standings.values()] == [1, ALL, 0, 0]
    before = dump(copy_of_tiny)
    with pytest.raises(InputError, match="plugin Hourly failed: KeyError"):
        save(copy_of_tiny, result("eve"))
    assert dump(copy_of_tiny) == before
