"""Features that the SDKs offer: served, or refused by name; nothing is accepted and then ignored."""

import json

import anthropic
import openai
import pytest
from google.genai import errors, types

from api_strategies import PNG, SCENE, b64
from mmlab.world.grammar import NUMBERS

MODEL = "mm-vision"
TRUTH = NUMBERS[len(SCENE.shapes)]
QUESTION = "How many shapes are there?"
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64()}}
ASKED = [{"role": "user", "content": [IMAGE, {"type": "text", "text": QUESTION}]}]
PART = types.Part.from_bytes(data=PNG, mime_type="image/png")


@pytest.fixture(scope="module")
def claude(local):
    """Anthropic's client."""
    return anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)


def chat(client, **options):
    """Return the reply to a plain request of Chat Completions."""
    options.setdefault("messages", [{"role": "user", "content": "Hello."}])
    return client.chat.completions.create(model=MODEL, **options)


def messages(claude, **options):
    """Return the reply to a request of Messages with the image."""
    return claude.messages.create(**{"model": MODEL, "max_tokens": 2000, "messages": ASKED, **options})


def generate(google, contents=("Hello.",), **config):
    """Return the reply to a request of generateContent."""
    return google.models.generate_content(model=MODEL, contents=list(contents), config=config)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"logprobs": True}, "logprobs"),
        ({"max_tokens": 999_999}, "supports at most"),
        ({"max_completion_tokens": 999_999}, "supports at most"),
        ({"tools": [{"type": "web_search"}]}, "web_search"),
        ({"web_search_options": {"search_context_size": "low"}}, "web_search_options"),
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"reasoning_effort": "enormous"}, "enormous"),
    ],
)
def test_openai_chat_refuses_by_name(client, options, named):
    with pytest.raises(openai.BadRequestError, match=named):
        chat(client, **options)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"top_logprobs": 3}, "logprobs"),
        ({"include": ["message.output_text.logprobs"]}, "logprobs"),
        ({"max_output_tokens": 999_999}, "supports at most"),
        ({"include": ["thoughts"]}, "thoughts"),
        ({"reasoning": {"effort": "enormous"}}, "enormous"),
        ({"reasoning": {"summary": "long"}}, "long"),
        ({"reasoning": {"mode": "pro"}}, "reasoning.mode"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"context_management": [{"type": "compaction"}]}, "context_management"),
        ({"tools": [{"type": "web_search"}]}, "web_search"),
        ({"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}, "code_interpreter"),
    ],
)
def test_openai_responses_refuses_by_name(client, options, named):
    with pytest.raises(openai.BadRequestError, match=named):
        client.responses.create(model=MODEL, input="Hello.", **options)


@pytest.mark.parametrize("field", ["summary", "generate_summary"])
def test_a_summary_of_the_reasoning_is_served_and_streamed(client, field):
    content = [
        {"type": "input_image", "image_url": "data:image/png;base64," + b64()},
        {"type": "input_text", "text": QUESTION},
    ]
    options = {"model": MODEL, "input": [{"role": "user", "content": content}], "reasoning": {field: "auto"}}
    response = client.responses.create(**options)
    reasoning, message = response.output
    assert reasoning.type == "reasoning" and QUESTION in reasoning.summary[0].text
    assert message.type == "message" and TRUTH in response.output_text
    assert 0 < response.usage.output_tokens_details.reasoning_tokens < response.usage.output_tokens
    with client.responses.stream(**options) as stream:
        events = list(stream)
    deltas = [event.delta for event in events if event.type == "response.reasoning_summary_text.delta"]
    assert "".join(deltas) == reasoning.summary[0].text
    assert events[-1].response.output[0].summary == reasoning.summary
    again = client.responses.create(
        model=MODEL, input=[*options["input"], *response.output, *options["input"]]
    )
    assert TRUTH in again.output_text and again.output[0].type == "message"
    options["reasoning"] = {"effort": "none", "summary": "auto"}
    assert [item.type for item in client.responses.create(**options).output] == ["message"]


def test_a_stored_response_is_streamed_again(client):
    response = client.responses.create(model=MODEL, input="Hello.")
    events = list(client.responses.retrieve(response.id, stream=True))
    assert events[0].type == "response.created" and events[-1].response.output_text == response.output_text
    later = list(client.responses.retrieve(response.id, stream=True, starting_after=3))
    assert [event.sequence_number for event in later] == [event.sequence_number for event in events[4:]]


