"""mmlab.api.client asks three providers in one way, and gets the scene's truth from each."""

import asyncio
import dataclasses
import subprocess
import sys
from typing import Literal

import openai
import pytest
from api_strategies import PNG, SCENE
from PIL import Image
from pydantic import BaseModel

from mmlab.api import server
from mmlab.api.client import Call, CallFailed, Result, Tool, Usage, connect
from mmlab.errors import InputError, MissingPart
from mmlab.world import COLOURS, KINDS, encode_image, render
from mmlab.world.documents.pdf import pdf

PROVIDERS = ("openai", "anthropic", "google")
COUNT = ("zero", "one", "two", "three", "four")[len(SCENE.shapes)]
HOW_MANY = "How many shapes are there? Answer in one word."
PIXELS = render([SCENE], 128)[0]


@dataclasses.dataclass
class Thing:
    """One shape of a scene."""

    kind: Literal[tuple(KINDS)]
    colour: Literal[tuple(COLOURS)]


@dataclasses.dataclass
class Seen:
    """What a structured reply holds."""

    background: str
    count: int
    shapes: list[Thing]


class Told(BaseModel):
    """The same, as pydantic has it."""

    background: str
    count: int


@pytest.fixture(scope="module", params=PROVIDERS)
def client(request, local):
    return connect(request.param, server=local)


def test_the_scenes_truth_is_answered_by_all_three(client):
    answer = client.ask(HOW_MANY, [PIXELS])
    assert (answer.text, answer.ending, answer.calls, answer.parsed) == (COUNT, "stop", (), None)
    assert answer.usage.input > 20 and answer.usage.output >= 1 and answer.tries == 1
    assert answer.cost == pytest.approx((answer.usage.input * 2.0 + answer.usage.output * 8.0) / 1e6)


@pytest.mark.parametrize("how", ["bytes", "array", "path", "pillow"])
def test_a_picture_comes_in_four_ways(client, how, tmp_path):
    (tmp_path / "scene.jpg").write_bytes(PNG)  # its name lies
    given = {"bytes": PNG, "array": PIXELS, "path": tmp_path / "scene.jpg", "pillow": Image.fromarray(PIXELS)}
    assert client.ask(HOW_MANY, [given[how]]).text == COUNT


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_pictures_type_is_told_by_its_bytes(client, format):
    assert client.ask(HOW_MANY, [encode_image(PIXELS, format)]).text == COUNT


def test_the_order_of_pictures_is_kept(client):
    first, second = ("a red circle", (255, 0, 0)), ("a blue circle", (0, 0, 255))
    pictures = []
    for _, colour in (first, second):
        image = Image.new("RGB", (200, 200), "white")
        image.paste(colour, (60, 60, 140, 140))
        pictures.append(image)
    text = client.ask("What is in each picture?", pictures).text
    assert text.index("red") < text.index("blue")


@pytest.mark.parametrize("how", ["ask", "async", "stream", "whole stream", "async stream"])
def test_every_way_of_asking_says_the_same(client, how):
    question = ("Describe the picture.", [PIXELS])
    told = client.ask(*question)
    if how == "stream":
        stream = client.stream(*question)
        pieces = list(stream)
        assert len(pieces) > 1 and "".join(pieces) == told.text
        answer = stream.answer
    elif how.startswith("async"):
        answer = asyncio.run(client.ask_async(*question, stream=how == "async stream"))
    else:
        answer = client.ask(*question, stream=how == "whole stream")
    assert (answer.text, answer.usage, answer.ending) == (told.text, told.usage, "stop")


def test_two_loops_one_after_the_other_can_await(client):
    for _ in range(2):
        assert asyncio.run(client.ask_async(HOW_MANY, [PIXELS])).text == COUNT


@pytest.mark.parametrize("schema", [Seen, Told, Seen.__name__])
def test_a_schema_gives_a_typed_answer(client, schema):
    if schema == "Seen":
        from mmlab.api.client.schemas import schema_of

        parsed = client.ask("What do you see?", [PIXELS], schema=schema_of(Seen)).parsed
        assert isinstance(parsed, dict) and parsed["count"] == len(SCENE.shapes)
        return
    parsed = client.ask("What do you see?", [PIXELS], schema=schema).parsed
    assert isinstance(parsed, schema)
    assert (parsed.background, parsed.count) == (SCENE.background, len(SCENE.shapes))
    if schema is Seen:
        assert sorted((one.kind, one.colour) for one in parsed.shapes) == sorted(
            (one.kind, one.colour) for one in SCENE.shapes)  # fmt: skip


