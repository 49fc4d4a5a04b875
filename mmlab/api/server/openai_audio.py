"""OpenAI's transcriptions and speech."""

import base64
import zlib
from collections.abc import Iterator

from mmlab.api import catalog
from mmlab.api.server import openai_content as content
from mmlab.api.server import openai_voice as voice
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, event, form
from mmlab.api.server.fields import Field, check
from mmlab.api.server.mind.hearing import Ear, listened
from mmlab.api.server.openai_content import TEXT, TEXT_NEEDED, VOICE
from mmlab.api.server.pictures import Unfit
from mmlab.api.server.sounds import RATE, sound
from mmlab.api.server.texts import pieces
from mmlab.api.tokens import sound_tokens, text_tokens

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
_FIELDS = {"model", "language", "prompt", "response_format", "temperature", "stream", "chunking_strategy",
           "timestamp_granularities[]", "include[]", "keywords[]", "languages[]"}  # fmt: skip
_SPEECH = {
    "model": TEXT_NEEDED, "input": Field("string", True, least=1, most=4096), "instructions": TEXT,
    "voice": Field("string|object", True), "speed": Field("number", least=0.25, most=4),
    "response_format": Field("string", choices=("mp3", "opus", "aac", "flac", "wav", "pcm")),
    "stream_format": Field("string", choices=("sse", "audio")),
}  # fmt: skip
_PAUSE, _LONGEST = 0.45, 12  # of silence between two segments, in seconds; words in one
_PIECE = 8192  # bytes of a sound that go at a time


def transcribe(server, request: Request) -> Response:
    """Answer POST /v1/audio/transcriptions."""
    fields, files = form(request)
    for name in fields:
        if name not in _FIELDS:
            raise VOICE.unknown((name[:100],))
    if "file" not in files:
        raise VOICE.missing(("file",))
    if not fields.get("model"):
        raise VOICE.missing(("model",))
    model = content.model(server, fields["model"])
    if "audio" not in model.input:
        raise ApiError(404, f"This model does not hear: {model.id} takes {', '.join(model.input)}.", "model",
                       "model_not_found")  # fmt: skip
    told = fields.get("response_format") or "json"
    check(told, Field("string", choices=FORMATS), VOICE, ("response_format",))
    spans = _granularities(fields, told)
    try:
        heard = listened(sound(files["file"][2], catalog.catalog()["limits"]["openai"]), model)
    except Unfit as error:
        raise voice.unfit(error, "file") from error
    if fields.get("stream") in ("true", "True", "1"):
        return Response(events=_events(heard, told))
    return _transcript(heard, told, spans)


def _granularities(fields: dict, told: str) -> list[str]:
    """Return what is to be timed: words, segments; or raise ApiError."""
    spans = fields.get("timestamp_granularities[]") or []
    for one in spans:
        check(one, Field("string", choices=("word", "segment")), VOICE, ("timestamp_granularities",))
    if spans and told != "verbose_json":
        raise ApiError(400, "Timestamp granularities are only supported with response_format=verbose_json.",
                       "timestamp_granularities", "invalid_value")  # fmt: skip
    return spans or ["segment"]


def _transcript(heard: Ear, told: str, spans: list[str]) -> Response:
    """Return a transcript in one of FORMATS."""
    if told == "json":
        return Response({"text": heard.text, "usage": _usage(heard)})
    if told == "verbose_json":
        body = {"language": "english", "duration": round(heard.seconds, 3),
                "text": heard.text, "usage": {"type": "duration", "seconds": round(heard.seconds, 3)}}  # fmt: skip
        if "segment" in spans:
            body["segments"] = [_segment(number, *one) for number, one in enumerate(segments(heard))]
        if "word" in spans:
            body["words"] = [{"word": word, "start": round(start, 3), "end": round(end, 3)}
                             for word, start, end in heard.spans]  # fmt: skip
        return Response(body)
    text = {"text": _text, "srt": _srt, "vtt": _vtt}[told](heard)
    return Response(text.encode(), kind="text/vtt" if told == "vtt" else "text/plain; charset=utf-8")


