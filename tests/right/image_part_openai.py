"""Unusual right answers to image_part_openai that its cases must accept."""

from mmlab.instructor.authoring.exercise import Answer


def with_views(data, name="", detail="auto"):
    import binascii

    view = memoryview(data)
    heads = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    for head, kind in [*heads.items(), (bytes(view[:8]) + b"WEBP", "webp")]:
        if view[: len(head)] == head and (kind != "webp" or view[:4] == b"RIFF"):
            text = "".join(chr(code) for code in binascii.b2a_base64(view, newline=False))
            return dict(
                image_url=dict(url="data:image/" + kind + ";base64," + text, detail=detail), type="image_url"
            )

    class Unknown(ValueError):
        pass

    raise Unknown(name)


ANSWERS = (
    Answer(
        "with_views", with_views, "memory views, a loop over the heads, and an error that is a ValueError"
    ),
    Answer(
        "other_order",
        {"starts = {": "name = name.upper()\n    starts = {"},
        "the name is read and comes to nothing",
    ),
)
