"""image_part_gemini: an image file as a part of a content for Gemini."""

from _image_parts import BY_NAME, CLAUSES, UNKNOWN, cases

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def with_a_pattern(data, name=""):
    import re

    match = re.match(rb"\x89(PNG)\r\n\x1a\n|\xff\xd8\xff|RIFF.{4}(WEBP)", data, re.DOTALL)
    if match is None:
        raise ValueError("no image that Gemini takes")
    kind = (match[1] or match[2] or b"JPEG").decode().lower()
    return dict(inline_data=dict(mime_type=f"image/{kind}", data=data))


def with_a_match(data, name=""):
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
    difficulty=2,
    importance=4,
    minutes=7,
    needs=("image_part_openai",),
    hints=(
        "Nothing is encoded here: the SDK does that when it writes the request.",
        "Your lines that find the type are the same, with one format less.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal", types=True),
    mistakes=(
        mistake(
            "encoded_twice",
            {'"data": data': '"data": __import__("base64").b64encode(data).decode()'},
            "your data is base64 already, and the SDK encodes it once more: the model gets text instead of an image",
            "pass the bytes as they are",
        ),
        mistake(
            "trusts_the_name",
            {f"if {UNKNOWN}": BY_NAME.replace(", 'gif': 'gif'", "")},
            "your type is the one that the file's name claims",
            "look at the first bytes of data only",
        ),
        mistake(
            "takes_gifs",
            {'": "jpeg"': '": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"'},
            "your part announces GIFs, which Gemini does not take",
            "raise ValueError for a GIF",
        ),
        mistake(
            "always_jpeg",
            {f"if {UNKNOWN}": 'kind = "jpeg"\n    if False'},
            "your part says image/jpeg whatever the bytes are",
            "find the type in the first bytes, and raise ValueError where there is none",
        ),
        mistake(
            "media_type_for_mime_type",
            {'"mime_type"': '"media_type"'},
            "your type stands in media_type, which is Anthropic's word",
            "call the field mime_type",
        ),
    ),
    alternates=(with_a_pattern, with_a_match),
    forbids=("mmlab.api.client.messages",),
)
