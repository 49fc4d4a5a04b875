"""OpenAI's audio: transcriptions, speech, and audio in messages, as input and as output."""

import base64
import secrets
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mmlab.api import catalog
from mmlab.api.providers import OPENAI
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import Field, check, checked
from mmlab.api.server.media import RATE, AudioClip, MediaError, decode_base64, load_audio, synthesised
from mmlab.api.server.messages import Request, Response, event, form, pieces
from mmlab.api.server.model import Prompt
from mmlab.api.server.model.audio import Transcript, transcribed
from mmlab.api.server.openai import content
from mmlab.api.server.openai.content import ERRORS, TEXT, TEXT_NEEDED
from mmlab.api.server.response_store import StoredResponse
from mmlab.api.tokens import text_tokens

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
_FIELDS = {
    "model",
    "language",
    "prompt",
    "response_format",
    "temperature",
    "stream",
    "chunking_strategy",
    "timestamp_granularities[]",
    "include[]",
    "keywords[]",
    "languages[]",
}
_SPEECH = {
    "model": TEXT_NEEDED,
    "input": Field("string", True, minimum=1, maximum=4096),
    "instructions": TEXT,
    "voice": Field("string|object", True),
    "speed": Field("number", minimum=0.25, maximum=4),
    "response_format": Field("string", choices=("mp3", "opus", "aac", "flac", "wav", "pcm")),
    "stream_format": Field("string", choices=("sse", "audio")),
}
_PAUSE, _MAX_WORDS = 0.45, 12  # seconds of silence between two segments; words in a segment
_CHUNK = 8192  # bytes of audio in each chunk of a stream
VOICES = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "fable",
    "nova",
    "onyx",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)
PART = {"data": TEXT_NEEDED, "format": Field("string", True, ("wav", "mp3"))}
_AUDIO = {
    "voice": Field("string|object", True),
    "format": Field("string", True, ("wav", "aac", "mp3", "flac", "opus", "pcm16")),
}
_EXPIRES_AFTER = 3600  # seconds for which a later message can refer to a spoken reply


def transcribe(server, request: Request) -> Response:
    """Answer POST /v1/audio/transcriptions."""
    fields, files = form(request)
    for name in fields:
        if name not in _FIELDS:
            raise ERRORS.unknown((name[:100],))
    if "file" not in files:
        raise ERRORS.missing(("file",))
    if not fields.get("model"):
        raise ERRORS.missing(("model",))
    model = content.model(server, fields["model"])
    if "audio" not in model.input:
        raise ApiError(
            404,
            f"This model takes no audio: {model.id} takes {', '.join(model.input)}.",
            "model",
            "model_not_found",
        )
    response_format = fields.get("response_format") or "json"
    check(response_format, Field("string", choices=FORMATS), ERRORS, ("response_format",))
    spans = _granularities(fields, response_format)
    if fields.get("include[]"):
        raise content.not_offered("logprobs", "include")
    try:
        transcript = transcribed(load_audio(files["file"][2], OPENAI.limits), model).noted()
    except MediaError as error:
        raise media_error(error, "file") from error
    if fields.get("stream") in ("true", "True", "1"):
        return Response(events=_events(transcript, response_format))
    return _transcript(transcript, response_format, spans)


def _granularities(fields: dict, response_format: str) -> list[str]:
    """Return the timestamp granularities of a request, words or segments; or raise ApiError."""
    spans = fields.get("timestamp_granularities[]") or []
    for span in spans:
        check(span, Field("string", choices=("word", "segment")), ERRORS, ("timestamp_granularities",))
    if spans and response_format != "verbose_json":
        raise ApiError(
            400,
            "Timestamp granularities are only supported with response_format=verbose_json.",
            "timestamp_granularities",
            "invalid_value",
        )
    return spans or ["segment"]


def _transcript(transcript: Transcript, response_format: str, spans: list[str]) -> Response:
    """Return a transcript in one of FORMATS."""
    if response_format == "json":
        return Response({"text": transcript.text, "usage": _usage(transcript)})
    if response_format == "verbose_json":
        body = {
            "language": "english",
            "duration": round(transcript.seconds, 3),
            "text": transcript.text,
            "usage": {"type": "duration", "seconds": round(transcript.seconds, 3)},
        }
        if "segment" in spans:
            body["segments"] = [
                _segment(number, *segment) for number, segment in enumerate(segments(transcript))
            ]
        if "word" in spans:
            body["words"] = [
                {"word": word, "start": round(start, 3), "end": round(end, 3)}
                for word, start, end in transcript.spans
            ]
        return Response(body)
    text = {"text": _text, "srt": _srt, "vtt": _vtt}[response_format](transcript)
    return Response(
        text.encode(), kind="text/vtt" if response_format == "vtt" else "text/plain; charset=utf-8"
    )


