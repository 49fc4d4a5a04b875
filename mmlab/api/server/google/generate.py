"""Google's generateContent, whole and streamed, countTokens and models."""

import json
import secrets

from mmlab.api import catalog
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import checked
from mmlab.api.server.google.content import (
    COUNTED,
    ERRORS,
    GENERATE,
    camel_case,
    model,
    read_prompt,
    require_room,
    token_counts,
)
from mmlab.api.server.messages import Request, Response, event, pieces
from mmlab.api.server.model import Prompt, Reply, thought
from mmlab.api.server.paging import start_of_page, whole
from mmlab.api.tokens import text_tokens

_ENDINGS = {"length": "MAX_TOKENS"}


def generate(server, request: Request, name: str) -> Response:
    """Answer POST /v1/models/ID:generateContent."""
    return Response(_response(*_answered(server, request, name)))


def stream(server, request: Request, name: str) -> Response:
    """Answer POST /v1/models/ID:streamGenerateContent."""
    parts = list(_chunks(_response(*_answered(server, request, name))))
    if request.query.get("alt") == ["sse"]:
        return Response(events=map(event, parts))
    return Response(parts)


def count(server, request: Request, name: str) -> Response:
    """Answer POST /v1/models/ID:countTokens: of contents, or of a whole request with its tools and instruction."""
    model(server, name, "countTokens")
    body = checked(camel_case(request.json()), COUNTED, ERRORS)
    outer = body.get("generateContentRequest")
    if outer is None and body.get("contents") is None:
        raise ERRORS.missing(("contents",))
    prompt_body = (
        {"contents": body["contents"]} if outer is None else checked(camel_case(outer), GENERATE, ERRORS)
    )
    prompt, _ = read_prompt(server, name, prompt_body)
    return Response({"totalTokens": sum(token_counts(prompt).values())})


def _answered(server, request: Request, name: str) -> tuple[Prompt, Reply, dict]:
    model(server, name)
    body = checked(camel_case(request.json()), GENERATE, ERRORS)
    prompt, config = read_prompt(server, name, body)
    others = [
        str(kind)[:20] for kind in config.get("responseModalities") or [] if str(kind).upper() != "TEXT"
    ]
    if others:
        raise ApiError(
            400,
            f"The requested combination of response modalities ({', '.join(others)}) is not supported by the "
            f"model. models/{name} accepts the following combination of response modalities:\n* TEXT",
        )
    require_room(server, prompt)
    return prompt, server.reply(prompt), config


def _response(prompt: Prompt, reply: Reply, config: dict) -> dict:
    """Return a reply as Google's response object; a refusal has no candidates."""
    candidates, thinking = config.get("candidateCount") or 1, camel_case(config.get("thinkingConfig") or {})
    tokens = token_counts(prompt)
    spent = text_tokens(reply.text) + sum(text_tokens(json.dumps(call.arguments)) for call in reply.calls)
    usage = {
        "promptTokenCount": sum(tokens.values()),
        "promptTokensDetails": [
            {"modality": name, "tokenCount": number} for name, number in tokens.items() if number
        ],
    }
    head = {"modelVersion": prompt.model, "responseId": secrets.token_urlsafe(16)}
    if reply.ending == "refusal":
        usage["totalTokenCount"] = usage["promptTokenCount"]
        return {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage, **head}
    usage["candidatesTokenCount"] = spent * candidates
    usage["totalTokenCount"] = usage["promptTokenCount"] + spent * candidates
    parts = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in reply.calls]
    parts = parts or [{"text": reply.text}]
    if thinking.get("includeThoughts") and thinking.get("thinkingBudget") != 0:
        text = thought(prompt, thinking.get("thinkingBudget") or -1)
        parts.insert(0, {"text": text, "thought": True})
        usage["thoughtsTokenCount"] = text_tokens(text)
        usage["totalTokenCount"] += text_tokens(text)
    listed = [
        {
            "content": {"parts": parts, "role": "model"},
            "index": index,
            "finishReason": _ENDINGS.get(reply.ending, "STOP"),
        }
        for index in range(candidates)
    ]
    return {"candidates": listed, "usageMetadata": usage, **head}


def _chunks(whole: dict):
    """Yield a response in the chunks of a stream; the last chunk has the finish reason."""
    for candidate in whole.get("candidates", [])[:1]:
        *thoughts, last = candidate["content"]["parts"]
        text = last.get("text")
        if text is None:
            break
        for part in thoughts:
            yield {**whole, "candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}]}
        cut = list(pieces(text)) or [""]
        for number, piece in enumerate(cut, 1):
            chunk = {"content": {"parts": [{"text": piece}], "role": "model"}, "index": 0}
            if number == len(cut):
                chunk["finishReason"] = candidate["finishReason"]
            yield {**whole, "candidates": [chunk]}
        return
    yield whole


def models(server, request: Request) -> Response:
    """Answer GET /v1/models."""
    listed = [entry for entry in server.models() if "text" in entry.output]
    size, first = whole(request.query, "pageSize", 1000, 50), start_of_page(request.query)
    body = {"models": [_model(entry) for entry in listed[first : first + size]]}
    if first + size < len(listed):
        body["nextPageToken"] = str(first + size)
    return Response(body)


def retrieve_model(server, request: Request, name: str) -> Response:
    """Answer GET /v1/models/ID."""
    return Response(_model(model(server, name)))


def _model(entry: catalog.Model) -> dict:
    return {
        "name": f"models/{entry.id}",
        "version": "1",
        "displayName": entry.id,
        "description": "A model that looks at the world of mmlab.",
        "inputTokenLimit": entry.context,
        "outputTokenLimit": entry.longest_reply,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


_V = "/v1(?:beta)?"
ROUTES = (
    ("POST", _V + "/models/([^/:]+):generateContent", generate),
    ("POST", _V + "/models/([^/:]+):streamGenerateContent", stream),
    ("POST", _V + "/models/([^/:]+):countTokens", count),
    ("GET", _V + "/models", models),
    ("GET", _V + "/models/([^/:]+)", retrieve_model),
)
