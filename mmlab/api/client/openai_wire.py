"""OpenAI's Chat Completions API: builds requests and reads responses and streams."""

import json

from mmlab.api.client import sdks
from mmlab.api.client.answers import Ask, Call, Turn, Usage
from mmlab.api.client.attachments import audio_bytes, base64_text, document_bytes, image_bytes
from mmlab.api.client.schemas import schema_of
from mmlab.api.client.sdks import Read, text_or_json
from mmlab.api.providers import OPENAI

_ENDINGS = {"length": "length", "tool_calls": "call", "content_filter": "refusal"}


def body(ask: Ask, parts) -> dict:
    """Return the arguments of `chat.completions.create`."""
    messages = [{"role": "system", "content": ask.system}] if ask.system else []
    for turn in ask.turns:
        messages += _messages(turn, ask, parts)
    request = {"model": ask.model, "messages": messages, "max_completion_tokens": ask.max_tokens}
    if ask.schema is not None:
        schema = {"name": "reply", "strict": True, "schema": ask.schema}
        request["response_format"] = {"type": "json_schema", "json_schema": schema}
    if ask.tools:
        request["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": schema_of(tool.parameters, closed=False),
                },
            }
            for tool in ask.tools
        ]
        request["tool_choice"] = "required" if ask.must_call else "auto"
    return request


def _messages(turn: Turn, ask: Ask, parts) -> list[dict]:
    if turn.role == "assistant":
        if OPENAI.id in turn.native:
            return [turn.native[OPENAI.id]]
        calls = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for call in turn.calls
        ]
        return [
            {"role": "assistant", "content": turn.text or None} | ({"tool_calls": calls} if calls else {})
        ]
    results = [
        {"role": "tool", "tool_call_id": result.call.id, "content": text_or_json(result.output)}
        for result in turn.results
    ]
    content = [_image_part(image_bytes(image), ask.detail, parts) for image in turn.images]
    content += [
        {"type": "input_audio", "input_audio": {"data": base64_text(audio_bytes(clip)), "format": "wav"}}
        for clip in turn.audio
    ]
    content += [
        {
            "type": "file",
            "file": {
                "filename": "document.pdf",
                "file_data": f"data:application/pdf;base64,{base64_text(document_bytes(document))}",
            },
        }
        for document in turn.documents
    ]
    if content and turn.text:
        content.append({"type": "text", "text": turn.text})
    return results + ([{"role": "user", "content": content or turn.text}] if content or turn.text else [])


def _image_part(image: bytes | str, detail: str | None, parts) -> dict:
    if isinstance(image, str):
        part = {"type": "image_url", "image_url": {"url": image}}
    else:
        part = parts.image_part(image, "openai")
    return {**part, "image_url": {**part["image_url"], "detail": detail}} if detail else part


def open_client(**options):
    """Return the SDK's client; options as sdks.open_client takes them."""
    return sdks.open_client(sdks.module(OPENAI.id), ("OpenAI", "AsyncOpenAI"), **options)


def send(sdk, body: dict):
    """Return the response to a request; with an asynchronous client, an awaitable of it."""
    return sdk.chat.completions.create(**body)


def stream(sdk, body: dict):
    """Return the stream of events for a request; with an asynchronous client, an awaitable of it."""
    return sdk.chat.completions.create(**body, stream=True, stream_options={"include_usage": True})


def read(raw: dict) -> Read:
    """Return the parts of a chat completion; raise any error if it is malformed."""
    choice = raw["choices"][0]
    message = choice["message"]
    calls = tuple(
        Call(call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"), call["id"])
        for call in message.get("tool_calls") or []
    )
    refusal = message.get("refusal") or ""
    ending = "refusal" if refusal else _ENDINGS.get(choice.get("finish_reason"), "stop")
    if ending == "stop" and not message.get("content"):
        ending = "call" if calls else "empty"
    native = {
        name: message[name] for name in ("role", "content", "refusal", "tool_calls") if message.get(name)
    }
    return Read(calls, _usage(raw.get("usage")), ending, refusal, {"content": None} | native)


def _usage(counts: dict | None) -> Usage | None:
    if not counts:
        return None
    cached = (counts.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Usage(int(counts["prompt_tokens"]), int(counts["completion_tokens"]), int(cached))


class Assembler:
    """Assembles a chat completion from the chunks of its stream."""

    def __init__(self):
        self.head, self.usage, self.ending = {}, None, None
        self.content, self.refusal, self.calls = "", "", {}

    def add(self, chunk: dict) -> str:
        """Add a chunk and return the text in it."""
        self.head = self.head or {name: chunk.get(name) for name in ("id", "model", "created")}
        self.usage = chunk.get("usage") or self.usage
        for choice in chunk.get("choices") or []:
            self.ending = choice.get("finish_reason") or self.ending
            delta = choice.get("delta") or {}
            self.refusal += delta.get("refusal") or ""
            for fragment in delta.get("tool_calls") or []:
                call = self.calls.setdefault(
                    fragment["index"],
                    {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
                )
                call["id"] += fragment.get("id") or ""
                for name, piece in (fragment.get("function") or {}).items():
                    call["function"][name] += piece or ""
            if delta.get("content"):
                self.content += delta["content"]
                return delta["content"]
        return ""

    def whole(self) -> dict | None:
        """Return the completion; None if the stream ended before the completion was complete."""
        if self.ending is None:
            return None
        message = {"role": "assistant", "content": self.content or None, "refusal": self.refusal or None}
        if self.calls:
            message["tool_calls"] = [self.calls[index] for index in sorted(self.calls)]
        choice = {"index": 0, "message": message, "finish_reason": self.ending}
        return {**self.head, "object": "chat.completion", "choices": [choice], "usage": self.usage}