def segments(transcript: Transcript) -> list[tuple[str, float, float]]:
    """Return the transcript as (text, start, end), cut at pauses and after 12 words."""
    result: list[list] = []
    for word, start, end in transcript.spans:
        if not result or start - result[-1][2] > _PAUSE or len(result[-1][0]) >= _MAX_WORDS:
            result.append([[word], start, end])
        else:
            result[-1][0].append(word)
            result[-1][2] = end
    return [(" ".join(words), start, end) for words, start, end in result]


def _segment(number: int, text: str, start: float, end: float) -> dict:
    return {
        "id": number,
        "seek": 0,
        "start": round(start, 3),
        "end": round(end, 3),
        "text": " " + text,
        "tokens": [zlib.crc32(word.encode()) % 50_000 for word in text.split()],
        "temperature": 0.0,
        "avg_logprob": -0.05,
        "no_speech_prob": 0.01,
        "compression_ratio": round(len(text) / len(zlib.compress(text.encode())), 3),
    }


def _text(transcript: Transcript) -> str:
    return transcript.text + "\n"


def _srt(transcript: Transcript) -> str:
    """Return subtitles in SubRip format: numbered, with a comma before the milliseconds."""
    return "".join(
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n\n"
        for number, (text, start, end) in enumerate(segments(transcript), 1)
    )


def _vtt(transcript: Transcript) -> str:
    """Return subtitles in WebVTT format."""
    return "WEBVTT\n\n" + "".join(
        f"{_clock(start, '.')} --> {_clock(end, '.')}\n{text}\n\n"
        for text, start, end in segments(transcript)
    )


