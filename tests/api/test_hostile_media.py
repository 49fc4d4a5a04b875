"""Sounds, films and edits that mean harm: a typed error, little memory, and a server that goes on."""

import io
import json
import struct
import zlib
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import openai
import pytest
from google.genai import errors, types
from hypothesis import given, settings
from hypothesis import strategies as st

from api_strategies import PNG, b64
from mmlab.world.files.avi import avi_bytes
from mmlab.world.files.wav import wav_bytes

WAV = wav_bytes(np.linspace(-0.5, 0.5, 800))
AVI = avi_bytes(np.zeros((3, 16, 16, 3), np.uint8), 2)
EDIT = {"model": "mm-image", "prompt": "remove the ring"}


def posted(local, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
    """Return the status and the body of an answer, whatever they are."""
    headers = {"Authorization": "Bearer any", "Content-Type": kind}
    try:
        with urlopen(Request(f"{local.openai_base_url}/{path}", body, headers)) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def form(*parts: tuple[str, str | None, bytes]) -> tuple[bytes, str]:
    """Return a form's bytes and media type, from (name, file name or None, data)."""
    text = b""
    for name, file, data in parts:
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"' + (
            f'; filename="{file}"' if file else ""
        )
        text += head.encode() + b"\r\n\r\n" + data + b"\r\n"
    return text + b"--cut--\r\n", "multipart/form-data; boundary=cut"


