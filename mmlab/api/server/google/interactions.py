"""Google's Interactions: a conversation as a list of steps, which a later request can continue by its id."""

import datetime
import secrets
from collections.abc import Iterator

from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, HINT, REFUSED, Field, checked, tagged
from mmlab.api.server.google.content import ERRORS, model, read_prompt, require_room, token_counts
from mmlab.api.server.messages import Request, Response, event, pieces
from mmlab.api.server.model import Reply
from mmlab.api.tokens import text_tokens

_TEXT, _TEXT_NEEDED = Field("string"), Field("string", True)
_SHAPE = {
    "model": _TEXT_NEEDED,
    "input": Field("string|array|object", True),
    "system_instruction": _TEXT,
    "previous_interaction_id": _TEXT,
    "generation_config": Field("object"),
    "response_format": Field("object|array"),
    "response_mime_type": _TEXT,
    "tools": Field("array"),
    "stream": Field("boolean"),
    "store": Field("boolean"),
    "background": Field("boolean", choices=(False,)),
    "response_modalities": Field("array"),
    **dict.fromkeys(("labels", "safety_settings", "service_tier"), HINT),
}
_STEPS = {
    "user_input": {"content": Field("string|array", True)},
    "model_output": {"content": Field("string|array"), "error": ANY},
    "function_call": {"id": _TEXT, "name": _TEXT_NEEDED, "arguments": Field("object"), "signature": ANY},
    "function_result": {"call_id": _TEXT, "name": _TEXT, "result": ANY, "is_error": ANY, "signature": ANY},
    "thought": {"signature": ANY, "summary": ANY},
}
_FILE = {"data": _TEXT, "uri": _TEXT, "mime_type": _TEXT, "resolution": ANY}
_CONTENTS = {"text": {"text": _TEXT_NEEDED, "annotations": ANY}} | dict.fromkeys(
    ("image", "audio", "video", "document"), _FILE
)
_FUNCTION = {"name": _TEXT_NEEDED, "description": _TEXT, "parameters": Field("object")}
_CONFIG = {
    "max_output_tokens": "maxOutputTokens",
    "stop_sequences": "stopSequences",
    "temperature": "temperature",
    "top_p": "topP",
    "seed": "seed",
}
_THINKING = ("thinking_level", "thinking_summaries")
_GENERATION = {
    **dict.fromkeys((*_CONFIG, *_THINKING), ANY),
    "tool_choice": Field("string|object", offered=("auto",)),
    **dict.fromkeys(("image_config", "speech_config", "transcription_config", "video_config"), REFUSED),
}


