"""The gradebook's rows for a batch of submissions: read with a few queries, created where missing.

nbgrader's own functions send one query for each cell; for two hundred submissions of ten
exercises that alone takes minutes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mmlab.errors import InputError

if TYPE_CHECKING:
    from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy.orm import Session
    from traitlets.config import Config

NOTEBOOK = "lab"


class Rows:
    """A batch's rows by student; new rows are added to the session and written with its transaction.

    session   nbgrader's database session
    week      name of the assignment
    students  ids; unknown students are added to the gradebook
    points    exercise → points
    raises    InputError  if the gradebook lacks the assignment
    """

    def __init__(self, session: "Session", week: str, students: list[str]):
        from nbgrader.api import GradeCell, Student

        self._session = session
        self._assignment, self._notebook = _released(session, week)
        cells = self._notebook._base_cells
        graded = [cell for cell in cells if hasattr(cell, "max_score")]
        self.points = {cell.name: cell.max_score for cell in graded if isinstance(cell, GradeCell)}
        self._graded = {cell.name: cell.id for cell in graded}
        self._commented = {cell.name: cell.id for cell in cells if not isinstance(cell, GradeCell)}
        known = {student.id for student in self._in(Student, Student.id, students)}
        session.add_all(Student(id=student) for student in students if student not in known)
        self._read(students)
        for student in students:
            if student not in self._notebooks:
                self._make(student)

    def submission(self, student: str) -> "tuple[SubmittedAssignment, SubmittedNotebook]":
        """Return a student's submission and its notebook."""
        return self._submissions[student], self._notebooks[student]

    def grade(self, student: str, exercise: str) -> "Grade":
        """Return the grade of an exercise."""
        return self._grades[self._notebooks[student].id, self._graded[exercise]]

    def comment(self, student: str, exercise: str) -> "Comment | None":
        """Return the comment on a student's answer to an exercise, or None if the lab has no such cell."""
        cell = self._commented.get(f"{exercise}-solution", self._commented.get(exercise))
        return self._comments.get((self._notebooks[student].id, cell))

    def score(self, student: str) -> float:
        """Return a student's points as nbgrader counts them, before any penalty."""
        grades = (self._grades[self._notebooks[student].id, cell] for cell in self._graded.values())
        marked = (
            (grade.auto_score if grade.manual_score is None else grade.manual_score, grade.extra_credit)
            for grade in grades
        )
        return sum((score + (extra or 0.0) for score, extra in marked if score is not None), 0.0)

    def _in(self, kind, column, values: list[str]) -> list:
        return self._session.query(kind).filter(column.in_(values)).all()

    def _read(self, students: list[str]) -> None:
        """Read the existing rows of the students' submissions."""
        from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook
        from sqlalchemy.orm import load_only

        submissions = self._session.query(SubmittedAssignment).filter(
            SubmittedAssignment.assignment_id == self._assignment.id,
            SubmittedAssignment.student_id.in_(students),
        )
        self._submissions = {submission.student_id: submission for submission in submissions}
        owners = {submission.id: student for student, submission in self._submissions.items()}
        notebooks = self._in(SubmittedNotebook, SubmittedNotebook.assignment_id, list(owners))
        self._notebooks = {
            owners[notebook.assignment_id]: notebook
            for notebook in notebooks
            if notebook.notebook_id == self._notebook.id
        }
        ids = [notebook.id for notebook in self._notebooks.values()]
        # Grade.score would send one more query for each row, so it is not loaded.
        fields = (
            Grade.notebook_id,
            Grade.cell_id,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        )
        grades = self._session.query(Grade).options(load_only(*fields)).filter(Grade.notebook_id.in_(ids))
        self._grades = {(grade.notebook_id, grade.cell_id): grade for grade in grades}
        self._comments = {
            (comment.notebook_id, comment.cell_id): comment
            for comment in self._in(Comment, Comment.notebook_id, ids)
        }
        for student, notebook in self._notebooks.items():
            self._fill(student, notebook)

    def _make(self, student: str) -> None:
        """Create a student's submission, as nbgrader's add_submission does."""
        from nbgrader.api import SubmittedAssignment, SubmittedNotebook, new_uuid

        if student not in self._submissions:
            self._submissions[student] = SubmittedAssignment(
                id=new_uuid(), assignment=self._assignment, student_id=student
            )
            self._session.add(self._submissions[student])
        notebook = SubmittedNotebook(
            id=new_uuid(), assignment_id=self._submissions[student].id, notebook_id=self._notebook.id
        )
        self._session.add(notebook)
        self._notebooks[student] = notebook
        self._fill(student, notebook)

    def _fill(self, student: str, notebook: "SubmittedNotebook") -> None:
        """Create the missing grades and comments of a notebook."""
        from nbgrader.api import Comment, Grade

        for kind, cells, rows in (
            (Grade, self._graded, self._grades),
            (Comment, self._commented, self._comments),
        ):
            for cell in cells.values():
                if (notebook.id, cell) not in rows:
                    rows[notebook.id, cell] = made = kind(notebook_id=notebook.id, cell_id=cell)
                    self._session.add(made)


def _released(session: "Session", week: str):
    """Return the assignment and its notebook."""
    from nbgrader.api import Assignment, Notebook

    assignment = session.query(Assignment).filter(Assignment.name == week).one_or_none()
    notebook = (
        assignment
        and session.query(Notebook)
        .filter(Notebook.assignment_id == assignment.id, Notebook.name == NOTEBOOK)
        .one_or_none()
    )
    if notebook is None:
        raise InputError(
            f"the gradebook has no assignment {week} with a notebook {NOTEBOOK}",
            "the week's release",
            f"run `mmlab release {week}`",
        )
    return assignment, notebook


def late_penalty(config: "Config") -> Callable[[str, float, float], float | None]:
    """Return the course's late submission plugin as a function: (student, score, seconds late) → points or None.

    The penalty is clipped between 0 and the score, as in nbgrader's AssignLatePenalties.
    """
    from nbgrader.preprocessors import AssignLatePenalties

    step = AssignLatePenalties(config=config)
    step.init_plugin()

    def penalty(student: str, score: float, seconds: float) -> float | None:
        try:
            points = (
                step.plugin_inst.late_submission_penalty(student, score, seconds) if step.enabled else None
            )
        except Exception as error:
            name = type(step.plugin_inst).__name__
            raise InputError(
                f"the late submission plugin {name} failed: {type(error).__name__}: {error}",
                "points or None",
                "fix the plugin that nbgrader_config.py names",
            ) from error
        return None if points is None else min(max(points, 0.0), score)

    return penalty
