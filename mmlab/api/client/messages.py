"""An image as a part of a message, in the formats of three providers.

A request carries an image as text, in base64 with the standard alphabet, together with
its media type. The type is read from the file's first bytes, because a file name may be
wrong and the providers check it.
"""

import base64

from mmlab.api.catalog import catalog
from mmlab.errors import InputError

_PROVIDERS = ("openai", "anthropic", "google")
_ALL = ("image/png", "image/jpeg", "image/gif", "image/webp")


def media_type(data: bytes) -> str:
    """Return the media type of an image file, from its first bytes.

    data    bytes
    raises  InputError  when they are not those of a PNG, JPEG, GIF or WebP file

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
    raise InputError(
        f"an image of {len(data)} bytes that begin with {data[:8]!r}",
        "a PNG, JPEG, GIF or WebP file",
        "save it as PNG first",
    )


def image_part(data: bytes, provider: str, name: str = "", detail: str = "auto") -> dict:
    """Return an image as a part of a message, in the wire format of a provider.

    data      bytes of an image file
    provider  "openai": a data URL; "anthropic": base64 and a media type; "google": raw bytes, no GIF
    name      str   of the file; ignored, because it may be wrong
    detail    "auto", "low", "high" or "original", for OpenAI only
    raises    InputError  when the bytes are not an image that the provider accepts, or there is no such provider
    source    OpenAI, Images and vision; Anthropic, Vision; Google, Image understanding

    >>> image_part(b"GIF89a...", "openai")["image_url"]["url"]
    'data:image/gif;base64,R0lGODlhLi4u'
    >>> image_part(b"GIF89a...", "anthropic")["source"]["media_type"]
    'image/gif'
    >>> image_part(b"\\xff\\xd8\\xff...", "google")
    {'inline_data': {'mime_type': 'image/jpeg', 'data': b'\\xff\\xd8\\xff...'}}
    """
    if provider not in _PROVIDERS:
        raise InputError(
            f"image_part: provider {provider!r}", f"one of {', '.join(_PROVIDERS)}", "check the spelling"
        )
    kind = _accepted_type(data, provider)
    if provider == "google":
        return {"inline_data": {"mime_type": kind, "data": bytes(data)}}
    if provider == "anthropic":
        return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": _text(data)}}
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{_text(data)}", "detail": detail}}


def _accepted_type(data: bytes, provider: str) -> str:
    """Return an image's media type; raise InputError if the provider would refuse the image."""
    kind, limits = media_type(data), catalog()["limits"][provider]
    accepted = [name for name in _ALL if name[6:].upper() in limits["formats"]]
    if kind not in accepted:
        raise InputError(
            f"an image of type {kind}",
            f"one of {', '.join(accepted)} for {provider}",
            "decode it and save it as PNG",
        )
    if len(data) > limits["image_bytes"]:
        raise InputError(
            f"an image of {len(data):,} bytes",
            f"at most {limits['image_bytes']:,} for {provider}",
            "make it smaller, or save it as JPEG",
        )
    return kind


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
