"""What the local server offers programs of others: aliases, canned replies, a log, limits, other hosts, pauses."""

import http.client
import json
import re
import time
from pathlib import Path

import anthropic
import openai
import pytest
from google import genai

from api_strategies import PNG, SCENE, b64
from mmlab.api import server
from mmlab.api.server.messages import pieces
from mmlab.errors import InputError

URL = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + b64()}}


PAGE = Path(__file__).parents[2] / "book" / "local_server.md"
EXAMPLES = [code for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)]
EXAMPLES = [code for code in EXAMPLES if "server.running" in code and "litellm" not in code]


@pytest.mark.parametrize("code", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_page_run(code, capsys):
    exec(compile(code, str(PAGE), "exec"), {"__name__": "example"})
    assert capsys.readouterr().out.strip()


def openai_at(local) -> openai.OpenAI:
    """Return OpenAI's client for a server."""
    return openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0)


def claude_at(local) -> anthropic.Anthropic:
    """Return Anthropic's client for a server."""
    return anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)


def chat(local, text: str = "What is in this image?", *parts, model: str = "mm-vision", **options):
    """Return the reply to a message of a text and other parts."""
    content = [{"type": "text", "text": text}, *parts]
    messages = [{"role": "user", "content": content}]
    return openai_at(local).chat.completions.create(model=model, messages=messages, **options)


def plain(local, method: str, path: str, host: str | None = None) -> tuple[int, dict]:
    """Return the status and the JSON of a request without a key."""
    link = http.client.HTTPConnection("127.0.0.1", local.server_address[1], timeout=30)
    link.request(method, path, headers={"Host": host} if host else {})
    response = link.getresponse()
    return response.status, json.loads(response.read())


def test_an_alias_answers_like_its_model_under_its_own_name():
    with server.running(aliases={"gpt-4o": "mm-vision"}) as local:
        reply = chat(local, "How many shapes are there?", URL, model="gpt-4o")
        own = chat(local, "How many shapes are there?", URL)
        assert reply.model == "gpt-4o" and reply.choices[0].message == own.choices[0].message
        assert "gpt-4o" in {model.id for model in openai_at(local).models.list()}
        with pytest.raises(openai.NotFoundError):
            chat(local, model="gpt-4o-mini")
    with pytest.raises(InputError, match="gpt-4o=gpt-5"):
        server.start(aliases={"gpt-4o": "gpt-5"})


def test_a_star_serves_every_name_in_all_protocols(mmlab_server):
    assert chat(mmlab_server, model="gpt-9").model == "gpt-9"
    message = claude_at(mmlab_server).messages.create(
        model="claude-next", max_tokens=50, messages=[{"role": "user", "content": "Hello."}]
    )
    assert message.model == "claude-next"
    google = genai.Client(api_key="any", http_options={"base_url": mmlab_server.gemini_base_url})
    assert google.models.generate_content(model="gemini-next", contents="Hello.").text
    assert google.models.embed_content(model="gemini-embedding-001", contents="Hello.").embeddings[0].values


def test_canned_replies_by_prompt_and_image(tmp_path):
    (tmp_path / "scene.png").write_bytes(PNG)
    entries = [
        {"contains": "capital of FRANCE", "reply": "Paris"},
        {"pattern": r"^count\b", "image": "scene.png", "reply": {"count": 7}},
        {"contains": "once", "reply": "the first time", "times": 1},
        {"model": "gpt-4o", "calls": [{"name": "look_up", "arguments": {"id": 7}}]},
        {"image": "none", "reply": "no image"},
    ]
    path = tmp_path / "replies.json"
    path.write_text(json.dumps(entries))
    with server.running(replies=path, aliases={"gpt-4o": "mm-vision"}) as local:
        asked = lambda *parts, **options: chat(local, *parts, **options).choices[0].message  # noqa: E731
        assert asked("What is the capital of France?").content == "Paris"
        assert json.loads(asked("count the cats", URL).content) == {"count": 7}
        assert [asked("once").content, asked("once").content] == ["the first time", "no image"]
        call = asked("Hello.", model="gpt-4o").tool_calls[0].function
        assert call.name == "look_up" and json.loads(call.arguments) == {"id": 7}
        assert SCENE.shapes[0].kind in asked("What is in this image?", URL).content


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("Paris", "an object"),
        ({"contains": "x"}, "either reply or calls"),
        ({"reply": "x", "prompt": "y"}, "'prompt'"),
        ({"reply": "x", "times": "2"}, "times"),
        ({"reply": "x", "pattern": "("}, "pattern"),
        ({"reply": "x", "finish": "tired"}, "finish"),
        ({"reply": "x", "image": "none.png"}, "none.png"),
        ({"calls": ["f"]}, "call"),
    ],
)
def test_a_malformed_canned_reply_is_an_input_error(entry, said):
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        server.start(replies=[entry])
    with pytest.raises(InputError, match="missing.json"):
        server.start(replies="missing.json")


