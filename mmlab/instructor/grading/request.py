"""Validate the arguments of `mmlab grade` and find the submissions, before anything is graded."""

import argparse
from dataclasses import asdict
from pathlib import Path

from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.course_config import Layout
from mmlab.instructor.authoring.exercise import Week, weeks
from mmlab.instructor.grading import engine, hidden_cases
from mmlab.instructor.grading.intake import submissions
from mmlab.instructor.grading.journal import Journal
from mmlab.instructor.grading.records import Submission
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.unicode_names import canonical


def spec_of(root: Path, args: argparse.Namespace) -> engine.Spec:
    """Return the run's settings.

    raises  InputError  for an unknown week, exercise or engine, a number out of range,
                        and a week that is not released
    """
    week = _week(root, args.week)
    if not (root / "labs" / week.id / "lab.ipynb").is_file():
        raise InputError(
            f"labs/{week.id}/lab.ipynb does not exist",
            "a released lab to grade against",
            f"run `mmlab release {week.id}`",
        )
    if args.exercise and week.exercise(args.exercise).is_text:
        raise InputError(
            f"{args.exercise} is a text exercise",
            "an exercise that is graded automatically",
            "grade it in formgrader",
        )
    if args.engine and args.engine[0] != "dask":
        raise InputError(f"engine {args.engine[0]!r}", "dask", "pass --engine dask tcp://host:8786")
    numbers = {name: getattr(args, name, default) for name, default in asdict(Limits()).items()}
    for name, value in {"jobs": args.jobs, "keep_logs": args.keep_logs, **numbers}.items():
        if value is not None and value <= 0:
            raise InputError(
                f"--{name.replace('_', '-')} {value:g}", "a number above 0", "leave it out for the default"
            )
    if args.pattern and not args.collect:
        raise InputError(
            "--pattern without --collect", "an export whose names it describes", "add --collect PATH"
        )
    return engine.Spec(
        root, week, Limits(**numbers), args.unsafe, args.exercise, release=engine.fingerprint(root, week.id)
    )


def _week(root: Path, name: str) -> Week:
    matches = weeks(root, [name])
    if len(matches) > 1:
        raise InputError(
            f"week {name!r}", "one of " + ", ".join(week.id for week in matches), "give the full name"
        )
    return matches[0]


def points_of(root: Path, week: Week, only: str | None) -> dict[str, float]:
    """Return the points of each automatically graded exercise in this run."""
    texts = {exercise.name for exercise in week.exercises if exercise.is_text}
    points = notebook.points(notebook.read(root / "labs" / week.id / "lab.ipynb"))
    return {name: maximum for name, maximum in points.items() if name not in texts and only in (None, name)}


def context_of(spec: engine.Spec) -> dict:
    """Return all that a result depends on besides the student's file: if it is equal, so is the result."""
    return {
        "release": spec.release,
        "hidden": hidden_cases.seed_id(hidden_cases.secret(spec.root)),
        "grader": spec.version,
        "limits": asdict(spec.limits),
        "unsafe": spec.unsafe,
        "only": spec.only,
    }


def submissions_of(root: Path, week: Week, students: list[str] | None) -> list[Submission]:
    """Return the submissions to grade; raises InputError if there are none, or none of a named student."""
    students = None if students is None else [canonical(student) for student in students]
    selected = submissions.find(root, week.id, students)
    if students and (missing := sorted(set(students) - {submission.student for submission in selected})):
        names = sorted(submission.student for submission in submissions.find(root, week.id))
        listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
        raise InputError(
            f"{', '.join(missing)} submitted nothing for {week.id}",
            f"one of {listed or 'nobody yet'}",
            "check the spelling",
        )
    if not selected:
        raise InputError(
            f"there are no submissions for {week.id}",
            f"notebooks in {Layout.of(root).folder('submitted', 'STUDENT', week.id)}/",
            "collect them with nbgrader, or unpack an LMS's zip with --collect PATH",
        )
    return selected


def refuse_unfinished(journal: Journal) -> None:
    """Raise InputError if an earlier run was interrupted: the caller must choose --resume or --fresh.

    Resuming automatically would mix results if the instructor has changed a solution since;
    starting over automatically would discard hours of work.
    """
    if (run := journal.unfinished()) and run["done"]:
        raise InputError(
            f"the run of {run['at']} stopped after {run['done']} of {run['total']} submissions",
            "a choice between resuming it and starting over",
            "add --resume to continue, or --fresh to grade all again",
        )
