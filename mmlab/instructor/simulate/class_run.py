"""A class in a temporary course folder, graded by the real `mmlab grade`."""

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

from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring import course_config
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading.hidden_cases import SIZE
from mmlab.instructor.simulate.attacks import Targets
from mmlab.instructor.simulate.compose import SimulatedStudent, write

GRADE = [sys.executable, "-m", "mmlab.cli.command_line", "grade"]
COURSE_VARIABLES = (
    "MMLAB_SEED_FILE",
    "MMLAB_CASES",
)  # variables of the person's own course, which are not passed on


@contextmanager
def temporary_course(root: Path, week: Week, secret: bytes | None = None) -> Iterator[Path]:
    """Yield a temporary course with a copy of one week's sources and release, without submissions or scores.

    secret  seed of the course; None: a new one
    """
    with tempfile.TemporaryDirectory(prefix="mmlab-class-", ignore_cleanup_errors=True) as folder:
        course = Path(folder) / "course"
        (course / "lessons").mkdir(parents=True)
        (course / "pyproject.toml").touch()
        configure(root, course)
        for part in ("solutions", "labs"):
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(root / part / week.id, course / part / week.id, ignore=ignored)
        (course / ".seed").write_bytes(secret or secrets.token_bytes(SIZE))
        yield course


def configure(root: Path, course: Path) -> None:
    """Copy nbgrader_config.py to a temporary course; folders and database are the temporary course's, not `root`'s."""
    if (root / course_config.FILE).exists():
        shutil.copy(root / course_config.FILE, course)
    settings = {
        "root": str(course),
        "db_url": course_config.database_url(course / "gradebook.db"),
        "directory_structure": course_config.STRUCTURE,
        **{f"{step}_directory": step for step in course_config.STEPS},
    }
    with open(course / course_config.FILE, "a", encoding="utf-8") as file:
        file.write("\nc = get_config()  # noqa: F821\n")
        file.writelines(f"c.CourseDirectory.{name} = {value!r}\n" for name, value in settings.items())


def submit(course: Path, week: Week, students: list[SimulatedStudent], /, **targets) -> None:
    """Write a class into the course's submitted/; `targets` are keyword arguments for the attacks' Targets."""
    release = notebook.read(course / "labs" / week.id / "lab.ipynb")
    for student in students:
        student_targets = Targets(student.student, **({"course": str(course)} | targets))
        write(student, week, release, course / "submitted", student_targets)


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without the person's course variables, and with `variables` set."""
    return {name: value for name, value in os.environ.items() if name not in COURSE_VARIABLES} | variables


def grade(course: Path, week: Week, *options: str, **variables: str) -> dict:
    """Return the JSON report of `mmlab grade WEEK`, run in the course in its own process.

    options    further arguments of the command, such as "--jobs", "2"
    variables  environment variables to set
    raises     InputError  when it ends without a report
    """
    command = [*GRADE, week.id, "--json", *options]
    done = subprocess.run(
        command, cwd=course, env=environment(**variables), stdout=subprocess.PIPE, text=True
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode not in (0, 1) or not lines:
        raise InputError(
            f"mmlab grade exited with status {done.returncode}",
            "a report",
            "read its messages above; `mmlab doctor --grade` tests the sandbox",
        )
    return json.loads(lines[-1])


def add_true_scores(report: dict, students: list[SimulatedStudent]) -> list[str]:
    """Add "true_score" and "kind" to each submission of a report; return one line for each score that differs."""
    known, wrong = {student.student: student for student in students}, []
    for entry in report["submissions"]:
        student = known.pop(entry["student"])
        entry |= {"true_score": student.true_score, "kind": student.kind}
        if entry["score"] != student.true_score:
            what = " ".join(filter(None, (student.kind, student.name)))
            wrong.append(
                f"{student.student} ({what}): score {entry['score']:g}, true score {student.true_score:g}"
            )
        if str(entry["problem"] or "").startswith("not graded"):
            wrong.append(f"{student.student}: {entry['problem']}")
    return wrong + [f"{name}: missing from the report" for name in known]
