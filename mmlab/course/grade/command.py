"""`mmlab grade WEEK`: submitted/ → autograded/, gradebook.db, feedback/.

Exit 1 where a submission could not be graded, 2 where the request was at fault or
the disk is full, 130 where it was stopped: what was graded is kept, `--resume` goes on.
"""

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

from mmlab.course import places
from mmlab.course.grade import engine, request
from mmlab.course.grade.batches import Batches, room_for
from mmlab.course.grade.journal import Journal
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.lock import locked, state
from mmlab.course.grade.logs import KEEP_DAYS, Log
from mmlab.course.grade.progress import Progress
from mmlab.course.grade.register import Register
from mmlab.course.grade.report import Report, row_of
from mmlab.course.grade.stages import Graded, Submission

Writer = Callable[[list[Graded]], None]
LIMITS = {"cell_seconds": "one code cell", "answer_seconds": "one exercise, all its cases",
          "total_seconds": "one submission", "memory_mb": "memory of one submission"}  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("week", metavar="WEEK", help="such as 02_clip or 02")
    parser.add_argument("--student", action="append", metavar="ID", help="grade this student only (may be repeated)")
    parser.add_argument("--exercise", metavar="NAME", help="grade this exercise only; the other marks stay")
    parser.add_argument("--resume", action="store_true", help="grade only what is new or changed; write all pages again")
    parser.add_argument("--fresh", action="store_true", help="grade all again, though an earlier run did not end")
    parser.add_argument("--jobs", type=int, metavar="N", help="submissions at a time (default: cores)")
    parser.add_argument("--engine", nargs=2, metavar=("dask", "ADDRESS"), help="grade on the workers of a Dask scheduler")
    parser.add_argument("--roster", type=Path, metavar="FILE", help="csv of students, with names and extensions")
    parser.add_argument("--collect", type=Path, metavar="PATH", help="first bring in what an LMS exported: a zip or a folder")
    parser.add_argument("--unsafe", action="store_true", help="without the sandbox: only for answers that you trust")
    parser.add_argument("--keep-logs", type=int, default=KEEP_DAYS, metavar="DAYS",
                        help=f"drop log lines that are older (default: {KEEP_DAYS})")  # fmt: skip
    for name, of in LIMITS.items():
        default = getattr(Limits(), name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, metavar="N",
                            help=f"limit: {of} (default: {default:g})")  # fmt: skip


def main(args: argparse.Namespace) -> int:
    """Grade one week's submissions."""
    root = places.root()
    spec = request.spec_of(root, args)
    with locked(root, spec.week.id), _stoppable(), room_for(root):
        report = grade(spec, args)
    print(json.dumps(report.plain()) if args.json else report.text())
    return 1 if report.faults else 0


def grade(spec: engine.Spec, args: argparse.Namespace) -> Report:
    """Grade what is asked for, by the holder of the course's lock; return what was found."""
    from mmlab.course.grade import gradebook

    root, week, began = spec.root, spec.week, time.monotonic()
    part = bool(args.student or args.exercise)
    with Journal(state(root, week.id)) as journal:
        if not (part or args.resume or args.fresh):
            request.refuse_unfinished(journal)
        if journal.damaged:
            print(f"{journal.path}: {journal.damaged} lines are damaged, what they held is graded again", file=sys.stderr)
        if args.collect:
            _collect(spec, args)
        handed_in = request.handed_in(root, week, args.student)
        report = Report(week.id, request.points_of(root, week, spec.only))
        warm = contextlib.nullcontext() if args.engine or args.resume else engine.ahead(spec)
        with warm as made:  # the zygote and nbgrader take seconds each, and a core each
            gradebook.backup(root)
            gradebook.ensure_assignment(root, week)
            extensions = _enrolled(spec, args, handed_in, report) if args.roster else {}
            context = request.context_of(spec)
            writers = _writers(spec, handed_in, context, extensions, report)
            batches = Batches(journal, Log(root, week.id, args.keep_logs), writers)
            journal.begin(context, [one.student for one in handed_in], resume=args.resume, part=part)
            _grade_all(spec, handed_in, args, batches, report, made)
        report.seconds = time.monotonic() - began
        report.spent.update(batches.spent)
        journal.end({step: round(seconds, 3) for step, seconds in report.spent.items()})
    standings = gradebook.standings(root, week, list(report.rows))
    report.waiting.update(name for one in standings.values() for name, entry in one.entries.items() if entry.waits)
    return report


