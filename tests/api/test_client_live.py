"""With MMLAB_LIVE=1 and a key the same client meets the provider: here its answers as they were recorded.

The SDKs run unmodified over a transport that looks at each request and plays back a
recorded shape; nothing leaves this machine.
"""

import asyncio
import json
import subprocess
import sys

import httpx2
import pytest

from api_strategies import PNG, b64
from mmlab.api.catalog import model_for, price_of
from mmlab.api.client import CallFailed, Result, Tool, connect
from mmlab.api.client.connection import LIVE_CAP
from mmlab.errors import InputError, MissingPart

PROVIDERS = ("openai", "anthropic", "google")
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "google": "GEMINI_API_KEY"}
SECRET = "key-that-must-not-be-told"
HOSTS = {
    "openai": ("api.openai.com", "/v1/chat/completions", "authorization", f"Bearer {SECRET}"),
    "anthropic": ("api.anthropic.com", "/v1/messages", "authorization", f"Bearer {SECRET}"),
    "google": ("generativelanguage.googleapis.com", ":generateContent", "x-goog-api-key", SECRET),
}
TEXT = "A red circle on a white background."
WHOLE = {
    "openai": {
        "id": "chatcmpl-CfT9",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-5.5-2026-08-01",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": TEXT, "refusal": None, "annotations": []},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 1200,
            "completion_tokens": 60,
            "total_tokens": 1260,
            "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 40,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": None,
    },
    "anthropic": {
        "id": "msg_01XF",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [
            {"type": "thinking", "thinking": "A picture.", "signature": "EqQB"},
            {"type": "text", "text": TEXT},
        ],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 100,
            "cache_creation_input_tokens": 76,
            "cache_read_input_tokens": 1024,
            "output_tokens": 60,
            "service_tier": "standard",
        },
    },
    "google": {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "A picture.", "thought": True},
                        {"text": TEXT, "thoughtSignature": "Cs4BAb4="},
                    ],
                    "role": "model",
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 1200,
            "candidatesTokenCount": 20,
            "thoughtsTokenCount": 40,
            "totalTokenCount": 1260,
            "cachedContentTokenCount": 1024,
            "promptTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
        },
        "modelVersion": "gemini-3.5-flash",
        "responseId": "abc",
    },
}
REFUSED = {
    "openai": (
        429,
        {"retry-after": "3"},
        {
            "error": {
                "message": "Rate limit reached for gpt-5.5",
                "type": "tokens",
                "param": None,
                "code": "rate_limit_exceeded",
            }
        },
    ),
    "anthropic": (
        529,
        {"retry-after-ms": "2500"},
        {
            "type": "error",
            "error": {"type": "overloaded_error", "message": "Overloaded"},
            "request_id": "req_011",
        },
    ),
    "google": (
        503,
        {},
        {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}},
    ),
}


class Recorded:
    """A transport that answers from a list, and keeps the requests that it saw."""

    def __init__(self, *answers):
        self.answers, self.seen = list(answers), []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            status, headers, body = answer
            return httpx2.Response(status, headers=headers, json=body)
        if isinstance(answer, str):
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, text=answer)
        return httpx2.Response(200, json=answer)


@pytest.fixture
def live(monkeypatch):
    """Return a function that connects to a provider's recorded answers, keys and the switch being set."""
    monkeypatch.setenv("MMLAB_LIVE", "1")
    for name in KEYS.values():
        monkeypatch.setenv(name, SECRET)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)

    def connected(provider: str, *answers, **more):
        recorded = Recorded(*answers)
        client = connect(
            provider, transport=httpx2.MockTransport(recorded), sleep=lambda seconds: None, **more
        )
        return client, recorded

    return connected


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("awaited", [False, True])
def test_the_provider_is_asked_and_read(live, provider, awaited):
    client, recorded = live(provider, WHOLE[provider])
    question = ("What is this?", [PNG])
    answer = asyncio.run(client.ask_async(*question)) if awaited else client.ask(*question)
    assert (answer.text, answer.ending) == (TEXT, "stop")
    assert (answer.usage.input, answer.usage.output, answer.usage.cached) == (1200, 60, 1024)
    price = price_of(model_for("vision", provider), 1200)
    assert answer.cost == pytest.approx(
        (176 * price["input"] + 1024 * price["cached"] + 60 * price["output"]) / 1e6
    )
    host, path, header, key = HOSTS[provider]
    (request,) = recorded.seen
    assert request.url.host == host and request.url.path.endswith(path) and request.headers[header] == key
    sent = request.content.decode()
    picture = b64() if provider != "google" else b64().replace("+", "-").replace("/", "_")
    assert model_for("vision", provider) in sent + request.url.path
    assert picture in sent or b64() in sent
    assert client.live and "live" in str(client) and SECRET not in str(client) + repr(answer)


