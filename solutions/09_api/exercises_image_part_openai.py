"""image_part_openai: misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

from exercises_image_parts import cases_with_detail

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def image_part_openai__trusts_the_name(data, name="", detail="auto"):
    import base64

    endings = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"}
    kind = endings.get(name.lower().rpartition(".")[2])
    if kind is None:
        raise ValueError("no picture")
    text = base64.b64encode(data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{text}", "detail": detail}}


def image_part_openai__url_safe_alphabet(data, name="", detail="auto"):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture")
    text = base64.urlsafe_b64encode(data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{text}", "detail": detail}}


def image_part_openai__bare_base64(data, name="", detail="auto"):
    import base64

    starts = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
    if not (data.startswith(starts) or data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        raise ValueError("no picture")
    return {"type": "image_url", "image_url": {"url": base64.b64encode(data).decode(), "detail": detail}}


def image_part_openai__always_jpeg(data, name="", detail="auto"):
    import base64

    text = base64.b64encode(data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{text}", "detail": detail}}


def image_part_openai__jpg_for_jpeg(data, name="", detail="auto"):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF87a": "gif", b"GIF89a": "gif"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture")
    text = base64.b64encode(data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{text}", "detail": detail}}


def image_part_openai__detail_outside(data, name="", detail="auto"):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture")
    text = base64.b64encode(data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{text}"}, "detail": detail}


def image_part_openai__with_pillow(data, name="", detail="auto"):
    import base64
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as picture:
            media_type = Image.MIME[picture.format]
    except OSError as error:
        raise ValueError("no picture that OpenAI takes") from error
    url = f"data:{media_type};base64,{str(base64.standard_b64encode(data), 'ascii')}"
    return dict(type="image_url", image_url=dict(url=url, detail=detail))


def image_part_openai__with_a_pattern(data, name="", detail="auto"):
    import binascii
    import re

    pattern = rb"(?P<png>\x89PNG\r\n\x1a\n)|(?P<jpeg>\xff\xd8\xff)|(?P<gif>GIF8[79]a)|(?P<webp>RIFF.{4}WEBP)"
    found = re.match(pattern, data, re.DOTALL)
    if not found:
        raise ValueError(f"{len(data)} bytes that are no picture")
    part = {"type": "image_url", "image_url": {"detail": detail}}
    text = binascii.b2a_base64(data, newline=False).decode()
    part["image_url"]["url"] = "data:image/" + found.lastgroup + ";base64," + text
    return part


EXERCISE = Exercise(
    name="image_part_openai",
    difficulty=2,
    importance=5,
    minutes=10,
    hints=(
        "`data.startswith(b\"GIF89a\")` asks about the first bytes, and a slice such as `data[8:12]` is compared "
        "with bytes, `b\"WEBP\"`. Neither minds a file that is too short.",
        "`base64.b64encode(data)` gives bytes; `.decode()` makes them the text that a URL is.",
        "The media type is `image/` and the format in small letters: `image/jpeg`, never `image/jpg`.",
    ),
    driver=Driver("call"),
    cases=cases_with_detail,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            image_part_openai__trusts_the_name,
            "your media type is the one that the file's name claims",
            "look at the first bytes of data only: a name is what somebody typed",
        ),
        Misconception(
            image_part_openai__url_safe_alphabet,
            "your base64 has - and _ where the standard alphabet has + and /",
            "use base64.b64encode: the alphabet for URLs is not the one of data URLs",
        ),
        Misconception(
            image_part_openai__bare_base64,
            "your url is base64 without the words that make it a data URL",
            "put data:image/…;base64, in front of it",
        ),
        Misconception(
            image_part_openai__always_jpeg,
            "your part says image/jpeg whatever the bytes are",
            "find the type in the first bytes, and raise ValueError where there is none",
        ),
        Misconception(
            image_part_openai__jpg_for_jpeg,
            "your JPEGs are announced as image/jpg, a type that does not exist",
            "write image/jpeg",
        ),
        Misconception(
            image_part_openai__detail_outside,
            "your detail stands beside image_url, where OpenAI knows no such field",
            "put detail into the inner dictionary, next to url",
        ),
    ),
    alternates=(image_part_openai__with_pillow, image_part_openai__with_a_pattern),
    forbids=("name:messages", "name:stand_in"),
)