def test_requests_are_logged_without_keys(mmlab_server):
    chat(mmlab_server, "Hello.", model="gpt-4o")
    with pytest.raises(openai.BadRequestError):
        chat(mmlab_server, "Hello.", model="gpt-4o", temperature=9)
    status, log = plain(mmlab_server, "GET", "/_requests")
    first, second = log["requests"]
    assert status == 200 and (first["status"], second["status"]) == (200, 400)
    assert first["model"] == "gpt-4o" and first["path"] == "/v1/chat/completions"
    assert first["body"]["messages"][0]["content"][0]["text"] == "Hello." and "any" not in json.dumps(first)
    assert plain(mmlab_server, "DELETE", "/_requests")[0] == 200 and not mmlab_server.log.all()
    assert plain(mmlab_server, "GET", "/health") == (200, {"status": "ok", "requests": 2})


def test_only_allowed_hosts_are_answered():
    with server.running(host="0.0.0.0", allowed=["lab.example.org"]) as local:
        assert plain(local, "GET", "/health", "lab.example.org:8700")[0] == 200
        assert plain(local, "GET", "/health", "localhost")[0] == 200
        assert plain(local, "GET", "/health", "evil.example.org")[0] == 403
        assert chat(local).model == "mm-vision"


def test_the_rate_limit_gives_the_providers_headers_and_errors():
    with server.running(requests_per_minute=2) as local:
        raw = openai_at(local).models.with_raw_response.list()
        assert raw.headers["x-ratelimit-limit-requests"] == "2"
        assert raw.headers["x-ratelimit-remaining-requests"] == "1"
        raw = claude_at(local).models.with_raw_response.list()
        assert raw.headers["anthropic-ratelimit-requests-remaining"] == "0"
        with pytest.raises(openai.RateLimitError, match="Limit 2") as raised:
            chat(local)
        assert (
            raised.value.code == "rate_limit_exceeded"
            and int(raised.value.response.headers["retry-after"]) > 0
        )
        with pytest.raises(anthropic.RateLimitError, match="2 requests per minute"):
            claude_at(local).models.list()
    with pytest.raises(InputError, match="requests_per_minute=0"):
        server.start(requests_per_minute=0)


def test_a_stream_waits_before_its_first_event_and_between_others():
    with server.running(first_token=0.3, per_token=0.01) as local:
        began = time.monotonic()
        times = [time.monotonic() - began for _ in chat(local, "Hello.", stream=True)]
        assert times[0] >= 0.3 and times[-1] >= 0.3 + 0.01 * (len(times) - 1)


def test_streams_come_token_by_token(mmlab_server):
    text = "How are you, dear reader?  Well.\n\nGood"
    assert "".join(pieces(text)) == text and len(list(pieces(text))) == 10
    chunks = [chunk.choices[0].delta.content for chunk in chat(mmlab_server, "Describe.", URL, stream=True)]
    assert max(len(chunk or "") for chunk in chunks) <= 9


def test_errors_in_the_middle_of_a_stream(mmlab_server):
    fault = {"X-Mmlab-Fault": "midstream"}
    with pytest.raises(openai.APIError, match="Overloaded"):
        list(chat(mmlab_server, "Describe.", URL, stream=True, extra_headers=fault))
    client = openai_at(mmlab_server)
    *_, last = client.responses.create(model="m", input="Hello.", stream=True, extra_headers=fault)
    assert (last.type, last.message) == ("error", "Overloaded")
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        ask = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello."}]}
        with claude_at(mmlab_server).messages.stream(**ask, extra_headers=fault) as stream:
            stream.get_final_message()


def function(name: str, description: str = "") -> dict:
    """Return a function as a tool."""
    number = {"type": "object", "properties": {"number": {"type": "integer"}}}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": number}}


def test_a_reply_may_have_more_than_one_tool_call(mmlab_server):
    tools = [function("record_count", "Record a number of shapes"), function("other_thing")]
    calls = (
        chat(mmlab_server, "Record the count of shapes in each image.", URL, URL, tools=tools)
        .choices[0]
        .message.tool_calls
    )
    assert [json.loads(call.function.arguments)["number"] for call in calls] == [len(SCENE.shapes)] * 2
    tools = [function("get_weather"), function("get_time")]
    question = "Get the weather and get the time."
    calls = chat(mmlab_server, question, tools=tools).choices[0].message.tool_calls
    assert {call.function.name for call in calls} == {"get_weather", "get_time"}
    one = chat(mmlab_server, question, tools=tools, parallel_tool_calls=False).choices[0].message.tool_calls
    assert len(one) == 1
