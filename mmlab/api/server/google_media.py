"""Sounds and films in Google's contents."""

import re

from mmlab.api import catalog
from mmlab.api.server.clips import Clip, clip
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import Field, Google, checked
from mmlab.api.server.pictures import Unfit
from mmlab.api.server.sounds import Sound, sound

SOUNDS = ("audio/wav", "audio/x-wav", "audio/wave")
FILMS = ("video/avi", "video/x-msvideo", "video/msvideo")
# What Google reads and this server does not: it has no decoder.
_ELSEWHERE = re.compile(r"audio/(mp3|mpeg|aiff|aac|ogg|flac)|video/(mp4|mpeg|mov|quicktime|mpg|webm|wmv|x-flv|3gpp)")
_VOICE = Google()
_METADATA = {"fps": Field("number", least=0.01, most=24), "startOffset": Field("string"),
             "endOffset": Field("string")}  # fmt: skip


def is_media(kind: str) -> bool:
    """Is this the media type of a sound or a film?"""
    return kind.startswith(("audio/", "video/"))


def media(data: bytes, said: str, metadata=None, detail: str = "", where: tuple = ()) -> Sound | Clip:
    """Return the sound or the film that bytes hold, or raise ApiError.

    said      its media type
    metadata  of a film, its names in camel case: how many frames a second to look at, and which part
    detail    what the request says of its resolution
    """
    limits = catalog.catalog()["limits"]["google"]
    if said not in SOUNDS + FILMS:
        only = " This server reads audio/wav and video/avi alone." if _ELSEWHERE.fullmatch(said) else ""
        raise ApiError(400, f"Unsupported MIME type: {said[:100]}{'.' if only else ''}{only}")
    try:
        if said in SOUNDS:
            return sound(data, limits)
        fps, part = _part(metadata, where)
        return clip(data, limits, fps, part, detail=detail)
    except Unfit as error:
        name = "audio" if said in SOUNDS else "video"
        raise ApiError(400, f"Provided {name} is not valid: {error.said}.") from error


def _part(metadata, where: tuple) -> tuple[float | None, tuple[float, float | None]]:
    """Return the frames a second and the part of a film that a request asks for."""
    if metadata is None:
        return None, (0.0, None)
    told = checked(metadata, _METADATA, _VOICE, (*where, "videoMetadata"))
    start, end = (_seconds(told.get(name), (*where, "videoMetadata", name)) for name in ("startOffset", "endOffset"))
    return told.get("fps"), (start or 0.0, end)


def _seconds(text: str | None, where: tuple) -> float | None:
    """Return a time such as "1.5s" in seconds, as protocol buffers write it."""
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,6}(\.\d{1,9})?s", text):
        raise _VOICE.kind(where, 'a time such as "1.5s"', text)
    return float(text[:-1])
