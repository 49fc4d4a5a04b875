"""`mmlab grade WEEK`: submitted/ → autograded/, gradebook.db, feedback/.

Exit status 1: a submission could not be graded. 2: wrong arguments, or a full disk. 130: stopped;
finished results are stored, and `--resume` continues.
"""

import argparse
import contextlib
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

from mmlab.cli import paths
from mmlab.instructor.grading import engine, request
from mmlab.instructor.grading.batches import Batches, require_disk_space
from mmlab.instructor.grading.journal import Journal
from mmlab.instructor.grading.lock import locked, state
from mmlab.instructor.grading.logs import KEEP_DAYS, Log
from mmlab.instructor.grading.progress import Progress
from mmlab.instructor.grading.records import Graded, Submission
from mmlab.instructor.grading.register import Register
from mmlab.instructor.grading.report import Report, row_of
from mmlab.instructor.grading.sandbox.limits import Limits

Writer = Callable[[list[Graded]], None]
LIMITS = {
    "cell_seconds": "one code cell",
    "answer_seconds": "one exercise with all its cases",
    "total_seconds": "one submission",
    "memory_mb": "memory of one submission",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("week", metavar="WEEK", help="such as 02_clip or 02")
    parser.add_argument(
        "--student", action="append", metavar="ID", help="grade only this student (may be repeated)"
    )
    parser.add_argument("--exercise", metavar="NAME", help="grade only this exercise; the other scores stay")
    parser.add_argument(
        "--resume", action="store_true", help="grade only new or changed submissions; write all pages again"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="grade all again, even if an earlier run did not finish"
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="submissions at a time (default: number of cores)"
    )
    parser.add_argument(
        "--engine", nargs=2, metavar=("dask", "ADDRESS"), help="grade on the workers of a Dask scheduler"
    )
    parser.add_argument(
        "--roster", type=Path, metavar="FILE", help="CSV file of students, with names and extensions"
    )
    parser.add_argument(
        "--collect", type=Path, metavar="PATH", help="first unpack an LMS's export: a zip or a folder"
    )
    parser.add_argument(
        "--pattern",
        metavar="REGEX",
        help="with --collect: how its paths name a student, such as '(?P<student>[^/]+)_lab.ipynb'; further groups: time, attempt, file",
    )
    parser.add_argument(
        "--unsafe", action="store_true", help="grade without the sandbox: only for answers that you trust"
    )
    parser.add_argument(
        "--keep-logs",
        type=int,
        default=KEEP_DAYS,
        metavar="DAYS",
        help=f"delete older log lines (default: {KEEP_DAYS})",
    )
    for name, subject in LIMITS.items():
        default = getattr(Limits(), name)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(default),
            default=default,
            metavar="N",
            help=f"limit: {subject} (default: {default:g})",
        )


def main(args: argparse.Namespace) -> int:
    """Grade one week's submissions."""
    root = paths.root()
    spec = request.spec_of(root, args)
    with locked(root, spec.week.id), _stoppable() as stop, require_disk_space(root):
        report = grade(spec, args, stop)
    print(json.dumps(report.plain()) if args.json else report.text())
    return 1 if report.faults else 0


def grade(spec: engine.Spec, args: argparse.Namespace, stop: threading.Event) -> Report:
    """Grade the selected submissions and return the report; the caller holds the course's lock.

    stop    set by a signal that asks to stop
    raises  KeyboardInterrupt  if so; finished results are stored
    """
    from mmlab.instructor.grading.gradebook import gradebook

    root, week, began = spec.root, spec.week, time.monotonic()
    people = _people(args)
    part = bool(args.student or args.exercise)
    with Journal(state(root, week.id)) as journal:
        if not (part or args.resume or args.fresh):
            request.refuse_unfinished(journal)
        if journal.damaged:
            print(f"{journal.path}: {journal.damaged} damaged results will be graded again", file=sys.stderr)
        report = Report(week.id, request.points_of(root, week, spec.only))
        warm = contextlib.nullcontext() if args.engine or args.resume else engine.ahead(spec)
        with warm as booted:  # the zygote and nbgrader each need seconds and a core to start
            if args.collect:
                _collect(spec, args, people)
            submissions = request.submissions_of(root, week, args.student)
            gradebook.backup(root)
            gradebook.ensure_assignment(root, week)
            extensions = _enrolled(spec, args, people, submissions, report) if args.roster else {}
            context = request.context_of(spec)
            writers = _writers(spec, submissions, context, extensions, report)
            batches = Batches(journal, Log(root, week.id, args.keep_logs), writers)
            students = [submission.student for submission in submissions]
            journal.begin(context, students, resume=args.resume, part=part)
            late = gradebook.lateness(root, week, extensions)
            _grade_all(spec, submissions, args, batches, report, booted=booted, late=late, stop=stop)
        report.seconds = time.monotonic() - began
        report.spent.update(batches.spent)
        journal.end({step: round(seconds, 3) for step, seconds in report.spent.items()})
    time_notes = {submission.student: submission.time_note for submission in submissions}
    report.settle(gradebook.standings(root, week, list(report.rows)), time_notes)
    return report


