"""A class in a course folder of its own, and what the real `mmlab grade` says of it."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.exercise import Week
from mmlab.course.grade.hidden import SIZE
from mmlab.course.simulate.attacks import Targets
from mmlab.course.simulate.compose import MadeUp, write
from mmlab.errors import InputError

GRADE = [sys.executable, "-m", "mmlab.course.cli", "grade"]
OWN = ("MMLAB_SEED_FILE", "MMLAB_CASES")  # what must not come in from the person's own course


@contextmanager
def temporary_course(root: Path, week: Week, secret: bytes | None = None) -> Iterator[Path]:
    """Yield a copy of one week's sources and release in a course of its own, without submissions and marks.

    secret  the course's seed; None: a new one
    """
    with tempfile.TemporaryDirectory(prefix="mmlab-class-", ignore_cleanup_errors=True) as folder:
        course = Path(folder) / "course"
        (course / "lessons").mkdir(parents=True)
        (course / "pyproject.toml").touch()
        shutil.copy(root / "nbgrader_config.py", course)
        for part in ("solutions", "labs"):
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(root / part / week.id, course / part / week.id, ignore=ignored)
        (course / ".seed").write_bytes(secret or secrets.token_bytes(SIZE))
        yield course


def hand_in(course: Path, week: Week, made: list[MadeUp], /, **targets) -> None:
    """Write a whole class into the course's submitted/; `targets` are what its attacks are told."""
    release = notebook.read(course / "labs" / week.id / "lab.ipynb")
    for one in made:
        told = Targets(one.student, **({"course": str(course)} | targets))
        write(one, week, release, course / "submitted", told)


def environment(**variables: str) -> dict[str, str]:
    """Return this process's variables, without those of the person's own course, and with others set."""
    return {name: value for name, value in os.environ.items() if name not in OWN} | variables


def grade(course: Path, week: Week, *options: str, **variables: str) -> dict:
    """Return the JSON of `mmlab grade WEEK`, run in the course in a process of its own.

    options    more arguments of the command, such as "--jobs", "2"
    variables  of the environment, to set for it
    raises     InputError where it ended without a report
    """
    command = [*GRADE, week.id, "--json", *options]
    done = subprocess.run(command, cwd=course, env=environment(**variables), stdout=subprocess.PIPE, text=True)
    lines = done.stdout.strip().splitlines()
    if done.returncode not in (0, 1) or not lines:
        raise InputError(f"mmlab grade ended with {done.returncode}", "a report",
                         "read what it said above; `mmlab doctor --grade` tries the sandbox")  # fmt: skip
    return json.loads(lines[-1])


def beside(report: dict, made: list[MadeUp]) -> list[str]:
    """Add "true_score" and "kind" to each submission of a report; return one line for each mark that differs."""
    known, wrong = {one.student: one for one in made}, []
    for entry in report["submissions"]:
        one = known.pop(entry["student"])
        entry |= {"true_score": one.true_score, "kind": one.kind}
        if entry["score"] != one.true_score:
            what = " ".join(filter(None, (one.kind, one.name)))
            wrong.append(f"{one.student} ({what}): {entry['score']:g}, and {one.true_score:g} is true")
        if str(entry["problem"] or "").startswith("not graded"):
            wrong.append(f"{one.student}: {entry['problem']}")
    return wrong + [f"{student}: is missing from the report" for student in known]
