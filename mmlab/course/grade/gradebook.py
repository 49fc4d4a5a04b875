"""Marks in nbgrader's database, a batch at a time, as its own converters would leave them.

    ensure_assignment   the week's cells, as `nbgrader generate_assignment` saves them
    save                a batch of results in one transaction; who moved, and why
    standings           what the database says now, persons' marks and comments with it

What a person entered (marks, extra credit, comments) is read and never written.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from mmlab.course.exercise import Week
from mmlab.course.grade.database import WAIT, Course, backup, opened
from mmlab.course.grade.register import SUBMISSION, Register, why
from mmlab.course.grade.rows import NOTEBOOK, Rows, late_penalty
from mmlab.course.grade.stages import Graded, Mark
from mmlab.errors import InputError

__all__ = ["Entry", "Moved", "Standing", "backup", "ensure_assignment", "save", "standings"]
NO_RESPONSE = "No response."


@dataclass(frozen=True)
class Moved:
    """A machine's mark that a regrade changed: points before and after, and what changed since.

    kept  whether a person's mark stands in its place, so that the student's points stay
    """

    student: str
    exercise: str
    before: float
    after: float
    why: str
    kept: bool = False


@dataclass(frozen=True)
class Entry:
    """One exercise in the gradebook: the machine's points, a person's, extra credit, and a person's comment.

    waits  whether a person is to look at it
    """

    auto: float | None
    manual: float | None
    extra: float | None
    max: float
    waits: bool
    comment: str | None = None

    @property
    def score(self) -> float:
        """The points that count, as nbgrader counts them."""
        marked = self.manual if self.manual is not None else self.auto
        return 0.0 if marked is None else marked + (self.extra or 0.0)


@dataclass
class Standing:
    """A student's submission as the gradebook has it: name, penalty, and exercise → Entry."""

    student: str
    first_name: str | None
    last_name: str | None
    penalty: float
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """First and last name, or the id where the gradebook has none."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.student

    @property
    def total(self) -> float:
        """The points that `nbgrader export` would write."""
        return max(0.0, sum(entry.score for entry in self.entries.values()) - self.penalty)

    @property
    def max(self) -> float:
        """The points of the whole lab."""
        return sum(entry.max for entry in self.entries.values())


def ensure_assignment(root: Path, week: Week, *, wait: float = WAIT) -> bool:
    """Make the week's assignment and cells in the gradebook where they are missing or out of date.

    nbgrader's own preprocessors read the source lab and save the cells; labs/ is not touched.
    returns  whether anything had to be made
    raises   InputError where exercises came or went after submissions were graded
    """
    from mmlab.course.grade.assignment import cells_of_lab, save_cells, saved_cells

    with opened(root, wait=wait) as course:
        lab, resources = cells_of_lab(course, week)
        if saved_cells(course, week.id) == resources["cells"]:
            return False
        save_cells(course, week.id, lab, resources)
        return True


def save(
    root: Path, week: Week, batch: list[Graded], *, context: dict[str, str] | None = None,
    extensions: dict[str, timedelta | None] | None = None, wait: float = WAIT,
) -> list[Moved]:  # fmt: skip
    """Write a batch of results to the gradebook in one transaction; return whose marks moved.

    Doing it twice changes nothing. A result with a fault writes nothing.
    context     what they were graded with, name → digest (release, hidden, grader), to say why a mark moved
    extensions  student → more time than the others, None: no longer; others keep what they have
    raises      InputError where the database is locked, full or damaged, or lacks the assignment
    """
    results = {graded.student: graded for graded in batch if graded.fault is None}
    if not results:
        return []
    if nameless := [student for student in results if not _is_text(student)]:
        raise InputError(f"the name of submitted/{ascii(nameless[0])} is no UTF-8", "a student's id", "rename the folder")
    register, context, moved = Register.read(root, week.id), dict(context or {}), []
    with opened(root, write=True, wait=wait) as course:
        rows = Rows(course.session, week.id, list(results))
        penalty = late_penalty(course.config)
        for student, graded in results.items():
            submission, notebook = rows.submission(student)
            submission.timestamp = _time(graded.timestamp)
            if student in (extensions or {}):
                submission.extension = extensions[student]
            moved += _enter(rows, graded, register, context)
            late = submission.total_seconds_late if submission.assignment.duedate else 0
            notebook.late_submission_penalty = penalty(student, rows.score(student), late) if late > 0 else None
    for graded in results.values():
        register.take(graded, context)
    register.write()
    return moved


def _enter(rows: Rows, graded: Graded, register: Register, context: dict) -> list[Moved]:
    """Enter a student's marks; return those that moved."""
    student, moved, last = graded.student, [], register.graded(graded.student)
    earlier = {mark.exercise: mark.score for mark in last.marks} if last else {}
    for mark in marks_of(graded, rows.points):
        grade = rows.grade(student, mark.exercise)
        auto = _auto(mark)
        before, then = grade.auto_score, register.graded_with(student, mark.exercise)
        again = then is not None and then.get(SUBMISSION) != graded.digest
        grade.auto_score, grade.needs_manual_grade = auto, _waits(grade, auto, again)
        if (comment := rows.comment(student, mark.exercise)) is not None:
            comment.auto_comment = _said(graded, mark)
        before = earlier.get(mark.exercise, before)
        if before is not None and auto is not None and before != auto:
            now = {**context, SUBMISSION: graded.digest}
            moved.append(Moved(student, mark.exercise, before, auto, why(then, now), grade.manual_score is not None))
    return moved


