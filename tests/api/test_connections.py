"""Every request gets a response: refused bodies, slow clients, too many connections, a process that stood still."""

import os
import signal
import socket
import socketserver
import subprocess
import sys
import time

import pytest

from mmlab.api import server
from mmlab.api.server import service
from mmlab.api.server.messages import Response
from test_hostile import CHAT, everything, request, status

GREETING = b'{"model": "mm-vision", "messages": [{"role": "user", "content": "Hello."}]}'
SHORT = server.Limits(body_bytes=1 << 20, head_seconds=0.3, body_seconds=0.3, connections=2)
LONG_BODY = 8 << 20


def connect(local, seconds: float = 20) -> socket.socket:
    return socket.create_connection(local.server_address, timeout=seconds)


def response(link) -> int:
    """Return the status of the next response on a connection that stays open; 0 if the connection ends."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = link.recv(1 << 16)
        if not piece:
            return 0
        head += piece
    return status(head)


@pytest.fixture
def small():
    """A server with small limits."""
    with server.running(limits=SHORT) as running:
        yield running


@pytest.mark.parametrize("limits", [SHORT, server.Limits(memory_bytes=4 << 20)], ids=["size", "memory"])
def test_a_client_that_sends_its_whole_body_first_reads_the_refusal(limits):
    with server.running(limits=limits) as local:
        for _ in range(4):
            with connect(local) as link:
                link.sendall(request(CHAT, Content_Length=str(LONG_BODY)))
                for _ in range(8):
                    link.sendall(bytes(LONG_BODY // 8))
                assert status(everything(link)) == 413


@pytest.mark.parametrize("begun", [b"POST /openai/v1/ch", request(CHAT, b"{", Content_Length="1000")])
def test_a_request_that_stops_half_way_gets_408(small, begun):
    with connect(small) as link:
        link.sendall(begun)
        answer = everything(link)
        assert status(answer) == 408 and b"error" in answer


def test_a_client_that_asks_before_it_sends_a_body_is_told_to_proceed(small):
    with connect(small, 2) as link:
        link.sendall(request(CHAT, b"", Content_Length=str(len(GREETING)), Expect="100-continue"))
        assert response(link) == 100
        link.sendall(GREETING)
        assert status(everything(link)) == 200


def test_each_connection_above_the_maximum_gets_503(small):
    links = [connect(small) for _ in range(8)]
    time.sleep(0.2)  # the first two are served, the others refused
    statuses = []
    for link in links:
        for piece in (request(CHAT, b"", Content_Length=str(len(GREETING))), GREETING):
            link.sendall(piece)
            time.sleep(0.01)
        statuses.append(status(everything(link)))
        link.close()
    assert statuses == [200, 200] + [503] * 6


def test_idle_connections_give_way_to_new_ones(small, monkeypatch):
    monkeypatch.setattr(service, "_MIN_IDLE", 0.0)
    links = []
    for _ in range(5):
        links.append(connect(small))
        links[-1].sendall(request(CHAT, GREETING, Connection=None))
        assert response(links[-1]) == 200
        time.sleep(0.05)  # the thread waits for the next request again
    assert [link.recv(1) for link in links[:3]] == [b""] * 3
    for link in links:
        link.close()


def test_a_busy_connection_does_not_give_way(monkeypatch):
    monkeypatch.setattr(service, "_MIN_IDLE", 0.0)
    limits = server.Limits(connections=1)
    with server.running(limits=limits, faults="slow:0.4") as local, connect(local) as busy:
        busy.sendall(request(CHAT, GREETING))
        time.sleep(0.1)
        with connect(local) as refused:
            refused.sendall(request(CHAT, GREETING))
            assert status(everything(refused)) == 503
        assert status(everything(busy)) == 200


def test_without_a_thread_a_connection_gets_503_and_no_place_is_lost(small, monkeypatch):
    def fail(*_):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(socketserver.ThreadingMixIn, "process_request", fail)
        for _ in range(4):
            with connect(small) as link:
                assert status(everything(link)) == 503
    with connect(small) as link:
        link.sendall(request(CHAT, GREETING))
        assert status(everything(link)) == 200


@pytest.mark.parametrize("fields", [{"body": {1, 2}}, {"events": (1 / 0 for _ in "a")}])
def test_a_response_that_cannot_be_sent_is_an_error_with_a_status(small, monkeypatch, fields):
    faults = []
    monkeypatch.setattr(small, "fault", faults.append)
    monkeypatch.setattr(small, "serve", lambda _: Response(**fields))
    with connect(small) as link:
        link.sendall(request(CHAT, GREETING))
        assert status(everything(link)) == 500 and len(faults) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP on this system")
def test_a_server_that_stood_still_answers_on_the_old_connection():
    """A machine that is suspended or overloaded for longer than idle_seconds must not cost a request."""
    code = (
        "import time; from mmlab.api import server; "
        "local = server.start(limits=server.Limits(idle_seconds=1.5)); "
        "print(local.server_address[1], flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline())
            with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
                link.sendall(request(CHAT, GREETING, Connection=None))
                assert response(link) == 200
                time.sleep(0.2)
                os.kill(process.pid, signal.SIGSTOP)
                time.sleep(2)
                os.kill(process.pid, signal.SIGCONT)
                time.sleep(0.1)
                link.sendall(request(CHAT, GREETING))
                assert status(everything(link)) == 200
        finally:
            os.kill(process.pid, signal.SIGCONT)
            process.terminate()
