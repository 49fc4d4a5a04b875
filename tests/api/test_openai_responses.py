"""OpenAI's Responses through the SDK itself."""

import asyncio
import json

import openai
import pytest
from openai.types.responses import Response
from pydantic import BaseModel

from api_strategies import KINDS, PNG, SCENE, b64, faults

MODEL = "mm-vision"
TRUTH = ("zero", "one", "two", "three", "four")[len(SCENE.shapes)]
PICTURE = {"type": "input_image", "image_url": "data:image/png;base64," + b64(), "detail": "auto"}
QUESTION = {"type": "input_text", "text": "How many shapes are there? Answer in one word."}
ASKED = [{"role": "user", "content": [PICTURE, QUESTION]}]
FUNCTION = {
    "type": "function",
    "name": "record_count",
    "description": "Record how many shapes there are",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"count": {"type": "integer"}},
        "required": ["count"],
        "additionalProperties": False,
    },
}


class Seen(BaseModel):
    """What a structured reply holds."""

    background: str
    kinds: list[str]


def create(client, **changes):
    return client.responses.create(**{"model": MODEL, "input": ASKED, **changes})


def test_the_scenes_truth_is_answered(client):
    response = create(client)
    assert response.output_text == TRUTH and response.status == "completed"
    assert client.responses.retrieve(response.id).output_text == TRUTH


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tools": [FUNCTION], "tool_choice": "required"},
        {"max_output_tokens": 16, "input": [{"role": "user", "content": [PICTURE]}]},
    ],
)
def test_every_field_is_the_sdks(client, changes):
    raw = client.responses.with_raw_response.create(
        **{"model": MODEL, "input": ASKED, **changes}
    ).http_response
    assert faults(Response, raw.json()) == []
    events = list(create(client, stream=True, **changes))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    for event in events:
        assert faults(type(event), event.to_dict()) == []
    status = "incomplete" if "max_output_tokens" in changes else "completed"
    assert events[-1].type == f"response.{status}" and events[-1].response.status == status


def test_a_stream_says_what_the_whole_says(client):
    with client.responses.stream(model=MODEL, input=ASKED) as stream:
        parts = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert "".join(parts) == TRUTH == stream.get_final_response().output_text


def test_async_clients_are_answered_the_same(local):
    async def ask():
        async with openai.AsyncOpenAI(base_url=local.openai_base_url, api_key="any") as client:
            return (await client.responses.create(model=MODEL, input=ASKED)).output_text

    assert asyncio.run(ask()) == TRUTH


def test_a_later_question_goes_on_from_a_kept_response(client):
    first = create(client)
    later = create(client, input="What colour is the background? One word.", previous_response_id=first.id)
    assert later.output_text == SCENE.background
    client.responses.delete(first.id)
    with pytest.raises(openai.BadRequestError, match="not found"):
        create(client, previous_response_id=first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(create(client, store=False).id)


def test_a_tool_is_called_and_its_result_is_told(client):
    response = create(client, tools=[FUNCTION], tool_choice={"type": "function", "name": "record_count"})
    call = response.output[0]
    assert json.loads(call.arguments) == {"count": len(SCENE.shapes)}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "recorded as 7"}
    told = create(client, input=[result], previous_response_id=response.id, tools=[FUNCTION])
    assert "recorded as 7" in told.output_text
    again = create(client, input=[*ASKED, call.to_dict(), result], tools=[FUNCTION])
    assert again.output_text == told.output_text
    with pytest.raises(openai.BadRequestError, match="No tool output found"):
        create(client, previous_response_id=response.id, input="and?")
    with pytest.raises(openai.BadRequestError, match="No tool call found"):
        create(client, input=[result])


def test_json_is_as_its_schema_says(client):
    parsed = client.responses.parse(model=MODEL, input=ASKED, text_format=Seen).output_parsed
    assert (parsed.background, sorted(set(parsed.kinds))) == (SCENE.background, KINDS)


def test_an_uploaded_picture_is_seen(client):
    file = client.files.create(file=("scene.png", PNG, "image/png"), purpose="vision")
    part = {"type": "input_image", "file_id": file.id, "detail": "low"}
    assert create(client, input=[{"role": "user", "content": [part, QUESTION]}]).output_text == TRUTH
    client.files.delete(file.id)


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"input": []}, "invalid_value", "input"),
        ({"input": 3}, "invalid_type", "input"),
        ({"max_output_tokens": 3}, "invalid_value", "at least 16"),
        (
            {"input": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "invalid_value",
            "input[0].content[0].type",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            "missing_required_parameter",
            "image_url",
        ),
        (
            {"tools": [{**FUNCTION, "parameters": {"type": "object"}}]},
            "invalid_function_parameters",
            "additional",
        ),
        ({"tools": [{**FUNCTION, "name": "a b"}]}, "invalid_value", "pattern"),
        ({"text": {"format": {"type": "json_object"}}}, None, "json"),
        ({"extra_body": {"messages": []}}, "unknown_parameter", "messages"),
    ],
)
def test_a_wrong_request_raises_the_sdks_own_error(client, changes, code, said):
    with pytest.raises(openai.BadRequestError) as raised:
        create(client, **changes)
    assert raised.value.code == code and said in str(raised.value.body)
