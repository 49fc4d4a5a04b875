"""Grading on Dask workers that are real processes: a dying worker costs a retry, nothing else."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from fake_grader import POINTS, hand_in
from tiny_course import WEEK

from mmlab.course import cli, notebook
from mmlab.course.exercise import load
from mmlab.course.grade import engine, submissions
from mmlab.errors import InputError

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow
FAKE = str(Path(__file__).with_name("fake_grader.py"))


@pytest.fixture
def course(copy_of_tiny, inside) -> Path:
    """Return a released course, current."""
    inside(copy_of_tiny)
    return copy_of_tiny


@pytest.fixture(scope="module")
def cluster():
    """Return the address of a scheduler with two workers of one thread each."""
    with distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def spec_of(root: Path, **fields) -> engine.Spec:
    """Return what a run of the tiny week grades with."""
    return engine.Spec(root, load(root / "solutions" / WEEK), release=engine.fingerprint(root, WEEK), **fields)


def answered(root: Path, student: str, names: list[str]) -> None:
    """Hand in the reference for some exercises and stubs for the others."""
    solved, lab = notebook.read(root / "solutions" / WEEK / "lab.ipynb"), notebook.read(root / "labs" / WEEK / "lab.ipynb")
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
    assert cli.main(["grade", WEEK, "--json", "--engine", "dask", cluster]) == 0
    there = json.loads(capsys.readouterr().out)["submissions"]
    assert cli.main(["grade", WEEK, "--json"]) == 0
    here = json.loads(capsys.readouterr().out)["submissions"]
    measured = {"seconds": 0, "peak_mb": 0}
    assert [one | measured for one in there] == [one | measured for one in here]
    assert [one["score"] for one in here] == [1.0, 3.0, 6.0, 10.0, 15.0, 0.0]


def test_a_killed_worker_costs_a_retry(course, cluster):
    for number in range(16):
        answered(course, f"s{number:02}", list(POINTS)[: number % 5 + 1])
    found = submissions.find(course, WEEK)
    with distributed.Client(cluster, set_as_default=False) as client:
        before = set(client.scheduler_info(n_workers=-1)["workers"])
        results, victim = [], None
        for graded in engine.run(spec_of(course), found, cluster=cluster):
            results.append(graded)
            if len(results) == 4:
                victim = client.run(os.getpid).popitem()[1]
                os.kill(victim, signal.SIGKILL)
        assert set(client.scheduler_info(n_workers=-1)["workers"]) != before, "a worker went and another came"
    assert Counter(one.student for one in results) == {one.student: 1 for one in found}
    assert all(one.fault is None for one in results)
    assert {one.student: one.score for one in results} == {f"s{number:02}": sum(range(1, number % 5 + 2)) for number in range(16)}


def test_a_worker_leaves_no_zygote(course, cluster):
    answered(course, "ada", ["Tally"])
    (graded,) = engine.run(spec_of(course), submissions.find(course, WEEK), cluster=cluster)
    assert graded.score == 3.0
    until = time.monotonic() + 10
    while zygotes() and time.monotonic() < until:
        time.sleep(0.2)
    assert not zygotes()


def zygotes() -> list[str]:
    """Return the command lines of zygotes that run."""
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
    return [line for line in found.splitlines() if "mmlab.course.grade.zygote" in line and f"{Path.cwd()}" in line]


def test_another_release_on_a_worker_is_said_once(course, cluster):
    answered(course, "ada", ["Tally"])
    spec = engine.Spec(course, load(course / "solutions" / WEEK), release="another")
    with pytest.raises(InputError, match="a worker has another release of 90_tiny"):
        list(engine.run(spec, submissions.find(course, WEEK), cluster=cluster))


def test_no_scheduler_and_no_worker_are_said(course, monkeypatch):
    from mmlab.course.grade import dask_engine

    monkeypatch.setattr(dask_engine, "START", 2)
    answered(course, "ada", ["Tally"])
    found = submissions.find(course, WEEK)
    with pytest.raises(InputError, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        list(engine.run(spec_of(course), found, cluster="tcp://127.0.0.1:9"))
    with distributed.LocalCluster(0, dashboard_address=None) as empty:
        with pytest.raises(InputError, match="the scheduler has no worker"):
            list(engine.run(spec_of(course), found, cluster=empty.scheduler_address))


def test_a_scheduler_that_goes_stops_the_run(course, monkeypatch):
    from mmlab.course.grade import dask_engine

    monkeypatch.setattr(dask_engine, "POLL", 1)
    monkeypatch.setattr(dask_engine, "START", 5)
    for number in range(8):
        answered(course, f"s{number:02}", ["Tally"])
    with distributed.LocalCluster(1, threads_per_worker=1, dashboard_address=None) as cluster:
        results = engine.run(spec_of(course), submissions.find(course, WEEK), cluster=cluster.scheduler_address)
        assert next(results).score == 3.0
        threading.Thread(target=cluster.close).start()
        with pytest.raises(InputError, match="scheduler"):
            list(results)


def test_a_killed_run_resumes_on_the_cluster(course, cluster):
    for number in range(10):
        hand_in(course, f"s{number}", "Tally")
    command = [sys.executable, "-m", "mmlab.course.cli", "grade", WEEK, "--engine", "dask", cluster]
    run = subprocess.Popen(command, cwd=course, stdout=subprocess.PIPE, text=True)
    for _ in range(3):
        assert run.stdout.readline()
    run.kill()
    run.wait()
    run.stdout.close()
    done = subprocess.run([*command, "--resume", "--json"], cwd=course, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["submissions"]) == 10
