"""OpenAI's Chat Completions."""

import json
import secrets
import time
from collections.abc import Iterator

from mmlab.api.server import openai_content as content
from mmlab.api.server import openai_papers
from mmlab.api.server import openai_voice as voice
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, event
from mmlab.api.server.fields import ANY, Field, checked, tagged
from mmlab.api.server.mind import Prompt, Reply, Turn
from mmlab.api.server.openai_content import TEXT, TEXT_NEEDED, VOICE
from mmlab.api.server.texts import pieces
from mmlab.api.tokens import sound_tokens

_NUMBER = Field("number", least=-2, most=2)
_COUNT = Field("integer", least=1)
_CHAT = {
    "messages": Field("array", True, least=1), "model": TEXT_NEEDED, "max_tokens": _COUNT,
    "max_completion_tokens": _COUNT, "n": Field("integer", least=1, most=8),
    "stream": Field("boolean"), "stream_options": Field("object"), "stop": Field("string|array"),
    "response_format": Field("object"), "tools": Field("array"), "tool_choice": Field("string|object"),
    "parallel_tool_calls": Field("boolean"), "temperature": Field("number", least=0, most=2),
    "top_p": Field("number", least=0, most=1), "seed": Field("integer"), "frequency_penalty": _NUMBER,
    "presence_penalty": _NUMBER, "user": TEXT, "modalities": Field("array"), "audio": ANY,
    "logprobs": Field("boolean", choices=(False,)), "reasoning_effort": TEXT,
    **dict.fromkeys((
        "logit_bias", "metadata", "moderation", "prediction", "prompt_cache_key", "prompt_cache_options",
        "prompt_cache_retention", "safety_identifier", "service_tier", "store", "top_logprobs",
        "verbosity", "web_search_options"), ANY),
}  # fmt: skip
_ROLES = ("system", "developer", "user", "assistant", "tool")
_MESSAGE = {"role": Field("string", True, _ROLES), "content": Field("string|array"), "name": TEXT,
            "tool_calls": Field("array"), "tool_call_id": TEXT, "refusal": ANY, "audio": ANY,
            "annotations": ANY, "function_call": ANY}  # fmt: skip
_PARTS = {
    "text": {"text": TEXT_NEEDED, "prompt_cache_breakpoint": ANY},
    "image_url": {"image_url": Field("object", True), "prompt_cache_breakpoint": ANY},
    "file": {"file": Field("object", True), "prompt_cache_breakpoint": ANY},
    "input_audio": {"input_audio": Field("object", True), "prompt_cache_breakpoint": ANY},
    "refusal": {"refusal": TEXT_NEEDED},
}  # fmt: skip
_URL = {"url": TEXT_NEEDED, "detail": Field("string", choices=("auto", "low", "high", "original"))}
_FILE = {"file_id": TEXT, "file_data": TEXT, "filename": TEXT}


def create(server, request: Request) -> Response:
    """Answer POST /v1/chat/completions."""
    body = content.body_of(request, _CHAT)
    how = voice.wanted(body, content.model(server, body["model"], "text"))
    asked = _prompt(server, body)
    voice.needed(asked, how)
    content.fits(server, asked)
    said = server.reply(asked)
    aloud = voice.said_aloud(server, said.text, how) if how and said.text and said.ending == "stop" else None
    usage = _usage(asked, said, body.get("n") or 1, voice.tokens(aloud, how.form) if aloud else 0)
    if body.get("stream"):
        options = checked(body.get("stream_options") or {}, {"include_usage": Field("boolean"),
                          "include_obfuscation": ANY}, VOICE, ("stream_options",))  # fmt: skip
        return Response(events=_events(asked, said, body.get("n") or 1, aloud,
                                       usage if options.get("include_usage") else None))  # fmt: skip
    return Response({**_completion(asked, said, body.get("n") or 1, aloud), "usage": usage})


