"""The two witnesses of an attempt to reach the network."""

import subprocess
import sys

import pytest

from mmlab.cli import network
from mmlab.cli.kernel import Cost
from mmlab.cli.run import run

SWALLOWED = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError:
    pass
"""
IN_A_CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {SWALLOWED!r}])"
LOOPBACK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(("localhost", server.getsockname()[1])).close()
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", b"localhost", "", None])
def test_this_machine_is_local(host):
    assert network.is_local(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org", b"example.org", "10.0.0.1"])
def test_other_machines_are_not(host):
    assert not network.is_local(host)


def test_unix_sockets_and_unaddressed_sends_are_no_attempts():
    assert network.attempt("socket.connect", (None, "/run/some.sock")) is None
    assert network.attempt("socket.sendmsg", (None, None)) is None
    assert network.attempt("open", ("example.org",)) is None
    assert network.attempt("socket.sendto", (None, ("192.0.2.1", 53))) == "192.0.2.1"


def test_the_hook_alone_sees_a_swallowed_attempt(tmp_path):
    log = tmp_path / "log"
    code = f"from mmlab.cli import network\nnetwork.watch({str(log)!r})\n{SWALLOWED}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    attempts, steps = network.read_log(log)
    assert "socket.connect 192.0.2.1" in attempts
    assert steps == 0


def test_a_swallowed_attempt_breaks_the_budget(course):
    report = run(course.lesson("planted", SWALLOWED, "print('never mind')"))
    assert report.cost.network_attempts >= 1
    assert any("192.0.2.1" in fault for fault in report.faults)
    assert not report.as_json()["ok"]


def test_loopback_is_free(course):
    report = run(course.lesson("local", LOOPBACK))
    assert (report.cost.network_attempts, report.faults) == (0, [])


def test_a_child_process_is_seen_where_a_namespace_may_be_made(course):
    if not network.namespace():
        pytest.skip("this machine allows no network namespace: only Python in the kernel is seen")
    report = run(course.lesson("child", IN_A_CHILD))
    assert report.cost.network_attempts >= 1
    assert "native code" in report.faults[0]


def test_without_a_namespace_the_hook_still_counts(course, monkeypatch):
    monkeypatch.setattr(network, "namespace", lambda: ())
    assert run(course.lesson("planted", SWALLOWED)).cost.network_attempts >= 1


def test_budgets_name_what_broke():
    cost = Cost(seconds=121, peak_mb=3000, steps=11, cell_seconds={"slow": 61})
    assert len(cost.faults()) == 1 and "3000 MB" in cost.faults()[0]
    assert any("11 steps" in fault for fault in cost.faults(max_steps=10))
    assert any("3001 steps" in fault for fault in Cost(steps=3001).faults())
    assert sum("s (max" in fault for fault in cost.faults(clock=True)) == 2
