"""Sounds in OpenAI's messages: what the user sends to be heard, and what the model says aloud."""

import base64
import secrets
import time
from dataclasses import dataclass

from mmlab.api import catalog
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import Field, checked
from mmlab.api.server.kept import Kept
from mmlab.api.server.mind import Prompt
from mmlab.api.server.openai_content import TEXT_NEEDED, VOICE
from mmlab.api.server.pictures import Unfit, decoded
from mmlab.api.server.sounds import RATE, Sound, sound, spoken
from mmlab.api.tokens import sound_tokens

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer",
          "verse", "marin", "cedar")  # fmt: skip
PART = {"data": TEXT_NEEDED, "format": Field("string", True, ("wav", "mp3"))}
_AUDIO = {"voice": Field("string|object", True),
          "format": Field("string", True, ("wav", "aac", "mp3", "flac", "opus", "pcm16"))}  # fmt: skip
_KEPT = 3600  # seconds for which what was said can be referred to


def heard(told: dict, parts: tuple) -> Sound:
    """Return the sound of an input_audio part, or raise ApiError."""
    checked(told, PART, VOICE, parts)
    name = VOICE.path((*parts, "data"))
    if told["format"] != "wav":
        raise ApiError(400, "This server hears WAV files alone: send the sound as WAV, with format 'wav'.",
                       VOICE.path((*parts, "format")), "unsupported_format")  # fmt: skip
    try:
        return sound(decoded(told["data"]), catalog.catalog()["limits"]["openai"])
    except Unfit as error:
        raise unfit(error, name) from error


def unfit(error: Unfit, name: str) -> ApiError:
    """Return OpenAI's words for a sound that cannot be used."""
    words = {
        "base64": ("Invalid base64: the sound's bytes are due in standard base64, without a data: prefix.",
                   "invalid_base64"),
        "bytes": (f"The sound is too large: {error.said}.", "audio_too_large"),
        "seconds": (f"{error.said}.", "audio_too_long"),
    }  # fmt: skip
    message, code = words.get(error.why, (
        f"Audio file might be corrupted or unsupported: it is {error.said}; this server hears WAV files.",
        "invalid_audio"))  # fmt: skip
    return ApiError(400, message, name, code)


def voice_number(voice, parts: tuple) -> int:
    """Return the number of a voice by its name, or raise ApiError."""
    if isinstance(voice, str) and voice in VOICES:
        return VOICES.index(voice)
    raise VOICE.value(parts, voice, VOICES)


@dataclass(frozen=True)
class Spoken:
    """How a reply is to be said.

    voice  int   its number
    form   str   "wav" or "pcm"
    """

    voice: int
    form: str


def wanted(body: dict, model: catalog.Model) -> Spoken | None:
    """Return how a request wants the reply said; None where it wants text alone; or raise ApiError."""
    kinds = body.get("modalities") or ["text"]
    if not all(one in ("text", "audio") for one in kinds):
        raise VOICE.value(("modalities",), kinds, ("text", "audio"))
    if "audio" not in kinds:
        return None
    if "audio" not in model.output:
        raise ApiError(400, f"Model {model.id} does not answer in audio.", "modalities", "invalid_value")
    if body.get("audio") is None:
        raise VOICE.missing(("audio",))
    audio = checked(body["audio"], _AUDIO, VOICE, ("audio",))
    if audio["format"] != "pcm16" and (body.get("stream") or audio["format"] != "wav"):
        when = " when stream=true" if body.get("stream") else " here"
        may = "'pcm16'" if body.get("stream") else "'wav', 'pcm16'"
        raise ApiError(400, f"Unsupported value: 'audio.format' does not support '{audio['format']}'{when}. "
                            f"Supported values are: {may}.", "audio.format", "unsupported_value")  # fmt: skip
    return Spoken(voice_number(audio["voice"], ("audio", "voice")), audio["format"][:3])


def needed(asked: Prompt, how: Spoken | None) -> None:
    """Raise ApiError where a model that hears and speaks is asked to do neither."""
    hears = catalog.models()[asked.model].input
    if how is None and "audio" in hears and "image" not in hears and not any(one.sounds for one in asked.turns):
        raise ApiError(400, "This model requires that either input content or output modality contain audio.",
                       "model", "invalid_value")  # fmt: skip


def said_aloud(server, text: str, how: Spoken) -> dict:
    """Return a reply's `audio`, and keep its words so that a later message may refer to it."""
    name, data = "audio_" + secrets.token_hex(12), aloud(text, how.voice, how.form, None)
    server.spoken.put(name, Kept({"transcript": text}, ()))
    return {"id": name, "data": base64.b64encode(data).decode(),
            "expires_at": int(time.time()) + _KEPT, "transcript": text}  # fmt: skip


def aloud(text: str, voice: int, form: str, param: str | None) -> bytes:
    """Return a text spoken, as `sounds.spoken` does, or raise ApiError."""
    try:
        return spoken(text, voice, form)
    except Unfit as error:
        raise ApiError(400, f"This text cannot be spoken: {error.said}.", param, "invalid_value") from error


def said_before(server, told, parts: tuple) -> str:
    """Return the words of an earlier reply that a message refers to, or raise ApiError."""
    name = checked(told, {"id": TEXT_NEEDED}, VOICE, parts)["id"]
    kept = server.spoken.get(name)
    if kept is None:
        raise ApiError(404, f"Audio with id '{name[:100]}' not found: it is unknown, or has expired.",
                       VOICE.path((*parts, "id")), "not_found")  # fmt: skip
    return kept.response["transcript"]


def tokens(audio: dict, form: str) -> int:
    """Return how many tokens a reply's `audio` costs."""
    size = len(audio["data"]) * 3 // 4 - (44 if form == "wav" else 0)
    return sound_tokens("openai", max(size, 0) / (2 * RATE), said=True)
