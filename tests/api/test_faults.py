"""Faults on demand, and what the bare SDKs make of each."""

import json
import time

import anthropic
import httpx
import httpx2
import openai
import pytest
from google import genai
from google.genai import errors

from mmlab.api import server
from mmlab.api.server.faults import HEADER, NAMES, planned
from mmlab.errors import InputError

MODEL = "mm-vision"
USER = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def asking(local):
    """Return provider → a call that asks once without retrying, whole or as a stream."""
    of_openai = openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0, timeout=1)
    of_anthropic = anthropic.Anthropic(
        base_url=local.anthropic_base_url, api_key="any", max_retries=0, timeout=1
    )
    google = genai.Client(api_key="any", http_options={"base_url": local.gemini_base_url, "timeout": 1000})

    def ask(provider: str, streamed: bool = False):
        if provider == "openai":
            answer = of_openai.chat.completions.create(model=MODEL, messages=USER, stream=streamed)
        elif provider == "anthropic":
            answer = of_anthropic.messages.create(model=MODEL, max_tokens=50, messages=USER, stream=streamed)
        else:
            call = google.models.generate_content_stream if streamed else google.models.generate_content
            answer = call(model=MODEL, contents="hello")
        return list(answer) if streamed else answer

    return ask


PROVIDERS = ("openai", "anthropic", "google")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_status_is_the_sdks_typed_error(local, asking, provider, status):
    with local.faults(str(status)), pytest.raises(Exception) as raised:
        asking(provider)
    wanted = {
        "openai": openai.APIStatusError,
        "anthropic": anthropic.APIStatusError,
        "google": errors.APIError,
    }
    assert isinstance(raised.value, wanted[provider])
    assert getattr(raised.value, "status_code", None) or raised.value.code == status
    assert asking(provider)


def test_retry_after_is_sent_and_honoured(local):
    client = openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=2)
    with local.faults("429:0.2*2"):
        start, before = time.monotonic(), local.requests
        assert client.chat.completions.create(model=MODEL, messages=USER)
        assert local.requests - before == 3 and time.monotonic() - start >= 0.4
    with local.faults("429"), pytest.raises(openai.RateLimitError) as raised:
        client.with_options(max_retries=0).chat.completions.create(model=MODEL, messages=USER)
    assert "retry-after" not in raised.value.response.headers


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", ["reset", "broken", "timeout:0.2", "timeout:30"])
def test_a_lost_connection_is_an_error(local, asking, provider, fault):
    wanted = {
        "openai": openai.APIConnectionError,
        "anthropic": anthropic.APIConnectionError,
        "google": httpx2.TransportError,
    }
    with local.faults(fault), pytest.raises(wanted[provider]):
        asking(provider)
    assert asking(provider)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", ["cut", "broken"])
def test_a_stream_that_ends_early_lacks_its_end(local, asking, provider, fault):
    whole = asking(provider, streamed=True)
    with local.faults(fault):
        if fault == "cut":  # ends cleanly: the bare SDKs do not notice
            assert 0 < len(asking(provider, streamed=True)) < len(whole)
        else:
            # Anthropic's and Google's SDKs let their transport's own error out.
            with pytest.raises(openai.APIConnectionError if provider == "openai" else httpx2.TransportError):
                asking(provider, streamed=True)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_refusals_have_three_shapes(local, asking, provider):
    with local.faults("refusal"):
        answer = asking(provider)
    if provider == "openai":
        message = answer.choices[0].message
        assert message.refusal and message.content is None
    elif provider == "anthropic":
        assert answer.stop_reason == "refusal" and answer.content == []
    else:
        assert answer.prompt_feedback.block_reason == "SAFETY" and not answer.candidates


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_empty_answer_has_no_text(local, asking, provider):
    with local.faults("empty"):
        answer = asking(provider)
    texts = {
        "openai": lambda: answer.choices[0].message.content,
        "google": lambda: answer.text,
        "anthropic": lambda: "".join(block.text for block in answer.content),
    }
    assert not texts[provider]()


def raw(local, fault: str) -> httpx.Response:
    return httpx.post(
        f"{local.openai_base_url}/chat/completions",
        json={"model": MODEL, "messages": USER},
        headers={"Authorization": "Bearer any", HEADER: fault},
    )


def test_truncated_json_html_and_slow_bytes_come_as_told(local):
    answer = raw(local, "truncated")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert raw(local, "html").headers["content-type"] == "text/html"
    start = time.monotonic()
    assert raw(local, "slow:0.1").json()["choices"] and time.monotonic() - start >= 0.2


def test_a_header_asks_for_one_request_and_a_wrong_one_is_told(local):
    assert raw(local, "503").status_code == 503
    answer = raw(local, "earthquake")
    assert answer.status_code == 400 and "429" in answer.json()["error"]["message"]


def test_a_plan_is_used_up_in_order_and_dropped_at_the_end(local):
    with local.faults("500, 429*2"):
        assert [raw(local, "").status_code for _ in range(4)] == [500, 429, 429, 200]
    with local.faults("500*always"):
        assert [raw(local, "").status_code for _ in range(3)] == [500] * 3
    assert raw(local, "").status_code == 200


def test_a_server_can_start_with_a_plan():
    with server.running(faults="503") as faulty:
        assert [raw(faulty, "").status_code for _ in range(2)] == [503, 200]


@pytest.mark.parametrize("plan", ["boom", "429:x", "500:3", "429**2", "cut*-1"])
def test_a_plan_of_no_known_fault_is_told(plan):
    with pytest.raises(InputError, match="fault"):
        planned(plan)


def test_every_fault_is_planned():
    assert [fault.name for fault, _ in planned(", ".join(NAMES))] == list(NAMES)
