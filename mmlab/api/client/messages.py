"""A picture as a part of a message, in three providers' forms.

On the wire a picture is text, in base64 with the standard alphabet, beside its media
type. The type is told by the bytes: a file's name may lie, and the providers look.
"""

import base64

from mmlab.api.catalog import catalog
from mmlab.errors import InputError

_ALL = ("image/png", "image/jpeg", "image/gif", "image/webp")


def media_type(data: bytes) -> str:
    """Return the media type that an image file's first bytes tell.

    data    bytes
    raises  InputError  when they begin no PNG, JPEG, GIF or WebP file

    >>> media_type(b"GIF89a...")
    'image/gif'
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise InputError(f"a picture of {len(data)} bytes that begin with {data[:8]!r}",
                     "a PNG, JPEG, GIF or WebP file", "save it as PNG first")  # fmt: skip


def image_part_openai(data: bytes, name: str = "", detail: str = "auto") -> dict:
    """Return a picture as a part of an OpenAI chat message: a data URL.

    data    bytes of an image file
    name    str   of the file; never looked at, it may lie
    detail  "auto", "low", "high" or "original"
    raises  InputError  when the bytes are no picture that OpenAI takes
    source  OpenAI, Images and vision

    >>> image_part_openai(b"GIF89a...")["image_url"]["url"]
    'data:image/gif;base64,R0lGODlhLi4u'
    """
    kind = _taken(data, "openai")
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{_text(data)}", "detail": detail}}


def image_part_anthropic(data: bytes, name: str = "") -> dict:
    """Return a picture as a block of an Anthropic message: base64 alone, beside its type.

    data    bytes of an image file
    name    str   of the file; never looked at
    raises  InputError  when the bytes are no picture that Anthropic takes
    source  Anthropic, Vision

    >>> image_part_anthropic(b"GIF89a...")["source"]["media_type"]
    'image/gif'
    """
    kind = _taken(data, "anthropic")
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": _text(data)}}


def image_part_gemini(data: bytes, name: str = "") -> dict:
    """Return a picture as a part of a Gemini content: raw bytes, which the SDK encodes by itself; no GIF.

    data    bytes of an image file
    name    str   of the file; never looked at
    raises  InputError  when the bytes are no picture that Gemini takes
    source  Google, Image understanding

    >>> image_part_gemini(b"\\xff\\xd8\\xff...")
    {'inline_data': {'mime_type': 'image/jpeg', 'data': b'\\xff\\xd8\\xff...'}}
    """
    return {"inline_data": {"mime_type": _taken(data, "google"), "data": bytes(data)}}


def _taken(data: bytes, provider: str) -> str:
    """Return a picture's media type, or raise InputError where a provider would refuse it."""
    kind, limits = media_type(data), catalog()["limits"][provider]
    taken = [one for one in _ALL if one[6:].upper() in limits["formats"]]
    if kind not in taken:
        raise InputError(f"a picture of type {kind}", f"one of {', '.join(taken)} for {provider}",
                         "decode it and save it as PNG")  # fmt: skip
    if len(data) > limits["image_bytes"]:
        raise InputError(f"a picture of {len(data):,} bytes", f"at most {limits['image_bytes']:,} for {provider}",
                         "make it smaller, or save it as JPEG")  # fmt: skip
    return kind


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
