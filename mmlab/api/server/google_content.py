"""Google's contents, as they are sent: validated, and turned into a prompt.

Names may come in both spellings, inlineData and inline_data; bytes in both
alphabets of base64, as protocol buffers read them.
"""

import json
import re

from mmlab.api import catalog
from mmlab.api.server import google_media, papers
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, Field, Google, checked
from mmlab.api.server.mind import Prompt, Tool, Turn
from mmlab.api.server.pictures import Unfit, decoded, picture

VOICE = Google()
TEXT, TEXT_NEEDED, _OBJECT = Field("string"), Field("string", True), Field("object")
COUNTED = {"contents": Field("array", True, least=1), "generateContentRequest": ANY}
GENERATE = {
    "contents": Field("array", True, least=1), "systemInstruction": _OBJECT, "tools": Field("array"),
    "toolConfig": _OBJECT, "generationConfig": _OBJECT, "safetySettings": ANY, "cachedContent": ANY,
    "labels": ANY, "serviceTier": ANY, "store": ANY, "model": ANY,
}  # fmt: skip
_RESOLUTION = Field("string", choices=tuple(
    f"MEDIA_RESOLUTION_{name}" for name in ("LOW", "MEDIUM", "HIGH", "ULTRA_HIGH", "UNSPECIFIED")))  # fmt: skip
_CONFIG = {
    "maxOutputTokens": Field("integer", least=1), "stopSequences": Field("array", most=5),
    "candidateCount": Field("integer", least=1, most=8), "temperature": Field("number", least=0, most=2),
    "responseMimeType": Field("string", choices=("text/plain", "application/json", "text/x.enum")),
    "responseSchema": _OBJECT, "responseJsonSchema": _OBJECT, "topP": Field("number", least=0, most=1),
    "mediaResolution": _RESOLUTION,
    "responseModalities": Field("array"), "topK": Field("number", least=1), "seed": Field("integer"),
    **dict.fromkeys(("presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs",
                     "thinkingConfig", "speechConfig", "imageConfig", "audioTimestamp"), ANY),
}  # fmt: skip
_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse")
_PART = {
    "text": TEXT, "inlineData": _OBJECT, "fileData": _OBJECT, "functionCall": _OBJECT,
    "functionResponse": _OBJECT, **dict.fromkeys(
        ("thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"), ANY),
}  # fmt: skip
_BLOB = {"mimeType": TEXT_NEEDED, "data": TEXT_NEEDED, "displayName": TEXT}
_FILE = {"fileUri": TEXT_NEEDED, "mimeType": TEXT, "displayName": TEXT}
_CALL = {"name": TEXT_NEEDED, "args": _OBJECT, "id": TEXT, "partialArgs": ANY, "willContinue": ANY}
_RESULT = {"name": TEXT_NEEDED, "response": Field("object", True), "id": TEXT, "parts": ANY,
           "willContinue": ANY, "scheduling": ANY}  # fmt: skip
_DECLARED = {"name": TEXT_NEEDED, "description": TEXT, "parameters": _OBJECT, "parametersJsonSchema": _OBJECT,
             "response": ANY, "responseJsonSchema": ANY, "behavior": ANY}  # fmt: skip


def named(given) -> dict:
    """Return an object with its own names in camel case; those inside it stay."""
    if not isinstance(given, dict):
        return given
    return {re.sub(r"(?<=[a-z0-9])_([a-z])", lambda m: m[1].upper(), name): value
            for name, value in given.items()}  # fmt: skip


def model(server, name: str, doing: str = "generateContent") -> catalog.Model:
    """Return a model that answers, or raise what Google says of one that does not."""
    known = catalog.models().get(name)
    if known is None or name in server.retired or "text" not in known.output:
        raise ApiError(404, f"models/{name[:200]} is not found for API version v1, or is not supported for "
                            f"{doing}. Call ListModels to see the list of available models and their "
                            "supported methods.")  # fmt: skip
    return known


