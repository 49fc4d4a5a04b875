"""Anthropic's Messages: whole and streamed responses, and token counting."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import replace

from mmlab.api.providers import ANTHROPIC
from mmlab.api.server.anthropic import threads
from mmlab.api.server.anthropic.cache import Cached
from mmlab.api.server.anthropic.content import (
    COUNTED,
    ERRORS,
    MESSAGE,
    OLDER,
    ParsedRequest,
    model,
    parsed,
    thinking_of,
)
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import checked
from mmlab.api.server.messages import Request, Response, event, pieces
from mmlab.api.server.model import Reply, thought
from mmlab.api.tokens import text_tokens

_ENDINGS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "call": "tool_use",
    "refusal": "refusal",
    "context": "model_context_window_exceeded",
}


# Fields that need a beta header, and the start of its name.
_BETAS = {"output_format": "structured-outputs-", "thread": "message-threads-"}


def create(server, request: Request) -> Response:
    """Answer POST /v1/messages."""
    body = threads.continued(server, _body(request, MESSAGE))
    parsed_request = parsed(server, body)
    known = model(server, body["model"])
    if body["max_tokens"] > known.longest_reply:
        raise ApiError(
            400,
            f"max_tokens: {body['max_tokens']} > {known.longest_reply}, which is the maximum "
            f"allowed number of output tokens for {known.id}",
        )
    if parsed_request.tokens > known.context:
        raise ApiError(400, f"prompt is too long: {parsed_request.tokens} tokens > {known.context} maximum")
    message = _message(
        parsed_request,
        _reply(server, parsed_request, body["max_tokens"], known.context),
        server.prompt_cache.use(known.id, parsed_request.spans),
        thinking_of(body, known),
    )
    threads.keep(server, body, message)
    if body.get("stream"):
        return Response(events=_events(message))
    return Response(message)


def count(server, request: Request) -> Response:
    """Answer POST /v1/messages/count_tokens."""
    return Response({"input_tokens": parsed(server, _body(request, COUNTED)).tokens})


def _body(request: Request, shape: dict) -> dict:
    """Return the JSON of a request after validation against a shape."""
    _version(request)
    if len(request.body) > ANTHROPIC.limits["request_bytes"]:
        raise ApiError(413, "Request exceeds the maximum size")
    body = request.json()
    for name, beta in _BETAS.items():
        if body.get(name) is not None and not (request.headers["anthropic-beta"] or "").count(beta):
            raise ERRORS.unknown((name,))
    return checked(body, {**shape, **OLDER}, ERRORS)


def _reply(server, parsed_request: ParsedRequest, maximum: int, context: int) -> Reply:
    """Return the reply, cut at max_tokens or at the end of the context."""
    if maximum == 0:  # the request only stores the prompt in the cache
        return Reply("", ending="length")
    room = context - parsed_request.tokens
    if room >= maximum:
        return server.reply(parsed_request.prompt)
    reply = server.reply(replace(parsed_request.prompt, max_tokens=max(room, 1)))
    return replace(reply, ending="context") if reply.ending == "length" else reply


def _version(request: Request) -> None:
    if not request.headers["anthropic-version"]:
        raise ApiError(400, "anthropic-version: header is required")


def _message(parsed_request: ParsedRequest, reply: Reply, cached: Cached, budget: int = 0) -> dict:
    """Return a reply as Anthropic's message object, with thinking of at most `budget` tokens."""
    content = [{"type": "text", "text": reply.text, "citations": None}] if reply.text else []
    content += [
        {
            "type": "tool_use",
            "id": "toolu_" + secrets.token_hex(12),
            "name": call.name,
            "input": call.arguments,
            "caller": {"type": "direct"},
        }
        for call in reply.calls
    ]
    thinking = thought(parsed_request.prompt, budget) if budget else ""
    if thinking:
        signature = base64.b64encode(hashlib.sha256(thinking.encode()).digest()).decode()
        content.insert(0, {"type": "thinking", "thinking": thinking, "signature": signature})
    details = None
    if reply.ending == "refusal":
        # A refusal has empty content, and its reason in stop_details.
        content, details = [], {"type": "refusal", "category": None, "explanation": reply.text}
    spent = text_tokens(thinking) + text_tokens(reply.text)
    spent += sum(text_tokens(json.dumps(call.arguments)) for call in reply.calls)
    # An empty reply costs one token, unless max_tokens was 0.
    spent = max(spent, int(reply.ending != "length"))
    return {
        "id": "msg_" + secrets.token_hex(12),
        "type": "message",
        "role": "assistant",
        "model": parsed_request.prompt.model,
        "content": content,
        "container": None,
        "diagnostics": None,
        "stop_reason": _ENDINGS[reply.ending],
        "stop_sequence": reply.stop,
        "stop_details": details,
        "usage": {
            "input_tokens": parsed_request.tokens - cached.read - cached.written,
            "output_tokens": spent,
            "cache_creation_input_tokens": cached.written,
            "cache_read_input_tokens": cached.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": cached.written_5m,
                "ephemeral_1h_input_tokens": cached.written_1h,
            },
            "inference_geo": None,
            "output_tokens_details": None,
            "server_tool_use": None,
            "service_tier": "standard",
            "speed": None,
        },
    }


def _events(message: dict) -> Iterator[bytes]:
    """Yield a message as the events of a stream."""
    usage = message["usage"]
    start = {
        **message,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {**usage, "output_tokens": min(usage["output_tokens"], 1)},
    }
    yield event({"type": "message_start", "message": start}, "message_start")
    for index, block in enumerate(message["content"]):
        called = block["type"] == "tool_use"
        if block["type"] == "thinking":
            yield from _thinking_events(index, block)
            continue
        empty = {**block, "input": {}} if called else {**block, "text": ""}
        yield event(
            {"type": "content_block_start", "index": index, "content_block": empty}, "content_block_start"
        )
        text = json.dumps(block["input"]) if called else block["text"]
        for piece in pieces(text):
            delta = (
                {"type": "input_json_delta", "partial_json": piece}
                if called
                else {"type": "text_delta", "text": piece}
            )
            yield event(
                {"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta"
            )
        yield event({"type": "content_block_stop", "index": index}, "content_block_stop")
    delta = {name: message[name] for name in ("container", "stop_reason", "stop_sequence", "stop_details")}
    yield event(
        {
            "type": "message_delta",
            "delta": delta,
            "usage": {
                name: usage[name]
                for name in (
                    "input_tokens",
                    "output_tokens",
                    "cache_creation_input_tokens",
                    "cache_read_input_tokens",
                )
            },
        },
        "message_delta",
    )
    yield event({"type": "message_stop"}, "message_stop")


def _thinking_events(index: int, block: dict) -> Iterator[bytes]:
    """Yield a block of thinking as the events of a stream."""
    empty = {**block, "thinking": "", "signature": ""}
    yield event(
        {"type": "content_block_start", "index": index, "content_block": empty}, "content_block_start"
    )
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
    for delta in [*deltas, {"type": "signature_delta", "signature": block["signature"]}]:
        yield event({"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta")
    yield event({"type": "content_block_stop", "index": index}, "content_block_stop")


ROUTES = (("POST", "/v1/messages", create), ("POST", "/v1/messages/count_tokens", count))
