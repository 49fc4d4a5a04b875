"""Judge one exercise: request the results, compare them in this process, name the misconception.

Expected values and misconceptions never leave this process. What the child sends back is
untrusted: it is decoded to plain data, and anything unexpected counts as a wrong answer.
"""

from mmlab.check import verdict
from mmlab.instructor.authoring.exercise import Exercise
from mmlab.instructor.grading.records import Mark
from mmlab.instructor.grading.submission_session import Stopped, SubmissionSession, clean


def mark(
    exercise: Exercise, record: dict, points: float, session: SubmissionSession, *, attempted: bool = True
) -> Mark:
    """Return the score of an exercise, with the verdict and its message.

    record     its hidden record
    points     the maximum, from the release
    session    the session that runs the submission's cells
    attempted  whether the solution cell differs from the stub
    raises     SandboxFault  if the sandbox failed, so that nothing is known about the answer
    """
    name, count = exercise.name, len(record["cases"])
    try:
        result = verdict_on(record, session, at=name if attempted else "")
    except Stopped as stopped:
        return Mark(name, 0.0, points, 0, count, None, tuple(map(clean, stopped.words)), attempted)
    right = sum(result.right)
    share = right / count if exercise.partial else float(result.passed)
    words = ("", "", "") if result.passed else tuple(map(clean, result.message(show_wanted=False)))
    return Mark(
        name,
        round(points * share, 2),
        points,
        right,
        count,
        result.misconception,
        words,
        attempted or right > 0,
    )


def text_mark(exercise: Exercise, points: float, *, attempted: bool) -> Mark:
    """Return the score of a text answer: 0 for the unchanged stub, else None until a person has read it."""
    return Mark(exercise.name, None if attempted else 0.0, points, attempted=attempted)


def verdict_on(record: dict, session: SubmissionSession, at: str = "") -> verdict.Verdict:
    """Return the verdict on a submission's answer to one exercise.

    record  the exercise's hidden record
    at      use the notebook's names as they were at this exercise's check cell; "": after the last cell
    raises  Stopped       if there is no answer, or none that can be compared
            SandboxFault  if the sandbox failed
    """
    try:
        result = compared(record, session.results(record, at))
        if result.passed or not at or not session.is_misled(record):
            return result
    except Stopped:
        if not at or not session.is_misled(record):
            raise
    return compared(record, session.results(record, at, again=True))


def compared(record: dict, results: list) -> verdict.Verdict:
    """Return the verdict on a child's results; raises Stopped if they cannot be compared."""
    try:
        return verdict.judge(record, results)
    except Exception as error:  # nothing that a child sends may stop the run
        raise _incomparable(record, error) from error


def is_wrong(record: dict, case: int, result) -> bool:
    """Return whether a child's result of one case is wrong; raises Stopped if it cannot be compared."""
    try:
        return verdict.difference(record, record["expected"][case], result) is not None
    except Exception as error:  # as above
        raise _incomparable(record, error) from error


def _incomparable(record: dict, error: Exception) -> Stopped:
    return Stopped(
        f"{record['name']}: the result cannot be compared ({type(error).__name__})",
        "a result of the type that the statement asks for",
        "return plain values, arrays or tensors",
    )
