"""Anthropic's messages, as they are sent: validated, and turned into a prompt."""

import json
from dataclasses import dataclass, field

from mmlab.api import catalog
from mmlab.api.providers import ANTHROPIC
from mmlab.api.server.anthropic.cache import Span, check_breakpoints, ttl_of
from mmlab.api.server.anthropic.sources import (
    CACHED,
    DOCUMENT_BLOCK,
    ERRORS,
    IMAGE_BLOCK,
    TEXT,
    TEXT_BLOCK,
    TEXT_NEEDED,
    check_image_count,
    document_of,
    image_of,
)
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, HINT, REFUSED, Field, checked, tagged
from mmlab.api.server.media import Image
from mmlab.api.server.model import Prompt, Tool, Turn
from mmlab.api.tokens import text_tokens

COUNTED = {
    "model": TEXT_NEEDED,
    "messages": Field("array", required=True, minimum=1),
    "cache_control": ANY,
    "system": Field("string|array"),
    "tools": Field("array"),
    "tool_choice": Field("object"),
    "thinking": Field("object"),
    "output_config": Field("object"),
    "speed": Field("string", offered=("standard",)),
    "user_profile_id": HINT,
}
MESSAGE = {
    **COUNTED,
    "max_tokens": Field("integer", required=True, minimum=0),
    "stream": Field("boolean"),
    "stop_sequences": Field("array"),
    "metadata": HINT,
    "service_tier": HINT,
    "container": REFUSED,
    "diagnostics": REFUSED,
    "inference_geo": HINT,
}
# Fields that the SDK no longer sends, or sends to a beta, and that the API still takes.
OLDER = {
    "output_format": Field("object"),
    "thread": Field("object"),
    "temperature": Field("number", minimum=0, maximum=1),
    "top_p": Field("number", minimum=0, maximum=1),
    "top_k": Field("integer", minimum=0),
}
_BLOCKS = {
    "text": TEXT_BLOCK,
    "image": IMAGE_BLOCK,
    "document": DOCUMENT_BLOCK,
    "tool_use": {
        "id": TEXT_NEEDED,
        "name": TEXT_NEEDED,
        "input": Field("object", True),
        "caller": ANY,
        "toolset_name": ANY,
        **CACHED,
    },
    "tool_result": {
        "tool_use_id": TEXT_NEEDED,
        "content": Field("string|array"),
        "is_error": Field("boolean"),
        "toolset_name": ANY,
        **CACHED,
    },
    "thinking": {"thinking": TEXT, "signature": TEXT},
    "redacted_thinking": {"data": TEXT},
}
# What the result of a tool may contain.
_CONTENT = {name: _BLOCKS[name] for name in ("text", "image", "document")}
_MESSAGE = {
    "role": Field("string", True, ("user", "assistant", "system")),
    "content": Field("string|array", True),
}
_TOOL = {
    "name": Field("string", True, minimum=1, maximum=128),
    "input_schema": Field("object", True),
    "description": TEXT,
    "type": TEXT,
    "strict": Field("boolean"),
    **CACHED,
    "input_examples": HINT,
    "allowed_callers": Field("array", offered=(["direct"],)),
    "defer_loading": REFUSED,
    "eager_input_streaming": HINT,
}
_CHOICE = {
    "type": Field("string", True, ("auto", "any", "tool", "none")),
    "name": TEXT,
    "disable_parallel_tool_use": Field("boolean"),
}
_OVERHEAD = 3  # tokens of a message in addition to its content


@dataclass(frozen=True)
class ParsedRequest:
    """A parsed request: the prompt, and its blocks with their numbers of tokens, in order."""

    prompt: Prompt
    spans: list[Span]

    @property
    def tokens(self) -> int:
        """The number of tokens of the whole prompt, without the cache."""
        return sum(span.tokens for span in self.spans)


def model(server, name: str) -> catalog.Model:
    """Return a model that is served, or raise Anthropic's error."""
    known = server.model(name)
    if known is None or name in server.retired or "text" not in known.output:
        raise ApiError(404, f"model: {name[:200]}")
    return known


