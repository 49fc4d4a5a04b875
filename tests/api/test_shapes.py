"""Every response, walked field by field against the SDKs' own models of it.

The server is listened to while a tour visits every resource, so that what is
walked is what was sent, not what an SDK made of it.
"""

import asyncio
import base64
import json
import re
import typing

import anthropic
import numpy as np
import openai
import pytest
from anthropic.types import messages as batch_types
from anthropic.types.shared import ErrorResponse
from google.genai import types
from openai.types import audio, chat, responses
from pydantic import BaseModel

import tour
from shape_walk import shape_faults
from test_conformance import client_of

A, G = anthropic.types, types
# (provider, method, path) → the model of a whole answer, of an event, or of a row of a list
WHOLE = {
    ("openai", "POST", "/v1/chat/completions"): chat.ChatCompletion,
    ("openai", "POST", "/v1/responses"): responses.Response,
    ("openai", "POST", "/v1/responses/input_tokens"): responses.InputTokenCountResponse,
    ("openai", "GET", "/v1/responses/[^/]+"): responses.Response,
    ("openai", "GET", "/v1/models/[^/]+"): openai.types.Model,
    ("openai", "POST", "/v1/files"): openai.types.FileObject,
    ("openai", "GET", "/v1/files/[^/]+"): openai.types.FileObject,
    ("openai", "DELETE", "/v1/files/[^/]+"): openai.types.FileDeleted,
    ("openai", "POST", "/v1/embeddings"): openai.types.CreateEmbeddingResponse,
    ("openai", "POST", "/v1/images/.*"): openai.types.ImagesResponse,
    ("openai", "POST", "/v1/audio/transcriptions"): typing.Union[
        audio.Transcription, audio.TranscriptionVerbose
    ],
    ("openai", "POST", "/v1/batches.*"): openai.types.Batch,
    ("openai", "GET", "/v1/batches/[^/]+"): openai.types.Batch,
    ("anthropic", "POST", "/v1/messages"): A.Message,
    ("anthropic", "POST", "/v1/messages/count_tokens"): A.MessageTokensCount,
    ("anthropic", "POST", "/v1/messages/batches.*"): batch_types.MessageBatch,
    ("anthropic", "GET", "/v1/messages/batches/[^/]+"): batch_types.MessageBatch,
    ("anthropic", "DELETE", "/v1/messages/batches/[^/]+"): batch_types.DeletedMessageBatch,
    ("anthropic", "GET", "/v1/models/[^/]+"): A.ModelInfo,
    ("anthropic", "POST", "/v1/files"): A.FileMetadata,
    ("anthropic", "GET", "/v1/files/[^/]+"): A.FileMetadata,
    ("anthropic", "DELETE", "/v1/files/[^/]+"): A.DeletedFile,
    ("google", "POST", ".*:generateContent"): G.GenerateContentResponse,
    ("google", "POST", ".*:batchEmbedContents"): G.EmbedContentResponse,
    ("google", "POST", ".*:countTokens"): G.CountTokensResponse,
    ("google", "GET", ".*/files/[^/]+"): G.File,
    ("google", "GET", ".*/models/[^/]+"): G.Model,
    ("google", "GET", ".*/files"): G.ListFilesResponse,
    ("google", "GET", ".*/models"): G.ListModelsResponse,
}
EVENTS = {
    ("openai", "/v1/chat/completions"): chat.ChatCompletionChunk,
    ("openai", "/v1/responses"): responses.ResponseStreamEvent,
    ("openai", "/v1/audio/transcriptions"): audio.TranscriptionStreamEvent,
    ("anthropic", "/v1/messages"): A.RawMessageStreamEvent,
    ("google", "stream"): G.GenerateContentResponse,
}
ROWS = {
    "/v1/models": (openai.types.Model, A.ModelInfo),
    "/v1/files": (openai.types.FileObject, A.FileMetadata),
    "/v1/batches": (openai.types.Batch, None),
    "/v1/messages/batches": (None, batch_types.MessageBatch),
}
LINES = {"/v1/messages/batches/[^/]+/results": batch_types.MessageBatchIndividualResponse}
# What is no JSON, or has no model: downloads, speech, uploads in pieces, and answers that are dropped.
BARE = re.compile(
    r"POST /v1/audio/speech|GET /v1/files/[^/]+/content|DELETE .*/(responses|files)/[^/]+|POST /upload/.*"
)
LISTED = {"object", "data", "has_more", "first_id", "last_id"}


@pytest.fixture(scope="module")
def heard(local):
    """Return what was sent on the tour: (provider, method, path, body or None, events or None)."""
    sent, serve = [], local.serve

    def noted(request):
        response = serve(request)
        events = list(response.events) if response.events is not None else None
        if events is not None:
            response.events = iter(events)
        sent.append(
            (
                request.provider,
                request.method,
                request.path,
                response.payload() if events is None else None,
                events,
            )
        )
        return response

    local.serve = noted
    try:
        for provider, stops in tour.STOPS.items():
            for stop in stops:
                asyncio.run(stop(client_of(local, provider, True)))
    finally:
        del local.serve
    return sent