STREAMS = {
    "openai": [
        {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "gpt-5.5",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
            "usage": None,
        }
        for delta, reason in (
            ({"role": "assistant", "content": ""}, None),
            ({"content": TEXT[:12]}, None),
            ({"content": TEXT[12:]}, None),
            ({}, "stop"),
        )
    ]
    + [
        {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "gpt-5.5",
            "choices": [],
            "usage": WHOLE["openai"]["usage"],
        },
        "[DONE]",
    ],
    "anthropic": [
        {
            "type": "message_start",
            "message": {
                **WHOLE["anthropic"],
                "content": [],
                "stop_reason": None,
                "usage": {**WHOLE["anthropic"]["usage"], "output_tokens": 1},
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": TEXT[:12]}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": TEXT[12:]}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 60},
        },
        {"type": "message_stop"},
    ],
    "google": [
        {"candidates": [{"content": {"parts": [{"text": TEXT[:12]}], "role": "model"}, "index": 0}]},
        {
            **WHOLE["google"],
            "candidates": [
                {
                    "content": {"parts": [{"text": TEXT[12:]}], "role": "model"},
                    "finishReason": "STOP",
                    "index": 0,
                }
            ],
        },
    ],
}


def events(provider: str, listed) -> str:
    """Return a stream as the provider sends it."""
    name = (lambda one: f"event: {one['type']}\n") if provider == "anthropic" else (lambda one: "")
    return "".join(
        f"{name(one)}data: {one if isinstance(one, str) else json.dumps(one)}\n\n" for one in listed
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stream_is_read_and_one_that_ends_early_is_not_taken_for_whole(live, provider):
    whole = events(provider, STREAMS[provider])
    client, _ = live(provider, whole)
    stream = client.stream("What is this?", [PNG])
    assert "".join(stream) == TEXT and stream.answer.usage.output == 60
    short = STREAMS[provider][: {"openai": 3, "anthropic": 5, "google": 1}[provider]]
    client, recorded = live(provider, events(provider, short), whole)
    with pytest.raises(CallFailed) as raised:
        list(client.stream("What is this?", [PNG]))
    assert raised.value.kind == "cut" and len(recorded.seen) == 1
    assert client.ask("What is this?", [PNG], stream=True).text == TEXT


ENDED = {
    "openai": 'data: {"error": {"message": "The server had an error", "type": "server_error", "code": null}}\n\n',
    "anthropic": 'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n',
    "google": 'data: {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}\n\n',
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_error_in_the_middle_of_a_stream_is_told_and_may_have_been_billed(live, provider):
    ended = (
        events(provider, STREAMS[provider][: {"openai": 2, "anthropic": 4, "google": 1}[provider]])
        + ENDED[provider]
    )
    client, _ = live(provider, ended, ended, events(provider, STREAMS[provider]))
    stream = client.stream("What is this?", [PNG])
    assert next(stream) == TEXT[:12]
    with pytest.raises(CallFailed) as raised:
        list(stream)
    assert raised.value.kind == ("server" if provider == "openai" else "overloaded") and raised.value.passing
    assert stream.answer is None and client.budget.spent > 0
    assert client.ask("What is this?", [PNG], stream=True).tries == 2


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refused_request_is_asked_again_as_its_headers_say(live, provider):
    waits = []
    client, recorded = live(provider, REFUSED[provider], WHOLE[provider])
    client._sleep = waits.append
    assert client.ask("What is this?", [PNG]).text == TEXT and len(recorded.seen) == 2
    asked = {"openai": 3.0, "anthropic": 2.5}.get(provider)
    assert waits == [asked] if asked else 0.375 <= waits[0] <= 0.5
    client, recorded = live(provider, *[REFUSED[provider]] * 4)
    with pytest.raises(CallFailed) as raised:
        client.ask("What is this?", [PNG])
    assert len(recorded.seen) == raised.value.tries == 4 and SECRET not in str(raised.value)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_proxy_is_not_asked_for_the_local_server(local, monkeypatch, provider):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    client = connect(provider, server=local, retries=0)
    assert client.ask("hello").text and asyncio.run(client.ask_async("hello")).text


@pytest.mark.parametrize("date", ["Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-3"])
def test_other_words_of_retry_after_are_read_or_passed_over(live, date):
    status, _, body = REFUSED["openai"]
    client, _ = live("openai", (status, {"retry-after": date}, body), retries=0)
    with pytest.raises(CallFailed) as raised:
        client.ask("hello")
    assert raised.value.retry_after in (None, 0.0)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_connection_that_is_lost_is_tried_again(live, provider):
    lost = httpx2.ConnectError("no route"), httpx2.ReadTimeout("too long")
    client, recorded = live(provider, *lost, WHOLE[provider])
    assert client.ask("hello").tries == 3 == len(recorded.seen)


TOOL = Tool("look_up", "Look a name up", {"type": "object", "properties": {"name": {"type": "string"}}})
CALLED = {
    "openai": {
        **WHOLE["openai"],
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": None,
                    "refusal": None,
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "look_up", "arguments": '{"name": "x"}'},
                        }
                    ],
                },
            }
        ],
    },
    "anthropic": {
        **WHOLE["anthropic"],
        "stop_reason": "tool_use",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"},
            {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"name": "x"}},
        ],
    },
    "google": {
        **WHOLE["google"],
        "candidates": [
            {
                "finishReason": "STOP",
                "index": 0,
                "content": {
                    "role": "model",
                    "parts": [
                        {
                            "functionCall": {"name": "look_up", "args": {"name": "x"}, "id": "f1"},
                            "thoughtSignature": "Cs4BAb4=",
                        }
                    ],
                },
            }
        ],
    },
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_the_model_said_goes_back_as_it_came(live, provider):
    """Signatures of thoughts have to come back with the calls that they belong to."""
    client, recorded = live(provider, CALLED[provider], WHOLE[provider])
    asked = client.ask("Look x up.", tools=[TOOL])
    assert asked.ending == "call" and asked.calls[0].arguments == {"name": "x"}
    answer = client.ask(results=[Result(asked.calls[0], {"found": 3})], history=asked.turns, tools=[TOOL])
    assert answer.text == TEXT
    sent = recorded.seen[1].content.decode()
    assert {"openai": "call_1", "anthropic": "EqQB", "google": "Cs4BAb4"}[
        provider
    ] in sent and "found" in sent


