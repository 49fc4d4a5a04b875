"""One exception for the failures of three SDKs.

The SDKs raise about forty exceptions of their own, pass on those of their transport,
and for some failures raise none: a stream that ends early without an error, a page of
HTML. Here each becomes a CallFailed, with the SDK's own error as its `__cause__`.
"""

import json
import re
import time
import traceback
from email.utils import parsedate_to_datetime
from pathlib import Path

from mmlab.errors import MmlabError

_BY_STATUS = {
    401: "key",
    403: "key",
    404: "model",
    408: "timeout",
    409: "server",
    429: "rate_limit",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}
# The HTTP status for the code or type of an error inside a stream, whose own status is 200.
_IN_STREAMS = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "timeout_error": 504,
    "api_error": 500,
    "server_error": 500,
    "invalid_request_error": 400,
}
_READING = re.compile(r"[Rr]esponse|streamed|segments")  # functions of Google's SDK that read a response
_ACTS = {
    "request": "read the message: the request itself is wrong, so another try will not help",
    "key": "check the key and its permissions",
    "model": "check client.model; model ids are retired: mmlab.api.catalog has the dates",
    "rate_limit": "send fewer requests at once, or allow more retries",
    "overloaded": "ask again later, or ask another provider",
    "server": "ask again later; your request is not the cause",
    "timeout": "ask again, or allow more time: connect(timeout=...)",
    "connection": "check the network, and whether the server is still running",
    "cut": "ask again: the reply is incomplete",
    "garbled": "ask again; check for a proxy between you and the provider",
    "reply": "look at .answer: it holds the model's reply",
}


class CallFailed(Exception):
    """A call without a usable answer.

    kind         "request", "key", "model", "rate_limit", "overloaded", "server" (the provider refused);
                 "timeout", "connection", "cut" (a stream that ended early), "garbled" (not JSON);
                 "reply" (an answer that does not match its schema)
    status_code  int or None     HTTP status of the refusal; None if no complete response arrived
    retry_after  float or None   seconds that the provider asks to wait
    provider     str
    tries        int             requests that were sent
    answer       Answer or None  for "reply": the answer that did not match
    """

    def __init__(
        self,
        provider: str,
        kind: str,
        message: str,
        *,
        status_code: int | None = None,
        retry_after: float | None = None,
        answer=None,
    ):
        self.provider, self.kind, self.message = provider, kind, message
        self.status_code, self.retry_after, self.answer = status_code, retry_after, answer
        self.tries = 1
        given = f"{provider}: {kind}" + (f" ({status_code})" if status_code else "")
        wanted = f"an answer; the message: {message[:300]}"
        super().__init__(str(MmlabError(given, wanted, _ACTS[kind])))

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind not in ("request", "key", "model", "reply")


def failure_of(provider: str, error: Exception) -> CallFailed | None:
    """Return the CallFailed for an error of an SDK or its transport; None for any other error."""
    if isinstance(error, CallFailed):
        return error
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"APITimeoutError", "TimeoutException"}:
        return CallFailed(provider, "timeout", "no answer in time")
    if names & {"APIConnectionError", "TransportError"}:
        return CallFailed(provider, "connection", str(error.__cause__ or error) or type(error).__name__)
    unread = isinstance(error, json.JSONDecodeError | UnicodeDecodeError) or names & {
        "APIResponseValidationError",
        "UnknownApiResponseError",
        "DecodingError",
    }
    if unread or ("APIError" not in names and _while_reading(error)):
        return CallFailed(provider, "garbled", f"{type(error).__name__}: {error}")
    if "APIError" not in names:
        return None
    status, message = _status(error), getattr(error, "message", None) or str(error)
    kind = _BY_STATUS.get(status) or ("request" if status and status < 500 else "server")
    if status == 400 and message.startswith("API key"):  # Google's status for a wrong key
        kind = "key"
    return CallFailed(provider, kind, message, status_code=status, retry_after=_retry_after(error))


def _while_reading(error: Exception) -> bool:
    """Return whether an SDK failed to read a response; Google's raises AttributeError and similar errors."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(_READING.search(frame.name) and "genai" in Path(frame.filename).parts for frame in frames)


def was_refused(error: Exception) -> bool:
    """Return whether a provider refused a request, which then costs nothing."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return isinstance(status, int) and status >= 400


def _status(error: Exception) -> int | None:
    """Return the HTTP status of an SDK's error; for an error in a stream, the status it would have had."""
    for status in (getattr(error, "status_code", None), getattr(error, "code", None)):
        if isinstance(status, int) and status >= 400:
            return status
    body = getattr(error, "body", None)
    fields = body.get("error", body) if isinstance(body, dict) else {}
    fields = fields if isinstance(fields, dict) else {}
    return _IN_STREAMS.get(fields.get("code")) or _IN_STREAMS.get(fields.get("type"))


def _retry_after(error: Exception) -> float | None:
    """Return the seconds that a refusal's headers ask to wait, given as a number or as a date."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = headers.get("retry-after")
    if headers.get("retry-after-ms", "").replace(".", "", 1).isdigit():
        return float(headers["retry-after-ms"]) / 1000
    if value is None:
        return None
    if value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None  # neither a number nor a date: ignore the header
