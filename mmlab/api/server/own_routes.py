"""Addresses of the server itself, outside the providers' protocols; they need no key.

GET /health         {"status": "ok"}
GET /_requests      the latest requests, oldest first: method, path, model, status and JSON body
DELETE /_requests   forget them
"""

import json

from mmlab.api.server.errors import ApiError
from mmlab.api.server.messages import Request, Response

MAX_LOGGED, _LONGEST = 200, 256 << 10  # requests; bytes of a body that is kept


def answer(server, method: str, path: str) -> Response | None:
    """Return the answer to a request for an address of the server itself, or None for other paths."""
    if path == "/health" and method in ("GET", "HEAD"):
        return Response({"status": "ok", "requests": server.requests})
    if path != "/_requests":
        return None
    if method == "GET":
        return Response({"requests": server.log.all()})
    if method == "DELETE":
        server.log.clear()
        return Response({"requests": []})
    raise ApiError(405, f"Not allowed to {method} on {path}.")


def entry(request: Request, status: int) -> dict:
    """Return a request for the log: without its key, and without a body that is long or no JSON."""
    body = None
    if request.body and len(request.body) <= _LONGEST:
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            body = None
    query = {name: values for name, values in request.query.items() if name not in ("key", "upload_id")}
    model = body.get("model") if isinstance(body, dict) else None
    if model is None and "/models/" in request.path:
        model = request.path.partition("/models/")[2].partition(":")[0]
    return {
        "id": request.id,
        "provider": request.provider,
        "method": request.method,
        "path": request.path,
        "query": query,
        "model": model,
        "status": status,
        "body": body,
    }
