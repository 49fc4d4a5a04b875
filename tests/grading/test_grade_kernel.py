"""What the sandbox asks of the kernel, on made-up machines: the system call filter, cgroups, and memory measured."""

import contextlib
import os
import platform
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from mmlab.instructor.grading.sandbox import cgroup, meter, seccomp
from mmlab.instructor.grading.sandbox.limits import Limits


def judged(machine: str, name: int, number: int, argument: int = 0, **options) -> int:
    """Return what the filter says to one call: the kernel's machine, in a few lines."""
    lines = list(struct.iter_unpack("<HBBI", seccomp.program(machine, **options)))
    value, at, data = 0, 0, {0: number, 4: name, 16: argument}
    while True:
        code, yes, no, operand = lines[at]
        at += 1
        if code == seccomp.LOAD:
            value = data[operand]
        elif code == seccomp.RETURN:
            return operand
        else:
            holds = {
                seccomp.EQUAL: value == operand,
                seccomp.AT_LEAST: value >= operand,
                seccomp.ANY_BIT: bool(value & operand),
            }[code]
            at += yes if holds else no


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_filter_closes_what_it_names_and_nothing_else(machine):
    column, name = seccomp.ARCHITECTURES[machine]
    allow, refuse = seccomp.ALLOW, {seccomp.REFUSE | 1}
    denied = {numbers[column] for numbers in seccomp.DENIED.values()} - {None}
    special = {seccomp.CLONE[column], seccomp.CLONE3[column], seccomp.SOCKET[column]}
    for number in range(480):
        if number not in special:
            assert judged(machine, name, number) == (seccomp.REFUSE | 1 if number in denied else allow), (
                number
            )
    clone, socket_call = seccomp.CLONE[column], seccomp.SOCKET[column]
    assert judged(machine, name, clone, 0x3D0F00) == allow  # as a thread
    for bit in (0x80, *(1 << shift for shift in (17, *range(25, 31)))):
        assert {judged(machine, name, clone, bit | 17)} == refuse
    assert judged(machine, name, seccomp.CLONE3[column]) == seccomp.REFUSE | 38
    families = [family for family in range(46) if judged(machine, name, socket_call, family) == allow]
    assert families == [1, 2, 10, 16]
    assert judged(machine, 0x40000003, 1) == seccomp.KILL  # another architecture's numbers
    assert judged(machine, name, seccomp.MEMFD_CREATE[column], memfd=False) == seccomp.REFUSE | 1
    if machine == "x86_64":
        assert judged(machine, name, seccomp.X32 | 1) == seccomp.REFUSE | 38


def test_the_filter_is_refused_where_numbers_are_unknown():
    with pytest.raises(OSError, match="riscv64"):
        seccomp.program("riscv64")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads this machine's headers")
def test_the_numbers_are_the_kernels():
    for column, path in enumerate(
        ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h")
    ):
        if not Path(path).exists():
            pytest.skip("no kernel headers")
        there = {
            found[1]: int(found[2])
            for found in re.finditer(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(path).read_text())
        }
        named = seccomp.DENIED | {"clone": seccomp.CLONE, "clone3": seccomp.CLONE3, "socket": seccomp.SOCKET}
        wrong = {name for name, numbers in named.items() if name in there and numbers[column] != there[name]}
        assert not wrong and len(set(named) & set(there)) > 40


def proc_of(folder: Path, cgroup_text: str, mounts: str) -> Path:
    """Write a /proc/self of a made-up machine."""
    (folder / "cgroup").write_text(cgroup_text)
    (folder / "mountinfo").write_text(mounts)
    return folder


def test_cgroups_of_version_one_are_found_below_the_callers(tmp_path):
    proc = proc_of(
        tmp_path,
        "5:memory:/jobs/7\n4:cpu,cpuacct:/\n3:pids:/jobs/7\n0::/\n",
        "31 25 0:26 / /c/memory rw - cgroup cgroup rw,memory\n32 25 0:27 /jobs /c/pids rw - cgroup cgroup rw,pids\n"
        "33 25 0:28 / /c/cpu rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n",
    )
    everything = {"memory": Path("/c/memory/jobs/7"), "pids": Path("/c/pids/7"), "cpu": Path("/c/cpu")}
    assert cgroup.candidates(proc) == [(1, everything), (1, {"memory": Path("/c/memory/jobs/7")})]


def test_cgroups_of_version_two_are_found_at_or_above_the_callers(tmp_path):
    point = tmp_path / "c"
    (point / "user/session").mkdir(parents=True)
    (point / "user/session/cgroup.controllers").write_text("memory pids\n")
    (point / "user/cgroup.controllers").write_text("cpu memory pids\n")
    (point / "cgroup.controllers").write_text("cpu io\n")
    proc = proc_of(tmp_path, "0::/user/session\n", f"30 25 0:26 / {point} rw - cgroup2 cgroup rw\n")
    assert [
        (version, set(parents), set(parents.values())) for version, parents in cgroup.candidates(proc)
    ] == [(2, {"memory", "pids"}, {point / "user/session"}), (2, {"memory", "pids", "cpu"}, {point / "user"})]


def test_no_cgroup_is_no_fault(tmp_path):
    assert cgroup.find(proc_of(tmp_path, "0::/\n", "22 1 0:20 / /proc rw - proc proc rw\n")) == (
        None,
        "no cgroup is mounted",
    )
    closed = f"30 25 0:26 / {tmp_path} rw - cgroup cgroup rw,memory\n"
    found, why = cgroup.find(proc_of(tmp_path, "5:memory:/gone\n", closed))
    assert found is None and why.startswith("cgroup v1: no such file")


def test_a_group_of_version_two_is_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "mkdir", lambda self: (os.mkdir(self), (self / "cgroup.procs").touch()))
    group = cgroup.Groups(dict.fromkeys(("memory", "pids"), tmp_path), 2).make(
        Limits(memory_mb=64, processes=9)
    )
    folder = group.folders["memory"]
    assert (folder / "memory.max").read_text() == str(64 * 2**20) and (folder / "pids.max").read_text() == "9"
    assert len(group.files) == 1 and not group.killed() and group.peak_mb() == 0
    (folder / "memory.peak").write_text(f"{5 * 2**20}\n")
    (folder / "memory.events").write_text("low 0\noom 2\noom_kill 1\noom_group_kill 0\n")
    assert group.killed() and group.peak_mb() == 5
    group.release_files()


def test_memory_is_measured_over_all_that_a_child_started():
    hog = "x = bytearray(b'1') * (60 << 20); print(1, flush=True); input()"
    # Without a job control a background command reads from /dev/null, and so would end at once.
    shell = f'exec 3<&0; {sys.executable} -c "{hog}" <&3 & {sys.executable} -c "{hog}"; wait'
    with subprocess.Popen(
        ["sh", "-c", shell], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running_shell:
        for _ in range(2):
            running_shell.stdout.readline()
        held = meter.held_mb(running_shell.pid, 0.0, 10.0)
        assert 55 < held < 250
        assert abs(meter.held_mb(running_shell.pid, 0.0, 1000.0) - held) < 80
        with contextlib.suppress(BrokenPipeError):
            running_shell.communicate("\n\n")
