"""`mmlab simulate WEEK -n N`: a class of simulated submissions whose true scores are known.

Without `--grade` the command only writes them. With `--grade` it writes them into a temporary
course with its own seed, runs `mmlab grade` there, and exits with 1 if a score is not the true
one. One submission in ten is hostile: grade a written class only with `mmlab grade`.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from mmlab.cli import notebook, paths
from mmlab.errors import InputError
from mmlab.instructor.authoring.course_config import FILE, STRUCTURE, Layout
from mmlab.instructor.authoring.exercise import Week, weeks
from mmlab.instructor.simulate import class_run
from mmlab.instructor.simulate.compose import SimulatedStudent, compose, write

LIMITS = ("cell_seconds", "answer_seconds", "total_seconds")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("week", metavar="WEEK", help="such as 02_clip or 02")
    parser.add_argument(
        "-n",
        type=int,
        default=20,
        metavar="N",
        help="number of students (default: 20, enough for every kind)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="S",
        help="seed of the class; the same seed gives the same class (default: 0)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write here (default: the course's submitted/)"
    )
    parser.add_argument(
        "--grade", action="store_true", help="grade the class in a temporary course and compare the scores"
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="with --grade: submissions graded at the same time"
    )
    for name in LIMITS:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, metavar="N", help=f"with --grade: {option} of `mmlab grade`")


def main(args: argparse.Namespace) -> int:
    """Simulate a class, and grade it with --grade."""
    root = paths.root()
    (week,) = weeks(root, [args.week])
    students = compose(week, args.n, args.seed)
    return _graded(root, week, students, args) if args.grade else _written(root, week, students, args)


def _written(root: Path, week: Week, students: list[SimulatedStudent], args: argparse.Namespace) -> int:
    """Write the class; raise InputError, and write nothing, if one of its folders exists."""
    layout, release = Layout.of(root), notebook.read(root / "labs" / week.id / "lab.ipynb")
    folder = args.out or layout.root / layout.steps["submitted"]
    if args.out is None and layout.structure != STRUCTURE:
        raise InputError(
            f"{FILE} sets CourseDirectory.directory_structure to {layout.structure!r}",
            STRUCTURE,
            "pass --out FOLDER",
        )
    paths_of_class = (folder / student.student / week.id for student in students)
    if existing := next((path for path in paths_of_class if path.exists()), None):
        raise InputError(
            f"{existing} exists", "a folder without these students", "pass --out FOLDER, or move the folder"
        )
    for student in students:
        write(student, week, release, folder)
    if args.json:
        rows = [
            {"student": student.student, "kind": student.kind, "true_score": student.true_score}
            for student in students
        ]
        print(json.dumps({"week": week.id, "submissions": rows}))
        return 0
    counts = Counter(student.kind for student in students)
    print(
        f"{len(students)} submissions in {folder}: "
        + ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    )
    if counts["attack"]:
        print(
            f"{counts['attack']} are hostile: grade them with `mmlab grade`, never with `nbgrader autograde`"
        )
    return 0


def _graded(root: Path, week: Week, students: list[SimulatedStudent], args: argparse.Namespace) -> int:
    """Grade the class in a temporary course; return 1 if a score is not the true one."""
    limits = {f"--{name.replace('_', '-')}": getattr(args, name) for name in LIMITS} | {"--jobs": args.jobs}
    options = [part for name, value in limits.items() if value for part in (name, f"{value:g}")]
    with class_run.temporary_course(root, week) as course:
        class_run.submit(course, week, students)
        report = class_run.grade(course, week, *options)
    wrong = class_run.add_true_scores(report, students)
    if args.json:
        print(json.dumps(report))
        return int(bool(wrong))
    for kind, count in Counter(student.kind for student in students).most_common():
        rows = [row for row in report["submissions"] if row["kind"] == kind]
        right = sum(row["score"] == row["true_score"] for row in rows)
        print(f"{kind}: {right} of {count} with the true score")
    print("\n".join(wrong) or f"all {len(students)} scores are the true ones")
    return int(bool(wrong))
