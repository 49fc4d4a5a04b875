"""Batches: many requests at once, answered a little later, each as it would be alone."""

import json
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from mmlab.api.server import errors
from mmlab.api.server.exchange import Request
from mmlab.api.server.routes import find

MOST_REQUESTS, MOST_BATCHES, MOST_BYTES = 500, 100, 128 << 20
_LOOKS = 1  # how often a batch is still in progress when it is asked for


@dataclass
class Batch:
    """One batch: what was asked of it, its results as (custom id, status, body), and their bytes."""

    id: str
    results: list[tuple[str, int, dict]]
    asked: dict = field(default_factory=dict)
    created: int = field(default_factory=lambda: int(time.time()))
    looks: int = 0
    cancelled: bool = False
    size: int = 0

    @property
    def is_over(self) -> bool:
        """Are the results there?"""
        return self.cancelled or self.looks > _LOOKS

    @property
    def good(self) -> int:
        """How many requests were answered."""
        return sum(status == 200 for _, status, _ in self.results)


class Batches:
    """The latest batches by id; the oldest goes first."""

    def __init__(self):
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Batch] = OrderedDict()

    def put(self, prefix: str, results: list, asked: dict | None = None) -> Batch:
        """Keep a batch and return it."""
        size = sum(len(json.dumps(body)) for _, _, body in results)
        if size > MOST_BYTES // 4:
            raise errors.ApiError(413, f"The batch's answers are too large: {size} bytes.")
        batch = Batch(prefix + secrets.token_hex(12), results, asked or {}, size=size)
        with self._lock:
            self._held[batch.id] = batch
            while len(self._held) > MOST_BATCHES or sum(one.size for one in self._held.values()) > MOST_BYTES:
                self._held.popitem(last=False)
        return batch

    def find(self, name: str, look: bool = False) -> Batch | None:
        """Return a batch by its id, or None; a look brings it nearer to its end."""
        with self._lock:
            batch = self._held.get(name)
            if batch and look:
                batch.looks += 1
            return batch

    def drop(self, name: str) -> None:
        """Forget a batch."""
        with self._lock:
            self._held.pop(name, None)

    def all(self, prefix: str) -> list[Batch]:
        """Return the batches whose ids begin so, the newest first."""
        with self._lock:
            return [batch for name, batch in reversed(self._held.items()) if name.startswith(prefix)]


def answered(server, request: Request, path: str, body: dict) -> tuple[int, dict]:
    """Return the status and the JSON that one request of a batch is answered with."""
    identity = "req_" + secrets.token_hex(12)
    try:
        if body.get("stream"):
            raise errors.ApiError(400, "stream: batches do not stream")
        headers = type(request.headers)()
        for name, value in request.headers.items():
            if name.lower() not in ("content-type", "content-length"):
                headers[name] = value
        headers["Content-Type"] = "application/json"
        one = replace(request, method="POST", path=path, body=json.dumps(body).encode(), query={},
                      headers=headers, id=identity)  # fmt: skip
        action, names = find(one)
        return 200, action(server, one, *names).body
    except errors.ApiError as error:
        return error.status, errors.body(error, request.provider, identity)
