"""One interface to three providers, over their own SDKs; a local server by default, live with a key.

    client = connect("openai")                      # the local server, no key; MMLAB_LIVE=1: the provider
    answer = client.ask("What is this?", [image])    # image: bytes of a file, an array, a path
    answer.text, answer.usage.input, answer.cost, answer.ending

    connection  connect(): which server, which model, which key
    asking      Client: ask, ask_async, ask_many, stream
    answers     requests (Ask, Turn, Tool, Result) and replies (Answer, Call, Usage)
    failures    CallFailed: one exception for three SDKs, with status and Retry-After
    sdks        the SDKs, imported on first use and set not to retry; their responses as plain data
    openai_wire, anthropic_wire, google_wire   one provider each: builds the request, reads the response
    attachments images, audio and documents as bytes
    schemas     the JSON schema of a type, and a reply parsed into the type
    budget      a limit in dollars, reserved before a call is sent
    cache       responses stored on disk
    trace       one JSON line per call, with OpenTelemetry's names; no content, no key
    messages    an image as a part of a message, for each provider }
    retry       when to send a request again, and how long to wait } written by students in week 09,
    replies     the text of a response, the JSON in a text         } replaceable: connect(parts=…)
    parts       which of those functions a client uses

No SDK is imported before the first request: `pip install mmlab[api]`.
"""

import importlib

_HOMES = {
    "connect": "connection",
    "Client": "asking",
    "Stream": "asking",
    "CallFailed": "failures",
    "Budget": "budget",
    "Cache": "cache",
    "Trace": "trace",
    "Parts": "parts",
    **dict.fromkeys(("Answer", "Ask", "Call", "Result", "Tool", "Turn", "Usage"), "answers"),
}
_MODULES = ("messages", "retry", "replies", "schemas", "attachments")

__all__ = [*_HOMES]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, *_MODULES])
