"""The plainest parts that work, for when the week withholds messages, retry and replies.

Every picture goes out as PNG, whatever it was; nothing is asked twice; a reply in
JSON must be nothing else; of a response's text the first part is read.
"""

import base64
import json

from mmlab.errors import InputError


def _png(data: bytes) -> bytes:
    from mmlab.world import decode_image, encode_image

    return encode_image(decode_image(data), "PNG")


def image_part_openai(data: bytes, name: str = "", detail: str = "auto") -> dict:
    """Return a picture as a part of an OpenAI chat message, re-encoded as PNG."""
    url = "data:image/png;base64," + base64.b64encode(_png(data)).decode()
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


def image_part_anthropic(data: bytes, name: str = "") -> dict:
    """Return a picture as a block of an Anthropic message, re-encoded as PNG."""
    text = base64.b64encode(_png(data)).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text}}


def image_part_gemini(data: bytes, name: str = "") -> dict:
    """Return a picture as a part of a Gemini content, re-encoded as PNG."""
    return {"inline_data": {"mime_type": "image/png", "data": _png(data)}}


def retry_policy(call, **options):
    """Return what a call returns: it is made once."""
    return call()


async def retry_policy_async(call, **options):
    """Return what an awaited call returns: it is made once."""
    return await call()


def parse_json_reply(text: str) -> dict:
    """Return a reply that is one JSON object and nothing else; raise InputError for any other."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"a reply that begins {text[:60]!r}", f"JSON and nothing else: {error}",
                         "ask with a schema") from error  # fmt: skip
    if not isinstance(value, dict):
        raise InputError(f"a reply that is a {type(value).__name__}", "a JSON object", "ask with a schema")
    return value


def reply_text(response: dict) -> str:
    """Return the first text of a response in plain data; "" where there is none."""
    for path in (("choices", 0, "message", "content"), ("content", 0, "text"),
                 ("candidates", 0, "content", "parts", 0, "text")):  # fmt: skip
        found = response
        for step in path:
            inside = found.get(step) if isinstance(found, dict) else (found or [None])[0]
            found = inside
            if found is None:
                break
        if isinstance(found, str):
            return found
    return ""
