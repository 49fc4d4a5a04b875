"""What is small on the wire and large in memory, or quick to send and slow to read."""

import base64
import gzip
import json
import socket
import struct
import threading
import time
import tracemalloc
import zlib

import numpy as np
import pytest

from api_strategies import PNG, b64
from mmlab.api import server
from mmlab.api.server import messages, resource_limits
from mmlab.api.server.errors import ApiError
from pdf_files import pdf_of
from test_hostile import CHAT, alive, chat, everything, png_of, request, send, status

MESSAGES, CONTENTS = "/anthropic/v1/messages", "/google/v1/models/mm-vision:generateContent"
SMALL = server.Limits(memory_bytes=24 << 20, body_seconds=5, head_seconds=5, idle_seconds=5, connections=32)


@pytest.fixture(scope="module")
def small():
    """A server that may hold 24 MB."""
    with server.running(limits=SMALL) as running:
        yield running


def document(data: bytes) -> bytes:
    """Return a request of Anthropic's with a PDF."""
    source = {"type": "base64", "media_type": "application/pdf", "data": b64(data)}
    body = {
        "model": "mm-vision",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [{"type": "document", "source": source}]}],
    }
    return request(MESSAGES, json.dumps(body).encode())


def peak_of(call) -> tuple:
    """Return what a call gives, and how many bytes more Python held at most meanwhile."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        return call(), tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_a_body_that_does_not_fit_is_turned_away_until_there_is_room(small):
    large = request(
        CHAT,
        json.dumps(
            {"model": "mm-vision", "messages": [{"role": "user", "content": "x" * (2 << 20)}]}
        ).encode(),
    )
    small.allowance.move(20 << 20)
    answer = send(small, large)
    small.allowance.move(-20 << 20)
    assert status(answer) == 503 and b"Retry-After: 1" in answer and b"overloaded" in answer
    assert (
        small.allowance.held == 0 and status(send(small, large)) == 400
    )  # too many tokens, but not too many bytes


def test_many_at_once_hold_no_more_than_is_allowed(small):
    body = json.dumps(
        {"model": "mm-vision", "messages": [{"role": "user", "content": "x" * (2 << 20)}]}
    ).encode()
    seen, maximum = [], []

    def ask():
        try:
            seen.append(status(send(small, request(CHAT, body), 20)))
        except OSError:
            seen.append(503)  # turned away while it was still sending

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        maximum.append(small.allowance.held)
        time.sleep(0.002)
    assert max(maximum) <= SMALL.memory_bytes and set(seen) <= {200, 400, 503} and seen.count(503) < 16
    assert small.allowance.held == 0 and alive(small)


def test_pictures_that_would_not_fit_together_are_refused(small):
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + b64(png_of(1500, 1500))}}
    body = {"model": "mm-vision", "messages": [{"role": "user", "content": [part] * 20}]}
    assert len(json.dumps(body)) < 200_000
    answer, peak = peak_of(lambda: send(small, request(CHAT, json.dumps(body).encode()), 20))
    assert status(answer) == 413 and peak < 64 << 20 and small.allowance.held == 0


def test_what_is_taken_is_given_back_whatever_happens(small):
    for hostile in (
        chat(PNG[:-9]),
        chat(b"GIF89a"),
        document(pdf_of(2, 400, 400)[:-40]),
        request(CHAT, b"{"),
        request("/nowhere", b"x" * 1000),
        chat(PNG),
    ):
        send(small, hostile)
    with socket.create_connection(small.server_address, timeout=5) as link:
        link.sendall(request(CHAT, Content_Length="5000000") + b"x" * 3_000_000)
    deadline = time.monotonic() + 5
    while small.allowance.held and time.monotonic() < deadline:
        time.sleep(0.01)
    assert small.allowance.held == 0 and alive(small)


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"[]," * 600_000 + b"[]]",
        b'{"a":[' + b"1," * 600_000 + b"1]}",
        b"{" + b",".join(b'"%d":0' % n for n in range(600_000)) + b"}",
    ],
)
def test_json_that_is_broad_rather_than_deep_is_refused_unparsed(local, body):
    answer, peak = peak_of(lambda: send(local, request(CHAT, body), 20))
    assert status(answer) == 400 and b"more than 500000 values" in answer and peak < 8 * len(body)


def test_marks_in_texts_are_no_values():
    assert messages.json_object(b'{"a": "' + b"[,]{,}" * 200_000 + b'"}')["a"]
    with pytest.raises(ApiError, match="values"):
        messages.json_object(b"[" + b"0," * messages.MAX_VALUES + b"0,0]")


def test_a_text_chunk_that_swells_is_no_picture(local):
    text = zlib.compress(bytes(80 << 20), 9)
    chunk = b"zTXt" + b"a\0\0" + text
    bomb = (
        PNG[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + PNG[33:]
    )
    answer, peak = peak_of(lambda: send(local, chat(bomb)))
    assert status(answer) in (200, 400) and peak < 16 << 20


def test_a_packed_body_is_not_unpacked(local):
    packed = gzip.compress(b" " * (50 << 20))
    answer, peak = peak_of(lambda: send(local, request(CHAT, packed, Content_Encoding="gzip")))
    assert status(answer) == 400 and peak < 4 << 20


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.evil.example/a.png",
        "http://user@127.0.0.1:{port}/world/scenes/1.png",
        "http://[::1]:{port}/x",
        "http://127.0.0.1:{port}@evil.example/",
        "file:///etc/passwd",
        "http://127.0.0.1:{port}/../etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:22/",
        "http://127.0.0.1:{port}/openai/v1/models",
        "data:text/html;base64,AAAA",
        "HTTP://127.0.0.1:{port}/openai/v1/models\r\nX: y",
        "ftp://127.0.0.1/",
    ],
)
def test_no_url_leads_elsewhere(local, url, monkeypatch):
    def refuse(*where):
        raise AssertionError(f"a connection to {where}")

    url = url.format(port=local.server_address[1])
    body = {
        "model": "mm-vision",
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}],
    }
    link = socket.create_connection(local.server_address, timeout=5)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with link:
        link.sendall(request(CHAT, json.dumps(body).encode()))
        answer = everything(link)
    assert status(answer) == 400 and b"root:" not in answer


def test_a_request_that_could_never_fit_is_too_large_rather_than_too_early(small):
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + b64(png_of(3000, 3000))}}
    body = {"model": "mm-vision", "messages": [{"role": "user", "content": [part]}]}
    answer = send(small, request(CHAT, json.dumps(body).encode()), 20)
    assert status(answer) == 413 and b"Retry-After" not in answer and small.allowance.held == 0


def test_large_pictures_give_back_what_they_no_longer_need():
    room = resource_limits.Allowance(64 << 20, 60.0)
    with room.request():
        from mmlab.api.server.media import load_image

        limits = {"image_bytes": 1 << 20, "formats": ["PNG"]}
        seen = [load_image(png_of(3000, 3000), limits) for _ in range(4)]
        assert room.held == sum(one.pixels.nbytes for one in seen) == 4 * 3 * 1500 * 1500
    assert room.held == 0


def test_anthropic_takes_no_more_than_32_megabytes(local):
    body = {
        "model": "mm-vision",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "x" * (33 << 20)}],
    }
    answer = send(local, request(MESSAGES, json.dumps(body).encode()), 30)
    assert status(answer) == 413 and b"request_too_large" in answer


def test_a_client_that_never_reads_gives_its_place_back():
    limits = server.Limits(body_seconds=0.5, idle_seconds=0.5, connections=1)
    with server.running(limits=limits) as tight:
        stored = tight.files.put("openai", "a.jsonl", "application/jsonl", bytes(24 << 20), purpose="batch")
        with socket.create_connection(tight.server_address, timeout=5) as link:
            link.sendall(request(f"/openai/v1/files/{stored.id}/content", method="GET"))
            time.sleep(0.2)
            assert status(send(tight, chat(PNG))) == 503
            time.sleep(1.5)
            assert alive(tight)


def test_uploads_that_never_end_are_limited(monkeypatch):
    from mmlab.api.server.google import files as google_files

    monkeypatch.setattr(google_files, "MAX_PENDING_BYTES", 100)
    uploads = google_files.Uploads()
    first, second = (uploads.begin({"size": 80, "kind": "a/b", "name": ""}) for _ in range(2))
    uploads.add(first, 0, bytes(80))
    with pytest.raises(ApiError, match="unfinished uploads"):
        uploads.add(second, 0, bytes(80))
    uploads.end(first)
    uploads.add(second, 0, bytes(80))


def test_batches_let_the_oldest_go_when_their_answers_are_too_many(monkeypatch):
    from mmlab.api.server import batches

    monkeypatch.setattr(batches, "MAX_BYTES", 1000)
    held = batches.Batches()
    ids = [held.put("batch_", [("a", 200, {"text": "x" * 150})]).id for _ in range(8)]
    assert held.find(ids[0]) is None and held.find(ids[-1])
    with pytest.raises(ApiError, match="too large"):
        held.put("batch_", [("a", 200, {"text": "x" * 300})])


def test_stored_files_are_limited_in_number_and_in_bytes(monkeypatch):
    from mmlab.api.server import files

    monkeypatch.setattr(files, "MAX_FILES", 3)
    held = files.Files()
    for _ in range(3):
        held.put("openai", "a", "text/plain", b"x")
    with pytest.raises(ApiError, match="full"):
        held.put("openai", "a", "text/plain", b"x")
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    with pytest.raises(ApiError, match="full"):
        files.Files().put("google", "a", "text/plain", bytes(11))


def test_kept_responses_let_the_oldest_go_when_their_pictures_are_too_many(monkeypatch):
    from mmlab.api.server import response_store
    from mmlab.api.server.media import Image
    from mmlab.api.server.model import Turn

    monkeypatch.setattr(response_store, "MAX_BYTES", 3 * 64 * 64 * 2)
    held, one = response_store.Responses(), Image(np.zeros((64, 64, 3), np.uint8), 64, 64, "PNG")
    for name in "abc":
        held.put(name, response_store.StoredResponse({}, (Turn("user", "x", (one,)),)))
    assert [bool(held.get(name)) for name in "abc"] == [False, True, True]


def test_an_answer_that_takes_too_long_is_given_up():
    limits = server.Limits(reply_seconds=0.0)
    with server.running(limits=limits) as hasty:
        pixels = base64.b64encode(png_of(61, 67)).decode()
        body = {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": pixels}}]}]}
        answer = send(hasty, request(CONTENTS, json.dumps(body).encode()))
    assert status(answer) == 504 and b"DEADLINE_EXCEEDED" in answer


def test_nothing_is_counted_outside_a_request():
    resource_limits.take(1 << 40)
    resource_limits.check_time()
    room = resource_limits.Allowance(10, 1.0)
    with pytest.raises(ApiError), room.request():
        resource_limits.take(11)
    assert room.held == 0
