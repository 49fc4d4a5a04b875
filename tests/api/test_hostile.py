"""Hostile and broken input: the right error, memory bounded, the server alive."""

import json
import socket
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_strategies import PNG, b64
from mmlab.api import server
from mmlab.world import encode_image

LIMITS = server.Limits(
    body_bytes=1 << 20, head_seconds=0.5, body_seconds=0.5, idle_seconds=0.5, connections=4
)
CHAT = "/openai/v1/chat/completions"


@pytest.fixture(scope="module")
def tight():
    """A server with small limits."""
    with server.running(limits=LIMITS) as running:
        yield running


def send(local, data: bytes, seconds: float = 5) -> bytes:
    """Return all that the server answers to some bytes."""
    with socket.create_connection(local.server_address, timeout=seconds) as link:
        link.sendall(data)
        return everything(link)


def everything(link) -> bytes:
    answer = b""
    while piece := link.recv(1 << 16):
        answer += piece
    return answer


def request(path: str, body: bytes = b"", method: str = "POST", **headers) -> bytes:
    told = {
        "Host": "127.0.0.1",
        "Authorization": "Bearer any",
        "x-api-key": "any",
        "x-goog-api-key": "any",
        "anthropic-version": "2026-10-21",
        "Content-Type": "application/json",
        "Connection": "close",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [
        f"{method} {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in told.items() if value is not None),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def chat(data: bytes, kind: str = "png") -> bytes:
    part = {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{b64(data)}"}}
    return request(
        CHAT, json.dumps({"model": "mm-vision", "messages": [{"role": "user", "content": [part]}]}).encode()
    )


def alive(local) -> bool:
    return status(send(local, chat(PNG))) == 200


def png_of(width: int, height: int) -> bytes:
    """Return a small PNG file of many pixels: rows of zeros pack well."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + width)) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_gigabyte_is_refused_before_it_comes(tight):
    answer = send(tight, request(CHAT, Content_Length=str(1 << 30)))
    assert status(answer) == 413 and b"maximum size" in answer and alive(tight)


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 30, "", "5, 5", "0x10", "\u00b2"])
def test_a_length_that_is_no_number_is_refused(tight, length):
    assert status(send(tight, request(CHAT, Content_Length=length))) in (400, 413)


def test_two_lengths_and_chunked_bodies_are_refused(tight):
    twice = request(CHAT, b"{}").replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n", 1)
    assert status(send(tight, twice)) == 400
    chunked = request(CHAT, Content_Length=None, Transfer_Encoding="chunked") + b"0\r\n\r\n"
    assert status(send(tight, chunked)) == 411


def test_slow_loris_is_cut_off_in_the_head_and_in_the_body(tight):
    for begun in (b"GET / HTTP/1.1\r\n", request(CHAT, Content_Length="1000")):
        start = time.monotonic()
        with socket.create_connection(tight.server_address, timeout=5) as link:
            link.sendall(begun)
            try:
                while time.monotonic() - start < 4:
                    link.sendall(b"X")
                    time.sleep(0.05)
            except OSError:
                pass  # the server has closed: what is wanted
        assert time.monotonic() - start < 2.5
    assert alive(tight)


def test_silent_connections_give_their_places_back(tight):
    held = [socket.create_connection(tight.server_address, timeout=5) for _ in range(LIMITS.connections)]
    time.sleep(0.1)
    assert status(send(tight, chat(PNG))) == 503
    time.sleep(0.8)
    assert alive(tight)
    for link in held:
        link.close()


def test_json_bombs_are_refused(tight):
    for body in (
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"1" * 100_000,
        b'{"model": NaN}',
        b"\xff\xfe",
    ):
        assert status(send(tight, request(CHAT, body))) == 400
    in_text = json.dumps({"model": "mm-vision", "messages": [{"role": "user", "content": "[{" * 500}]})
    assert status(send(tight, request(CHAT, in_text.encode()))) == 200


def test_a_bomb_of_pixels_is_refused_by_its_header(tight):
    bomb = png_of(30_000, 1_000)
    assert len(bomb) < 60_000
    tracemalloc.start()
    answer = send(tight, chat(bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert status(answer) == 400 and b"too large" in answer and peak < 8 << 20


def test_a_million_pixels_in_a_small_file_are_seen(tight):
    small = png_of(1_000, 1_000)
    assert len(small) < 2_000 and status(send(tight, chat(small))) == 200


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
def test_polyglots_are_what_their_bytes_are(tight, kind):
    data = encode_image(np.zeros((8, 8, 3), np.uint8), "GIF")
    assert status(send(tight, chat(data + b"<script>alert(1)</script>;", kind))) == 200
    assert status(send(tight, chat(b"%PDF-1.7\n" + data, kind))) == 400


@pytest.mark.parametrize(
    "path",
    [
        "/openai/v1/files/../../../../etc/passwd/content",
        "/openai/v1/files/..%2f..%2fetc%2fpasswd/content",
        "/anthropic/v1/files/%2e%2e%2fpasswd",
        "/google/v1/files/..%00",
        "/etc/passwd",
        "//etc/passwd",
        "/openai/../etc",
        "http://example.org/openai/v1/models",
        "/%ff%fe",
        "/openai/v1/models/" + "a" * 4000,
    ],
)
def test_no_path_leads_to_a_file(tight, path):
    answer = send(tight, request(path, method="GET"))
    assert status(answer) in (403, 404) and b"root:" not in answer


def test_headers_cannot_be_injected(tight):
    answer = send(
        tight,
        request(
            "/google/upload/v1/files",
            b'{"file": {"display_name": "a\\r\\nX-Evil: 1"}}',
            X_Goog_Upload_Protocol="resumable",
            X_Goog_Upload_Command="start",
            X_Goog_Upload_Header_Content_Length="3",
        ),
    )
    assert status(answer) == 200 and b"\r\nX-Evil" not in answer
    answer = send(tight, request("/openai/v1/models/a%0d%0aX-Evil:%201", method="GET"))
    assert status(answer) == 404 and b"\r\nX-Evil" not in answer


def test_names_of_other_hosts_are_refused(tight):
    for host in ("evil.example", "127.0.0.1.evil.example", "", None):
        assert status(send(tight, request("/openai/v1/models", method="GET", Host=host))) == 403
    assert status(send(tight, request("/openai/v1/models", method="GET", Host="localhost:99"))) == 200


FORM = (
    '--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvision\r\n--x\r\nContent-Disposition: '
    'form-data; name="file"; filename="a.png"\r\n\r\nabc\r\n--x--\r\n'
).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        FORM[:-8],
        FORM.replace(b"name=", b"nome="),
        FORM.replace(b"\r\n\r\n", b"\r\n"),
        b"--x\r\n" * 5000,
        FORM.replace(b"--x", b"--y"),
    ],
)
def test_a_malformed_form_is_refused(tight, body):
    kind = "multipart/form-data; boundary=x"
    assert status(send(tight, request("/openai/v1/files", FORM, Content_Type=kind))) == 200
    assert status(send(tight, request("/openai/v1/files", body, Content_Type=kind))) == 400
    assert status(send(tight, request("/openai/v1/files", FORM, Content_Type="multipart/form-data"))) == 400


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"BREW /openai/v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_or_dropped(tight, data):
    answer = send(tight, data)
    assert answer == b"" or 400 <= status(answer) <= 505
    assert alive(tight)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "model",
                    "messages",
                    "role",
                    "content",
                    "type",
                    "text",
                    "source",
                    "contents",
                    "parts",
                    "input",
                    "tools",
                    "inlineData",
                    "image_url",
                    "url",
                    "schema",
                    "generationConfig",
                    "tool_calls",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


SCHEMAS = st.recursive(
    JSON | st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "#/$defs/a", "#"]),
    lambda inner: (
        st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "anyOf",
                    "enum",
                    "const",
                    "$ref",
                    "$defs",
                    "maxItems",
                    "required",
                    "a",
                ]
            ),
            inner,
            max_size=4,
        )
        | st.lists(inner, max_size=3)
    ),
    max_leaves=15,
)


@settings(max_examples=80, deadline=None)
@given(
    schema=st.dictionaries(
        st.sampled_from(["properties", "items", "anyOf", "enum", "$ref", "$defs"]), SCHEMAS
    )
)
def test_no_schema_makes_the_server_err(local, schema):
    body = {
        "contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": b64()}}]}],
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": schema},
    }
    answer = send(local, request("/google/v1/models/mm-vision:generateContent", json.dumps(body).encode()))
    assert status(answer) in (200, 400), answer[-500:]


@settings(max_examples=40, deadline=None)
@given(
    body=JSON,
    field=st.sampled_from(["messages", "contents", "input", "tools", "tool_choice", "text", "system"]),
)
def test_no_json_makes_the_server_err(local, body, field):
    for path, base in (
        (CHAT, {"model": "mm-vision", "messages": [{"role": "user", "content": "x"}]}),
        ("/openai/v1/responses", {"model": "mm-vision", "input": "x"}),
        (
            "/anthropic/v1/messages",
            {"model": "mm-vision", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]},
        ),
        ("/google/v1/models/mm-vision:generateContent", {"contents": [{"parts": [{"text": "x"}]}]}),
    ):
        for whole in (
            {**base, field: body},
            {**base, "messages": [body]},
            {**base, "contents": [body]},
            body,
        ):
            answer = send(local, request(path, json.dumps(whole).encode()))
            assert status(answer) in (200, 400, 403, 404), (path, whole, answer[-500:])
