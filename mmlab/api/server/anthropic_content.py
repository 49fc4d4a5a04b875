"""Anthropic's messages, as they are sent: validated, and turned into a prompt."""

from mmlab.api import catalog
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, Anthropic, Field, checked, tagged
from mmlab.api.server.mind import Prompt, Tool, Turn
from mmlab.api.server.pictures import Picture, Unfit, decoded, fetched, picture

VOICE = Anthropic()
TEXT, TEXT_NEEDED = Field("string"), Field("string", required=True)
COUNTED = {
    "model": TEXT_NEEDED, "messages": Field("array", required=True, least=1), "cache_control": ANY,
    "system": Field("string|array"), "tools": Field("array"), "tool_choice": Field("object"),
    "thinking": Field("object"), "output_config": Field("object"), "speed": ANY, "user_profile_id": ANY,
}  # fmt: skip
MESSAGE = {
    **COUNTED, "max_tokens": Field("integer", required=True, least=1), "stream": Field("boolean"),
    "stop_sequences": Field("array"), "metadata": Field("object"), "service_tier": TEXT,
    "container": ANY, "diagnostics": ANY, "inference_geo": ANY,
}  # fmt: skip
_CACHED = {"cache_control": ANY}
_SOURCES = {
    "base64": {"media_type": Field("string", True, ("image/jpeg", "image/png", "image/gif", "image/webp")),
               "data": TEXT_NEEDED},
    "url": {"url": TEXT_NEEDED},
    "file": {"file_id": TEXT_NEEDED},
}  # fmt: skip
_BLOCKS = {
    "text": {"text": TEXT_NEEDED, "citations": ANY, **_CACHED},
    "image": {"source": Field("object", True), "transform": ANY, **_CACHED},
    "tool_use": {"id": TEXT_NEEDED, "name": TEXT_NEEDED, "input": Field("object", True), "caller": ANY,
                 "toolset_name": ANY, **_CACHED},
    "tool_result": {"tool_use_id": TEXT_NEEDED, "content": Field("string|array"),
                    "is_error": Field("boolean"), **_CACHED},
    "thinking": {"thinking": TEXT, "signature": TEXT},
}  # fmt: skip
_TOOL = {
    "name": Field("string", True, least=1, most=128), "input_schema": Field("object", True),
    "description": TEXT, "type": TEXT, "strict": Field("boolean"), **_CACHED,
    "input_examples": ANY, "allowed_callers": ANY, "defer_loading": ANY, "eager_input_streaming": ANY,
}  # fmt: skip
_CHOICE = {"type": Field("string", True, ("auto", "any", "tool", "none")), "name": TEXT,
           "disable_parallel_tool_use": Field("boolean")}  # fmt: skip


def model(server, name: str) -> catalog.Model:
    """Return a model that answers, or raise what Anthropic says of one that does not."""
    known = catalog.models().get(name)
    if known is None or name in server.retired or "text" not in known.output:
        raise ApiError(404, f"model: {name[:200]}")
    return known


def prompt(server, request, body: dict) -> Prompt:
    """Return the prompt that a request holds, or raise ApiError.

    body  already held against MESSAGE or COUNTED
    """
    model(server, body["model"])
    turns, waiting = [], set()
    for place, message in enumerate(body["messages"]):
        parts = ("messages", place)
        checked(message, {"role": Field("string", True, ("user", "assistant")),
                          "content": Field("string|array", True)}, VOICE, parts)  # fmt: skip
        read, waiting = _turns(server, request, message, waiting, parts)
        turns += read
    if waiting:
        raise ApiError(400, f"messages.{len(body['messages']) - 1}: `tool_use` ids were found without "
                            f"`tool_result` blocks immediately after: {', '.join(sorted(waiting))}.")
    _count_pictures(turns)
    schema = _schema(body)
    tools = [_tool(one, place) for place, one in enumerate(body.get("tools") or [])]
    return Prompt(
        model=body["model"], turns=turns, system=_system(body.get("system")), tools=tools,
        must_call=_choice(body.get("tool_choice"), tools), schema=schema,
        most_tokens=body.get("max_tokens") or 4096, stops=_stops(body.get("stop_sequences")),
    )  # fmt: skip


def _turns(server, request, message: dict, waiting: set, parts) -> tuple[list[Turn], set]:
    """Return the turns of one message, and the calls that the next message must bring results for."""
    content = message["content"]
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not content:
        raise ApiError(400, f"{VOICE.path(parts)}: {message['role']} messages must have non-empty content")
    turns, texts, images, results, calls = [], [], [], set(), set()
    for place, block in enumerate(content):
        where = (*parts, "content", place)
        tagged(block, _BLOCKS, VOICE, where)
        if block["type"] == "text":
            if not block["text"].strip():
                raise ApiError(400, "messages: text content blocks must be non-empty")
            texts.append(block["text"])
        elif block["type"] == "image":
            images.append(_picture(server, request, block, (*where, "image")))
        elif block["type"] == "tool_use":
            calls.add(block["id"])
        elif block["type"] == "tool_result":
            results.add(block["tool_use_id"])
            turns.append(_result(server, request, block, (*where, "tool_result")))
    if extra := results - waiting:
        raise ApiError(400, f"{VOICE.path(parts)}: unexpected `tool_use_id` found in `tool_result` "
                            f"blocks: {', '.join(sorted(extra))}.")
    if missing := waiting - results:
        raise ApiError(400, f"{VOICE.path(parts)}: `tool_use` ids were found without `tool_result` "
                            f"blocks immediately after: {', '.join(sorted(missing))}.")
    if texts or images or not turns:
        turns.insert(0, Turn(message["role"], "\n".join(texts), tuple(images)))
    return turns, calls


