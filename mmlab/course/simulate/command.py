"""`mmlab simulate WEEK -n N`: a class of made-up submissions with known true marks.

Without `--grade` it only writes them. With `--grade` the class lives in a temporary
course with a seed of its own, goes through `mmlab grade`, and exit 1 says that a mark
is not the true one. One in ten is hostile: grade a written class with `mmlab grade` alone.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from mmlab.course import notebook, places
from mmlab.course.exercise import Week, weeks
from mmlab.course.simulate import class_run
from mmlab.course.simulate.compose import MadeUp, compose, write
from mmlab.errors import InputError

LIMITS = ("cell_seconds", "answer_seconds", "total_seconds")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("week", metavar="WEEK", help="such as 02_clip or 02")
    parser.add_argument("-n", type=int, default=20, metavar="N", help="students (default: 20, which shows every kind)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the same seed makes the same class (default: 0)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write here (default: the course's submitted/)")
    parser.add_argument("--grade", action="store_true", help="grade the class in a temporary course and compare the marks")
    parser.add_argument("--jobs", type=int, metavar="N", help="with --grade: submissions at a time")
    for name in LIMITS:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, metavar="N", help=f"with --grade: {option} of `mmlab grade`")


def main(args: argparse.Namespace) -> int:
    """Make a class up; grade it where that is asked for."""
    root = places.root()
    (week,) = weeks(root, [args.week])
    made = compose(week, args.n, args.seed)
    return _graded(root, week, made, args) if args.grade else _written(root, week, made, args)


def _written(root: Path, week: Week, made: list[MadeUp], args: argparse.Namespace) -> int:
    """Write the class, or nothing where one of its folders is there."""
    folder, release = args.out or root / "submitted", notebook.read(root / "labs" / week.id / "lab.ipynb")
    if there := next((path for one in made if (path := folder / one.student / week.id).exists()), None):
        raise InputError(f"{there} is there", "a folder without these students", "pass --out FOLDER, or move it away")
    for one in made:
        write(one, week, release, folder)
    if args.json:
        rows = [{"student": one.student, "kind": one.kind, "true_score": one.true_score} for one in made]
        print(json.dumps({"week": week.id, "submissions": rows}))
        return 0
    counted = Counter(one.kind for one in made)
    print(f"{len(made)} submissions in {folder}: " + ", ".join(f"{count} {kind}" for kind, count in counted.most_common()))
    if counted["attack"]:
        print(f"{counted['attack']} are hostile: grade them with `mmlab grade`, never with `nbgrader autograde`")
    return 0


def _graded(root: Path, week: Week, made: list[MadeUp], args: argparse.Namespace) -> int:
    """Grade the class in a temporary course; return 1 where a mark is not the true one."""
    limits = {f"--{name.replace('_', '-')}": getattr(args, name) for name in LIMITS} | {"--jobs": args.jobs}
    options = [part for name, value in limits.items() if value for part in (name, f"{value:g}")]
    with class_run.temporary_course(root, week) as course:
        class_run.hand_in(course, week, made)
        report = class_run.grade(course, week, *options)
    wrong = class_run.beside(report, made)
    if args.json:
        print(json.dumps(report))
        return int(bool(wrong))
    for kind, count in Counter(one.kind for one in made).most_common():
        rows = [row for row in report["submissions"] if row["kind"] == kind]
        right = sum(row["score"] == row["true_score"] for row in rows)
        print(f"{kind}: {right} of {count} with their true mark")
    print("\n".join(wrong) or f"every mark of {len(made)} is the true one")
    return int(bool(wrong))