def marks_of(graded: Graded, points: dict[str, float]) -> list[Mark]:
    """Return a submission's marks; of a refused file all that there are, at zero.

    points  exercise → points of the lab
    raises  InputError where a mark is of an exercise that the gradebook does not know
    """
    if graded.problem:
        return [Mark(name, 0.0, most, attempted=False) for name, most in points.items()]
    if unknown := [mark.exercise for mark in graded.marks if mark.exercise not in points]:
        raise InputError(f"the gradebook has no cell {', '.join(unknown)} in {graded.week}", "the lab's cells",
                         f"run `mmlab release {graded.week}`, then grade again")  # fmt: skip
    return graded.marks


def _auto(mark: Mark) -> float | None:
    """Return what nbgrader's autograder would enter: nothing for a text that somebody wrote."""
    if mark.score is None:
        return None if mark.attempted else 0.0
    return float(mark.score)


def _said(graded: Graded, mark: Mark) -> str | None:
    """Return the autograder's comment: nbgrader's own on what nobody answered, and why a file was refused."""
    if graded.problem:
        return f"Not graded. {graded.problem}".encode("utf-8", "replace").decode()  # half an emoji fits in no database
    return None if mark.attempted else NO_RESPONSE


def _waits(grade, auto: float | None, again: bool) -> bool:
    """Return whether a person is to look: at a new text, or at a mark of theirs whose ground has moved.

    again  whether another file was handed in since
    """
    if grade.manual_score is None:
        return auto is None
    return bool(grade.needs_manual_grade) or (again if auto is None else auto != grade.auto_score)


def _is_text(student: str) -> bool:
    """Return whether UTF-8, and so the database, can hold a folder's name."""
    return student.encode("utf-8", "replace").decode() == student


def _time(timestamp: str | None):
    from nbgrader.utils import parse_utc

    return parse_utc(timestamp)


def standings(root: Path, week: Week, students: list[str] | None = None, *, wait: float = WAIT) -> dict[str, Standing]:
    """Return what the gradebook has of a week: student → Standing, for `students` or all who handed in."""
    with opened(root, wait=wait) as course:
        return _standings(course, week.id, students)


def _standings(course: Course, week: str, students: list[str] | None) -> dict[str, Standing]:
    """Read standings with three queries, whatever the class's size."""
    from nbgrader.api import BaseCell, Comment, Grade, GradeCell, Student, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    run, student = course.session.execute, SubmittedAssignment.student_id
    comments = select(student, BaseCell.name, Comment.manual_comment).join_from(Comment, BaseCell, Comment.cell_id == BaseCell.id)
    comments = comments.join(SubmittedNotebook, Comment.notebook_id == SubmittedNotebook.id)
    comments = _of_week(comments, week, students).where(Comment.manual_comment.is_not(None))
    said = {(who, name.removesuffix("-solution")): text for who, name, text in run(comments)}
    people = select(student, Student.first_name, Student.last_name, SubmittedNotebook.late_submission_penalty)
    people = _of_week(people.select_from(SubmittedNotebook), week, students).join(Student, Student.id == student)
    found = {who: Standing(who, first, last, penalty or 0.0) for who, first, last, penalty in run(people)}
    grades = select(student, GradeCell.name, Grade.auto_score, Grade.manual_score, Grade.extra_credit, GradeCell.max_score,
                    Grade.needs_manual_grade).join_from(Grade, GradeCell, Grade.cell_id == GradeCell.id)  # fmt: skip
    grades = grades.join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
    for who, name, *rest in run(_of_week(grades, week, students)):
        found[who].entries[name] = Entry(*rest, said.get((who, name)))
    return found


def _of_week(query, week: str, students: list[str] | None):
    """Return a query over submitted notebooks held to a week's lab, and to some students."""
    from nbgrader.api import Assignment, Notebook, SubmittedAssignment, SubmittedNotebook

    query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    query = query.join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
    query = query.where(Assignment.name == week, Notebook.name == NOTEBOOK)
    return query if students is None else query.where(SubmittedAssignment.student_id.in_(students))
