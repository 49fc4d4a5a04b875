"""OpenAI's Chat Completions."""

import json
import secrets
import time
from collections.abc import Iterator

from mmlab.api.providers import OPENAI
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, HINT, REFUSED, Field, checked, tagged
from mmlab.api.server.messages import Request, Response, event, pieces
from mmlab.api.server.model import Prompt, Reply, Turn
from mmlab.api.server.openai import audio, content
from mmlab.api.server.openai.content import ERRORS, TEXT, TEXT_NEEDED

_NUMBER = Field("number", minimum=-2, maximum=2)
_COUNT = Field("integer", minimum=1)
_CHAT = {
    "messages": Field("array", True, minimum=1),
    "model": TEXT_NEEDED,
    "max_tokens": _COUNT,
    "max_completion_tokens": _COUNT,
    "n": Field("integer", minimum=1, maximum=8),
    "stream": Field("boolean"),
    "stream_options": Field("object"),
    "stop": Field("string|array"),
    "response_format": Field("object"),
    "tools": Field("array"),
    "tool_choice": Field("string|object"),
    "parallel_tool_calls": Field("boolean"),
    "temperature": Field("number", minimum=0, maximum=2),
    "top_p": Field("number", minimum=0, maximum=1),
    "seed": Field("integer"),
    "frequency_penalty": _NUMBER,
    "presence_penalty": _NUMBER,
    "user": TEXT,
    "modalities": Field("array"),
    "audio": ANY,
    "logprobs": Field("boolean", offered=()),
    "reasoning_effort": content.EFFORT,
    "logit_bias": REFUSED,
    "moderation": REFUSED,
    "top_logprobs": REFUSED,
    "web_search_options": REFUSED,
    **dict.fromkeys(
        (
            "metadata",
            "prediction",
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "safety_identifier",
            "service_tier",
            "store",
            "verbosity",
        ),
        HINT,
    ),
}
_ROLES = ("system", "developer", "user", "assistant", "tool")
_MESSAGE = {
    "role": Field("string", True, _ROLES),
    "content": Field("string|array"),
    "name": TEXT,
    "tool_calls": Field("array"),
    "tool_call_id": TEXT,
    "refusal": ANY,
    "audio": ANY,
    "annotations": ANY,
    "function_call": ANY,
}
_PARTS = {
    "text": {"text": TEXT_NEEDED, "prompt_cache_breakpoint": ANY},
    "image_url": {"image_url": Field("object", True), "prompt_cache_breakpoint": ANY},
    "file": {"file": Field("object", True), "prompt_cache_breakpoint": ANY},
    "input_audio": {"input_audio": Field("object", True), "prompt_cache_breakpoint": ANY},
    "refusal": {"refusal": TEXT_NEEDED},
}
_URL = {"url": TEXT_NEEDED, "detail": Field("string", choices=("auto", "low", "high", "original"))}
_FILE = {"file_id": TEXT, "file_data": TEXT, "filename": TEXT}


def create(server, request: Request) -> Response:
    """Answer POST /v1/chat/completions."""
    body = content.body_of(request, _CHAT)
    known = content.model(server, body["model"], "text")
    for name in ("max_completion_tokens", "max_tokens"):
        content.check_max_tokens(known, body, name)
    speech = audio.speech_options(body, known)
    prompt = _prompt(server, body)
    audio.require_audio(known, prompt, speech)
    content.check_context(server, prompt)
    reply = server.reply(prompt)
    spoken = (
        audio.spoken_reply(server, reply.text, speech)
        if speech and reply.text and reply.ending == "stop"
        else None
    )
    usage = _usage(prompt, reply, body.get("n") or 1, audio.tokens(spoken, speech.form) if spoken else 0)
    if body.get("stream"):
        options = checked(
            body.get("stream_options") or {},
            {"include_usage": Field("boolean"), "include_obfuscation": ANY},
            ERRORS,
            ("stream_options",),
        )
        return Response(
            events=_events(
                prompt, reply, body.get("n") or 1, spoken, usage if options.get("include_usage") else None
            )
        )
    return Response({**_completion(prompt, reply, body.get("n") or 1, spoken), "usage": usage})