def _result(server, request, block: dict, parts) -> Turn:
    """Return what a tool returned as a turn."""
    content = block.get("content") or ""
    if isinstance(content, str):
        return Turn("tool", content)
    texts, images = [], []
    for place, one in enumerate(content):
        where = (*parts, "content", place)
        tagged(one, {name: _BLOCKS[name] for name in ("text", "image")}, VOICE, where)
        if one["type"] == "text":
            texts.append(one["text"])
        else:
            images.append(_picture(server, request, one, (*where, "image")))
    return Turn("tool", "\n".join(texts), tuple(images))


def _picture(server, request, block: dict, parts) -> Picture:
    """Return the picture of an image block, or raise what Anthropic says of it."""
    limits = catalog.catalog()["limits"]["anthropic"]
    source = tagged(block["source"], _SOURCES, VOICE, (*parts, "source"))
    name = VOICE.path((*parts, "source", source["type"]))
    said = None
    try:
        if source["type"] == "base64":
            said, data = source["media_type"], decoded(source["data"])
        elif source["type"] == "url":
            data = fetched(source["url"], server.url)
            if data is None:
                raise ApiError(400, "Unable to download the file. Please verify the URL and try again.")
        else:
            stored = server.files.find("anthropic", source["file_id"])
            if stored is None:
                raise ApiError(404, f"File not found: {source['file_id'][:100]}")
            data = stored.data
        return picture(data, limits, said)
    except Unfit as error:
        raise _unfit(error, name, said) from error


def _unfit(error: Unfit, name: str, said: str | None) -> ApiError:
    """Return Anthropic's words for a picture that cannot be used."""
    words = {
        "base64": f"{name}.data: Invalid base64 data",
        "mismatch": f"{name}.data: Image does not match the provided media type {said}",
        "bytes": f"{name}: image exceeds 5 MB maximum: {error.said}",
        "side": f"{name}.data: At least one of the image dimensions exceed max allowed size: {error.said}",
        "pixels": f"{name}.data: Image has too many pixels: {error.said}",
    }
    return ApiError(400, words.get(error.why, "Could not process image"))


def _count_pictures(turns: list[Turn]) -> None:
    """Raise ApiError for too many pictures, or for pictures too large to come with so many."""
    pictures = [one for turn in turns for one in turn.images]
    most = catalog.catalog()["limits"]["anthropic"]["images"]
    if len(pictures) > most:
        raise ApiError(400, f"messages: too many images: {len(pictures)} > {most}")
    if len(pictures) > 20 and any(max(one.width, one.height) > 2000 for one in pictures):
        raise ApiError(400, "messages: At least one of the image dimensions exceed max allowed size "
                            "for many-image requests: 2000 pixels")  # fmt: skip


def _system(system) -> str:
    if not isinstance(system, list):
        return system or ""
    for place, block in enumerate(system):
        tagged(block, {"text": _BLOCKS["text"]}, VOICE, ("system", place))
    return "\n".join(block["text"] for block in system)


def _tool(told: dict, place: int) -> Tool:
    checked(told, _TOOL, VOICE, ("tools", place))
    if told["input_schema"].get("type") != "object":
        raise ApiError(400, f"tools.{place}.custom.input_schema.type: Input should be 'object'")
    return Tool(told["name"], told.get("description") or "", told["input_schema"])


def _choice(choice: dict | None, tools: list[Tool]) -> str | None:
    if not choice:
        return None
    checked(choice, _CHOICE, VOICE, ("tool_choice",))
    if not tools:
        raise ApiError(400, "tool_choice: may only be specified while providing tools")
    if choice["type"] == "tool":
        if choice.get("name") not in {tool.name for tool in tools}:
            raise ApiError(400, f"Tool '{choice.get('name')}' not found in provided tools")
        return choice["name"]
    return {"auto": None, "any": "any", "none": "none"}[choice["type"]]


def _schema(body: dict) -> dict | None:
    wanted = (body.get("output_config") or {}).get("format")
    if wanted is None:
        return None
    tagged(wanted, {"json_schema": {"schema": Field("object", True)}}, VOICE, ("output_config", "format"))
    return wanted["schema"]


def _stops(stops) -> tuple[str, ...]:
    for place, stop in enumerate(stops or []):
        if not isinstance(stop, str) or not stop.strip():
            raise ApiError(400, f"stop_sequences.{place}: each stop sequence must contain non-whitespace")
    return tuple(stops or ())