def in_google_models(raw: dict) -> dict:
    """Return a model as the SDK renames its fields, as its `_Model_from_mldev` says."""
    names = {"supportedGenerationMethods": "supportedActions"}
    return {names.get(name, name): value for name, value in raw.items()}


def sent_as(provider: str, method: str, path: str, body: bytes) -> list[str]:
    """Return the faults of one whole answer."""
    rows = ROWS.get(path) if method == "GET" and provider != "google" else None
    for pattern, shape in LINES.items():
        if re.fullmatch(pattern, path):
            return [
                fault for line in body.splitlines() for fault in shape_faults(shape, json.loads(line), path)
            ]
    raw = json.loads(body)
    if rows:
        shape = rows[0 if provider == "openai" else 1]
        return [f"{path}.{name}: unknown" for name in set(raw) - LISTED] + shape_faults(
            list[shape], raw["data"], path
        )
    shape = next(
        (
            shape
            for (owner, verb, pattern), shape in WHOLE.items()
            if (owner, verb) == (provider, method) and re.fullmatch(pattern, path)
        ),
        None,
    )
    if shape is None:
        return [f"{provider} {method} {path}: no model of the SDK is known for it: {body[:200]!r}"]
    if shape is openai.types.CreateEmbeddingResponse:  # which the SDK asks for packed, and unpacks
        raw["data"] = [
            {**row, "embedding": np.frombuffer(base64.b64decode(row["embedding"]), "<f4").tolist()}
            for row in raw["data"]
        ]
    if shape is G.Model:
        raw = in_google_models(raw)
    if shape is G.ListModelsResponse:
        raw = {**raw, "models": list(map(in_google_models, raw["models"]))}
    return shape_faults(shape, raw, path, google=provider == "google")


def told_by(events: list[bytes]) -> list:
    """Return the JSON of server-sent events; the mark of the end is none."""
    data = [line[6:] for event in events for line in event.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(one) for one in data if one != "[DONE]"]


def test_every_whole_answer_is_as_the_sdk_says(heard):
    whole = [
        (provider, method, path, body)
        for provider, method, path, body, events in heard
        if body is not None and not BARE.fullmatch(f"{method} {path}")
    ]
    assert len(whole) > 60
    found = [fault for one in whole for fault in sent_as(*one)]
    assert found == [], "\n".join(found)


def test_every_event_is_as_the_sdk_says(heard):
    streams = [
        (provider, path, told_by(events))
        for provider, method, path, _, events in heard
        if events is not None and not BARE.fullmatch(f"{method} {path}")
    ]
    assert len({(provider, path) for provider, path, _ in streams}) == len(EVENTS)
    for provider, path, told in streams:
        shape = EVENTS["google", "stream"] if provider == "google" else EVENTS[provider, path]
        assert (
            told
            and [
                fault for one in told for fault in shape_faults(shape, one, path, google=provider == "google")
            ]
            == []
        )


def test_every_event_of_anthropic_has_the_name_of_its_type(heard):
    named = [
        event for provider, _, _, _, events in heard if provider == "anthropic" and events for event in events
    ]
    for event in named:
        name = re.match(rb"event: (\w+)\n", event)
        assert name and json.loads(event.split(b"data: ", 1)[1])["type"] == name[1].decode()


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, 529])
def test_every_error_is_as_the_sdk_says(local, status):
    from mmlab.api.server import errors

    error = errors.ApiError(status, "what is wrong", "messages", "invalid_value")
    told = errors.body(error, "openai", "req_1")
    assert shape_faults(openai.types.shared.ErrorObject, told["error"]) == [] and set(told) == {"error"}
    told = errors.body(error, "anthropic", "req_1")
    assert shape_faults(ErrorResponse, told) == []
    told = errors.body(error, "google", "req_1")["error"]
    assert set(told) == {"code", "message", "status"} and told["code"] == status and told["status"].isupper()


class Inner(BaseModel):
    """A model in a model."""

    kind: typing.Literal["a", "b"]
    size: float


class Outer(BaseModel):
    """A model to walk."""

    name: str
    count: int
    inner: list[Inner]
    maybe: typing.Optional[dict[str, int]] = None


GOOD = {"name": "x", "count": 1, "inner": [{"kind": "a", "size": 2}], "maybe": None}


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"name": None},
        {"count": 1.5},
        {"count": True},
        {"count": "1"},
        {"maybe": {"a": "1"}},
        {"inner": {}},
        {"inner": [{"kind": "c", "size": 2}]},
        {"inner": [{"kind": "a", "size": 2, "more": 1}]},
        {"inner": [{"kind": "a"}]},
        {"inner": [None]},
    ],
)
def test_the_walk_finds_what_is_wrong(change):
    assert shape_faults(Outer, GOOD) == []
    assert len(shape_faults(Outer, {**GOOD, **change})) == 1
    assert shape_faults(Outer, {name: value for name, value in GOOD.items() if name != "count"}) == [
        ".count: missing"
    ]
