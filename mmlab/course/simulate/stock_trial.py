"""One attack against stock nbgrader, in a course and a home of its own; run by `walled` behind a wall.

nbgrader runs a student's code with all the rights of whoever grades. So the whole
trial, nbgrader included, stands in a bubblewrap of its own, with limits on memory and
processes, and no more of this machine than it may read.
"""

import json
import os
import re
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from mmlab.course import notebook, places
from mmlab.course.exercise import Week, weeks
from mmlab.course.grade import cgroup
from mmlab.course.grade.limits import Limits
from mmlab.course.release import generate
from mmlab.course.simulate import attacks
from mmlab.course.simulate.canary import Canary
from mmlab.course.simulate.class_run import temporary_course
from mmlab.course.simulate.compose import compose, write
from mmlab.course.stock import autograde
from mmlab.errors import MissingPart, NotebookError

ATTACKER, CLASSMATE = "attacker", "student-001"
CELL_SECONDS, TRIAL_SECONDS = 20, 240
MEMORY_MB, PROCESSES, DISK_MB = 4096, 256, 512
SIGNS = {"imeout": f"a cell did not end within {CELL_SECONDS} s", "ernel died": "its kernel died",
         "DeadKernel": "its kernel died"}  # fmt: skip
SAID = "TRIAL "  # before the last line, which says how it went


def walled(week: Week, attack: attacks.Attack) -> dict:
    """Return what stock nbgrader makes of an attack and of the classmate after it.

    returns  {"score", "max", "touched": [lines], "classmate": points or None, "why": what stopped it, or None}
    raises   MissingPart without bubblewrap or without a cgroup to hold the trial
    """
    groups, why = _groups()
    if groups is None:
        raise MissingPart(f"no limits for a trial against stock nbgrader: {why}", "a memory cgroup", "run it as root")
    group = groups.make(Limits(memory_mb=MEMORY_MB, processes=PROCESSES))
    command = [*_wall(), sys.executable, "-m", __spec__.name, week.id, attack.id]
    environment = {"PATH": os.environ["PATH"], "HOME": "/tmp", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

    def enter() -> None:
        for descriptor in group.files:
            os.write(descriptor, str(os.getpid()).encode())

    process = subprocess.Popen(command, cwd=places.root(), env=environment, stdin=subprocess.DEVNULL, preexec_fn=enter,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        said = process.communicate(timeout=TRIAL_SECONDS)[0]
        stopped = f"nbgrader itself was killed, at {MEMORY_MB} MB" if group.killed() else "nbgrader itself was killed"
    except subprocess.TimeoutExpired:
        process.kill()
        said, stopped = process.communicate()[0], f"nbgrader did not end within {TRIAL_SECONDS} s"
    group.close()
    last = [line for line in said.decode(errors="replace").splitlines() if line.startswith(SAID)]
    if last:
        return json.loads(last[-1].removeprefix(SAID))
    return {"score": 0.0, "max": 0.0, "touched": [], "classmate": None, "why": stopped}


@cache
def _groups() -> tuple[cgroup.Groups | None, str]:
    """Return where groups can be made; once, so that no two have one name."""
    return cgroup.find()


def trial(root: Path, week: Week, attack: attacks.Attack) -> dict:
    """Hand in an attack and a right answer, let stock nbgrader mark both in this process, and look around."""
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
            attacks.hand_in(attack, week, release, folder, canary.targets(ATTACKER))
            canary.look()  # what was handed in belongs there
            found = _marked(course, week, right.student)
            time.sleep(2)  # what it left behind may write now
            score, full = _points(course, week, ATTACKER)
            _, touched = _points(course, week, right.student), canary.touched()
    if found["classmate"] is not None and found["classmate"] != right.true_score:
        touched.append(f"the classmate got {found['classmate']:g} of {right.true_score:g} points")
    return {"score": score, "max": full, "touched": touched} | found


def _marked(course: Path, week: Week, classmate: str) -> dict:
    """Let nbgrader mark the attacker, then the classmate; return what became of the classmate, and what stopped it."""
    why = None
    try:
        autograde(course, course, week.id, [ATTACKER])
    except Exception as error:  # whatever it is, it is part of the outcome
        why = f"nbgrader gave it up: {_said(error)}"
    try:
        autograde(course, course, week.id, [classmate])
    except Exception as error:  # the same
        return {"classmate": None, "why": f"a classmate was not graded: {_said(error)}"}
    return {"classmate": _points(course, week, classmate)[0], "why": why}


def _said(error: Exception) -> str:
    """Return what happened, in few words."""
    whole = str(error)
    for sign, words in SIGNS.items():
        if sign in whole:
            return words
    raised = re.findall(r"^\s*(?:\w+\.)*(\w+(?:Error|Entry|Exception): .*)$", f"{type(error).__name__}: {whole}", re.MULTILINE)
    return (raised or [type(error).__name__])[-1][:120]


def _points(course: Path, week: Week, student: str) -> tuple[float, float]:
    """Return a student's points and the most there are, texts left out, as the gradebook has them now."""
    from nbgrader.api import Gradebook, MissingEntry

    texts = {one.name for one in week.exercises if one.is_text}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        try:
            grades = book.find_submission_notebook("lab", week.id, student).grades
        except MissingEntry:
            return 0.0, 0.0
        marked = [grade for grade in grades if grade.name not in texts]
        return float(sum(grade.score or 0 for grade in marked)), float(sum(grade.max_score for grade in marked))


def _wall() -> list[str]:
    """Return the command that keeps a trial from the rest of this machine."""
    size = str(DISK_MB * 2**20)
    return ["bwrap", "--die-with-parent", "--unshare-all", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev",
            "--proc", "/proc", "--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", "/var/tmp",
            "--size", size, "--tmpfs", "/dev/shm"]  # fmt: skip


if __name__ == "__main__":
    (trial_week,), name = weeks(places.root(), [sys.argv[1]]), sys.argv[2]
    (chosen,) = (one for one in attacks.corpus() if one.id == name)
    outcome = trial(places.root(), trial_week, chosen)
    print("\n" + SAID + json.dumps(outcome), flush=True)  # the attack may have printed half a line
    os._exit(0)  # threads that an attack left in this process may not hold it