def test_openai_counts_the_tokens_of_a_response(client):
    counted = client.responses.input_tokens.count(model=MODEL, input="Hello, you.")
    assert (
        counted.input_tokens == client.responses.create(model=MODEL, input="Hello, you.").usage.input_tokens
    )


def test_lists_have_pages(client, claude, google):
    files = [client.files.create(file=(f"{n}.txt", b"x"), purpose="user_data") for n in range(3)]
    first = client.files.list(limit=2)
    assert len(first.data) == 2 and first.has_more
    assert {file.id for file in files} <= {file.id for file in client.files.list(limit=1)}
    assert len(claude.models.list(limit=1).data) == 1 and claude.models.list(limit=1).has_more
    assert len({model.id for model in claude.models.list(limit=1)}) == len(list(claude.models.list()))
    pages = google.models.list(config={"page_size": 1})
    assert len(pages.page) == 1 and len(list(pages)) == len(list(google.models.list()))
    with pytest.raises(openai.BadRequestError, match="limit"):
        client.files.list(limit=0)


@pytest.mark.parametrize("kind", ["enabled", "adaptive", "disabled"])
def test_thinking_is_validated_and_shown(claude, kind):
    thinking = {"type": kind} | ({"budget_tokens": 1024} if kind == "enabled" else {})
    message = messages(claude, thinking=thinking)
    kinds = [block.type for block in message.content]
    assert kinds == (["thinking", "text"] if kind == "enabled" else ["text"])
    assert TRUTH in message.content[-1].text
    with claude.messages.stream(model=MODEL, max_tokens=2000, messages=ASKED, thinking=thinking) as stream:
        assert [block.type for block in stream.get_final_message().content] == kinds
    turns = [*ASKED, {"role": "assistant", "content": message.content}, {"role": "user", "content": QUESTION}]
    assert TRUTH in messages(claude, messages=turns).content[0].text


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 10}}, "budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "greater than"),
        ({"thinking": {"type": "enabled"}}, "budget_tokens"),
        ({"messages": [*ASKED, {"role": "assistant", "content": "I see"}]}, "prefill"),
        ({"extra_body": {"temperature": 0.3}}, "temperature"),
        ({"extra_body": {"top_k": 5}}, "top_k"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "web_search_20250305"),
        ({"extra_body": {"output_format": {"type": "json_schema", "schema": {}}}}, "output_format"),
        ({"max_tokens": 20_000}, "maximum"),
        ({"container": "container_1"}, "container"),
        ({"extra_body": {"speed": "fast"}}, "speed"),
        (
            {"tools": [{"name": "f", "input_schema": {"type": "object"}, "defer_loading": True}]},
            "defer_loading",
        ),
        (
            {
                "tools": [
                    {
                        "name": "f",
                        "input_schema": {"type": "object"},
                        "allowed_callers": ["code_execution_20250825"],
                    }
                ]
            },
            "allowed_callers",
        ),
    ],
)
def test_anthropic_refuses_by_name(claude, options, named):
    with pytest.raises(anthropic.BadRequestError, match=named):
        messages(claude, **options)


def test_anthropic_takes_what_the_provider_takes(claude):
    assert TRUTH in messages(claude, extra_body={"temperature": 1.0, "top_p": 1}).content[0].text
    schema = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
    message = messages(
        claude,
        extra_body={"output_format": {"type": "json_schema", "schema": schema}},
        extra_headers={"anthropic-beta": "structured-outputs-2025-11-13"},
    )
    assert json.loads(message.content[0].text) == {"answer": len(SCENE.shapes)}


def test_the_tool_runner_of_anthropic_works(claude):
    calls = []

    @anthropic.beta_tool
    def record_count(number: int) -> str:
        """Record how many shapes there are."""
        calls.append(number)
        return "recorded"

    runner = claude.beta.messages.tool_runner(
        model=MODEL, max_tokens=200, tools=[record_count], messages=ASKED
    )
    assert "recorded" in runner.until_done().content[0].text and calls == [len(SCENE.shapes)]


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"max_output_tokens": 999_999}, "maxOutputTokens"),
        ({"response_logprobs": True}, "Logprobs"),
        ({"tools": [{"google_search": {}}]}, "googleSearch"),
        ({"tools": [{"code_execution": {}}]}, "codeExecution"),
        ({"thinking_config": {"thinking_budget": 999_999}}, "thinking budget"),
        ({"cached_content": "cachedContents/1"}, "cachedContent"),
        ({"response_modalities": ["TEXT", "IMAGE"]}, "IMAGE"),
    ],
)
def test_google_refuses_by_name(google, config, named):
    with pytest.raises(errors.ClientError, match=named):
        generate(google, **config)


