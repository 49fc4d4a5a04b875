"""The names that a request may hold are those that the installed SDKs can send: no more, and no fewer.

Each of them is read, is refused unless it asks for nothing special, or is a hint without influence on the reply.
"""

import re
from pathlib import Path

import anthropic.types as claude
import pytest
from google.genai import types as gemini
from openai.types import embedding_create_params, image_generate_params
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params

from mmlab.api import server
from mmlab.api.server.anthropic import content as anthropic_content
from mmlab.api.server.fields import HINT
from mmlab.api.server.google import content as google_content
from mmlab.api.server.google import embed as google_embed
from mmlab.api.server.google import interactions as google_interactions
from mmlab.api.server.openai import audio as openai_audio
from mmlab.api.server.openai import chat as openai_chat
from mmlab.api.server.openai import images as openai_makes
from mmlab.api.server.openai import responses as openai_input

# What the SDKs can send and this server does not take, each for its reason.
OTHERS = {
    "chat": {"functions", "function_call"},  # replaced by tools
    "draw": {
        "response_format",
        "style",  # of retired models
        "complexity",
        "frame_count",
        "frame_duration_ms",
        "svg",
    },  # of models that draw other things
    "message": {"workspace_id"},
    "count": {"workspace_id"},  # a header
}


def names(shape: type) -> set[str]:
    """Return the names of a TypedDict and of those that it is made of."""
    return set().union(*(vars(one).get("__annotations__", ()) for one in shape.__mro__))


def camel(shape) -> set[str]:
    """Return the names of a model of Google's as they go over the wire."""
    return {field.alias for field in shape.model_fields.values()}


PAIRS = {
    "chat": (names(completion_create_params.CompletionCreateParamsBase) | {"stream"}, openai_chat._CHAT),
    "response": (names(response_create_params.ResponseCreateParamsBase) | {"stream"}, openai_input.SHAPE),
    "embed": (names(embedding_create_params.EmbeddingCreateParams), openai_makes._EMBED),
    "draw": (names(image_generate_params.ImageGenerateParamsBase) | {"stream"}, openai_makes._DRAW),
    "message": (
        names(claude.message_create_params.MessageCreateParamsBase) | {"stream"},
        anthropic_content.MESSAGE,
    ),
    "count": (names(claude.MessageCountTokensParams), anthropic_content.COUNTED),
    "tool": (names(claude.ToolParam), anthropic_content._TOOL),
    **{
        kind: (names(shape) - {"type"}, anthropic_content._BLOCKS[kind])
        for kind, shape in {
            "text": claude.TextBlockParam,
            "image": claude.ImageBlockParam,
            "document": claude.DocumentBlockParam,
            "tool_use": claude.ToolUseBlockParam,
            "tool_result": claude.ToolResultBlockParam,
            "thinking": claude.ThinkingBlockParam,
        }.items()
    },
}


@pytest.mark.parametrize("kind", PAIRS)
def test_every_name_that_can_be_sent_is_taken_and_no_other(kind):
    sdk, ours = PAIRS[kind]
    assert len(sdk) > 1
    assert (sdk - set(ours), set(ours) - sdk) == (OTHERS.get(kind, set()), set())


def test_every_name_of_googles_is_one_that_can_be_sent():
    for shape, ours in (
        (gemini.Part, google_content._PART),
        (gemini.Blob, google_content._BLOB),
        (gemini.FileData, google_content._FILE),
        (gemini.FunctionCall, google_content._CALL),
        (gemini.FunctionDeclaration, google_content._DECLARED),
        (gemini.GenerationConfig, set(google_content._CONFIG) - {"imageConfig"}),
        (gemini.GenerateContentConfig, {"imageConfig"}),
    ):
        assert ours and set(ours) <= camel(shape), shape


# Validated, and without a use in a model that always gives the most probable reply.
SAMPLING = {
    *("temperature", "top_p", "seed", "frequency_penalty", "presence_penalty"),
    *("topP", "topK", "top_k", "presencePenalty", "frequencyPenalty"),
}
# Validated labels of what the server does anyway, or of who asks.
LABELS = {"user", "background", "instructions", "strict", "quality", "reasoning_effort", "cache_control"}
# Parts that are selected by a name in a variable.
BY_KIND = {"functionCall", "functionResponse", "thought", "thoughtSignature", "partMetadata"}
TAKEN = {
    "openai": (
        openai_chat._CHAT,
        openai_input.SHAPE,
        openai_makes._EMBED,
        openai_makes._DRAW,
        openai_audio._SPEECH,
    ),
    "anthropic": (anthropic_content.MESSAGE, anthropic_content.OLDER, anthropic_content._TOOL),
    "google": (
        google_content.GENERATE,
        google_content._CONFIG,
        google_content._PART,
        google_content._DECLARED,
        google_interactions._SHAPE,
        google_embed._CONTENT,
    ),
}


@pytest.mark.parametrize("provider", TAKEN)
def test_nothing_is_accepted_and_then_ignored(provider):
    folder = Path(server.__file__).parent / provider
    text = "\n".join(path.read_text() for path in folder.glob("*.py"))
    read = set(re.findall(r'(?:\.get\(|\[|\w, )"(\w+)"[\]),]', text))
    for shape in TAKEN[provider]:
        unread = {
            name
            for name, field in shape.items()
            if field is not HINT and field.offered is None and not field.choices and name not in read
        }
        assert unread <= SAMPLING | LABELS | BY_KIND, unread
