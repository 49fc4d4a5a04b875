"""One error of the server, and how each provider words it.

    openai     {"error": {"message", "type", "param", "code"}}
    anthropic  {"type": "error", "error": {"type", "message"}, "request_id"}
    google     {"error": {"code", "message", "status"}}
"""

_ANTHROPIC = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
    404: "not_found_error", 405: "invalid_request_error", 408: "timeout_error",
    411: "invalid_request_error", 413: "request_too_large", 429: "rate_limit_error",
    500: "api_error", 503: "api_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip
_GOOGLE = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    405: "INVALID_ARGUMENT", 408: "DEADLINE_EXCEEDED", 411: "INVALID_ARGUMENT",
    413: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}  # fmt: skip
_OPENAI = {401: "authentication_error", 429: "requests"}


class ApiError(Exception):
    """What a request is answered with when it cannot be served.

    status   int    HTTP status
    message  str    in the provider's own words where they are known
    param    str    the field at fault (OpenAI shows it)
    code     str    OpenAI's code, such as "model_not_found"
    headers  dict   such as {"Retry-After": "2"}
    """

    def __init__(self, status: int, message: str, param=None, code=None, headers=None):
        super().__init__(message)
        self.status, self.message = status, message
        self.param, self.code, self.headers = param, code, headers or {}


def body(error: ApiError, provider: str, request_id: str) -> dict:
    """Return the JSON that a provider answers an error with."""
    if provider == "anthropic":
        kind = _ANTHROPIC.get(error.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": error.message},
                "request_id": request_id}  # fmt: skip
    if provider == "google":
        status = _GOOGLE.get(error.status, "UNKNOWN")
        return {"error": {"code": error.status, "message": error.message, "status": status}}
    usual = "server_error" if error.status >= 500 else "invalid_request_error"
    kind = _OPENAI.get(error.status, usual)
    return {"error": {"message": error.message, "type": kind, "param": error.param,
                      "code": error.code}}  # fmt: skip
