"""Whatever a server sends in place of a response: an answer or a CallFailed comes out, and nothing else."""

import copy
import itertools

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmlab.api.client import Answer, CallFailed, Tool, connect
from mmlab.api.client.asking import WIRES
from mmlab.errors import InputError
from test_client_live import CALLED, PROVIDERS, STREAMS, WHOLE, events

JUNK = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
    | st.just({})
)
PRICE = {"input": 1.0, "output": 1.0}


def places(value, path=()):
    """Yield the path of every place in nested data."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inside:
        yield from places(one, (*path, name))


def changed(value, path, junk, gone: bool):
    """Return nested data with other content at a path, or without that place."""
    value = copy.deepcopy(value)
    inside = value
    for step in path[:-1]:
        inside = inside[step]
    if gone:
        del inside[path[-1]]
    else:
        inside[path[-1]] = junk
    return value


def read_all(provider: str, raw) -> Answer | CallFailed:
    """Return what a client makes of a response, read without the SDK that would have carried it."""
    client = connect(provider, server="http://127.0.0.1:1", price=PRICE)
    job = client._job("hello", ())
    try:
        return job.answered(job.readable(raw))
    except CallFailed as failure:
        return failure


@pytest.mark.parametrize("provider", PROVIDERS)
@given(data=st.data())
def test_a_damaged_response_is_answered_or_told(provider, data):
    whole = data.draw(st.sampled_from([WHOLE[provider], CALLED[provider]]))
    path = data.draw(st.sampled_from(list(places(whole))))
    answer = read_all(provider, changed(whole, path, data.draw(JUNK), data.draw(st.booleans())))
    assert isinstance(answer, CallFailed) or isinstance(answer.text, str)


@pytest.mark.parametrize("provider", PROVIDERS)
@given(data=st.data())
def test_a_damaged_event_is_gathered_or_told(provider, data):
    listed = [one for one in STREAMS[provider] if isinstance(one, dict)]
    number = data.draw(st.integers(0, len(listed) - 1))
    path = data.draw(st.sampled_from(list(places(listed[number]))))
    listed[number] = changed(listed[number], path, data.draw(JUNK), data.draw(st.booleans()))
    client = connect(provider, server="http://127.0.0.1:1", price=PRICE)
    job, assembler = client._job("hello", ()), WIRES[provider].Assembler()

    class Event:
        def __init__(self, told):
            self.to_dict = lambda **options: told

    try:
        for event in listed:
            client._add(assembler, Event(event))
        assert isinstance(job.answered(job.whole(assembler)).text, str)
    except CallFailed as failure:
        assert failure.kind in ("garbled", "cut")


BODIES = (
    b"{}",
    b"[]",
    b"null",
    b"3",
    b'{"error": null}',
    b'{"candidates": 3, "content": 3, "choices": 3}',
    b"<html>",
    b"\xff\xfe",
    b"",
    b"data: 3\n\n",
)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("stream", [False, True])
def test_any_bytes_are_a_failure_that_is_told(provider, stream):
    """The SDKs let errors out that are not theirs: UnicodeDecodeError, TypeError, AttributeError."""
    coming: list[httpx2.Response] = []
    transport = httpx2.MockTransport(lambda request: coming.pop())
    client = connect(provider, server="http://127.0.0.1:1", transport=transport, retries=0)
    for status, kind, body in itertools.product(
        (200, 404, 500), ("application/json", "text/event-stream", ""), BODIES
    ):
        coming.append(httpx2.Response(status, content=body, headers={"content-type": kind} if kind else {}))
        with pytest.raises(CallFailed) as raised:
            client.ask("hello", stream=stream)
        assert raised.value.status_code == (None if status == 200 else status), (status, kind, body)


def test_a_mistake_in_the_question_is_not_taken_for_a_fault_of_the_server():
    sent: list[httpx2.Request] = []
    client = connect("google", server="http://127.0.0.1:1", transport=httpx2.MockTransport(sent.append))
    with pytest.raises(ValueError, match="description") as raised:
        client.ask("hello", tools=[Tool("f", 3)])
    assert not isinstance(raised.value, CallFailed) and sent == []
    with pytest.raises(InputError, match="ultra_high"):
        client.ask("hello", detail="best")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stream_that_stops_at_any_event_is_cut_unless_it_is_whole(provider):
    listed = STREAMS[provider]
    ended = {"openai": 4, "anthropic": 8, "google": 2}[provider]  # from there on nothing of the answer lacks
    for count in range(len(listed) + 1):
        text = events(provider, listed[:count])

        def answer(request, text=text):
            return httpx2.Response(200, text=text, headers={"content-type": "text/event-stream"})

        client = connect(
            provider, server="http://127.0.0.1:1", transport=httpx2.MockTransport(answer), retries=0
        )
        if count >= ended:
            assert client.ask("hello", stream=True).text == "A red circle on a white background."
        else:
            with pytest.raises(CallFailed) as raised:
                client.ask("hello", stream=True)
            assert raised.value.kind == "cut"
