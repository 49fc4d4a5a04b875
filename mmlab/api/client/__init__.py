"""One way to ask three providers, over their own SDKs: here by default, live with a key.

    client = connect("openai")                      # a local server, no key; MMLAB_LIVE=1: the provider
    answer = client.ask("What is this?", [picture])  # picture: bytes of a file, an array, a path
    answer.text, answer.usage.input, answer.cost, answer.ending

    connection  connect(): which server, which model, which key
    asking      Client: ask, ask_async, ask_many, stream
    answers     what goes in (Ask, Turn, Tool, Result) and what comes out (Answer, Call, Usage)
    failures    CallFailed: one kind of failure for three SDKs, with status and Retry-After
    sdks        the SDKs' own clients, opened late and told not to retry
    openai_wire, anthropic_wire, google_wire   one provider each: an Ask to its request, its response read
    attachments pictures, sounds and documents as the parts of a message
    schemas     a type to a JSON schema, and a reply to the type
    budget      dollars, reserved before a call is sent
    cache       answers on disk
    trace       a JSON line a call, in OpenTelemetry's names; no content, no key
    messages    a picture as a part of a message, three ways     }
    retry       when to ask again, and how long to wait          } written by hand in week 09, and
    replies     what a response says; JSON out of a reply        } exchangeable: connect(parts=…)
    parts       where those three come from
    stand_in    the plainest parts that work, for when the week withholds the three

No SDK is imported before a client asks: `pip install mmlab[api]`.
"""

import importlib

_HOMES = {
    "connect": "connection", "Client": "asking", "Stream": "asking", "CallFailed": "failures",
    "Budget": "budget", "Cache": "cache", "Trace": "trace", "Parts": "parts",
    **dict.fromkeys(("Answer", "Ask", "Call", "Result", "Tool", "Turn", "Usage"), "answers"),
}  # fmt: skip
_MODULES = ("messages", "retry", "replies", "stand_in", "schemas", "attachments")

__all__ = [*_HOMES]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, *_MODULES])
