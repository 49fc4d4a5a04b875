"""Save results in nbgrader's database in batches, as its own converters would save them.

    ensure_assignment   save the week's cells, as `nbgrader generate_assignment` does
    save                save a batch of results in one transaction; return the changed scores
    standings           read the current scores and comments, including those entered by persons

What a person has entered (scores, extra credit, comments) is read and never written.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading.gradebook import student_names
from mmlab.instructor.grading.gradebook.database import WAIT, Course, backup, opened
from mmlab.instructor.grading.gradebook.rows import NOTEBOOK, Rows, late_penalty
from mmlab.instructor.grading.records import Graded, Mark
from mmlab.instructor.grading.register import SUBMISSION, Register, why

__all__ = ["Entry", "Moved", "Standing", "backup", "ensure_assignment", "lateness", "save", "standings"]
NO_RESPONSE = "No response."


@dataclass(frozen=True)
class Moved:
    """An automatic score that a regrade changed: points before and after, and the reason.

    overridden  whether a person has entered another score, so that the student's points stay
    """

    student: str
    exercise: str
    before: float
    after: float
    why: str
    overridden: bool = False


@dataclass(frozen=True)
class Entry:
    """One exercise in the gradebook: automatic points, a person's points, extra credit, a person's comment.

    waits  whether it needs manual grading
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
    """A student's submission in the gradebook: name, late penalty in points, and exercise → Entry.

    has_due_date   whether the week has a due date
    seconds_late   time of submission after the due date and the student's extension, 0 if it was in time or unknown
    """

    student: str
    first_name: str | None
    last_name: str | None
    penalty: float
    entries: dict[str, Entry] = field(default_factory=dict)
    has_due_date: bool = False
    seconds_late: float = 0.0

    @property
    def name(self) -> str:
        """First and last name, or the id if the gradebook has no name."""
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
    """Create or update the week's assignment and cells in the gradebook; return whether anything changed.

    nbgrader's own preprocessors read the source lab and save the cells; labs/ is not touched.
    raises  InputError  if exercises were added or removed after submissions had been graded
    """
    from mmlab.instructor.grading.gradebook.assignment import cells_of_lab, save_cells, saved_cells

    with opened(root, wait=wait) as course:
        lab, resources = cells_of_lab(course, week)
        if saved_cells(course, week.id) == resources["cells"]:
            return False
        save_cells(course, week.id, lab, resources)
        return True


def save(
    root: Path,
    week: Week,
    batch: list[Graded],
    *,
    context: dict[str, str] | None = None,
    extensions: dict[str, timedelta | None] | None = None,
    wait: float = WAIT,
) -> list[Moved]:
    """Write a batch of results to the gradebook in one transaction; return the scores that changed.

    Doing it twice changes nothing. A result with a fault is skipped.
    context     name (release, hidden, grader) → digest, to explain why a score changed
    extensions  student → extra time, None: no longer any; other students keep theirs
    raises      InputError  if the database is locked, full or damaged, or lacks the assignment
    """
    results = {graded.student: graded for graded in batch if graded.fault is None}
    if not results:
        return []
    if nameless := [student for student in results if not _is_text(student)]:
        raise InputError(
            f"the name of submitted/{ascii(nameless[0])} is not UTF-8", "a student's id", "rename the folder"
        )
    register, context, moved = Register.read(root, week.id), dict(context or {}), []
    with opened(root, write=True, wait=wait) as course:
        student_names.unify(course.session)
        rows = Rows(course.session, week.id, list(results))
        penalty = late_penalty(course.config)
        for student, graded in results.items():
            submission, notebook = rows.submission(student)
            submission.timestamp = _time(graded.timestamp)
            if student in (extensions or {}):
                submission.extension = extensions[student]
            moved += _enter(rows, graded, register, context)
            late = submission.total_seconds_late if submission.assignment.duedate else 0
            notebook.late_submission_penalty = (
                penalty(student, rows.score(student), late) if late > 0 else None
            )
    for graded in results.values():
        register.take(graded, context)
    register.write()
    return moved


def _enter(rows: Rows, graded: Graded, register: Register, context: dict) -> list[Moved]:
    """Enter a student's scores; return those that changed."""
    student, moved, last = graded.student, [], register.graded(graded.student)
    earlier = {mark.exercise: mark.score for mark in last.marks} if last else {}
    for mark in marks_of(graded, rows.points):
        grade = rows.grade(student, mark.exercise)
        auto = _auto(mark)
        before, then = grade.auto_score, register.graded_with(student, mark.exercise)
        again = then is not None and then.get(SUBMISSION) != graded.digest
        grade.auto_score, grade.needs_manual_grade = auto, _waits(grade, auto, again)
        if (comment := rows.comment(student, mark.exercise)) is not None:
            comment.auto_comment = _comment(graded, mark)
        before = earlier.get(mark.exercise, before)
        if before is not None and auto is not None and before != auto:
            now = {**context, SUBMISSION: graded.digest}
            moved.append(
                Moved(student, mark.exercise, before, auto, why(then, now), grade.manual_score is not None)
            )
    return moved


