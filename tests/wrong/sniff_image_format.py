"""Wrong answers to sniff_image_format that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer

CHAIN = "        while number(here, here + 1) == 0xFF:\n            while"
HEAD = """    if len(data) < 30:
        raise ValueError("too short for an image")
    brand ="""
HEIGHT_LATER = """    if found[1] == 0 or found[2] == 0 and found[0] != "JPEG":"""
PARENT = 'brand == b"RIFFWEBPVP8X"'

HOPS_BY_RECURSION = {
    "def jpeg_size():\n        here = 2\n": "def jpeg_size(here=2):\n",
    "        while number(here, here + 1) == 0xFF:\n            while number": "        if number(here, here + 1) == 0xFF:\n            while number",
    "                break\n            here += number(here, here + 2)": "                raise ValueError(\"no frame header is coming\")\n            return jpeg_size(here + number(here, here + 2))",
}

ANSWERS = (
    Answer("does_not_look_for_the_ff", {CHAIN: "        while True:\n            while"}, "FF begins every segment"),
    Answer("looks_for_the_next_ff",
           {CHAIN: "        while True:\n            here = data.index(0xFF, here)\n            while"},
           "FF stands where a segment begins, not later"),
    Answer("passes_a_newline_over",
           {CHAIN: "        while number(here, here + 1) in (0xFF, 0x0A, 0):\n            here += data[here] != 0xFF\n            while"},
           "FF begins every segment"),
    Answer("one_ff_only",
           {"            while number(here, here + 1) == 0xFF:\n                here += 1\n": "            here += 1\n"},
           "one or more FF"),
    Answer("knows_two_frame_headers", {"0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)": "marker in (0xC0, 0xC2)"},
           "every marker from C0 to CF but three"),
    Answer("takes_cc_for_a_frame", {", 0xCC)": ")"}, "CC is a segment like others"),
    Answer("takes_tables_for_a_frame", {"(0xC4, 0xC8": "(0xC8"}, "C4 is a segment like others"),
    Answer("looks_behind_the_end", {"(0xD9, 0xDA)": "(0xDA,)"}, "no frame header comes after D9"),
    Answer("looks_behind_the_scan", {"(0xD9, 0xDA)": "(0xD9,)"}, "no frame header comes after DA"),
    Answer("length_without_itself", {"here += number(here, here + 2)": "here += 2 + number(here, here + 2)"}, "the length counts itself"),
    Answer("length_of_one_byte", {"here += number(here, here + 2)": "here += number(here + 1, here + 2)"}, "a length of two bytes"),
    Answer("at_least_two", {"here += number(here, here + 2)": "here += max(2, number(here, here + 2))"}, "a length below 2"),
    Answer("reads_two_of_three_bytes", {"number(24, 27": "number(24, 26", "number(27, 30": "number(27, 29"}, "24 bits a side"),
    Answer("sides_with_a_sign", {"int.from_bytes(data[start:end], order)": "int.from_bytes(data[start:end], order, signed=end - start == 2)"},
           "no number has a sign"),
    Answer("png_with_a_sign", {"int.from_bytes(data[start:end], order)": "int.from_bytes(data[start:end], order, signed=end - start == 4)"},
           "no number has a sign"),
    Answer("alpha_in_the_height", {"(bits >> 14 & 0x3FFF)": "(bits >> 14)"}, "the 4 bits above the sides do not count"),
    Answer("version_in_the_height", {"(bits >> 14 & 0x3FFF)": "(bits >> 14 & 0x7FFF)"}, "14 bits of height"),
    Answer("scale_in_the_width", {"sides & 0x3FFF, s": "sides & 0xFFFF, s"}, "lower 14 bits only"),
    Answer("one_less_than_the_sides", {'number(24, 27, "little") + 1': 'number(24, 27, "little")'}, "width − 1 is stored"),
    Answer("thirty_bytes_at_least", {"    brand =": HEAD}, "a file may end with its size"),
    Answer("four_bytes_of_png", {r'data[:8] == b"\x89PNG\r\n\x1a\n"': r'data[:4] == b"\x89PNG"'}, "eight bytes begin a PNG"),
    Answer("three_bytes_of_jpeg", {r'data[:2] == b"\xff\xd8"': r'data[:2] == b"\xff\xd8" or data[:1] == b"\xff"'}, "FF D8"),
    Answer("png_without_ihdr", {' and data[12:16] == b"IHDR"': ""}, "IHDR at bytes 12–15"),
    Answer("any_gif", {'data[:6] in (b"GIF87a", b"GIF89a")': 'data[:3] == b"GIF"'}, "GIF87a or GIF89a"),
    Answer("gif_in_any_case", {"data[:6] in": 'data[:5].upper() + data[5:6].lower() in'}, "GIF87a or GIF89a"),
    Answer("pads_a_cut_png", {"number(20, 24)": 'int.from_bytes(data[20:24], "big")'}, "bytes that end within the size"),
    Answer("pads_a_cut_jpeg", {"return number(here + 5, here + 7)": 'return int.from_bytes(data[here + 5 : here + 7], "big")'},
           "bytes that end within the size"),
    Answer("twenty_segments", {CHAIN: "        for _ in range(20):\n            if number(here, here + 1) != 0xFF:\n                break\n            while"},
           "hop over every segment"),
    Answer("no_marker_dc", {"(0xD9, 0xDA)": "(0xD9, 0xDA, 0xDC)"}, "whatever the marker byte"),
    Answer("png_in_any_case", {'data[12:16] == b"IHDR"': 'data[12:16].upper() == b"IHDR"'}, "IHDR at bytes 12–15"),
    Answer("webp_in_any_case", {"data[:4] + data[8:16]": "(data[:4] + data[8:16]).upper()"}, "WEBP at byte 8"),
    Answer("png_without_its_line_ends", {r'data[:8] == b"\x89PNG\r\n\x1a\n"': r'data[:4] + data[6:8] == b"\x89PNG\x1a\n"'}, "eight bytes begin a PNG"),
    Answer("index_error_behind_a_segment", {"            here += number(here, here + 2)": "            here += number(here, here + 2)\n            data[min(here, len(data) + 1) - 1]"},
           "ValueError also within the contents of a segment"),
    Answer("no_marker_of_0", {"(0xD9, 0xDA)": "(0, 0xD9, 0xDA)"}, "whatever the marker byte"),
    Answer("frame_header_of_two_bytes", {"            if 0xC0": "            if number(here, here + 2) < 2:\n                break\n            if 0xC0"},
           "the length of the frame header does not matter"),
    Answer("newer_gifs_only", {'(b"GIF87a", b"GIF89a")': '(b"GIF89a",)'}, "GIF87a or GIF89a"),
    Answer("any_lossless", {r' and data[20:21] == b"\x2f"': ""}, "2F at byte 20"),
    Answer("any_lossy", {r' and data[23:26] == b"\x9d\x01\x2a"': ""}, "9D 01 2A at byte 23"),
    Answer("any_riff", {"data[:4] + data[8:16]": 'data[:4] + b"WEBP" + data[12:16]'}, "WEBP at byte 8"),
    Answer("any_other_webp_is_extended", {PARENT: 'brand[:8] == b"RIFFWEBP"'}, "VP8X at byte 12"),
    Answer("height_may_be_0", {"    if 0 in found:": HEIGHT_LATER}, "no height of 0"),
    Answer("empty_images", {"    if 0 in found:": '    if found[0] == "PNG" and 0 in found:'}, "no side is 0 in any format"),
    Answer("pads_what_is_missing", {"        if len(data) < end:\n": "        if len(data) <= start:\n"}, "bytes that end within the size"),
    Answer("eight_bits_only", {"return number(here + 5, here + 7), number(here + 3, here + 5)":
                               "if data[here + 2 : here + 3] == b'\\x08':\n                    return number(here + 5, here + 7), number(here + 3, here + 5)"},
           "one byte of precision, whatever it is"),
    Answer("key_frames_only", {r'data[23:26] == b"\x9d\x01\x2a"': r'data[23:26] == b"\x9d\x01\x2a" and not data[20] & 1'},
           "bytes that the table does not name may hold anything"),
    Answer("first_64_kilobytes", {"    brand =": "    data = data[:65536]\n    brand ="}, "hop over every segment"),
    Answer("a_list", {"return found": "return list(found)"}, "a tuple"),
    Answer("jpg", {'found = "JPEG"': 'found = "JPG"'}, "JPEG is called JPEG"),
    Answer("last_frame_wins", {"return number(here + 5, here + 7), number(here + 3, here + 5)":
                               "best = number(here + 5, here + 7), number(here + 3, here + 5)",
                               "                break": "                return best"}, "the first frame header; the rest may be missing"),
    Answer("hops_by_recursion", HOPS_BY_RECURSION, "hop over any number of segments"),
    Answer("hundred_segments_at_most", {"while number(here, here + 1) == 0xFF:\n            while": "for _ in range(100):\n            if number(here, here + 1) != 0xFF:\n                break\n            while"},
           "hop over any number of segments"),
    Answer("length_cut_to_the_file", {"here += number(here, here + 2)  #": "here = min(here + number(here, here + 2), len(data) - 11)  #"}, "the bytes end in the middle of the chain"),
    Answer("wants_a_known_ending", {"    if 0 in found:": "    if name and not name.lower().endswith(('png', 'gif', 'jpg', 'jpeg', 'webp', 'readme')):\n        raise ValueError('no image by its name')\n    if 0 in found:"}, "the name may lie"),
)
