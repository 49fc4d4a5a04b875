"""OpenAI's own SDK, unmodified, against the local server: chat, models, files."""

import asyncio
import json

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

from api_strategies import KINDS, PNG, SCENE, b64, faults

MODEL = "mm-vision"
TRUTH = ("zero", "one", "two", "three", "four")[len(SCENE.shapes)]
URL = "data:image/png;base64," + b64()
QUESTION = {"type": "text", "text": "How many shapes are there? Answer in one word."}
ASKED = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL}}, QUESTION]}]
FUNCTION = {
    "type": "function",
    "function": {
        "name": "record_count",
        "description": "Record how many shapes there are",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"count": {"type": "integer"}},
            "required": ["count"],
            "additionalProperties": False,
        },
    },
}


class Seen(BaseModel):
    """What a structured reply holds."""

    background: str
    kinds: list[str]
    count: int


def create(client, **changes):
    return client.chat.completions.create(**{"model": MODEL, "messages": ASKED, **changes})


def with_url(url: str, **more) -> dict:
    part = {"type": "image_url", "image_url": {"url": url, **more}}
    return {"messages": [{"role": "user", "content": [part, QUESTION]}]}


def test_the_scenes_truth_is_answered(client):
    completion = create(client, n=2)
    assert [choice.message.content for choice in completion.choices] == [TRUTH, TRUTH]
    assert completion.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("changes", [{}, {"tools": [FUNCTION], "tool_choice": "required"}, {"max_tokens": 1}])
def test_every_field_is_the_sdks(client, changes):
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=ASKED, **changes
    ).http_response
    assert faults(ChatCompletion, raw.json()) == []
    for chunk in create(client, stream=True, **changes):
        assert faults(ChatCompletionChunk, chunk.to_dict()) == []


def test_a_stream_says_what_the_whole_says_and_ends_with_its_usage(client):
    chunks = list(create(client, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == TRUTH and chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage == create(client).usage


def test_async_clients_are_answered_the_same(local):
    async def ask():
        async with openai.AsyncOpenAI(base_url=local.openai_base_url, api_key="any") as client:
            whole = await client.chat.completions.create(model=MODEL, messages=ASKED)
            stream = await client.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
            parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
            return whole.choices[0].message.content, "".join(parts)

    assert asyncio.run(ask()) == (TRUTH, TRUTH)


def test_a_tool_is_called_and_its_result_is_told(client):
    message = create(client, tools=[FUNCTION], tool_choice="required").choices[0].message
    call = message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"count": len(SCENE.shapes)}
    result = {"role": "tool", "tool_call_id": call.id, "content": "recorded as 7"}
    turns = [*ASKED, message.to_dict(), result]
    assert "recorded as 7" in create(client, messages=turns, tools=[FUNCTION]).choices[0].message.content
    with pytest.raises(openai.BadRequestError, match="tool_call_id"):
        create(client, messages=turns[:-1])
    with pytest.raises(openai.BadRequestError, match="preceeding"):
        create(client, messages=[*ASKED, result])


def test_a_streamed_tool_call_is_whole(client):
    with client.chat.completions.stream(
        model=MODEL, messages=ASKED, tools=[FUNCTION], tool_choice="required"
    ) as stream:
        final = stream.get_final_completion()
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments) == {
        "count": len(SCENE.shapes)
    }


def test_json_is_as_its_schema_says(client):
    parsed = (
        client.chat.completions.parse(model=MODEL, messages=ASKED, response_format=Seen)
        .choices[0]
        .message.parsed
    )
    assert (parsed.background, sorted(set(parsed.kinds)), parsed.count) == (
        SCENE.background,
        KINDS,
        len(SCENE.shapes),
    )


def test_plain_json_wants_the_word(client):
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        create(client, response_format={"type": "json_object"})
    asked = [*ASKED, {"role": "system", "content": "Answer in JSON."}]
    text = create(client, messages=asked, response_format={"type": "json_object"}).choices[0].message.content
    assert {one["kind"] for one in json.loads(text)["shapes"]} == set(KINDS)


def test_low_detail_costs_85_and_high_765(client):
    text = create(client, messages=[{"role": "user", "content": [QUESTION]}]).usage.prompt_tokens
    low = create(client, **with_url(URL, detail="low")).usage.prompt_tokens
    assert low - text == 85
    assert create(client, **with_url(URL, detail="high")).usage.prompt_tokens - text == 85 + 170


def test_files_are_uploaded_used_and_deleted(client):
    file = client.files.create(file=("scene.png", PNG, "image/png"), purpose="vision")
    raw = client.files.with_raw_response.retrieve(file.id).http_response
    assert faults(openai.types.FileObject, raw.json()) == []
    assert file.id in [one.id for one in client.files.list(purpose="vision")]
    asked = [{"role": "user", "content": [{"type": "file", "file": {"file_id": file.id}}, QUESTION]}]
    with pytest.raises(openai.BadRequestError, match="supported format: .pdf"):  # pictures are no documents
        create(client, messages=asked)
    assert client.files.delete(file.id).deleted
    assert file.id not in [one.id for one in client.files.list(purpose="vision")]
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)
    with pytest.raises(openai.NotFoundError):
        client.files.content("../../etc/passwd")
    batch = client.files.create(file=("b.jsonl", b"{}\n"), purpose="batch")
    assert client.files.content(batch.id).read() == b"{}\n"