def header_bomb(side: int) -> bytes:
    """Return a PNG of a few bytes that says it has side x side pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">2I5B", side, side, 8, 6, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "parts",
    [
        [("file", "a.wav", WAV)],
        [("model", None, b"mm-audio")],
        [("model", None, b"mm-audio"), ("file", None, WAV)],
        [("model", None, b"mm-audio"), ("file[]", "a.wav", WAV)],
        [("model[]", None, b"mm-audio"), ("file", "a.wav", WAV)],
        [("model", None, b"mm-audio"), ("file", "a.wav", WAV), ("surprise", None, b"1")],
        [("model", None, b"mm-audio"), ("file", "a.wav", WAV), ("response_format[]", None, b"json")],
    ],
)
def test_a_form_with_the_wrong_parts_is_refused(local, parts):
    status, body = posted(local, "audio/transcriptions", *form(*parts))
    assert status == 400 and json.loads(body)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "parts",
    [
        [("image", "a.png", PNG)],
        [("model", None, b"mm-image"), ("prompt", None, b"x")],
        [("image", None, PNG), ("model", None, b"mm-image"), ("prompt", None, b"x")],
        [("image[]", None, PNG), ("model", None, b"mm-image"), ("prompt", None, b"x")],
        [
            ("markup", "a.png", PNG),
            ("image", "a.png", PNG),
            ("model", None, b"mm-image"),
            ("prompt", None, b"x"),
        ],
        [
            ("image", "a.png", PNG),
            ("mask[]", "a.png", PNG),
            ("model", None, b"mm-image"),
            ("prompt", None, b"x"),
        ],
        [("image", "a.png", PNG), ("model", None, b"mm-image"), ("prompt", None, b"x" * 5000)],
        [("image", "a.png", PNG), ("model", None, b"mm-image"), ("prompt", None, b"x"), ("n", None, b"1e9")],
    ],
)
def test_an_edit_with_the_wrong_parts_is_refused(local, parts):
    status, body = posted(local, "images/edits", *form(*parts))
    assert status == 400 and json.loads(body)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("name", ["image", "mask"])
@pytest.mark.parametrize("side", [6000, 60000])
def test_a_picture_that_is_all_header_is_refused_unopened(client, name, side):
    files = {"image": ("a.png", PNG), "mask": ("b.png", PNG)} | {name: ("bomb.png", header_bomb(side))}
    with pytest.raises(openai.BadRequestError) as raised:
        client.images.edit(**EDIT, **files)
    assert raised.value.param == name


def lying(data: bytes, place: int, value: int) -> bytes:
    return data[:place] + struct.pack("<I", value) + data[place + 4 :]


@pytest.mark.parametrize(
    "data",
    [
        lying(WAV, 40, 0x7FFFFFFE),
        lying(WAV, 40, 0),
        lying(WAV, 24, 1),
        lying(WAV, 24, 0xFFFFFFFF),
        WAV[:44],
        WAV[:10],
        b"RIFF",
        lying(WAV, 16, 0xFFFFFFF0),
        PNG,
        WAV[:20] + b"\x03\x00" + WAV[22:],
        WAV[:22] + b"\xff\xff" + WAV[24:],
    ],
)
def test_a_sound_whose_header_lies_is_refused_or_short(local, data):
    status, body = posted(
        local, "audio/transcriptions", *form(("model", None, b"mm-audio"), ("file", "a.wav", data))
    )
    assert status == 400 or json.loads(body)["text"] == ""


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WAV) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_no_damaged_sound_breaks_the_server(local, changes):
    data = bytearray(WAV)
    for place, value in changes:
        data[place] = value
    status, _ = posted(
        local, "audio/transcriptions", *form(("model", None, b"mm-audio"), ("file", "a.wav", bytes(data)))
    )
    assert status in (200, 400)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["alloy", "", "x" * 100, "../etc"]))
def test_no_text_breaks_the_voice(local, text, voice):
    body = json.dumps({"model": "mm-audio", "input": text, "voice": voice, "response_format": "wav"}).encode()
    status, answer = posted(local, "audio/speech", body, "application/json")
    assert status in (200, 400) and (status == 400 or answer[:4] == b"RIFF")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80))
def test_no_wish_breaks_an_edit(local, prompt):
    body = form(
        ("image", "a.png", PNG),
        ("model", None, b"mm-image"),
        ("prompt", None, prompt.encode("utf-8", "replace")),
    )
    assert posted(local, "images/edits", *body)[0] in (200, 400)


@pytest.mark.parametrize(
    "data",
    [
        lying(AVI, 4, 0xFFFFFFFF),
        lying(AVI, AVI.index(b"movi") - 4, 0xFFFFFFFF),
        AVI[:12] + b"JUNK\0\0\0\0" * 8000 + AVI[12:],
        AVI.replace(b"strf", b"strx"),
        AVI.replace(b"00db", b"00xx"),
        b"RIFF\x04\0\0\0AVI ",
        PNG,
        WAV,
    ],
)
def test_a_film_whose_header_lies_is_refused(google, data):
    with pytest.raises(errors.ClientError) as raised:
        google.models.generate_content(
            model="mm-vision", contents=[types.Part.from_bytes(data=data, mime_type="video/avi")]
        )
    assert raised.value.code == 400 and "video is not valid" in raised.value.message


@pytest.mark.parametrize(
    "metadata",
    [
        {"fps": 1e9},
        {"fps": -1},
        {"fps": True},
        {"startOffset": "-1s"},
        {"startOffset": "1e9s"},
        {"endOffset": "0s"},
        {"secret": 1},
        "x",
        [],
        {"startOffset": "2s", "endOffset": "1s"},
    ],
)
def test_a_wrong_part_of_a_film_is_refused(local, metadata):
    part = {"inlineData": {"mimeType": "video/avi", "data": b64(AVI)}, "videoMetadata": metadata}
    body = json.dumps({"contents": [{"role": "user", "parts": [part]}]}).encode()
    headers = {"x-goog-api-key": "any", "Content-Type": "application/json"}
    with pytest.raises(HTTPError) as raised:
        urlopen(Request(f"{local.gemini_base_url}/v1/models/mm-vision:generateContent", body, headers))
    assert raised.value.code == 400 and json.load(raised.value)["error"]["status"] == "INVALID_ARGUMENT"


def test_the_server_goes_on(client, google):
    """The same server, after all of the above."""
    file = google.files.upload(file=io.BytesIO(AVI), config={"mime_type": "video/avi"})
    google.files.delete(name=file.name)
    assert client.audio.transcriptions.create(file=("a.wav", WAV), model="mm-audio").text == ""
