"""Grading on Dask workers: one submission a task, its notebook with it.

A file is read and repaired here, and its cells travel, so that workers need no disk
that they share. Every worker process makes one Grader, with its own zygote and
sandbox, and keeps it until the run ends. Workers are the instructor's machines: they
have the course at the same version, and are sent its hidden cases. Nothing is
written there; a worker that dies costs its tasks another try on another worker.
"""

import threading
import time
import uuid
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from mmlab import __version__, values
from mmlab.course.grade import files, hidden, repair
from mmlab.course.grade.engine import Spec, attempt, faulty, fingerprint, in_window
from mmlab.course.grade.stages import Graded, Prepared, Submission
from mmlab.errors import InputError, MissingPart, MmlabError

try:
    from distributed import Client, Future, WorkerPlugin, get_worker, wait
except ImportError as error:
    raise MissingPart(f"--engine dask: {error}", "distributed", "pip install 'mmlab[cluster]'") from error

START = 120  # seconds in which the first worker must come, or another one after the last went
POLL = 5  # seconds between two looks at whether there is any worker
RETRIES = 3  # further tries of a task that raised; Dask itself allows three dying workers
WINDOW = 2  # submissions under way for each thread of the cluster


class WorkerGrader(WorkerPlugin):
    """One run's Grader on a worker, made by its first task: workers that join late get it too."""

    def __init__(self, spec: Spec, records: dict[str, dict]):
        self.root, self.week = str(spec.root), spec.week.id
        self.fields = {name: getattr(spec, name) for name in ("limits", "unsafe", "only", "release", "version")}
        self.records = values.dumps(records)
        self.grader = None

    def setup(self, worker) -> None:
        """Get ready on a worker."""
        self.making = threading.Lock()

    def teardown(self, worker) -> None:
        """End the zygote when the run ends or the worker closes."""
        with self.making:
            if self.grader is not None:
                self.grader.__exit__(None, None, None)
                self.grader = None

    def grade(self, submission: Submission, prepared: Prepared) -> Graded:
        """Return a submission's result; raises MmlabError where this worker cannot grade at all."""
        with self.making:
            if self.grader is None:
                self.grader = self.spec().grader().__enter__()
        return attempt(self.grader, submission, prepared)

    def spec(self) -> Spec:
        """Return the run's Spec with this machine's course; raises InputError where it is another release."""
        from mmlab.course import places
        from mmlab.course.exercise import load

        root = Path(self.root)
        root = root if (root / "solutions" / self.week).is_dir() else places.root()
        if (fingerprint(root, self.week), __version__) != (self.fields["release"], self.fields["version"]):
            raise InputError(f"a worker has another release of {self.week} in {root}", "the same course on every machine",
                             "bring its clone to the same commit")  # fmt: skip
        return Spec(root, load(root / "solutions" / self.week), records=values.loads(self.records), **self.fields)


def run(spec: Spec, submissions: Iterable[Submission], address: str, spent: Counter[str]) -> Iterator[Graded]:
    """Yield the result of every submission as the workers of the scheduler at `address` give it.

    raises  InputError where no scheduler or worker answers, or a worker has another release
    """
    began, name, release = time.monotonic(), f"mmlab-{uuid.uuid4().hex}", files.release_of(spec.root, spec.week)
    client = _connected(address)
    try:
        _wait_for_workers(client)
        records = spec.records or hidden.records(spec.root, spec.week, hidden.secret(spec.root))
        client.register_plugin(WorkerGrader(spec, records), name=name)
        spent["boot"] += time.monotonic() - began
        futures = in_window(
            submissions,
            submit=lambda submission: _submitted(client, name, submission, repair.prepare(submission, release)),
            window=lambda: WINDOW * max(1, sum(client.nthreads().values())),
            first=lambda waiting: _first(client, waiting),
        )
        with closing(futures):
            for submission, future in futures:
                yield _result(submission, future)
    finally:
        _leave(client, name)


def grade(name: str, submission: Submission, prepared: Prepared) -> Graded:
    """Return a submission's result, on a worker that has the run's plugin `name`."""
    return get_worker().plugins[name].grade(submission, prepared)


def _connected(address: str) -> Client:
    try:
        return Client(address, timeout=START / 4, set_as_default=False, name="mmlab-grade")
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers at {address} ({error})", "an address such as tcp://host:8786",
                         "start `dask scheduler` and pass the address that it prints") from None  # fmt: skip


def _wait_for_workers(client: Client) -> None:
    """Wait until there is a worker; raises InputError where none comes."""
    try:
        client.wait_for_workers(1, timeout=START)
    except TimeoutError:
        raise InputError(f"the scheduler has no worker, {START} s long", "at least one `dask worker`",
                         "look at the workers' logs, then go on with --resume") from None  # fmt: skip
    except (OSError, CancelledError) as error:
        raise _gone(error) from None


def _submitted(client: Client, name: str, submission: Submission, prepared: Prepared) -> Future:
    submission = replace(submission, path=None)  # it is here and nowhere else
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        return client.submit(
            grade, name, submission, prepared, key=f"{name}-{uuid.uuid4().hex}", pure=False, retries=RETRIES
        )


def _first(client: Client, waiting: list[Future]) -> Iterable[Future]:
    """Return futures that have ended, as soon as there are any; raises InputError where none can end."""
    while True:
        try:
            with client.as_current():
                return wait(waiting, timeout=POLL, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            _wait_for_workers(client)
        except CancelledError as error:
            raise _gone(error) from None


def _result(submission: Submission, future: Future) -> Graded:
    try:
        return future.result()
    except MmlabError:
        raise  # no worker can grade at all: said once, not once a submission
    except CancelledError as error:
        raise _gone(error) from None
    except Exception as error:  # such as a worker that died under it four times: ours, the class goes on
        return faulty(submission, f"{type(error).__name__}: {error}")


def _gone(error: Exception) -> InputError:
    return InputError(f"the scheduler is gone ({error})", "a scheduler that outlives the run",
                      "look at the scheduler's log, then go on with --resume")  # fmt: skip


def _leave(client: Client, name: str) -> None:
    """Let every worker end its zygote, and close the connection."""
    try:
        if client.status == "running":
            client.unregister_worker_plugin(name)
    except (OSError, TimeoutError, ValueError):
        pass  # the scheduler is gone or never had it: nothing is left to end
    finally:
        client.close()
