"""Grading on Dask workers that are real processes: a dying worker costs a retry, nothing else."""

import json
import os
import signal
import threading
from collections import Counter
from pathlib import Path

import psutil
import pytest

from fake_grader import POINTS
from mmlab.cli import command_line, notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.grading import engine
from mmlab.instructor.grading.intake import submissions
from tiny_course import WEEK

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.repetition]


@pytest.fixture
def course(copy_of_tiny, inside) -> Path:
    """Return a released course, current."""
    inside(copy_of_tiny)
    return copy_of_tiny


@pytest.fixture(scope="module")
def cluster():
    """Return the address of a scheduler with two workers of one thread each."""
    with distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


def spec_of(root: Path, **fields) -> engine.Spec:
    """Return what a run of the tiny week grades with."""
    return engine.Spec(
        root, load(root / "solutions" / WEEK), release=engine.fingerprint(root, WEEK), **fields
    )


def answered(root: Path, student: str, names: list[str]) -> None:
    """Hand in the reference for some exercises and stubs for the others."""
    solved, lab = (
        notebook.read(root / "solutions" / WEEK / "lab.ipynb"),
        notebook.read(root / "labs" / WEEK / "lab.ipynb"),
    )
    for name in names:
        notebook.find(lab, f"{name}-solution")["source"] = notebook.reference(solved, name)
    folder = root / "submitted" / student / WEEK
    folder.mkdir(parents=True)
    notebook.write(folder / "lab.ipynb", lab)


def test_workers_give_the_marks_that_this_machine_gives(course, cluster, capsys):
    for number, name in enumerate(POINTS):
        answered(course, f"s{number}", list(POINTS)[: number + 1])
    (course / "submitted" / "s9" / WEEK).mkdir(parents=True)
    (course / "submitted" / "s9" / WEEK / "lab.ipynb").write_text("no notebook")
    assert command_line.main(["grade", WEEK, "--json", "--engine", "dask", cluster]) == 0
    there = json.loads(capsys.readouterr().out)["submissions"]
    assert command_line.main(["grade", WEEK, "--json"]) == 0
    here = json.loads(capsys.readouterr().out)["submissions"]
    measured = {"seconds": 0, "peak_mb": 0}
    assert [one | measured for one in there] == [one | measured for one in here]
    assert [one["score"] for one in here] == [1.0, 3.0, 6.0, 10.0, 15.0, 0.0]


def test_a_killed_worker_costs_a_retry(course, cluster):
    for number in range(16):
        answered(course, f"s{number:02}", list(POINTS)[: number % 5 + 1])
    found, results = submissions.find(course, WEEK), []
    with distributed.Client(cluster, set_as_default=False) as client:
        workers = client.run(os.getpid)
        for graded in engine.run(spec_of(course), found, cluster=cluster):
            results.append(graded)
            if len(results) == 4:
                zygotes = [zygote for pid in workers.values() for zygote in zygotes_of(pid)]
                os.kill(min(workers.values()), signal.SIGKILL)
        assert client.run(os.getpid) != workers, "a worker went and another came"
    assert Counter(one.student for one in results) == {one.student: 1 for one in found}
    assert all(one.fault is None for one in results)
    assert {one.student: one.score for one in results} == {
        f"s{number:02}": sum(range(1, number % 5 + 2)) for number in range(16)
    }
    assert zygotes, "each worker has one"
    assert not psutil.wait_procs(zygotes, timeout=10)[1], "neither the run's end nor a kill leaves one"


def zygotes_of(pid: int) -> list[psutil.Process]:
    """Return the processes of the sandboxes that a worker has."""
    return [
        one
        for one in psutil.Process(pid).children(recursive=True)
        if any("grade.zygote" in word for word in one.cmdline())
    ]


def test_another_release_on_a_worker_is_said_once(course, cluster):
    answered(course, "ada", ["Tally"])
    spec = engine.Spec(course, load(course / "solutions" / WEEK), release="another")
    with pytest.raises(InputError, match="a worker has another release of 90_tiny"):
        list(engine.run(spec, submissions.find(course, WEEK), cluster=cluster))


def test_no_scheduler_and_no_worker_are_said(course, monkeypatch):
    from mmlab.instructor.grading import dask_engine

    monkeypatch.setattr(dask_engine, "START", 2)
    answered(course, "ada", ["Tally"])
    found = submissions.find(course, WEEK)
    with pytest.raises(InputError, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        list(engine.run(spec_of(course), found, cluster="tcp://127.0.0.1:9"))
    with distributed.LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=":0") as empty:
        with pytest.raises(InputError, match="the scheduler had no worker"):
            list(engine.run(spec_of(course), found, cluster=empty.scheduler_address))


def test_a_scheduler_that_goes_stops_the_run(course, monkeypatch):
    from mmlab.instructor.grading import dask_engine

    monkeypatch.setattr(dask_engine, "POLL", 1)
    monkeypatch.setattr(dask_engine, "START", 5)
    for number in range(8):
        answered(course, f"s{number:02}", ["Tally"])
    with distributed.LocalCluster(1, threads_per_worker=1, dashboard_address=":0") as cluster:
        results = engine.run(
            spec_of(course), submissions.find(course, WEEK), cluster=cluster.scheduler_address
        )
        assert next(results).score == 3.0
        threading.Thread(target=cluster.close).start()
        with pytest.raises(InputError, match="scheduler"):
            list(results)
