"""Grade many submissions, in threads on this machine or on other machines.

`run` yields each result when it is ready; the caller stores it. The number of submissions in
progress is limited, so that memory use does not grow with the class.
"""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmlab import __version__
from mmlab.errors import MissingPart
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading.records import Graded, Prepared, Submission
from mmlab.instructor.grading.sandbox.limits import Limits

WINDOW = 2  # submissions in progress for each thread


@dataclass(frozen=True)
class Spec:
    """The settings of a run, the same for every submission and machine.

    root     the course's folder
    week     the week
    limits   the limits for one submission
    unsafe   grade without the sandbox
    only     the one exercise to grade, or None for all
    records  exercise → hidden record; None: computed from the course's seed
    release  the week's `fingerprint`
    version  of mmlab; a worker compares release and version with its own, to be sure of equal results
    """

    root: Path
    week: Week
    limits: Limits = Limits()
    unsafe: bool = False
    only: str | None = None
    records: dict[str, dict] | None = None
    release: str = ""
    version: str = __version__

    def grader(self):
        """Return a Grader for this process; raises MmlabError if this machine cannot grade."""
        from mmlab.instructor.grading.grader import Grader

        return Grader(
            self.root, self.week, limits=self.limits, unsafe=self.unsafe, only=self.only, records=self.records
        )


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    spec: Spec,
    submissions: Iterable[Submission],
    jobs: int | None = None,
    *,
    cluster: str | None = None,
    spent: Counter[str] | None = None,
    booted: Future | None = None,
) -> Iterator[Graded]:
    """Yield the result of each submission when it is ready; closing the iterator stops the rest.

    jobs     submissions to grade at a time on this machine; default: its number of cores
    cluster  address of a Dask scheduler whose workers grade instead of this machine
    spent    a counter to which the start-up time is added, as "boot"
    booted   the future from `ahead`
    raises   MmlabError  without a sandbox, a release, or a worker
    """
    spent = Counter() if spent is None else spent
    if cluster is None:
        return _threads(booted.result if booted else spec.grader, submissions, jobs or cores(), spent)
    from mmlab.instructor.grading import dask_engine

    return dask_engine.run(spec, submissions, cluster, spent)


@contextmanager
def ahead(spec: Spec) -> Iterator[Future]:
    """Start this machine's Grader in the background; yield its future, and close the Grader afterwards."""
    with ThreadPoolExecutor(1) as pool:
        booted = pool.submit(lambda: spec.grader().__enter__())
        try:
            yield booted
        finally:
            if booted.exception() is None:
                booted.result().__exit__(None, None, None)


def attempt(grader, submission: Submission, *prepared: Prepared) -> Graded:
    """Return a submission's result; an error of the grader itself becomes its `fault`, after a second attempt.

    raises  MissingPart  if this machine cannot grade at all
    """
    for last in (False, True):
        try:
            graded = grader.grade(submission, *prepared)
        except MissingPart:
            raise
        except Exception as error:  # an error of ours: record it, and continue with the class
            graded = faulty(submission, f"{type(error).__name__}: {error}")
        if graded.fault is None or last:
            break
    return graded


def faulty(submission: Submission, why: str) -> Graded:
    """Return the result, without marks, of a submission that could not be graded."""
    return Graded(submission.student, submission.week, submission.digest, submission.timestamp, fault=why)


def in_window(
    submissions: Iterable[Submission],
    submit: Callable[[Submission], Future],
    window: Callable[[], int],
    first: Callable[[list[Future]], Iterable[Future]],
) -> Iterator[tuple[Submission, Future]]:
    """Yield each submission with its finished future, with at most `window()` of them in progress.

    submit  starts one submission
    first   waits until some of the futures are finished, and returns those
    """
    waiting: dict[Future, Submission] = {}
    try:
        for submission in submissions:
            waiting[submit(submission)] = submission
            while len(waiting) >= window():
                for future in first(list(waiting)):
                    yield waiting.pop(future), future
        while waiting:
            for future in first(list(waiting)):
                yield waiting.pop(future), future
    finally:
        for future in waiting:
            future.cancel()


def fingerprint(root: Path, week: str) -> str:
    """Return a digest of the files that a week's results depend on: release, exercises and reference solutions."""
    digest = hashlib.sha256()
    sources = [*(root / "solutions" / week).glob("*.py"), root / "solutions" / week / "lab.ipynb"]
    released = [path for path in (root / "labs" / week).rglob("*") if ".ipynb_checkpoints" not in path.parts]
    for path in sorted(path for path in [*sources, *released] if path.is_file()):
        digest.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _threads(
    grader_of: Callable, submissions: Iterable[Submission], jobs: int, spent: Counter[str]
) -> Iterator[Graded]:
    """Yield results from threads of this process, which share one Grader and its zygote."""
    pool, began = ThreadPoolExecutor(jobs, thread_name_prefix="grade"), time.monotonic()
    try:
        # closed before the pool is shut down, so that a stop kills running children instead of waiting
        with grader_of() as grader:
            spent["boot"] += time.monotonic() - began
            futures = in_window(
                submissions,
                submit=lambda submission: pool.submit(attempt, grader, submission),
                window=lambda: WINDOW * jobs,
                first=lambda waiting: wait(waiting, return_when=FIRST_COMPLETED).done,
            )
            with closing(futures):
                for _, future in futures:
                    yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)