@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_a_key_it_says_what_to_set(live, monkeypatch, provider):
    monkeypatch.setenv(KEYS[provider], " ")
    with pytest.raises(MissingPart) as raised:
        connect(provider)
    assert KEYS[provider] in str(raised.value) and "unset MMLAB_LIVE" in str(raised.value)


def test_a_live_client_has_a_cap_unless_told_otherwise(live):
    client, recorded = live("openai", WHOLE["openai"])
    assert client.budget.dollars == LIVE_CAP
    with pytest.raises(InputError, match="the rest of"):
        client.ask("hello", max_tokens=1_000_000)
    assert recorded.seen == [] and live("openai", budget=0.1)[0].budget.dollars == 0.1


def test_a_given_server_is_asked_even_then(live, local):
    assert connect("openai", server=local).ask("hello").text


def test_off_is_off(monkeypatch):
    monkeypatch.setenv("MMLAB_LIVE", "0")
    assert not connect("openai").live


def test_no_key_is_in_the_trace(live, tmp_path):
    client, _ = live("openai", WHOLE["openai"], trace=tmp_path / "trace.jsonl")
    client.ask("What is this?", [PNG])
    assert SECRET not in (tmp_path / "trace.jsonl").read_text()
    assert client.trace.lines()[0]["gen_ai.response.model"] == "gpt-5.5-2026-08-01"


def test_the_switch_alone_asks_nobody():
    """Without a key, and with the switch on, the message comes before any request or server."""
    code = "import mmlab.api.client as c; c.connect('anthropic')"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"MMLAB_LIVE": "1", "PATH": "/usr/bin:/bin"},
        timeout=60,
    )
    assert run.returncode == 1 and "ANTHROPIC_API_KEY" in run.stderr and "try:" in run.stderr
