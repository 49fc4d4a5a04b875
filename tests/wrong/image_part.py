"""Wrong answers to image_part that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer

UNKNOWN, STARTS = "if kind is None or", "if data.startswith(start)), None)"
WEBP = 'if data[:4] == b"RIFF" and data[8:12] == b"WEBP"'
ENCODED, RAW = "base64.b64encode(data).decode()", '"data": data'
OPENAI = '{"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{text}", "detail": detail}}'
ANTHROPIC = '{"type": "image", "source": {"type": "base64", "media_type": f"image/{kind}", "data": text}}'
GOOGLE = '{"inline_data": {"mime_type": f"image/{kind}", "data": data}}'
PILLOW = """import io
    from PIL import Image
    try:
        kind = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")).format.lower()
    except OSError:
        kind = None
    """


def before(line):
    """Return an edit that puts a line before the format is judged."""
    return {UNKNOWN: f"{line}\n    {UNKNOWN}"}


ANSWERS = (
    # the format
    Answer("finds_the_marks_anywhere", {"data.startswith(start)": "start in data"}, "the file begins with them"),
    Answer("a_pattern_without_newlines", {WEBP: 'if __import__("re").match(rb"RIFF.{4}WEBP", data)'}, "four bytes of any value"),
    Answer("by_pillow", {UNKNOWN: PILLOW + UNKNOWN}, "the bytes that follow may be missing"),
    Answer("everything_else_is_a_png", {STARTS: STARTS.replace("None", '"png"')}, "raise ValueError for any other file"),
    Answer("every_riff_is_a_webp", {WEBP: 'if data[:4] == b"RIFF"'}, "WEBP after four bytes"),
    Answer("every_long_riff_is_a_webp", {WEBP: 'if data[:4] == b"RIFF" and len(data) > 11'}, "WEBP after four bytes"),
    Answer("every_webp_is_a_riff", {WEBP: 'if data[8:12] == b"WEBP"'}, "RIFF before four bytes"),
    Answer("webp_anywhere", {WEBP: 'if data.startswith(b"RIFF") and b"WEBP" in data'}, "WEBP after four bytes"),
    Answer("webp_at_the_end_of_twelve", {WEBP: 'if data[:12].startswith(b"RIFF") and data[:12].endswith(b"EBP")'}, "WEBP after four bytes"),
    Answer("size_field_of_a_riff", {WEBP: f'{WEBP} and int.from_bytes(data[4:8], "little") <= len(data)'}, "four bytes of any value"),
    Answer("any_gif8", {'b"GIF87a": "gif", b"GIF89a"': 'b"GIF8"'}, "GIF87a or GIF89a"),
    Answer("newer_gifs_only", {'b"GIF87a": "gif", ': ""}, "GIF87a or GIF89a"),
    Answer("gif_alternation", {'b"GIF89a": "gif"': 'b"GIF89a": "gif", b"89a": "gif"'}, "GIF87a or GIF89a"),
    Answer("gif_in_any_case", before("if data[:6].upper() in (b'GIF87A', b'GIF89A'):\n        kind = 'gif'"), "begins with GIF87a or GIF89a"),
    Answer("two_bytes_of_jpeg", {r'b"\xff\xd8\xff"': r'b"\xff\xd8"'}, "three bytes begin a JPEG"),
    Answer("jfif_only", {r'b"\xff\xd8\xff"': r'b"\xff\xd8\xff\xe0"'}, "three bytes begin a JPEG"),
    Answer("four_bytes_of_png", {r'b"\x89PNG\r\n\x1a\n"': r'b"\x89PNG"'}, "eight bytes begin a PNG"),
    Answer("six_bytes_of_png", {r'b"\x89PNG\r\n\x1a\n"': r'b"\x89PNG\r\n"'}, "eight bytes begin a PNG"),
    Answer("png_without_its_last_byte", {r'b"\x89PNG\r\n\x1a\n"': r'b"\x89PNG\r\n\x1a"'}, "eight bytes begin a PNG"),
    Answer("at_least_twelve_bytes", {UNKNOWN: f"{UNKNOWN} len(data) < 12 or"}, "what follows may be missing"),
    Answer("no_more_than_200_kb", {UNKNOWN: f"{UNKNOWN} len(data) > 200_000 or"}, "what follows may be anything"),
    Answer("empty_is_no_error", {UNKNOWN: "if kind is None and data or"}, "the empty file included"),
    Answer("none_for_others", {"raise ValueError(": "return None and ("}, "raise ValueError"),
    Answer("type_error", {"raise ValueError(": "raise TypeError("}, "raise ValueError"),
    Answer("name_when_unknown", before('if kind is None and name.endswith(".png"):\n        kind = "png"'), "the name has no effect"),
    Answer("the_name_of_a_webp", before('if kind == "webp" and name.endswith(".gif"):\n        kind = "gif"'), "the name has no effect"),
    # the provider
    Answer("no_gifs_for_anybody", {' and provider == "google"': ""}, "OpenAI and Anthropic accept GIFs"),
    Answer("no_gifs_for_anthropic", {'provider == "google")': 'provider != "openai")'}, "Anthropic accepts GIFs"),
    Answer("older_gifs_for_gemini", {'kind == "gif" and': 'data[:6] == b"GIF89a" and'}, "both GIFs are refused"),
    Answer("openais_part_for_anthropic", {ANTHROPIC: OPENAI}, "a dictionary of Anthropic's shape"),
    Answer("anthropics_part_for_openai", {OPENAI: ANTHROPIC}, "a dictionary of OpenAI's shape"),
    Answer("anthropics_part_for_gemini", {GOOGLE: ANTHROPIC.replace(": text", f": {ENCODED}")}, "a dictionary of Gemini's shape"),
    Answer("openais_name_for_gemini", {'"inline_data"': '"image_url"'}, "a dictionary of Gemini's shape"),
    Answer("gemini_by_another_name", {'if provider == "google":': 'if provider == "gemini":'}, '"google" is its name here'),
    Answer("a_list", {f"return {OPENAI}": f"return [{OPENAI}]"}, "a dictionary"),
    # the fields
    Answer("breaks_the_lines", {"b64encode(data)": "encodebytes(data)"}, "no line breaks"),
    Answer("without_padding", {ENCODED: f"{ENCODED}.rstrip('=')"}, "padded with ="),
    Answer("hexadecimal", {ENCODED: "data.hex()"}, "base64"),
    Answer("first_kilobyte", {"b64encode(data)": "b64encode(data[:1024])"}, "the whole file"),
    Answer("strips_the_file", {"b64encode(data)": "b64encode(data.strip())"}, "the whole file"),
    Answer("always_auto", {'"detail": detail': '"detail": "auto"'}, "detail as it was given"),
    Answer("no_detail", {', "detail": detail': ""}, "detail as it was given"),
    Answer("detail_for_anthropic", {'"data": text}}': '"data": text, "detail": detail}}'}, "detail is OpenAI's field"),
    Answer("detail_for_gemini", {f"{RAW}}}": f'{RAW}, "detail": detail}}'}, "detail is OpenAI's field"),
    Answer("media_type_without_image", {'"media_type": f"image/{kind}"': '"media_type": kind'}, "image/png"),
    Answer("mime_type", {'"media_type"': '"mime_type"'}, "Anthropic's field is called media_type"),
    Answer("type_beside_source", {'{"type": "base64", "media_type"': '{"media_type"'}, "a dictionary of Anthropic's shape"),
    Answer("base64_as_text", {RAW: '"data": base64.b64encode(data).decode()'}, "the bytes unchanged"),
    Answer("without_a_trailing_newline", {RAW: '"data": data.rstrip()'}, "the bytes unchanged"),
    Answer("padding_dropped", {RAW: '"data": data.rstrip(b"\\0")'}, "the whole file"),
    Answer("as_text", {RAW: '"data": data.decode("latin-1")'}, "data is bytes"),
    Answer("a_bytearray", {RAW: '"data": bytearray(data)'}, "as bytes"),
    Answer("until_its_last_trailer", {RAW: '"data": data[: data.rfind(b"\\xff\\xd9") % len(data) + 2] if kind == "jpeg" else data'}, "the whole file"),
    Answer("png_until_its_end_mark", {RAW: '"data": data[: data.index(b"IEND") + 8] if b"IEND" in data else data'}, "the whole file"),
    Answer("remembered_part", {"def image_part(": "import functools\n\n\n@functools.lru_cache\ndef image_part("}, "a new dictionary in each call"),
)  # fmt: skip
