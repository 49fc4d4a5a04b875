"""Google's generateContent API: builds requests and reads responses and streams."""

import base64
import copy

from mmlab.api.client import sdks
from mmlab.api.client.answers import Ask, Call, Turn, Usage
from mmlab.api.client.attachments import PDF, WAV, audio_bytes, document_bytes, image_bytes
from mmlab.api.client.schemas import schema_of
from mmlab.api.client.sdks import Read
from mmlab.api.providers import GOOGLE
from mmlab.errors import InputError

_DETAILS = ("low", "medium", "high", "ultra_high")
_ENDINGS = {"STOP": "stop", "MAX_TOKENS": "length", "MALFORMED_FUNCTION_CALL": "empty"}


def body(ask: Ask, parts) -> dict:
    """Return the arguments of `models.generate_content`."""
    contents = [content for turn in ask.turns for content in _contents(turn, parts)]
    config: dict = {"max_output_tokens": ask.max_tokens}
    if ask.system:
        config["system_instruction"] = ask.system
    if ask.detail and ask.detail not in _DETAILS:
        raise InputError(
            f"ask: detail={ask.detail!r} at google", f"one of {', '.join(_DETAILS)}", "pass detail='low'"
        )
    if ask.detail:
        config["media_resolution"] = f"MEDIA_RESOLUTION_{ask.detail.upper()}"
    if ask.schema is not None:
        config |= {"response_mime_type": "application/json", "response_json_schema": ask.schema}
    if ask.tools:
        config["tools"] = [
            {
                "function_declarations": [
                    {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters_json_schema": schema_of(tool.parameters, closed=False),
                    }
                    for tool in ask.tools
                ]
            }
        ]
        if ask.must_call:
            config["tool_config"] = {"function_calling_config": {"mode": "ANY"}}
    return {"model": ask.model, "contents": contents, "config": config}


def _contents(turn: Turn, parts) -> list[dict]:
    if turn.role == "assistant":
        if GOOGLE.id in turn.native:
            return [_as_bytes(turn.native[GOOGLE.id])]
        content = [{"text": turn.text}] if turn.text else []
        content += [{"function_call": {"name": call.name, "args": call.arguments}} for call in turn.calls]
        return [{"role": "model", "parts": content}]
    results = [
        {
            "function_response": {
                "name": result.call.name,
                "response": {"result": result.output},
                **({"id": result.call.id} if result.call.id else {}),
            }
        }
        for result in turn.results
    ]
    content = [_image_part(image_bytes(image), parts) for image in turn.images]
    content += [_inline(WAV, audio_bytes(clip)) for clip in turn.audio]
    content += [_inline(PDF, document_bytes(document)) for document in turn.documents]
    content += [{"text": turn.text}] if turn.text else []
    return [{"role": "user", "parts": listed} for listed in (results, content) if listed]


def _image_part(image: bytes | str, parts) -> dict:
    if isinstance(image, str):
        raise InputError(
            f"ask: an image at {image[:80]!r} at google",
            "its bytes, or a file uploaded before",
            "download it first and pass the bytes",
        )
    return parts.image_part(image, "google")


def _inline(kind: str, data: bytes) -> dict:
    return {"inline_data": {"mime_type": kind, "data": data}}


def _as_bytes(content: dict) -> dict:
    """Return a model's content with base64 texts decoded to the bytes that the SDK takes."""
    content = copy.deepcopy(content)
    for part in content.get("parts") or []:
        if isinstance(part.get("thoughtSignature"), str):
            part["thoughtSignature"] = base64.urlsafe_b64decode(part["thoughtSignature"])
        if isinstance((part.get("inlineData") or {}).get("data"), str):
            part["inlineData"]["data"] = base64.urlsafe_b64decode(part["inlineData"]["data"])
    return content


class _Awaited:
    """Google's asynchronous client; keeps a reference to the whole client, without which it would be closed."""

    def __init__(self, client):
        self._whole, self.models = client, client.aio.models


def open_client(
    *, base_url: str | None, key: str, timeout: float, transport=None, asynchronous: bool = False
):
    """Return the SDK's client; arguments as sdks.open_client takes them."""
    sdk, options = sdks.module(GOOGLE.id), sdks.network(transport, local=base_url is not None)
    http = {"timeout": int(timeout * 1000), **({"base_url": base_url} if base_url else {})}
    if options:
        import httpx2

        kind = httpx2.AsyncClient if asynchronous else httpx2.Client
        http["httpx_async_client" if asynchronous else "httpx_client"] = kind(
            follow_redirects=True, **options
        )
    client = sdk.Client(api_key=key, vertexai=False, http_options=http)
    return _Awaited(client) if asynchronous else client


def send(sdk, body: dict):
    """Return the response to a request; with an asynchronous client, an awaitable of it."""
    return sdk.models.generate_content(**body)


def stream(sdk, body: dict):
    """Return the stream of events for a request; with an asynchronous client, an awaitable of it."""
    return sdk.models.generate_content_stream(**body)


def read(raw: dict) -> Read:
    """Return the parts of a response; raise any error if it is malformed."""
    usage, blocked = _usage(raw.get("usageMetadata")), raw.get("promptFeedback") or {}
    if not raw.get("candidates"):
        explanation = blocked.get("blockReasonMessage") or f"blocked: {blocked['blockReason']}"
        return Read((), usage, "refusal", explanation, {"role": "model", "parts": []})
    candidate = raw["candidates"][0]
    listed = (candidate.get("content") or {}).get("parts") or []
    calls = tuple(
        Call(
            part["functionCall"]["name"],
            part["functionCall"].get("args") or {},
            part["functionCall"].get("id") or "",
        )
        for part in listed
        if part.get("functionCall")
    )
    reason = candidate.get("finishReason") or "STOP"
    ending = _ENDINGS.get(reason, "refusal")
    refusal = (candidate.get("finishMessage") or f"ended: {reason}") if ending == "refusal" else ""
    text = "".join(part["text"] for part in listed if part.get("text") and not part.get("thought"))
    if ending == "stop":
        ending = "call" if calls else "stop" if text else "empty"
    return Read(calls, usage, ending, refusal, {"role": "model", "parts": listed})


def _usage(counts: dict | None) -> Usage | None:
    if not counts:
        return None
    names = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "cachedContentTokenCount")
    sent, replied, thought, cached = (int(counts.get(name) or 0) for name in names)
    return Usage(sent, replied + thought, cached)


class Assembler:
    """Assembles a response from the chunks of its stream."""

    def __init__(self):
        self.last, self.parts, self.ending, self.text = {}, [], None, ""

    def add(self, chunk: dict) -> str:
        """Add a chunk and return the text in it."""
        self.last = {**self.last, **chunk}
        candidate = (chunk.get("candidates") or [{}])[0]
        self.ending = candidate.get("finishReason") or self.ending
        text = ""
        for part in (candidate.get("content") or {}).get("parts") or []:
            if set(part) == {"text"} and self.parts and set(self.parts[-1]) == {"text"}:
                self.parts[-1] = {"text": self.parts[-1]["text"] + part["text"]}
            else:
                self.parts.append(part)
            text += "" if part.get("thought") else part.get("text") or ""
        return text

    def whole(self) -> dict | None:
        """Return the response; None if the stream ended before the response was complete."""
        if self.ending is None:
            return self.last if self.last.get("promptFeedback") else None
        candidate = {
            "content": {"role": "model", "parts": self.parts},
            "finishReason": self.ending,
            "index": 0,
        }
        return {**self.last, "candidates": [candidate]}
