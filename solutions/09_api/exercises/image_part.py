"""image_part: an image file as a part of a message, in the wire formats of three providers."""

import _image_parts
from _image_parts import BY_NAME, JPEG, PNG, STARTS, UNKNOWN, calls

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Twelve whole files for each provider, most of them with a detail."""
    drawn = _image_parts.cases(rng)
    for number, case in enumerate(drawn):
        case["kwargs"] |= {"detail": ("low", "high", "auto")[number % 7 % 3]} if number % 4 else {}
    return drawn


def step_by_step(data, provider, name="", detail="auto"):
    import codecs

    if data[:6] in (b"GIF87a", b"GIF89a") and provider != "google":
        media_type = "image/gif"
    elif data[:3] == bytes([0xFF, 0xD8, 0xFF]):
        media_type = "image/jpeg"
    elif data[:8] == bytes.fromhex("89504E470D0A1A0A"):
        media_type = "image/png"
    elif (data[0:4], data[8:12]) == (b"RIFF", b"WEBP"):
        media_type = "image/webp"
    else:
        raise ValueError("none of the accepted formats")
    text = codecs.encode(data, "base64").decode("ascii").replace("\n", "")
    return {
        "openai": {"image_url": {"detail": detail, "url": f"data:{media_type};base64,{text}"}, "type": "image_url"},
        "anthropic": {"source": dict(data=text, media_type=media_type, type="base64"), "type": "image"},
        "google": {"inline_data": {"data": bytes(data), "mime_type": media_type}},
    }[provider]  # fmt: skip


def with_a_pattern(data, provider, name="", detail="auto"):
    import binascii
    import re

    pattern = rb"(?P<png>\x89PNG\r\n\x1a\n)|(?P<jpeg>\xff\xd8\xff)|(?P<gif>GIF8[79]a)|(?P<webp>RIFF.{4}WEBP)"
    match = re.match(pattern, data, re.DOTALL)
    if not match or (provider, match.lastgroup) == ("google", "gif"):
        raise ValueError(f"{len(data)} bytes that are not an accepted image")
    media_type = "image/" + match.lastgroup
    if provider == "google":
        return dict(inline_data=dict(mime_type=media_type, data=data))
    text = binascii.b2a_base64(data, newline=False).decode()
    if provider == "openai":
        return dict(type="image_url", image_url=dict(detail=detail, url=f"data:{media_type};base64,{text}"))
    return dict(type="image", source=dict(data=text, media_type=media_type, type="base64"))


FIRST = "look at the first bytes of data"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=15,
    hints=(
        '`data.startswith(b"GIF89a")` asks about the first bytes, and a slice such as `data[8:12]` can be compared '
        'with `b"WEBP"`. Both work with a file that is too short.',
        "Find the format once for all providers, and raise ValueError there. Then one `return` for each provider.",
        "`base64.b64encode(data)` gives bytes; `.decode()` makes a `str` of them. Gemini's part is not encoded.",
        "The media type is `image/` and the format in lower case: `image/jpeg`, never `image/jpg`.",
    ),
    driver=Driver("call"),
    clauses=_image_parts.CLAUSES
    | {
        "detail": [
            *calls(JPEG, detail="low", name="a.gif"),
            *(case for detail in ("auto", "low", "high") for case in calls(*STARTS, PNG + bytes(600), detail=detail)),
        ]
    },
    cases=cases,
    compare=Compare("equal", types=True),
    mistakes=(
        mistake("trusts_the_name", {f"if {UNKNOWN} or": f"{BY_NAME} or"},
                "your media type is the one that the file's name claims", f"{FIRST} only: a name may be wrong"),
        mistake("url_safe_alphabet", {"base64.b64encode": "base64.urlsafe_b64encode"},
                "your base64 has - and _ where the standard alphabet has + and /",
                "use base64.b64encode: data URLs use the standard alphabet, too"),
        mistake("bare_base64", {"data:image/{kind};base64,": ""},
                "your url for OpenAI is base64 without the prefix of a data URL", "put data:image/…;base64, in front of it"),
        mistake("data_url", {'"data": text': '"data": f"data:image/{kind};base64,{text}"'},
                "your data for Anthropic is a data URL, as OpenAI expects it",
                "leave out data:image/…;base64, because media_type says it already"),
        mistake("always_jpeg", {f"if {UNKNOWN} or (kind": 'kind = "jpeg"\n    if (kind'},
                "your part declares image/jpeg whatever the bytes are", f"{FIRST}, and raise ValueError where nothing fits"),
        mistake("jpg_for_jpeg", {'"jpeg"': '"jpg"'},
                "your JPEGs are declared as image/jpg, which is not a media type", "write image/jpeg"),
        mistake("detail_outside", {'{text}", "detail": detail}}': '{text}"}, "detail": detail}'},
                "your detail stands next to image_url, where OpenAI has no such field",
                "put detail into the inner dictionary, next to url"),
        mistake("bytes_for_text", {".decode()": ""},
                "your base64 is a bytes object, which JSON cannot hold", "add .decode() to make it a str"),
        mistake("encoded_twice", {'"data": data': '"data": base64.b64encode(data)'},
                "your data for Gemini is base64 already, and the SDK encodes it again", "pass the bytes as they are"),
        mistake("takes_gifs", {' or (kind == "gif" and provider == "google")': ""},
                "your part sends GIFs to Gemini, which does not accept them", "raise ValueError for a GIF when provider is google"),
        mistake("media_type_for_mime_type", {'"mime_type"': '"media_type"'},
                "your type for Gemini stands in media_type, which is Anthropic's field", "call the field mime_type"),
    ),
    alternates=(step_by_step, with_a_pattern),
    forbids=("mmlab.api.client.messages",),
)  # fmt: skip
