"""OpenAI's batches: a file of requests, and later a file of answers."""

import json
import secrets

from mmlab.api.server import openai_content as content
from mmlab.api.server.batches import MOST_REQUESTS, Batch, answered
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, json_object
from mmlab.api.server.fields import Field, checked
from mmlab.api.server.openai_content import TEXT_NEEDED, VOICE

_ENDPOINTS = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/images/generations")
_SHAPE = {"input_file_id": TEXT_NEEDED, "endpoint": Field("string", True, _ENDPOINTS),
          "completion_window": Field("string", True, ("24h",)), "metadata": Field("object"),
          "output_expires_after": Field("object")}  # fmt: skip
_LINE = {"custom_id": TEXT_NEEDED, "method": Field("string", True, ("POST",)), "url": TEXT_NEEDED,
         "body": Field("object", True)}  # fmt: skip
_DAY = 24 * 3600


def create(server, request: Request) -> Response:
    """Answer POST /v1/batches."""
    body = content.body_of(request, _SHAPE)
    stored = server.files.find("openai", body["input_file_id"])
    if stored is None or stored.purpose != "batch":
        raise ApiError(400, f"No file of purpose batch: {body['input_file_id'][:100]}", "input_file_id")
    lines = [line for line in stored.data.splitlines() if line.strip()]
    if not 1 <= len(lines) <= MOST_REQUESTS:
        raise ApiError(400, f"The file must have from 1 to {MOST_REQUESTS} lines.", "input_file_id")
    told = [checked(json_object(line), _LINE, VOICE, (number,)) for number, line in enumerate(lines, 1)]
    if len({one["custom_id"] for one in told}) < len(told):
        raise ApiError(400, "The custom_id of each line must be its own.", "input_file_id", "duplicate_custom_id")
    if wrong := next((one["url"] for one in told if one["url"] != body["endpoint"]), None):
        raise ApiError(400, f"The url {wrong[:100]} is not the batch's endpoint.", "input_file_id", "mismatched_url")
    results = [(one["custom_id"], *answered(server, request, one["url"], one["body"])) for one in told]
    return Response(_object(server.batches.put("batch_", results, body)))


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/batches/ID."""
    batch = _found(server, name, look=True)
    if batch.is_over and not batch.cancelled and "files" not in batch.asked:
        batch.asked["files"] = _files(server, batch)
    return Response(_object(batch))


def listed(server, request: Request) -> Response:
    """Answer GET /v1/batches."""
    rows = [_object(batch) for batch in server.batches.all("batch_")]
    return Response({"object": "list", "data": rows, "has_more": False,
                     "first_id": rows[0]["id"] if rows else None,
                     "last_id": rows[-1]["id"] if rows else None})  # fmt: skip


def cancel(server, request: Request, name: str) -> Response:
    """Answer POST /v1/batches/ID/cancel."""
    batch = _found(server, name)
    if batch.is_over:
        raise ApiError(409, "Cannot cancel a batch that is over.")
    batch.cancelled = True
    return Response(_object(batch))


def _found(server, name: str, look: bool = False) -> Batch:
    batch = server.batches.find(name, look) if name.startswith("batch_") else None
    if batch is None:
        raise ApiError(404, f"No batch found with id '{name[:100]}'.", "id")
    return batch


def _files(server, batch: Batch) -> dict[str, str | None]:
    """Keep the answers and the errors as files; return their ids, None for one without a line."""
    kept = {}
    for name, wanted in (("output_file_id", True), ("error_file_id", False)):
        lines = [json.dumps({"id": "batch_req_" + secrets.token_hex(12), "custom_id": custom, "error": None,
                             "response": {"status_code": status, "request_id": "req_" + secrets.token_hex(12),
                                          "body": body}})
                 for custom, status, body in batch.results if (status == 200) == wanted]  # fmt: skip
        data = ("\n".join(lines) + "\n").encode()
        kept[name] = server.files.put("openai", f"{batch.id}_{name}.jsonl", "application/jsonl", data,
                                      purpose="batch_output").id if lines else None  # fmt: skip
    return kept


def _object(batch: Batch) -> dict:
    """Return a batch as OpenAI tells of it."""
    done = batch.is_over and not batch.cancelled
    ended = batch.created if done else None
    status = "cancelled" if batch.cancelled else "completed" if done else "in_progress"
    return {
        "id": batch.id, "object": "batch", "endpoint": batch.asked["endpoint"], "errors": None,
        "input_file_id": batch.asked["input_file_id"], "completion_window": "24h", "status": status,
        "created_at": batch.created, "in_progress_at": batch.created, "expires_at": batch.created + _DAY,
        "finalizing_at": ended, "completed_at": ended, "failed_at": None, "expired_at": None,
        "cancelling_at": batch.created if batch.cancelled else None,
        "cancelled_at": batch.created if batch.cancelled else None,
        "request_counts": {"total": len(batch.results), "completed": batch.good if done else 0,
                           "failed": len(batch.results) - batch.good if done else 0},
        "metadata": batch.asked.get("metadata"), "output_file_id": None, "error_file_id": None,
        **batch.asked.get("files", {}),
    }  # fmt: skip


ROUTES = (
    ("POST", "/v1/batches", create),
    ("GET", "/v1/batches", listed),
    ("GET", "/v1/batches/([^/]+)", retrieve),
    ("POST", "/v1/batches/([^/]+)/cancel", cancel),
)