def _clock(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    return (
        f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"
    )


def _usage(transcript: Transcript) -> dict:
    audio_in, text_out = OPENAI.audio_tokens(transcript.seconds), text_tokens(transcript.text)
    return {
        "type": "tokens",
        "input_tokens": audio_in,
        "output_tokens": text_out,
        "total_tokens": audio_in + text_out,
        "input_token_details": {"audio_tokens": audio_in, "text_tokens": 0},
    }


def _events(transcript: Transcript, response_format: str) -> Iterator[bytes]:
    """Return the events of a streamed transcript, or raise ApiError."""
    if response_format not in ("json", "text"):
        raise ApiError(
            400,
            f"response_format '{response_format}' cannot be streamed.",
            "response_format",
            "invalid_value",
        )
    return _deltas(transcript)


def _deltas(transcript: Transcript) -> Iterator[bytes]:
    for piece in pieces(transcript.text):
        yield event({"type": "transcript.text.delta", "delta": piece})
    yield event({"type": "transcript.text.done", "text": transcript.text, "usage": _usage(transcript)})


def speech(server, request: Request) -> Response:
    """Answer POST /v1/audio/speech."""
    body = content.body_of(request, _SPEECH)
    content.model(server, body["model"], "audio")
    response_format = body.get("response_format") or "mp3"
    if response_format not in ("wav", "pcm"):
        raise ApiError(
            400,
            f"response_format '{response_format}' is not supported by this server: ask for 'wav' or 'pcm'.",
            "response_format",
            "unsupported_format",
        )
    if body.get("speed") not in (None, 1):
        raise ApiError(400, f"Model {body['model']} only supports speed 1.0.", "speed", "invalid_value")
    number = voice_number(body["voice"], ("voice",))
    data = speech_bytes(body["input"], number, response_format, "input")
    if body.get("stream_format") == "sse":
        return Response(events=_speech_events(body["input"], data))
    kind = "audio/wav" if response_format == "wav" else "audio/pcm"
    return Response(events=(data[n : n + _CHUNK] for n in range(0, len(data), _CHUNK)), kind=kind)


def _speech_events(text: str, data: bytes) -> Iterator[bytes]:
    """Yield speech as events; the last one has the usage."""
    for start in range(0, len(data), _CHUNK):
        piece = base64.b64encode(data[start : start + _CHUNK]).decode()
        yield event({"type": "speech.audio.delta", "audio": piece})
    text_in, audio_out = text_tokens(text), OPENAI.audio_tokens(len(data) / (2 * RATE), generated=True)
    yield event(
        {
            "type": "speech.audio.done",
            "usage": {
                "input_tokens": text_in,
                "output_tokens": audio_out,
                "total_tokens": text_in + audio_out,
            },
        }
    )


def input_audio(given: dict, parts: tuple) -> AudioClip:
    """Return the audio of an input_audio part, or raise ApiError."""
    checked(given, PART, ERRORS, parts)
    name = ERRORS.path((*parts, "data"))
    if given["format"] != "wav":
        raise ApiError(
            400,
            "This server only supports WAV: send the audio as a WAV file, with format 'wav'.",
            ERRORS.path((*parts, "format")),
            "unsupported_format",
        )
    try:
        return load_audio(decode_base64(given["data"]), OPENAI.limits)
    except MediaError as error:
        raise media_error(error, name) from error


def media_error(error: MediaError, name: str) -> ApiError:
    """Return OpenAI's error for audio that cannot be used."""
    words = {
        "base64": (
            "Invalid base64: send the audio in standard base64, without a data: prefix.",
            "invalid_base64",
        ),
        "bytes": (f"The audio is too large: {error.detail}.", "audio_too_large"),
        "seconds": (f"{error.detail}.", "audio_too_long"),
    }
    message, code = words.get(
        error.reason,
        (
            f"Audio file might be corrupted or unsupported: it is {error.detail}; this server only supports WAV files.",
            "invalid_audio",
        ),
    )
    return ApiError(400, message, name, code)


def voice_number(voice, parts: tuple) -> int:
    """Return the number of a voice by its name, or raise ApiError."""
    if isinstance(voice, str) and voice in VOICES:
        return VOICES.index(voice)
    raise ERRORS.value(parts, voice, VOICES)


@dataclass(frozen=True)
class SpeechOptions:
    """How to speak a reply.

    voice  int   number of the voice
    form   str   "wav" or "pcm"
    """

    voice: int
    form: str


def speech_options(body: dict, model: catalog.Model) -> SpeechOptions | None:
    """Return how to speak the reply, or None if the request asks only for text; or raise ApiError."""
    kinds = body.get("modalities") or ["text"]
    if not all(kind in ("text", "audio") for kind in kinds):
        raise ERRORS.value(("modalities",), kinds, ("text", "audio"))
    if "audio" not in kinds:
        return None
    if "audio" not in model.output:
        raise ApiError(400, f"Model {model.id} does not answer in audio.", "modalities", "invalid_value")
    if body.get("audio") is None:
        raise ERRORS.missing(("audio",))
    audio = checked(body["audio"], _AUDIO, ERRORS, ("audio",))
    if audio["format"] != "pcm16" and (body.get("stream") or audio["format"] != "wav"):
        when = " when stream=true" if body.get("stream") else " here"
        may = "'pcm16'" if body.get("stream") else "'wav', 'pcm16'"
        raise ApiError(
            400,
            f"Unsupported value: 'audio.format' does not support '{audio['format']}'{when}. "
            f"Supported values are: {may}.",
            "audio.format",
            "unsupported_value",
        )
    return SpeechOptions(voice_number(audio["voice"], ("audio", "voice")), audio["format"][:3])


def require_audio(model: catalog.Model, prompt: Prompt, options: SpeechOptions | None) -> None:
    """Raise ApiError if an audio model gets no audio and is not asked for audio."""
    modalities = model.input
    if (
        options is None
        and "audio" in modalities
        and "image" not in modalities
        and not any(turn.audio for turn in prompt.turns)
    ):
        raise ApiError(
            400,
            "This model requires that either input content or output modality contain audio.",
            "model",
            "invalid_value",
        )


def spoken_reply(server, text: str, options: SpeechOptions) -> dict:
    """Return the `audio` of a reply, and store its transcript so that a later message can refer to it."""
    name, data = "audio_" + secrets.token_hex(12), speech_bytes(text, options.voice, options.form, None)
    server.spoken.put(name, StoredResponse({"transcript": text}, ()))
    return {
        "id": name,
        "data": base64.b64encode(data).decode(),
        "expires_at": int(time.time()) + _EXPIRES_AFTER,
        "transcript": text,
    }


def speech_bytes(text: str, voice: int, form: str, param: str | None) -> bytes:
    """Return a text as speech, see `media.synthesised`, or raise ApiError."""
    try:
        return synthesised(text, voice, form)
    except MediaError as error:
        raise ApiError(400, f"This text cannot be spoken: {error.detail}.", param, "invalid_value") from error


def earlier_transcript(server, given, parts: tuple) -> str:
    """Return the transcript of an earlier spoken reply that a message refers to, or raise ApiError."""
    name = checked(given, {"id": TEXT_NEEDED}, ERRORS, parts)["id"]
    stored = server.spoken.get(name)
    if stored is None:
        raise ApiError(
            404,
            f"Audio with id '{name[:100]}' not found: it is unknown, or has expired.",
            ERRORS.path((*parts, "id")),
            "not_found",
        )
    return stored.response["transcript"]


def tokens(audio: dict, form: str) -> int:
    """Return the number of tokens of a reply's `audio`."""
    size = len(audio["data"]) * 3 // 4 - (44 if form == "wav" else 0)
    return OPENAI.audio_tokens(max(size, 0) / (2 * RATE), generated=True)


ROUTES = (("POST", "/v1/audio/transcriptions", transcribe), ("POST", "/v1/audio/speech", speech))
