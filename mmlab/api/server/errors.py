"""The error of the server; each provider has its own JSON form for it, see Provider.error_body."""

from mmlab.api.providers import PROVIDERS


class ApiError(Exception):
    """Raised for a request that cannot be served; it becomes the response.

    status   int    HTTP status
    message  str    the provider's own message if it is known
    param    str    the faulty field (only in OpenAI's errors)
    code     str    OpenAI's code, such as "model_not_found"
    headers  dict   such as {"Retry-After": "2"}
    """

    def __init__(self, status: int, message: str, param=None, code=None, headers=None):
        super().__init__(message)
        self.status, self.message = status, message
        self.param, self.code, self.headers = param, code, headers or {}


def body(error: ApiError, provider: str, request_id: str) -> dict:
    """Return the JSON of an error in a provider's form."""
    return PROVIDERS[provider].error_body(error.status, error.message, error.param, error.code, request_id)
