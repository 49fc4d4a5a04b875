"""Unusual right answers to image_part that its cases must accept."""

from mmlab.instructor.authoring.exercise import Answer


def with_views(data, provider, name="", detail="auto"):
    import binascii

    view = memoryview(data)
    heads = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
    if provider != "google":
        heads |= {b"GIF87a": "gif", b"GIF89a": "gif"}
    for head, kind in [*heads.items(), (bytes(view[:8]) + b"WEBP", "webp")]:
        if view[: len(head)] == head and (kind != "webp" or view[:4] == b"RIFF"):
            text = "".join(chr(code) for code in binascii.b2a_base64(view, newline=False))
            if provider == "openai":
                return dict(
                    image_url=dict(url="data:image/" + kind + ";base64," + text, detail=detail),
                    type="image_url",
                )
            if provider == "anthropic":
                return dict(source=dict(media_type="image/" + kind, type="base64", data=text), type="image")
            return dict(inline_data=dict(data=view.tobytes(), mime_type="image/" + kind))

    class Unknown(ValueError):
        pass

    raise Unknown(name)


def by_numbers(data, provider, name="", detail="auto"):
    import base64

    first = int.from_bytes(data[:8], "big")
    if first == 0x89504E470D0A1A0A:
        kind = "png"
    elif len(data) > 2 and data[0] == data[2] == 255 and data[1] == 216:
        kind = "jpeg"
    elif (data[:4] + data[8:12]).decode("latin-1") == "RIFFWEBP":
        kind = "webp"
    elif data[:6].hex() in ("474946383761", "474946383961") and provider != "google":
        kind = "gif"
    else:
        raise UnicodeError("a ValueError by its ancestors")
    part = {}
    if provider == "google":
        part["inline_data"] = {"mime_type": "image/" + kind}
        part["inline_data"]["data"] = b"".join([data])
    else:
        text = str(base64.encodebytes(data), "ascii").replace("\n", "")
        if provider == "anthropic":
            part.update(type="image", source={"data": text, "type": "base64", "media_type": "image/" + kind})
        else:
            url = f"data:image/{kind};base64,{text}"
            part.update(type="image_url", image_url={"detail": detail, "url": url})
    return part


ANSWERS = (
    Answer(
        "with_views", with_views, "memory views, a loop over the heads, and an error that is a ValueError"
    ),
    Answer("by_numbers", by_numbers, "numbers in place of bytes"),
    Answer(
        "other_order",
        {"starts = {": "name = name.upper()\n    starts = {"},
        "the name is read and has no effect",
    ),
)
