"""Faults on demand: what goes wrong with real services, when it is asked for.

    429 · 429:SECONDS    too many requests, without and with Retry-After
    500 · 503 · 529      the server errs, is away, is overloaded
    timeout:SECONDS      no answer; the connection ends after so long (60)
    slow:SECONDS         so long a pause (0.05) before each piece of the answer
    reset                the connection is reset before any answer
    cut                  a stream ends too early, but cleanly
    broken               an answer breaks off in the middle, connection and all
    truncated            JSON that ends too early, with the right length
    html                 a page of HTML with status 200 where JSON was due
    empty                an answer without content
    refusal              the model will not answer

A plan is a list of them, used up one a request: "429:2, 500*2, cut"; after it
all goes well again. `*always` never ends.
"""

import re
import threading
from collections import deque
from dataclasses import dataclass, replace

from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Response
from mmlab.errors import InputError

HEADER = "X-Mmlab-Fault"
_STATUS = {
    "429": ("Rate limit reached for requests. Please try again later.", "rate_limit_exceeded"),
    "500": ("The server had an error while processing your request. Sorry about that!", None),
    "503": ("The service is unavailable: try again later.", None),
    "529": ("Overloaded", None),
}
_SECONDS = {"429": None, "timeout": 60.0, "slow": 0.05}  # those that take a number, and which
_OTHERS = ("reset", "cut", "broken", "truncated", "html", "empty", "refusal")
NAMES = (*_STATUS, "timeout", "slow", *_OTHERS)
_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Fault:
    """One fault: its name, and the seconds that it takes, if any."""

    name: str
    seconds: float | None = None


def planned(text: str) -> list[tuple[Fault, float]]:
    """Return the faults of a plan, each with how often it comes; raise InputError for what is none.

    >>> planned("429:2, cut*3")
    [(Fault(name='429', seconds=2.0), 1), (Fault(name='cut', seconds=None), 3)]
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(\w+)(?::(\d{1,5}(?:\.\d{1,3})?))?(?:\*(\d{1,6}|always))?", part)
        if not match or match[1] not in NAMES or (match[2] and match[1] not in _SECONDS):
            raise InputError(f"fault {part[:60]!r}", f"one of {', '.join(NAMES)}, such as 429:2 or 500*3",
                             "see mmlab.api.server.faults")  # fmt: skip
        seconds = float(match[2]) if match[2] else _SECONDS.get(match[1])
        times = float("inf") if match[3] == "always" else int(match[3] or 1)
        found.append((Fault(match[1], seconds), times))
    return found


class Plan:
    """The faults that are still to come, and those that were asked for by header."""

    def __init__(self, text: str = ""):
        self._lock = threading.Lock()
        self._coming = deque(planned(text))

    def next(self, header: str | None) -> Fault | None:
        """Return the fault of one request: its header's, or else the next that is planned."""
        if header:
            try:
                return planned(header)[0][0]
            except (InputError, IndexError) as error:
                raise ApiError(400, f"{HEADER}: {error}") from error
        with self._lock:
            if not self._coming:
                return None
            fault, times = self._coming.popleft()
            if times > 1:
                self._coming.appendleft((fault, times - 1))
            return fault

    def swap(self, coming: deque) -> deque:
        """Let other faults come, and return those that were to come."""
        with self._lock:
            self._coming, before = coming, self._coming
            return before


def before(fault: Fault, over: threading.Event) -> None:
    """Do what a fault does before a request is served: raise, or wait and end the connection."""
    if fault.name in _STATUS:
        message, code = _STATUS[fault.name]
        headers = {} if fault.seconds is None else {"Retry-After": f"{fault.seconds:g}"}
        raise ApiError(int(fault.name), message, code=code, headers=headers)
    if fault.name == "timeout":
        over.wait(fault.seconds)
        raise ConnectionAbortedError("a timeout was asked for")
    if fault.name == "reset":
        raise ConnectionResetError("a reset was asked for")


def after(fault: Fault, response: Response) -> Response:
    """Return what a fault makes of an answer."""
    if fault.name == "slow":
        return replace(response, pause=fault.seconds)
    if fault.name == "broken":
        return replace(response, breaks=True)
    if fault.name == "html":
        return Response(_PAGE, kind="text/html")
    if fault.name == "truncated" and response.events is None:
        whole = response.payload()
        return replace(response, body=whole[: len(whole) // 2])
    if fault.name in ("cut", "truncated") and response.events is not None:
        events = list(response.events)
        kept = events[: len(events) // 2]
        if fault.name == "truncated":
            kept.append(events[len(events) // 2][:-10] + b"\n\n")
        return replace(response, events=iter(kept))
    return response
