"""Limits on resources: memory for all requests together, and time for each request.

Code that reads a body or decodes an image reserves the bytes first with `take`. They are released when
the request has been answered. Outside a request nothing is counted.
"""

import contextlib
import threading
import time

from mmlab.api.server.errors import ApiError
from mmlab.perception import budget

READERS = 2  # images and audio clips that are read at the same time
_current, _readers = threading.local(), threading.BoundedSemaphore(READERS)


class Allowance:
    """The memory for all requests, and the time for one request.

    max_bytes  int     memory that all requests together may reserve
    seconds    float   time from the end of a request's head until its response is ready
    held       int     bytes that are reserved now
    """

    def __init__(self, max_bytes: int, seconds: float):
        self.max_bytes, self.seconds, self.held = max_bytes, seconds, 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def request(self):
        """Count the bytes that this thread reserves within a `with`, and release them at its end."""
        _current.account = account = _Account(self, time.monotonic() + self.seconds)
        try:
            with budget.until(account.deadline):
                yield
        finally:
            _current.account = None
            self.move(-account.held)

    def move(self, number: int) -> None:
        """Reserve bytes, or release them if negative; raise ApiError if there are not enough."""
        with self._lock:
            if number > 0 and self.held + number > self.max_bytes:
                raise ApiError(
                    503,
                    "The server is overloaded: its memory is in use. Please try again.",
                    headers={"Retry-After": "1"},
                )
            self.held += number


class _Account:
    """The bytes that a request has reserved, and its deadline."""

    def __init__(self, allowance: Allowance, deadline: float):
        self.allowance, self.deadline, self.held = allowance, deadline, 0


def take(number: int) -> None:
    """Reserve bytes for the request of this thread, or release them if negative; raise ApiError if not enough."""
    account = getattr(_current, "account", None)
    if account:
        if account.held + number > account.allowance.max_bytes:
            raise ApiError(413, "The request is too large: it needs more memory than this server has.")
        account.allowance.move(number)
        account.held += number


def check_time() -> None:
    """Raise ApiError if the request of this thread is past its deadline."""
    account = getattr(_current, "account", None)
    if account and time.monotonic() > account.deadline:
        raise took_too_long()


@contextlib.contextmanager
def reading():
    """Wait until one of the READERS is free, and hold it within a `with`: their memory is not reserved.

    A reader needs up to 120 bytes for each pixel of an image. More readers than cores would not be faster.

    raises  ApiError  if none is free before the deadline of the request of this thread
    """
    account = getattr(_current, "account", None)
    if not _readers.acquire(timeout=max(account.deadline - time.monotonic(), 0.0) if account else None):
        raise took_too_long()
    try:
        yield
    finally:
        _readers.release()


def took_too_long() -> ApiError:
    """Return the error for a request that is past its deadline."""
    return ApiError(
        504,
        "The request took too long: send fewer or smaller images, shorter audio and video, or a schema of fewer values.",
    )
