"""Anthropic's own SDK, unmodified, against the local server."""

import asyncio

import anthropic
import pytest

from api_strategies import KINDS, PNG, SCENE, b64, faults
from mmlab.world import encode_image, render

MODEL = "mm-vision"
ASKED = {
    "role": "user",
    "content": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64()}},
        {"type": "text", "text": "How many shapes are there? Answer in one word."},
    ],
}
TRUTH = ("zero", "one", "two", "three", "four")[len(SCENE.shapes)]
TOOL = {
    "name": "record_count",
    "description": "Record how many shapes there are",
    "input_schema": {"type": "object", "properties": {"count": {"type": "integer"}}},
}


@pytest.fixture(scope="module")
def client(local):
    return anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)


def create(client, **changes):
    return client.messages.create(**{"model": MODEL, "max_tokens": 100, "messages": [ASKED], **changes})


def picture(data: bytes | str, kind: str = "image/png") -> list[dict]:
    data = data if isinstance(data, str) else b64(data)
    source = {"type": "base64", "media_type": kind, "data": data}
    return [{"role": "user", "content": [{"type": "image", "source": source}]}]


def test_the_scenes_truth_is_answered(client):
    message = create(client)
    assert message.content[0].text == TRUTH and message.stop_reason == "end_turn"


def test_every_field_is_the_sdks(client):
    raw = client.messages.with_raw_response.create(
        model=MODEL, max_tokens=100, messages=[ASKED]
    ).http_response
    assert faults(anthropic.types.Message, raw.json()) == []
    raw = client.models.with_raw_response.retrieve(MODEL).http_response
    assert faults(anthropic.types.ModelInfo, raw.json()) == []


def test_a_stream_says_what_the_whole_says(client):
    with client.messages.stream(model=MODEL, max_tokens=100, messages=[ASKED]) as stream:
        events = [event for event in stream]
        final = stream.get_final_message()
    assert final.content[0].text == TRUTH and final.stop_reason == "end_turn"
    assert events[0].type == "message_start" and events[-1].type == "message_stop"
    assert final.usage.output_tokens == create(client).usage.output_tokens


