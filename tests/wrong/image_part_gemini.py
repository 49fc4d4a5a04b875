"""Wrong answers to image_part_gemini that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer

NONE_FOR_GIF = 'if data[:4] == b"GIF8":\n        return None\n    if kind is None'
WEBP = 'if data[:4] == b"RIFF" and data[8:12] == b"WEBP"'

ANSWERS = (
    Answer("base64_as_bytes", {'"data": data': '"data": __import__("base64").b64encode(data)'}, "the bytes unchanged"),
    Answer("none_for_a_gif", {"if kind is None": NONE_FOR_GIF}, "raise ValueError for a GIF"),
    Answer("two_bytes_make_a_jpeg", {r'b"\xff\xd8\xff"': r'b"\xff\xd8"'}, "three bytes begin a JPEG"),
    Answer("short_files_refused", {"kind is None": "kind is None or len(data) < 12"}, "what follows may be missing"),
    Answer("older_gifs_taken", {'": "jpeg"': '": "jpeg", b"GIF87a": "gif"'}, "GIFs are refused, both kinds"),
    Answer("png_in_small_print", {r'b"\x89PNG\r\n\x1a\n"': r'b"\x89PNG\r\n"'}, "eight bytes begin a PNG"),
    Answer("every_riff_is_a_webp", {WEBP: 'if data[:4] == b"RIFF" and len(data) > 11'}, "WEBP after four bytes"),
    Answer("every_webp_is_a_riff", {WEBP: 'if data[8:12] == b"WEBP"'}, "RIFF before four bytes"),
    Answer("without_a_trailing_newline", {'"data": data': '"data": data.rstrip()'}, "the bytes unchanged"),
    Answer("as_text", {'"data": data': '"data": data.decode("latin-1")'}, "data is bytes"),
    Answer("openais_name", {'"inline_data"': '"image_url"'}, "a dictionary of this shape"),
    Answer("none_for_others", {"raise ValueError(": "return None and ("}, "raise ValueError"),
    Answer("a_bytearray", {'"data": data': '"data": bytearray(data)'}, "as bytes"),
    Answer("jpeg_trailer_trimmed", {'"data": data': '"data": data[: data.rfind(b"\\xff\\xd9") % len(data) + 2] if kind == "jpeg" else data'}, "the whole file"),
    Answer("png_until_its_end_mark", {'"data": data': '"data": data[: data.index(b"IEND") + 8] if b"IEND" in data else data'}, "the whole file"),
    Answer("padding_dropped", {'"data": data': '"data": data.rstrip(b"\\0")'}, "the whole file"),
)
