"""A limit on requests per minute, and the headers with which the providers report it."""

import datetime
import math
import threading
import time
from collections import deque

from mmlab.api.providers import ANTHROPIC, GOOGLE, OPENAI
from mmlab.api.server.errors import ApiError
from mmlab.errors import InputError

USUAL, _WINDOW = 10_000, 60.0  # requests per window if no limit is set, which is not enforced; seconds


class RateLimit:
    """Counts the requests of the last minute.

    limit   int or None   maximum number of requests per minute; None for no maximum
    raises  InputError    if the limit is below 1
    """

    def __init__(self, limit: int | None = None, clock=time.monotonic):
        if limit is not None and limit < 1:
            raise InputError(
                f"server: requests_per_minute={limit}", "at least 1", "leave it out for no limit"
            )
        self.limit, self._clock = limit, clock
        self._lock, self._times = threading.Lock(), deque(maxlen=limit or USUAL)

    def count(self, provider: str) -> None:
        """Count a request, or raise the provider's error 429 if there were too many."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            if self.limit is None or len(self._times) < self.limit:
                self._times.append(now)
                return
            wait = max(math.ceil(self._times[0] + _WINDOW - now), 1)
        messages = {
            OPENAI.id: f"Rate limit reached for requests per min (RPM): Limit {self.limit}, Used {self.limit}, "
            f"Requested 1. Please try again in {wait}s.",
            ANTHROPIC.id: f"This request would exceed your organization's rate limit of {self.limit} requests per minute.",
            GOOGLE.id: f"You exceeded your current quota of {self.limit} requests per minute. Please retry in {wait}s.",
        }
        raise ApiError(
            429, messages[provider], code="rate_limit_exceeded", headers={"Retry-After": str(wait)}
        )

    def headers(self, provider: str) -> dict[str, str]:
        """Return the provider's headers for the state of the limit; Google has none."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            limit = self.limit or USUAL
            left = max(limit - len(self._times), 0)
            wait = max(self._times[0] + _WINDOW - now, 0.0) if self._times else 0.0
        if provider == OPENAI.id:
            start = "x-ratelimit-"
            values = {"limit": limit, "remaining": left, "reset": f"{wait:.3f}s"}
            return {f"{start}{name}-requests": str(value) for name, value in values.items()}
        if provider == ANTHROPIC.id:
            reset = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=wait)
            values = {"limit": limit, "remaining": left, "reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ")}
            return {f"anthropic-ratelimit-requests-{name}": str(value) for name, value in values.items()}
        return {}

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] <= now - _WINDOW:
            self._times.popleft()