def create(server, request: Request) -> Response:
    """Answer POST /v1/interactions."""
    body = checked(request.json(), _SHAPE, ERRORS)
    model(server, body["model"])
    contents = [*_earlier(server, body.get("previous_interaction_id")), *_contents(body["input"])]
    prompt_body = {
        "contents": contents,
        "generationConfig": _config(body),
        "tools": _tools(body.get("tools") or []),
    }
    if body.get("system_instruction"):
        prompt_body["systemInstruction"] = {"parts": [{"text": body["system_instruction"]}]}
    prompt, _ = read_prompt(server, body["model"], prompt_body)
    require_room(server, prompt)
    reply = server.reply(prompt)
    interaction = _interaction(body, reply, sum(token_counts(prompt).values()))
    if body.get("store") is not False:
        spoken = {"role": "model", "parts": [part for step in interaction["steps"] for part in _parts(step)]}
        stored = contents + ([spoken] if spoken["parts"] else [])
        server.interactions.put(interaction["id"], {"interaction": interaction, "contents": stored})
    return Response(events=_events(interaction)) if body.get("stream") else Response(interaction)


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/interactions/ID, whole or as a stream."""
    interaction = _stored(server, name)["interaction"]
    if request.query.get("stream") == ["true"]:
        return Response(events=_events(interaction))
    return Response(interaction)


def delete(server, request: Request, name: str) -> Response:
    """Answer DELETE /v1/interactions/ID."""
    _stored(server, name)
    server.interactions.drop(name)
    return Response({})


def _stored(server, name: str) -> dict:
    stored = server.interactions.get(name)
    if stored is None:
        raise ApiError(404, f"Interaction {name[:100]} was not found.")
    return stored


def _earlier(server, name: str | None) -> list[dict]:
    return [] if name is None else _stored(server, name)["contents"]


def _contents(given) -> list[dict]:
    """Return the input of a request, a text, a content, a list of contents or a list of steps, as contents."""
    if isinstance(given, str):
        return [{"role": "user", "parts": [{"text": given}]}]
    items = [given] if isinstance(given, dict) else given
    if all(isinstance(item, dict) and item.get("type") in _CONTENTS for item in items):
        items = [{"type": "user_input", "content": items}]
    contents: list[dict] = []
    for index, item in enumerate(items):
        step = tagged(item, _STEPS, ERRORS, ("input", index))
        role = "model" if step["type"] in ("model_output", "function_call", "thought") else "user"
        parts = _parts(step, ("input", index))
        same = contents and contents[-1]["role"] == role and step["type"].startswith("function")
        if same:  # the calls of one turn, and their results, belong together
            contents[-1]["parts"] += parts
        elif parts:
            contents.append({"role": role, "parts": parts})
    if not contents:
        raise ERRORS.missing(("input",))
    return contents


def _parts(step: dict, where: tuple = ()) -> list[dict]:
    """Return a step as parts of generateContent."""
    if step["type"] == "function_call":
        return [{"functionCall": {"name": step["name"], "args": step.get("arguments") or {}}}]
    if step["type"] == "function_result":
        result = step.get("result")
        return [
            {"functionResponse": {"name": step.get("name") or "function", "response": {"result": result}}}
        ]
    given = step.get("content") or []
    given = [{"type": "text", "text": given}] if isinstance(given, str) else given
    parts = []
    for index, item in enumerate(given):
        content = tagged(item, _CONTENTS, ERRORS, (*where, "content", index))
        if content["type"] == "text":
            parts.append({"text": content["text"]})
        elif content.get("data"):
            kind = content.get("mime_type") or {"image": "image/png", "audio": "audio/wav"}.get(
                content["type"], ""
            )
            parts.append({"inlineData": {"mimeType": kind or "application/pdf", "data": content["data"]}})
        else:
            file = {"fileUri": content.get("uri") or "", "mimeType": content.get("mime_type")}
            parts.append({"fileData": {name: value for name, value in file.items() if value is not None}})
    return parts


def _config(body: dict) -> dict:
    given = checked(body.get("generation_config") or {}, _GENERATION, ERRORS, ("generation_config",))
    if given.get("thinking_summaries") not in (None, "none"):
        raise ERRORS.not_offered(("generation_config", "thinking_summaries"))
    if others := [kind for kind in body.get("response_modalities") or [] if str(kind).lower() != "text"]:
        raise ERRORS.value(("response_modalities",), others[0], ("text",))
    config = {camel: given[name] for name, camel in _CONFIG.items() if given.get(name) is not None}
    formats = body.get("response_format") or []
    for form in [formats] if isinstance(formats, dict) else formats:
        schema = form.get("schema") if isinstance(form, dict) and "schema" in form else form
        if isinstance(schema, dict) and schema.get("type") not in ("text", "image", "audio"):
            config |= {"responseMimeType": "application/json", "responseJsonSchema": schema}
    if body.get("response_mime_type"):
        config["responseMimeType"] = body["response_mime_type"]
    return config


def _tools(given: list) -> list[dict]:
    declared = []
    for index, tool in enumerate(given):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind != "function":
            raise ApiError(
                400,
                f"tools[{index}]: this server does not offer the tool {str(kind)[:60]!r}, only functions.",
            )
        tool = tagged(tool, {"function": _FUNCTION}, ERRORS, ("tools", index))
        names = {"name": "name", "description": "description", "parameters": "parametersJsonSchema"}
        declared.append(
            {names[name]: value for name, value in tool.items() if name in names and value is not None}
        )
    return [{"functionDeclarations": declared}] if declared else []


def _interaction(body: dict, reply: Reply, sent: int) -> dict:
    """Return a reply as an interaction."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    steps = [
        {"type": "function_call", "id": secrets.token_hex(8), "name": call.name, "arguments": call.arguments}
        for call in reply.calls
    ] or [{"type": "model_output", "content": [{"type": "text", "text": reply.text}]}]
    spent = text_tokens(reply.text) + sum(text_tokens(str(call.arguments)) for call in reply.calls)
    status = "requires_action" if reply.calls else "incomplete" if reply.ending == "length" else "completed"
    interaction = {
        "id": "int_" + secrets.token_hex(12),
        "object": "interaction",
        "status": status,
        "model": body["model"],
        "created": now,
        "updated": now,
        "steps": steps,
        "usage": {"total_input_tokens": sent, "total_output_tokens": spent, "total_tokens": sent + spent},
    }
    if not reply.calls:
        interaction["output_text"] = reply.text
    if body.get("previous_interaction_id"):
        interaction["previous_interaction_id"] = body["previous_interaction_id"]
    return interaction


def _events(interaction: dict) -> Iterator[bytes]:
    """Yield an interaction as the events of a stream."""

    def named(name: str, **fields) -> bytes:
        return event({"event_type": name, **fields}, name)

    begun = {**interaction, "status": "in_progress", "steps": []}
    begun.pop("output_text", None)
    yield named("interaction.created", interaction=begun)
    for index, step in enumerate(interaction["steps"]):
        text = step["content"][0]["text"] if step["type"] == "model_output" else None
        yield named("step.start", index=index, step={"type": "model_output"} if text is not None else step)
        for piece in pieces(text or ""):
            yield named("step.delta", index=index, delta={"type": "text", "text": piece})
        yield named("step.stop", index=index)
    yield named("interaction.completed", interaction=interaction)


_V = "/v1(?:beta)?"
ROUTES = (
    ("POST", _V + "/interactions", create),
    ("GET", _V + "/interactions/([^/]+)", retrieve),
    ("DELETE", _V + "/interactions/([^/]+)", delete),
)
