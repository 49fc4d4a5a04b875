"""OpenAI's embeddings and images."""

import base64
import time

from mmlab.api.server import openai_content as content
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response
from mmlab.api.server.fields import ANY, Field, check
from mmlab.api.server.mind.makes import WIDTH, drawn, embedding
from mmlab.api.server.openai_content import TEXT, TEXT_NEEDED, VOICE
from mmlab.api.tokens import text_tokens
from mmlab.world import encode_image, render

_EMBED = {
    "input": Field("string|array", True, least=1), "model": TEXT_NEEDED, "user": TEXT,
    "dimensions": Field("integer", least=2, most=WIDTH),
    "encoding_format": Field("string", choices=("float", "base64")),
}  # fmt: skip
SIZES = {"auto": 512, "256x256": 256, "512x512": 512, "1024x1024": 512}
_DRAW = {
    "prompt": Field("string", True, least=1, most=4000), "model": TEXT_NEEDED,
    "n": Field("integer", least=1, most=10), "size": Field("string", choices=tuple(SIZES)),
    "output_format": Field("string", choices=("png", "jpeg", "webp")), "user": TEXT,
    "quality": Field("string", choices=("auto", "low", "medium", "high")),
    "background": Field("string", choices=("auto", "opaque")),
    **dict.fromkeys(("moderation", "output_compression", "stream", "partial_images", "safety_identifier"), ANY),
}  # fmt: skip
_TOKENS = 1056  # for a picture of medium quality


def embed(server, request: Request) -> Response:
    """Answer POST /v1/embeddings."""
    body = content.body_of(request, _EMBED)
    content.model(server, body["model"], "embedding")
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if len(texts) > 2048:
        raise VOICE.bounds(("input",), texts, 1, 2048)
    for place, text in enumerate(texts):
        check(text, Field("string", least=1), VOICE, ("input", place))
    rows = [embedding(text, body.get("dimensions") or WIDTH) for text in texts]
    if body.get("encoding_format") == "base64":
        values = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in rows]
    else:
        values = [row.tolist() for row in rows]
    tokens = sum(map(text_tokens, texts))
    return Response({
        "object": "list", "model": body["model"], "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        "data": [{"object": "embedding", "index": index, "embedding": value}
                 for index, value in enumerate(values)],
    })  # fmt: skip


def draw(server, request: Request) -> Response:
    """Answer POST /v1/images/generations."""
    body = content.body_of(request, _DRAW)
    model = content.model(server, body["model"], "image")
    if body.get("stream"):
        raise ApiError(400, f"Model {model.id} does not stream pictures.", "stream", "invalid_value")
    number, form = body.get("n") or 1, body.get("output_format") or "png"
    size = body.get("size") or "auto"
    scenes = [drawn(body["prompt"], seed, model.weaknesses["forgets_above"]) for seed in range(number)]
    if None in scenes:
        raise ApiError(400, "Your request was rejected: the model draws shapes alone, and the prompt names none.",
                       "prompt", "moderation_blocked")  # fmt: skip
    pictures = render(scenes, SIZES[size])
    if size == "1024x1024":
        pictures = pictures.repeat(2, axis=1).repeat(2, axis=2)
    text = text_tokens(body["prompt"])
    return Response({
        "created": int(time.time()), "background": "opaque", "output_format": form, "quality": "medium",
        "size": "512x512" if size == "auto" else size,
        "data": [{"b64_json": base64.b64encode(encode_image(one, form)).decode()} for one in pictures],
        "usage": {"input_tokens": text, "output_tokens": _TOKENS * number,
                  "total_tokens": text + _TOKENS * number,
                  "input_tokens_details": {"text_tokens": text, "image_tokens": 0}},
    })  # fmt: skip


ROUTES = (
    ("POST", "/v1/embeddings", embed),
    ("POST", "/v1/images/generations", draw),
)