def test_google_shows_thoughts_where_they_are_asked_for(google):
    config = {"thinking_config": {"include_thoughts": True, "thinking_budget": 200}}
    response = generate(google, [PART, QUESTION], **config)
    assert response.candidates[0].content.parts[0].thought and TRUTH in response.text
    assert response.usage_metadata.thoughts_token_count > 0
    assert not generate(google, [PART, QUESTION]).candidates[0].content.parts[0].thought


def test_images_in_a_function_response_are_seen(google):
    call = types.Content(role="model", parts=[types.Part.from_function_call(name="camera", args={})])
    blob = types.FunctionResponsePart(inline_data=types.FunctionResponseBlob(mime_type="image/png", data=PNG))
    answer = types.FunctionResponse(name="camera", response={"result": "taken"}, parts=[blob])
    result = types.Content(role="user", parts=[types.Part(function_response=answer)])
    question = types.Content(role="user", parts=[types.Part.from_text(text=QUESTION)])
    assert TRUTH in generate(google, [question, call, result]).text


def test_google_embeds_and_counts(google):
    texts = ["a red ring", "the ring is red", "a blue star"]
    response = google.models.embed_content(model="mm-embed", contents=texts)
    a, b, c = (embedding.values for embedding in response.embeddings)
    near, far = (sum(x * y for x, y in zip(a, other)) for other in (b, c))
    assert near > far and len(a) == 64
    small = google.models.embed_content(model="mm-embed", contents="x", config={"output_dimensionality": 8})
    assert len(small.embeddings[0].values) == 8
    counted = google.models.count_tokens(model=MODEL, contents=[PART, QUESTION])
    assert counted.total_tokens == generate(google, [PART, QUESTION]).usage_metadata.prompt_token_count
    with pytest.raises(errors.ClientError, match="embedContent"):
        google.models.embed_content(model=MODEL, contents="x")


def test_interactions_are_created_continued_and_streamed(google):
    image = {"type": "image", "data": b64(), "mime_type": "image/png"}
    asked = [image, {"type": "text", "text": QUESTION}]
    first = google.interactions.create(model=MODEL, input=asked)
    assert first.status == "completed" and TRUTH in first.output_text
    second = google.interactions.create(
        model=MODEL, input="And how many circles?", previous_interaction_id=first.id
    )
    assert "circle" in second.output_text
    assert google.interactions.get(first.id).output_text == first.output_text
    events = list(google.interactions.create(model=MODEL, input=asked, stream=True))
    text = "".join(event.delta.text for event in events if event.event_type == "step.delta")
    assert text == first.output_text and events[-1].event_type == "interaction.completed"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"generation_config": {"thinking_summaries": "auto"}}, "thinking_summaries"),
        ({"generation_config": {"tool_choice": "any"}}, "tool_choice"),
        ({"generation_config": {"speech_config": [{"voice": "Kore"}]}}, "speech_config"),
        ({"response_modalities": ["audio"]}, "audio"),
    ],
)
def test_interactions_refuse_by_name(google, options, named):
    with pytest.raises(Exception, match=named) as raised:
        google.interactions.create(model=MODEL, input="Hello.", **options)
    assert "400" in str(raised.value)


def test_an_interaction_calls_a_function_and_takes_its_result(google):
    parameters = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
    tool = {"type": "function", "name": "record_count", "description": "Record how many shapes there are"}
    asked = [{"type": "image", "data": b64(), "mime_type": "image/png"}, {"type": "text", "text": QUESTION}]
    first = google.interactions.create(model=MODEL, input=asked, tools=[{**tool, "parameters": parameters}])
    step = first.steps[0]
    assert first.status == "requires_action" and step.arguments == {"number": len(SCENE.shapes)}
    result = {"type": "function_result", "call_id": step.id, "name": step.name, "result": "recorded"}
    second = google.interactions.create(model=MODEL, input=[result], previous_interaction_id=first.id)
    assert "recorded" in second.output_text
