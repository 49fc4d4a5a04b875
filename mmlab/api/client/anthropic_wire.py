"""Anthropic's Messages: an Ask to a request, a response or its stream to what it says."""

import json

from mmlab.api.client.answers import Ask, Call, Turn, Usage
from mmlab.api.client.attachments import PDF, document_bytes, picture_bytes, text_of
from mmlab.api.client.reading import Read, words
from mmlab.api.client.schemas import schema_of
from mmlab.errors import InputError

NAME = "anthropic"
_ENDINGS = {"max_tokens": "length", "model_context_window_exceeded": "length", "tool_use": "call",
            "refusal": "refusal"}  # fmt: skip


def body(ask: Ask, parts) -> dict:
    """Return the arguments of `messages.create`."""
    if ask.detail:
        raise InputError(f"ask: detail={ask.detail!r} at anthropic", "no detail: it has one price a pixel",
                         "leave it out, and send a smaller picture")  # fmt: skip
    messages = [_message(turn, parts) for turn in ask.turns]
    found = {"model": ask.model, "messages": messages, "max_tokens": ask.max_tokens}
    if ask.system:
        found["system"] = ask.system
    if ask.schema is not None:
        found["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
    if ask.tools:
        found["tools"] = [{"name": one.name, "description": one.description,
                           "input_schema": schema_of(one.parameters, closed=False)} for one in ask.tools]  # fmt: skip
        found["tool_choice"] = {"type": "any" if ask.must_call else "auto"}
    return found


def _message(turn: Turn, parts) -> dict:
    if turn.role == "assistant":
        if NAME in turn.said:
            return turn.said[NAME]
        content = [{"type": "text", "text": turn.text}] if turn.text else []
        content += [{"type": "tool_use", "id": one.id, "name": one.name, "input": one.arguments} for one in turn.calls]
        return {"role": "assistant", "content": content}
    if turn.sounds:
        raise InputError("ask: sounds at anthropic", "text, pictures and documents: its messages take no sound",
                         "ask openai or google, or transcribe first")  # fmt: skip
    content = [{"type": "tool_result", "tool_use_id": one.call.id, "content": words(one.output)} for one in turn.results]
    for given in map(picture_bytes, turn.images):
        url = {"type": "image", "source": {"type": "url", "url": given}}
        content.append(url if isinstance(given, str) else parts.image_part_anthropic(given))
    content += [{"type": "document", "source": {"type": "base64", "media_type": PDF,
                 "data": text_of(document_bytes(one))}} for one in turn.documents]  # fmt: skip
    if turn.text:
        content.append({"type": "text", "text": turn.text})
    return {"role": "user", "content": content}


def send(sdk, body: dict):
    """Return the response to a request; of an asynchronous client, what to await."""
    return sdk.messages.create(**body)


def stream(sdk, body: dict):
    """Return the stream that answers a request; of an asynchronous client, what to await for it."""
    return sdk.messages.create(**body, stream=True)


def read(raw: dict) -> Read:
    """Return what a message says; any error where it is none."""
    blocks = raw["content"]
    calls = tuple(Call(one["name"], one["input"], one["id"]) for one in blocks if one["type"] == "tool_use")
    texts = [one["text"] for one in blocks if one["type"] == "text"]
    ending = _ENDINGS.get(raw.get("stop_reason"), "stop")
    if ending == "stop" and not "".join(texts):
        ending = "empty"
    refusal = (raw.get("stop_details") or {}).get("explanation") or ""
    said = {"role": "assistant", "content": [_sent_back(one) for one in blocks]}
    return Read(calls, _usage(raw.get("usage")), ending, refusal if ending == "refusal" else "", said)


def _sent_back(block: dict) -> dict:
    """Return a block as a request takes it: without the fields that only responses have."""
    return {name: value for name, value in block.items() if value is not None and name != "caller"}


def _usage(told: dict | None) -> Usage | None:
    if not told:
        return None
    kept, read_ = (int(told.get(f"cache_{name}_input_tokens") or 0) for name in ("creation", "read"))
    return Usage(int(told["input_tokens"]) + kept + read_, int(told["output_tokens"]), read_)


class Gathered:
    """A stream's events, put together to the message that they come from."""

    def __init__(self):
        self.message, self.blocks, self.ended = {}, {}, False

    def add(self, event: dict) -> str:
        """Take one event, and return the text that it brings."""
        kind = event["type"]
        if kind == "message_start":
            self.message = event["message"]
        elif kind == "content_block_start":
            self.blocks[event["index"]] = {**event["content_block"], "json": ""}
        elif kind == "content_block_delta":
            return self._grown(self.blocks[event["index"]], event["delta"])
        elif kind == "message_delta":
            self.message = {**self.message, **event["delta"],
                            "usage": {**self.message.get("usage", {}), **(event.get("usage") or {})}}  # fmt: skip
        self.ended = self.ended or kind == "message_stop"
        return ""

    def _grown(self, block: dict, delta: dict) -> str:
        """Add a piece to its block, and return it where it is text."""
        block["json"] += delta.get("partial_json") or ""
        for name in ("text", "thinking", "signature"):
            if delta.get(name):
                block[name] = (block.get(name) or "") + delta[name]
        return delta.get("text") or ""

    def whole(self) -> dict | None:
        """Return the message; None where the stream ended before it did."""
        if not self.ended:
            return None
        content = []
        for index in sorted(self.blocks):
            block = dict(self.blocks[index])
            written = block.pop("json")
            content.append({**block, "input": json.loads(written)} if written else block)
        return {**self.message, "content": content}
