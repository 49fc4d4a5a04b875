"""Student ids in the gradebook that differ only in how Unicode stores them become one id, in NFC."""

from typing import TYPE_CHECKING

from mmlab.errors import InputError
from mmlab.instructor.unicode_names import canonical

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DETAILS = ("first_name", "last_name", "email", "lms_user_id")


def unify(session: "Session") -> None:
    """Give each student whose id is not in NFC the id in NFC, with all submissions; commit is the caller's.

    raises  InputError  if both ids have a submission for the same week
    """
    from nbgrader.api import Student, SubmittedAssignment
    from sqlalchemy import select, update

    ids = set(session.scalars(select(Student.id)))
    for old in sorted(name for name in ids if canonical(name) != name):
        new = canonical(old)
        weeks = {
            name: set(
                session.scalars(
                    select(SubmittedAssignment.assignment_id).where(SubmittedAssignment.student_id == name)
                )
            )
            for name in (old, new)
        }
        if weeks[old] & weeks[new]:
            raise InputError(
                f"the gradebook has two students {new}, whose ids differ only in Unicode's form (NFC and NFD), "
                "and both have scores for the same week",
                "one student with this name",
                "delete the submission that does not count in formgrader, or with `nbgrader db student remove`",
            )
        student, other = session.get(Student, old), session.get(Student, new)
        if other is None:
            other = Student(id=new)
            session.add(other)
        for name in DETAILS:
            setattr(other, name, getattr(other, name) or getattr(student, name))
        session.flush()
        owner = SubmittedAssignment.student_id
        session.execute(
            update(SubmittedAssignment).where(owner == old).values(student_id=new),
            execution_options={"synchronize_session": False},
        )
        session.expire_all()
        session.delete(session.get(Student, old))
        session.flush()
