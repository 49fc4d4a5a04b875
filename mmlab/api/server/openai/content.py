"""Shared by Chat Completions and Responses: models, images, documents, tools and schemas."""

import json
import re

from mmlab.api import catalog
from mmlab.api.providers import OPENAI
from mmlab.api.server import document_input
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, Field, OpenAIErrors, checked
from mmlab.api.server.media import Image, MediaError, decode_base64, load_image
from mmlab.api.server.messages import Request
from mmlab.api.server.model import Prompt, Reply, Tool
from mmlab.api.server.world_routes import fetched
from mmlab.api.tokens import image_tokens, text_tokens

ERRORS = OpenAIErrors()
EFFORT = Field("string", choices=("none", "minimal", "low", "medium", "high", "xhigh", "max"))
TEXT, TEXT_NEEDED = Field("string"), Field("string", required=True)
_FUNCTION = {
    "name": Field("string", True, minimum=1, maximum=64),
    "description": TEXT,
    "parameters": Field("object"),
    "strict": Field("boolean"),
}
FUNCTION_TOOL = {
    **_FUNCTION,
    "defer_loading": ANY,
    "allowed_callers": ANY,
    "output_schema": ANY,
    "async": ANY,
}
SCHEMA_FORMAT = {
    "name": Field("string", True, minimum=1, maximum=64),
    "schema": Field("object", True),
    "strict": Field("boolean"),
    "description": TEXT,
}
_IMAGE_URL = re.compile(r"data:(image/[a-z.+-]{1,30});base64,", re.IGNORECASE)
_DATA_URL = re.compile(r"data:([a-z]{1,20}/[a-z0-9.+-]{1,80});base64,")
_TEXTS = re.compile(r"text/.*|application/(json|xml|x-yaml|yaml)")
_ENDINGS = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".json": "application/json",
    ".html": "text/html",
    ".xml": "text/xml",
    ".py": "text/x-python",
}


def model(server, name: str, output: str | None = None) -> catalog.Model:
    """Return a model that is served and has this kind of output, or raise OpenAI's error."""
    known = server.model(name)
    if name in server.retired or known is None and catalog.is_retired(name):
        raise ApiError(
            404,
            f"The model `{name}` has been deprecated, learn more here: "
            "https://platform.openai.com/docs/deprecations",
            None,
            "model_not_found",
        )
    if known is None:
        raise ApiError(
            404,
            f"The model `{name[:200]}` does not exist or you do not have access to it.",
            None,
            "model_not_found",
        )
    if output and output not in known.output:
        raise ApiError(
            404,
            f"This model does not support this endpoint: {name} gives {', '.join(known.output)}.",
            "model",
            "model_not_found",
        )
    return known


def not_offered(feature: str, param: str) -> ApiError:
    """Return the error for a feature of OpenAI's that this server does not have."""
    return ApiError(
        400,
        f"Unsupported parameter: '{param}'. This server does not offer {feature}.",
        param,
        "unsupported_parameter",
    )


def check_tool_type(given, where: tuple) -> None:
    """Raise ApiError for a tool that runs at OpenAI, such as web_search."""
    kind = given.get("type") if isinstance(given, dict) else None
    if isinstance(kind, str) and kind != "function":
        name = ERRORS.path((*where, "type"))
        raise ApiError(
            400,
            f"Invalid value: '{kind[:60]}'. This server does not offer the tool '{kind[:60]}'; "
            "supported values are: 'function'.",
            name,
            "invalid_value",
        )


def check_max_tokens(known: catalog.Model, body: dict, name: str) -> None:
    """Raise ApiError if a limit of the reply's tokens is above the maximum of the model."""
    given = body.get(name)
    if given is not None and given > known.longest_reply:
        raise ApiError(
            400,
            f"{name} is too large: {given}. This model supports at most {known.longest_reply} completion tokens, "
            f"whereas you provided {given}.",
            name,
            "invalid_value",
        )


def image_at(server, url: str, detail: str, parts: tuple) -> Image:
    """Return the image at a data URL or at a URL of this server, or raise ApiError."""
    name = ERRORS.path(parts)
    match = _IMAGE_URL.match(url)
    try:
        if match:
            return _image(decode_base64(url[match.end() :]), match[1], detail)
        if not url.startswith(("http://", "https://")):
            raise ApiError(
                400,
                f"Invalid '{name}'. Expected a valid URL or a data URL of the form "
                "data:image/png;base64,…, but got a value with an invalid format.",
                name,
                "invalid_value",
            )
        data = fetched(url, server.url)
        if data is None:
            raise ApiError(400, f"Error while downloading {url[:100]}.", name, "invalid_image_url")
        return _image(data, None, detail)
    except MediaError as error:
        raise media_error(error, name) from error


def image_of_file(server, name: str, detail: str, parts: tuple) -> Image:
    """Return the image in an uploaded file, or raise ApiError."""
    stored = server.files.find(OPENAI.id, name)
    if stored is None:
        raise ApiError(404, f"No such File object: {name[:100]}", ERRORS.path(parts), "not_found")
    try:
        return _image(stored.data, None, detail)
    except MediaError as error:
        raise media_error(error, ERRORS.path(parts)) from error


