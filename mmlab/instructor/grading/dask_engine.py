"""Grade on Dask workers: one task for each submission, with its notebook.

Files are read and repaired on this machine and the cells are sent, so the workers need no
shared disk. Each worker process makes one Grader, with its own zygote and sandbox, and uses it
until the run ends. Workers are the instructor's machines: they have the course at the same
version, and receive its hidden cases. They write nothing to disk. If a worker dies, its tasks
are tried again on another one.
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

from mmlab import __version__, codec
from mmlab.errors import InputError, MissingPart, MmlabError
from mmlab.instructor.grading import hidden_cases
from mmlab.instructor.grading.engine import Spec, attempt, faulty, fingerprint, in_window
from mmlab.instructor.grading.gradebook import files
from mmlab.instructor.grading.intake import repair
from mmlab.instructor.grading.records import Graded, Prepared, Submission

try:
    from distributed import Client, Future, WorkerPlugin, get_worker, wait
except ImportError as error:
    raise MissingPart(f"--engine dask: {error}", "distributed", "pip install 'mmlab[cluster]'") from error

START = 120  # seconds to wait for the first worker, or for a new one if all have gone
POLL = 5  # seconds between two checks for workers
RETRIES = 3  # of a task that raised; Dask itself allows three dying workers
WINDOW = 2  # submissions in progress for each thread of the cluster


class WorkerGrader(WorkerPlugin):
    """One run's Grader on a worker, made by the worker's first task, so that late workers get one too."""

    def __init__(self, spec: Spec, records: dict[str, dict]):
        self.root, self.week = str(spec.root), spec.week.id
        self.fields = {
            name: getattr(spec, name) for name in ("limits", "unsafe", "only", "release", "version")
        }
        self.records = codec.dumps(records)
        self.grader = None

    def setup(self, worker) -> None:
        """Prepare a worker."""
        self.making = threading.Lock()

    def teardown(self, worker) -> None:
        """Stop the zygote when the run ends or the worker closes."""
        with self.making:
            if self.grader is not None:
                self.grader.__exit__(None, None, None)
                self.grader = None

    def grade(self, submission: Submission, prepared: Prepared) -> Graded:
        """Return a submission's result; raises MmlabError if this worker cannot grade at all."""
        with self.making:
            if self.grader is None:
                self.grader = self.spec().grader().__enter__()
        return attempt(self.grader, submission, prepared)

    def spec(self) -> Spec:
        """Return the run's Spec with this machine's course; raises InputError if the releases differ."""
        from mmlab.cli import paths
        from mmlab.instructor.authoring.exercise import load

        root = Path(self.root)
        root = root if (root / "solutions" / self.week).is_dir() else paths.root()
        if (fingerprint(root, self.week), __version__) != (self.fields["release"], self.fields["version"]):
            raise InputError(
                f"a worker has another release of {self.week} in {root}",
                "the same course on every machine",
                "check out the same commit there",
            )
        return Spec(
            root,
            load(root / "solutions" / self.week),
            records=codec.loads(self.records, keys=codec.RECORD_KEYS),
            **self.fields,
        )


def run(spec: Spec, submissions: Iterable[Submission], address: str, spent: Counter[str]) -> Iterator[Graded]:
    """Yield the results from the workers of the scheduler at `address`.

    raises  InputError  if no scheduler or worker answers, or a worker has another release
    """
    began, name, release = (
        time.monotonic(),
        f"mmlab-{uuid.uuid4().hex}",
        files.release_of(spec.root, spec.week),
    )
    client = _connected(address)
    try:
        _wait_for_workers(client)
        records = spec.records or hidden_cases.records(spec.root, spec.week, hidden_cases.secret(spec.root))
        client.register_plugin(WorkerGrader(spec, records), name=name)
        spent["boot"] += time.monotonic() - began
        futures = in_window(
            submissions,
            submit=lambda submission: _submitted(
                client, name, submission, repair.prepare(submission, release)
            ),
            window=lambda: WINDOW * max(1, sum(client.nthreads().values())),
            first=lambda waiting: _first(client, waiting),
        )
        with closing(futures):
            for submission, future in futures:
                yield _result(submission, future)
    finally:
        _leave(client, name)


def grade(name: str, submission: Submission, prepared: Prepared) -> Graded:
    """Return a submission's result; runs on a worker that has the run's plugin `name`."""
    return get_worker().plugins[name].grade(submission, prepared)


def _connected(address: str) -> Client:
    try:
        return Client(address, timeout=START / 4, set_as_default=False, name="mmlab-grade")
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address} ({error})",
            "an address such as tcp://host:8786",
            "start `dask scheduler` and pass the address that it prints",
        ) from None


def _wait_for_workers(client: Client) -> None:
    """Wait until there is a worker; raises InputError if none comes in time."""
    try:
        client.wait_for_workers(1, timeout=START)
    except TimeoutError:
        raise InputError(
            f"the scheduler had no worker for {START} s",
            "at least one `dask worker`",
            "look at the workers' logs, then continue with --resume",
        ) from None
    except (OSError, CancelledError) as error:
        raise _gone(error) from None


def _submitted(client: Client, name: str, submission: Submission, prepared: Prepared) -> Future:
    submission = replace(submission, path=None)  # the file exists on this machine only
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        return client.submit(
            grade, name, submission, prepared, key=f"{name}-{uuid.uuid4().hex}", pure=False, retries=RETRIES
        )


def _first(client: Client, waiting: list[Future]) -> Iterable[Future]:
    """Wait for finished futures and return them; raises InputError if the scheduler or all workers are gone."""
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
        raise  # no worker can grade at all: report it once, not for each submission
    except CancelledError as error:
        raise _gone(error) from None
    except Exception as error:  # such as four workers that died: a fault of ours, so the class continues
        return faulty(submission, f"{type(error).__name__}: {error}")


def _gone(error: Exception) -> InputError:
    return InputError(
        f"the scheduler is gone ({error})",
        "a scheduler that runs until the end",
        "look at the scheduler's log, then continue with --resume",
    )


def _leave(client: Client, name: str) -> None:
    """Stop every worker's zygote, and close the connection."""
    try:
        if client.status == "running":
            client.unregister_worker_plugin(name)
    except (OSError, TimeoutError, ValueError):
        pass  # the scheduler is gone or never had the plugin
    finally:
        client.close()
