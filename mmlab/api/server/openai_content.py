"""What OpenAI's two ways of asking share: models, pictures, tools and schemas."""

import json
import re

from mmlab.api import catalog
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request
from mmlab.api.server.fields import ANY, Field, OpenAI, checked
from mmlab.api.server.mind import Prompt, Reply, Tool
from mmlab.api.server.pictures import Picture, Unfit, decoded, picture
from mmlab.api.server.shown import fetched
from mmlab.api.tokens import image_tokens, sound_tokens, text_tokens

VOICE = OpenAI()
TEXT, TEXT_NEEDED = Field("string"), Field("string", required=True)
_FUNCTION = {
    "name": Field("string", True, least=1, most=64), "description": TEXT,
    "parameters": Field("object"), "strict": Field("boolean"),
}  # fmt: skip
FUNCTION_TOOL = {**_FUNCTION, "defer_loading": ANY, "allowed_callers": ANY, "output_schema": ANY, "async": ANY}
SCHEMA_FORMAT = {"name": Field("string", True, least=1, most=64), "schema": Field("object", True),
                 "strict": Field("boolean"), "description": TEXT}  # fmt: skip
_DATA_URL = re.compile(r"data:(image/[a-z]{1,10});base64,")


def model(server, name: str, output: str | None = None) -> catalog.Model:
    """Return a model that answers, with this kind of output; or raise what OpenAI says otherwise."""
    known = catalog.models().get(name)
    if name in server.retired or catalog.is_retired(name):
        raise ApiError(404, f"The model `{name}` has been deprecated, learn more here: "
                            "https://platform.openai.com/docs/deprecations", None, "model_not_found")  # fmt: skip
    if known is None:
        raise ApiError(404, f"The model `{name[:200]}` does not exist or you do not have access to it.",
                       None, "model_not_found")  # fmt: skip
    if output and output not in known.output:
        raise ApiError(404, f"This model does not answer here: {name} gives {', '.join(known.output)}.",
                       "model", "model_not_found")  # fmt: skip
    return known


def picture_at(server, url: str, detail: str, parts: tuple) -> Picture:
    """Return the picture behind a data URL, or a URL of this server; or raise ApiError."""
    name = VOICE.path(parts)
    found = _DATA_URL.match(url)
    try:
        if found:
            return _unpacked(decoded(url[found.end() :]), found[1], detail)
        if not url.startswith(("http://", "https://")):
            raise ApiError(400, f"Invalid '{name}'. Expected a valid URL or a data URL of the form "
                                "data:image/png;base64,…, but got a value with an invalid format.",
                           name, "invalid_value")  # fmt: skip
        data = fetched(url, server.url)
        if data is None:
            raise ApiError(400, f"Error while downloading {url[:100]}.", name, "invalid_image_url")
        return _unpacked(data, None, detail)
    except Unfit as error:
        raise unfit(error, name) from error


def picture_of_file(server, name: str, detail: str, parts: tuple) -> Picture:
    """Return the picture that an uploaded file holds, or raise ApiError."""
    stored = server.files.find("openai", name)
    if stored is None:
        raise ApiError(404, f"No such File object: {name[:100]}", VOICE.path(parts), "not_found")
    try:
        return _unpacked(stored.data, None, detail)
    except Unfit as error:
        raise unfit(error, VOICE.path(parts)) from error


def _unpacked(data: bytes, said: str | None, detail: str) -> Picture:
    return picture(data, catalog.catalog()["limits"]["openai"], said, detail)


def unfit(error: Unfit, name: str) -> ApiError:
    """Return OpenAI's words for a picture that cannot be used."""
    supported = "['png', 'jpeg', 'gif', 'webp']"
    words = {
        "base64": ("Invalid base64 image_url.", "invalid_base64"),
        "mismatch": (f"Invalid image: the data URL's media type is not the image's own, {error.said}.",
                     "invalid_image_format"),
        "bytes": (f"The image is too large: {error.said}.", "image_too_large"),
        "side": (f"The image is too large: no side above {error.said}.", "image_too_large"),
        "pixels": (f"The image is too large: {error.said}.", "image_too_large"),
    }  # fmt: skip
    message, code = words.get(error.why, (
        "You uploaded an unsupported image. Please make sure your image is valid and has of one the "
        f"following formats: {supported}.", "invalid_image_format"))  # fmt: skip
    return ApiError(400, message, name, code)


def tool(told: dict, parts: tuple) -> Tool:
    """Return a function as a tool, its schema held to the strict rules where it says so."""
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", told["name"]):
        name = VOICE.path((*parts, "name"))
        raise ApiError(400, f"Invalid '{name}': string does not match pattern. Expected a string that "
                            "matches the pattern '^[a-zA-Z0-9_-]+$'.", name, "invalid_value")  # fmt: skip
    schema = told.get("parameters") or {"type": "object", "properties": {}}
    if told.get("strict"):
        strict(schema, f"function '{told['name']}'", VOICE.path((*parts, "parameters")))
    return Tool(told["name"], told.get("description") or "", schema)


