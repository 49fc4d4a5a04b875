"""A big class with hostile hand-ins among it: every mark the true one, nobody's mark another's doing.

Three runs of the real `mmlab grade` on one made-up class: whole; without the hostile
hand-ins, whose absence may change nobody's marks; and killed at random moments and
resumed, which may lose nobody and change nothing.
"""

import random
import signal
import subprocess
import time
from pathlib import Path

from mmlab.course import places
from mmlab.course.exercise import Week, weeks
from mmlab.course.simulate import class_run
from mmlab.course.simulate.compose import SHARES, MadeUp, compose

WEEK, SIZE, KILLS = "02_clip", 500, 20
HOSTILE = 25  # one of so many: 20 of 500
SECRET = bytes(range(32))  # the same hidden cases in every run: with others, a misconception may have another name
LIMITS = ("--cell-seconds", "3", "--answer-seconds", "30")


def measure(n: int = SIZE, kills: int = KILLS) -> dict:
    """Return what became of a class of `n`, one in 25 of them hostile.

    returns  submissions, poisoned, true_marks (right of all), others_identical (of all others) and
             who moved, after_kills (right of all, after `kills` SIGKILLs), seconds, seconds_without, ok
    """
    root = places.root()
    (week,) = weeks(root, [WEEK])
    made = class_of(week, n)
    others = [one for one in made if one.kind != "attack"]
    whole, seconds = run(root, week, made)
    without, seconds_without = run(root, week, others)
    resumed, _ = run(root, week, made, kills=kills)
    moved = [one.student for one in others if whole[one.student] != without[one.student]]
    right, after = (sum(found[one.student]["score"] == one.true_score for one in made) for found in (whole, resumed))
    return {
        "submissions": n, "poisoned": n - len(others), "true_marks": right, "others_identical": len(others) - len(moved), "kills": kills,
        "after_kills": after, "seconds": round(seconds, 1), "seconds_without": round(seconds_without, 1),
        "moved": ", ".join(moved[:9]) or "nobody", "ok": right == after == n and not moved,
    }  # fmt: skip


def class_of(week: Week, n: int) -> list[MadeUp]:
    """Return a class in which one of 25 is hostile and the others are as in SHARES."""
    others = {kind: share for kind, share in SHARES.items() if kind != "attack"}
    share = (HOSTILE - 1) // sum(others.values())
    rest = HOSTILE - 1 - share * sum(others.values())
    return compose(week, n, shares={kind: share * count for kind, count in others.items()} | {"attack": 1}
                   | {"mixture": share * others["mixture"] + rest})  # fmt: skip


def run(root: Path, week: Week, made: list[MadeUp], kills: int = 0) -> tuple[dict[str, dict], float]:
    """Grade a class, killed so many times on the way; return student → {"score", "verdicts"}, and the seconds it took."""
    with class_run.temporary_course(root, week, SECRET) as course:
        class_run.hand_in(course, week, made)
        began = time.perf_counter()
        for number in range(kills):
            kill(course, week, random.Random(number).uniform(5, 5 + len(made) / kills), resume=bool(number))
        report = class_run.grade(course, week, *LIMITS, *["--resume"] * bool(kills))
        took = time.perf_counter() - began
    rows = {row["student"]: {"score": row["score"], "verdicts": row["verdicts"]} for row in report["submissions"]}
    return {one.student: rows.get(one.student, {"score": None}) for one in made}, took


def kill(course: Path, week: Week, seconds: float, *, resume: bool) -> None:
    """Start `mmlab grade`, and kill it after so many seconds, if it has not ended."""
    command = [*class_run.GRADE, week.id, "--json", *LIMITS, *["--resume"] * resume]
    process = subprocess.Popen(command, cwd=course, env=class_run.environment(), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
