"""What differs between the providers: one record for each, used by both the client and the server.

A fourth provider needs a record in PROVIDERS, a client module that calls its SDK (`wire`) and a server
package that implements its protocol (`routes`). No other code depends on the provider.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mmlab.api import tokens
from mmlab.api.catalog import catalog


@dataclass(frozen=True)
class Provider:
    """A provider: the facts about its SDK and its wire protocol.

    id             str    name in code, in the catalog and at the start of the server's paths
    name           str    display name
    package        str    name of the SDK on the package index
    module         str    import name of the SDK
    key_variables  tuple  environment variables for the key; the first that is set is used
    wire           str    client module that sends requests through the SDK and reads the responses
    routes         str    server package whose ROUTES implement the protocol
    base_path      str    path of the SDK's base URL at the local server
    url_name       str    property of the local server that holds this URL
    example        str    code that creates the SDK's client, with {url} for the URL
    telemetry      str    gen_ai.provider.name in OpenTelemetry
    error_body     (status, message, param, code, request_id) -> dict   the JSON of an error
    key_header     str    header for the key, beside `Authorization: Bearer` (`takes_bearer`) and the
                          query parameter (`key_query`)
    upload_query   str    query parameter whose value replaces the key; "" for none
    key_refusal    str    message for a missing or wrong key
    key_statuses   tuple  HTTP statuses for a missing and for a wrong key
    id_header      str    response header with the id of the request
    file_prefix    str    prefix of the ids of uploaded files
    """

    id: str
    name: str
    package: str
    module: str
    key_variables: tuple[str, ...]
    wire: str
    routes: str
    base_path: str
    url_name: str
    example: str
    telemetry: str
    error_body: Callable[[int, str, str | None, str | None, str], dict]
    key_refusal: str
    key_header: str = ""
    takes_bearer: bool = True
    key_query: str = ""
    upload_query: str = ""
    key_statuses: tuple[int, int] = (401, 401)
    id_header: str = "x-request-id"
    file_prefix: str = ""

    @property
    def limits(self) -> dict:
        """The limits of a request: the provider's row of the catalog's limits."""
        return catalog()["limits"][self.id]

    @property
    def image_rules(self) -> list[str]:
        """The provider's rows of the catalog's image_tokens; the default row has the provider's id."""
        return [name for name in catalog()["image_tokens"] if name.partition("-")[0] == self.id]

    def image_tokens(self, width: int, height: int, detail: str = "auto") -> int:
        """Return the number of tokens of an image by the default rule."""
        return tokens.image_tokens(self.id, width, height, detail)

    def audio_tokens(self, seconds: float, *, generated: bool = False) -> int:
        """Return the number of tokens of an audio clip that the model receives, or has `generated`."""
        return tokens.audio_tokens(self.id, seconds, generated=generated)

    def video_tokens(self, frames: int, detail: str = "unspecified") -> int:
        """Return the number of tokens of the sampled frames of a video."""
        return tokens.video_tokens(self.id, frames, detail)

    def key_of(self, headers, query: dict[str, list[str]]) -> str:
        """Return the key of a request from where the provider expects it; "" for none.

        headers  a mapping with case-insensitive names that returns None for a missing header
        """
        bearer = (headers["Authorization"] or "").removeprefix("Bearer ").strip()
        given = (
            self.key_header and headers[self.key_header],
            self.takes_bearer and bearer,
            self.key_query and query.get(self.key_query, [""])[0],
        )
        return next(filter(None, given), "")


def _openai_error(status: int, message: str, param: str | None, code: str | None, request_id: str) -> dict:
    usual = "server_error" if status >= 500 else "invalid_request_error"
    kind = {429: "requests"}.get(status, usual)  # a wrong key is an invalid_request_error too
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _anthropic_error(status: int, message: str, param: str | None, code: str | None, request_id: str) -> dict:
    kinds = {
        400: "invalid_request_error",
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        405: "invalid_request_error",
        408: "timeout_error",
        411: "invalid_request_error",
        413: "request_too_large",
        429: "rate_limit_error",
        504: "timeout_error",
        529: "overloaded_error",
    }
    error = {"type": kinds.get(status, "api_error"), "message": message}
    return {"type": "error", "error": error, "request_id": request_id}


def _google_error(status: int, message: str, param: str | None, code: str | None, request_id: str) -> dict:
    names = {
        400: "INVALID_ARGUMENT",
        401: "UNAUTHENTICATED",
        403: "PERMISSION_DENIED",
        404: "NOT_FOUND",
        405: "INVALID_ARGUMENT",
        408: "DEADLINE_EXCEEDED",
        411: "INVALID_ARGUMENT",
        413: "INVALID_ARGUMENT",
        429: "RESOURCE_EXHAUSTED",
        500: "INTERNAL",
        503: "UNAVAILABLE",
        504: "DEADLINE_EXCEEDED",
    }
    error = {"code": status, "message": message, "status": names.get(status, "UNKNOWN")}
    if message == GOOGLE.key_refusal and status == 400:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": kind, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
    return {"error": error}


OPENAI = Provider(
    id="openai",
    name="OpenAI",
    package="openai",
    module="openai",
    key_variables=("OPENAI_API_KEY",),
    wire="mmlab.api.client.openai_wire",
    routes="mmlab.api.server.openai",
    base_path="/openai/v1",
    url_name="openai_base_url",
    example='openai.OpenAI(base_url="{url}", api_key="any")',
    telemetry="openai",
    error_body=_openai_error,
    key_refusal="Incorrect API key provided.",
    file_prefix="file-",
)
ANTHROPIC = Provider(
    id="anthropic",
    name="Anthropic",
    package="anthropic",
    module="anthropic",
    key_variables=("ANTHROPIC_API_KEY",),
    wire="mmlab.api.client.anthropic_wire",
    routes="mmlab.api.server.anthropic",
    base_path="/anthropic",
    url_name="anthropic_base_url",
    example='anthropic.Anthropic(base_url="{url}", api_key="any")',
    telemetry="anthropic",
    error_body=_anthropic_error,
    key_refusal="invalid x-api-key",
    key_header="x-api-key",
    id_header="request-id",
    file_prefix="file_",
)
GOOGLE = Provider(
    id="google",
    name="Google",
    package="google-genai",
    module="google.genai",
    key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    wire="mmlab.api.client.google_wire",
    routes="mmlab.api.server.google",
    base_path="/google",
    url_name="gemini_base_url",
    example='genai.Client(api_key="any", http_options={{"base_url": "{url}"}})',
    telemetry="gcp.gemini",
    error_body=_google_error,
    key_refusal="API key not valid. Please pass a valid API key.",
    key_header="x-goog-api-key",
    takes_bearer=False,
    key_query="key",
    upload_query="upload_id",
    key_statuses=(403, 400),
)
PROVIDERS = {provider.id: provider for provider in (OPENAI, ANTHROPIC, GOOGLE)}
