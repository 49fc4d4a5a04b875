"""Which function answers which address."""

import re

from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request

_TABLE: list = []


def _table() -> list[tuple[str, str, re.Pattern, object]]:
    """Return (provider, method, path, function) of every address; made at the first request."""
    if not _TABLE:
        from mmlab.api.server import (
            anthropic_batches,
            anthropic_files,
            anthropic_messages,
            google_files,
            google_generate,
            openai_audio,
            openai_batches,
            openai_chat,
            openai_edits,
            openai_files,
            openai_makes,
            openai_responses,
        )

        for provider, modules in (
            ("anthropic", (anthropic_messages, anthropic_files, anthropic_batches)),
            ("google", (google_generate, google_files)),
            ("openai", (openai_chat, openai_responses, openai_files, openai_makes, openai_audio,
                        openai_edits, openai_batches)),
        ):
            for module in modules:
                _TABLE.extend((provider, method, re.compile(path), action)
                              for method, path, action in module.ROUTES)  # fmt: skip
    return _TABLE


def find(request: Request):
    """Return the function that answers a request, and the names in its path; ApiError where none does."""
    others = False
    for provider, method, path, action in _table():
        found = provider == request.provider and path.fullmatch(request.path)
        if found and method == request.method:
            return action, found.groups()
        others = others or bool(found)
    if others:
        raise ApiError(405, f"Not allowed to {request.method} on {request.path}.")
    raise ApiError(404, f"Invalid URL ({request.method} {request.path[:200]})")
