"""The input of OpenAI's Responses: validated, and turned into a prompt."""

from mmlab.api.server import openai_content as content
from mmlab.api.server import openai_papers
from mmlab.api.server import openai_voice as voice
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, Field, checked, tagged
from mmlab.api.server.mind import Prompt, Turn
from mmlab.api.server.openai_content import TEXT, TEXT_NEEDED, VOICE

SHAPE = {
    "model": TEXT_NEEDED, "input": Field("string|array", True), "instructions": TEXT,
    "max_output_tokens": Field("integer", least=16), "stream": Field("boolean"),
    "text": Field("object"), "tools": Field("array"), "tool_choice": Field("string|object"),
    "temperature": Field("number", least=0, most=2), "top_p": Field("number", least=0, most=1),
    "previous_response_id": TEXT, "store": Field("boolean"), "metadata": Field("object"),
    "parallel_tool_calls": Field("boolean"), "background": Field("boolean", choices=(False,)),
    "truncation": Field("string", choices=("auto", "disabled")), "user": TEXT,
    **dict.fromkeys((
        "access_programs", "context_management", "conversation", "image", "include", "max_tool_calls",
        "moderation", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
        "reasoning", "safety_identifier", "service_tier", "stream_options", "top_logprobs"), ANY),
}  # fmt: skip
_STATED = {"id": ANY, "status": ANY}
_MESSAGE = {
    "role": Field("string", True, ("user", "assistant", "system", "developer")),
    "content": Field("string|array", True), "phase": ANY, **_STATED,
}  # fmt: skip
_ITEMS = {
    "message": _MESSAGE,
    "function_call": {"call_id": TEXT_NEEDED, "name": TEXT_NEEDED, "arguments": TEXT_NEEDED,
                      "caller": ANY, "namespace": ANY, "async": ANY, **_STATED},
    "function_call_output": {"call_id": TEXT_NEEDED, "output": Field("string|array", True),
                             "caller": ANY, **_STATED},
    "reasoning": {"summary": ANY, "content": ANY, "encrypted_content": ANY, **_STATED},
}  # fmt: skip
_DETAIL = Field("string", choices=("auto", "low", "high", "original"))
_PARTS = {
    "input_text": {"text": TEXT_NEEDED, "prompt_cache_breakpoint": ANY},
    "input_image": {"image_url": TEXT, "file_id": TEXT, "detail": _DETAIL, "prompt_cache_breakpoint": ANY},
    "input_file": {"file_id": TEXT, "file_data": TEXT, "file_url": TEXT, "filename": TEXT,
                   "detail": _DETAIL, "prompt_cache_breakpoint": ANY},
    "input_audio": {"input_audio": Field("object", True)},
    "output_text": {"text": TEXT_NEEDED, "annotations": ANY, "logprobs": ANY},
    "refusal": {"refusal": TEXT_NEEDED},
}  # fmt: skip


def prompt(server, body: dict) -> Prompt:
    """Return the prompt that a request holds, or raise ApiError.

    body  already held against SHAPE
    """
    content.model(server, body["model"], "text")
    turns, waiting = _kept(server, body.get("previous_response_id"))
    given, system = body["input"], [body.get("instructions") or ""]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if not items:
        raise VOICE.bounds(("input",), [], 1, None)
    for place, item in enumerate(items):
        where = ("input", place)
        item = _item(item, where)
        if item["type"] == "function_call":
            waiting.add(item["call_id"])
        elif item["type"] == "function_call_output":
            if item["call_id"] not in waiting:
                raise ApiError(400, f"No tool call found for function call output with call_id "
                                    f"{item['call_id'][:100]}.", "input", None)  # fmt: skip
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
    return _asked(body, turns or [Turn("user")], "\n".join(filter(None, system)))


def _asked(body: dict, turns: list[Turn], system: str) -> Prompt:
    tools = [_tool(one, place) for place, one in enumerate(body.get("tools") or [])]
    chosen = body.get("tool_choice")
    name = chosen.get("name") if isinstance(chosen, dict) else None
    asked = Prompt(body["model"], turns, system, tools, content.choice(chosen, tools, name),
                   most_tokens=body.get("max_output_tokens") or 4096)  # fmt: skip
    asked.schema = _schema(body.get("text") or {}, asked)
    return asked


def _kept(server, name: str | None) -> tuple[list[Turn], set]:
    """Return the turns up to an earlier response, and the calls in it that wait for results."""
    if name is None:
        return [], set()
    kept = server.kept.get(name)
    if kept is None:
        raise ApiError(400, f"Previous response with id '{name[:100]}' not found.", "previous_response_id",
                       "previous_response_not_found")  # fmt: skip
    calls = {one["call_id"] for one in kept.response["output"] if one["type"] == "function_call"}
    return list(kept.turns), calls


def _item(item, where: tuple) -> dict:
    """Return an item of the input with its type; a message need not tell it."""
    if isinstance(item, dict) and "type" not in item:
        return {"type": "message", **checked(item, _MESSAGE, VOICE, where)}
    return tagged(item, _ITEMS, VOICE, where)


def _turn(server, role: str, given, where: tuple) -> Turn:
    if isinstance(given, str):
        return Turn(role, given)
    texts, media = [], []
    for place, part in enumerate(given):
        here = (*where, place)
        tagged(part, _PARTS, VOICE, here)
        if part["type"] == "input_image":
            media.append(_picture(server, part, here))
        elif part["type"] == "input_file":
            media += openai_papers.document(server, part, here)
        elif part["type"] == "input_audio":
            media.append(voice.heard(part["input_audio"], (*here, "input_audio")))
        else:
            texts.append(part.get("text") or part.get("refusal") or "")
    return Turn.of(role, "\n".join(texts), media)


def _picture(server, part: dict, where: tuple):
    detail = part.get("detail") or "auto"
    if part.get("file_id"):
        return content.picture_of_file(server, part["file_id"], detail, (*where, "file_id"))
    if part.get("image_url"):
        return content.picture_at(server, part["image_url"], detail, (*where, "image_url"))
    raise VOICE.missing((*where, "image_url"))


def _tool(told, place: int):
    where = ("tools", place)
    tagged(told, {"function": content.FUNCTION_TOOL}, VOICE, where)
    return content.tool(told, where)


def _schema(text: dict, asked: Prompt) -> dict | None:
    checked(text, {"format": Field("object"), "verbosity": ANY}, VOICE, ("text",))
    told = text.get("format")
    if not told:
        return None
    tagged(told, {"text": {}, "json_object": {}, "json_schema": content.SCHEMA_FORMAT}, VOICE,
           ("text", "format"))  # fmt: skip
    if told["type"] == "json_object":
        if not content.says_json(asked):
            raise ApiError(400, "Response input messages must contain the word 'json' in some form to use "
                                "'text.format' of type 'json_object'.", "input")  # fmt: skip
        return {}
    return content.schema_of(told, ("text", "format")) if told["type"] == "json_schema" else None
