"""Anything at all: whatever arrives, the answer is one of the provider's own, and never an error of ours."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_strategies import PNG, b64
from mmlab.api.server import messages
from mmlab.api.server.errors import ApiError
from mmlab.errors import InputError
from mmlab.world import encode_image, render, sample
from mmlab.world.documents import pdf, pdf_pages, receipt
from mmlab.world.files.wav import wav_bytes
from test_hostile import CHAT, FORM, JSON, alive, request, send, status

FINE = (200, 400, 403, 404, 405, 408, 409, 411, 413, 414, 415, 431, 501, 505)
PAGE = pdf([receipt(1).image[:60, :80].copy()])
SEEDS = {
    "png": PNG,
    "gif": encode_image(render(sample(1), 32)[0], "GIF"),
    "pdf": PAGE,
    "jpeg": encode_image(render(sample(1), 32)[0], "JPEG"),
    "webp": encode_image(render(sample(1), 32)[0], "WEBP"),
    "wav": wav_bytes(render(sample(1), 32)[0].reshape(-1).astype("float32") / 255),
}
QUICK = settings(max_examples=60, deadline=None)


def damaged(data: bytes, seed: int) -> bytes:
    """Return bytes with some of them changed, cut out, doubled or put elsewhere."""
    rng, data = random.Random(seed), bytearray(data)
    for _ in range(rng.randint(1, 6)):
        place, length = rng.randrange(max(len(data), 1)), rng.randint(1, 16)
        piece = bytes(data[place : place + length])
        change = rng.choice(("set", "cut", "double", "end", "noise"))
        if change == "set":
            data[place : place + 1] = bytes([rng.randrange(256)])
        elif change == "cut":
            del data[place : place + length]
        elif change == "double":
            data[place:place] = piece
        elif change == "end":
            del data[place + 1 :]
        else:
            data[place : place + length] = rng.randbytes(length)
    return bytes(data)


def media_requests(data: bytes, kind: str):
    """Yield requests that bring some bytes by every way in."""
    text = b64(data)
    user = [{"role": "user"}]
    for part in (
        {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{text}"}},
        {
            "type": "file",
            "file": {"file_data": f"data:application/{kind};base64,{text}", "filename": f"a.{kind}"},
        },
        {"type": "input_audio", "input_audio": {"data": text, "format": "wav"}},
    ):
        yield CHAT, {"model": "mm-vision", "messages": [{**user[0], "content": [part]}]}
    for block, media in (("image", f"image/{kind}"), ("document", "application/pdf")):
        source = {"type": "base64", "media_type": media, "data": text}
        yield (
            "/anthropic/v1/messages",
            {
                "model": "mm-vision",
                "max_tokens": 9,
                "messages": [{**user[0], "content": [{"type": block, "source": source}]}],
            },
        )
    for media in (f"image/{kind}", "application/pdf", "audio/wav", "video/avi", "text/plain"):
        yield (
            "/google/v1/models/mm-vision:generateContent",
            {"contents": [{"parts": [{"inlineData": {"mimeType": media, "data": text}}]}]},
        )


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(sorted(SEEDS)), seed=st.integers(0, 10**6))
def test_no_damaged_file_makes_the_server_err(local, kind, seed):
    data = damaged(SEEDS[kind], seed)
    for path, body in media_requests(data, kind):
        answer = send(local, request(path, json.dumps(body).encode()), 30)
        assert status(answer) in FINE, (path, body, answer[-400:])


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_no_damaged_pdf_raises_anything_but_its_own_error(seed):
    data = damaged(PAGE, seed)
    try:
        pages = pdf_pages(data)
    except InputError as error:
        assert str(error).startswith(("pdf_pages", "decode_image", "image_header"))
    else:
        assert all(page.ndim == 3 and page.shape[2] == 3 for page in pages)


@QUICK
@given(data=st.binary(max_size=300))
def test_no_bytes_at_all_make_the_server_err(local, data):
    answer = send(local, data + b"\r\n\r\n" if data else b"\r\n\r\n", 15)
    assert answer == b"" or status(answer) in FINE


@QUICK
@given(name=st.text(max_size=60), value=st.text(max_size=60), path=st.text(max_size=60))
def test_no_header_and_no_path_make_the_server_err(local, name, value, path):
    head = request("/openai/v1/" + path, method="GET").decode("utf-8", "replace")
    data = head.replace("\r\n\r\n", f"\r\n{name}: {value}\r\n\r\n", 1).encode("utf-8", "replace")
    answer = send(local, data, 15)
    assert answer == b"" or status(answer) in FINE


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_no_damaged_form_makes_the_server_err(local, seed):
    kind = "multipart/form-data; boundary=x"
    body = damaged(FORM, seed)
    for path in (
        "/openai/v1/files",
        "/anthropic/v1/files",
        "/openai/v1/images/edits",
        "/openai/v1/audio/transcriptions",
    ):
        assert status(send(local, request(path, body, Content_Type=kind))) in FINE


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")))
def test_json_is_an_object_or_refused(data):
    try:
        assert isinstance(messages.json_object(data), dict)
    except ApiError as error:
        assert error.status == 400


@QUICK
@given(
    block=JSON,
    kind=st.sampled_from(["text", "image", "document", "tool_use", "tool_result", "thinking"]),
    role=st.sampled_from(["user", "assistant", "system"]),
)
def test_no_block_of_anthropics_makes_the_server_err(local, block, kind, role):
    extra = block if isinstance(block, dict) else {"source": block, "content": block, "cache_control": block}
    body = {
        "model": "mm-vision",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": "x"},
            {"role": role, "content": [{"type": kind, "id": "a", "text": "x", **extra}]},
        ],
    }
    answer = send(local, request("/anthropic/v1/messages", json.dumps(body).encode()))
    assert status(answer) in FINE, answer[-400:]


@QUICK
@given(
    value=JSON,
    field=st.sampled_from(["cache_control", "citations", "title", "source", "context", "transformations"]),
)
def test_no_field_of_a_document_makes_the_server_err(local, value, field):
    source = {"type": "text", "media_type": "text/plain", "data": "Total:  5"}
    for kind in ("document", "image"):
        block = {"type": kind, "source": source, field: value}
        body = {"model": "mm-vision", "max_tokens": 9, "messages": [{"role": "user", "content": [block]}]}
        assert status(send(local, request("/anthropic/v1/messages", json.dumps(body).encode()))) in FINE


@pytest.mark.parametrize(
    "path",
    [
        "/openai/v1/files",
        "/openai/v1/batches",
        "/anthropic/v1/files",
        "/anthropic/v1/messages/batches",
        "/google/v1/files",
    ],
)
def test_no_page_of_a_list_makes_the_server_err(local, path):
    for query in ("?limit=-1", "?limit=x&after=%00", "?purpose=%ff", "?" + "a=1&" * 60, "?pageSize=1e9"):
        assert status(send(local, request(path + query, method="GET"))) in FINE
    assert alive(local)