def segments(heard: Ear) -> list[tuple[str, float, float]]:
    """Return what was heard as (text, start, end), cut at pauses and after a dozen words."""
    found: list[list] = []
    for word, start, end in heard.spans:
        if not found or start - found[-1][2] > _PAUSE or len(found[-1][0]) >= _LONGEST:
            found.append([[word], start, end])
        else:
            found[-1][0].append(word)
            found[-1][2] = end
    return [(" ".join(words), start, end) for words, start, end in found]


def _segment(number: int, text: str, start: float, end: float) -> dict:
    return {"id": number, "seek": 0, "start": round(start, 3), "end": round(end, 3), "text": " " + text,
            "tokens": [zlib.crc32(word.encode()) % 50_000 for word in text.split()], "temperature": 0.0,
            "avg_logprob": -0.05, "no_speech_prob": 0.01,
            "compression_ratio": round(len(text) / len(zlib.compress(text.encode())), 3)}  # fmt: skip


def _text(heard: Ear) -> str:
    return heard.text + "\n"


def _srt(heard: Ear) -> str:
    """Return subtitles in SubRip's form: numbered, with a comma before the thousandths."""
    return "".join(f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n\n"
                   for number, (text, start, end) in enumerate(segments(heard), 1))  # fmt: skip


def _vtt(heard: Ear) -> str:
    """Return subtitles in WebVTT's form."""
    return "WEBVTT\n\n" + "".join(f"{_clock(start, '.')} --> {_clock(end, '.')}\n{text}\n\n"
                                  for text, start, end in segments(heard))  # fmt: skip


def _clock(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"


def _usage(heard: Ear) -> dict:
    listened_to, written = sound_tokens("openai", heard.seconds), text_tokens(heard.text)
    return {"type": "tokens", "input_tokens": listened_to, "output_tokens": written,
            "total_tokens": listened_to + written,
            "input_token_details": {"audio_tokens": listened_to, "text_tokens": 0}}  # fmt: skip


def _events(heard: Ear, told: str) -> Iterator[bytes]:
    """Yield a transcript as the events of a stream."""
    if told not in ("json", "text"):
        raise ApiError(400, f"response_format '{told}' cannot be streamed.", "response_format", "invalid_value")
    return _deltas(heard)


def _deltas(heard: Ear) -> Iterator[bytes]:
    for piece in pieces(heard.text):
        yield event({"type": "transcript.text.delta", "delta": piece})
    yield event({"type": "transcript.text.done", "text": heard.text, "usage": _usage(heard)})


def speech(server, request: Request) -> Response:
    """Answer POST /v1/audio/speech."""
    body = content.body_of(request, _SPEECH)
    content.model(server, body["model"], "audio")
    told = body.get("response_format") or "mp3"
    if told not in ("wav", "pcm"):
        raise ApiError(400, f"response_format '{told}' is not made by this server: ask for 'wav' or 'pcm'.",
                       "response_format", "unsupported_format")  # fmt: skip
    if body.get("speed") not in (None, 1):
        raise ApiError(400, f"Model {body['model']} speaks at speed 1.0 alone.", "speed", "invalid_value")
    number = voice.voice_number(body["voice"], ("voice",))
    made = voice.aloud(body["input"], number, told, "input")
    if body.get("stream_format") == "sse":
        return Response(events=_said(body["input"], made))
    kind = "audio/wav" if told == "wav" else "audio/pcm"
    return Response(events=(made[n : n + _PIECE] for n in range(0, len(made), _PIECE)), kind=kind)


def _said(text: str, made: bytes) -> Iterator[bytes]:
    """Yield a sound as events, and what it cost at the end."""
    for start in range(0, len(made), _PIECE):
        piece = base64.b64encode(made[start : start + _PIECE]).decode()
        yield event({"type": "speech.audio.delta", "audio": piece})
    heard, said = text_tokens(text), sound_tokens("openai", len(made) / (2 * RATE), said=True)
    yield event({"type": "speech.audio.done", "usage": {
        "input_tokens": heard, "output_tokens": said, "total_tokens": heard + said}})  # fmt: skip


ROUTES = (
    ("POST", "/v1/audio/transcriptions", transcribe),
    ("POST", "/v1/audio/speech", speech),
)