def _prompt(server, body: dict) -> Prompt:
    """Return the prompt that a request holds, or raise ApiError."""
    system, turns = [], []
    for place, message in enumerate(body["messages"]):
        checked(message, _MESSAGE, VOICE, ("messages", place))
        turn = _turn(server, message, ("messages", place))
        if message["role"] in ("system", "developer"):
            system.append(turn.text)
        else:
            turns.append(turn)
    _calls_are_answered(body["messages"])
    tools = [_tool(one, place) for place, one in enumerate(body.get("tools") or [])]
    chosen = body.get("tool_choice")
    name = (chosen.get("function") or {}).get("name") if isinstance(chosen, dict) else None
    most = body.get("max_completion_tokens") or body.get("max_tokens") or 4096
    asked = Prompt(body["model"], turns or [Turn("user")], "\n".join(system), tools,
                   content.choice(chosen, tools, name), most_tokens=most,
                   stops=content.stops(body.get("stop")))  # fmt: skip
    asked.schema = _schema(body.get("response_format"), asked)
    return asked


def _turn(server, message: dict, parts: tuple) -> Turn:
    """Return one message as a turn."""
    given, texts, media = message.get("content"), [], []
    if message.get("audio") is not None and message["role"] == "assistant":
        texts.append(voice.said_before(server, message["audio"], (*parts, "audio")))
    if given is None and not (message["role"] == "assistant"):
        raise VOICE.missing((*parts, "content"))
    for place, part in enumerate([{"type": "text", "text": given}] if isinstance(given, str) else given or []):
        where = (*parts, "content", place)
        tagged(part, _PARTS, VOICE, where)
        if part["type"] == "image_url":
            _user_alone(message, where, "Image URLs")
            url = checked(part["image_url"], _URL, VOICE, (*where, "image_url"))
            media.append(content.picture_at(server, url["url"], url.get("detail") or "auto",
                                             (*where, "image_url", "url")))  # fmt: skip
        elif part["type"] == "file":
            told = checked(part["file"], _FILE, VOICE, (*where, "file"))
            media += openai_papers.document(server, told, (*where, "file"))
        elif part["type"] == "input_audio":
            _user_alone(message, where, "Sounds")
            media.append(voice.heard(part["input_audio"], (*where, "input_audio")))
        else:
            texts.append(part.get("text") or part.get("refusal") or "")
    return Turn.of(message["role"], "\n".join(texts), media)


def _user_alone(message: dict, where: tuple, what: str) -> None:
    """Raise ApiError where a part that only a user may send comes from another role."""
    if message["role"] != "user":
        raise ApiError(400, f"Invalid '{VOICE.path(where)}'. {what} are only allowed for messages with role "
                            "'user'.", VOICE.path(where), "invalid_value")  # fmt: skip


def _calls_are_answered(messages: list[dict]) -> None:
    """Raise ApiError unless each call has its result, and each result its call."""
    waiting: set = set()
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                raise ApiError(400, "Invalid parameter: messages with role 'tool' must be a response to a "
                                    "preceeding message with 'tool_calls'.", f"messages[{place}].role")
            waiting.discard(message["tool_call_id"])
            continue
        if waiting:
            break
        for number, call in enumerate(message.get("tool_calls") or []):
            where = ("messages", place, "tool_calls", number)
            checked(call, {"id": TEXT_NEEDED, "type": TEXT_NEEDED, "function": Field("object", True)},
                    VOICE, where)  # fmt: skip
            waiting.add(call["id"])
    if waiting:
        raise ApiError(400, "An assistant message with 'tool_calls' must be followed by tool messages "
                            "responding to each 'tool_call_id'. The following tool_call_ids did not have "
                            f"response messages: {', '.join(sorted(waiting))}", "messages")  # fmt: skip


def _tool(told, place: int):
    where = ("tools", place)
    tagged(told, {"function": {"function": Field("object", True)}}, VOICE, where)
    checked(told["function"], content.FUNCTION_TOOL, VOICE, (*where, "function"))
    return content.tool(told["function"], (*where, "function"))