def schema_of(told: dict, parts: tuple) -> dict:
    """Return the schema of a json_schema format, or raise ApiError."""
    if told.get("strict"):
        strict(told["schema"], f"response_format '{told['name']}'", VOICE.path(parts))
    elif told["schema"].get("type") not in (None, "object"):
        raise ApiError(400, f"Invalid schema for response_format '{told['name']}': schema must be a JSON "
                            "Schema of 'type: \"object\"'.", VOICE.path(parts), "invalid_json_schema")
    return told["schema"]


def strict(schema, what: str, param: str, context: tuple = ()) -> None:
    """Raise ApiError where a schema is not as strict mode wants it: closed, all of it required."""
    if not isinstance(schema, dict):
        raise _not_strict(what, context, "schema must be an object", param)
    if not context and schema.get("type") != "object":
        raise _not_strict(what, context, "schema must be a JSON Schema of 'type: \"object\"'", param)
    properties = schema.get("properties")
    if schema.get("type") == "object" or properties is not None:
        properties = properties or {}
        if schema.get("additionalProperties") is not False:
            raise _not_strict(what, context, "'additionalProperties' is required to be supplied and to be "
                                             "false", param)  # fmt: skip
        lacking = [name for name in properties if name not in (schema.get("required") or [])]
        if lacking:
            raise _not_strict(what, context, "'required' is required to be supplied and to be an array "
                              f"including every key in properties. Missing '{lacking[0]}'", param)
        for name, part in properties.items():
            strict(part, what, param, (*context, "properties", name))
    for name in ("items", "$defs", "anyOf"):
        part = schema.get(name)
        inner = part.items() if name == "$defs" and isinstance(part, dict) else (
            enumerate(part) if isinstance(part, list) else [(name, part)] if part else [])  # fmt: skip
        for key, one in inner:
            strict(one, what, param, (*context, name, str(key)))


def _not_strict(what: str, context: tuple, fault: str, param: str) -> ApiError:
    return ApiError(400, f"Invalid schema for {what}: In context={context}, {fault}.", param,
                    "invalid_function_parameters" if what.startswith("function") else "invalid_json_schema")


def choice(given, tools: list[Tool], name: str | None) -> str | None:
    """Return the mind's word for a tool_choice: a word, or an object that names a function."""
    if isinstance(given, str):
        words = {"auto": None, "none": "none", "required": "any"}
        if given not in words:
            raise VOICE.value(("tool_choice",), given, tuple(words))
        if words[given] == "any" and not tools:
            raise ApiError(400, "Invalid value for 'tool_choice': 'tool_choice' is only allowed when "
                                "'tools' are specified.", "tool_choice")  # fmt: skip
        return words[given]
    if given is not None and name not in {one.name for one in tools}:
        raise ApiError(400, f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")
    return name


def says_json(prompt: Prompt) -> bool:
    """Does any message hold the word JSON? Without it, the plain JSON mode is refused."""
    return any("json" in text.lower() for text in (prompt.system, *(turn.text for turn in prompt.turns)))


def stops(given) -> tuple[str, ...]:
    """Return the stop texts of a request: one, or up to four."""
    listed = [given] if isinstance(given, str) else given or []
    if len(listed) > 4 or not all(isinstance(one, str) for one in listed):
        raise ApiError(400, "Invalid 'stop': a text, or up to four of them.", "stop", "invalid_value")
    return tuple(listed)


def used(asked: Prompt, said: Reply) -> tuple[int, int]:
    """Return how many tokens a prompt and its reply cost."""
    rule = "openai-mini" if asked.model.endswith("-mini") else "openai"
    texts = [asked.system, *(text for turn in asked.turns for text in (turn.text, *turn.papers))]
    texts += [one.name + one.description + json.dumps(one.schema) for one in asked.tools]
    pictures = [one for turn in asked.turns for one in turn.images]
    heard = sum(sound_tokens("openai", one.seconds) for turn in asked.turns for one in turn.sounds)
    prompt = (sum(map(text_tokens, texts)) + 3 * len(asked.turns) + heard
              + sum(image_tokens(rule, one.width, one.height, one.detail) for one in pictures))  # fmt: skip
    return prompt, text_tokens(said.text) + sum(text_tokens(json.dumps(one.arguments)) for one in said.calls)


def fits(server, asked: Prompt) -> None:
    """Raise ApiError where a prompt is longer than its model's context."""
    tokens, most = used(asked, Reply())[0], model(server, asked.model).context
    if tokens > most:
        raise ApiError(400, f"This model's maximum context length is {most} tokens. However, your messages "
                            f"resulted in {tokens} tokens.", "messages", "context_length_exceeded")


def body_of(request: Request, shape: dict) -> dict:
    """Return a request's JSON held against a shape."""
    return checked(request.json(), shape, VOICE)