def parsed(server, body: dict) -> ParsedRequest:
    """Return a request as a prompt, or raise ApiError.

    body  the JSON after validation against MESSAGE or COUNTED
    """
    known = model(server, body["model"])
    _check_sampling(body)
    thinking_of(body, known)
    tools, spans = _tools(body.get("tools") or [])
    system, more = _system(body.get("system"))
    reading = _Reading(server, spans + more)
    for index, message in enumerate(body["messages"]):
        reading.message(message, index)
    if reading.before == "assistant" and not reading.waiting:
        raise ApiError(
            400,
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        )
    if reading.waiting:
        raise ApiError(
            400,
            f"messages.{len(body['messages']) - 1}: `tool_use` ids were found without "
            f"`tool_result` blocks immediately after: {', '.join(sorted(reading.waiting))}.",
        )
    check_image_count([image for turn in reading.turns for image in turn.images])
    prompt = Prompt(
        model=body["model"],
        turns=reading.turns,
        system="\n".join([system, *reading.system]).strip(),
        tools=tools,
        must_call=_choice(body.get("tool_choice"), tools),
        schema=_schema(body),
        max_tokens=body.get("max_tokens") or 4096,
        stops=_stops(body.get("stop_sequences")),
        parallel=not (body.get("tool_choice") or {}).get("disable_parallel_tool_use"),
    )
    return ParsedRequest(prompt, _with_breakpoint(reading.spans, ttl_of(body, ())))


def _check_sampling(body: dict) -> None:
    """Raise ApiError for the deprecated parameters of sampling, unless they have their default values."""
    for name in ("temperature", "top_p", "top_k"):
        if body.get(name) is not None and (name == "top_k" or body[name] != 1):
            raise ApiError(400, f"`{name}` is deprecated for this model.")


def thinking_of(body: dict, known: catalog.Model) -> int:
    """Return the budget of tokens for thinking, 0 if the request asks for none; raise ApiError for a wrong one."""
    thinking = body.get("thinking")
    if thinking is None:
        return 0
    kinds = {
        "enabled": {"budget_tokens": Field("integer", True, minimum=1024)},
        "disabled": {},
        "adaptive": {},
    }
    shapes = {name: {**shape, "display": ANY} for name, shape in kinds.items()}
    if tagged(thinking, shapes, ERRORS, ("thinking",))["type"] != "enabled":
        return 0  # a small model decides against thinking where it may
    maximum = body.get("max_tokens") or known.longest_reply
    if thinking["budget_tokens"] >= maximum:
        raise ApiError(400, "`max_tokens` must be greater than `thinking.budget_tokens`.")
    if (body.get("tool_choice") or {}).get("type") in ("any", "tool"):
        raise ApiError(400, "Thinking may not be enabled when tool_choice forces tool use.")
    return thinking["budget_tokens"]


def _with_breakpoint(spans: list[Span], everywhere: str | None) -> list[Span]:
    """Return the blocks; a top-level cache_control makes the last block a breakpoint."""
    if everywhere and not spans[-1].ttl:
        last = spans[-1]
        spans = [*spans[:-1], Span(last.block, last.tokens, everywhere, last.where)]
    check_breakpoints(spans)
    return spans


@dataclass
class _Message:
    """The content of a message, collected block by block."""

    texts: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    results: list[Turn] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    called: list[str] = field(default_factory=list)


class _Reading:
    """The state of reading the messages of a request."""

    def __init__(self, server, spans: list[Span]):
        self.server, self.spans = server, spans
        self.turns: list[Turn] = []
        self.system: list[str] = []
        self.waiting: set[str] = set()  # ids of tool calls without a result so far
        self.before = None  # the role of the previous message

    def message(self, message, index: int) -> None:
        """Read a message, or raise ApiError."""
        parts = ("messages", index)
        checked(message, _MESSAGE, ERRORS, parts)
        role, content = message["role"], message["content"]
        if role == "system" and self.before != "user":
            raise ApiError(
                400,
                f"messages.{index}.role: a message with role 'system' must follow a 'user' message; "
                "text before the first message belongs in the top-level `system` parameter",
            )
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        if not content:
            raise ApiError(400, f"{ERRORS.path(parts)}: {role} messages must have non-empty content")
        read = _Message()
        for number, block in enumerate(content):
            where = (*parts, "content", number)
            tagged(block, {"text": TEXT_BLOCK} if role == "system" else _BLOCKS, ERRORS, where)
            tokens = self._block(block, read, where) + (0 if number else _OVERHEAD)
            self.spans.append(Span({**block, "role": role}, tokens, ttl_of(block, where), ERRORS.path(where)))
        self._results(read, parts)
        self.before = role
        if role == "system":
            self.system += read.texts
            return
        own = Turn(
            role, "\n".join(read.texts), tuple(read.images), tuple(read.documents), called=tuple(read.called)
        )
        self.turns += own.with_results(read.results)

    def _block(self, block: dict, read: _Message, where: tuple) -> int:
        """Add a block to its message, and return its number of tokens."""
        kind, where = block["type"], (*where, block["type"])
        if kind in _CONTENT:
            return self._content(block, read, where)
        if kind == "tool_use":
            read.calls.add(block["id"])
            read.called.append(block["name"])
            return text_tokens(block["name"] + json.dumps(block["input"]))
        if kind == "tool_result":
            inner = _Message()
            content = block.get("content") or ""
            content = [{"type": "text", "text": content}] if isinstance(content, str) else content
            cost = 0
            for number, item in enumerate(content):
                here = (*where, "content", number)
                tagged(item, _CONTENT, ERRORS, here)
                cost += self._content(item, inner, (*here, item["type"]), may_be_empty=True)
            read.answered.add(block["tool_use_id"])
            read.results.append(
                Turn("tool", "\n".join(inner.texts), tuple(inner.images), tuple(inner.documents))
            )
            return cost
        return text_tokens(block.get("thinking") or "")

    def _content(self, block: dict, read: _Message, where: tuple, may_be_empty: bool = False) -> int:
        """Add a text, an image or a document to its message, and return its number of tokens."""
        if block["type"] == "text":
            if not block["text"].strip() and not may_be_empty:
                raise ApiError(400, "messages: text content blocks must be non-empty")
            read.texts.append(block["text"])
            return text_tokens(block["text"])
        images, texts = (
            ([image_of(self.server, block, where)], [])
            if block["type"] == "image"
            else (document_of(self.server, block, where))
        )
        read.images += images
        read.documents += texts
        return sum(map(text_tokens, texts)) + sum(
            ANTHROPIC.image_tokens(image.width, image.height) for image in images
        )

    def _results(self, read: _Message, parts: tuple) -> None:
        """Raise ApiError unless the results in a message match the tool calls of the previous message."""
        if extra := read.answered - self.waiting:
            raise ApiError(
                400,
                f"{ERRORS.path(parts)}: unexpected `tool_use_id` found in `tool_result` "
                f"blocks: {', '.join(sorted(extra))}.",
            )
        if missing := self.waiting - read.answered:
            raise ApiError(
                400,
                f"{ERRORS.path(parts)}: `tool_use` ids were found without `tool_result` "
                f"blocks immediately after: {', '.join(sorted(missing))}.",
            )
        self.waiting = read.calls


