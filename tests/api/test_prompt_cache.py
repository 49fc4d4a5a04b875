"""Anthropic's prompt cache and ways of ending, as the SDK tells of them."""

import anthropic
import pytest

from api_strategies import PNG, b64, faults
from mmlab.api.server.anthropic.cache import LOOKBACK, Cached, PromptCache, Span

MODEL = "mm-vision"
MARK, LONG = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
FOREWORD = "A rule of the house, to be kept. " * 200  # 1650 tokens


@pytest.fixture(scope="module")
def client(local):
    return anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)


def usage(client, system, question="hello", **more):
    """Return (plain, written, read) tokens of a prompt."""
    message = client.messages.create(
        model=MODEL, max_tokens=50, system=system, messages=[{"role": "user", "content": question}], **more
    )
    told = message.usage
    parts = told.cache_creation.ephemeral_5m_input_tokens, told.cache_creation.ephemeral_1h_input_tokens
    assert sum(parts) == told.cache_creation_input_tokens
    return told.input_tokens, told.cache_creation_input_tokens, told.cache_read_input_tokens


def block(text: str, mark: dict | None = None) -> dict:
    return {"type": "text", "text": text, **({"cache_control": mark} if mark else {})}


def test_what_is_written_once_is_read_afterwards(client):
    system = [block("once. " + FOREWORD, MARK)]
    assert usage(client, system) == (5, 1652, 0)
    assert usage(client, system, "another question") == (7, 0, 1652)
    assert usage(client, [block("else. " + FOREWORD, MARK)])[2] == 0
    total = client.messages.count_tokens(
        model=MODEL, system=system, messages=[{"role": "user", "content": "hello"}]
    )
    assert total.input_tokens == 1657


def test_nothing_is_kept_unasked_or_of_a_short_prompt(client):
    for system in ([block("unasked. " + FOREWORD)], [block("A short rule.", MARK)]):
        assert [usage(client, system)[1:] for _ in range(2)] == [(0, 0)] * 2


def test_a_change_before_the_mark_is_another_beginning_and_one_after_it_is_not(client):
    tool = {"name": "note", "description": "Keep a note", "input_schema": {"type": "object"}}
    system = [block("changes. " + FOREWORD, MARK)]
    assert usage(client, system)[1] > 0
    assert usage(client, system, tools=[tool])[2] == 0  # tools come first
    assert usage(client, [*system, block("And this too.")])[2] > 0


def test_a_longer_conversation_reads_the_shorter_one(client):
    turns = [{"role": "user", "content": [block("turns. " + FOREWORD, MARK)]}]
    first = client.messages.create(model=MODEL, max_tokens=50, messages=turns).usage
    turns += [
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": [block("And now?", MARK)]},
    ]
    second = client.messages.create(model=MODEL, max_tokens=50, messages=turns).usage
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens > 0
    assert 0 < second.cache_creation_input_tokens < 20 and second.input_tokens == 0


def test_the_whole_request_can_be_marked_and_kept_for_an_hour(client):
    system = "whole. " + FOREWORD
    told = client.messages.create(
        model=MODEL,
        max_tokens=50,
        system=system,
        cache_control=LONG,
        messages=[{"role": "user", "content": "hello"}],
    ).usage
    assert told.cache_creation.ephemeral_1h_input_tokens > 1650 and told.input_tokens == 0
    assert usage(client, system, cache_control=LONG)[2] == told.cache_creation_input_tokens


def test_no_answer_is_given_where_none_is_wanted(client):
    message = client.messages.create(
        model=MODEL,
        max_tokens=0,
        system=[block("warm. " + FOREWORD, MARK)],
        messages=[{"role": "user", "content": "hello"}],
    )
    assert (message.content, message.stop_reason, message.usage.output_tokens) == ([], "max_tokens", 0)
    assert usage(client, [block("warm. " + FOREWORD, MARK)])[2] > 1650


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (
            [block(str(number), MARK) for number in range(5)],
            "maximum of 4 blocks with cache_control may be provided. Found 5",
        ),
        ([block("a", MARK), block("b", LONG)], "system.1.cache_control.ttl: a ttl='1h'"),
        ([block("a", {"type": "eternal"})], "cache_control.type: Input should be 'ephemeral'"),
        ([block("a", {"type": "ephemeral", "ttl": "2h"})], "cache_control.ttl: Input should be '5m' or '1h'"),
        ([block("a", {"type": "ephemeral", "days": 2})], "Extra inputs"),
    ],
)
def test_a_wrong_mark_is_refused(client, system, said):
    with pytest.raises(anthropic.BadRequestError) as raised:
        usage(client, system)
    assert said in raised.value.body["error"]["message"]


def spans(*marked: int, blocks: int) -> list[Span]:
    return [Span({"text": str(n)}, 2000, "5m" if n in marked else None) for n in range(blocks)]


def test_what_is_kept_is_forgotten_in_time_and_use_makes_it_last():
    now = [0.0]
    kept = PromptCache(clock=lambda: now[0])
    assert kept.use(MODEL, spans(0, blocks=1)) == Cached(0, 2000, 0)
    for now[0] in (200.0, 400.0, 600.0):
        assert kept.use(MODEL, spans(0, blocks=1)) == Cached(2000, 0, 0)
    now[0] = 901.0
    assert kept.use(MODEL, spans(0, blocks=1)).read == 0
    assert kept.use("mm-vision-mini", spans(0, blocks=1)).read == 0


def test_a_beginning_is_found_only_near_a_mark():
    kept = PromptCache(clock=lambda: 0.0)
    kept.use(MODEL, spans(0, blocks=1))
    assert kept.use(MODEL, spans(LOOKBACK, blocks=LOOKBACK + 1)).read == 2000
    kept = PromptCache(clock=lambda: 0.0)
    kept.use(MODEL, spans(0, blocks=1))
    assert kept.use(MODEL, spans(LOOKBACK + 1, blocks=LOOKBACK + 2)).read == 0


def test_every_ending_has_its_reason(local, client):
    def ended(text="hello", **more):
        content = [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64(PNG)}},
            {"type": "text", "text": text},
        ]
        told = {"model": MODEL, "max_tokens": 200, "messages": [{"role": "user", "content": content}], **more}
        return client.messages.create(**told)

    assert ended().stop_reason == "end_turn"
    assert ended(max_tokens=1).stop_reason == "max_tokens"
    stopped = ended("Describe it.", stop_sequences=[" a "])
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", " a ")
    tool = {"name": "note", "input_schema": {"type": "object"}}
    assert ended(tools=[tool], tool_choice={"type": "any"}).stop_reason == "tool_use"
    with local.faults("refusal"):
        refused = ended()
    assert (refused.stop_reason, refused.content) == ("refusal", [])
    assert refused.stop_details.type == "refusal" and refused.stop_details.explanation
    nearly = "x" * 4 * (128_000 - 40)
    full = ended("Describe it.", system=nearly, max_tokens=200)
    assert full.stop_reason == "model_context_window_exceeded" and full.content[0].text
    assert faults(anthropic.types.Message, refused.to_dict(mode="json")) == []


def test_a_system_message_may_follow_a_users(client):
    turns = [{"role": "user", "content": "hello"}, {"role": "system", "content": "Answer in one word."}]
    assert client.messages.create(model=MODEL, max_tokens=50, messages=turns).content
    for wrong in (turns[1:], [turns[0], {"role": "assistant", "content": "Yes."}, turns[1]]):
        with pytest.raises(anthropic.BadRequestError, match="role"):
            client.messages.create(model=MODEL, max_tokens=50, messages=wrong)