def test_models_are_listed_the_seeing_one_first(client):
    models = client.models.list()
    assert next(iter(models)).id == MODEL
    raw = client.models.with_raw_response.retrieve(MODEL).http_response
    assert faults(openai.types.Model, raw.json()) == []


OPEN_SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "seen",
        "strict": True,
        "schema": {"type": "object", "properties": {"count": {"type": "integer"}}},
    },
}


@pytest.mark.parametrize(
    ("changes", "error", "code", "said"),
    [
        ({"model": "nope"}, openai.NotFoundError, "model_not_found", "does not exist"),
        ({"model": "dall-e-3"}, openai.NotFoundError, "model_not_found", "deprecated"),
        ({"messages": []}, openai.BadRequestError, "invalid_value", "messages"),
        (
            {"messages": [{"role": "robot", "content": "x"}]},
            openai.BadRequestError,
            "invalid_value",
            "messages[0].role",
        ),
        ({"messages": [{"role": "user"}]}, openai.BadRequestError, "missing_required_parameter", "content"),
        ({"messages": "hello"}, openai.BadRequestError, "invalid_type", "messages"),
        ({"extra_body": {"temprature": 1}}, openai.BadRequestError, "unknown_parameter", "temprature"),
        ({"temperature": 3}, openai.BadRequestError, "invalid_value", "temperature"),
        ({"max_tokens": "ten"}, openai.BadRequestError, "invalid_type", "max_tokens"),
        ({"max_tokens": True}, openai.BadRequestError, "invalid_type", "a boolean"),
        (
            {"response_format": OPEN_SCHEMA},
            openai.BadRequestError,
            "invalid_json_schema",
            "additionalProperties",
        ),
        ({"tool_choice": "required"}, openai.BadRequestError, None, "'tools'"),
        (with_url(b64()), openai.BadRequestError, "invalid_value", "data URL"),
        (with_url("data:image/png;base64,%%%"), openai.BadRequestError, "invalid_base64", "base64"),
        (
            with_url("data:image/png;base64," + b64(PNG[:-9])),
            openai.BadRequestError,
            "invalid_image_format",
            "valid",
        ),
        (with_url("https://example.org/a.png"), openai.BadRequestError, "invalid_image_url", "downloading"),
        (with_url(URL, detail="best"), openai.BadRequestError, "invalid_value", "detail"),
    ],
)
def test_a_wrong_request_raises_the_sdks_own_error(client, changes, error, code, said):
    with pytest.raises(error) as raised:
        create(client, **changes)
    assert raised.value.code == code and said in str(raised.value.body)
    assert raised.value.request_id.startswith("req_")


def test_a_key_is_asked_for():
    from mmlab.api import server

    with server.running(key="right") as strict:
        client = openai.OpenAI(base_url=strict.openai_base_url, api_key="wrong", max_retries=0)
        with pytest.raises(openai.AuthenticationError):
            create(client)
        assert create(client.with_options(api_key="right")).choices[0].message.content == TRUTH


@pytest.mark.parametrize("note", ["The image of the tool:", "This is file 8ab1:", ""])
def test_images_in_a_user_message_after_a_tool_end_its_calls(client, note):
    asked = {"role": "user", "content": "Record the picture: how many shapes are there?"}
    turns, tools = [asked], [FUNCTION]
    message = create(client, messages=turns, tools=tools).choices[0].message
    assert message.tool_calls
    call = message.tool_calls[0]
    turns += [message, {"role": "tool", "tool_call_id": call.id, "content": "The image follows."}]
    text = [{"type": "text", "text": note}] if note else []
    turns.append({"role": "user", "content": [*text, {"type": "image_url", "image_url": {"url": URL}}]})
    message = create(client, messages=turns, tools=tools).choices[0].message
    number = ("zero", "one", "two", "three", "four")[len(SCENE.shapes)]
    assert not message.tool_calls and number in message.content
    turns += [message, {"role": "user", "content": "Record it again, please."}]
    assert create(client, messages=turns, tools=tools).choices[0].message.tool_calls


def test_a_model_that_must_call_a_tool_takes_another_after_the_first(client):
    result = {**FUNCTION, "function": {**FUNCTION["function"], "name": "final_result", "description": ""}}
    turns = list(ASKED)
    first = create(client, messages=turns, tools=[FUNCTION, result], tool_choice="required")
    call = first.choices[0].message.tool_calls[0]
    turns += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "done"}]
    second = create(client, messages=turns, tools=[FUNCTION, result], tool_choice="required")
    assert second.choices[0].message.tool_calls[0].function.name != call.function.name