def prompt(server, name: str, body: dict) -> tuple[Prompt, dict]:
    """Return the prompt that a request holds, and its generation's settings; or raise ApiError.

    body  already held against GENERATE
    """
    config = checked(named(body.get("generationConfig") or {}), _CONFIG, VOICE, ("generationConfig",))
    detail = (config.get("mediaResolution") or "MEDIA_RESOLUTION_UNSPECIFIED").removeprefix("MEDIA_RESOLUTION_")
    turns, calls = [], 0
    for place, content in enumerate(body["contents"]):
        read, called, answered = _turns(server, content, ("contents", place), detail.lower())
        if answered != calls:
            raise ApiError(400, "Please ensure that the number of function response parts is equal to the "
                                "number of function call parts of the function call turn.")  # fmt: skip
        turns, calls = turns + read, called
    if calls:
        raise ApiError(400, "Please ensure that function call turn is followed by a function response turn.")
    tools = [tool for place, one in enumerate(body.get("tools") or []) for tool in _tools(one, place)]
    system = body.get("systemInstruction")
    told = _turns(server, system, ("systemInstruction",), "")[0] if system else []
    asked = Prompt(
        name, turns, "\n".join(turn.text for turn in told), tools,
        _choice(named(body.get("toolConfig") or {}), tools), _schema(config),
        config.get("maxOutputTokens") or 4096, _stops(config.get("stopSequences")),
    )  # fmt: skip
    return asked, config


def _turns(server, content, where: tuple, detail: str) -> tuple[list[Turn], int, int]:
    """Return the turns of one content, how many calls it makes, and how many it answers."""
    content = checked(named(content), {"role": Field("string", choices=("user", "model", "function")),
                                       "parts": Field("array", True)}, VOICE, where)  # fmt: skip
    if not content["parts"]:
        raise ApiError(400, f"* GenerateContentRequest.{VOICE.path(where)}.parts: contents.parts must not be "
                            "empty.\n")  # fmt: skip
    texts, media, results, calls = [], [], [], 0
    for place, part in enumerate(content["parts"]):
        here = (*where, "parts", place)
        part = checked(named(part), _PART, VOICE, here)
        kinds = [kind for kind in _DATA if part.get(kind) is not None]
        if len(kinds) != 1:
            raise ApiError(400, f"* GenerateContentRequest.{VOICE.path(here)}.data: required oneof field "
                                "'data' must have one initialized field\n")  # fmt: skip
        given, sharp = named(part[kinds[0]]), _resolution(part, here) or detail
        here, film = (*here, kinds[0]), named(part.get("videoMetadata"))
        if kinds[0] == "text":
            texts.append(given)
        elif kinds[0] == "inlineData":
            media += _inline(checked(given, _BLOB, VOICE, here), sharp, here, film)
        elif kinds[0] == "fileData":
            media += _filed(server, checked(given, _FILE, VOICE, here), sharp, film)
        elif kinds[0] == "functionCall":
            checked(given, _CALL, VOICE, here)
            calls += 1
        else:
            results.append(checked(given, _RESULT, VOICE, here))
    turns = [Turn("tool", _told(one["response"])) for one in results]
    if texts or media or not turns:
        role = "assistant" if content.get("role") == "model" else "user"
        turns.insert(0, Turn.of(role, "\n".join(texts), media))
    return turns, calls, len(results)


def _resolution(part: dict, where: tuple) -> str | None:
    """Return the resolution that one part asks for, or None."""
    told = checked(named(part.get("mediaResolution") or {}), {"level": _RESOLUTION, "numTokens": ANY}, VOICE,
                   (*where, "mediaResolution"))  # fmt: skip
    return (told.get("level") or "").removeprefix("MEDIA_RESOLUTION_").lower() or None


def _told(response: dict) -> str:
    """Return what a function gave back, in words."""
    given = response.get("result", response.get("output", response))
    return given if isinstance(given, str) else json.dumps(given)