def _schema(told: dict | None, asked: Prompt) -> dict | None:
    if not told:
        return None
    tagged(told, {"text": {}, "json_object": {}, "json_schema": {"json_schema": Field("object", True)}},
           VOICE, ("response_format",))  # fmt: skip
    if told["type"] == "text":
        return None
    if told["type"] == "json_object":
        if not content.says_json(asked):
            raise ApiError(400, "'messages' must contain the word 'json' in some form, to use "
                                "'response_format' of type 'json_object'.", "messages")  # fmt: skip
        return {}
    where = ("response_format", "json_schema")
    return content.schema_of(checked(told["json_schema"], content.SCHEMA_FORMAT, VOICE, where), where)


def _ending(said: Reply) -> str:
    return {"length": "length", "call": "tool_calls"}.get(said.ending, "stop")


def _usage(asked: Prompt, said: Reply, choices: int, aloud: int) -> dict:
    prompt, spent = content.used(asked, said)
    heard = sum(sound_tokens("openai", one.seconds) for turn in asked.turns for one in turn.sounds)
    spent += aloud
    return {
        "prompt_tokens": prompt, "completion_tokens": spent * choices,
        "total_tokens": prompt + spent * choices,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": heard},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": aloud * choices,
                                      "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    }  # fmt: skip


def _calls(said: Reply) -> list[dict]:
    return [{"id": "call_" + secrets.token_hex(12), "type": "function",
             "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
            for call in said.calls]  # fmt: skip


def _head(asked: Prompt, kind: str) -> dict:
    return {"id": "chatcmpl-" + secrets.token_hex(12), "object": kind, "created": int(time.time()),
            "model": asked.model, "service_tier": "default", "system_fingerprint": "fp_mmlab"}  # fmt: skip


def _completion(asked: Prompt, said: Reply, choices: int, aloud: dict | None) -> dict:
    refused = said.ending == "refusal"
    message = {"role": "assistant", "content": None if refused or said.calls or aloud else said.text,
               "refusal": said.text if refused else None, "annotations": []}  # fmt: skip
    if said.calls:
        message["tool_calls"] = _calls(said)
    if aloud:
        message["audio"] = aloud
    return {**_head(asked, "chat.completion"), "choices": [
        {"index": index, "message": message, "logprobs": None, "finish_reason": _ending(said)}
        for index in range(choices)]}  # fmt: skip


def _events(asked: Prompt, said: Reply, choices: int, aloud: dict | None, usage: dict | None) -> Iterator[bytes]:
    """Yield a reply as the events of a stream, each choice in turn."""
    head = _head(asked, "chat.completion.chunk")

    def chunk(index: int, delta: dict, ending: str | None = None) -> bytes:
        one = {"index": index, "delta": delta, "logprobs": None, "finish_reason": ending}
        return event({**head, "choices": [one], **({"usage": None} if usage else {})})

    for index in range(choices):
        yield chunk(index, {"role": "assistant", "content": None if said.calls else "", "refusal": None})
        for place, call in enumerate(_calls(said)):
            function = {"name": call["function"]["name"], "arguments": ""}
            yield chunk(index, {"tool_calls": [{**call, "index": place, "function": function}]})
            for piece in pieces(call["function"]["arguments"]):
                yield chunk(index, {"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
        name = "refusal" if said.ending == "refusal" else "content"
        for delta in _aloud(aloud) if aloud else ({name: piece} for piece in pieces(said.text)):
            yield chunk(index, delta)
        yield chunk(index, {}, _ending(said))
    if usage:
        yield event({**head, "choices": [], "usage": usage})
    yield event("[DONE]")


def _aloud(audio: dict) -> Iterator[dict]:
    """Yield what is said aloud as a stream sends it: its name, its words, its sound, and when it is forgotten."""
    yield {"audio": {"id": audio["id"], "transcript": ""}}
    for piece in pieces(audio["transcript"]):
        yield {"audio": {"id": audio["id"], "transcript": piece}}
    for piece in pieces(audio["data"], 16384):  # whole bytes, and whole samples of 16 bits
        yield {"audio": {"id": audio["id"], "data": piece}}
    yield {"audio": {"id": audio["id"], "expires_at": audio["expires_at"]}}


ROUTES = (("POST", "/v1/chat/completions", create),)