def test_async_clients_are_answered_the_same(local):
    async def ask():
        async with anthropic.AsyncAnthropic(base_url=local.anthropic_base_url, api_key="any") as client:
            message = await client.messages.create(model=MODEL, max_tokens=100, messages=[ASKED])
            async with client.messages.stream(model=MODEL, max_tokens=9, messages=[ASKED]) as stream:
                return message.content[0].text, await stream.get_final_text()

    assert asyncio.run(ask()) == (TRUTH, TRUTH)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_is_called_and_its_result_is_told(client, streamed):
    asked = {"tools": [TOOL], "tool_choice": {"type": "any"}}
    if streamed:
        with client.messages.stream(model=MODEL, max_tokens=100, messages=[ASKED], **asked) as stream:
            message = stream.get_final_message()
    else:
        message = create(client, **asked)
    call = message.content[0]
    assert (message.stop_reason, call.name, call.input) == (
        "tool_use",
        "record_count",
        {"count": len(SCENE.shapes)},
    )
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "recorded as 7"}
    turns = [ASKED, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
    assert "recorded as 7" in create(client, tools=[TOOL], messages=turns).content[0].text
    with pytest.raises(anthropic.BadRequestError, match="tool_result"):
        create(client, tools=[TOOL], messages=[*turns[:2], {"role": "user", "content": "and?"}])


def test_json_is_as_its_schema_says(client):
    import json

    schema = {
        "type": "object",
        "properties": {
            "shapes": {
                "type": "array",
                "items": {"type": "object", "properties": {"kind": {"type": "string"}}},
            }
        },
    }
    message = create(client, output_config={"format": {"type": "json_schema", "schema": schema}})
    assert sorted({one["kind"] for one in json.loads(message.content[0].text)["shapes"]}) == KINDS


def test_tokens_are_counted_by_the_published_formula(client):
    small = client.messages.count_tokens(model=MODEL, messages=[ASKED]).input_tokens
    large = picture(encode_image(render([SCENE], 280)[0]))
    told = client.messages.count_tokens(model=MODEL, messages=large).input_tokens
    assert told == 10 * 10 + 3
    assert create(client).usage.input_tokens == small


def test_an_answer_is_cut_at_max_tokens_and_at_stop_sequences(client):
    describe = [{"role": "user", "content": [ASKED["content"][0]]}]
    cut = create(client, messages=describe, max_tokens=2)
    assert cut.stop_reason == "max_tokens" and len(cut.content[0].text) == 8
    stopped = create(client, messages=describe, stop_sequences=[" at the"])
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", " at the")


def test_files_are_uploaded_used_and_deleted(client):
    file = client.files.upload(file=("scene.png", PNG, "image/png"))
    assert file.size_bytes == len(PNG) and file.id in [one.id for one in client.files.list()]
    raw = client.files.with_raw_response.retrieve_metadata(file.id).http_response
    assert faults(anthropic.types.FileMetadata, raw.json()) == []
    content = [{"type": "image", "source": {"type": "file", "file_id": file.id}}, ASKED["content"][1]]
    assert create(client, messages=[{"role": "user", "content": content}]).content[0].text == TRUTH
    client.files.delete(file.id)
    with pytest.raises(anthropic.NotFoundError):
        client.files.retrieve_metadata(file.id)


def test_pictures_come_from_this_servers_own_urls_alone(client, local):
    def at(url):
        return [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": url}}]}]

    assert KINDS[0] in create(client, messages=at(f"{local.url}/world/scenes/4.png")).content[0].text
    for url in (
        "http://127.0.0.1:1/world/scenes/4.png",
        "file:///etc/passwd",
        "http://example.org/a.png",
        f"{local.url}/world/scenes/../../etc/passwd",
        "http://[",
        f"{local.url}@example.org/",
    ):
        with pytest.raises(anthropic.BadRequestError, match="Unable to download"):
            create(client, messages=at(url))


def test_models_are_listed_the_seeing_one_first(client):
    names = [model.id for model in client.models.list()]
    assert names[0] == MODEL and "mm-vision-mini" in names


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        (
            {"model": "claude-3-5-sonnet-20250219"},
            anthropic.NotFoundError,
            "model: claude-3-5-sonnet-20250219",
        ),
        ({"max_tokens": -1}, anthropic.BadRequestError, "max_tokens: "),
        ({"max_tokens": 17000}, anthropic.BadRequestError, "maximum allowed"),
        ({"messages": []}, anthropic.BadRequestError, "messages: "),
        ({"messages": [{"role": "system", "content": "x"}]}, anthropic.BadRequestError, "messages.0.role"),
        ({"messages": [{"role": "user", "content": ""}]}, anthropic.BadRequestError, "non-empty"),
        ({"extra_body": {"max_tokens": None}}, anthropic.BadRequestError, "max_tokens: Field required"),
        ({"extra_body": {"temprature": 1}}, anthropic.BadRequestError, "Extra inputs"),
        ({"messages": picture(PNG, "image/jpeg")}, anthropic.BadRequestError, "does not match"),
        ({"messages": picture(PNG, "image/bmp")}, anthropic.BadRequestError, "media_type: Input should be"),
        (
            {"messages": picture("data:image/png;base64," + b64())},
            anthropic.BadRequestError,
            "Invalid base64",
        ),
        (
            {"messages": picture(b64().replace("+", "-").replace("/", "_") + "_")},
            anthropic.BadRequestError,
            "base64",
        ),
        ({"messages": picture(PNG[:200])}, anthropic.BadRequestError, "Could not process image"),
        (
            {"messages": picture(bytes(7864321))},
            anthropic.BadRequestError,
            "10 MB maximum: 10485764 bytes > 10485760",
        ),
        ({"tool_choice": {"type": "any"}}, anthropic.BadRequestError, "providing tools"),
        ({"stop_sequences": [" "]}, anthropic.BadRequestError, "stop_sequences.0"),
    ],
)
def test_a_wrong_request_raises_the_sdks_own_error(client, changes, error, said):
    with pytest.raises(error) as raised:
        create(client, **changes)
    assert said in raised.value.body["error"]["message"]
    assert raised.value.request_id.startswith("req_")


def test_a_key_is_asked_for():
    from mmlab.api import server

    with server.running(key="right") as strict:
        client = anthropic.Anthropic(base_url=strict.anthropic_base_url, api_key="wrong", max_retries=0)
        with pytest.raises(anthropic.AuthenticationError):
            client.models.list()
        assert client.with_options(api_key="right").models.list().data


def test_a_retired_model_is_gone_from_answers_and_list():
    from mmlab.api import server

    with server.running(retired=["mm-vision-mini"]) as local:
        client = anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)
        names = [model.id for model in client.models.list()]
        assert names[0] == MODEL and "mm-vision-mini" not in names
        with pytest.raises(anthropic.NotFoundError, match="mm-vision-mini"):
            create(client, model="mm-vision-mini")
