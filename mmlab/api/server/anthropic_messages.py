"""Anthropic's Messages: answers whole and in events, and the counting of tokens."""

import json
import secrets
from collections.abc import Iterator

from mmlab.api.server.anthropic_content import COUNTED, MESSAGE, VOICE, model, prompt
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, event
from mmlab.api.server.fields import checked
from mmlab.api.server.mind import Prompt, Reply
from mmlab.api.server.texts import pieces
from mmlab.api.tokens import image_tokens, text_tokens

_ENDINGS = {"stop": "end_turn", "length": "max_tokens", "stop_sequence": "stop_sequence",
            "call": "tool_use", "refusal": "refusal"}  # fmt: skip


def create(server, request: Request) -> Response:
    """Answer POST /v1/messages."""
    _version(request)
    body = checked(request.json(), MESSAGE, VOICE)
    asked = prompt(server, request, body)
    longest = model(server, asked.model).longest_reply
    if asked.most_tokens > longest:
        raise ApiError(400, f"max_tokens: {asked.most_tokens} > {longest}, which is the maximum allowed "
                            f"number of output tokens for {asked.model}")  # fmt: skip
    _fits(server, asked)
    message = _message(asked, server.reply(asked))
    if body.get("stream"):
        return Response(events=_events(message))
    return Response(message)


def count(server, request: Request) -> Response:
    """Answer POST /v1/messages/count_tokens."""
    _version(request)
    body = checked(request.json(), COUNTED, VOICE)
    return Response({"input_tokens": input_tokens(prompt(server, request, body))})


def _version(request: Request) -> None:
    if not request.headers["anthropic-version"]:
        raise ApiError(400, "anthropic-version: header is required")


def input_tokens(asked: Prompt) -> int:
    """Return how many tokens a prompt costs: texts, tools and pictures."""
    texts = [asked.system, *(turn.text for turn in asked.turns)]
    texts += [tool.name + tool.description + json.dumps(tool.schema) for tool in asked.tools]
    pictures = [one for turn in asked.turns for one in turn.images]
    return (sum(map(text_tokens, texts)) + 3 * len(asked.turns)
            + sum(image_tokens("anthropic", one.width, one.height) for one in pictures))  # fmt: skip


def _fits(server, asked: Prompt) -> None:
    used, most = input_tokens(asked), model(server, asked.model).context
    if used > most:
        raise ApiError(400, f"prompt is too long: {used} tokens > {most} maximum")


def _message(asked: Prompt, said: Reply) -> dict:
    """Return a reply as Anthropic's message."""
    content = [{"type": "text", "text": said.text, "citations": None}] if said.text else []
    content += [{"type": "tool_use", "id": "toolu_" + secrets.token_hex(12), "name": call.name,
                 "input": call.arguments, "caller": {"type": "direct"}} for call in said.calls]  # fmt: skip
    details = None
    if said.ending == "refusal":
        # A refusal's reason stands in stop_details; its content is empty.
        content, details = [], {"type": "refusal", "category": None, "explanation": said.text}
    spent = text_tokens(said.text) + sum(text_tokens(json.dumps(call.arguments)) for call in said.calls)
    return {
        "id": "msg_" + secrets.token_hex(12), "type": "message", "role": "assistant",
        "model": asked.model, "content": content, "container": None,
        "stop_reason": _ENDINGS[said.ending], "stop_sequence": said.stop, "stop_details": details,
        "usage": {
            "input_tokens": input_tokens(asked), "output_tokens": max(spent, 1),
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "service_tier": "standard",
        },
    }  # fmt: skip


def _events(message: dict) -> Iterator[bytes]:
    """Yield a message as the events of a stream."""
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "stop_details": None,
             "usage": {**usage, "output_tokens": 1}}  # fmt: skip
    yield event({"type": "message_start", "message": start}, "message_start")
    for index, block in enumerate(message["content"]):
        called = block["type"] == "tool_use"
        empty = {**block, "input": {}} if called else {**block, "text": ""}
        yield event({"type": "content_block_start", "index": index, "content_block": empty},
                    "content_block_start")  # fmt: skip
        text = json.dumps(block["input"]) if called else block["text"]
        for piece in pieces(text):
            delta = ({"type": "input_json_delta", "partial_json": piece} if called
                     else {"type": "text_delta", "text": piece})  # fmt: skip
            yield event({"type": "content_block_delta", "index": index, "delta": delta},
                        "content_block_delta")  # fmt: skip
        yield event({"type": "content_block_stop", "index": index}, "content_block_stop")
    delta = {name: message[name] for name in ("container", "stop_reason", "stop_sequence", "stop_details")}
    yield event({"type": "message_delta", "delta": delta, "usage": {
        name: usage[name] for name in ("input_tokens", "output_tokens", "cache_creation_input_tokens",
                                       "cache_read_input_tokens")}}, "message_delta")  # fmt: skip
    yield event({"type": "message_stop"}, "message_stop")


ROUTES = (
    ("POST", "/v1/messages", create),
    ("POST", "/v1/messages/count_tokens", count),
)
