"""OpenAI's Chat Completions: an Ask to a request, a response or its stream to what it says."""

import json

from mmlab.api.client.answers import Ask, Call, Turn, Usage
from mmlab.api.client.attachments import document_bytes, picture_bytes, sound_bytes, text_of
from mmlab.api.client.reading import Read, words
from mmlab.api.client.schemas import schema_of

NAME = "openai"
_ENDINGS = {"length": "length", "tool_calls": "call", "content_filter": "refusal"}


def body(ask: Ask, parts) -> dict:
    """Return the arguments of `chat.completions.create`."""
    messages = [{"role": "system", "content": ask.system}] if ask.system else []
    for turn in ask.turns:
        messages += _messages(turn, ask, parts)
    found = {"model": ask.model, "messages": messages, "max_completion_tokens": ask.max_tokens}
    if ask.schema is not None:
        told = {"name": "reply", "strict": True, "schema": ask.schema}
        found["response_format"] = {"type": "json_schema", "json_schema": told}
    if ask.tools:
        found["tools"] = [{"type": "function", "function": {
            "name": one.name, "description": one.description, "parameters": schema_of(one.parameters, closed=False)}}
            for one in ask.tools]  # fmt: skip
        found["tool_choice"] = "required" if ask.must_call else "auto"
    return found


def _messages(turn: Turn, ask: Ask, parts) -> list[dict]:
    if turn.role == "assistant":
        if NAME in turn.said:
            return [turn.said[NAME]]
        calls = [{"id": call.id, "type": "function", "function": {
            "name": call.name, "arguments": json.dumps(call.arguments)}} for call in turn.calls]  # fmt: skip
        return [{"role": "assistant", "content": turn.text or None} | ({"tool_calls": calls} if calls else {})]
    found = [{"role": "tool", "tool_call_id": one.call.id, "content": words(one.output)} for one in turn.results]
    content = [_picture(picture_bytes(one), ask.detail, parts) for one in turn.images]
    content += [{"type": "input_audio", "input_audio": {"data": text_of(sound_bytes(one)), "format": "wav"}}
                for one in turn.sounds]  # fmt: skip
    content += [{"type": "file", "file": {"filename": "document.pdf",
                 "file_data": f"data:application/pdf;base64,{text_of(document_bytes(one))}"}}
                for one in turn.documents]  # fmt: skip
    if content and turn.text:
        content.append({"type": "text", "text": turn.text})
    return found + ([{"role": "user", "content": content or turn.text}] if content or turn.text else [])


def _picture(given: bytes | str, detail: str | None, parts) -> dict:
    if isinstance(given, str):
        part = {"type": "image_url", "image_url": {"url": given}}
    else:
        part = parts.image_part_openai(given)
    return {**part, "image_url": {**part["image_url"], "detail": detail}} if detail else part


def send(sdk, body: dict):
    """Return the response to a request; of an asynchronous client, what to await."""
    return sdk.chat.completions.create(**body)


def stream(sdk, body: dict):
    """Return the stream that answers a request; of an asynchronous client, what to await for it."""
    return sdk.chat.completions.create(**body, stream=True, stream_options={"include_usage": True})


def read(raw: dict) -> Read:
    """Return what a chat completion says; any error where it is none."""
    choice = raw["choices"][0]
    message = choice["message"]
    calls = tuple(Call(one["function"]["name"], json.loads(one["function"]["arguments"] or "{}"), one["id"])
                  for one in message.get("tool_calls") or [])  # fmt: skip
    refusal = message.get("refusal") or ""
    ending = "refusal" if refusal else _ENDINGS.get(choice.get("finish_reason"), "stop")
    if ending == "stop" and not message.get("content"):
        ending = "call" if calls else "empty"
    told = {name: message[name] for name in ("role", "content", "refusal", "tool_calls") if message.get(name)}
    return Read(calls, _usage(raw.get("usage")), ending, refusal, {"content": None} | told)


def _usage(told: dict | None) -> Usage | None:
    if not told:
        return None
    cached = (told.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Usage(int(told["prompt_tokens"]), int(told["completion_tokens"]), int(cached))


class Gathered:
    """A stream's chunks, put together to the completion that they come from."""

    def __init__(self):
        self.head, self.usage, self.ending = {}, None, None
        self.content, self.refusal, self.calls = "", "", {}

    def add(self, chunk: dict) -> str:
        """Take one chunk, and return the text that it brings."""
        self.head = self.head or {name: chunk.get(name) for name in ("id", "model", "created")}
        self.usage = chunk.get("usage") or self.usage
        for choice in chunk.get("choices") or []:
            self.ending = choice.get("finish_reason") or self.ending
            delta = choice.get("delta") or {}
            self.refusal += delta.get("refusal") or ""
            for one in delta.get("tool_calls") or []:
                call = self.calls.setdefault(one["index"], {"id": "", "type": "function",
                                             "function": {"name": "", "arguments": ""}})  # fmt: skip
                call["id"] += one.get("id") or ""
                for name, piece in (one.get("function") or {}).items():
                    call["function"][name] += piece or ""
            if delta.get("content"):
                self.content += delta["content"]
                return delta["content"]
        return ""

    def whole(self) -> dict | None:
        """Return the completion; None where the stream ended before it did."""
        if self.ending is None:
            return None
        message = {"role": "assistant", "content": self.content or None, "refusal": self.refusal or None}
        if self.calls:
            message["tool_calls"] = [self.calls[index] for index in sorted(self.calls)]
        choice = {"index": 0, "message": message, "finish_reason": self.ending}
        return {**self.head, "object": "chat.completion", "choices": [choice], "usage": self.usage}
