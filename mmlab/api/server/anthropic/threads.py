"""Anthropic's message threads (beta): the server stores a conversation, and a later request sends only what is new.

The response's id names the stored conversation. Each response can be continued once.
"""

from mmlab.api.server.anthropic.sources import ERRORS, TEXT_NEEDED
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import tagged

_KINDS = {"create": {}, "continue": {"previous_message_id": TEXT_NEEDED}}
_STORED = (
    "model",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "output_format",
    "messages",
)


def continued(server, body: dict) -> dict:
    """Return a request with the conversation that it continues, or raise ApiError; others are unchanged."""
    thread = body.get("thread")
    if thread is None or tagged(thread, _KINDS, ERRORS, ("thread",))["type"] == "create":
        return body
    name = thread["previous_message_id"]
    stored = server.threads.get(name)
    if stored is None:
        raise ApiError(404, f"thread: no conversation is stored for the message {name[:100]}")
    return {**stored, **body, "messages": [*stored["messages"], *body["messages"]]}


def keep(server, body: dict, message: dict) -> None:
    """Store the conversation up to a response, if the request asks for it."""
    if body.get("thread") is None or not message["content"]:
        return
    names = {"text": ("text",), "tool_use": ("id", "name", "input"), "thinking": ("thinking", "signature")}
    content = [
        {name: block[name] for name in ("type", *names[block["type"]])} for block in message["content"]
    ]
    stored = {name: body[name] for name in _STORED if body.get(name) is not None}
    stored["messages"] = [*stored["messages"], {"role": "assistant", "content": content}]
    server.threads.put(message["id"], stored)
