"""Google's embeddings: embedContent and batchEmbedContents."""

from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import HINT, REFUSED, Field, checked
from mmlab.api.server.google.content import ERRORS, camel_case
from mmlab.api.server.messages import Request, Response
from mmlab.api.server.model.generation import WIDTH, embedding

MAX_TEXTS = 100
_CONTENT = {
    "content": Field("object", True),
    "model": HINT,
    "taskType": HINT,
    "title": HINT,
    "outputDimensionality": Field("integer", minimum=1, maximum=WIDTH),
    "embedContentConfig": REFUSED,
}


def single(server, request: Request, name: str) -> Response:
    """Answer POST /v1/models/ID:embedContent."""
    _model(server, name)
    return Response({"embedding": _embedded(request.json(), ())})


def many(server, request: Request, name: str) -> Response:
    """Answer POST /v1/models/ID:batchEmbedContents."""
    _model(server, name)
    shape = {"requests": Field("array", True, minimum=1, maximum=MAX_TEXTS)}
    requests = checked(camel_case(request.json()), shape, ERRORS)["requests"]
    return Response({"embeddings": [_embedded(each, ("requests", n)) for n, each in enumerate(requests)]})


def _model(server, name: str) -> None:
    known = server.model(name)
    if known is not None and server.serves_every_name(name):  # the only local model that embeds
        return
    if known is None or name in server.retired or "embedding" not in known.output:
        raise ApiError(
            404, f"models/{name[:200]} is not found for API version v1, or is not supported for embedContent."
        )


def _embedded(given: dict, where: tuple) -> dict:
    body = checked(camel_case(given), _CONTENT, ERRORS, where)
    shape = {"parts": Field("array", True, minimum=1), "role": Field("string")}
    parts = checked(camel_case(body["content"]), shape, ERRORS, (*where, "content"))["parts"]
    texts = []
    for index, part in enumerate(parts):
        here = (*where, "content", "parts", index)
        texts.append(checked(part, {"text": Field("string", True, minimum=1)}, ERRORS, here)["text"])
    return {"values": embedding("\n".join(texts), body.get("outputDimensionality") or WIDTH).tolist()}


_V = "/v1(?:beta)?"
ROUTES = (
    ("POST", _V + "/models/([^/:]+):embedContent", single),
    ("POST", _V + "/models/([^/:]+):batchEmbedContents", many),
)
