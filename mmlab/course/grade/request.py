"""What a call of `mmlab grade` asks for: the week, the students, with what; said at once where it cannot be."""

import argparse
from dataclasses import asdict
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.exercise import Week, weeks
from mmlab.course.grade import engine, hidden, submissions
from mmlab.course.grade.journal import Journal
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.stages import Submission
from mmlab.errors import InputError


def spec_of(root: Path, args: argparse.Namespace) -> engine.Spec:
    """Return what the run grades with.

    raises  InputError for an unknown week, exercise or engine, a limit or number out of range,
            and a week that is not released
    """
    week = _week(root, args.week)
    if not (root / "labs" / week.id / "lab.ipynb").is_file():
        raise InputError(f"labs/{week.id}/lab.ipynb is not there", "a released lab to grade against",
                         f"run `mmlab release {week.id}`")  # fmt: skip
    if args.exercise and week.exercise(args.exercise).is_text:
        raise InputError(f"{args.exercise} is a text", "an exercise that a machine marks", "mark it in formgrader")
    if args.engine and args.engine[0] != "dask":
        raise InputError(f"engine {args.engine[0]!r}", "dask", "pass --engine dask tcp://host:8786")
    numbers = {name: getattr(args, name, default) for name, default in asdict(Limits()).items()}
    for name, value in {"jobs": args.jobs, "keep_logs": args.keep_logs, **numbers}.items():
        if value is not None and value <= 0:
            raise InputError(f"--{name.replace('_', '-')} {value:g}", "a number above 0", "leave it out for the default")
    return engine.Spec(root, week, Limits(**numbers), args.unsafe, args.exercise, release=engine.fingerprint(root, week.id))


def _week(root: Path, name: str) -> Week:
    found = weeks(root, [name])
    if len(found) > 1:
        raise InputError(f"week {name!r}", "one of " + ", ".join(week.id for week in found), "name it in full")
    return found[0]


def points_of(root: Path, week: Week, only: str | None) -> dict[str, float]:
    """Return the points of each exercise that a machine marks in this run."""
    texts = {exercise.name for exercise in week.exercises if exercise.is_text}
    points = notebook.points(notebook.read(root / "labs" / week.id / "lab.ipynb"))
    return {name: most for name, most in points.items() if name not in texts and only in (None, name)}


def context_of(spec: engine.Spec) -> dict:
    """Return what a result depends on beside the student's file: where it is equal, so is the result."""
    return {
        "release": spec.release, "hidden": hidden.seed_id(hidden.secret(spec.root)), "grader": spec.version,
        "limits": asdict(spec.limits), "unsafe": spec.unsafe, "only": spec.only,
    }  # fmt: skip


def handed_in(root: Path, week: Week, students: list[str] | None) -> list[Submission]:
    """Return what is to be graded; raises InputError where that is nothing, or a student handed in nothing."""
    found = submissions.find(root, week.id, students)
    there = {submission.student for submission in found}
    if students and (missing := sorted(set(students) - there)):
        have = sorted(one.student for one in submissions.find(root, week.id))
        listed = ", ".join(have[:20]) + (f" and {len(have) - 20} more" if len(have) > 20 else "")
        raise InputError(f"{', '.join(missing)} handed in nothing for {week.id}", f"one of {listed or 'nobody yet'}",
                         "check the spelling")  # fmt: skip
    if not found:
        raise InputError(f"nothing is handed in for {week.id}", f"notebooks in {root}/submitted/STUDENT/{week.id}/",
                         "collect them there with nbgrader, or bring in an LMS's zip with --collect PATH")  # fmt: skip
    return found


def refuse_unfinished(journal: Journal) -> None:
    """Raise InputError where an earlier run stopped on its way: only a person knows which of the two is meant.

    Going on by itself would give an instructor who changed a solution and wants all graded
    anew a class of two kinds; beginning by itself would throw hours of work away.
    """
    if journal.unfinished and (done := journal.done()):
        raise InputError(f"the run of {journal.unfinished['at']} stopped after {done} of {journal.unfinished['total']}",
                         "to be told whether to go on from it", "add --resume to go on, or --fresh to grade all again")  # fmt: skip
