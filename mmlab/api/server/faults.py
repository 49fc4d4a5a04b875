"""Fault injection: the failures of real services, on request.

    429 · 429:SECONDS    too many requests, without or with Retry-After
    500 · 503 · 529      internal error, service unavailable, overloaded
    timeout:SECONDS      no response; the connection closes after that time (default 60)
    slow:SECONDS         a pause (default 0.05) before each chunk of the response
    reset                the connection is reset before the response
    cut                  a stream ends early, but with a clean end of the connection
    broken               the connection breaks in the middle of the response
    truncated            JSON that ends early, with a matching Content-Length
    html                 an HTML page with status 200 in place of JSON
    empty                a reply without content
    refusal              the model refuses to answer
    midstream            a stream ends with the provider's own error event, that it is overloaded

A plan such as "429:2, 500*2, cut" lists the faults of the next requests, one for each request. After
the plan, requests succeed again. A fault with `*always` is repeated without end.
"""

import re
import threading
from collections import deque
from dataclasses import dataclass, replace

from mmlab.api.providers import ANTHROPIC, OPENAI
from mmlab.api.server import errors
from mmlab.api.server.errors import ApiError
from mmlab.api.server.messages import Request, Response, event
from mmlab.errors import InputError

HEADER = "X-Mmlab-Fault"
_STATUS = {
    "429": ("Rate limit reached for requests. Please try again later.", "rate_limit_exceeded"),
    "500": ("The server had an error while processing your request. Sorry about that!", None),
    "503": ("The service is unavailable: try again later.", None),
    "529": ("Overloaded", None),
}
_SECONDS = {"429": None, "timeout": 60.0, "slow": 0.05}  # faults that take a number, and its default
_PLAIN = ("reset", "cut", "broken", "truncated", "html", "empty", "refusal")
NAMES = (*_STATUS, "timeout", "slow", *_PLAIN)
_MIDSTREAM = "midstream"  # only streams have it, so the table of all faults leaves it out
_OVERLOADED = "Overloaded"
_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Fault:
    """A fault: its name, and its number of seconds or None."""

    name: str
    seconds: float | None = None


def planned(text: str) -> list[tuple[Fault, float]]:
    """Return the faults of a plan, each with its number of repetitions; raise InputError for an unknown one.

    >>> planned("429:2, cut*3")
    [(Fault(name='429', seconds=2.0), 1), (Fault(name='cut', seconds=None), 3)]
    """
    result = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(\w+)(?::(\d{1,5}(?:\.\d{1,3})?))?(?:\*(\d{1,6}|always))?", part)
        if not match or match[1] not in (*NAMES, _MIDSTREAM) or (match[2] and match[1] not in _SECONDS):
            raise InputError(
                f"fault {part[:60]!r}",
                f"one of {', '.join((*NAMES, _MIDSTREAM))}, such as 429:2 or 500*3",
                "see mmlab.api.server.faults",
            )
        seconds = float(match[2]) if match[2] else _SECONDS.get(match[1])
        times = float("inf") if match[3] == "always" else int(match[3] or 1)
        result.append((Fault(match[1], seconds), times))
    return result


class Plan:
    """The planned faults of the next requests; a request's header overrides them."""

    def __init__(self, text: str = ""):
        self._lock = threading.Lock()
        self._planned = deque(planned(text))

    def next(self, header: str | None) -> Fault | None:
        """Return the fault for a request: from its header, or else the next planned one."""
        if header:
            try:
                return planned(header)[0][0]
            except (InputError, IndexError) as error:
                raise ApiError(400, f"{HEADER}: {error}") from error
        with self._lock:
            if not self._planned:
                return None
            fault, times = self._planned.popleft()
            if times > 1:
                self._planned.appendleft((fault, times - 1))
            return fault

    def swap(self, planned_faults: deque) -> deque:
        """Replace the planned faults, and return the previous ones."""
        with self._lock:
            self._planned, previous = planned_faults, self._planned
            return previous


def before(fault: Fault, over: threading.Event) -> None:
    """Apply the part of a fault before the request is served: raise, or wait and close the connection."""
    if fault.name in _STATUS:
        message, code = _STATUS[fault.name]
        headers = {} if fault.seconds is None else {"Retry-After": f"{fault.seconds:g}"}
        raise ApiError(int(fault.name), message, code=code, headers=headers)
    if fault.name == "timeout":
        over.wait(fault.seconds)
        raise ConnectionAbortedError("injected fault: timeout")
    if fault.name == "reset":
        raise ConnectionResetError("injected fault: reset")


def _error_event(request: Request, number: int) -> bytes:
    """Return the event with which a provider reports an error in the middle of a stream."""
    if request.provider == OPENAI.id and request.path.startswith("/v1/responses"):
        fields = {"type": "error", "code": "server_error", "message": _OVERLOADED, "param": None}
        return event({**fields, "sequence_number": number}, "error")
    status = 529 if request.provider == ANTHROPIC.id else 503
    body = errors.body(ApiError(status, _OVERLOADED), request.provider, request.id)
    return event(body, "error" if request.provider == ANTHROPIC.id else None)


def after(fault: Fault, response: Response, request: Request) -> Response:
    """Return the response to a request with a fault applied."""
    if fault.name == _MIDSTREAM and response.events is not None:
        events = list(response.events)
        half = events[: max(len(events) // 2, 1)]
        return replace(response, events=iter([*half, _error_event(request, len(half))]))
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
        first_half = events[: len(events) // 2]
        if fault.name == "truncated":
            first_half.append(events[len(events) // 2][:-10] + b"\n\n")
        return replace(response, events=iter(first_half))
    return response
