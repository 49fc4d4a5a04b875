"""What goes wrong with a question is told as one kind of failure, with the SDK's own error as its cause."""

import subprocess
import sys

import openai
import pytest

from api_strategies import PNG, SCENE
from mmlab.api import server
from mmlab.api.client import Call, CallFailed, Usage, connect
from mmlab.errors import InputError, MissingPart
from mmlab.world import render

PROVIDERS = ("openai", "anthropic", "google")
HOW_MANY = "How many shapes are there? Answer in one word."
PIXELS = render([SCENE], 128)[0]


@pytest.mark.parametrize(
    ("kind", "changes", "model"), [("key", {"key": "wrong"}, None), ("model", {}, "mm-nothing")]
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_request_fails_at_once_and_says_how(provider, kind, changes, model):
    with server.running(key="right") as strict:
        client = connect(provider, server=strict, model=model, **changes)
        with pytest.raises(CallFailed) as raised:
            client.ask(HOW_MANY, [PIXELS])
        assert raised.value.tries == 1 and strict.requests == 1
    assert raised.value.kind == kind  # Google answers a wrong key with 400, and says so in words alone
    assert raised.value.status_code in (400, 401, 404) and not raised.value.passing
    assert raised.value.__cause__ is not None and "try:" in str(raised.value)


def test_the_sdks_own_error_is_the_cause(local):
    client = connect("openai", server=local, retries=0)
    with local.faults("429:7"), pytest.raises(CallFailed) as raised:
        client.ask("hello")
    assert isinstance(raised.value.__cause__, openai.RateLimitError)
    assert (raised.value.kind, raised.value.status_code, raised.value.retry_after) == ("rate_limit", 429, 7.0)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_retired_model_is_told(provider):
    with server.running(retired=["mm-vision"]) as changed:
        moved = connect(provider, server=changed)
        with pytest.raises(CallFailed) as raised:
            moved.ask(HOW_MANY, [PIXELS])
    assert (raised.value.kind, raised.value.status_code) == ("model", 404)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({}, "no text and no attachment"),
        ({"text": "x", "images": PIXELS}, "images is one ndarray"),
        ({"text": "x", "images": PNG}, "images is one bytes"),
        ({"text": "x", "images": ["/no/such/file"]}, "image at"),
        ({"text": "x", "documents": [b"no"]}, "PDF"),
        ({"text": "x", "schema": 3}, "schema=3"),
    ],
)
def test_what_cannot_be_asked_is_told_before_it_is_sent(local, ask, said):
    before = local.requests
    with pytest.raises(InputError, match=said):
        connect("openai", server=local).ask(**ask)
    assert local.requests == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"provider": "gemini"}, "google"),
        ({"role": "vison"}, "vison"),
        ({"retries": -1}, "retries=-1"),
        ({"budget": 0}, "Budget"),
        ({"parts": {"retry": print}}, "retry_policy"),
        ({"model": "new", "budget": 1}, "price"),
    ],
)
def test_a_wrong_connection_is_told(local, more, said):
    with pytest.raises(InputError, match=said):
        connect(**{"server": local, **more})


def test_a_server_of_its_own_is_started_once():
    one, two = connect("openai"), connect("anthropic")
    assert one.ask("hello").text and two.ask("hello").text
    assert one.sdk.base_url.port == two.sdk.base_url.port
    assert str(one).startswith("Client(openai, mm-vision, http://127.0.0.1:")


def test_a_missing_sdk_gives_its_pip_line(local, monkeypatch):
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(MissingPart, match=r"pip install mmlab\[api\]"):
        connect("anthropic", server=local).ask("hello")


def test_the_room_imports_no_sdk_and_no_torch():
    code = (
        "import sys, mmlab.api.client as c; c.connect, c.Client, c.messages, c.retry, c.replies; "
        "heavy = {'torch', 'openai', 'anthropic', 'google.genai', 'httpx', 'httpx2', 'matplotlib'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_calls_and_usage_are_plain_values():
    assert Call("f", {"a": 1}) == Call("f", {"a": 1}, "")
    assert sum([Usage(1, 2), Usage(3, 4, 5)], Usage()) == Usage(4, 6, 5)
