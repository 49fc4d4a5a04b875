"""Batches through the SDKs: each request is answered as it would be alone."""

import json

import anthropic
import openai
import pytest

from api_strategies import faults
from mmlab.api.server.batches import MAX_REQUESTS

USER = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def clients(local):
    return (
        openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0),
        anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0),
    )


def line(name: str, model: str = "mm-vision", url: str = "/v1/chat/completions") -> bytes:
    return (
        json.dumps(
            {"custom_id": name, "method": "POST", "url": url, "body": {"model": model, "messages": USER}}
        ).encode()
        + b"\n"
    )


def begun(client, data: bytes):
    file = client.files.create(file=("batch.jsonl", data), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )


def test_openais_answers_and_errors_come_in_two_files(clients):
    client = clients[0]
    batch = begun(client, line("good") + line("bad", "nope"))
    states = [batch.status] + [client.batches.retrieve(batch.id).status for _ in range(2)]
    assert states == ["in_progress", "in_progress", "completed"]
    raw = client.batches.with_raw_response.retrieve(batch.id).http_response.json()
    assert faults(openai.types.Batch, raw) == [] and raw["request_counts"] == {
        "total": 2,
        "completed": 1,
        "failed": 1,
    }
    good = json.loads(client.files.content(raw["output_file_id"]).read())
    alone = client.chat.completions.create(model="mm-vision", messages=USER)
    told = good["response"]["body"]["choices"][0]["message"]["content"]
    assert (good["custom_id"], told) == ("good", alone.choices[0].message.content)
    bad = json.loads(client.files.content(raw["error_file_id"]).read())
    assert (bad["custom_id"], bad["response"]["status_code"]) == ("bad", 404)
    assert batch.id in [one.id for one in client.batches.list()]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no json\n",
        line("a") + line("a"),
        line("a", url="/v1/embeddings"),
        b"{}\n",
        b"".join(line(str(number)) for number in range(MAX_REQUESTS + 1)),
    ],
)
def test_a_wrong_file_is_refused(clients, data):
    with pytest.raises(openai.BadRequestError):
        begun(clients[0], data)


def test_anthropics_results_are_lines(clients):
    batches = clients[1].messages.batches
    params = {"model": "mm-vision", "max_tokens": 50, "messages": USER}
    asked = [
        {"custom_id": "good", "params": params},
        {"custom_id": "bad", "params": {**params, "model": "nope"}},
    ]
    batch = batches.create(requests=asked)
    with pytest.raises(anthropic.AnthropicError):
        batches.results(batch.id)  # which asks for the state first: a look
    assert [batch.processing_status, batches.retrieve(batch.id).processing_status] == ["in_progress", "ended"]
    raw = batches.with_raw_response.retrieve(batch.id).http_response.json()
    assert faults(anthropic.types.messages.MessageBatch, raw) == []
    good, bad = batches.results(batch.id)
    assert (good.custom_id, good.result.type) == ("good", "succeeded") and good.result.message.content[0].text
    assert (bad.custom_id, bad.result.type, bad.result.error.error.type) == (
        "bad",
        "errored",
        "not_found_error",
    )


def test_batches_can_be_cancelled_before_they_end(clients):
    batch = begun(clients[0], line("a"))
    assert clients[0].batches.cancel(batch.id).status == "cancelled"
    with pytest.raises(openai.ConflictError):
        clients[0].batches.cancel(batch.id)
    params = {"model": "mm-vision", "max_tokens": 50, "messages": USER}
    batches = clients[1].messages.batches
    other = batches.create(requests=[{"custom_id": "a", "params": params}])
    assert batches.cancel(other.id).request_counts.canceled == 1
    assert [one.result.type for one in batches.results(other.id)] == ["canceled"]