RECORD = Tool("record_count", "Record how many shapes there are",
              {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"],
               "additionalProperties": False})  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called_and_its_result_goes_back(client, stream):
    question = ("Record how many shapes there are.", [PIXELS])
    asked = client.ask(*question, tools=[RECORD], must_call=True, stream=stream)
    (call,) = asked.calls
    assert (asked.ending, asked.text, call.name, call.arguments) == ("call", "", "record_count", {"count": len(SCENE.shapes)})
    told = client.ask(results=[Result(call, "recorded as 7")], history=asked.turns, tools=[RECORD])
    assert "recorded as 7" in told.text and told.ending == "stop"


def test_a_conversation_goes_on(client):
    first = client.ask("Look at this picture.", [PIXELS])
    second = client.ask("What colour is the background? One word.", history=first.turns)
    assert second.text == SCENE.background
    assert [turn.role for turn in (*first.turns, *second.turns)] == ["user", "assistant"] * 2


def test_a_conversation_moves_to_another_provider(local):
    history = connect("openai", server=local).ask("Look at this picture.", [PIXELS]).turns
    for provider in ("anthropic", "google"):
        answer = connect(provider, server=local).ask(HOW_MANY, history=history)
        assert answer.text == COUNT


def test_a_document_is_read(client):
    from mmlab.world.documents.invoice import invoice

    page = invoice(3)
    answer = client.ask("What is the invoice number?", documents=[pdf([page.image])])
    assert page.fields["number"] in answer.text


@pytest.mark.parametrize("provider", ["openai", "google"])
def test_a_sound_is_heard(local, provider):
    from mmlab.world.speech import speak

    client = connect(provider, server=local, role="listen")
    assert "red circle" in client.ask("What is said?", sounds=[speak("a large red circle")]).text.lower()


def test_anthropic_says_that_it_takes_no_sound_and_no_detail(local):
    client = connect("anthropic", server=local)
    with pytest.raises(InputError, match="sound"):
        client.ask("What is said?", sounds=[b"RIFF\0\0\0\0WAVE"])
    with pytest.raises(InputError, match="detail"):
        client.ask(HOW_MANY, [PIXELS], detail="low")


def test_low_detail_costs_less(local):
    client = connect("openai", server=local)
    low, high = (client.ask(HOW_MANY, [PIXELS], detail=detail).usage.input for detail in ("low", "high"))
    assert high - low == 170


def test_a_cut_answer_says_so(client):
    answer = client.ask("Describe the picture.", [PIXELS], max_tokens=2)
    assert answer.ending == "length" and len(answer.text) == 8


def test_a_refusal_and_an_empty_answer_are_told_apart_and_leave_the_history_clean(local):
    for provider in PROVIDERS:
        client = connect(provider, server=local)
        for fault in ("refusal", "empty"):
            for stream in (False, True):
                with local.faults(fault):
                    answer = client.ask(HOW_MANY, [PIXELS], stream=stream)
                assert (answer.text, answer.ending, answer.turns) == ("", fault, ())
                assert bool(answer.refusal) == (fault == "refusal")


def test_many_are_answered_in_order_and_one_failure_does_not_sink_the_rest(client):
    requests = [{"text": HOW_MANY, "images": [PIXELS]}, "hello", {"text": "x", "images": [b"no picture"]}, {"text": ""},
                {"text": HOW_MANY, "images": [PIXELS], "max_tokens": 99_999_999}] * 3  # fmt: skip
    answers = client.ask_many(requests, at_once=5)
    for place in range(0, len(requests), 5):
        seen, greeted, unread, nothing, last = answers[place : place + 5]
        assert seen.text == COUNT and "no picture" not in seen.text and greeted.text
        assert isinstance(unread, InputError) and isinstance(nothing, InputError)
        assert isinstance(last, CallFailed) or last.text == COUNT


