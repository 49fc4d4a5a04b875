"""Validates Google's contents and turns them into a prompt.

Field names may be in camel case or snake case (inlineData, inline_data), and bytes in the standard or
the URL-safe alphabet of base64, because protocol buffers accept both.
"""

import json
import re

from mmlab.api import catalog
from mmlab.api.providers import GOOGLE
from mmlab.api.server import document_input
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, HINT, REFUSED, Field, GoogleErrors, checked
from mmlab.api.server.media import (
    AudioClip,
    MediaError,
    VideoClip,
    decode_base64,
    load_audio,
    load_image,
    load_video,
)
from mmlab.api.server.model import Prompt, Tool, Turn
from mmlab.api.tokens import text_tokens

ERRORS = GoogleErrors()
TEXT, TEXT_NEEDED, _OBJECT = Field("string"), Field("string", True), Field("object")
COUNTED = {"contents": Field("array", minimum=1), "generateContentRequest": _OBJECT}
GENERATE = {
    "contents": Field("array", True, minimum=1),
    "systemInstruction": _OBJECT,
    "tools": Field("array"),
    "toolConfig": _OBJECT,
    "generationConfig": _OBJECT,
    "cachedContent": REFUSED,
    **dict.fromkeys(("safetySettings", "labels", "serviceTier", "store", "model"), HINT),
}
_RESOLUTION = Field(
    "string",
    choices=tuple(
        f"MEDIA_RESOLUTION_{name}" for name in ("LOW", "MEDIUM", "HIGH", "ULTRA_HIGH", "UNSPECIFIED")
    ),
)
_CONFIG = {
    "maxOutputTokens": Field("integer", minimum=1),
    "stopSequences": Field("array", maximum=5),
    "candidateCount": Field("integer", minimum=1, maximum=8),
    "temperature": Field("number", minimum=0, maximum=2),
    "responseMimeType": Field("string", choices=("text/plain", "application/json", "text/x.enum")),
    "responseSchema": _OBJECT,
    "responseJsonSchema": _OBJECT,
    "topP": Field("number", minimum=0, maximum=1),
    "mediaResolution": _RESOLUTION,
    "responseModalities": Field("array"),
    "topK": Field("number", minimum=1),
    "seed": Field("integer"),
    "presencePenalty": HINT,
    "frequencyPenalty": HINT,
    "responseLogprobs": ANY,
    "logprobs": ANY,
    "thinkingConfig": ANY,
    # They need a modality of the reply that is refused.
    "speechConfig": HINT,
    "imageConfig": HINT,
    "audioTimestamp": REFUSED,
}
_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse")
_PART = {
    "text": TEXT,
    "inlineData": _OBJECT,
    "fileData": _OBJECT,
    "functionCall": _OBJECT,
    "functionResponse": _OBJECT,
    **dict.fromkeys(("thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"), ANY),
}
_BLOB = {"mimeType": TEXT_NEEDED, "data": TEXT_NEEDED, "displayName": TEXT}
_FILE = {"fileUri": TEXT_NEEDED, "mimeType": TEXT, "displayName": TEXT}
_CALL = {"name": TEXT_NEEDED, "args": _OBJECT, "id": TEXT, "partialArgs": ANY, "willContinue": ANY}
_RESULT = {
    "name": TEXT_NEEDED,
    "response": Field("object", True),
    "id": TEXT,
    "parts": Field("array"),
    "willContinue": ANY,
    "scheduling": ANY,
}
_DECLARED = {
    "name": TEXT_NEEDED,
    "description": TEXT,
    "parameters": _OBJECT,
    "parametersJsonSchema": _OBJECT,
    "response": HINT,
    "responseJsonSchema": HINT,
    "behavior": Field("string", offered=("BLOCKING", "UNSPECIFIED")),
}
_THINKING = {
    "thinkingBudget": Field("integer", minimum=-1),
    "includeThoughts": Field("boolean"),
    "thinkingLevel": Field("string"),
}
_SERVER_TOOLS = (
    "googleSearch",
    "googleSearchRetrieval",
    "codeExecution",
    "urlContext",
    "computerUse",
    "fileSearch",
    "googleMaps",
    "mcpServers",
    "retrieval",
)
AUDIO_TYPES = ("audio/wav", "audio/x-wav", "audio/wave")
VIDEO_TYPES = ("video/avi", "video/x-msvideo", "video/msvideo")
# Media types that Google accepts; this server has no decoder for them.
_ELSEWHERE = re.compile(
    r"audio/(mp3|mpeg|aiff|aac|ogg|flac)|video/(mp4|mpeg|mov|quicktime|mpg|webm|wmv|x-flv|3gpp)"
)
_METADATA = {
    "fps": Field("number", minimum=0.01, maximum=24),
    "startOffset": Field("string"),
    "endOffset": Field("string"),
}


