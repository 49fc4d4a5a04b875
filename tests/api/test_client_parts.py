"""The parts that a week writes by hand: pictures as parts, retrying, reading replies."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_strategies import SCENE
from mmlab.api import catalog
from mmlab.api.client import CallFailed, connect
from mmlab.api.client.messages import image_part, media_type
from mmlab.api.client.parts import HOMES, Parts
from mmlab.api.client.replies import parse_json_reply, reply_text
from mmlab.api.client.retry import retry_policy, wait_before
from mmlab.errors import InputError
from mmlab.world import encode_image, render

NOISE = np.random.default_rng(5).integers(0, 256, (21, 34, 3), np.uint8)
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


@pytest.mark.parametrize("format", FORMATS)
def test_one_picture_in_three_forms(format):
    data, kind = encode_image(NOISE, format), f"image/{format.lower()}"
    text = base64.b64encode(data).decode()
    assert "+" in text or "/" in text  # so that the url-safe alphabet would show
    assert image_part(data, "openai", "photo.bmp") == {
        "type": "image_url",
        "image_url": {"url": f"data:{kind};base64,{text}", "detail": "auto"},
    }
    assert image_part(data, "anthropic", "photo.bmp")["source"] == {
        "type": "base64",
        "media_type": kind,
        "data": text,
    }
    if format == "GIF":
        with pytest.raises(InputError, match="image/gif"):
            image_part(data, "google")
    else:
        assert image_part(data, "google", "x.gif") == {"inline_data": {"mime_type": kind, "data": data}}


@given(st.binary(max_size=40))
def test_other_bytes_are_no_picture(data):
    known = data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"))
    if not known and not (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        with pytest.raises(InputError):
            media_type(data)


def test_an_unknown_provider_is_told():
    with pytest.raises(InputError, match="'gemini'"):
        image_part(encode_image(NOISE, "PNG"), "gemini")


def test_a_picture_too_large_for_its_provider_is_told():
    maximum = catalog.catalog()["limits"]["anthropic"]["image_bytes"]
    large = b"\x89PNG\r\n\x1a\n" + bytes(maximum)
    with pytest.raises(InputError, match=f"{maximum + 8:,}"):
        image_part(large, "anthropic")
    assert image_part(large, "openai")


class Fault(Exception):
    """What a call raises in a script."""

    def __init__(self, status_code, retry_after=None):
        super().__init__(status_code)
        self.status_code, self.retry_after = status_code, retry_after


def played(script, **options):
    """Return what retry_policy gives for a script of faults and values, and the waits and calls it made."""
    coming, waits = list(script), []

    def call():
        one = coming.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    try:
        ended = retry_policy(call, sleep=waits.append, draw=lambda: 0.0, **options)
    except Exception as error:
        ended = error
    return ended, waits, len(script) - len(coming)


@pytest.mark.parametrize(
    ("script", "waits", "calls"),
    [
        (["well"], [], 1),
        ([Fault(429), "well"], [0.5], 2),
        ([Fault(None), Fault(503), Fault(500), "well"], [0.5, 1.0, 2.0], 4),
        ([Fault(429, 7.0), Fault(529), "well"], [7.0, 1.0], 3),
        ([Fault(408), Fault(409), "well"], [0.5, 1.0], 3),
    ],
)
def test_what_passes_is_asked_again(script, waits, calls):
    assert played(script) == ("well", waits, calls)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_stays_wrong_is_not_asked_again(status):
    fault = Fault(status, 1.0)
    assert played([fault, "well"]) == (fault, [], 1)


def test_the_last_error_itself_comes_out_and_nobody_waits_after_it():
    script = [Fault(500) for _ in range(4)]
    assert played(script) == (script[3], [0.5, 1.0, 2.0], 4)
    assert played([ours := TypeError("ours"), "well"]) == (ours, [], 1)
    assert played([Fault(500), last := Fault(404), "well"]) == (last, [0.5], 2)
    assert played([only := Fault(500)], attempts=1) == (only, [], 1)


def test_waits_are_capped_and_no_one_waits_longer_than_its_patience():
    assert played([Fault(500)] * 6 + ["well"], attempts=7, longest=3.0)[1] == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]
    patient = Fault(429, 121.0)
    assert played([patient, "well"]) == (patient, [], 1)
    assert played([patient, "well"], patience=121.0) == ("well", [121.0], 2)


@given(st.integers(1, 12), st.floats(0, 1, exclude_max=True))
def test_chance_takes_at_most_a_quarter_off(failures, drawn):
    wait, bound = wait_before(Fault(500), failures, draw=lambda: drawn), min(8.0, 0.5 * 2 ** (failures - 1))
    assert 0.75 * bound <= wait <= bound


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4)
WORDS = st.text(st.characters(exclude_characters="{["), max_size=30)


@given(OBJECTS, WORDS, st.text(max_size=30), st.booleans())
def test_an_object_is_found_among_words(value, before, after, fenced):
    text = json.dumps(value, indent=2)
    text = f"```json\n{text}\n```" if fenced else text
    assert parse_json_reply(before + text + after) == value


@given(OBJECTS.filter(bool), st.data())
def test_an_object_cut_short_is_told(value, data):
    text = json.dumps(value)
    with pytest.raises(InputError):
        parse_json_reply(text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        "[1, 2]",
        '[{"a": 1}]',
        '{"a": 1, "a": 2}',
        '{"b": {"a": 1, "a": 1}}',
        '{"a": NaN}',
        '{"a": Infinity}',
        "{'a': 1}",
        '{"a": 1,}',
        "{a: 1}",
        "{" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_what_is_no_object_is_told(text):
    with pytest.raises(InputError) as raised:
        parse_json_reply(text)
    assert "try:" in str(raised.value)


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ({"choices": [{"message": {"content": "a circle"}}]}, "a circle"),
        ({"choices": [{"message": {"content": None, "refusal": "No."}}]}, ""),
        ({"choices": [{"message": {"content": None, "tool_calls": [{}]}}]}, ""),
        ({"choices": []}, ""),
        (
            {
                "output": [
                    {"type": "reasoning", "summary": []},
                    {
                        "type": "message",
                        "content": [
                            {"type": "output_text", "text": "a "},
                            {"type": "output_text", "text": "b"},
                        ],
                    },
                ]
            },
            "a b",
        ),
        ({"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]}, ""),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": "hm"},
                    {"type": "text", "text": "a "},
                    {"type": "text", "text": "b"},
                ]
            },
            "a b",
        ),
        ({"content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]}, ""),
        ({"content": []}, ""),
        (
            {
                "candidates": [
                    {"content": {"parts": [{"text": "hm", "thought": True}, {"text": "a "}, {"text": "b"}]}}
                ]
            },
            "a b",
        ),
        ({"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}}]}, ""),
        ({"candidates": [{"finishReason": "SAFETY"}]}, ""),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, ""),
    ],
)
def test_the_text_of_every_shape(response, text):
    assert reply_text(response) == text


@pytest.mark.parametrize("response", [{}, {"error": "x"}, "<html>", None, 3])
def test_what_is_no_response_is_told(response):
    with pytest.raises(InputError, match="reply_text"):
        reply_text(response)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_the_sdks_own_objects_are_read(local, provider):
    import importlib

    client = connect(provider, server=local)
    wire = importlib.import_module(f"mmlab.api.client.{provider}_wire")
    body = {}

    def noted(call, **options):
        body["response"] = call()
        return body["response"]

    answer = connect(provider, server=local, parts={"retry_policy": noted}).ask("hello")
    response = wire.send(client.sdk, client._job("hello", ()).body)
    assert reply_text(response) == reply_text(body["response"]) == answer.text != ""


def test_parts_of_yours_are_used(local):
    used = []

    def noting(name):
        own = getattr(Parts(), name)

        def part(*args, **options):
            used.append(name)
            return own(*args, **options)

        return part

    for provider in ("openai", "anthropic", "google"):
        client = connect(provider, server=local, parts={name: noting(name) for name in HOMES})
        schema = {"type": "object", "properties": {"count": {"type": "integer"}}}
        assert client.ask("How many?", [render([SCENE], 96)[0]], schema=schema).parsed == {
            "count": len(SCENE.shapes)
        }
    assert set(used) == set(HOMES)
    assert "retry_policy: yours" in repr(client.parts) and "retry_policy: mmlab" in repr(Parts())


def test_a_policy_of_yours_serves_awaited_calls_too(local):
    import asyncio

    waits: list[float] = []
    client = connect(
        "openai", server=local, parts={"retry_policy": retry_policy}, sleep=waits.append, draw=lambda: 0.0
    )
    with local.faults("429, 500"):
        answer = asyncio.run(client.ask_async("hello"))
    assert answer.tries == 3 and waits == [0.5, 1.0]


def test_an_exception_of_the_students_own_comes_out_as_it_is(local):
    def broken(data, provider, name="", detail="auto"):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        connect("openai", server=local, parts={"image_part": broken}).ask("x", [NOISE])


def test_a_reply_that_is_not_as_its_schema_says_is_told_with_the_answer(local):
    client = connect("openai", server=local, parts={"parse_json_reply": lambda text: {"cont": 1}})
    with pytest.raises(CallFailed) as raised:
        client.ask(
            "How many?", [NOISE], schema={"type": "object", "properties": {"count": {"type": "integer"}}}
        )
    assert (
        raised.value.kind == "reply" and json.loads(raised.value.answer.text) and raised.value.answer.cost > 0
    )
