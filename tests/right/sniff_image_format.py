"""Unusual right answers to sniff_image_format that its cases must accept."""

from mmlab.instructor.authoring.exercise import Answer


def as_a_stream(data, name=""):
    import io

    file = io.BytesIO(data)

    def take(length, order=None):
        piece = file.read(length)
        if len(piece) < length:
            raise ValueError("the bytes end too early")
        return int.from_bytes(piece, order) if order else piece

    def jpeg():
        while take(1) == b"\xff":
            marker = take(1, "big")
            while marker == 0xFF:
                marker = take(1, "big")
            length = take(2, "big")
            if marker in (0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF):
                return [take(2, "big") for _ in (take(1), 1)][::-1]
            if marker in (0xD9, 0xDA) or length < 2:
                break
            take(length - 2)
        raise ValueError("no frame header")

    def webp():
        flavour = take(8)[:4]
        if flavour == b"VP8X" and take(4):
            return take(3, "little") + 1, take(3, "little") + 1
        if flavour == b"VP8L" and take(1) == b"\x2f":
            bits = take(4, "little")
            return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
        if flavour == b"VP8 " and take(6)[3:] == b"\x9d\x01\x2a":
            return take(2, "little") & 0x3FFF, take(2, "little") & 0x3FFF
        raise ValueError("an unknown kind of WebP")

    start = take(2)
    if start == b"\xff\xd8":
        answer = ("JPEG", *jpeg())
    elif start == b"GI" and take(4) in (b"F87a", b"F89a"):
        answer = ("GIF", take(2, "little"), take(2, "little"))
    elif start == b"RI" and take(2) == b"FF" and take(8)[4:] == b"WEBP":
        answer = ("WEBP", *webp())
    elif start == b"\x89P" and take(6) == b"NG\r\n\x1a\n" and take(8)[4:] == b"IHDR":
        answer = ("PNG", take(4, "big"), take(4, "big"))
    else:
        raise ValueError("not one of the four formats")
    if min(answer[1:]) < 1:
        raise ValueError("an empty image")
    return answer


def with_patterns(data, name=""):
    import re

    class NoImage(ValueError):
        pass

    patterns = {
        "PNG": rb"\x89PNG\r\n\x1a\n.{4}IHDR(....)(....)",
        "GIF": rb"GIF8[79]a(..)(..)",
        "VP8 ": rb"RIFF.{4}WEBPVP8 .{7}\x9d\x01\x2a(..)(..)",
        "VP8L": rb"RIFF.{4}WEBPVP8L.{4}/(....)()",
        "VP8X": rb"RIFF.{4}WEBPVP8X.{8}(...)(...)",
        "JPEG": rb"\xff\xd8",
    }
    for form, pattern in patterns.items():
        if match := re.match(pattern, data, re.DOTALL):
            break
    else:
        raise NoImage("an unknown beginning")
    end = 2
    while form == "JPEG" and len(match.groups()) == 0:
        match = re.compile(
            rb"\xff+(?:([\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf])...(..)(..)|([^\xff\xd9\xda])(..))", re.DOTALL
        ).match(data, end)
        if not match:
            raise NoImage("no segment, or no frame header")
        if match[1] is None:
            length = int.from_bytes(match[5], "big")
            if length < 2 or len(data) < (end := match.end() + length - 2):
                raise NoImage("a segment of no length, or cut short")
            match = re.match(b"", data)
    first, second = match.groups()[1:3] if form == "JPEG" else match.groups()
    a, b = (int.from_bytes(side, "big" if form in ("PNG", "JPEG") else "little") for side in (first, second))
    if form == "VP8L":
        a, b = a % 2**14 + 1, (a >> 14) % 2**14 + 1
    elif form == "VP8X":
        a, b = a + 1, b + 1
    elif form == "VP8 ":
        a, b = a % 2**14, b % 2**14
    elif form == "JPEG":
        a, b = b, a
    if not a or not b:
        raise NoImage("no pixels")
    return form if form in ("PNG", "GIF", "JPEG") else "WEBP", a, b


ANSWERS = (
    Answer("as_a_stream", as_a_stream, "reads forward only"),
    Answer(
        "with_patterns", with_patterns, "regular expressions, and an error of its own that is a ValueError"
    ),
    Answer(
        "an_error_of_two_kinds",
        {
            "    def number(": "    class NoImage(OSError, ValueError):\n        pass\n\n    def number(",
            'ValueError("the file ends': 'NoImage("the file ends',
            'ValueError("a JPEG': 'NoImage("a JPEG',
            'ValueError("none': 'NoImage("none',
            'ValueError("an image': 'NoImage("an image',
        },
        "its errors derive from ValueError, and from OSError first",
    ),
    Answer(
        "sizes_first",
        {"    brand =": "    name = name.lower()\n    brand =", "if 0 in found": "if not all(found)"},
        "the name is read and comes to nothing",
    ),
)
