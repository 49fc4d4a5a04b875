"""The names that a request may hold are those that the installed SDKs can send: no more, and no fewer."""

import anthropic.types as claude
import pytest
from google.genai import types as gemini
from openai.types import embedding_create_params, image_generate_params
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params

from mmlab.api.server import anthropic_content, google_content, openai_chat, openai_input, openai_makes

# What the SDKs can send and this server does not take, each for its reason.
OTHERS = {
    "chat": {"functions", "function_call"},  # replaced by tools
    "draw": {"response_format", "style",  # of retired models
             "complexity", "frame_count", "frame_duration_ms", "svg"},  # of models that draw other things
    "message": {"workspace_id"}, "count": {"workspace_id"},  # a header
}  # fmt: skip


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
    "message": (names(claude.message_create_params.MessageCreateParamsBase) | {"stream"}, anthropic_content.MESSAGE),
    "count": (names(claude.MessageCountTokensParams), anthropic_content.COUNTED),
    "tool": (names(claude.ToolParam), anthropic_content._TOOL),
    **{kind: (names(shape) - {"type"}, anthropic_content._BLOCKS[kind]) for kind, shape in {
        "text": claude.TextBlockParam, "image": claude.ImageBlockParam, "document": claude.DocumentBlockParam,
        "tool_use": claude.ToolUseBlockParam, "tool_result": claude.ToolResultBlockParam,
        "thinking": claude.ThinkingBlockParam}.items()},
}  # fmt: skip


@pytest.mark.parametrize("kind", PAIRS)
def test_every_name_that_can_be_sent_is_taken_and_no_other(kind):
    sdk, ours = PAIRS[kind]
    assert len(sdk) > 1
    assert (sdk - set(ours), set(ours) - sdk) == (OTHERS.get(kind, set()), set())


def test_every_name_of_googles_is_one_that_can_be_sent():
    for shape, ours in ((gemini.Part, google_content._PART), (gemini.Blob, google_content._BLOB),
                        (gemini.FileData, google_content._FILE), (gemini.FunctionCall, google_content._CALL),
                        (gemini.FunctionDeclaration, google_content._DECLARED),
                        (gemini.GenerationConfig, set(google_content._CONFIG) - {"imageConfig"}),
                        (gemini.GenerateContentConfig, {"imageConfig"})):  # fmt: skip
        assert ours and set(ours) <= camel(shape), shape