def marks_of(graded: Graded, points: dict[str, float]) -> list[Mark]:
    """Return a submission's marks; for a refused file, a score of 0 for every exercise.

    points  exercise → points of the lab
    raises  InputError  for an exercise that the gradebook does not know
    """
    if graded.problem:
        return [Mark(name, 0.0, maximum, attempted=False) for name, maximum in points.items()]
    if unknown := [mark.exercise for mark in graded.marks if mark.exercise not in points]:
        raise InputError(
            f"the gradebook has no cell {', '.join(unknown)} in {graded.week}",
            "the lab's cells",
            f"run `mmlab release {graded.week}`, then grade again",
        )
    return graded.marks


def _auto(mark: Mark) -> float | None:
    """Return the score that nbgrader's autograder would enter: None for a text answer that is not the stub."""
    if mark.score is None:
        return None if mark.attempted else 0.0
    return float(mark.score)


def _comment(graded: Graded, mark: Mark) -> str | None:
    """Return the autograder's comment: why a file was refused, or nbgrader's own for an unanswered exercise."""
    if graded.problem:
        # a database cannot store an unpaired surrogate
        return f"Not graded. {graded.problem}".encode("utf-8", "replace").decode()
    return None if mark.attempted else NO_RESPONSE


def _waits(grade, auto: float | None, again: bool) -> bool:
    """Return whether manual grading is needed: for a new text, or if a manually graded answer has changed.

    again  whether another file was submitted since
    """
    if grade.manual_score is None:
        return auto is None
    return bool(grade.needs_manual_grade) or (again if auto is None else auto != grade.auto_score)


def _is_text(student: str) -> bool:
    """Return whether a folder's name can be encoded as UTF-8, and so stored in the database."""
    return student.encode("utf-8", "replace").decode() == student


def _time(timestamp: str | None):
    from nbgrader.utils import parse_utc

    return parse_utc(timestamp)


def lateness(
    root: Path, week: Week, extensions: dict[str, timedelta | None] | None = None, *, wait: float = WAIT
) -> Callable[[str, str | None], float]:
    """Return a function: (student, time of submission in UTC) → seconds after the due date, 0 if in time.

    extensions  student → extra time that is not in the gradebook yet
    """
    with opened(root, wait=wait) as course:
        from nbgrader.api import Assignment, SubmittedAssignment

        assignment = course.session.query(Assignment).filter(Assignment.name == week.id).one_or_none()
        due = assignment.duedate if assignment else None
        fields = (SubmittedAssignment.student_id, SubmittedAssignment.extension)
        rows = course.session.query(*fields).join(Assignment).filter(Assignment.name == week.id)
        more = dict(rows.all()) | (extensions or {})

    def late(student: str, timestamp: str | None) -> float:
        if due is None or timestamp is None:
            return 0.0
        return max(0.0, (_time(timestamp) - due - (more.get(student) or timedelta())).total_seconds())

    return late


def standings(
    root: Path, week: Week, students: list[str] | None = None, *, wait: float = WAIT
) -> dict[str, Standing]:
    """Return student → Standing for a week, for the given students or all who have submitted."""
    with opened(root, wait=wait) as course:
        return _standings(course, week.id, students)


def _standings(course: Course, week: str, students: list[str] | None) -> dict[str, Standing]:
    """Read standings with three queries, whatever the size of the class."""
    from nbgrader.api import (
        Assignment,
        BaseCell,
        Comment,
        Grade,
        GradeCell,
        Student,
        SubmittedAssignment,
        SubmittedNotebook,
    )
    from sqlalchemy import select

    run, student = course.session.execute, SubmittedAssignment.student_id
    comments = select(student, BaseCell.name, Comment.manual_comment).join_from(
        Comment, BaseCell, Comment.cell_id == BaseCell.id
    )
    comments = comments.join(SubmittedNotebook, Comment.notebook_id == SubmittedNotebook.id)
    comments = _of_week(comments, week, students).where(Comment.manual_comment.is_not(None))
    comment_on = {(who, name.removesuffix("-solution")): text for who, name, text in run(comments)}
    submission = SubmittedAssignment
    people = select(
        *(student, Student.first_name, Student.last_name, SubmittedNotebook.late_submission_penalty),
        *(Assignment.duedate, submission.extension, submission.timestamp),
    )
    people = _of_week(people.select_from(SubmittedNotebook), week, students).join(
        Student, Student.id == student
    )
    standings = {}
    for who, first, last, penalty, due, extension, timestamp in run(people):
        late = (timestamp - due - (extension or timedelta())).total_seconds() if due and timestamp else 0.0
        standings[who] = Standing(who, first, last, penalty or 0.0, {}, due is not None, max(0.0, late))
    grades = select(
        student,
        GradeCell.name,
        Grade.auto_score,
        Grade.manual_score,
        Grade.extra_credit,
        GradeCell.max_score,
        Grade.needs_manual_grade,
    ).join_from(Grade, GradeCell, Grade.cell_id == GradeCell.id)
    grades = grades.join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
    for who, name, *rest in run(_of_week(grades, week, students)):
        standings[who].entries[name] = Entry(*rest, comment_on.get((who, name)))
    return standings


def _of_week(query, week: str, students: list[str] | None):
    """Return a query over submitted notebooks, restricted to a week's lab and to some students."""
    from nbgrader.api import Assignment, Notebook, SubmittedAssignment, SubmittedNotebook

    query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    query = query.join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
    query = query.where(Assignment.name == week, Notebook.name == NOTEBOOK)
    return query if students is None else query.where(SubmittedAssignment.student_id.in_(students))
