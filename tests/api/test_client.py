"""mmlab.api.client asks three providers in one way, and gets the scene's truth from each."""

import asyncio
import dataclasses
from typing import Literal

import pytest
from PIL import Image
from pydantic import BaseModel

from api_strategies import PNG, SCENE
from mmlab.api.client import CallFailed, Result, Tool, connect
from mmlab.errors import InputError
from mmlab.world import COLOURS, KINDS, encode_image, render
from mmlab.world.documents.invoice import invoice
from mmlab.world.files.pdf import pdf

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
            (one.kind, one.colour) for one in SCENE.shapes
        )


RECORD = Tool(
    "record_count",
    "Record how many shapes there are",
    {
        "type": "object",
        "properties": {"count": {"type": "integer"}},
        "required": ["count"],
        "additionalProperties": False,
    },
)


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called_and_its_result_goes_back(client, stream):
    question = ("Record how many shapes there are.", [PIXELS])
    asked = client.ask(*question, tools=[RECORD], must_call=True, stream=stream)
    (call,) = asked.calls
    assert (asked.ending, asked.text, call.name, call.arguments) == (
        "call",
        "",
        "record_count",
        {"count": len(SCENE.shapes)},
    )
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


def test_a_document_is_read_as_file_and_as_picture(client):
    page = invoice(3)
    for given in ({"documents": [pdf([page.image])]}, {"documents": [page]}, {"images": [page]}):
        assert page.fields["number"] in client.ask("What is the invoice number?", **given).text


@pytest.mark.parametrize("provider", ["openai", "google"])
def test_a_sound_is_heard(local, provider):
    from mmlab.world.speech import speak

    client = connect(provider, server=local, role="listen")
    assert "red circle" in client.ask("What is said?", audio=[speak("a large red circle")]).text.lower()


def test_anthropic_says_that_it_takes_no_sound_and_no_detail(local):
    client = connect("anthropic", server=local)
    with pytest.raises(InputError, match="audio at anthropic"):
        client.ask("What is said?", audio=[b"RIFF\0\0\0\0WAVE"])
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
    requests = [
        {"text": HOW_MANY, "images": [PIXELS]},
        "hello",
        {"text": "x", "images": [b"no picture"]},
        {"text": ""},
        {"text": HOW_MANY, "images": [PIXELS], "max_tokens": 99_999_999},
    ] * 3
    answers = client.ask_many(requests, at_once=5)
    for place in range(0, len(requests), 5):
        seen, greeted, unread, nothing, last = answers[place : place + 5]
        assert seen.text == COUNT and "no picture" not in seen.text and greeted.text
        assert isinstance(unread, InputError) and isinstance(nothing, InputError)
        assert isinstance(last, CallFailed) or last.text == COUNT


def test_no_more_are_sent_at_once_than_asked(local):
    import threading

    running, maximum, lock = 0, 0, threading.Lock()

    def watching(call, **options):
        nonlocal running, maximum
        with lock:
            running, maximum = running + 1, max(maximum, running + 1)
        try:
            return call()
        finally:
            with lock:
                running -= 1

    client = connect("openai", server=local, parts={"retry_policy": watching})
    client.sdk  # noqa: B018 - opened before the threads
    assert len(client.ask_many(["hello"] * 12, at_once=3)) == 12
    assert 1 < maximum <= 3
