"""The routing table: the function that answers each method and path."""

import importlib
import re
from functools import lru_cache

from mmlab.api.providers import PROVIDERS
from mmlab.api.server.errors import ApiError
from mmlab.api.server.messages import Request


@lru_cache(maxsize=1)
def _table() -> list[tuple[str, str, re.Pattern, object]]:
    """Return (provider, method, path, function) of every route; built at the first request."""
    return [
        (provider.id, method, re.compile(path), action)
        for provider in PROVIDERS.values()
        for method, path, action in importlib.import_module(provider.routes).ROUTES
    ]


def find(request: Request):
    """Return the function that answers a request and the ids in its path; raise ApiError if there is none."""
    path_exists = False
    for provider, method, path, action in _table():
        match = provider == request.provider and path.fullmatch(request.path)
        if match and method == request.method:
            return action, match.groups()
        path_exists = path_exists or bool(match)
    if path_exists:
        raise ApiError(405, f"Not allowed to {request.method} on {request.path}.")
    raise ApiError(404, f"Invalid URL ({request.method} {request.path[:200]})")
