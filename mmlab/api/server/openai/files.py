"""OpenAI's models and files."""

import calendar

from mmlab.api import catalog
from mmlab.api.providers import OPENAI
from mmlab.api.server.errors import ApiError
from mmlab.api.server.files import Stored
from mmlab.api.server.messages import Request, Response, form
from mmlab.api.server.openai.content import ERRORS, model
from mmlab.api.server.paging import page

_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")


def models(server, request: Request) -> Response:
    """Answer GET /v1/models."""
    rows = [_model(each) for each in server.models()]
    return Response({"object": "list", "data": rows})


def retrieve_model(server, request: Request, name: str) -> Response:
    """Answer GET /v1/models/ID."""
    return Response(_model(model(server, name)))


def _model(entry: catalog.Model) -> dict:
    born = calendar.timegm(catalog.catalog()["as_of"].timetuple())
    return {"id": entry.id, "object": "model", "created": born, "owned_by": "mmlab", "shutdown_date": None}


def upload(server, request: Request) -> Response:
    """Answer POST /v1/files."""
    fields, files = form(request)
    if "file" not in files:
        raise ERRORS.missing(("file",))
    if fields.get("purpose") not in _PURPOSES:
        raise ERRORS.value(("purpose",), fields.get("purpose"), _PURPOSES)
    name, kind, data = files["file"]
    return Response(_object(server.files.put(OPENAI.id, name, kind, data, purpose=fields["purpose"])))


def listed(server, request: Request) -> Response:
    """Answer GET /v1/files."""
    purpose = request.query.get("purpose", [None])[0]
    rows = [_object(file) for file in server.files.all(OPENAI.id) if purpose in (None, file.purpose)]
    rows, more = page(rows, request.query, 10000, 10000)
    return Response(
        {
            "object": "list",
            "data": rows,
            "has_more": more,
            "first_id": rows[0]["id"] if rows else None,
            "last_id": rows[-1]["id"] if rows else None,
        }
    )


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
    server.files.drop(OPENAI.id, _stored(server, name).id)
    return Response({"id": name, "object": "file", "deleted": True})


def _stored(server, name: str) -> Stored:
    stored = server.files.find(OPENAI.id, name)
    if stored is None:
        raise ApiError(404, f"No such File object: {name[:100]}", "id")
    return stored


def _object(stored: Stored) -> dict:
    return {
        "id": stored.id,
        "object": "file",
        "bytes": len(stored.data),
        "created_at": int(stored.created),
        "filename": stored.name,
        "purpose": stored.purpose,
        "status": "processed",
        "expires_at": None,
        "status_details": None,
    }


ROUTES = (
    ("GET", "/v1/models", models),
    ("GET", "/v1/models/([^/]+)", retrieve_model),
    ("POST", "/v1/files", upload),
    ("GET", "/v1/files", listed),
    ("GET", "/v1/files/([^/]+)", retrieve),
    ("GET", "/v1/files/([^/]+)/content", data),
    ("DELETE", "/v1/files/([^/]+)", delete),
)
