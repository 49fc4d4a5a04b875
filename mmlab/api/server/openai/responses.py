"""OpenAI's Responses: validation of the input, whole and streamed responses, stored responses."""

import itertools
import json
import re
import secrets
import time
from collections.abc import Iterator

from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, HINT, REFUSED, Field, check, checked, tagged
from mmlab.api.server.messages import Request, Response, event, pieces
from mmlab.api.server.model import Prompt, Reply, Turn, thought
from mmlab.api.server.openai import audio, content
from mmlab.api.server.openai.content import ERRORS, TEXT, TEXT_NEEDED
from mmlab.api.server.response_store import StoredResponse
from mmlab.api.tokens import text_tokens

SHAPE = {
    "model": TEXT_NEEDED,
    "input": Field("string|array", True),
    "instructions": TEXT,
    "max_output_tokens": Field("integer", minimum=16),
    "stream": Field("boolean"),
    "text": Field("object"),
    "tools": Field("array"),
    "tool_choice": Field("string|object"),
    "temperature": Field("number", minimum=0, maximum=2),
    "top_p": Field("number", minimum=0, maximum=1),
    "previous_response_id": TEXT,
    "store": Field("boolean"),
    "metadata": Field("object"),
    "parallel_tool_calls": Field("boolean"),
    "background": Field("boolean", choices=(False,)),
    "truncation": Field("string", choices=("auto", "disabled")),
    "user": TEXT,
    "include": Field("array"),
    "reasoning": Field("object"),
    **dict.fromkeys(
        (
            "access_programs",
            "context_management",
            "conversation",
            "image",
            "moderation",
            "prompt",
            "top_logprobs",
        ),
        REFUSED,
    ),
    **dict.fromkeys(
        (
            "max_tool_calls",  # of tools that run at the provider
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "safety_identifier",
            "service_tier",
            "stream_options",  # obfuscation
        ),
        HINT,
    ),
}
_SUMMARY = Field("string", choices=("auto", "concise", "detailed"))
_REASONING = {
    "effort": content.EFFORT,
    "summary": _SUMMARY,
    "generate_summary": _SUMMARY,
    "context": Field("string", choices=("auto", "current_turn", "all_turns")),
    "mode": Field("string", offered=("standard",)),
}
# The outputs of tools that run at the provider, of which there are none here, and what is sent anyway.
_INCLUDE = Field(
    "string",
    choices=(
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs",
        "reasoning.encrypted_content",
        "message.output_text.logprobs",
    ),
)
_STATED = {"id": ANY, "status": ANY}
_MESSAGE = {
    "role": Field("string", True, ("user", "assistant", "system", "developer")),
    "content": Field("string|array", True),
    "phase": ANY,
    **_STATED,
}
_ITEMS = {
    "message": _MESSAGE,
    "function_call": {
        "call_id": TEXT_NEEDED,
        "name": TEXT_NEEDED,
        "arguments": TEXT_NEEDED,
        "caller": ANY,
        "namespace": ANY,
        "async": ANY,
        **_STATED,
    },
    "function_call_output": {
        "call_id": TEXT_NEEDED,
        "output": Field("string|array", True),
        "caller": ANY,
        **_STATED,
    },
    "reasoning": {"summary": ANY, "content": ANY, "encrypted_content": ANY, **_STATED},
}
_DETAIL = Field("string", choices=("auto", "low", "high", "original"))
_PARTS = {
    "input_text": {"text": TEXT_NEEDED, "prompt_cache_breakpoint": ANY},
    "input_image": {"image_url": TEXT, "file_id": TEXT, "detail": _DETAIL, "prompt_cache_breakpoint": ANY},
    "input_file": {
        "file_id": TEXT,
        "file_data": TEXT,
        "file_url": TEXT,
        "filename": TEXT,
        "detail": _DETAIL,
        "prompt_cache_breakpoint": ANY,
    },
    "input_audio": {"input_audio": Field("object", True)},
    "output_text": {"text": TEXT_NEEDED, "annotations": ANY, "logprobs": ANY},
    "refusal": {"refusal": TEXT_NEEDED},
}


