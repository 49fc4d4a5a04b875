"""`mmlab doctor --grade`: every limit tried for real, and a limit that gives way is seen."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from mmlab.cli import command_line, project
from mmlab.cli import doctor as doctor_of_students
from mmlab.errors import InputError
from mmlab.instructor.grading.sandbox import bubblewrap, doctor
from mmlab.instructor.grading.sandbox import probes as probes
from mmlab.instructor.grading.sandbox.sandbox import Spent
from mmlab.instructor.grading.sandbox.wire import Died, TimedOut
from sandboxes import box_of

ROOT = Path(__file__).parents[2]
NAMES = {
    "sandbox",
    "python",
    "network",
    "home",
    "course",
    "seed",
    "withheld",
    "environment",
    "memory",
    "memory sum",
    "processes",
    "file size",
    "disk",
    "processor",
    "wall clock",
    "left behind",
    "namespaces",
    "ptrace",
    "outside",
    "rights",
    "/dev/shm",
    "programs",
    "torch",
}
# An ordinary user who may read the Python that root has installed for itself, and nothing else of root's.
AS_A_USER = """
mkdir "$1/python" && mount --bind "$2" "$1/python" && mount -t tmpfs -o mode=755 tmpfs /root
mkdir -p "$2" && mount --bind "$1/python" "$2"
test -z "$3" || mount --bind /dev/null "$3"
exec setpriv --reuid 23456 --regid 23456 --clear-groups --inh-caps=-all env HOME=/nonexistent TMPDIR="$1/tmp" \
    "$4" -m mmlab.cli.command_line doctor --grade --json
"""


@pytest.mark.slow
def test_every_limit_holds_for_this_user(capsys):
    status = command_line.main(["doctor", "--grade", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert [check for check in report["checks"] if not check["ok"]] == []
    assert status == 0 and report["ok"] is True
    assert {check["name"] for check in report["checks"]} == NAMES
    assert "MMLAB_DOCTOR_SECRET" not in os.environ


@pytest.mark.slow
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user"
)
@pytest.mark.parametrize(
    "masked", ["", pytest.param("/proc/keys", marks=pytest.mark.repetition)], ids=["proc", "no proc"]
)
def test_every_limit_holds_for_an_ordinary_user(tmp_path, masked):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o777)
    done = subprocess.run(
        [
            "unshare",
            "-m",
            "sh",
            "-ec",
            AS_A_USER,
            "sh",
            str(tmp_path),
            sys.base_prefix,
            masked,
            sys.executable,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if not done.stdout:
        pytest.skip(f"no such user can be made here: {done.stderr.strip()[-300:]}")
    report = json.loads(done.stdout)
    assert [check for check in report["checks"] if not check["ok"]] == []
    assert "a user namespace for each child" in report["checks"][0]["detail"]
    assert {check["name"] for check in report["checks"]} == NAMES


def test_without_bubblewrap_the_doctor_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert command_line.main(["doctor", "--grade"]) == 1
    said = capsys.readouterr().out
    assert (
        said.startswith("FAIL  sandbox")
        and "apt install bubblewrap" in said
        and "cannot be graded here yet" in said
    )


def test_limits_that_give_way_are_seen(tiny):
    """Without a sandbox most of what the doctor tries is possible: it must say so."""
    with box_of(tiny, unsafe=True) as box:
        checks = {
            name: doctor.tried(name, check, box, tries=1)
            for name, check in doctor.attempts(box, "no-such-secret")
            if name
            not in (
                "rights",
                "memory",
                "memory sum",
                "processes",
                "processor",
                "left behind",
                "wall clock",
                "disk",
            )
        }  # they would hurt this machine
    given_way = {name for name, check in checks.items() if not check.ok}
    assert {"network", "course", "seed", "withheld", "namespaces", "outside"} <= given_way
    assert all(checks[name].do and checks[name].detail for name in given_way)
    assert checks["torch"].ok and checks["programs"].ok and checks["file size"].ok


def test_a_probe_that_breaks_is_no_good_news(tiny):
    with box_of(tiny, unsafe=True) as box:
        check = doctor.tried("x", lambda: doctor.held(box, probes.file_size, "fine"), box, tries=1)
    assert not check.ok and "TypeError" in check.detail


@pytest.mark.parametrize(
    ("outcomes", "ok", "detail", "do"),
    [
        (["stopped"], True, "stopped", ""),
        ([doctor.NotEnforced("1,536 MB held"), "stopped"], True, "stopped", ""),
        ([TimedOut(), Died("processor time"), "stopped"], True, "stopped", ""),
        ([doctor.NotEnforced("1,536 MB held")] * 3, False, "1,536 MB held", doctor.FIX),
        ([TimedOut()] * 3, False, "the probe gave no answer within 60 s; the load is ", doctor.BUSY),
        (
            [doctor.Unclear("processor time at 300 MB")] * 3,
            False,
            "the probe ended before its limit was reached (processor time at 300 MB); the load is ",
            doctor.BUSY,
        ),
    ],
)
def test_a_check_is_tried_again_and_load_is_told_from_a_missing_limit(outcomes, ok, detail, do, monkeypatch):
    monkeypatch.setattr(doctor, "PAUSE", 0.0)
    left = list(outcomes)

    def check():
        if isinstance(outcome := left.pop(0), Exception):
            raise outcome
        return outcome

    found = doctor.tried("memory", check, None)
    assert (found.ok, found.do) == (ok, do) and found.detail.startswith(detail) and left == []


def test_a_probe_that_dies_of_another_limit_says_nothing_about_memory(tiny, monkeypatch):
    spent = Spent(1.0, 300.0, "processor time")

    class Dies:
        limits = doctor.LIMITS

        def child(self):
            return contextlib.nullcontext(self)

        def send(self, value):
            """Take the probe."""

        def receive(self, seconds):
            raise Died("processor time")

        def close(self):
            return spent

    with pytest.raises(doctor.Unclear, match="processor time at 300 MB"):
        doctor.memory(Dies(), 3)
    spent = Spent(1.0, 900.0, "memory")
    assert doctor.memory(Dies(), 3) == "stopped at 768 MB (killed at 900 MB)"


def test_a_clone_that_is_not_installed_is_what_the_sandbox_runs(tiny, tmp_path, monkeypatch):
    assert bubblewrap.environment()["PYTHONPATH"] == str(bubblewrap.PACKAGE.parent)
    monkeypatch.setattr(bubblewrap, "PACKAGE", Path(bubblewrap.python_folders()[-1]) / "lib" / "mmlab")
    assert "PYTHONPATH" not in bubblewrap.environment()


def test_a_clone_on_pythonpath_knows_its_own_requirements(monkeypatch):
    there = metadata.distribution

    def absent(name):
        if name == "mmlab":
            raise metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    assert project.requires_python() == ">=3.11" and project.repository().startswith("https://")
    assert "torch>=2.5,<3" in project.requirements()
    assert 'psutil>=5.9; extra == "lab"' in project.requirements()
    assert project.python_path()["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)
    assert doctor_of_students.python().ok and doctor_of_students.missing("lab") == []
    monkeypatch.setattr(project, "own", lambda: None)
    with pytest.raises(InputError, match="neither installed nor in a clone"):
        project.requirements()


@pytest.mark.parametrize(("version", "note"), [((3, 11), "PYTHON=python3.13"), ((3, 13), ""), ((3, 14), "")])
def test_an_older_python_than_colabs_is_pointed_out(version, note, monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (*version, 0))
    found = doctor.python()
    assert found.ok and (note in found.do) and bool(found.do) == bool(note)