def _prompt(server, body: dict) -> Prompt:
    """Return the prompt of a request, or raise ApiError."""
    system, turns = [], []
    for index, message in enumerate(body["messages"]):
        checked(message, _MESSAGE, ERRORS, ("messages", index))
        turn = _turn(server, message, ("messages", index))
        if message["role"] in ("system", "developer"):
            system.append(turn.text)
        else:
            turns.append(turn)
    _calls_are_answered(body["messages"])
    tools = [_tool(tool, index) for index, tool in enumerate(body.get("tools") or [])]
    chosen = body.get("tool_choice")
    name = (chosen.get("function") or {}).get("name") if isinstance(chosen, dict) else None
    maximum = body.get("max_completion_tokens") or body.get("max_tokens") or 4096
    prompt = Prompt(
        body["model"],
        turns or [Turn("user")],
        "\n".join(system),
        tools,
        content.choice(chosen, tools, name),
        max_tokens=maximum,
        stops=content.stops(body.get("stop")),
        parallel=body.get("parallel_tool_calls") is not False,
    )
    prompt.schema = _schema(body.get("response_format"), prompt)
    return prompt


def _turn(server, message: dict, parts: tuple) -> Turn:
    """Return a message as a turn."""
    given, texts, media = message.get("content"), [], []
    if message.get("audio") is not None and message["role"] == "assistant":
        texts.append(audio.earlier_transcript(server, message["audio"], (*parts, "audio")))
    if given is None and not (message["role"] == "assistant"):
        raise ERRORS.missing((*parts, "content"))
    for index, part in enumerate(
        [{"type": "text", "text": given}] if isinstance(given, str) else given or []
    ):
        where = (*parts, "content", index)
        tagged(part, _PARTS, ERRORS, where)
        if part["type"] == "image_url":
            _require_user(message, where, "Image URLs")
            url = checked(part["image_url"], _URL, ERRORS, (*where, "image_url"))
            media.append(
                content.image_at(
                    server, url["url"], url.get("detail") or "auto", (*where, "image_url", "url")
                )
            )
        elif part["type"] == "file":
            file = checked(part["file"], _FILE, ERRORS, (*where, "file"))
            media += content.document(server, file, (*where, "file"))
        elif part["type"] == "input_audio":
            _require_user(message, where, "Audio parts")
            media.append(audio.input_audio(part["input_audio"], (*where, "input_audio")))
        else:
            texts.append(part.get("text") or part.get("refusal") or "")
    functions = [call.get("function") for call in message.get("tool_calls") or [] if isinstance(call, dict)]
    called = [str(function.get("name")) for function in functions if isinstance(function, dict)]
    return Turn.of(message["role"], "\n".join(texts), media, called)


def _require_user(message: dict, where: tuple, what: str) -> None:
    """Raise ApiError if a part that only users may send has another role."""
    if message["role"] != "user":
        raise ApiError(
            400,
            f"Invalid '{ERRORS.path(where)}'. {what} are only allowed for messages with role 'user'.",
            ERRORS.path(where),
            "invalid_value",
        )


def _calls_are_answered(messages: list[dict]) -> None:
    """Raise ApiError unless each tool call has a result, and each result a call."""
    waiting: set = set()
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                raise ApiError(
                    400,
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    f"messages[{index}].role",
                )
            waiting.discard(message["tool_call_id"])
            continue
        if waiting:
            break
        for number, call in enumerate(message.get("tool_calls") or []):
            where = ("messages", index, "tool_calls", number)
            checked(
                call,
                {"id": TEXT_NEEDED, "type": TEXT_NEEDED, "function": Field("object", True)},
                ERRORS,
                where,
            )
            waiting.add(call["id"])
    if waiting:
        raise ApiError(
            400,
            "An assistant message with 'tool_calls' must be followed by tool messages "
            "responding to each 'tool_call_id'. The following tool_call_ids did not have "
            f"response messages: {', '.join(sorted(waiting))}",
            "messages",
        )


def _tool(given, index: int):
    where = ("tools", index)
    content.check_tool_type(given, where)
    tagged(given, {"function": {"function": Field("object", True)}}, ERRORS, where)
    checked(given["function"], content.FUNCTION_TOOL, ERRORS, (*where, "function"))
    return content.tool(given["function"], (*where, "function"))