def _collect(spec: engine.Spec, args: argparse.Namespace, people: list) -> None:
    """Unpack an export into submitted/, and print a summary."""
    from mmlab.instructor.grading.intake import collect

    collected = collect.collect(spec.root, spec.week.id, args.collect, args.pattern, people)
    print(*collected.lines(), sep="\n", file=sys.stderr if args.json else sys.stdout)
    collected.require_some(args.collect)


def _people(args: argparse.Namespace) -> list:
    """Return the people of the roster, none without one."""
    from mmlab.instructor.grading.gradebook import roster

    return roster.read(args.roster) if args.roster else []


def _enrolled(
    spec: engine.Spec, args: argparse.Namespace, people: list, submissions: list[Submission], report: Report
) -> dict:
    """Save a roster in the gradebook, report missing students, and return the week's extensions."""
    from mmlab.instructor.grading.gradebook import roster

    extensions = roster.extensions(spec.root, args.roster, spec.week, people)
    roster.save(spec.root, people)
    if not args.student:
        attendance = roster.attendance(people, [submission.student for submission in submissions])
        report.absent, report.unlisted = attendance.missing, attendance.unknown
    return extensions


def _writers(
    spec: engine.Spec, submissions: list[Submission], context: dict, extensions: dict, report: Report
) -> dict[str, Writer]:
    """Return the functions that write a batch, in order: the pages are made from the database."""
    from mmlab.instructor.grading.gradebook import feedback, files, gradebook

    by_student = {submission.student: submission for submission in submissions}
    digests = {name: str(context[name]) for name in ("release", "hidden", "grader")}

    def to_database(batch: list[Graded]) -> None:
        report.moved += gradebook.save(spec.root, spec.week, batch, context=digests, extensions=extensions)

    def to_files(batch: list[Graded]) -> None:
        if spec.only:  # the notebook shows the verdicts of all exercises
            register = Register.read(spec.root, spec.week.id)
            batch = [register.merged(graded) for graded in batch]
        files.write_autograded(spec.root, spec.week, batch, [by_student[graded.student] for graded in batch])

    def to_pages(batch: list[Graded]) -> None:
        feedback.write(spec.root, spec.week, batch)

    return {"database": to_database, "files": to_files, "feedback": to_pages}


def _grade_all(
    spec: engine.Spec,
    submissions: list[Submission],
    args: argparse.Namespace,
    batches: Batches,
    report: Report,
    *,
    booted: Future | None,
    late: Callable[[str, str | None], float],
    stop: threading.Event,
) -> None:
    """Grade the submissions that are not in the journal, and write all results.

    booted  comes from `engine.ahead`
    late    (student, time of submission) → seconds after the due date
    stop    set by a signal that asks to stop
    """
    from mmlab.instructor.grading.gradebook import feedback, gradebook

    known = [submission for submission in submissions if batches.journal.holds(submission)]
    stream = sys.stderr if args.json else sys.stdout
    output = None if args.json and not stream.isatty() else stream
    progress = Progress(
        len(submissions), output, len(known), lambda graded: late(graded.student, graded.timestamp)
    )
    try:
        standings = gradebook.standings(spec.root, spec.week, [submission.student for submission in known])
        penalised = {student for student, standing in standings.items() if standing.penalty}
        for submission in known:  # due dates, extensions and the plugin may have changed
            is_late = late(submission.student, submission.timestamp) > 0 or submission.student in penalised
            _reuse(submission, batches, report, again=bool(args.roster) or is_late)
        # a person may have graded by hand since these pages were written
        feedback.refresh(spec.root, spec.week, [submission.student for submission in known])
        missing = [submission for submission in submissions if submission.student not in report.rows]
        options = {"cluster": args.engine and args.engine[1], "spent": report.spent, "booted": booted}
        with contextlib.closing(engine.run(spec, missing, args.jobs, **options)) as results:
            for graded in results if missing else ():
                row = row_of(graded, report.points)
                batches.add(graded, row)
                report.add(graded, row)
                progress.graded(graded, row)
                if stop.is_set():  # the signal's own exception was lost
                    raise KeyboardInterrupt
        batches.flush()
    except KeyboardInterrupt:
        progress.finish()
        print(
            f"stopping: {len(report.rows)} of {len(submissions)} results are stored; continue with --resume",
            file=sys.stderr,
        )
        batches.flush()
        raise
    finally:
        progress.finish()


def _reuse(submission: Submission, batches: Batches, report: Report, *, again: bool) -> None:
    """Reuse an earlier run's result of the same file; write it if it was not written yet, or if `again`."""
    graded = batches.journal.last(submission.student)
    if graded.timestamp != submission.timestamp:  # the same file, submitted at another time: penalties change
        graded.timestamp = submission.timestamp
        batches.journal.add(graded)
    if again or not batches.journal.is_written(submission.student):
        batches.write(graded)
    report.add(graded, row_of(graded, report.points), reused=True)


@contextlib.contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Let SIGTERM, which systemd and SLURM send, stop a run as Ctrl-C does.

    Yields an event that both signals set, because Python drops the exception of a signal
    handler that happens to interrupt a finalizer or a weak reference's callback.
    """
    stop = threading.Event()

    def interrupt(*_) -> None:
        stop.set()
        raise KeyboardInterrupt

    try:
        before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:  # not the main thread, as in a test: the caller handles signals
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
