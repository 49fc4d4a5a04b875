"""When to send a request again, and how long to wait: one policy, used in one layer.

The SDKs under this client are set not to retry, because the tries of two layers multiply:
three tries of three tries each are nine requests.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

_TRANSIENT = (None, 408, 409, 429)  # no complete response, timeout, conflict, rate limit; and 500 and above


def wait_before(
    error: Exception,
    failures: int,
    *,
    first: float = 0.5,
    longest: float = 8.0,
    patience: float = 120.0,
    draw: Callable[[], float] = random.random,
) -> float | None:
    """Return the seconds to wait after a failure before the next request; None if another will not help.

    error     has `status_code`, the HTTP status, None if no complete response arrived; and `retry_after`, the
              seconds that the server asks for, or None. Without a `status_code` it is not retried
    failures  int    requests that failed so far, 1 or more
    first     float  seconds to wait after the first failure; doubles with each further one
    longest   float  maximum of these waits in seconds
    patience  float  maximum wait in seconds that a server may ask for; if it asks for more, None
    draw      () -> float in [0, 1)   shortens the wait by up to a quarter, so that clients that failed together do not
              retry at the same moment

    >>> wait_before(TypeError("ours"), 1) is None
    True
    """
    if not hasattr(error, "status_code"):
        return None
    if error.status_code not in _TRANSIENT and error.status_code < 500:
        return None
    requested = getattr(error, "retry_after", None)
    if requested:
        return requested if requested <= patience else None
    return min(longest, first * 2 ** (failures - 1)) * (1 - draw() / 4)


def retry_policy(
    call: Callable[[], object],
    *,
    attempts: int = 4,
    first: float = 0.5,
    longest: float = 8.0,
    patience: float = 120.0,
    sleep: Callable[[float], None] = time.sleep,
    draw: Callable[[], float] = random.random,
):
    """Return what a call returns; call again after transient failures, and raise the last one.

    call      () -> anything   sends one request; raises errors as `wait_before` takes them
    attempts  int     maximum number of requests, 1 or more; no sleep after the last one
    first, longest, patience, draw   as `wait_before` takes them
    sleep     (seconds) -> None
    raises    the last error itself

    >>> retry_policy(lambda: "well")
    'well'
    """
    for number in range(1, attempts + 1):
        try:
            return call()
        except Exception as error:
            wait = wait_before(error, number, first=first, longest=longest, patience=patience, draw=draw)
            if wait is None or number == attempts:
                raise
        sleep(wait)


async def retry_policy_async(
    call: Callable[[], Awaitable],
    *,
    attempts: int = 4,
    first: float = 0.5,
    longest: float = 8.0,
    patience: float = 120.0,
    sleep: Callable[[float], Awaitable] = asyncio.sleep,
    draw: Callable[[], float] = random.random,
):
    """Return what an awaited call returns: `retry_policy` for coroutines; other tasks run while it waits."""
    for number in range(1, attempts + 1):
        try:
            return await call()
        except Exception as error:
            wait = wait_before(error, number, first=first, longest=longest, patience=patience, draw=draw)
            if wait is None or number == attempts:
                raise
        await sleep(wait)
