"""OpenAI's batches: a file of requests, and later a file of results."""

import json
import secrets

from mmlab.api.providers import OPENAI
from mmlab.api.server.batches import MAX_REQUESTS, Batch, answered
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import Field, checked
from mmlab.api.server.messages import Request, Response, json_object
from mmlab.api.server.openai import content
from mmlab.api.server.openai.content import ERRORS, TEXT_NEEDED
from mmlab.api.server.paging import page

_ENDPOINTS = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/images/generations")
_SHAPE = {
    "input_file_id": TEXT_NEEDED,
    "endpoint": Field("string", True, _ENDPOINTS),
    "completion_window": Field("string", True, ("24h",)),
    "metadata": Field("object"),
    "output_expires_after": Field("object"),
}
_LINE = {
    "custom_id": TEXT_NEEDED,
    "method": Field("string", True, ("POST",)),
    "url": TEXT_NEEDED,
    "body": Field("object", True),
}
_DAY = 24 * 3600


def create(server, request: Request) -> Response:
    """Answer POST /v1/batches."""
    body = content.body_of(request, _SHAPE)
    stored = server.files.find(OPENAI.id, body["input_file_id"])
    if stored is None or stored.purpose != "batch":
        raise ApiError(400, f"No file of purpose batch: {body['input_file_id'][:100]}", "input_file_id")
    lines = [line for line in stored.data.splitlines() if line.strip()]
    if not 1 <= len(lines) <= MAX_REQUESTS:
        raise ApiError(400, f"The file must have from 1 to {MAX_REQUESTS} lines.", "input_file_id")
    requests = [checked(json_object(line), _LINE, ERRORS, (number,)) for number, line in enumerate(lines, 1)]
    if len({line["custom_id"] for line in requests}) < len(requests):
        raise ApiError(
            400, "The custom_id of each line must be its own.", "input_file_id", "duplicate_custom_id"
        )
    if wrong := next((line["url"] for line in requests if line["url"] != body["endpoint"]), None):
        raise ApiError(
            400, f"The url {wrong[:100]} is not the batch's endpoint.", "input_file_id", "mismatched_url"
        )
    results = [
        (line["custom_id"], *answered(server, request, line["url"], line["body"])) for line in requests
    ]
    return Response(_object(server.batches.put("batch_", results, body)))


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/batches/ID."""
    batch = _batch(server, name, poll=True)
    if batch.is_over and not batch.cancelled and "files" not in batch.request:
        batch.request["files"] = _files(server, batch)
    return Response(_object(batch))


def listed(server, request: Request) -> Response:
    """Answer GET /v1/batches."""
    rows = [_object(batch) for batch in server.batches.all("batch_")]
    rows, more = page(rows, request.query, 100, 20)
    return Response(
        {
            "object": "list",
            "data": rows,
            "has_more": more,
            "first_id": rows[0]["id"] if rows else None,
            "last_id": rows[-1]["id"] if rows else None,
        }
    )


def cancel(server, request: Request, name: str) -> Response:
    """Answer POST /v1/batches/ID/cancel."""
    batch = _batch(server, name)
    if batch.is_over:
        raise ApiError(409, "Cannot cancel a batch that is over.")
    batch.cancelled = True
    return Response(_object(batch))


def _batch(server, name: str, poll: bool = False) -> Batch:
    batch = server.batches.find(name, poll) if name.startswith("batch_") else None
    if batch is None:
        raise ApiError(404, f"No batch found with id '{name[:100]}'.", "id")
    return batch


def _files(server, batch: Batch) -> dict[str, str | None]:
    """Store the results and the errors as files; return the file ids, None for an empty file."""
    ids = {}
    for name, wanted in (("output_file_id", True), ("error_file_id", False)):
        lines = [
            json.dumps(
                {
                    "id": "batch_req_" + secrets.token_hex(12),
                    "custom_id": custom,
                    "error": None,
                    "response": {
                        "status_code": status,
                        "request_id": "req_" + secrets.token_hex(12),
                        "body": body,
                    },
                }
            )
            for custom, status, body in batch.results
            if (status == 200) == wanted
        ]
        data = ("\n".join(lines) + "\n").encode()
        ids[name] = (
            server.files.put(
                OPENAI.id, f"{batch.id}_{name}.jsonl", "application/jsonl", data, purpose="batch_output"
            ).id
            if lines
            else None
        )
    return ids


def _object(batch: Batch) -> dict:
    """Return a batch as OpenAI's batch object."""
    done = batch.is_over and not batch.cancelled
    ended = batch.created if done else None
    status = "cancelled" if batch.cancelled else "completed" if done else "in_progress"
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.request["endpoint"],
        "errors": None,
        "input_file_id": batch.request["input_file_id"],
        "completion_window": "24h",
        "status": status,
        "created_at": batch.created,
        "in_progress_at": batch.created,
        "expires_at": batch.created + _DAY,
        "finalizing_at": ended,
        "completed_at": ended,
        "failed_at": None,
        "expired_at": None,
        "cancelling_at": batch.created if batch.cancelled else None,
        "cancelled_at": batch.created if batch.cancelled else None,
        "request_counts": {
            "total": len(batch.results),
            "completed": batch.succeeded if done else 0,
            "failed": len(batch.results) - batch.succeeded if done else 0,
        },
        "metadata": batch.request.get("metadata"),
        "output_file_id": None,
        "error_file_id": None,
        **batch.request.get("files", {}),
    }


ROUTES = (
    ("POST", "/v1/batches", create),
    ("GET", "/v1/batches", listed),
    ("GET", "/v1/batches/([^/]+)", retrieve),
    ("POST", "/v1/batches/([^/]+)/cancel", cancel),
)