def _image(data: bytes, media_type: str | None, detail: str) -> Image:
    return load_image(data, OPENAI.limits, media_type, detail)


def media_error(error: MediaError, name: str) -> ApiError:
    """Return OpenAI's error for an image that cannot be used."""
    supported = "['png', 'jpeg', 'gif', 'webp']"
    words = {
        "base64": ("Invalid base64 image_url.", "invalid_base64"),
        "bytes": (f"The image is too large: {error.detail}.", "image_too_large"),
        "side": (f"The image is too large: no side above {error.detail}.", "image_too_large"),
        "pixels": (f"The image is too large: {error.detail}.", "image_too_large"),
    }
    message, code = words.get(
        error.reason,
        (
            "You uploaded an unsupported image. Please make sure your image is valid and has of one the "
            f"following formats: {supported}.",
            "invalid_image_format",
        ),
    )
    return ApiError(400, message, name, code)


def tool(function: dict, parts: tuple) -> Tool:
    """Return a function as a tool; in strict mode, validate its schema."""
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", function["name"]):
        name = ERRORS.path((*parts, "name"))
        raise ApiError(
            400,
            f"Invalid '{name}': string does not match pattern. Expected a string that "
            "matches the pattern '^[a-zA-Z0-9_-]+$'.",
            name,
            "invalid_value",
        )
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    if function.get("strict"):
        strict(schema, f"function '{function['name']}'", ERRORS.path((*parts, "parameters")))
    return Tool(function["name"], function.get("description") or "", schema)


def schema_of(given: dict, parts: tuple) -> dict:
    """Return the schema of a json_schema format, or raise ApiError."""
    if given.get("strict"):
        strict(given["schema"], f"response_format '{given['name']}'", ERRORS.path(parts))
    elif given["schema"].get("type") not in (None, "object"):
        raise ApiError(
            400,
            f"Invalid schema for response_format '{given['name']}': schema must be a JSON "
            "Schema of 'type: \"object\"'.",
            ERRORS.path(parts),
            "invalid_json_schema",
        )
    return given["schema"]


def strict(schema, what: str, param: str, context: tuple = ()) -> None:
    """Raise ApiError unless a schema fits strict mode: no additional properties, all of them required."""
    if not isinstance(schema, dict):
        raise _not_strict(what, context, "schema must be an object", param)
    if not context and schema.get("type") != "object":
        raise _not_strict(what, context, "schema must be a JSON Schema of 'type: \"object\"'", param)
    properties = schema.get("properties")
    if schema.get("type") == "object" or properties is not None:
        properties = properties or {}
        if schema.get("additionalProperties") is not False:
            raise _not_strict(
                what, context, "'additionalProperties' is required to be supplied and to be false", param
            )
        lacking = [name for name in properties if name not in (schema.get("required") or [])]
        if lacking:
            raise _not_strict(
                what,
                context,
                "'required' is required to be supplied and to be an array "
                f"including every key in properties. Missing '{lacking[0]}'",
                param,
            )
        for name, part in properties.items():
            strict(part, what, param, (*context, "properties", name))
    for name in ("items", "$defs", "anyOf"):
        part = schema.get(name)
        inner = (
            part.items()
            if name == "$defs" and isinstance(part, dict)
            else (enumerate(part) if isinstance(part, list) else [(name, part)] if part else [])
        )
        for key, subschema in inner:
            strict(subschema, what, param, (*context, name, str(key)))


def _not_strict(what: str, context: tuple, fault: str, param: str) -> ApiError:
    return ApiError(
        400,
        f"Invalid schema for {what}: In context={context}, {fault}.",
        param,
        "invalid_function_parameters" if what.startswith("function") else "invalid_json_schema",
    )


