"""Google's generateContent, whole and in events, countTokens, and models."""

import json
import secrets

from mmlab.api import catalog
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, event
from mmlab.api.server.fields import checked
from mmlab.api.server.google_content import COUNTED, GENERATE, VOICE, model, named, prompt
from mmlab.api.server.mind import Prompt, Reply
from mmlab.api.server.texts import pieces
from mmlab.api.tokens import film_tokens, image_tokens, sound_tokens, text_tokens

_ENDINGS = {"length": "MAX_TOKENS"}


def generate(server, request: Request, name: str) -> Response:
    """Answer POST /v1/models/ID:generateContent."""
    asked, said, config = _answered(server, request, name)
    return Response(_response(asked, said, config.get("candidateCount") or 1))


def stream(server, request: Request, name: str) -> Response:
    """Answer POST /v1/models/ID:streamGenerateContent."""
    asked, said, config = _answered(server, request, name)
    whole = _response(asked, said, config.get("candidateCount") or 1)
    parts = list(_chunks(whole))
    if request.query.get("alt") == ["sse"]:
        return Response(events=map(event, parts))
    return Response(parts)


def count(server, request: Request, name: str) -> Response:
    """Answer POST /v1/models/ID:countTokens."""
    model(server, name, "countTokens")
    body = checked(named(request.json()), COUNTED | {"contents": GENERATE["contents"]}, VOICE)
    asked, _ = prompt(server, name, {"contents": body["contents"]})
    return Response({"totalTokens": sum(_tokens(asked).values())})


def _answered(server, request: Request, name: str) -> tuple[Prompt, Reply, dict]:
    known = model(server, name)
    body = checked(named(request.json()), GENERATE, VOICE)
    asked, config = prompt(server, name, body)
    if "AUDIO" in (config.get("responseModalities") or []):
        raise ApiError(400, "The requested combination of response modalities (AUDIO) is not supported by the "
                            f"model. models/{name} accepts the following combination of response modalities:\n* TEXT")
    used = sum(_tokens(asked).values())
    if used > known.context:
        raise ApiError(400, f"The input token count ({used}) exceeds the maximum number of tokens allowed "
                            f"({known.context}).")  # fmt: skip
    return asked, server.reply(asked), config


def _tokens(asked: Prompt) -> dict[str, int]:
    """Return how many tokens a prompt costs, by modality."""
    texts = [asked.system, *(text for turn in asked.turns for text in (turn.text, *turn.papers))]
    texts += [tool.name + tool.description + json.dumps(tool.schema) for tool in asked.tools]
    turns = asked.turns
    return {
        "TEXT": sum(map(text_tokens, texts)),
        "IMAGE": sum(image_tokens("google", one.width, one.height, one.detail)
                     for turn in turns for one in turn.images),
        "AUDIO": sum(sound_tokens("google", one.seconds) for turn in turns for one in turn.sounds),
        "VIDEO": sum(film_tokens("google", len(one.frames), one.detail) for turn in turns for one in turn.films),
    }  # fmt: skip


def _response(asked: Prompt, said: Reply, candidates: int) -> dict:
    """Return a reply as Google's response; a refusal has no candidates."""
    tokens = _tokens(asked)
    spent = text_tokens(said.text) + sum(text_tokens(json.dumps(call.arguments)) for call in said.calls)
    usage = {"promptTokenCount": sum(tokens.values()), "promptTokensDetails": [
        {"modality": name, "tokenCount": number} for name, number in tokens.items() if number]}  # fmt: skip
    head = {"modelVersion": asked.model, "responseId": secrets.token_urlsafe(16)}
    if said.ending == "refusal":
        usage["totalTokenCount"] = usage["promptTokenCount"]
        return {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage, **head}
    usage["candidatesTokenCount"] = spent * candidates
    usage["totalTokenCount"] = usage["promptTokenCount"] + spent * candidates
    parts = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in said.calls]
    parts = parts or [{"text": said.text}]
    listed = [{"content": {"parts": parts, "role": "model"}, "index": index,
               "finishReason": _ENDINGS.get(said.ending, "STOP")} for index in range(candidates)]  # fmt: skip
    return {"candidates": listed, "usageMetadata": usage, **head}


def _chunks(whole: dict):
    """Yield a response in the pieces of a stream: the last one has the reason why it ended."""
    for candidate in whole.get("candidates", [])[:1]:
        text = candidate["content"]["parts"][0].get("text")
        if text is None:
            break
        cut = list(pieces(text)) or [""]
        for number, piece in enumerate(cut, 1):
            one = {"content": {"parts": [{"text": piece}], "role": "model"}, "index": 0}
            if number == len(cut):
                one["finishReason"] = candidate["finishReason"]
            yield {**whole, "candidates": [one]}
        return
    yield whole


def models(server, request: Request) -> Response:
    """Answer GET /v1/models."""
    listed = [one for one in catalog.models().values() if one.id not in server.retired and "text" in one.output]
    return Response({"models": [_model(one) for one in listed]})


def one_model(server, request: Request, name: str) -> Response:
    """Answer GET /v1/models/ID."""
    return Response(_model(model(server, name)))


def _model(told: catalog.Model) -> dict:
    return {"name": f"models/{told.id}", "version": "1", "displayName": told.id,
            "description": "A model that looks at the world of mmlab.", "inputTokenLimit": told.context,
            "outputTokenLimit": told.longest_reply,
            "supportedGenerationMethods": ["generateContent", "countTokens"]}  # fmt: skip


_V = "/v1(?:beta)?"
ROUTES = (
    ("POST", _V + "/models/([^/:]+):generateContent", generate),
    ("POST", _V + "/models/([^/:]+):streamGenerateContent", stream),
    ("POST", _V + "/models/([^/:]+):countTokens", count),
    ("GET", _V + "/models", models),
    ("GET", _V + "/models/([^/:]+)", one_model),
)
