"""image_part_gemini: misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

from exercises_image_parts import cases_for_image_part

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def image_part_gemini__encoded_twice(data, name=""):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture that Gemini takes")
    return {"inline_data": {"mime_type": f"image/{kind}", "data": base64.b64encode(data).decode()}}


def image_part_gemini__trusts_the_name(data, name=""):
    kind = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp"}.get(name.lower().rpartition(".")[2])
    if kind is None:
        raise ValueError("no picture that Gemini takes")
    return {"inline_data": {"mime_type": f"image/{kind}", "data": data}}


def image_part_gemini__takes_gifs(data, name=""):
    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture that Gemini takes")
    return {"inline_data": {"mime_type": f"image/{kind}", "data": data}}


def image_part_gemini__always_jpeg(data, name=""):
    return {"inline_data": {"mime_type": "image/jpeg", "data": data}}


def image_part_gemini__media_type_for_mime_type(data, name=""):
    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture that Gemini takes")
    return {"inline_data": {"media_type": f"image/{kind}", "data": data}}


def image_part_gemini__with_pillow(data, name=""):
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            return {"inline_data": {"mime_type": Image.MIME[picture.format], "data": data}}
    except OSError as error:
        raise ValueError("no picture that Gemini takes") from error


def image_part_gemini__with_a_match(data, name=""):
    match data[:4], data[8:12]:
        case b"\x89PNG", _ if data[4:8] == b"\r\n\x1a\n":
            kind = "png"
        case b"RIFF", b"WEBP":
            kind = "webp"
        case start, _ if start[:3] == b"\xff\xd8\xff":
            kind = "jpeg"
        case _:
            raise ValueError(f"{data[:12]!r} begins no PNG, JPEG or WebP")
    return {"inline_data": {"data": bytes(data), "mime_type": "image/" + kind}}


EXERCISE = Exercise(
    name="image_part_gemini",
    difficulty=2,
    importance=4,
    minutes=7,
    needs=("image_part_openai",),
    hints=(
        "Nothing is encoded here: the SDK does that when it writes the request.",
        "Your lines that find the type are the same, with one format less.",
    ),
    driver=Driver("call"),
    cases=cases_for_image_part,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            image_part_gemini__encoded_twice,
            "your data is base64 already, and the SDK encodes it once more: the model gets letters for a picture",
            "pass the bytes as they are",
        ),
        Misconception(
            image_part_gemini__trusts_the_name,
            "your type is the one that the file's name claims",
            "look at the first bytes of data only",
        ),
        Misconception(
            image_part_gemini__takes_gifs,
            "your part announces GIFs, which Gemini does not take",
            "raise ValueError for a GIF",
        ),
        Misconception(
            image_part_gemini__always_jpeg,
            "your part says image/jpeg whatever the bytes are",
            "find the type in the first bytes, and raise ValueError where there is none",
        ),
        Misconception(
            image_part_gemini__media_type_for_mime_type,
            "your type stands in media_type, which is Anthropic's word",
            "call the field mime_type",
        ),
    ),
    alternates=(image_part_gemini__with_pillow, image_part_gemini__with_a_match),
    forbids=("name:messages", "name:stand_in"),
)
