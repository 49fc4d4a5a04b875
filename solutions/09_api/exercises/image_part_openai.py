"""image_part_openai: an image file as a part of a message to OpenAI's chat completions."""

import _image_parts
from _image_parts import BY_NAME, JPEG, PNG, STARTS, UNKNOWN, calls

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Twelve whole files, most of them with a wish for detail."""
    drawn = _image_parts.cases(rng)
    for number, case in enumerate(drawn):
        case["kwargs"] |= {"detail": ("low", "high", "auto")[number % 3]} if number % 4 else {}
    return drawn


def step_by_step(data, name="", detail="auto"):
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
    return dict(image_url=dict(detail=detail, url=f"data:{media_type};base64,{text}"), type="image_url")


def with_a_pattern(data, name="", detail="auto"):
    import binascii
    import re

    pattern = rb"(?P<png>\x89PNG\r\n\x1a\n)|(?P<jpeg>\xff\xd8\xff)|(?P<gif>GIF8[79]a)|(?P<webp>RIFF.{4}WEBP)"
    match = re.match(pattern, data, re.DOTALL)
    if not match:
        raise ValueError(f"{len(data)} bytes that are no image")
    text = binascii.b2a_base64(data, newline=False).decode()
    return {
        "type": "image_url",
        "image_url": {"detail": detail, "url": f"data:image/{match.lastgroup};base64,{text}"},
    }


EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=10,
    hints=(
        '`data.startswith(b"GIF89a")` asks about the first bytes, and a slice such as `data[8:12]` is compared '
        'with bytes, `b"WEBP"`. Neither minds a file that is too short.',
        "`base64.b64encode(data)` gives bytes; `.decode()` makes them the text that a URL is.",
        "The media type is `image/` and the format in small letters: `image/jpeg`, never `image/jpg`.",
    ),
    driver=Driver("call"),
    clauses=_image_parts.CLAUSES
    | {
        "detail": [
            *calls(JPEG, detail="low", name="a.gif"),
            *(
                case
                for detail in ("auto", "low", "high")
                for case in calls(*STARTS, PNG + bytes(600), detail=detail)
            ),
        ]
    },
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "trusts_the_name",
            {f"if {UNKNOWN}": BY_NAME},
            "your media type is the one that the file's name claims",
            "look at the first bytes of data only: a name is what somebody typed",
        ),
        mistake(
            "url_safe_alphabet",
            {"base64.b64encode": "base64.urlsafe_b64encode"},
            "your base64 has - and _ where the standard alphabet has + and /",
            "use base64.b64encode: the alphabet for URLs is not the one of data URLs",
        ),
        mistake(
            "bare_base64",
            {"data:image/{kind};base64,": ""},
            "your url is base64 without the words that make it a data URL",
            "put data:image/…;base64, in front of it",
        ),
        mistake(
            "always_jpeg",
            {f"if {UNKNOWN}": 'kind = "jpeg"\n    if False'},
            "your part says image/jpeg whatever the bytes are",
            "find the type in the first bytes, and raise ValueError where there is none",
        ),
        mistake(
            "jpg_for_jpeg",
            {'"jpeg"': '"jpg"'},
            "your JPEGs are announced as image/jpg, a type that does not exist",
            "write image/jpeg",
        ),
        mistake(
            "detail_outside",
            {'"url": url, "detail": detail}}': '"url": url}, "detail": detail}'},
            "your detail stands beside image_url, where OpenAI knows no such field",
            "put detail into the inner dictionary, next to url",
        ),
    ),
    alternates=(step_by_step, with_a_pattern),
    forbids=("mmlab.api.client.messages",),
)
