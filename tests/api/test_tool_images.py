"""Images that a tool returns are seen, wherever a provider's messages may hold them."""

import anthropic
import pytest
from google.genai import types

from api_strategies import PNG, SCENE, b64
from mmlab.world.grammar import NUMBERS

MODEL = "mm-vision"
TRUTH = NUMBERS[len(SCENE.shapes)]
ASKED = "How many shapes are there?"
URL = "data:image/png;base64," + b64()
TEXT = {"type": "text", "text": "The image:"}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64()}}


@pytest.fixture(scope="module")
def claude(local):
    """Anthropic's client."""
    return anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)


def result(content=None, number: int = 1) -> dict:
    """Return a tool_result block of Anthropic's."""
    return {"type": "tool_result", "tool_use_id": f"toolu_{number}"} | (
        {"content": content} if content else {}
    )


def answer(claude, *messages, calls: int = 1) -> str:
    """Return the answer after calls of a camera, whose results are in some messages of the user."""
    uses = [
        {"type": "tool_use", "id": f"toolu_{n}", "name": "camera", "input": {}} for n in range(1, calls + 1)
    ]
    turns = [{"role": "user", "content": ASKED}, {"role": "assistant", "content": uses}]
    turns += [{"role": "user", "content": content} for content in messages]
    tool = {"name": "camera", "description": "Take an image", "input_schema": {"type": "object"}}
    reply = claude.messages.create(model=MODEL, max_tokens=300, messages=turns, tools=[tool])
    assert reply.stop_reason == "end_turn"
    return reply.content[0].text


@pytest.mark.parametrize(
    "messages",
    [
        ([result([IMAGE])],),
        ([result([{"type": "text", "text": "taken"}, IMAGE])],),
        ([result([IMAGE]), TEXT],),
        ([result("taken"), IMAGE],),
        ([result("taken"), IMAGE, TEXT],),
        ([IMAGE, result("taken")],),
        ([TEXT, IMAGE, result()],),
        ([result("taken")], [IMAGE]),
        ([result("taken")], [TEXT, IMAGE]),
    ],
    ids=[
        "inside",
        "text inside",
        "text beside",
        "after",
        "after, text",
        "before",
        "no content",
        "next",
        "next, text",
    ],
)
def test_anthropic(claude, messages):
    assert TRUTH in answer(claude, *messages)


def test_anthropic_results_of_several_tools(claude):
    both = answer(claude, [result([IMAGE], 1), result([IMAGE], 2)], calls=2)
    assert "Image 1:" in both and "Image 2:" in both and both.count(TRUTH) == 2
    beside = answer(claude, [result([IMAGE], 1), result("taken", 2), IMAGE], calls=2)
    assert "Image 1:" in beside and beside.count(TRUTH) == 2


def test_anthropic_text_of_a_tool_is_still_told(claude):
    assert answer(claude, [result("seven"), TEXT]) == "The tool says: seven"


def test_anthropic_documents_beside_a_result(claude):
    document = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "Total: 12 EUR"},
    }
    assert "12 EUR" in answer(
        claude, [result("fetched"), document, {"type": "text", "text": "Read the text."}]
    )


@pytest.mark.parametrize("form", ["output", "output with text", "next message", "next message with text"])
def test_responses(client, form):
    image = {"type": "input_image", "image_url": URL}
    text = {"type": "input_text", "text": "The image:"}
    output = {"output": [image], "output with text": [text, image]}.get(form, "taken")
    items = [
        {"role": "user", "content": ASKED},
        {"type": "function_call", "call_id": "call_1", "name": "camera", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": output},
    ]
    if "next" in form:
        items.append({"role": "user", "content": [text, image] if "text" in form else [image]})
    assert TRUTH in client.responses.create(model=MODEL, input=items).output_text


@pytest.mark.parametrize("form", ["next message", "next message with text"])
def test_chat_completions(client, form):
    call = {"id": "call_1", "type": "function", "function": {"name": "camera", "arguments": "{}"}}
    content = [{"type": "image_url", "image_url": {"url": URL}}]
    messages = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "taken"},
        {"role": "user", "content": [TEXT, *content] if "text" in form else content},
    ]
    reply = client.chat.completions.create(model=MODEL, messages=messages)
    assert TRUTH in reply.choices[0].message.content


@pytest.mark.parametrize("form", ["inside", "beside", "before", "next", "next with text"])
def test_gemini(google, form):
    blob = types.FunctionResponseBlob(mime_type="image/png", data=PNG)
    inside = [types.FunctionResponsePart(inline_data=blob)] if form == "inside" else None
    taken = types.Part(
        function_response=types.FunctionResponse(name="camera", response={"result": "taken"}, parts=inside)
    )
    image = types.Part.from_bytes(data=PNG, mime_type="image/png")
    parts = {"beside": [taken, image], "before": [image, taken]}.get(form, [taken])
    contents = [
        types.Content(role="user", parts=[types.Part.from_text(text=ASKED)]),
        types.Content(role="model", parts=[types.Part.from_function_call(name="camera", args={})]),
        types.Content(role="user", parts=parts),
    ]
    if "next" in form:
        text = [types.Part.from_text(text="The image:")] if "text" in form else []
        contents.append(types.Content(role="user", parts=[*text, image]))
    assert TRUTH in google.models.generate_content(model=MODEL, contents=contents).text
