"""Anthropic's Messages: answers whole and in events, and the counting of tokens."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace

from mmlab.api import catalog
from mmlab.api.server.anthropic_cache import Cached
from mmlab.api.server.anthropic_content import COUNTED, MESSAGE, VOICE, Asked, asked, model
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, event
from mmlab.api.server.fields import checked
from mmlab.api.server.mind import Reply
from mmlab.api.server.texts import pieces
from mmlab.api.tokens import text_tokens

_ENDINGS = {"stop": "end_turn", "length": "max_tokens", "stop_sequence": "stop_sequence",
            "call": "tool_use", "refusal": "refusal", "context": "model_context_window_exceeded"}  # fmt: skip


def create(server, request: Request) -> Response:
    """Answer POST /v1/messages."""
    body = _body(request, MESSAGE)
    wanted = asked(server, body)
    known = model(server, body["model"])
    if body["max_tokens"] > known.longest_reply:
        raise ApiError(400, f"max_tokens: {body['max_tokens']} > {known.longest_reply}, which is the maximum "
                            f"allowed number of output tokens for {known.id}")  # fmt: skip
    if wanted.tokens > known.context:
        raise ApiError(400, f"prompt is too long: {wanted.tokens} tokens > {known.context} maximum")
    message = _message(wanted, _said(server, wanted, body["max_tokens"], known.context),
                       server.beginnings.use(known.id, wanted.spans))  # fmt: skip
    if body.get("stream"):
        return Response(events=_events(message))
    return Response(message)


def count(server, request: Request) -> Response:
    """Answer POST /v1/messages/count_tokens."""
    return Response({"input_tokens": asked(server, _body(request, COUNTED)).tokens})


def _body(request: Request, shape: dict) -> dict:
    """Return a request's JSON held against a shape."""
    _version(request)
    if len(request.body) > catalog.catalog()["limits"]["anthropic"]["request_bytes"]:
        raise ApiError(413, "Request exceeds the maximum size")
    return checked(request.json(), shape, VOICE)


def _said(server, wanted: Asked, most: int, context: int) -> Reply:
    """Return the reply, cut where max_tokens or the end of the context cuts it."""
    if most == 0:  # asks that the prompt be kept, and for nothing else
        return Reply("", ending="length")
    room = context - wanted.tokens
    if room >= most:
        return server.reply(wanted.prompt)
    said = server.reply(replace(wanted.prompt, most_tokens=max(room, 1)))
    return replace(said, ending="context") if said.ending == "length" else said


def _version(request: Request) -> None:
    if not request.headers["anthropic-version"]:
        raise ApiError(400, "anthropic-version: header is required")


def _message(wanted: Asked, said: Reply, cached: Cached) -> dict:
    """Return a reply as Anthropic's message."""
    content = [{"type": "text", "text": said.text, "citations": None}] if said.text else []
    content += [{"type": "tool_use", "id": "toolu_" + secrets.token_hex(12), "name": call.name,
                 "input": call.arguments, "caller": {"type": "direct"}} for call in said.calls]  # fmt: skip
    details = None
    if said.ending == "refusal":
        # A refusal's reason stands in stop_details; its content is empty.
        content, details = [], {"type": "refusal", "category": None, "explanation": said.text}
    spent = text_tokens(said.text) + sum(text_tokens(json.dumps(call.arguments)) for call in said.calls)
    spent = max(spent, int(said.ending != "length"))  # an empty answer costs a token, no answer none
    return {
        "id": "msg_" + secrets.token_hex(12), "type": "message", "role": "assistant",
        "model": wanted.prompt.model, "content": content, "container": None, "diagnostics": None,
        "stop_reason": _ENDINGS[said.ending], "stop_sequence": said.stop, "stop_details": details,
        "usage": {
            "input_tokens": wanted.tokens - cached.read - cached.written, "output_tokens": spent,
            "cache_creation_input_tokens": cached.written, "cache_read_input_tokens": cached.read,
            "cache_creation": {"ephemeral_5m_input_tokens": cached.written_5m,
                               "ephemeral_1h_input_tokens": cached.written_1h},
            "inference_geo": None, "output_tokens_details": None, "server_tool_use": None,
            "service_tier": "standard", "speed": None,
        },
    }  # fmt: skip


def _events(message: dict) -> Iterator[bytes]:
    """Yield a message as the events of a stream."""
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "stop_details": None,
             "usage": {**usage, "output_tokens": min(usage["output_tokens"], 1)}}  # fmt: skip
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
