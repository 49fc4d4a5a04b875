"""A large class with hostile submissions: checks that every score is correct and independent of the others.

Three runs of the real `mmlab grade` on one simulated class: complete; without the hostile
submissions, which must not change any other score; and killed at random moments and
resumed, which must not lose a submission or change a score.
"""

import random
import signal
import subprocess
import time
from pathlib import Path

from mmlab.cli import paths
from mmlab.instructor.authoring.exercise import Week, weeks
from mmlab.instructor.simulate import class_run
from mmlab.instructor.simulate.compose import SHARES, SimulatedStudent, compose

WEEK, SIZE, KILLS = "02_clip", 500, 20
HOSTILE = 25  # one submission in 25 is hostile: 20 of 500
SECRET = bytes(
    range(32)
)  # the same hidden cases in every run; with others, a misconception may be named differently
LIMITS = ("--cell-seconds", "3", "--answer-seconds", "30")


def measure(n: int = SIZE, kills: int = KILLS) -> dict:
    """Return the results of a class of `n` submissions, one in 25 of them hostile.

    returns  submissions, poisoned (hostile ones), true_marks (correct scores), others_identical (other
             submissions with the same result) and who moved, after_kills (correct scores after `kills`
             SIGKILLs), seconds, seconds_without, ok
    """
    root = paths.root()
    (week,) = weeks(root, [WEEK])
    students = class_of(week, n)
    others = [student for student in students if student.kind != "attack"]
    whole, seconds = run(root, week, students)
    without, seconds_without = run(root, week, others)
    resumed, _ = run(root, week, students, kills=kills)
    moved = [student.student for student in others if whole[student.student] != without[student.student]]
    right, after = (
        sum(rows[student.student]["score"] == student.true_score for student in students)
        for rows in (whole, resumed)
    )
    return {
        "submissions": n,
        "poisoned": n - len(others),
        "true_marks": right,
        "others_identical": len(others) - len(moved),
        "kills": kills,
        "after_kills": after,
        "seconds": round(seconds, 1),
        "seconds_without": round(seconds_without, 1),
        "moved": ", ".join(moved[:9]) or "nobody",
        "ok": right == after == n and not moved,
    }


def class_of(week: Week, n: int) -> list[SimulatedStudent]:
    """Return a class in which one of 25 is hostile and the others have the proportions of SHARES."""
    others = {kind: share for kind, share in SHARES.items() if kind != "attack"}
    share = (HOSTILE - 1) // sum(others.values())
    rest = HOSTILE - 1 - share * sum(others.values())
    return compose(
        week,
        n,
        shares={kind: share * count for kind, count in others.items()}
        | {"attack": 1}
        | {"mixture": share * others["mixture"] + rest},
    )


def run(
    root: Path, week: Week, students: list[SimulatedStudent], kills: int = 0
) -> tuple[dict[str, dict], float]:
    """Grade a class, killed `kills` times; return student → {"score", "verdicts"}, and the seconds."""
    with class_run.temporary_course(root, week, SECRET) as course:
        class_run.submit(course, week, students)
        began = time.perf_counter()
        for number in range(kills):
            kill(
                course, week, random.Random(number).uniform(5, 5 + len(students) / kills), resume=bool(number)
            )
        report = class_run.grade(course, week, *LIMITS, *["--resume"] * bool(kills))
        took = time.perf_counter() - began
    rows = {
        row["student"]: {"score": row["score"], "verdicts": row["verdicts"]} for row in report["submissions"]
    }
    return {student.student: rows.get(student.student, {"score": None}) for student in students}, took


def kill(course: Path, week: Week, seconds: float, *, resume: bool) -> None:
    """Start `mmlab grade`, and kill it if it has not ended after `seconds`."""
    command = [*class_run.GRADE, week.id, "--json", *LIMITS, *["--resume"] * resume]
    process = subprocess.Popen(
        command, cwd=course, env=class_run.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