def test_no_more_are_sent_at_once_than_asked(local):
    import threading

    running, most, lock = 0, 0, threading.Lock()

    def watching(call, **options):
        nonlocal running, most
        with lock:
            running, most = running + 1, max(most, running + 1)
        try:
            return call()
        finally:
            with lock:
                running -= 1

    client = connect("openai", server=local, parts={"retry_policy": watching})
    client.sdk  # noqa: B018 - opened before the threads
    assert len(client.ask_many(["hello"] * 12, at_once=3)) == 12
    assert 1 < most <= 3


@pytest.mark.parametrize(("kind", "changes", "model"), [
    ("key", {"key": "wrong"}, None), ("model", {}, "mm-nothing"),
])  # fmt: skip
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_request_fails_at_once_and_says_how(provider, kind, changes, model):
    with server.running(key="right") as strict:
        client = connect(provider, server=strict, model=model, **changes)
        with pytest.raises(CallFailed) as raised:
            client.ask(HOW_MANY, [PIXELS])
        assert raised.value.tries == 1 and strict.requests == 1
    # Google answers a wrong key with 400, and says so in words alone.
    assert raised.value.kind == ("request" if (provider, kind) == ("google", "key") else kind)
    assert raised.value.status_code in (400, 401, 404) and not raised.value.passing
    assert raised.value.__cause__ is not None and "try:" in str(raised.value)


def test_the_sdks_own_error_is_the_cause(local):
    client = connect("openai", server=local, retries=0)
    with local.faults("429:7"), pytest.raises(CallFailed) as raised:
        client.ask("hello")
    assert isinstance(raised.value.__cause__, openai.RateLimitError)
    assert (raised.value.kind, raised.value.status_code, raised.value.retry_after) == ("rate_limit", 429, 7.0)


def test_a_retired_model_is_told(client):
    with server.running(retired=["mm-vision"]) as changed:
        moved = connect(client.provider, server=changed)
        with pytest.raises(CallFailed) as raised:
            moved.ask(HOW_MANY, [PIXELS])
    assert (raised.value.kind, raised.value.status_code) == ("model", 404)


@pytest.mark.parametrize(("ask", "said"), [
    ({}, "nothing"), ({"text": "x", "images": PIXELS}, "images is one ndarray"),
    ({"text": "x", "images": PNG}, "images is one bytes"), ({"text": "x", "images": ["/no/such/file"]}, "picture at"),
    ({"text": "x", "documents": [b"no"]}, "PDF"), ({"text": "x", "schema": 3}, "schema=3"),
])  # fmt: skip
def test_what_cannot_be_asked_is_told_before_it_is_sent(local, ask, said):
    before = local.requests
    with pytest.raises(InputError, match=said):
        connect("openai", server=local).ask(**ask)
    assert local.requests == before


@pytest.mark.parametrize(("more", "said"), [
    ({"provider": "gemini"}, "google"), ({"role": "vison"}, "vison"), ({"retries": -1}, "retries=-1"),
    ({"budget": 0}, "Budget"), ({"parts": {"retry": print}}, "retry_policy"), ({"model": "new", "budget": 1}, "price"),
])  # fmt: skip
def test_a_wrong_connection_is_told(local, more, said):
    with pytest.raises(InputError, match=said):
        connect(**{"server": local, **more})


def test_a_server_of_its_own_is_started_once():
    one, two = connect("openai"), connect("anthropic")
    assert one.ask("hello").text and two.ask("hello").text
    assert one.sdk.base_url.port == two.sdk.base_url.port
    assert str(one).startswith("Client(openai, mm-vision, http://127.0.0.1:")


def test_a_missing_sdk_gives_its_pip_line(local, monkeypatch):
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(MissingPart, match=r"pip install mmlab\[api\]"):
        connect("anthropic", server=local).ask("hello")


def test_the_room_imports_no_sdk_and_no_torch():
    code = ("import sys, mmlab.api.client as c; c.connect, c.Client, c.messages, c.retry, c.replies; "
            "heavy = {'torch', 'openai', 'anthropic', 'google.genai', 'httpx', 'httpx2', 'matplotlib'}; "
            "sys.exit(', '.join(heavy & set(sys.modules)) or None)")  # fmt: skip
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_calls_and_usage_are_plain_values():
    assert Call("f", {"a": 1}) == Call("f", {"a": 1}, "")
    assert sum([Usage(1, 2), Usage(3, 4, 5)], Usage()) == Usage(4, 6, 5)
