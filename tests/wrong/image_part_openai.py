"""Wrong answers to image_part_openai that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer


def finds_the_letters_anywhere(data, name="", detail="auto"):
    import base64

    for mark, kind in ((b"PNG\r\n", "png"), (b"GIF8", "gif"), (b"WEBP", "webp"), (b"\xff\xd8\xff", "jpeg")):
        if mark in data:
            url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
            return {"type": "image_url", "image_url": {"url": url, "detail": detail}}
    raise ValueError("no image")


def a_pattern_without_newlines(data, name="", detail="auto"):
    import base64
    import re

    match = re.match(rb"\x89(PNG)\r\n\x1a\n|\xff\xd8\xff|(GIF)8[79]a|RIFF.{4}(WEBP)", data)
    if not match:
        raise ValueError("no image")
    kind = next((group for group in match.groups() if group), b"JPEG").decode().lower()
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


def by_pillow(data, name="", detail="auto"):
    import base64
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            media_type = Image.MIME[image.format]
    except OSError as error:
        raise ValueError("no image that OpenAI takes") from error
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


ENCODED = "base64.b64encode(data).decode()"
WEBP = 'if data[:4] == b"RIFF" and data[8:12] == b"WEBP"'
PART = '{"type": "image_url", "image_url": {"url": url, "detail": detail}}'

def remembered_part(data, name="", detail="auto", parts={}):  # noqa: B006
    import base64

    if data[:8] == b"\x89PNG\r\n\x1a\n":
        kind = "png"
    elif data[:3] == b"\xff\xd8\xff":
        kind = "jpeg"
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind = "gif"
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    else:
        raise ValueError("no image that OpenAI takes")
    if (data, detail) not in parts:
        url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        parts[data, detail] = {"type": "image_url", "image_url": {"url": url, "detail": detail}}
    return parts[data, detail]


ANSWERS = (
    Answer("breaks_the_lines", {ENCODED: "base64.encodebytes(data).decode()"}, "no line breaks"),
    Answer("every_riff_is_a_webp", {WEBP: 'if data[:4] == b"RIFF"'}, "WEBP after four bytes"),
    Answer("every_webp_is_a_riff", {WEBP: 'if data[8:12] == b"WEBP"'}, "RIFF before four bytes"),
    Answer("finds_the_letters_anywhere", finds_the_letters_anywhere, "the file begins with them"),
    Answer("a_pattern_without_newlines", a_pattern_without_newlines, "four bytes of any value"),
    Answer("by_pillow", by_pillow, "what follows the first bytes is not your concern"),
    Answer("any_gif8", {'b"GIF87a": "gif", b"GIF89a"': 'b"GIF8"'}, "GIF87a or GIF89a"),
    Answer("newer_gifs_only", {'b"GIF87a": "gif", ': ""}, "GIF87a or GIF89a"),
    Answer("two_bytes_of_jpeg", {r'b"\xff\xd8\xff"': r'b"\xff\xd8"'}, "three bytes begin a JPEG"),
    Answer("five_bytes_of_png", {r'b"\x89PNG\r\n\x1a\n"': r'b"\x89PNG\r"'}, "eight bytes begin a PNG"),
    Answer("jfif_only", {r'b"\xff\xd8\xff"': r'b"\xff\xd8\xff\xe0"'}, "three bytes begin a JPEG"),
    Answer("without_padding", {ENCODED: "base64.b64encode(data).decode().rstrip('=')"}, "padded with ="),
    Answer("first_kilobyte", {ENCODED: "base64.b64encode(data[:1024]).decode()"}, "the whole file"),
    Answer("strips_the_file", {ENCODED: "base64.b64encode(data.strip()).decode()"}, "the whole file"),
    Answer("at_least_twelve_bytes", {"kind is None": "kind is None or len(data) < 12"}, "what follows may be missing"),
    Answer("always_auto", {'"detail": detail': '"detail": "auto"'}, "detail as it was given"),
    Answer("no_detail", {', "detail": detail': ""}, "detail as it was given"),
    Answer("none_for_others", {"raise ValueError(": "return None and ("}, "raise ValueError"),
    Answer("type_error", {"raise ValueError(": "raise TypeError("}, "raise ValueError"),
    Answer("empty_is_no_error", {"if kind is None": "if kind is None and data"}, "the empty file included"),
    Answer("a_list", {"return " + PART: f"return [{PART}]"}, "a dictionary"),
    Answer("magic_in_any_case", {"if kind is None": "if data[:6].upper() in (b'GIF87A', b'GIF89A'):\n        kind = 'gif'\n    if kind is None"}, "begins with GIF87a or GIF89a"),
    Answer("remembered_part", remembered_part, "a new dictionary in each call"),
    Answer("no_more_than_a_megabit", {"kind is None": "kind is None or len(data) > 200_000"}, "what follows may be anything"),
    Answer("png_without_its_last_byte", {r'b"\x89PNG\r\n\x1a\n"': r'b"\x89PNG\r\n\x1a"'}, "eight bytes begin a PNG"),
)
