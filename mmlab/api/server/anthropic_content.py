"""Anthropic's messages, as they are sent: validated, and turned into a prompt."""

import json
from dataclasses import dataclass, field

from mmlab.api import catalog
from mmlab.api.server.anthropic_cache import Span, check_marks, ttl_of
from mmlab.api.server.anthropic_sources import (
    CACHED,
    DOCUMENT_BLOCK,
    IMAGE_BLOCK,
    TEXT,
    TEXT_BLOCK,
    TEXT_NEEDED,
    VOICE,
    count_pictures,
    document_of,
    picture_of,
)
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, Field, checked, tagged
from mmlab.api.server.mind import Prompt, Tool, Turn
from mmlab.api.server.pictures import Picture
from mmlab.api.tokens import image_tokens, text_tokens

COUNTED = {
    "model": TEXT_NEEDED, "messages": Field("array", required=True, least=1), "cache_control": ANY,
    "system": Field("string|array"), "tools": Field("array"), "tool_choice": Field("object"),
    "thinking": Field("object"), "output_config": Field("object"), "speed": ANY, "user_profile_id": ANY,
}  # fmt: skip
MESSAGE = {
    **COUNTED, "max_tokens": Field("integer", required=True, least=0), "stream": Field("boolean"),
    "stop_sequences": Field("array"), "metadata": Field("object"), "service_tier": TEXT,
    "container": ANY, "diagnostics": ANY, "inference_geo": ANY,
}  # fmt: skip
_BLOCKS = {
    "text": TEXT_BLOCK,
    "image": IMAGE_BLOCK,
    "document": DOCUMENT_BLOCK,
    "tool_use": {"id": TEXT_NEEDED, "name": TEXT_NEEDED, "input": Field("object", True), "caller": ANY,
                 "toolset_name": ANY, **CACHED},
    "tool_result": {"tool_use_id": TEXT_NEEDED, "content": Field("string|array"),
                    "is_error": Field("boolean"), "toolset_name": ANY, **CACHED},
    "thinking": {"thinking": TEXT, "signature": TEXT},
}  # fmt: skip
_TOLD = {name: _BLOCKS[name] for name in ("text", "image", "document")}  # what a tool may return
_MESSAGE = {"role": Field("string", True, ("user", "assistant", "system")),
            "content": Field("string|array", True)}  # fmt: skip
_TOOL = {
    "name": Field("string", True, least=1, most=128), "input_schema": Field("object", True),
    "description": TEXT, "type": TEXT, "strict": Field("boolean"), **CACHED,
    "input_examples": ANY, "allowed_callers": ANY, "defer_loading": ANY, "eager_input_streaming": ANY,
}  # fmt: skip
_CHOICE = {"type": Field("string", True, ("auto", "any", "tool", "none")), "name": TEXT,
           "disable_parallel_tool_use": Field("boolean")}  # fmt: skip
_OVERHEAD = 3  # tokens of a message beside its content


@dataclass(frozen=True)
class Asked:
    """A request as it was read: what is asked, and what its blocks cost, in their order."""

    prompt: Prompt
    spans: list[Span]

    @property
    def tokens(self) -> int:
        """What the whole prompt costs, as if nothing of it were cached."""
        return sum(span.tokens for span in self.spans)


def model(server, name: str) -> catalog.Model:
    """Return a model that answers, or raise what Anthropic says of one that does not."""
    known = catalog.models().get(name)
    if known is None or name in server.retired or "text" not in known.output:
        raise ApiError(404, f"model: {name[:200]}")
    return known


def asked(server, body: dict) -> Asked:
    """Return what a request asks, or raise ApiError.

    body  already held against MESSAGE or COUNTED
    """
    model(server, body["model"])
    tools, spans = _tools(body.get("tools") or [])
    system, more = _system(body.get("system"))
    reading = _Reading(server, spans + more)
    for place, message in enumerate(body["messages"]):
        reading.message(message, place)
    if reading.waiting:
        raise ApiError(400, f"messages.{len(body['messages']) - 1}: `tool_use` ids were found without "
                            f"`tool_result` blocks immediately after: {', '.join(sorted(reading.waiting))}.")
    count_pictures([one for turn in reading.turns for one in turn.images])
    whole = Prompt(
        model=body["model"], turns=reading.turns, system="\n".join([system, *reading.system]).strip(), tools=tools,
        must_call=_choice(body.get("tool_choice"), tools), schema=_schema(body),
        most_tokens=body.get("max_tokens") or 4096, stops=_stops(body.get("stop_sequences")),
    )  # fmt: skip
    return Asked(whole, _marked(reading.spans, ttl_of(body, ())))


def _marked(spans: list[Span], everywhere: str | None) -> list[Span]:
    """Return the blocks with the request's own mark on the last one, if it has one."""
    if everywhere and not spans[-1].ttl:
        last = spans[-1]
        spans = [*spans[:-1], Span(last.block, last.tokens, everywhere, last.where)]
    check_marks(spans)
    return spans


@dataclass
class _Message:
    """What one message brings, block by block."""

    texts: list[str] = field(default_factory=list)
    images: list[Picture] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    results: list[Turn] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)


