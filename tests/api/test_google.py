"""Google's own SDK, unmodified, against the local server."""

import asyncio
import io
import json
from urllib.request import Request, urlopen

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from api_strategies import KINDS, PNG, SCENE, b64, faults
from mmlab.world import render
from mmlab.world.files.avi import avi_bytes

MODEL = "mm-vision"
FILM = avi_bytes(render([SCENE, SCENE], 64), 2)
TRUTH = ("zero", "one", "two", "three", "four")[len(SCENE.shapes)]
PICTURE = types.Part.from_bytes(data=PNG, mime_type="image/png")
ASKED = [PICTURE, "How many shapes are there? Answer in one word."]
COUNT = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="record_count",
            description="Record how many shapes there are",
            parameters={"type": "OBJECT", "properties": {"count": {"type": "INTEGER"}}},
        )
    ]
)
ANY_CALL = types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode="ANY"))


class Seen(BaseModel):
    """What a structured reply holds."""

    background: str
    kinds: list[str]


@pytest.fixture(scope="module")
def client(local):
    return genai.Client(api_key="any", http_options={"base_url": local.gemini_base_url})


def generate(client, contents=None, model=MODEL, **config):
    config = types.GenerateContentConfig(**config) if config else None
    return client.models.generate_content(model=model, contents=contents or ASKED, config=config)


def test_the_scenes_truth_is_answered(client):
    response = generate(client)
    assert response.text == TRUTH and response.candidates[0].finish_reason == "STOP"


def test_a_stream_says_what_the_whole_says(client):
    whole = generate(client, [PICTURE]).text
    chunks = list(client.models.generate_content_stream(model=MODEL, contents=[PICTURE]))
    assert len(chunks) > 2 and "".join(chunk.text for chunk in chunks) == whole
    assert [chunk.candidates[0].finish_reason for chunk in chunks[-2:]] == [None, "STOP"]


def test_async_clients_are_answered_the_same(local):
    async def ask():
        client = genai.Client(api_key="any", http_options={"base_url": local.gemini_base_url}).aio
        whole = await client.models.generate_content(model=MODEL, contents=ASKED)
        stream = await client.models.generate_content_stream(model=MODEL, contents=ASKED)
        parts = [chunk.text async for chunk in stream]
        await client.aclose()
        return whole.text, "".join(parts)

    assert asyncio.run(ask()) == (TRUTH, TRUTH)


def test_a_function_is_called_and_its_result_is_told(client):
    response = generate(client, tools=[COUNT], tool_config=ANY_CALL)
    call = response.function_calls[0]
    assert (call.name, call.args) == ("record_count", {"count": len(SCENE.shapes)})
    result = types.Part.from_function_response(name=call.name, response={"result": "recorded as 7"})
    turns = [types.UserContent(ASKED), response.candidates[0].content, types.UserContent([result])]
    assert "recorded as 7" in generate(client, turns, tools=[COUNT]).text
    with pytest.raises(errors.ClientError, match="function response"):
        generate(client, turns[:2], tools=[COUNT])


def test_a_python_function_is_called_by_the_sdk_itself(client):
    seen = []

    def record_count(count: int) -> str:
        """Record how many shapes there are."""
        seen.append(count)
        return "recorded as 7"

    assert "recorded as 7" in generate(client, [PICTURE, "Record the count"], tools=[record_count]).text
    assert seen == [len(SCENE.shapes)]


@pytest.mark.parametrize(
    "schema", [{"response_schema": Seen}, {"response_json_schema": Seen.model_json_schema()}]
)
def test_json_is_as_its_schema_says(client, schema):
    text = generate(client, response_mime_type="application/json", **schema).text
    seen = Seen.model_validate_json(text)
    assert (seen.background, sorted(set(seen.kinds))) == (SCENE.background, KINDS)


@pytest.mark.parametrize(("resolution", "tokens"), [("LOW", 280), ("MEDIUM", 560), ("HIGH", 1120)])
def test_pictures_cost_by_resolution(client, resolution, tokens):
    usage = generate(client, media_resolution=f"MEDIA_RESOLUTION_{resolution}").usage_metadata
    details = {one.modality.value: one.token_count for one in usage.prompt_tokens_details}
    assert details["IMAGE"] == tokens
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count


def test_tokens_are_counted_as_they_are_used(client):
    told = client.models.count_tokens(model=MODEL, contents=ASKED).total_tokens
    assert told == generate(client).usage_metadata.prompt_token_count


