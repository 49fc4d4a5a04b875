"""Anthropic's models and files."""

import datetime

from mmlab.api import catalog
from mmlab.api.providers import ANTHROPIC
from mmlab.api.server.anthropic.content import model
from mmlab.api.server.errors import ApiError
from mmlab.api.server.files import Stored
from mmlab.api.server.messages import Request, Response, form
from mmlab.api.server.paging import page


def models(server, request: Request) -> Response:
    """Answer GET /v1/models."""
    rows = [_model(each) for each in server.models() if "text" in each.output]
    rows, more = page(rows, request.query, 1000, 20, after="after_id", before="before_id")
    return Response(
        {
            "data": rows,
            "has_more": more,
            "first_id": rows[0]["id"] if rows else None,
            "last_id": rows[-1]["id"] if rows else None,
        }
    )


def retrieve_model(server, request: Request, name: str) -> Response:
    """Answer GET /v1/models/ID."""
    return Response(_model(model(server, name)))


def _model(entry: catalog.Model) -> dict:
    born = catalog.catalog()["as_of"]
    return {
        "type": "model",
        "id": entry.id,
        "display_name": entry.id,
        "lifecycle": "active",
        "created_at": f"{born}T00:00:00Z",
        "deprecated_at": None,
        "retires_at": None,
        "line": None,
        "capabilities": None,
        "max_input_tokens": entry.context,
        "max_tokens": entry.longest_reply,
    }


def upload(server, request: Request) -> Response:
    """Answer POST /v1/files."""
    _, files = form(request)
    if "file" not in files:
        raise ApiError(400, "file: Field required")
    name, kind, data = files["file"]
    if not name or len(name) > 500 or any(character in '<>:"|?*\\/' or character < " " for character in name):
        raise ApiError(400, "file: Filename is empty, too long or holds a forbidden character")
    return Response(_metadata(server.files.put(ANTHROPIC.id, name, kind, data)))


def listed(server, request: Request) -> Response:
    """Answer GET /v1/files."""
    rows = [_metadata(file) for file in server.files.all(ANTHROPIC.id)]
    rows, more = page(rows, request.query, 1000, 20, after="after_id", before="before_id")
    return Response(
        {
            "data": rows,
            "has_more": more,
            "first_id": rows[0]["id"] if rows else None,
            "last_id": rows[-1]["id"] if rows else None,
        }
    )


def metadata(server, request: Request, name: str) -> Response:
    """Answer GET /v1/files/ID."""
    return Response(_metadata(_stored(server, name)))


def content(server, request: Request, name: str) -> Response:
    """Answer GET /v1/files/ID/content: uploaded files cannot be downloaded."""
    _stored(server, name)
    raise ApiError(400, f"File {name} is not downloadable")


def delete(server, request: Request, name: str) -> Response:
    """Answer DELETE /v1/files/ID."""
    server.files.drop(ANTHROPIC.id, _stored(server, name).id)
    return Response({"id": name, "type": "file_deleted"})


def _stored(server, name: str) -> Stored:
    stored = server.files.find(ANTHROPIC.id, name)
    if stored is None:
        raise ApiError(404, f"File not found: {name[:100]}")
    return stored


def _metadata(stored: Stored) -> dict:
    born = datetime.datetime.fromtimestamp(stored.created, datetime.UTC)
    return {
        "type": "file",
        "id": stored.id,
        "filename": stored.name,
        "mime_type": stored.kind,
        "size_bytes": len(stored.data),
        "created_at": born.isoformat().replace("+00:00", "Z"),
        "downloadable": False,
        "expires_at": None,
    }


ROUTES = (
    ("GET", "/v1/models", models),
    ("GET", "/v1/models/([^/]+)", retrieve_model),
    ("POST", "/v1/files", upload),
    ("GET", "/v1/files", listed),
    ("GET", "/v1/files/([^/]+)", metadata),
    ("GET", "/v1/files/([^/]+)/content", content),
    ("DELETE", "/v1/files/([^/]+)", delete),
)
