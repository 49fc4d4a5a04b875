"""OpenAI's models and files."""

import calendar

from mmlab.api import catalog
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, form
from mmlab.api.server.files import Stored
from mmlab.api.server.openai_content import VOICE, model

_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")


def models(server, request: Request) -> Response:
    """Answer GET /v1/models."""
    rows = [_model(one) for one in catalog.models().values() if one.id not in server.retired]
    return Response({"object": "list", "data": rows})


def one_model(server, request: Request, name: str) -> Response:
    """Answer GET /v1/models/ID."""
    return Response(_model(model(server, name)))


def _model(told: catalog.Model) -> dict:
    born = calendar.timegm(catalog.catalog()["as_of"].timetuple())
    return {"id": told.id, "object": "model", "created": born, "owned_by": "mmlab", "shutdown_date": None}


def upload(server, request: Request) -> Response:
    """Answer POST /v1/files."""
    fields, files = form(request)
    if "file" not in files:
        raise VOICE.missing(("file",))
    if fields.get("purpose") not in _PURPOSES:
        raise VOICE.value(("purpose",), fields.get("purpose"), _PURPOSES)
    name, kind, data = files["file"]
    return Response(_object(server.files.put("openai", name, kind, data, purpose=fields["purpose"])))


def listed(server, request: Request) -> Response:
    """Answer GET /v1/files."""
    purpose = request.query.get("purpose", [None])[0]
    rows = [_object(one) for one in server.files.all("openai") if purpose in (None, one.purpose)]
    return Response({"object": "list", "data": rows, "has_more": False,
                     "first_id": rows[0]["id"] if rows else None,
                     "last_id": rows[-1]["id"] if rows else None})  # fmt: skip


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/files/ID."""
    return Response(_object(_stored(server, name)))


def data(server, request: Request, name: str) -> Response:
    """Answer GET /v1/files/ID/content."""
    stored = _stored(server, name)
    if stored.purpose in ("vision", "user_data", "assistants"):
        raise ApiError(400, f"Not allowed to download files of purpose: {stored.purpose}")
    return Response(stored.data, kind="application/octet-stream")


def delete(server, request: Request, name: str) -> Response:
    """Answer DELETE /v1/files/ID."""
    server.files.drop("openai", _stored(server, name).id)
    return Response({"id": name, "object": "file", "deleted": True})


def _stored(server, name: str) -> Stored:
    stored = server.files.find("openai", name)
    if stored is None:
        raise ApiError(404, f"No such File object: {name[:100]}", "id")
    return stored


def _object(stored: Stored) -> dict:
    return {"id": stored.id, "object": "file", "bytes": len(stored.data), "created_at": int(stored.created),
            "filename": stored.name, "purpose": stored.purpose, "status": "processed",
            "expires_at": None, "status_details": None}  # fmt: skip


ROUTES = (
    ("GET", "/v1/models", models),
    ("GET", "/v1/models/([^/]+)", one_model),
    ("POST", "/v1/files", upload),
    ("GET", "/v1/files", listed),
    ("GET", "/v1/files/([^/]+)", retrieve),
    ("GET", "/v1/files/([^/]+)/content", data),
    ("DELETE", "/v1/files/([^/]+)", delete),
)
