"""Wrong answers to image_part_anthropic that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer


def what_else_is_a_png(data, name=""):
    import base64

    if data[:3] == b"GIF":
        kind = "gif"
    elif data[:2] == b"\xff\xd8":
        kind = "jpeg"
    elif data[8:12] == b"WEBP":
        kind = "webp"
    else:
        kind = "png"
    text = base64.b64encode(data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": f"image/{kind}", "data": text}}


PART = '{"type": "image", "source": {"type": "base64", "media_type": f"image/{kind}", "data": text}}'
OPENAIS = '{"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{text}"}}'
WEBP = 'if data[:4] == b"RIFF" and data[8:12] == b"WEBP"'

ANSWERS = (
    Answer("four_bytes_make_a_png", {r'b"\x89PNG\r\n\x1a\n"': r'b"\x89PNG"'}, "eight bytes begin a PNG"),
    Answer("openais_part", {PART: OPENAIS}, "a dictionary of this shape"),
    Answer("what_else_is_a_png", what_else_is_a_png, "raise ValueError for any other file"),
    Answer("webp_anywhere", {WEBP: 'if data.startswith(b"RIFF") and b"WEBP" in data'}, "WEBP after four bytes"),
    Answer("webp_at_the_end_of_twelve", {WEBP: 'if data[:12].startswith(b"RIFF") and data[:12].endswith(b"EBP")'}, "WEBP after four bytes"),
    Answer("media_type_without_image", {'f"image/{kind}"': "kind"}, "image/png"),
    Answer("mime_type", {'"media_type"': '"mime_type"'}, "the field is called media_type"),
    Answer("type_beside_source", {'{"type": "base64", "media_type"': '{"media_type"'}, "a dictionary of this shape"),
    Answer("jpg", {'"jpeg"': '"jpg"'}, "image/jpeg"),
    Answer("at_least_twelve_bytes", {"kind is None": "kind is None or len(data) < 12"}, "what follows may be missing"),
    Answer("hexadecimal", {"base64.b64encode(data).decode()": "data.hex()"}, "base64"),
    Answer("breaks_the_lines", {"base64.b64encode(data)": "base64.encodebytes(data)"}, "no line breaks"),
    Answer("none_for_others", {"raise ValueError(": "return None and ("}, "raise ValueError"),
    Answer("name_when_unknown",
           {"if kind is None": 'if kind is None and name.endswith(".png"):\n        kind = "png"\n    if kind is None'},
           "the name counts for nothing"),
    Answer("gif_alternation", {'b"GIF89a": "gif"': 'b"GIF89a": "gif", b"89a": "gif"'}, "GIF87a or GIF89a"),
    Answer("the_name_of_a_webp", {"if kind is None": 'if kind == "webp" and name.endswith(".gif"):\n        kind = "gif"\n    if kind is None'}, "the name counts for nothing"),
    Answer("size_field_of_a_riff", {'data[:4] == b"RIFF" and': 'data[:4] == b"RIFF" and int.from_bytes(data[4:8], "little") <= len(data) and'}, "four bytes of any value"),
)
