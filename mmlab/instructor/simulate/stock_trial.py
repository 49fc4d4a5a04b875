"""One attack against stock nbgrader, in a temporary course and home folder; `isolated` runs it in a sandbox.

nbgrader runs a student's code with all permissions of the person who grades. So the whole
trial, including nbgrader, runs in bubblewrap with limits on memory and processes and with
read-only access to this machine.
"""

import json
import os
import re
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from mmlab.cli import notebook, paths
from mmlab.errors import MissingPart
from mmlab.instructor.authoring.course_config import database_url
from mmlab.instructor.authoring.exercise import Week, weeks
from mmlab.instructor.authoring.release import generate
from mmlab.instructor.grading.gradebook.nbgrader_runner import autograde
from mmlab.instructor.grading.sandbox import cgroup
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.simulate import attacks
from mmlab.instructor.simulate.canary import Canary
from mmlab.instructor.simulate.class_run import temporary_course
from mmlab.instructor.simulate.compose import compose, write

ATTACKER, CLASSMATE = "attacker", "student-001"
CELL_SECONDS, TRIAL_SECONDS = 20, 240
MEMORY_MB, PROCESSES, DISK_MB = 4096, 256, 512
SIGNS = {
    "imeout": f"a cell did not end within {CELL_SECONDS} s",
    "ernel died": "its kernel died",
    "DeadKernel": "its kernel died",
}
OUTCOME = "TRIAL "  # prefix of the line with the outcome


def isolated(week: Week, attack: attacks.Attack) -> dict:
    """Return the outcome of grading an attack, and a classmate after it, with stock nbgrader.

    returns  {"score", "max", "touched": [lines], "classmate": points or None, "why": why it failed, or None}
    raises   MissingPart  without bubblewrap, or without a cgroup for the trial
    """
    groups, why = _groups()
    if groups is None:
        raise MissingPart(
            f"no limits for a trial against stock nbgrader: {why}", "a memory cgroup", "run it as root"
        )
    group = groups.make(Limits(memory_mb=MEMORY_MB, processes=PROCESSES))
    command = [*_sandbox(), sys.executable, "-m", __spec__.name, week.id, attack.id]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/tmp",
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
    }

    def enter() -> None:
        for descriptor in group.files:
            os.write(descriptor, str(os.getpid()).encode())

    process = subprocess.Popen(
        command,
        cwd=paths.root(),
        env=environment,
        stdin=subprocess.DEVNULL,
        preexec_fn=enter,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output = process.communicate(timeout=TRIAL_SECONDS)[0]
        stopped = (
            f"nbgrader itself was killed, at {MEMORY_MB} MB"
            if group.killed()
            else "nbgrader itself was killed"
        )
    except subprocess.TimeoutExpired:
        process.kill()
        output, stopped = process.communicate()[0], f"nbgrader did not end within {TRIAL_SECONDS} s"
    group.close()
    last = [line for line in output.decode(errors="replace").splitlines() if line.startswith(OUTCOME)]
    if last:
        return json.loads(last[-1].removeprefix(OUTCOME))
    return {"score": 0.0, "max": 0.0, "touched": [], "classmate": None, "why": stopped}


@cache
def _groups() -> tuple[cgroup.Groups | None, str]:
    """Return where cgroups can be created; cached, so that no two groups have the same name."""
    return cgroup.find()


def trial(root: Path, week: Week, attack: attacks.Attack) -> dict:
    """Submit an attack and a correct answer, grade both with stock nbgrader in this process, and check the canary."""
    (right,) = compose(week, 1, shares={"reference": 1})
    with temporary_course(root, week) as course:
        with open(course / "nbgrader_config.py", "a") as config:
            config.write(f"c.Execute.timeout = {CELL_SECONDS}\n")
        generate(course, week.id)
        release = notebook.read(course / "labs" / week.id / "lab.ipynb")
        write(right, week, release, course / "submitted")
        with Canary(course, course.parent / "around") as canary:
            os.environ["HOME"] = str(canary.home)
            folder = course / "submitted" / ATTACKER / week.id
            attacks.submit(attack, week, release, folder, canary.targets(ATTACKER))
            canary.record_state()  # the submission belongs to the course
            outcome = _grade_both(course, week, right.student)
            time.sleep(2)  # processes that the attack left may write now
            score, full = _points(course, week, ATTACKER)
            _, touched = _points(course, week, right.student), canary.touched()
    if outcome["classmate"] is not None and outcome["classmate"] != right.true_score:
        touched.append(f"the classmate got {outcome['classmate']:g} of {right.true_score:g} points")
    return {"score": score, "max": full, "touched": touched} | outcome


def _grade_both(course: Path, week: Week, classmate: str) -> dict:
    """Grade the attacker, then the classmate; return the classmate's points and why a run failed."""
    why = None
    try:
        autograde(course, course, week.id, [ATTACKER])
    except Exception as error:  # any error is part of the outcome
        why = f"nbgrader gave it up: {_short_reason(error)}"
    try:
        autograde(course, course, week.id, [classmate])
    except Exception as error:  # as above
        return {"classmate": None, "why": f"a classmate was not graded: {_short_reason(error)}"}
    return {"classmate": _points(course, week, classmate)[0], "why": why}


def _short_reason(error: Exception) -> str:
    """Return an error's reason in a few words."""
    whole = str(error)
    for sign, words in SIGNS.items():
        if sign in whole:
            return words
    raised = re.findall(
        r"^\s*(?:\w+\.)*(\w+(?:Error|Entry|Exception): .*)$", f"{type(error).__name__}: {whole}", re.MULTILINE
    )
    return (raised or [type(error).__name__])[-1][:120]


def _points(course: Path, week: Week, student: str) -> tuple[float, float]:
    """Return a student's points and the maximum points from the gradebook, without texts."""
    from nbgrader.api import Gradebook, MissingEntry

    texts = {exercise.name for exercise in week.exercises if exercise.is_text}
    with Gradebook(database_url(course / "gradebook.db")) as book:
        try:
            grades = book.find_submission_notebook("lab", week.id, student).grades
        except MissingEntry:
            return 0.0, 0.0
        graded = [grade for grade in grades if grade.name not in texts]
        return float(sum(grade.score or 0 for grade in graded)), float(
            sum(grade.max_score for grade in graded)
        )


def _sandbox() -> list[str]:
    """Return the bubblewrap command that isolates a trial from this machine."""
    size = str(DISK_MB * 2**20)
    return [
        "bwrap",
        "--die-with-parent",
        "--unshare-all",
        "--cap-drop",
        "ALL",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--size",
        size,
        "--tmpfs",
        "/tmp",
        "--size",
        size,
        "--tmpfs",
        "/var/tmp",
        "--size",
        size,
        "--tmpfs",
        "/dev/shm",
    ]


if __name__ == "__main__":
    (trial_week,), name = weeks(paths.root(), [sys.argv[1]]), sys.argv[2]
    (chosen,) = (attack for attack in attacks.corpus() if attack.id == name)
    outcome = trial(paths.root(), trial_week, chosen)
    print("\n" + OUTCOME + json.dumps(outcome), flush=True)  # the attack may have printed half a line
    os._exit(0)  # threads that an attack left must not keep this process alive