def create(server, request: Request) -> Response:
    """Answer POST /v1/responses."""
    body = content.body_of(request, SHAPE)
    prompt = read_prompt(server, body)
    content.check_context(server, prompt)
    reply = server.reply(prompt)
    response = _response(prompt, reply, body)
    if body.get("store") is not False:
        last = Turn("assistant", reply.text, called=tuple(call.name for call in reply.calls))
        server.responses.put(response["id"], StoredResponse(response, (*prompt.turns, last)))
    if body.get("stream"):
        return Response(events=_events(response))
    return Response(response)


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/responses/ID, whole or, with stream=true, as events after the number `starting_after`."""
    response = _stored(server, name).response
    if request.query.get("stream") != ["true"]:
        return Response(response)
    after = request.query.get("starting_after", ["-1"])[0]
    if not re.fullmatch(r"-?\d{1,9}", after):
        raise ERRORS.kind(("starting_after",), "integer", after)
    return Response(events=itertools.islice(_events(response), max(int(after) + 1, 0), None))


def count(server, request: Request) -> Response:
    """Answer POST /v1/responses/input_tokens."""
    body = content.body_of(request, {name: field for name, field in SHAPE.items() if name != "stream"})
    prompt = read_prompt(server, body)
    return Response(
        {"object": "response.input_tokens", "input_tokens": content.token_counts(prompt, Reply())[0]}
    )


def delete(server, request: Request, name: str) -> Response:
    """Answer DELETE /v1/responses/ID."""
    _stored(server, name)
    server.responses.drop(name)
    return Response({"id": name, "object": "response", "deleted": True})


def _stored(server, name: str) -> StoredResponse:
    stored = server.responses.get(name)
    if stored is None:
        raise ApiError(404, f"Response with id '{name[:100]}' not found.", "id")
    return stored


def _summary(prompt: Prompt, body: dict) -> str:
    """Return the summary of the reasoning before a reply; "" if the request asks for none."""
    given = body.get("reasoning") or {}
    if given.get("effort") == "none" or not (given.get("summary") or given.get("generate_summary")):
        return ""
    return thought(prompt)


def _reasoning(summary: str) -> list[dict]:
    """Return a summary as an output item, in a list that is empty without one."""
    parts = [{"type": "summary_text", "text": summary}]
    return [{"type": "reasoning", "id": "rs_" + secrets.token_hex(12), "summary": parts}] if summary else []


def _output(reply: Reply, status: str) -> list[dict]:
    """Return a reply as output items: a message, or tool calls."""
    if reply.calls:
        return [
            {
                "type": "function_call",
                "id": "fc_" + secrets.token_hex(12),
                "call_id": "call_" + secrets.token_hex(12),
                "name": call.name,
                "arguments": json.dumps(call.arguments),
                "status": "completed",
            }
            for call in reply.calls
        ]
    part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
    if reply.ending == "refusal":
        part = {"type": "refusal", "refusal": reply.text}
    return [
        {
            "type": "message",
            "id": "msg_" + secrets.token_hex(12),
            "role": "assistant",
            "status": status,
            "content": [part],
        }
    ]


def _response(prompt: Prompt, reply: Reply, body: dict) -> dict:
    """Return a reply as a response object."""
    tokens, spent = content.token_counts(prompt, reply)
    status = "incomplete" if reply.ending == "length" else "completed"
    summary = _summary(prompt, body)
    reasoned = text_tokens(summary)
    reasoning = body.get("reasoning") or {}
    spent += reasoned
    now = int(time.time())
    tools = [
        {
            "type": "function",
            "strict": tool.get("strict", True),
            "name": tool["name"],
            "description": tool.get("description"),
            "parameters": tool.get("parameters"),
        }
        for tool in body.get("tools") or []
    ]
    return {
        "id": "resp_" + secrets.token_hex(16),
        "object": "response",
        "created_at": now,
        "completed_at": now if status == "completed" else None,
        "status": status,
        "error": None,
        "incomplete_details": None if status == "completed" else {"reason": "max_output_tokens"},
        "instructions": body.get("instructions"),
        "model": prompt.model,
        "output": [*_reasoning(summary), *_output(reply, status)],
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "tools": tools,
        "tool_choice": body.get("tool_choice") or "auto",
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": body.get("metadata") or {},
        "previous_response_id": body.get("previous_response_id"),
        "background": False,
        "temperature": body.get("temperature", 1.0),
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation") or "disabled",
        "service_tier": "default",
        "text": {"format": (body.get("text") or {}).get("format") or {"type": "text"}},
        "user": body.get("user"),
        "usage": {
            "input_tokens": tokens,
            "output_tokens": spent,
            "total_tokens": tokens + spent,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": reasoned},
        },
    }


def _events(response: dict) -> Iterator[bytes]:
    """Yield a response as the numbered events of a stream."""
    for number, (kind, fields) in enumerate(_event_fields(response)):
        yield event({"type": kind, "sequence_number": number, **fields}, kind)


def _event_fields(response: dict) -> Iterator[tuple[str, dict]]:
    """Yield (type, fields) of each event."""
    begun = {
        **response,
        "status": "in_progress",
        "output": [],
        "usage": None,
        "completed_at": None,
        "incomplete_details": None,
    }
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(response["output"]):
        position = {"output_index": index}
        if item["type"] == "reasoning":
            yield from _reasoning_fields(item, position)
            continue
        called = item["type"] == "function_call"
        empty = {**item, "status": "in_progress", **({"arguments": ""} if called else {"content": []})}
        yield "response.output_item.added", {**position, "item": empty}
        inner = {**position, "item_id": item["id"]}
        yield from _call(item, inner) if called else _part(item["content"][0], inner)
        yield "response.output_item.done", {**position, "item": item}
    yield f"response.{response['status']}", {"response": response}


def _reasoning_fields(item: dict, position: dict) -> Iterator[tuple[str, dict]]:
    """Yield the events of a reasoning item."""
    inner = {**position, "item_id": item["id"], "summary_index": 0}
    part = item["summary"][0]
    kind = "response.reasoning_summary"
    yield "response.output_item.added", {**position, "item": {**item, "summary": []}}
    yield f"{kind}_part.added", {**inner, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield f"{kind}_text.delta", {**inner, "delta": piece}
    yield f"{kind}_text.done", {**inner, "text": part["text"]}
    yield f"{kind}_part.done", {**inner, "part": part}
    yield "response.output_item.done", {**position, "item": item}


def _call(item: dict, position: dict) -> Iterator[tuple[str, dict]]:
    for piece in pieces(item["arguments"]):
        yield "response.function_call_arguments.delta", {**position, "delta": piece}
    yield "response.function_call_arguments.done", {**position, "arguments": item["arguments"]}


def _part(part: dict, position: dict) -> Iterator[tuple[str, dict]]:
    position = {**position, "content_index": 0}
    name = "text" if part["type"] == "output_text" else "refusal"
    kind = f"response.{part['type']}"
    extra = {"logprobs": []} if name == "text" else {}
    yield "response.content_part.added", {**position, "part": {**part, name: ""}}
    for piece in pieces(part[name]):
        yield f"{kind}.delta", {**position, "delta": piece, **extra}
    yield f"{kind}.done", {**position, name: part[name], **extra}
    yield "response.content_part.done", {**position, "part": part}


def read_prompt(server, body: dict) -> Prompt:
    """Return the prompt of a request, or raise ApiError.

    body  the JSON after validation against SHAPE
    """
    known = content.model(server, body["model"], "text")
    content.check_max_tokens(known, body, "max_output_tokens")
    for index, name in enumerate(body.get("include") or []):
        check(name, _INCLUDE, ERRORS, ("include", index))
        if name == "message.output_text.logprobs":
            raise content.not_offered("logprobs", "include")
    checked(body.get("reasoning") or {}, _REASONING, ERRORS, ("reasoning",))
    turns, waiting = _history(server, body.get("previous_response_id"))
    given, system = body["input"], [body.get("instructions") or ""]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if not items:
        raise ERRORS.bounds(("input",), [], 1, None)
    for index, item in enumerate(items):
        where = ("input", index)
        item = _item(item, where)
        if item["type"] == "function_call":
            waiting.add(item["call_id"])
            turns.append(Turn("assistant", called=(item["name"],)))
        elif item["type"] == "function_call_output":
            if item["call_id"] not in waiting:
                raise ApiError(
                    400,
                    f"No tool call found for function call output with call_id {item['call_id'][:100]}.",
                    "input",
                    None,
                )
            waiting.discard(item["call_id"])
            turns.append(_turn(server, "tool", item["output"], (*where, "output")))
        elif item["type"] == "message":
            turn = _turn(server, item["role"], item["content"], (*where, "content"))
            if item["role"] in ("system", "developer"):
                system.append(turn.text)
            else:
                turns.append(turn)
    if waiting:
        raise ApiError(400, f"No tool output found for function call {min(waiting)}.", "input")
    return _prompt(body, turns or [Turn("user")], "\n".join(filter(None, system)))


def _prompt(body: dict, turns: list[Turn], system: str) -> Prompt:
    tools = [_tool(tool, index) for index, tool in enumerate(body.get("tools") or [])]
    chosen = body.get("tool_choice")
    name = chosen.get("name") if isinstance(chosen, dict) else None
    prompt = Prompt(
        body["model"],
        turns,
        system,
        tools,
        content.choice(chosen, tools, name),
        max_tokens=body.get("max_output_tokens") or 4096,
        parallel=body.get("parallel_tool_calls") is not False,
    )
    prompt.schema = _schema(body.get("text") or {}, prompt)
    return prompt


def _history(server, name: str | None) -> tuple[list[Turn], set]:
    """Return the turns up to an earlier response, and the ids of its tool calls, which wait for results."""
    if name is None:
        return [], set()
    stored = server.responses.get(name)
    if stored is None:
        raise ApiError(
            400,
            f"Previous response with id '{name[:100]}' not found.",
            "previous_response_id",
            "previous_response_not_found",
        )
    calls = {item["call_id"] for item in stored.response["output"] if item["type"] == "function_call"}
    return list(stored.turns), calls


def _item(item, where: tuple) -> dict:
    """Return an item of the input after validation; without a type it is a message."""
    if isinstance(item, dict) and "type" not in item:
        return {"type": "message", **checked(item, _MESSAGE, ERRORS, where)}
    return tagged(item, _ITEMS, ERRORS, where)


def _turn(server, role: str, given, where: tuple) -> Turn:
    if isinstance(given, str):
        return Turn(role, given)
    texts, media = [], []
    for index, part in enumerate(given):
        here = (*where, index)
        tagged(part, _PARTS, ERRORS, here)
        if part["type"] == "input_image":
            media.append(_image(server, part, here))
        elif part["type"] == "input_file":
            media += content.document(server, part, here)
        elif part["type"] == "input_audio":
            media.append(audio.input_audio(part["input_audio"], (*here, "input_audio")))
        else:
            texts.append(part.get("text") or part.get("refusal") or "")
    return Turn.of(role, "\n".join(texts), media)


def _image(server, part: dict, where: tuple):
    detail = part.get("detail") or "auto"
    if part.get("file_id"):
        return content.image_of_file(server, part["file_id"], detail, (*where, "file_id"))
    if part.get("image_url"):
        return content.image_at(server, part["image_url"], detail, (*where, "image_url"))
    raise ERRORS.missing((*where, "image_url"))


def _tool(given, index: int):
    where = ("tools", index)
    content.check_tool_type(given, where)
    tagged(given, {"function": content.FUNCTION_TOOL}, ERRORS, where)
    return content.tool(given, where)


def _schema(text: dict, prompt: Prompt) -> dict | None:
    checked(text, {"format": Field("object"), "verbosity": ANY}, ERRORS, ("text",))
    given = text.get("format")
    if not given:
        return None
    tagged(
        given,
        {"text": {}, "json_object": {}, "json_schema": content.SCHEMA_FORMAT},
        ERRORS,
        ("text", "format"),
    )
    if given["type"] == "json_object":
        if not content.mentions_json(prompt):
            raise ApiError(
                400,
                "Response input messages must contain the word 'json' in some form to use "
                "'text.format' of type 'json_object'.",
                "input",
            )
        return {}
    return content.schema_of(given, ("text", "format")) if given["type"] == "json_schema" else None


ROUTES = (
    ("POST", "/v1/responses", create),
    ("POST", "/v1/responses/input_tokens", count),
    ("GET", "/v1/responses/([^/]+)", retrieve),
    ("DELETE", "/v1/responses/([^/]+)", delete),
)
