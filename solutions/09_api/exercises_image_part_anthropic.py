"""image_part_anthropic: misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

from exercises_image_parts import cases_for_image_part

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def image_part_anthropic__data_url(data, name=""):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture")
    url = f"data:image/{kind};base64," + base64.b64encode(data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": f"image/{kind}", "data": url}}


def image_part_anthropic__trusts_the_name(data, name=""):
    import base64

    endings = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"}
    kind = endings.get(name.lower().rpartition(".")[2])
    if kind is None:
        raise ValueError("no picture")
    text = base64.b64encode(data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": f"image/{kind}", "data": text}}


def image_part_anthropic__url_safe_alphabet(data, name=""):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture")
    text = base64.urlsafe_b64encode(data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": f"image/{kind}", "data": text}}


def image_part_anthropic__always_jpeg(data, name=""):
    import base64

    text = base64.b64encode(data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": text}}


def image_part_anthropic__bytes_for_text(data, name=""):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture")
    text = base64.b64encode(data)
    return {"type": "image", "source": {"type": "base64", "media_type": f"image/{kind}", "data": text}}


def image_part_anthropic__with_pillow(data, name=""):
    import base64
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as picture:
            media_type = Image.MIME[picture.format]
    except OSError as error:
        raise ValueError("no picture that Anthropic takes") from error
    source = dict(type="base64", media_type=media_type, data=str(base64.standard_b64encode(data), "ascii"))
    return dict(type="image", source=source)


def image_part_anthropic__step_by_step(data, name=""):
    import codecs

    if data[:6] in (b"GIF87a", b"GIF89a"):
        media_type = "image/gif"
    elif data[:3] == bytes([0xFF, 0xD8, 0xFF]):
        media_type = "image/jpeg"
    elif data[:8] == bytes.fromhex("89504E470D0A1A0A"):
        media_type = "image/png"
    elif (data[0:4], data[8:12]) == (b"RIFF", b"WEBP"):
        media_type = "image/webp"
    else:
        raise ValueError("none of PNG, JPEG, GIF and WebP")
    text = codecs.encode(data, "base64").decode("ascii").replace("\n", "")
    return {"source": {"data": text, "media_type": media_type, "type": "base64"}, "type": "image"}


EXERCISE = Exercise(
    name="image_part_anthropic",
    difficulty=2,
    importance=5,
    minutes=8,
    needs=("image_part_openai",),
    hints=(
        "The type stands in a field of its own here, so `data` is the base64 and nothing else.",
        "`base64.b64encode(data).decode()` is the text. Your lines that find the type can be copied from above.",
    ),
    driver=Driver("call"),
    cases=cases_for_image_part,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            image_part_anthropic__data_url,
            "your data is a data URL, as OpenAI wants it",
            "leave out data:image/…;base64, — media_type says it already",
        ),
        Misconception(
            image_part_anthropic__trusts_the_name,
            "your media type is the one that the file's name claims",
            "look at the first bytes of data only: the API compares them with media_type",
        ),
        Misconception(
            image_part_anthropic__url_safe_alphabet,
            "your base64 has - and _ where the standard alphabet has + and /",
            "use base64.b64encode",
        ),
        Misconception(
            image_part_anthropic__always_jpeg,
            "your part says image/jpeg whatever the bytes are",
            "find the type in the first bytes, and raise ValueError where there is none",
        ),
        Misconception(
            image_part_anthropic__bytes_for_text,
            "your data is base64 as Python bytes, which JSON cannot hold",
            "add .decode() to make it a text",
        ),
    ),
    alternates=(image_part_anthropic__with_pillow, image_part_anthropic__step_by_step),
    forbids=("name:messages", "name:stand_in"),
)