def _schema(given: dict | None, prompt: Prompt) -> dict | None:
    if not given:
        return None
    tagged(
        given,
        {"text": {}, "json_object": {}, "json_schema": {"json_schema": Field("object", True)}},
        ERRORS,
        ("response_format",),
    )
    if given["type"] == "text":
        return None
    if given["type"] == "json_object":
        if not content.mentions_json(prompt):
            raise ApiError(
                400,
                "'messages' must contain the word 'json' in some form, to use "
                "'response_format' of type 'json_object'.",
                "messages",
            )
        return {}
    where = ("response_format", "json_schema")
    return content.schema_of(checked(given["json_schema"], content.SCHEMA_FORMAT, ERRORS, where), where)


def _ending(reply: Reply) -> str:
    return {"length": "length", "call": "tool_calls"}.get(reply.ending, "stop")


def _usage(prompt: Prompt, reply: Reply, choices: int, spoken: int) -> dict:
    sent, spent = content.token_counts(prompt, reply)
    heard = sum(OPENAI.audio_tokens(clip.seconds) for turn in prompt.turns for clip in turn.audio)
    spent += spoken
    return {
        "prompt_tokens": sent,
        "completion_tokens": spent * choices,
        "total_tokens": sent + spent * choices,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": heard},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": spoken * choices,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _calls(reply: Reply) -> list[dict]:
    return [
        {
            "id": "call_" + secrets.token_hex(12),
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for call in reply.calls
    ]


def _head(prompt: Prompt, kind: str) -> dict:
    return {
        "id": "chatcmpl-" + secrets.token_hex(12),
        "object": kind,
        "created": int(time.time()),
        "model": prompt.model,
        "service_tier": "default",
        "system_fingerprint": "fp_mmlab",
    }


def _completion(prompt: Prompt, reply: Reply, choices: int, spoken: dict | None) -> dict:
    refused = reply.ending == "refusal"
    message = {
        "role": "assistant",
        "content": None if refused or reply.calls or spoken else reply.text,
        "refusal": reply.text if refused else None,
        "annotations": [],
    }
    if reply.calls:
        message["tool_calls"] = _calls(reply)
    if spoken:
        message["audio"] = spoken
    return {
        **_head(prompt, "chat.completion"),
        "choices": [
            {"index": index, "message": message, "logprobs": None, "finish_reason": _ending(reply)}
            for index in range(choices)
        ],
    }


def _events(
    prompt: Prompt, reply: Reply, choices: int, spoken: dict | None, usage: dict | None
) -> Iterator[bytes]:
    """Yield a reply as the events of a stream, one choice after the other."""
    head = _head(prompt, "chat.completion.chunk")

    def chunk(index: int, delta: dict, ending: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": ending}
        return event({**head, "choices": [choice], **({"usage": None} if usage else {})})

    for index in range(choices):
        yield chunk(index, {"role": "assistant", "content": None if reply.calls else "", "refusal": None})
        for number, call in enumerate(_calls(reply)):
            function = {"name": call["function"]["name"], "arguments": ""}
            yield chunk(index, {"tool_calls": [{**call, "index": number, "function": function}]})
            for piece in pieces(call["function"]["arguments"]):
                yield chunk(index, {"tool_calls": [{"index": number, "function": {"arguments": piece}}]})
        name = "refusal" if reply.ending == "refusal" else "content"
        for delta in _spoken_deltas(spoken) if spoken else ({name: piece} for piece in pieces(reply.text)):
            yield chunk(index, delta)
        yield chunk(index, {}, _ending(reply))
    if usage:
        yield event({**head, "choices": [], "usage": usage})
    yield event("[DONE]")


def _spoken_deltas(audio: dict) -> Iterator[dict]:
    """Yield the deltas of a spoken reply: its id, its transcript, its audio and its expiry."""
    yield {"audio": {"id": audio["id"], "transcript": ""}}
    for piece in pieces(audio["transcript"]):
        yield {"audio": {"id": audio["id"], "transcript": piece}}
    for piece in pieces(audio["data"], 16384):  # whole bytes, and whole samples of 16 bits
        yield {"audio": {"id": audio["id"], "data": piece}}
    yield {"audio": {"id": audio["id"], "expires_at": audio["expires_at"]}}


ROUTES = (("POST", "/v1/chat/completions", create),)