def _system(system) -> tuple[str, list[Span]]:
    """Return the system prompt and its blocks."""
    blocks = [{"type": "text", "text": system}] if isinstance(system, str) and system else system or []
    spans = []
    for index, block in enumerate(blocks):
        where = ("system", index)
        tagged(block, {"text": TEXT_BLOCK}, ERRORS, where)
        spans.append(
            Span(
                {**block, "role": "system"},
                text_tokens(block["text"]),
                ttl_of(block, where),
                ERRORS.path(where),
            )
        )
    return "\n".join(block["text"] for block in blocks), spans


def _tools(given: list) -> tuple[list[Tool], list[Span]]:
    """Return the tools and their blocks."""
    tools, spans = [], []
    for index, tool in enumerate(given):
        where = ("tools", index)
        kind = tool.get("type") if isinstance(tool, dict) else None
        if isinstance(kind, str) and kind != "custom":
            raise ApiError(
                400,
                f"tools.{index}: this server does not offer the server tool '{kind[:60]}', only custom tools",
            )
        checked(tool, _TOOL, ERRORS, where)
        if tool["input_schema"].get("type") != "object":
            raise ApiError(400, f"tools.{index}.custom.input_schema.type: Input should be 'object'")
        tools.append(Tool(tool["name"], tool.get("description") or "", tool["input_schema"]))
        tokens = text_tokens(tools[-1].name + tools[-1].description + json.dumps(tools[-1].schema))
        spans.append(Span(tool, tokens, ttl_of(tool, where), ERRORS.path(where)))
    return tools, spans


def _choice(choice: dict | None, tools: list[Tool]) -> str | None:
    if not choice:
        return None
    checked(choice, _CHOICE, ERRORS, ("tool_choice",))
    if not tools:
        raise ApiError(400, "tool_choice: may only be specified while providing tools")
    if choice["type"] == "tool":
        if choice.get("name") not in {tool.name for tool in tools}:
            raise ApiError(400, f"Tool '{choice.get('name')}' not found in provided tools")
        return choice["name"]
    return {"auto": None, "any": "any", "none": "none"}[choice["type"]]


def _schema(body: dict) -> dict | None:
    wanted, where = (body.get("output_config") or {}).get("format"), ("output_config", "format")
    if wanted is None:
        wanted, where = body.get("output_format"), ("output_format",)
    if wanted is None:
        return None
    tagged(wanted, {"json_schema": {"schema": Field("object", True)}}, ERRORS, where)
    return wanted["schema"]


def _stops(stops) -> tuple[str, ...]:
    for index, stop in enumerate(stops or []):
        if not isinstance(stop, str) or not stop.strip():
            raise ApiError(400, f"stop_sequences.{index}: each stop sequence must contain non-whitespace")
    return tuple(stops or ())
