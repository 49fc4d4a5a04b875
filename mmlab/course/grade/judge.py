"""Give the mark of one exercise: ask for results, compare them here, name the misconception.

Expected values and misconceptions never leave this process. Whatever comes back is a
claim of the student's: plain data of the codec, a wrong answer where it is odd.
"""

from mmlab.check import forbids, verdict
from mmlab.course.exercise import Exercise
from mmlab.course.grade.sitting import Sitting, Stopped, clean
from mmlab.course.grade.stages import Mark


def mark(exercise: Exercise, record: dict, points: float, sitting: Sitting, *, attempted: bool = True) -> Mark:
    """Return the mark of an exercise.

    record     its hidden record
    points     to be had, as the release says
    sitting    where the submission's cells have run or will run
    attempted  whether the solution cell differs from the stub
    raises     SandboxFault where nothing can be said
    """
    name, count = exercise.name, len(record["cases"])
    try:
        found = verdict_on(record, sitting, at=name if attempted else "")
    except Stopped as stopped:
        return Mark(name, 0.0, points, 0, count, None, tuple(map(clean, stopped.words)), attempted)
    right = sum(found.right)
    share = right / count if exercise.partial else float(found.passed)
    words = ("", "", "") if found.passed else tuple(map(clean, found.message(show_wanted=False)))
    return Mark(name, round(points * share, 2), points, right, count, found.misconception, words, attempted or right > 0)


def text_mark(exercise: Exercise, points: float, *, attempted: bool) -> Mark:
    """Return the mark of a text: none before a person has read it, 0 for the untouched stub, as nbgrader does."""
    return Mark(exercise.name, None if attempted else 0.0, points, attempted=attempted)


def verdict_on(record: dict, sitting: Sitting, at: str = "") -> verdict.Verdict:
    """Return the verdict on a submission's answer to the exercise of a record.

    at      the exercise whose check's place the names are taken from; "": after the last cell
    raises  Stopped where there is no verdict: no answer, or none that a comparer has words for; SandboxFault
    """
    name, sources = record["name"], [cell["source"] for cell in sitting.cells if "source" in cell]
    if used := forbids.names_reached(name, sources, record["forbids"]):
        raise Stopped(f"{name} uses {', '.join(used)}", "your own steps in place of it", "write out what it does")
    results = sitting.results(record, at)
    try:
        return verdict.judge(record, results)
    except Exception as error:  # nothing that a child sends may stop the class
        raise Stopped(f"{name}: what came back cannot be compared ({type(error).__name__})",
                      "a result of the kind that the statement asks for",
                      "return plain values, arrays or tensors") from error  # fmt: skip
