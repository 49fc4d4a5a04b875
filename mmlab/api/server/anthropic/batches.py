"""Anthropic's message batches."""

import datetime
import json

from mmlab.api.server.anthropic.content import ERRORS, TEXT_NEEDED
from mmlab.api.server.batches import MAX_REQUESTS, Batch, answered
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, Field, checked
from mmlab.api.server.messages import Request, Response
from mmlab.api.server.paging import page

_SHAPE = {"requests": Field("array", True, minimum=1, maximum=MAX_REQUESTS), "user_profile_id": ANY}
_REQUEST = {"custom_id": TEXT_NEEDED, "params": Field("object", True)}


def create(server, request: Request) -> Response:
    """Answer POST /v1/messages/batches."""
    body = checked(request.json(), _SHAPE, ERRORS)
    requests = [
        checked(item, _REQUEST, ERRORS, ("requests", index)) for index, item in enumerate(body["requests"])
    ]
    if len({item["custom_id"] for item in requests}) < len(requests):
        raise ApiError(400, "requests: custom_id must be unique")
    results = [
        (item["custom_id"], *answered(server, request, "/v1/messages", item["params"])) for item in requests
    ]
    return Response(_object(server.batches.put("msgbatch_", results), request))


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/messages/batches/ID."""
    return Response(_object(_batch(server, name, poll=True), request))


def listed(server, request: Request) -> Response:
    """Answer GET /v1/messages/batches."""
    rows = [_object(batch, request) for batch in server.batches.all("msgbatch_")]
    rows, more = page(rows, request.query, 1000, 20, after="after_id", before="before_id")
    return Response(
        {
            "data": rows,
            "has_more": more,
            "first_id": rows[0]["id"] if rows else None,
            "last_id": rows[-1]["id"] if rows else None,
        }
    )


def cancel(server, request: Request, name: str) -> Response:
    """Answer POST /v1/messages/batches/ID/cancel."""
    batch = _batch(server, name)
    if batch.is_over:
        raise ApiError(400, "Cannot cancel a batch that has ended.")
    batch.cancelled = True
    return Response(_object(batch, request))


def results(server, request: Request, name: str) -> Response:
    """Answer GET /v1/messages/batches/ID/results: a line of JSON for each request."""
    batch = _batch(server, name)
    if not batch.is_over:
        raise ApiError(400, "The batch has not ended: its results are not available yet.")
    lines = [
        json.dumps({"custom_id": custom, "result": _result(batch, status, body)}) + "\n"
        for custom, status, body in batch.results
    ]
    return Response("".join(lines).encode(), kind="application/x-jsonl")


def delete(server, request: Request, name: str) -> Response:
    """Answer DELETE /v1/messages/batches/ID: only a batch that has ended can be deleted."""
    if not _batch(server, name).is_over:
        raise ApiError(400, "Cannot delete a batch that is in progress: cancel it first.")
    server.batches.drop(name)
    return Response({"id": name, "type": "message_batch_deleted"})


def _result(batch: Batch, status: int, body: dict) -> dict:
    if batch.cancelled:
        return {"type": "canceled"}
    return {"type": "succeeded", "message": body} if status == 200 else {"type": "errored", "error": body}


def _batch(server, name: str, poll: bool = False) -> Batch:
    batch = server.batches.find(name, poll) if name.startswith("msgbatch_") else None
    if batch is None:
        raise ApiError(404, f"Message batch not found: {name[:100]}")
    return batch


def _object(batch: Batch, request: Request) -> dict:
    """Return a batch as Anthropic's message_batch object."""
    born = datetime.datetime.fromtimestamp(batch.created, datetime.UTC)
    total, good = len(batch.results), batch.succeeded
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    if batch.cancelled:
        counts["canceled"] = total
    elif batch.is_over:
        counts |= {"succeeded": good, "errored": total - good}
    else:
        counts["processing"] = total
    over = batch.is_over
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended" if over else "in_progress",
        "request_counts": counts,
        "created_at": born.isoformat(),
        "archived_at": None,
        "expires_at": (born + datetime.timedelta(hours=24)).isoformat(),
        "ended_at": born.isoformat() if over else None,
        "cancel_initiated_at": born.isoformat() if batch.cancelled else None,
        "results_url": f"{request.base}/v1/messages/batches/{batch.id}/results" if over else None,
    }


ROUTES = (
    ("POST", "/v1/messages/batches", create),
    ("GET", "/v1/messages/batches", listed),
    ("GET", "/v1/messages/batches/([^/]+)", retrieve),
    ("DELETE", "/v1/messages/batches/([^/]+)", delete),
    ("POST", "/v1/messages/batches/([^/]+)/cancel", cancel),
    ("GET", "/v1/messages/batches/([^/]+)/results", results),
)