def camel_case(given) -> dict:
    """Return an object with its field names in camel case; nested objects are unchanged."""
    if not isinstance(given, dict):
        return given
    return {
        re.sub(r"(?<=[a-z0-9])_([a-z])", lambda m: m[1].upper(), name): value for name, value in given.items()
    }


def model(server, name: str, method: str = "generateContent") -> catalog.Model:
    """Return a model that is served, or raise Google's error."""
    known = server.model(name)
    if known is None or name in server.retired or "text" not in known.output:
        raise ApiError(
            404,
            f"models/{name[:200]} is not found for API version v1, or is not supported for "
            f"{method}. Call ListModels to see the list of available models and their "
            "supported methods.",
        )
    return known


def read_prompt(server, name: str, body: dict) -> tuple[Prompt, dict]:
    """Return the prompt and the generationConfig of a request, or raise ApiError.

    body  the JSON after validation against GENERATE
    """
    config = checked(camel_case(body.get("generationConfig") or {}), _CONFIG, ERRORS, ("generationConfig",))
    _check_config(config, model(server, name))
    detail = (config.get("mediaResolution") or "MEDIA_RESOLUTION_UNSPECIFIED").removeprefix(
        "MEDIA_RESOLUTION_"
    )
    turns, calls = [], 0
    for index, content in enumerate(body["contents"]):
        read, called, answered = _turns(server, content, ("contents", index), detail.lower())
        if answered != calls:
            raise ApiError(
                400,
                "Please ensure that the number of function response parts is equal to the "
                "number of function call parts of the function call turn.",
            )
        turns, calls = turns + read, called
    if calls:
        raise ApiError(400, "Please ensure that function call turn is followed by a function response turn.")
    tools = [tool for index, item in enumerate(body.get("tools") or []) for tool in _tools(item, index)]
    system = body.get("systemInstruction")
    system_turns = _turns(server, system, ("systemInstruction",), "")[0] if system else []
    result = Prompt(
        name,
        turns,
        "\n".join(turn.text for turn in system_turns),
        tools,
        _choice(camel_case(body.get("toolConfig") or {}), tools),
        _schema(config),
        config.get("maxOutputTokens") or 4096,
        _stops(config.get("stopSequences")),
        bare=config.get("responseMimeType") == "text/x.enum",
    )
    return result, config


def _check_config(config: dict, known: catalog.Model) -> None:
    """Raise ApiError for a limit above the model's, for features that are not offered, and for a wrong budget."""
    tokens = config.get("maxOutputTokens")
    if tokens is not None and tokens > known.longest_reply:
        raise ApiError(
            400,
            f"Unable to submit request because it has a maxOutputTokens value of {tokens} but the supported range is "
            f"from 1 (inclusive) to {known.longest_reply + 1} (exclusive). Update the value and try again.",
        )
    if config.get("responseLogprobs") or config.get("logprobs"):
        raise ApiError(400, f"Logprobs is not enabled for models/{known.id}.")
    thinking = checked(camel_case(config.get("thinkingConfig") or {}), _THINKING, ERRORS, ("thinkingConfig",))
    budget = thinking.get("thinkingBudget")
    if budget is not None and budget > known.longest_reply:
        raise ApiError(
            400,
            f"The thinking budget {budget} is invalid. Please choose a value between 0 and {known.longest_reply}.",
        )


def _turns(server, content, where: tuple, detail: str) -> tuple[list[Turn], int, int]:
    """Return the turns of a content, its number of function calls and its number of function responses."""
    content = checked(
        camel_case(content),
        {"role": Field("string", choices=("user", "model", "function")), "parts": Field("array", True)},
        ERRORS,
        where,
    )
    if not content["parts"]:
        raise ApiError(
            400, f"* GenerateContentRequest.{ERRORS.path(where)}.parts: contents.parts must not be empty.\n"
        )
    texts, media, results, called = [], [], [], []
    for index, part in enumerate(content["parts"]):
        here = (*where, "parts", index)
        part = checked(camel_case(part), _PART, ERRORS, here)
        kinds = [kind for kind in _DATA if part.get(kind) is not None]
        if len(kinds) != 1:
            raise ApiError(
                400,
                f"* GenerateContentRequest.{ERRORS.path(here)}.data: required oneof field "
                "'data' must have one initialized field\n",
            )
        given, sharp = camel_case(part[kinds[0]]), _resolution(part, here) or detail
        here, video = (*here, kinds[0]), camel_case(part.get("videoMetadata"))
        if kinds[0] == "text":
            texts.append(given)
        elif kinds[0] == "inlineData":
            media += _inline(checked(given, _BLOB, ERRORS, here), sharp, here, video)
        elif kinds[0] == "fileData":
            media += _filed(server, checked(given, _FILE, ERRORS, here), sharp, video)
        elif kinds[0] == "functionCall":
            called.append(checked(given, _CALL, ERRORS, here)["name"])
        else:
            results.append(_result(server, checked(given, _RESULT, ERRORS, here), sharp, here))
    role = "assistant" if content.get("role") == "model" else "user"
    own = Turn.of(role, "\n".join(texts), media, called)
    return own.with_results(results), len(called), len(results)