def choice(given, tools: list[Tool], name: str | None) -> str | None:
    """Return Prompt.must_call for a tool_choice, which is a string or an object that names a function."""
    if isinstance(given, str):
        words = {"auto": None, "none": "none", "required": "any"}
        if given not in words:
            raise ERRORS.value(("tool_choice",), given, tuple(words))
        if words[given] == "any" and not tools:
            raise ApiError(
                400,
                "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
                "tool_choice",
            )
        return words[given]
    if given is not None and name not in {tool.name for tool in tools}:
        raise ApiError(400, f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")
    return name


def mentions_json(prompt: Prompt) -> bool:
    """Whether any message has the word JSON, which the plain JSON mode requires."""
    return any("json" in text.lower() for text in (prompt.system, *(turn.text for turn in prompt.turns)))


def stops(given) -> tuple[str, ...]:
    """Return the stop sequences of a request: one, or up to four."""
    listed = [given] if isinstance(given, str) else given or []
    if len(listed) > 4 or not all(isinstance(text, str) for text in listed):
        raise ApiError(
            400, "Invalid 'stop': expected a string or up to four of them.", "stop", "invalid_value"
        )
    return tuple(listed)


def token_counts(prompt: Prompt, reply: Reply) -> tuple[int, int]:
    """Return the numbers of tokens of a prompt and of its reply."""
    rule = "openai-mini" if prompt.model.endswith("-mini") else OPENAI.id
    texts = [prompt.system, *(text for turn in prompt.turns for text in (turn.text, *turn.texts))]
    texts += [tool.name + tool.description + json.dumps(tool.schema) for tool in prompt.tools]
    images = [image for turn in prompt.turns for image in turn.images]
    sent = (
        sum(map(text_tokens, texts))
        + 3 * len(prompt.turns)
        + sum(OPENAI.audio_tokens(clip.seconds) for turn in prompt.turns for clip in turn.audio)
        + sum(image_tokens(rule, image.width, image.height, image.detail) for image in images)
    )
    calls = sum(text_tokens(json.dumps(call.arguments)) for call in reply.calls)
    return sent, text_tokens(reply.text) + calls


def check_context(server, prompt: Prompt) -> None:
    """Raise ApiError if a prompt is longer than the context of its model."""
    tokens, maximum = token_counts(prompt, Reply())[0], model(server, prompt.model).context
    if tokens > maximum:
        raise ApiError(
            400,
            f"This model's maximum context length is {maximum} tokens. However, your messages "
            f"resulted in {tokens} tokens.",
            "messages",
            "context_length_exceeded",
        )


def body_of(request: Request, shape: dict) -> dict:
    """Return the JSON of a request after validation against a shape."""
    return checked(request.json(), shape, ERRORS)


def document(server, part: dict, where: tuple) -> tuple:
    """Return the content of a file part for a turn: images of pages, or a text; or raise ApiError.

    part   {"file_id"} or {"file_data"} or {"file_url"}, optionally with "filename" and "detail"
    where  path of the part in the request
    """
    detail = part.get("detail") or "auto"
    if part.get("file_id"):
        stored = server.files.find(OPENAI.id, part["file_id"])
        if stored is None:
            raise ApiError(
                404,
                f"No such File object: {part['file_id'][:100]}",
                ERRORS.path((*where, "file_id")),
                "not_found",
            )
        return _opened(stored.data, _kind(stored.kind, stored.name), detail, (*where, "file_id"))
    if part.get("file_data"):
        return _from_data_url(part, detail, (*where, "file_data"))
    if part.get("file_url"):
        data = fetched(part["file_url"], server.url)
        if data is None:
            raise ApiError(
                400,
                f"Error while downloading {part['file_url'][:100]}.",
                ERRORS.path((*where, "file_url")),
                "invalid_value",
            )
        return _opened(data, "", detail, (*where, "file_url"))
    raise ERRORS.missing((*where, "file_id"))


def _from_data_url(part: dict, detail: str, where: tuple) -> tuple:
    name = ERRORS.path(where)
    match = _DATA_URL.match(part["file_data"])
    if not match:
        raise ApiError(
            400,
            f"Invalid '{name}'. Expected a base64-encoded data URL with a MIME type (e.g. "
            "'data:application/pdf;base64,JVBERi0xLjQK'), but got a value without the 'data:' "
            "prefix.",
            name,
            "invalid_value",
        )
    try:
        data = decode_base64(part["file_data"][match.end() :])
    except MediaError as error:
        raise ApiError(
            400, f"Invalid '{name}': the data is not valid base64.", name, "invalid_base64"
        ) from error
    return _opened(data, _kind(match[1], part.get("filename") or ""), detail, where)


def _kind(media_type: str, name: str) -> str:
    """Return the media type of a file, derived from its name if the request gives none."""
    media_type = media_type.partition(";")[0].strip().lower()
    if media_type != "application/octet-stream":
        return media_type
    return next((kind for ending, kind in _ENDINGS.items() if name.lower().endswith(ending)), media_type)


def _opened(data: bytes, kind: str, detail: str, where: tuple) -> tuple:
    """Return the content of a file; the magic bytes of PDF take precedence over the media type."""
    name = ERRORS.path(where)
    try:
        if document_input.is_pdf(data) or kind == "application/pdf":
            return document_input.pages(data, OPENAI.limits, detail)
        if _TEXTS.fullmatch(kind):
            return (document_input.text(data),)
    except MediaError as error:
        words = {
            "bytes": f"The file is too large: {error.detail}.",
            "pages": f"The file has too many pages: {error.detail}.",
            "pixels": f"The file is too large: {error.detail}.",
            "locked": "The file is password protected.",
        }
        raise ApiError(
            400, words.get(error.reason, f"The file could not be read: {error.detail}."), name, "invalid_file"
        ) from error
    raise ApiError(
        400,
        "Invalid input: expected context stuffing file type to be a supported format: .pdf or a text, "
        f"but got {kind[:60] or 'something else'}.",
        name,
        "unsupported_file",
    )
