"""What requests may take of the machine: bytes held by all of them together, seconds for each.

Whoever reads a body or unpacks a picture takes its bytes first; they are given
back when the request has been answered. Outside a request nothing is counted.
"""

import contextlib
import threading
import time

from mmlab.api.server.errors import ApiError

_current = threading.local()


class Allowance:
    """The bytes that are left, and how long a request may take.

    most_bytes  int     that all requests together may hold
    seconds     float   from the end of a request's head until its answer is ready
    held        int     bytes that are taken now
    """

    def __init__(self, most_bytes: int, seconds: float):
        self.most_bytes, self.seconds, self.held = most_bytes, seconds, 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def request(self):
        """Count what this thread takes within a `with`, and give it back at its end."""
        _current.account = account = _Account(self, time.monotonic() + self.seconds)
        try:
            yield
        finally:
            _current.account = None
            self.move(-account.held)

    def move(self, number: int) -> None:
        """Take bytes, or give some back; raise ApiError where there are not so many."""
        with self._lock:
            if number > 0 and self.held + number > self.most_bytes:
                raise ApiError(503, "The server is overloaded: its memory is in use. Please try again.",
                               headers={"Retry-After": "1"})  # fmt: skip
            self.held += number


class _Account:
    """What one request has taken, and when its time is over."""

    def __init__(self, allowance: Allowance, until: float):
        self.allowance, self.until, self.held = allowance, until, 0


def take(number: int) -> None:
    """Take bytes for the request that this thread serves, or give some back (below 0); or raise ApiError."""
    account = getattr(_current, "account", None)
    if account:
        if account.held + number > account.allowance.most_bytes:
            raise ApiError(413, "The request is too large: this server has not so much memory at all.")
        account.allowance.move(number)
        account.held += number


def check_time() -> None:
    """Raise ApiError where the time of the request that this thread serves is over."""
    account = getattr(_current, "account", None)
    if account and time.monotonic() > account.until:
        raise ApiError(504, "The request took too long: send fewer or smaller pictures.")
