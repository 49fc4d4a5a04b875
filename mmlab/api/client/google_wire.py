"""Google's generateContent: an Ask to a request, a response or its stream to what it says."""

import base64
import copy

from mmlab.api.client.answers import Ask, Call, Turn, Usage
from mmlab.api.client.attachments import PDF, WAV, document_bytes, picture_bytes, sound_bytes
from mmlab.api.client.reading import Read
from mmlab.api.client.schemas import schema_of
from mmlab.errors import InputError

NAME = "google"
_DETAILS = ("low", "medium", "high", "ultra_high")
_ENDINGS = {"STOP": "stop", "MAX_TOKENS": "length", "MALFORMED_FUNCTION_CALL": "empty"}


def body(ask: Ask, parts) -> dict:
    """Return the arguments of `models.generate_content`."""
    contents = [content for turn in ask.turns for content in _contents(turn, parts)]
    config: dict = {"max_output_tokens": ask.max_tokens}
    if ask.system:
        config["system_instruction"] = ask.system
    if ask.detail and ask.detail not in _DETAILS:
        raise InputError(f"ask: detail={ask.detail!r} at google", f"one of {', '.join(_DETAILS)}", "pass detail='low'")
    if ask.detail:
        config["media_resolution"] = f"MEDIA_RESOLUTION_{ask.detail.upper()}"
    if ask.schema is not None:
        config |= {"response_mime_type": "application/json", "response_json_schema": ask.schema}
    if ask.tools:
        config["tools"] = [{"function_declarations": [
            {"name": one.name, "description": one.description,
             "parameters_json_schema": schema_of(one.parameters, closed=False)} for one in ask.tools]}]  # fmt: skip
        if ask.must_call:
            config["tool_config"] = {"function_calling_config": {"mode": "ANY"}}
    return {"model": ask.model, "contents": contents, "config": config}


def _contents(turn: Turn, parts) -> list[dict]:
    if turn.role == "assistant":
        if NAME in turn.said:
            return [_as_bytes(turn.said[NAME])]
        listed = [{"text": turn.text}] if turn.text else []
        listed += [{"function_call": {"name": one.name, "args": one.arguments}} for one in turn.calls]
        return [{"role": "model", "parts": listed}]
    answered = [{"function_response": {"name": one.call.name, "response": {"result": one.output},
                                       **({"id": one.call.id} if one.call.id else {})}}
                for one in turn.results]  # fmt: skip
    listed = [_picture(picture_bytes(one), parts) for one in turn.images]
    listed += [_inline(WAV, sound_bytes(one)) for one in turn.sounds]
    listed += [_inline(PDF, document_bytes(one)) for one in turn.documents]
    listed += [{"text": turn.text}] if turn.text else []
    return [{"role": "user", "parts": one} for one in (answered, listed) if one]


def _picture(given: bytes | str, parts) -> dict:
    if isinstance(given, str):
        raise InputError(f"ask: a picture at {given[:80]!r} at google", "its bytes, or a file uploaded before",
                         "fetch it first, and pass the bytes")  # fmt: skip
    return parts.image_part_gemini(given)


def _inline(kind: str, data: bytes) -> dict:
    return {"inline_data": {"mime_type": kind, "data": data}}


def _as_bytes(content: dict) -> dict:
    """Return a model's content with bytes where the SDK wants them: its dump has them in base64."""
    content = copy.deepcopy(content)
    for part in content.get("parts") or []:
        if isinstance(part.get("thoughtSignature"), str):
            part["thoughtSignature"] = base64.urlsafe_b64decode(part["thoughtSignature"])
        if isinstance((part.get("inlineData") or {}).get("data"), str):
            part["inlineData"]["data"] = base64.urlsafe_b64decode(part["inlineData"]["data"])
    return content


def send(sdk, body: dict):
    """Return the response to a request; of an asynchronous client, what to await."""
    return sdk.models.generate_content(**body)


def stream(sdk, body: dict):
    """Return the stream that answers a request; of an asynchronous client, what to await for it."""
    return sdk.models.generate_content_stream(**body)


def read(raw: dict) -> Read:
    """Return what a response says; any error where it is none."""
    usage, blocked = _usage(raw.get("usageMetadata")), raw.get("promptFeedback") or {}
    if not raw.get("candidates"):
        words = blocked.get("blockReasonMessage") or f"blocked: {blocked['blockReason']}"
        return Read((), usage, "refusal", words, {"role": "model", "parts": []})
    candidate = raw["candidates"][0]
    listed = (candidate.get("content") or {}).get("parts") or []
    calls = tuple(Call(one["functionCall"]["name"], one["functionCall"].get("args") or {},
                       one["functionCall"].get("id") or "")
                  for one in listed if one.get("functionCall"))  # fmt: skip
    reason = candidate.get("finishReason") or "STOP"
    ending = _ENDINGS.get(reason, "refusal")
    refusal = (candidate.get("finishMessage") or f"ended: {reason}") if ending == "refusal" else ""
    spoken = "".join(one["text"] for one in listed if one.get("text") and not one.get("thought"))
    if ending == "stop":
        ending = "call" if calls else "stop" if spoken else "empty"
    return Read(calls, usage, ending, refusal, {"role": "model", "parts": listed})


def _usage(told: dict | None) -> Usage | None:
    if not told:
        return None
    names = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "cachedContentTokenCount")
    sent, said, thought, cached = (int(told.get(name) or 0) for name in names)
    return Usage(sent, said + thought, cached)


class Gathered:
    """A stream's chunks, put together to the response that they come from."""

    def __init__(self):
        self.last, self.parts, self.ending, self.text = {}, [], None, ""

    def add(self, chunk: dict) -> str:
        """Take one chunk, and return the text that it brings."""
        self.last = {**self.last, **chunk}
        candidate = (chunk.get("candidates") or [{}])[0]
        self.ending = candidate.get("finishReason") or self.ending
        brought = ""
        for part in (candidate.get("content") or {}).get("parts") or []:
            if set(part) == {"text"} and self.parts and set(self.parts[-1]) == {"text"}:
                self.parts[-1] = {"text": self.parts[-1]["text"] + part["text"]}
            else:
                self.parts.append(part)
            brought += "" if part.get("thought") else part.get("text") or ""
        return brought

    def whole(self) -> dict | None:
        """Return the response; None where the stream ended before it did."""
        if self.ending is None:
            return self.last if self.last.get("promptFeedback") else None
        candidate = {"content": {"role": "model", "parts": self.parts}, "finishReason": self.ending, "index": 0}
        return {**self.last, "candidates": [candidate]}