def _collect(spec: engine.Spec, args: argparse.Namespace) -> None:
    """Bring an export into submitted/, and say what came of it."""
    from mmlab.course.grade import collect

    brought = collect.collect(spec.root, spec.week.id, args.collect)
    print(*brought.lines(), sep="\n", file=sys.stderr if args.json else sys.stdout)


def _enrolled(spec: engine.Spec, args: argparse.Namespace, handed_in: list[Submission], report: Report) -> dict:
    """Enter a roster in the gradebook, note who is missing; return the week's extensions."""
    from mmlab.course.grade import roster

    people = roster.read(args.roster)
    extensions = roster.extensions(spec.root, args.roster, spec.week, people)
    roster.save(spec.root, people)
    if not args.student:
        found = roster.attendance(people, [one.student for one in handed_in])
        report.absent, report.unlisted = found.missing, found.unknown
    return extensions


def _writers(
    spec: engine.Spec, handed_in: list[Submission], context: dict, extensions: dict, report: Report
) -> dict[str, Writer]:
    """Return what writes a batch, in order: pages show what the database says."""
    from mmlab.course.grade import feedback, files, gradebook

    by_student = {one.student: one for one in handed_in}
    digests = {name: str(context[name]) for name in ("release", "hidden", "grader")}

    def to_database(batch: list[Graded]) -> None:
        report.moved += gradebook.save(spec.root, spec.week, batch, context=digests, extensions=extensions)

    def to_files(batch: list[Graded]) -> None:
        if spec.only:  # the notebook shows every exercise's verdict
            register = Register.read(spec.root, spec.week.id)
            batch = [register.merged(graded) for graded in batch]
        files.write_autograded(spec.root, spec.week, batch, [by_student[one.student] for one in batch])

    def to_pages(batch: list[Graded]) -> None:
        feedback.write(spec.root, spec.week, batch)

    return {"database": to_database, "files": to_files, "feedback": to_pages}


def _grade_all(
    spec: engine.Spec, handed_in: list[Submission], args: argparse.Namespace, batches: Batches, report: Report,
    made: Future | None,
) -> None:  # fmt: skip
    """Grade what the journal does not hold, and write all that is not written; `made` is what `engine.ahead` gave."""
    from mmlab.course.grade import feedback

    known = [one for one in handed_in if batches.journal.holds(one)]
    stream = sys.stderr if args.json else sys.stdout
    progress = Progress(len(handed_in), None if args.json and not stream.isatty() else stream, len(known))
    try:
        for submission in known:
            _go_on_from(submission, batches, report, again=bool(args.roster))
        feedback.refresh(spec.root, spec.week, [one.student for one in known])  # a person may have marked since
        missing = [one for one in handed_in if one.student not in report.rows]
        options = {"cluster": args.engine and args.engine[1], "spent": report.spent, "made": made}
        with contextlib.closing(engine.run(spec, missing, args.jobs, **options)) as results:
            for graded in results if missing else ():
                row = row_of(graded, report.points)
                batches.add(graded, row)
                report.add(graded, row)
                progress.graded(graded, row)
        batches.flush()
    except KeyboardInterrupt:
        progress.finish()
        print(f"stopping: {len(report.rows)} of {len(handed_in)} are graded and kept, --resume goes on", file=sys.stderr)
        batches.flush()
        raise
    finally:
        progress.finish()


def _go_on_from(submission: Submission, batches: Batches, report: Report, *, again: bool) -> None:
    """Take an earlier run's result of the same file; write it where it is not written, or `again`."""
    graded = batches.journal.last(submission.student)
    if graded.timestamp != submission.timestamp:  # the same file, handed in at another time: penalties change
        graded.timestamp = submission.timestamp
        batches.journal.add(graded)
    if again or not batches.journal.entries[submission.student].written:
        batches.write(graded)
    report.add(graded, row_of(graded, report.points), reused=True)


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let a polite end (SIGTERM, as systemd and SLURM send it) stop a run as Ctrl-C does."""

    def stop(*_) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread, as in a test: whoever called it takes the signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
