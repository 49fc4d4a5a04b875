"""Anthropic's Messages API: builds requests and reads responses and streams."""

import json

from mmlab.api.client import sdks
from mmlab.api.client.answers import Ask, Call, Turn, Usage
from mmlab.api.client.attachments import PDF, base64_text, document_bytes, image_bytes
from mmlab.api.client.schemas import schema_of
from mmlab.api.client.sdks import Read, text_or_json
from mmlab.api.providers import ANTHROPIC
from mmlab.errors import InputError

_ENDINGS = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "call",
    "refusal": "refusal",
}


def body(ask: Ask, parts) -> dict:
    """Return the arguments of `messages.create`."""
    if ask.detail:
        raise InputError(
            f"ask: detail={ask.detail!r} at anthropic",
            "no detail: anthropic has one price per pixel",
            "leave it out, and send a smaller image",
        )
    messages = [_message(turn, parts) for turn in ask.turns]
    request = {"model": ask.model, "messages": messages, "max_tokens": ask.max_tokens}
    if ask.system:
        request["system"] = ask.system
    if ask.schema is not None:
        request["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
    if ask.tools:
        request["tools"] = [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": schema_of(tool.parameters, closed=False),
            }
            for tool in ask.tools
        ]
        request["tool_choice"] = {"type": "any" if ask.must_call else "auto"}
    return request


def _message(turn: Turn, parts) -> dict:
    if turn.role == "assistant":
        if ANTHROPIC.id in turn.native:
            return turn.native[ANTHROPIC.id]
        content = [{"type": "text", "text": turn.text}] if turn.text else []
        content += [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}
            for call in turn.calls
        ]
        return {"role": "assistant", "content": content}
    if turn.audio:
        raise InputError(
            "ask: audio at anthropic",
            "text, images and documents: its messages take no audio",
            "ask openai or google, or transcribe the audio first",
        )
    content = [
        {"type": "tool_result", "tool_use_id": result.call.id, "content": text_or_json(result.output)}
        for result in turn.results
    ]
    for image in map(image_bytes, turn.images):
        url = {"type": "image", "source": {"type": "url", "url": image}}
        content.append(url if isinstance(image, str) else parts.image_part(image, "anthropic"))
    content += [
        {
            "type": "document",
            "source": {"type": "base64", "media_type": PDF, "data": base64_text(document_bytes(document))},
        }
        for document in turn.documents
    ]
    if turn.text:
        content.append({"type": "text", "text": turn.text})
    return {"role": "user", "content": content}


def open_client(**options):
    """Return the SDK's client; options as sdks.open_client takes them."""
    return sdks.open_client(sdks.module(ANTHROPIC.id), ("Anthropic", "AsyncAnthropic"), **options)


def send(sdk, body: dict):
    """Return the response to a request; with an asynchronous client, an awaitable of it."""
    return sdk.messages.create(**body)


def stream(sdk, body: dict):
    """Return the stream of events for a request; with an asynchronous client, an awaitable of it."""
    return sdk.messages.create(**body, stream=True)


def read(raw: dict) -> Read:
    """Return the parts of a message; raise any error if it is malformed."""
    blocks = raw["content"]
    calls = tuple(
        Call(block["name"], block["input"], block["id"]) for block in blocks if block["type"] == "tool_use"
    )
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    ending = _ENDINGS.get(raw.get("stop_reason"), "stop")
    if ending == "stop" and not "".join(texts):
        ending = "empty"
    refusal = (raw.get("stop_details") or {}).get("explanation") or ""
    message = {"role": "assistant", "content": [_without_response_fields(block) for block in blocks]}
    return Read(calls, _usage(raw.get("usage")), ending, refusal if ending == "refusal" else "", message)


def _without_response_fields(block: dict) -> dict:
    """Return a block without the fields that only responses have, so that a request takes it."""
    return {name: value for name, value in block.items() if value is not None and name != "caller"}


def _usage(counts: dict | None) -> Usage | None:
    if not counts:
        return None
    written, read_ = (int(counts.get(f"cache_{name}_input_tokens") or 0) for name in ("creation", "read"))
    return Usage(int(counts["input_tokens"]) + written + read_, int(counts["output_tokens"]), read_)


class Assembler:
    """Assembles a message from the events of its stream."""

    def __init__(self):
        self.message, self.blocks, self.ended = {}, {}, False

    def add(self, event: dict) -> str:
        """Add an event and return the text in it."""
        kind = event["type"]
        if kind == "message_start":
            self.message = event["message"]
        elif kind == "content_block_start":
            self.blocks[event["index"]] = {**event["content_block"], "json": ""}
        elif kind == "content_block_delta":
            return self._extend(self.blocks[event["index"]], event["delta"])
        elif kind == "message_delta":
            self.message = {
                **self.message,
                **event["delta"],
                "usage": {**self.message.get("usage", {}), **(event.get("usage") or {})},
            }
        self.ended = self.ended or kind == "message_stop"
        return ""

    def _extend(self, block: dict, delta: dict) -> str:
        """Add a delta to its block and return its text."""
        block["json"] += delta.get("partial_json") or ""
        for name in ("text", "thinking", "signature"):
            if delta.get(name):
                block[name] = (block.get(name) or "") + delta[name]
        return delta.get("text") or ""

    def whole(self) -> dict | None:
        """Return the message; None if the stream ended before the message was complete."""
        if not self.ended:
            return None
        content = []
        for index in sorted(self.blocks):
            block = dict(self.blocks[index])
            arguments = block.pop("json")
            content.append({**block, "input": json.loads(arguments)} if arguments else block)
        return {**self.message, "content": content}