def _resolution(part: dict, where: tuple) -> str | None:
    """Return the resolution that a part asks for, or None."""
    given = checked(
        camel_case(part.get("mediaResolution") or {}),
        {"level": _RESOLUTION, "numTokens": ANY},
        ERRORS,
        (*where, "mediaResolution"),
    )
    return (given.get("level") or "").removeprefix("MEDIA_RESOLUTION_").lower() or None


def _result(server, given: dict, detail: str, where: tuple) -> Turn:
    """Return the result of a function as a turn: its response as text, and the images and documents of its parts."""
    media = []
    for index, part in enumerate(given.get("parts") or []):
        here = (*where, "parts", index)
        part = checked(camel_case(part), {"inlineData": _OBJECT, "fileData": _OBJECT}, ERRORS, here)
        if part.get("inlineData"):
            blob = checked(camel_case(part["inlineData"]), _BLOB, ERRORS, (*here, "inlineData"))
            media += _inline(blob, detail, (*here, "inlineData"), None)
        elif part.get("fileData"):
            file = checked(camel_case(part["fileData"]), _FILE, ERRORS, (*here, "fileData"))
            media += _filed(server, file, detail, None)
    return Turn.of("tool", _result_text(given["response"]), media)


def _result_text(response: dict) -> str:
    """Return the result of a function as text."""
    given = response.get("result", response.get("output", response))
    return given if isinstance(given, str) else json.dumps(given)


def _inline(blob: dict, detail: str, where: tuple, video) -> tuple:
    try:
        data = decode_base64(blob["data"].replace("-", "+").replace("_", "/"))
    except MediaError as error:
        raise ApiError(
            400,
            f"Invalid value at '{ERRORS.path((*where, 'data'))}' (TYPE_BYTES), Base64 decoding "
            f'failed for "{blob["data"][:40]}"',
        ) from error
    return _loaded(data, blob["mimeType"], detail, video)


def _filed(server, given: dict, detail: str, video) -> tuple:
    name = given["fileUri"].rsplit("/", 1)[-1]
    stored = server.files.find(GOOGLE.id, name)
    if stored is None:
        raise ApiError(
            403, f"You do not have permission to access the File {name[:100]} or it may not exist."
        )
    if server.uploads.state(stored) != "ACTIVE":
        raise ApiError(400, f"The File {name} is not in an ACTIVE state and usage is not allowed.")
    return _loaded(stored.data, given.get("mimeType") or stored.kind, detail, video)


def _loaded(data: bytes, media_type: str, detail: str, video) -> tuple:
    """Return the content of a file for a turn, or raise ApiError."""
    limits, kind = GOOGLE.limits, media_type.partition(";")[0].lower()
    if is_media(kind):
        return (media(data, kind, video, detail),)
    try:
        if kind == "application/pdf":
            return document_input.pages(data, limits, "medium" if detail == "unspecified" else detail)
        if kind.startswith("text/"):
            return (document_input.text(data),)
        if kind in ("image/jpg", *(f"image/{name.lower()}" for name in limits["formats"])):
            return (load_image(data, limits, kind, detail),)
    except MediaError as error:
        raise _media_error(error, kind) from error
    raise ApiError(400, f"Unsupported MIME type: {media_type[:100]}")


def _media_error(error: MediaError, kind: str) -> ApiError:
    """Return Google's error for an image or a document that cannot be used."""
    if kind == "application/pdf":
        words = {
            "pages": f"The document contains {error.detail}.",
            "locked": "The document is password protected.",
        }
        return ApiError(
            400, words.get(error.reason, f"The document could not be read: {error.detail or error.reason}.")
        )
    what = "image" if kind.startswith("image/") else "text"
    large = error.reason in ("bytes", "side", "pixels")
    return ApiError(
        400, f"The {what} is too large: {error.detail}" if large else f"Provided {what} is not valid."
    )


def _tools(given, index: int) -> list[Tool]:
    given = camel_case(given)
    if isinstance(given, dict) and (
        offered := [name for name in _SERVER_TOOLS if given.get(name) is not None]
    ):
        raise ApiError(
            400,
            f"tools[{index}]: this server does not offer the tool {offered[0]!r}, only functionDeclarations.",
        )
    given = checked(given, {"functionDeclarations": Field("array", True)}, ERRORS, ("tools", index))
    tools = []
    for number, declaration in enumerate(given["functionDeclarations"]):
        where = ("tools", index, "functionDeclarations", number)
        declaration = checked(camel_case(declaration), _DECLARED, ERRORS, where)
        if not re.fullmatch(r"[A-Za-z_][\w.:-]{0,127}", declaration["name"]):
            raise ApiError(400, f"* GenerateContentRequest.{ERRORS.path(where)}.name: Invalid function name.")
        schema = (
            declaration.get("parametersJsonSchema") or declaration.get("parameters") or {"type": "object"}
        )
        tools.append(Tool(declaration["name"], declaration.get("description") or "", schema))
    return tools


