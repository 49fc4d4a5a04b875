"""Batches: many requests in one, each answered like a single request, with results available later."""

import json
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from mmlab.api.server import errors
from mmlab.api.server.messages import Request

MAX_REQUESTS, MAX_BATCHES, MAX_BYTES = 500, 100, 128 << 20
_POLLS = 1  # number of polls for which a batch is still in progress


@dataclass
class Batch:
    """A batch: the request that created it, its results as (custom id, status, body), and their size in bytes."""

    id: str
    results: list[tuple[str, int, dict]]
    request: dict = field(default_factory=dict)
    created: int = field(default_factory=lambda: int(time.time()))
    polls: int = 0
    cancelled: bool = False
    size: int = 0

    @property
    def is_over(self) -> bool:
        """Whether the results are available."""
        return self.cancelled or self.polls > _POLLS

    @property
    def succeeded(self) -> int:
        """The number of successful requests."""
        return sum(status == 200 for _, status, _ in self.results)


class Batches:
    """The latest batches by id; the oldest are dropped first."""

    def __init__(self):
        self._lock = threading.Lock()
        self._batches: OrderedDict[str, Batch] = OrderedDict()

    def put(self, prefix: str, results: list, request: dict | None = None) -> Batch:
        """Store a batch and return it."""
        size = sum(len(json.dumps(body)) for _, _, body in results)
        if size > MAX_BYTES // 4:
            raise errors.ApiError(413, f"The batch's answers are too large: {size} bytes.")
        batch = Batch(prefix + secrets.token_hex(12), results, request or {}, size=size)
        with self._lock:
            self._batches[batch.id] = batch
            while (
                len(self._batches) > MAX_BATCHES
                or sum(each.size for each in self._batches.values()) > MAX_BYTES
            ):
                self._batches.popitem(last=False)
        return batch

    def find(self, name: str, poll: bool = False) -> Batch | None:
        """Return a batch by its id, or None; `poll` counts towards its completion."""
        with self._lock:
            batch = self._batches.get(name)
            if batch and poll:
                batch.polls += 1
            return batch

    def drop(self, name: str) -> None:
        """Drop a batch."""
        with self._lock:
            self._batches.pop(name, None)

    def all(self, prefix: str) -> list[Batch]:
        """Return the batches whose ids have a prefix, newest first."""
        with self._lock:
            return [batch for name, batch in reversed(self._batches.items()) if name.startswith(prefix)]


def answered(server, request: Request, path: str, body: dict) -> tuple[int, dict]:
    """Return the status and the JSON of the answer to one request of a batch."""
    identity = "req_" + secrets.token_hex(12)
    try:
        if body.get("stream"):
            raise errors.ApiError(400, "stream: batches do not stream")
        headers = type(request.headers)()
        for name, value in request.headers.items():
            if name.lower() not in ("content-type", "content-length"):
                headers[name] = value
        headers["Content-Type"] = "application/json"
        inner = replace(
            request,
            method="POST",
            path=path,
            body=json.dumps(body).encode(),
            query={},
            headers=headers,
            id=identity,
        )
        return 200, server.dispatch(inner).body
    except errors.ApiError as error:
        return error.status, errors.body(error, request.provider, identity)