class _Reading:
    """A request's messages while they are read."""

    def __init__(self, server, spans: list[Span]):
        self.server, self.spans = server, spans
        self.turns: list[Turn] = []
        self.system: list[str] = []
        self.waiting: set[str] = set()  # calls whose results are still to come
        self.before = None  # the role of the message before

    def message(self, message, place: int) -> None:
        """Read one message, or raise ApiError."""
        parts = ("messages", place)
        checked(message, _MESSAGE, VOICE, parts)
        role, content = message["role"], message["content"]
        if role == "system" and self.before != "user":
            raise ApiError(400, f"messages.{place}.role: a message with role 'system' must follow a 'user' message; "
                                "what comes first belongs in the top-level `system` parameter")  # fmt: skip
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        if not content:
            raise ApiError(400, f"{VOICE.path(parts)}: {role} messages must have non-empty content")
        read = _Message()
        for number, block in enumerate(content):
            where = (*parts, "content", number)
            tagged(block, {"text": TEXT_BLOCK} if role == "system" else _BLOCKS, VOICE, where)
            tokens = self._block(block, read, where) + (0 if number else _OVERHEAD)
            self.spans.append(Span({**block, "role": role}, tokens, ttl_of(block, where), VOICE.path(where)))
        self._results(read, parts)
        self.before = role
        if role == "system":
            self.system += read.texts
            return
        if read.texts or read.images or read.papers or not read.results:
            self.turns.append(Turn(role, "\n".join(read.texts), tuple(read.images), tuple(read.papers)))
        self.turns += read.results

    def _block(self, block: dict, read: _Message, where: tuple) -> int:
        """Add what a block brings to its message; return how many tokens it costs."""
        kind, where = block["type"], (*where, block["type"])
        if kind in _TOLD:
            return self._told(block, read, where)
        if kind == "tool_use":
            read.calls.add(block["id"])
            return text_tokens(block["name"] + json.dumps(block["input"]))
        if kind == "tool_result":
            inner = _Message()
            content = block.get("content") or ""
            content = [{"type": "text", "text": content}] if isinstance(content, str) else content
            cost = 0
            for number, one in enumerate(content):
                here = (*where, "content", number)
                tagged(one, _TOLD, VOICE, here)
                cost += self._told(one, inner, (*here, one["type"]), may_be_empty=True)
            read.answered.add(block["tool_use_id"])
            read.results.append(Turn("tool", "\n".join(inner.texts), tuple(inner.images), tuple(inner.papers)))
            return cost
        return text_tokens(block.get("thinking") or "")

    def _told(self, block: dict, read: _Message, where: tuple, may_be_empty: bool = False) -> int:
        """Add a text, a picture or a document to its message; return how many tokens it costs."""
        if block["type"] == "text":
            if not block["text"].strip() and not may_be_empty:
                raise ApiError(400, "messages: text content blocks must be non-empty")
            read.texts.append(block["text"])
            return text_tokens(block["text"])
        images, texts = ([picture_of(self.server, block, where)], []) if block["type"] == "image" else (
            document_of(self.server, block, where))  # fmt: skip
        read.images += images
        read.papers += texts
        return sum(map(text_tokens, texts)) + sum(
            image_tokens("anthropic", one.width, one.height) for one in images)  # fmt: skip

    def _results(self, read: _Message, parts: tuple) -> None:
        """Hold the results that a message brings against the calls of the one before."""
        if extra := read.answered - self.waiting:
            raise ApiError(400, f"{VOICE.path(parts)}: unexpected `tool_use_id` found in `tool_result` "
                                f"blocks: {', '.join(sorted(extra))}.")  # fmt: skip
        if missing := self.waiting - read.answered:
            raise ApiError(400, f"{VOICE.path(parts)}: `tool_use` ids were found without `tool_result` "
                                f"blocks immediately after: {', '.join(sorted(missing))}.")  # fmt: skip
        self.waiting = read.calls


def _system(system) -> tuple[str, list[Span]]:
    """Return the system prompt, and its blocks."""
    blocks = [{"type": "text", "text": system}] if isinstance(system, str) and system else system or []
    spans = []
    for place, block in enumerate(blocks):
        where = ("system", place)
        tagged(block, {"text": TEXT_BLOCK}, VOICE, where)
        spans.append(Span({**block, "role": "system"}, text_tokens(block["text"]), ttl_of(block, where),
                          VOICE.path(where)))  # fmt: skip
    return "\n".join(block["text"] for block in blocks), spans


def _tools(told: list) -> tuple[list[Tool], list[Span]]:
    """Return the tools, and what telling of them costs."""
    tools, spans = [], []
    for place, one in enumerate(told):
        where = ("tools", place)
        checked(one, _TOOL, VOICE, where)
        if one["input_schema"].get("type") != "object":
            raise ApiError(400, f"tools.{place}.custom.input_schema.type: Input should be 'object'")
        tools.append(Tool(one["name"], one.get("description") or "", one["input_schema"]))
        tokens = text_tokens(tools[-1].name + tools[-1].description + json.dumps(tools[-1].schema))
        spans.append(Span(one, tokens, ttl_of(one, where), VOICE.path(where)))
    return tools, spans


def _choice(choice: dict | None, tools: list[Tool]) -> str | None:
    if not choice:
        return None
    checked(choice, _CHOICE, VOICE, ("tool_choice",))
    if not tools:
        raise ApiError(400, "tool_choice: may only be specified while providing tools")
    if choice["type"] == "tool":
        if choice.get("name") not in {tool.name for tool in tools}:
            raise ApiError(400, f"Tool '{choice.get('name')}' not found in provided tools")
        return choice["name"]
    return {"auto": None, "any": "any", "none": "none"}[choice["type"]]


def _schema(body: dict) -> dict | None:
    wanted = (body.get("output_config") or {}).get("format")
    if wanted is None:
        return None
    tagged(wanted, {"json_schema": {"schema": Field("object", True)}}, VOICE, ("output_config", "format"))
    return wanted["schema"]


def _stops(stops) -> tuple[str, ...]:
    for place, stop in enumerate(stops or []):
        if not isinstance(stop, str) or not stop.strip():
            raise ApiError(400, f"stop_sequences.{place}: each stop sequence must contain non-whitespace")
    return tuple(stops or ())