def _choice(given: dict, tools: list[Tool]) -> str | None:
    config = camel_case(given.get("functionCallingConfig") or {})
    mode, allowed = config.get("mode") or "AUTO", config.get("allowedFunctionNames") or []
    if mode not in ("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"):
        raise ERRORS.value(("toolConfig", "functionCallingConfig", "mode"), mode, ("AUTO", "ANY", "NONE"))
    if mode == "ANY" and allowed:
        if allowed[0] not in {tool.name for tool in tools}:
            raise ApiError(400, f"allowed_function_names: {allowed[0]} is not a declared function.")
        return allowed[0]
    return {"ANY": "any", "NONE": "none"}.get(mode)


def _schema(config: dict) -> dict | None:
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    if config.get("responseMimeType") not in ("application/json", "text/x.enum"):
        if schema:
            raise ApiError(400, "response_schema is only supported with response_mime_type application/json")
        return None
    return schema or {}


def _stops(stops) -> tuple[str, ...]:
    if not all(isinstance(stop, str) for stop in stops or []):
        raise ERRORS.kind(("generationConfig", "stopSequences"), "string", stops)
    return tuple(stops or ())


def is_media(kind: str) -> bool:
    """Whether this is the media type of audio or video."""
    return kind.startswith(("audio/", "video/"))


def media(
    data: bytes, media_type: str, metadata=None, detail: str = "", where: tuple = ()
) -> AudioClip | VideoClip:
    """Return the audio or video in a file, or raise ApiError.

    media_type  of the file
    metadata    videoMetadata with names in camel case, or None: fps, startOffset and endOffset
    detail      the resolution that the request asks for
    """
    limits = GOOGLE.limits
    if media_type not in AUDIO_TYPES + VIDEO_TYPES:
        only = " This server only reads audio/wav and video/avi." if _ELSEWHERE.fullmatch(media_type) else ""
        raise ApiError(400, f"Unsupported MIME type: {media_type[:100]}{'.' if only else ''}{only}")
    try:
        if media_type in AUDIO_TYPES:
            return load_audio(data, limits)
        fps, part = _part(metadata, where)
        return load_video(data, limits, fps, part, detail=detail)
    except MediaError as error:
        name = "audio" if media_type in AUDIO_TYPES else "video"
        raise ApiError(400, f"Provided {name} is not valid: {error.detail}.") from error


def _part(metadata, where: tuple) -> tuple[float | None, tuple[float, float | None]]:
    """Return the fps and the (start, end) of the video segment that a request asks for."""
    if metadata is None:
        return None, (0.0, None)
    given = checked(metadata, _METADATA, ERRORS, (*where, "videoMetadata"))
    start, end = (
        _seconds(given.get(name), (*where, "videoMetadata", name)) for name in ("startOffset", "endOffset")
    )
    return given.get("fps"), (start or 0.0, end)


def _seconds(text: str | None, where: tuple) -> float | None:
    """Return a duration of protocol buffers, such as "1.5s", in seconds."""
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,6}(\.\d{1,9})?s", text):
        raise ERRORS.kind(where, 'a time such as "1.5s"', text)
    return float(text[:-1])


def token_counts(prompt: Prompt) -> dict[str, int]:
    """Return the numbers of tokens of a prompt, by modality."""
    texts = [prompt.system, *(text for turn in prompt.turns for text in (turn.text, *turn.texts))]
    texts += [tool.name + tool.description + json.dumps(tool.schema) for tool in prompt.tools]
    turns = prompt.turns
    return {
        "TEXT": sum(map(text_tokens, texts)),
        "IMAGE": sum(
            GOOGLE.image_tokens(image.width, image.height, image.detail)
            for turn in turns
            for image in turn.images
        ),
        "AUDIO": sum(GOOGLE.audio_tokens(clip.seconds) for turn in turns for clip in turn.audio),
        "VIDEO": sum(
            GOOGLE.video_tokens(len(clip.frames), clip.detail) for turn in turns for clip in turn.videos
        ),
    }


def require_room(server, prompt: Prompt) -> None:
    """Raise ApiError if a prompt is longer than the context of its model."""
    used, known = sum(token_counts(prompt).values()), model(server, prompt.model)
    if used > known.context:
        raise ApiError(
            400,
            f"The input token count ({used}) exceeds the maximum number of tokens allowed ({known.context}).",
        )
