"""Unusual right answers to image_part_anthropic that its cases must accept."""

from mmlab.instructor.authoring.exercise import Answer


def from_hexadecimal(data, name=""):
    import base64

    start = data[:12].hex()
    kinds = {"89504e470d0a1a0a": "png", "ffd8ff": "jpeg", b"GIF87a".hex(): "gif", b"GIF89a".hex(): "gif"}
    kind = "".join({kinds[head] for head in kinds if start.startswith(head)})
    kind = kind or "webp" * (start[:8] == b"RIFF".hex() and start[16:] == b"WEBP".hex())
    if not kind:
        raise UnicodeError("a ValueError by its ancestors")
    text = str(base64.encodebytes(data), "ascii").replace("\n", "")
    return {"source": {"media_type": f"image/{kind}", "type": "base64", "data": text}, "type": "image"}


ANSWERS = (Answer("from_hexadecimal", from_hexadecimal, "the first bytes as hexadecimal digits"),)
