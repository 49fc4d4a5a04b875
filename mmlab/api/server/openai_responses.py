"""OpenAI's Responses: answers whole and in events, kept for later questions."""

import json
import secrets
import time
from collections.abc import Iterator

from mmlab.api.server import openai_content as content
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, event
from mmlab.api.server.kept import Kept
from mmlab.api.server.mind import Prompt, Reply, Turn
from mmlab.api.server.openai_input import SHAPE, prompt
from mmlab.api.server.texts import pieces


def create(server, request: Request) -> Response:
    """Answer POST /v1/responses."""
    body = content.body_of(request, SHAPE)
    asked = prompt(server, body)
    content.fits(server, asked)
    said = server.reply(asked)
    response = _response(asked, said, body)
    if body.get("store") is not False:
        server.kept.put(response["id"], Kept(response, (*asked.turns, Turn("assistant", said.text))))
    if body.get("stream"):
        return Response(events=_events(response))
    return Response(response)


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/responses/ID."""
    return Response(_kept(server, name).response)


def delete(server, request: Request, name: str) -> Response:
    """Answer DELETE /v1/responses/ID."""
    _kept(server, name)
    server.kept.drop(name)
    return Response({"id": name, "object": "response", "deleted": True})


def _kept(server, name: str) -> Kept:
    kept = server.kept.get(name)
    if kept is None:
        raise ApiError(404, f"Response with id '{name[:100]}' not found.", "id")
    return kept


def _output(said: Reply, status: str) -> list[dict]:
    """Return a reply as items: a message, or calls."""
    if said.calls:
        return [{"type": "function_call", "id": "fc_" + secrets.token_hex(12),
                 "call_id": "call_" + secrets.token_hex(12), "name": call.name,
                 "arguments": json.dumps(call.arguments), "status": "completed"}
                for call in said.calls]  # fmt: skip
    part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
    if said.ending == "refusal":
        part = {"type": "refusal", "refusal": said.text}
    return [{"type": "message", "id": "msg_" + secrets.token_hex(12), "role": "assistant",
             "status": status, "content": [part]}]  # fmt: skip


def _response(asked: Prompt, said: Reply, body: dict) -> dict:
    """Return a reply as OpenAI's response."""
    tokens, spent = content.used(asked, said)
    status = "incomplete" if said.ending == "length" else "completed"
    now = int(time.time())
    tools = [{"type": "function", "strict": one.get("strict", True), "name": one["name"],
              "description": one.get("description"), "parameters": one.get("parameters")}
             for one in body.get("tools") or []]  # fmt: skip
    return {
        "id": "resp_" + secrets.token_hex(16), "object": "response", "created_at": now,
        "completed_at": now if status == "completed" else None, "status": status, "error": None,
        "incomplete_details": None if status == "completed" else {"reason": "max_output_tokens"},
        "instructions": body.get("instructions"), "model": asked.model,
        "output": _output(said, status), "tools": tools,
        "tool_choice": body.get("tool_choice") or "auto",
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "max_output_tokens": body.get("max_output_tokens"), "metadata": body.get("metadata") or {},
        "previous_response_id": body.get("previous_response_id"), "background": False,
        "temperature": body.get("temperature", 1.0), "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation") or "disabled", "service_tier": "default",
        "text": {"format": (body.get("text") or {}).get("format") or {"type": "text"}},
        "user": body.get("user"),
        "usage": {"input_tokens": tokens, "output_tokens": spent, "total_tokens": tokens + spent,
                  "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                  "output_tokens_details": {"reasoning_tokens": 0}},
    }  # fmt: skip


def _events(response: dict) -> Iterator[bytes]:
    """Yield a response as the events of a stream, numbered."""
    for number, (kind, fields) in enumerate(_happenings(response)):
        yield event({"type": kind, "sequence_number": number, **fields}, kind)


def _happenings(response: dict) -> Iterator[tuple[str, dict]]:
    """Yield (type, fields) of each event."""
    begun = {**response, "status": "in_progress", "output": [], "usage": None, "completed_at": None,
             "incomplete_details": None}  # fmt: skip
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(response["output"]):
        place = {"output_index": index}
        called = item["type"] == "function_call"
        empty = {**item, "status": "in_progress", **({"arguments": ""} if called else {"content": []})}
        yield "response.output_item.added", {**place, "item": empty}
        inner = {**place, "item_id": item["id"]}
        yield from _call(item, inner) if called else _part(item["content"][0], inner)
        yield "response.output_item.done", {**place, "item": item}
    yield f"response.{response['status']}", {"response": response}


def _call(item: dict, place: dict) -> Iterator[tuple[str, dict]]:
    for piece in pieces(item["arguments"]):
        yield "response.function_call_arguments.delta", {**place, "delta": piece}
    yield "response.function_call_arguments.done", {**place, "arguments": item["arguments"]}


def _part(part: dict, place: dict) -> Iterator[tuple[str, dict]]:
    place = {**place, "content_index": 0}
    name = "text" if part["type"] == "output_text" else "refusal"
    kind = f"response.{part['type']}"
    extra = {"logprobs": []} if name == "text" else {}
    yield "response.content_part.added", {**place, "part": {**part, name: ""}}
    for piece in pieces(part[name]):
        yield f"{kind}.delta", {**place, "delta": piece, **extra}
    yield f"{kind}.done", {**place, name: part[name], **extra}
    yield "response.content_part.done", {**place, "part": part}


ROUTES = (
    ("POST", "/v1/responses", create),
    ("GET", "/v1/responses/([^/]+)", retrieve),
    ("DELETE", "/v1/responses/([^/]+)", delete),
)