def _inline(blob: dict, detail: str, where: tuple, film) -> tuple:
    try:
        data = decoded(blob["data"].replace("-", "+").replace("_", "/"))
    except Unfit as error:
        raise ApiError(400, f"Invalid value at '{VOICE.path((*where, 'data'))}' (TYPE_BYTES), Base64 decoding "
                            f'failed for "{blob["data"][:40]}"') from error
    return _unpacked(data, blob["mimeType"], detail, film)


def _filed(server, told: dict, detail: str, film) -> tuple:
    name = told["fileUri"].rsplit("/", 1)[-1]
    stored = server.files.find("google", name)
    if stored is None:
        raise ApiError(403, f"You do not have permission to access the File {name[:100]} or it may not exist.")
    if server.uploads.state(stored) != "ACTIVE":
        raise ApiError(400, f"The File {name} is not in an ACTIVE state and usage is not allowed.")
    return _unpacked(stored.data, told.get("mimeType") or stored.kind, detail, film)


def _unpacked(data: bytes, said: str, detail: str, film) -> tuple:
    """Return what some bytes of a media type hold, for a turn; or raise ApiError."""
    limits, kind = catalog.catalog()["limits"]["google"], said.partition(";")[0].lower()
    if google_media.is_media(kind):
        return (google_media.media(data, kind, film, detail),)
    try:
        if kind == "application/pdf":
            return papers.pages(data, limits, "medium" if detail == "unspecified" else detail)
        if kind.startswith("text/"):
            return (papers.text(data),)
        if kind in [f"image/{name.lower()}" for name in limits["formats"]]:
            return (picture(data, limits, kind, detail),)
    except Unfit as error:
        raise _unfit(error, kind) from error
    raise ApiError(400, f"Unsupported MIME type: {said[:100]}")


def _unfit(error: Unfit, kind: str) -> ApiError:
    """Return Google's words for what cannot be used."""
    if kind == "application/pdf":
        words = {"pages": f"The document contains {error.said}.", "locked": "The document is password protected."}
        return ApiError(400, words.get(error.why, f"The document could not be read: {error.said or error.why}."))
    what = "image" if kind.startswith("image/") else "text"
    large = error.why in ("bytes", "side", "pixels")
    return ApiError(400, f"The {what} is too large: {error.said}" if large else f"Provided {what} is not valid.")


def _tools(told, place: int) -> list[Tool]:
    told = checked(named(told), {"functionDeclarations": Field("array", True)}, VOICE, ("tools", place))
    found = []
    for number, one in enumerate(told["functionDeclarations"]):
        where = ("tools", place, "functionDeclarations", number)
        one = checked(named(one), _DECLARED, VOICE, where)
        if not re.fullmatch(r"[A-Za-z_][\w.:-]{0,127}", one["name"]):
            raise ApiError(400, f"* GenerateContentRequest.{VOICE.path(where)}.name: Invalid function name.")
        schema = one.get("parametersJsonSchema") or one.get("parameters") or {"type": "object"}
        found.append(Tool(one["name"], one.get("description") or "", schema))
    return found


def _choice(told: dict, tools: list[Tool]) -> str | None:
    config = named(told.get("functionCallingConfig") or {})
    mode, allowed = config.get("mode") or "AUTO", config.get("allowedFunctionNames") or []
    if mode not in ("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"):
        raise VOICE.value(("toolConfig", "functionCallingConfig", "mode"), mode, ("AUTO", "ANY", "NONE"))
    if mode == "ANY" and allowed:
        if allowed[0] not in {one.name for one in tools}:
            raise ApiError(400, f"allowed_function_names: {allowed[0]} is no declared function.")
        return allowed[0]
    return {"ANY": "any", "NONE": "none"}.get(mode)


def _schema(config: dict) -> dict | None:
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    if config.get("responseMimeType") != "application/json":
        if schema:
            raise ApiError(400, "response_schema is only supported with response_mime_type application/json")
        return None
    return schema or {}


def _stops(stops) -> tuple[str, ...]:
    if not all(isinstance(stop, str) for stop in stops or []):
        raise VOICE.kind(("generationConfig", "stopSequences"), "string", stops)
    return tuple(stops or ())
