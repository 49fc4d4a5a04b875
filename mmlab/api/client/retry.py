"""When to ask again, and how long to wait before: one policy, used in one layer.

The SDKs under this client are told not to retry at all: two layers multiply, three
tries of three tries are nine requests.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

_PASSING = (None, 408, 409, 429)  # no whole answer came, or too early, or too much at once; and 500 and above


def wait_before(error: Exception, failures: int, *, first: float = 0.5, longest: float = 8.0,
                patience: float = 120.0, draw: Callable[[], float] = random.random) -> float | None:  # fmt: skip
    """Return the seconds to wait before the next request after a failure; None where none will help.

    error     has `status_code`, the HTTP status, None where no whole answer came; and `retry_after`, the
              seconds that the server asks for, or None. Without a `status_code` it is the program's own
    failures  int    requests that failed so far, 1 or more
    first     float  wait after the first of them; it doubles with each
    longest   float  no wait of our own is longer
    patience  float  a server that asks for more than this is not asked again
    draw      () -> float in [0, 1)   takes up to a quarter off: clients that failed together come back apart

    >>> wait_before(TypeError("ours"), 1) is None
    True
    """
    if not hasattr(error, "status_code"):
        return None
    if error.status_code not in _PASSING and error.status_code < 500:
        return None
    asked = getattr(error, "retry_after", None)
    if asked:
        return asked if asked <= patience else None
    return min(longest, first * 2 ** (failures - 1)) * (1 - draw() / 4)


def retry_policy(call: Callable[[], object], *, attempts: int = 4, first: float = 0.5, longest: float = 8.0,
                 patience: float = 120.0, sleep: Callable[[float], None] = time.sleep,
                 draw: Callable[[], float] = random.random):  # fmt: skip
    """Return what a call returns, calling again after failures that pass; raise the last one otherwise.

    call      () -> anything   one request; what it raises is as `wait_before` takes it
    attempts  int     requests in all, 1 or more; nobody sleeps after the last one
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


async def retry_policy_async(call: Callable[[], Awaitable], *, attempts: int = 4, first: float = 0.5,
                             longest: float = 8.0, patience: float = 120.0,
                             sleep: Callable[[float], Awaitable] = asyncio.sleep,
                             draw: Callable[[], float] = random.random):  # fmt: skip
    """Return what an awaited call returns: `retry_policy` for coroutines; other tasks run while it waits."""
    for number in range(1, attempts + 1):
        try:
            return await call()
        except Exception as error:
            wait = wait_before(error, number, first=first, longest=longest, patience=patience, draw=draw)
            if wait is None or number == attempts:
                raise
        await sleep(wait)