def sent(local, path: str, body: dict | None = None) -> dict:
    """Return the server's own JSON: the SDK drops what it does not know."""
    data = json.dumps(body).encode() if body else None
    headers = {"x-goog-api-key": "any", "content-type": "application/json"}
    with urlopen(Request(f"{local.gemini_base_url}/v1/{path}", data, headers)) as answer:
        return json.load(answer)


def test_every_field_is_the_sdks(local, client):
    parts = [{"inlineData": {"mimeType": "image/png", "data": b64()}}]
    config = {"candidateCount": 2, "maxOutputTokens": 2}
    body = {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}
    raw = sent(local, f"models/{MODEL}:generateContent", body)
    assert [one["finishReason"] for one in raw["candidates"]] == ["MAX_TOKENS"] * 2
    assert faults(types.GenerateContentResponse, raw) == []
    for chunk in sent(local, f"models/{MODEL}:streamGenerateContent", body):
        assert faults(types.GenerateContentResponse, chunk) == []
    file = client.files.upload(file=io.BytesIO(bytes(20)), config={"mime_type": "video/mp4"})
    for _ in range(4):
        told = sent(local, file.name)
    assert faults(types.File, told) == [] and told["state"] == "FAILED"
    client.files.delete(name=file.name)


def test_a_file_is_uploaded_used_and_deleted(client):
    file = client.files.upload(
        file=io.BytesIO(PNG), config={"mime_type": "image/png", "display_name": "scene"}
    )
    assert (file.state, file.size_bytes, file.display_name) == ("ACTIVE", len(PNG), "scene")
    assert generate(client, [file, ASKED[1]]).text == TRUTH
    assert file.name in [one.name for one in client.files.list()]
    client.files.delete(name=file.name)
    with pytest.raises(errors.ClientError) as raised:
        client.files.get(name=file.name)
    assert raised.value.code == 403


def test_a_large_file_comes_in_pieces(client):
    data = bytes(9 << 20)  # the SDK cuts at 8 MiB
    file = client.files.upload(file=io.BytesIO(data), config={"mime_type": "application/octet-stream"})
    assert file.size_bytes == len(data)
    client.files.delete(name=file.name)


@pytest.mark.parametrize(("data", "ends"), [(FILM, "ACTIVE"), (FILM[:-1], "FAILED")])
def test_a_film_is_processed_first(client, data, ends):
    file = client.files.upload(file=io.BytesIO(data), config={"mime_type": "video/avi"})
    states = [file.state.value] + [client.files.get(name=file.name).state.value for _ in range(4)]
    assert states == ["PROCESSING"] * 3 + [ends] * 2
    assert bool(client.files.get(name=file.name).error) == (ends == "FAILED")
    client.files.delete(name=file.name)


def test_models_are_listed_the_seeing_one_first(client):
    assert next(iter(client.models.list())).name == f"models/{MODEL}"
    assert client.models.get(model=MODEL).input_token_limit == 128000


def part(data: bytes, kind: str) -> dict:
    return {"contents": [types.Part.from_bytes(data=data, mime_type=kind)]}


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"model": "gemini-2.0-flash"}, "NOT_FOUND", "is not found for API version"),
        (part(PNG, "image/gif"), "INVALID_ARGUMENT", "Unsupported MIME type"),
        (part(PNG[:100], "image/png"), "INVALID_ARGUMENT", "not valid"),
        ({"contents": [{"role": "robot", "parts": [{"text": "x"}]}]}, "INVALID_ARGUMENT", "robot"),
        ({"contents": [{"role": "user", "parts": []}]}, "INVALID_ARGUMENT", "empty"),
        ({"temperature": 3}, "INVALID_ARGUMENT", "temperature"),
        ({"response_schema": Seen}, "INVALID_ARGUMENT", "response_mime_type"),
        (
            {"contents": [types.Part.from_uri(file_uri="files/none", mime_type="image/png")]},
            "PERMISSION_DENIED",
            "none",
        ),
    ],
)
def test_a_wrong_request_raises_the_sdks_own_error(client, changes, status, said):
    with pytest.raises(errors.ClientError) as raised:
        generate(client, **changes)
    assert raised.value.status == status and said in raised.value.message


def test_a_key_is_asked_for():
    from mmlab.api import server

    with server.running(key="right") as strict:
        options = {"base_url": strict.gemini_base_url}
        wrong, right = (genai.Client(api_key=key, http_options=options) for key in ("wrong", "right"))
        with pytest.raises(errors.ClientError, match="API key not valid"):
            wrong.models.get(model=MODEL)
        assert right.models.get(model=MODEL).name == f"models/{MODEL}"
