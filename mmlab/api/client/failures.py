"""One kind of failure for three SDKs.

The SDKs raise some forty kinds of their own, let their transport's through, and
sometimes none: a stream that ends too early but cleanly, a page of HTML. Here each
becomes a CallFailed, with the SDK's own error as its `__cause__`.
"""

import json
import re
import time
import traceback
from email.utils import parsedate_to_datetime
from pathlib import Path

from mmlab.errors import MmlabError

_BY_STATUS = {401: "key", 403: "key", 404: "model", 408: "timeout", 409: "server", 429: "rate_limit",
              503: "overloaded", 504: "timeout", 529: "overloaded"}  # fmt: skip
# What an error says of itself that comes in the middle of a stream, under a status of 200.
_IN_STREAMS = {"overloaded_error": 529, "rate_limit_error": 429, "rate_limit_exceeded": 429, "timeout_error": 504,
               "api_error": 500, "server_error": 500, "invalid_request_error": 400}  # fmt: skip
_READING = re.compile(r"[Rr]esponse|streamed|segments")  # functions of Google's SDK that read what came
_ACTS = {
    "request": "read the message: the request itself is wrong, and stays so",
    "key": "look at the key and what it may do",
    "model": "see client.model; ids retire: mmlab.api.catalog has the dates",
    "rate_limit": "ask more slowly: fewer at once, more tries",
    "overloaded": "ask again later, or another provider",
    "server": "ask again later; it is not your request",
    "timeout": "ask again, or allow more time: connect(timeout=...)",
    "connection": "look at the network, or whether the server still runs",
    "cut": "ask again: what came is only the beginning",
    "garbled": "ask again; look at what stands between you and the provider",
    "reply": "look at .answer: the model's words are there",
}


class CallFailed(Exception):
    """A call that brought no usable answer.

    kind         "request", "key", "model", "rate_limit", "overloaded", "server" (the provider said no);
                 "timeout", "connection", "cut" (a stream that ended too early), "garbled" (no JSON);
                 "reply" (an answer that is not as its schema says)
    status_code  int or None     HTTP status of a provider's no; None where no whole answer came
    retry_after  float or None   seconds that the provider asks to wait
    provider     str
    tries        int             requests that were sent
    answer       Answer or None  of "reply": what did come
    """

    def __init__(self, provider: str, kind: str, said: str, *, status_code: int | None = None,
                 retry_after: float | None = None, answer=None):  # fmt: skip
        self.provider, self.kind, self.said = provider, kind, said
        self.status_code, self.retry_after, self.answer = status_code, retry_after, answer
        self.tries = 1
        given = f"{provider}: {kind}" + (f" ({status_code})" if status_code else "")
        wanted = f"an answer; told: {said[:300]}"
        super().__init__(str(MmlabError(given, wanted, _ACTS[kind])))

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind not in ("request", "key", "model", "reply")


def failure_of(provider: str, error: Exception) -> CallFailed | None:
    """Return what an SDK's error, or its transport's, comes to; None for any other error."""
    if isinstance(error, CallFailed):
        return error
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"APITimeoutError", "TimeoutException"}:
        return CallFailed(provider, "timeout", "no answer in time")
    if names & {"APIConnectionError", "TransportError"}:
        return CallFailed(provider, "connection", str(error.__cause__ or error) or type(error).__name__)
    unread = isinstance(error, json.JSONDecodeError | UnicodeDecodeError) or names & {
        "APIResponseValidationError", "UnknownApiResponseError", "DecodingError"}  # fmt: skip
    if unread or ("APIError" not in names and _while_reading(error)):
        return CallFailed(provider, "garbled", f"{type(error).__name__}: {error}")
    if "APIError" not in names:
        return None
    status, said = _status(error), getattr(error, "message", None) or str(error)
    kind = _BY_STATUS.get(status) or ("request" if status and status < 500 else "server")
    if status == 400 and said.startswith("API key"):  # Google's word for it
        kind = "key"
    return CallFailed(provider, kind, said, status_code=status, retry_after=_retry_after(error))


def _while_reading(error: Exception) -> bool:
    """Return whether an SDK stumbled over a response: Google's lets AttributeError and its like out."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(_READING.search(frame.name) and "genai" in Path(frame.filename).parts for frame in frames)


def was_refused(error: Exception) -> bool:
    """Return whether a provider turned a request down before it did anything: then it costs nothing."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return isinstance(status, int) and status >= 400


def _status(error: Exception) -> int | None:
    """Return the HTTP status of an SDK's error; of one in a stream, the status that it would have had."""
    for status in (getattr(error, "status_code", None), getattr(error, "code", None)):
        if isinstance(status, int) and status >= 400:
            return status
    body = getattr(error, "body", None)
    told = body.get("error", body) if isinstance(body, dict) else {}
    told = told if isinstance(told, dict) else {}
    return _IN_STREAMS.get(told.get("code")) or _IN_STREAMS.get(told.get("type"))


def _retry_after(error: Exception) -> float | None:
    """Return the seconds that a refusal's headers ask to wait, told as a number or as a date."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    told = headers.get("retry-after")
    if headers.get("retry-after-ms", "").replace(".", "", 1).isdigit():
        return float(headers["retry-after-ms"]) / 1000
    if told is None:
        return None
    if told.replace(".", "", 1).isdigit():
        return float(told)
    try:
        return max(parsedate_to_datetime(told).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None  # words that are neither: as if nothing had been asked
