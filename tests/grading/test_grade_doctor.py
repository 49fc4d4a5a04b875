"""`mmlab doctor --grade`: every limit tried for real, and a limit that gives way is seen."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from boxes import box_of

from mmlab.course import cli, doctor_grade
from mmlab.course import doctor_probes as probes
from mmlab.course.grade import bubblewrap

ROOT = Path(__file__).parents[2]
NAMES = {
    "sandbox", "network", "home", "course", "seed", "withheld", "environment", "memory", "memory sum", "processes",
    "file size", "disk", "processor", "wall clock", "left behind", "namespaces", "ptrace", "outside", "rights",
    "/dev/shm", "programs", "torch",
}  # fmt: skip
# An ordinary user who may read the Python that root has installed for itself, and nothing else of root's.
AS_A_USER = """
mkdir "$1/python" && mount --bind "$2" "$1/python" && mount -t tmpfs -o mode=755 tmpfs /root
mkdir -p "$2" && mount --bind "$1/python" "$2"
test -z "$3" || mount --bind /dev/null "$3"
exec setpriv --reuid 23456 --regid 23456 --clear-groups --inh-caps=-all env HOME=/nonexistent TMPDIR="$1/tmp" \
    "$4" -m mmlab.course.cli doctor --grade --json
"""


@pytest.mark.slow
def test_every_limit_holds_for_this_user(capsys):
    status = cli.main(["doctor", "--grade", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert [check for check in report["checks"] if not check["ok"]] == []
    assert status == 0 and report["ok"] is True
    assert {check["name"] for check in report["checks"]} == NAMES
    assert "MMLAB_DOCTOR_SECRET" not in os.environ


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
@pytest.mark.parametrize("masked", ["", "/proc/keys"], ids=["proc", "no proc"])
def test_every_limit_holds_for_an_ordinary_user(tmp_path, masked):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o777)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-ec", AS_A_USER, "sh", str(tmp_path), sys.base_prefix, masked, sys.executable],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if not done.stdout:
        pytest.skip(f"no such user can be made here: {done.stderr.strip()[-300:]}")
    report = json.loads(done.stdout)
    assert [check for check in report["checks"] if not check["ok"]] == []
    assert "a user namespace for each child" in report["checks"][0]["detail"]
    assert {check["name"] for check in report["checks"]} == NAMES


def test_without_bubblewrap_the_doctor_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert cli.main(["doctor", "--grade"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("FAIL  sandbox") and "apt install bubblewrap" in said and "cannot be graded here yet" in said


def test_limits_that_give_way_are_seen(tiny):
    """Without a sandbox most of what the doctor tries is possible: it must say so."""
    with box_of(tiny, unsafe=True) as box:
        checks = {name: doctor_grade.tried(name, check, box)
                  for name, check in doctor_grade.attempts(box, "no-such-secret")
                  if name not in ("rights", "memory", "memory sum", "processes", "processor", "left behind", "wall clock", "disk")}  # fmt: skip  # they would hurt this machine
    given_way = {name for name, check in checks.items() if not check.ok}
    assert {"network", "course", "seed", "withheld", "namespaces", "outside"} <= given_way
    assert all(checks[name].do and checks[name].detail for name in given_way)
    assert checks["torch"].ok and checks["programs"].ok and checks["file size"].ok


def test_a_probe_that_breaks_is_no_good_news(tiny):
    with box_of(tiny, unsafe=True) as box:
        check = doctor_grade.tried("x", lambda: doctor_grade.held(box, probes.file_size, "fine"), box)
    assert not check.ok and "TypeError" in check.detail
