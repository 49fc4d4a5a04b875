"""The one seam of scale: grade many submissions, here or on other machines.

`run` gives the results as they come, whichever machine they come from; whoever asks
for them writes them. Only so many submissions are under way at a time, so memory
does not grow with the class.
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
from mmlab.course.exercise import Week
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.stages import Graded, Prepared, Submission
from mmlab.errors import MissingPart

WINDOW = 2  # submissions under way for each that is being run


@dataclass(frozen=True)
class Spec:
    """What every submission of a run is graded with, wherever it is.

    root     the course's folder
    week     the week
    limits   what one submission may take
    unsafe   without the sandbox
    only     the one exercise to grade, or None for all
    records  exercise → hidden record; None: computed from the course's seed
    release  the week's `fingerprint`
    version  of mmlab; by both another machine can tell whether it would give the same marks
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
        """Return a Grader for this process; raises MmlabError where it cannot be."""
        from mmlab.course.grade.one import Grader

        return Grader(self.root, self.week, limits=self.limits, unsafe=self.unsafe, only=self.only, records=self.records)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    spec: Spec, submissions: Iterable[Submission], jobs: int | None = None, *, cluster: str | None = None,
    spent: Counter[str] | None = None, made: Future | None = None,
) -> Iterator[Graded]:  # fmt: skip
    """Yield the result of every submission as it comes; closing the iterator stops the rest.

    jobs     submissions graded at a time on this machine; default: its cores
    cluster  address of a Dask scheduler whose workers are to grade in place of this machine
    spent    where the seconds that the start takes are added, as "boot"
    made     what `ahead` gave
    raises   MmlabError where there is no sandbox, no release, or no worker
    """
    spent = Counter() if spent is None else spent
    if cluster is None:
        return _threads(made.result if made else spec.grader, submissions, jobs or cores(), spent)
    from mmlab.course.grade import dask_engine

    return dask_engine.run(spec, submissions, cluster, spent)


@contextmanager
def ahead(spec: Spec) -> Iterator[Future]:
    """Make this machine's Grader while something else is done, for the length of a `with` block."""
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(lambda: spec.grader().__enter__())
        try:
            yield made
        finally:
            if made.exception() is None:
                made.result().__exit__(None, None, None)


def attempt(grader, submission: Submission, *prepared: Prepared) -> Graded:
    """Return a submission's result; what goes wrong on our side is its fault, after a second try.

    raises  MissingPart where nothing can be graded on this machine
    """
    for last in (False, True):
        try:
            found = grader.grade(submission, *prepared)
        except MissingPart:
            raise
        except Exception as error:  # any error here is ours: said with the submission, the class goes on
            found = faulty(submission, f"{type(error).__name__}: {error}")
        if found.fault is None or last:
            break
    return found


def faulty(submission: Submission, why: str) -> Graded:
    """Return the result of a submission that could not be graded: no marks."""
    return Graded(submission.student, submission.week, submission.digest, submission.timestamp, fault=why)


def in_window(
    submissions: Iterable[Submission], submit: Callable[[Submission], Future], window: Callable[[], int],
    first: Callable[[list[Future]], Iterable[Future]],
) -> Iterator[tuple[Submission, Future]]:  # fmt: skip
    """Yield each submission with its finished future, with at most `window()` of them under way.

    submit  starts one submission
    first   waits until some of the futures have ended, and returns those
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
    """Return a digest of the files that a week's marks depend on: its release, its exercises and its reference."""
    digest = hashlib.sha256()
    sources = [*(root / "solutions" / week).glob("*.py"), root / "solutions" / week / "lab.ipynb"]
    released = [path for path in (root / "labs" / week).rglob("*") if ".ipynb_checkpoints" not in path.parts]
    for path in sorted(path for path in [*sources, *released] if path.is_file()):
        digest.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _threads(
    grader_of: Callable, submissions: Iterable[Submission], jobs: int, spent: Counter[str]
) -> Iterator[Graded]:
    """Yield results from threads of this process, which share the zygote of the Grader that `grader_of` returns."""
    pool, began = ThreadPoolExecutor(jobs, thread_name_prefix="grade"), time.monotonic()
    try:
        with grader_of() as grader:  # left before the pool, so that a stop kills what runs and waits for nothing
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
