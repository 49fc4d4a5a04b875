"""sniff_image_format: five ways to misread a header, and two right ones.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

from exercises_image_files import cases_for_sniff_image_format

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def sniff_image_format__trusts_the_name(data, name=""):
    def number(start, end, order="little"):
        if len(data) < end:
            raise ValueError("the bytes end before the size")
        return int.from_bytes(data[start:end], order)

    kind = {"png": "PNG", "gif": "GIF", "jpg": "JPEG", "webp": "WEBP"}[name.rsplit(".")[-1]]
    if kind == "PNG":
        width, height = number(16, 20, "big"), number(20, 24, "big")
    elif kind == "GIF":
        width, height = number(6, 8), number(8, 10)
    elif data[12:16] == b"VP8X":
        width, height = number(24, 27) + 1, number(27, 30) + 1
    elif data[12:16] == b"VP8L":
        width, height = (number(21, 25) & 0x3FFF) + 1, (number(21, 25) >> 14 & 0x3FFF) + 1
    elif kind == "WEBP":
        width, height = number(26, 28) & 0x3FFF, number(28, 30) & 0x3FFF
    else:
        here = 2
        while not (0xC0 <= number(here, here + 1) <= 0xCF and data[here] not in (0xC4, 0xC8, 0xCC)):
            while number(here, here + 1) == 0xFF:
                here += 1
            if not 0xC0 <= data[here] <= 0xCF or data[here] in (0xC4, 0xC8, 0xCC):
                here += 1 + max(number(here + 1, here + 3, "big"), 1)
        width, height = number(here + 6, here + 8, "big"), number(here + 4, here + 6, "big")
    return kind, width, height


def sniff_image_format__swaps_width_and_height(data, name=""):
    def number(start, end, order="big"):
        if len(data) < end:
            raise ValueError("the bytes end before the size")
        return int.from_bytes(data[start:end], order)

    kind, width, height, brand = "WEBP", 0, 0, data[:4] + data[8:16]
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        kind, width, height = "PNG", number(16, 20), number(20, 24)
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind, width, height = "GIF", number(6, 8, "little"), number(8, 10, "little")
    elif brand == b"RIFFWEBPVP8X":
        width, height = number(24, 27, "little") + 1, number(27, 30, "little") + 1
    elif brand == b"RIFFWEBPVP8L" and data[20:21] == b"\x2f":
        bits = number(21, 25, "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif brand == b"RIFFWEBPVP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = number(26, 28, "little") & 0x3FFF, number(28, 30, "little") & 0x3FFF
    elif data[:2] == b"\xff\xd8":
        kind, here, marker = "JPEG", 2, 0
        while not (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            here += number(here, here + 2) if marker else 0
            while number(here, here + 1) == 0xFF:
                here += 1
            marker, here = data[here], here + 1
            if marker in (0xD9, 0xDA) or data[here - 2] != 0xFF:
                raise ValueError("no frame header")
        height, width = number(here + 3, here + 5), number(here + 5, here + 7)
    if width * height == 0:
        raise ValueError("not a picture")
    return kind, height, width


def sniff_image_format__crashes_on_truncated_bytes(data, name=""):
    import struct

    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        kind, (width, height) = "PNG", struct.unpack(">II", data[16:24])
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind, (width, height) = "GIF", struct.unpack("<HH", data[6:10])
    elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X":
        a, b, c, d, e, f = struct.unpack("6B", data[24:30])
        kind, width, height = "WEBP", 1 + a + (b << 8) + (c << 16), 1 + d + (e << 8) + (f << 16)
    elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8L" and data[20:21] == b"\x2f":
        (bits,) = struct.unpack("<I", data[21:25])
        kind, width, height = "WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[26:30])
        kind, width, height = "WEBP", width & 0x3FFF, height & 0x3FFF
    elif data[:2] == b"\xff\xd8":
        kind, here, marker = "JPEG", 2, 0
        while not (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            here += struct.unpack(">H", data[here : here + 2])[0] if marker else 0
            while data[here] == 0xFF:
                here += 1
            marker, here = data[here], here + 1
            if marker in (0xD9, 0xDA) or data[here - 2] != 0xFF:
                raise ValueError("no frame header")
        height, width = struct.unpack(">HH", data[here + 3 : here + 7])
    else:
        raise ValueError("not a picture")
    if width * height == 0:
        raise ValueError("an empty picture")
    return kind, width, height


def sniff_image_format__measures_the_thumbnail(data, name=""):
    def number(start, end, order="big"):
        if len(data) < end:
            raise ValueError("the bytes end before the size")
        return int.from_bytes(data[start:end], order)

    kind, width, height, brand = "WEBP", 0, 0, data[:4] + data[8:16]
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        kind, width, height = "PNG", number(16, 20), number(20, 24)
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind, width, height = "GIF", number(6, 8, "little"), number(8, 10, "little")
    elif brand == b"RIFFWEBPVP8X":
        width, height = number(24, 27, "little") + 1, number(27, 30, "little") + 1
    elif brand == b"RIFFWEBPVP8L" and data[20:21] == b"\x2f":
        bits = number(21, 25, "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif brand == b"RIFFWEBPVP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = number(26, 28, "little") & 0x3FFF, number(28, 30, "little") & 0x3FFF
    elif data[:2] == b"\xff\xd8":
        found = [at for at in (data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) if at > 0]
        if not found:
            raise ValueError("no frame header")
        here = min(found)
        kind, height, width = "JPEG", number(here + 5, here + 7), number(here + 7, here + 9)
    if width * height == 0:
        raise ValueError("not a picture")
    return kind, width, height


def sniff_image_format__reads_every_webp_as_lossy(data, name=""):
    def number(start, end, order="big"):
        if len(data) < end:
            raise ValueError("the bytes end before the size")
        return int.from_bytes(data[start:end], order)

    kind, width, height = "WEBP", 0, 0
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        kind, width, height = "PNG", number(16, 20), number(20, 24)
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind, width, height = "GIF", number(6, 8, "little"), number(8, 10, "little")
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        width, height = number(26, 28, "little") & 0x3FFF, number(28, 30, "little") & 0x3FFF
    elif data[:2] == b"\xff\xd8":
        kind, here, marker = "JPEG", 2, 0
        while not (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            here += number(here, here + 2) if marker else 0
            while number(here, here + 1) == 0xFF:
                here += 1
            marker, here = data[here], here + 1
            if marker in (0xD9, 0xDA) or data[here - 2] != 0xFF:
                raise ValueError("no frame header")
        height, width = number(here + 3, here + 5), number(here + 5, here + 7)
    if width * height == 0:
        raise ValueError("not a picture")
    return kind, width, height


def sniff_image_format__with_struct(data, name=""):
    import struct

    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            answer = ("PNG", *struct.unpack_from(">II", data, 16))
        elif data[:3] == b"GIF" and data[3:6] in (b"87a", b"89a"):
            answer = ("GIF", *struct.unpack_from("<HH", data, 6))
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            if data[12:16] == b"VP8X":
                a, b, c, d = struct.unpack_from("<HBHB", data, 24)
                answer = ("WEBP", a + (b << 16) + 1, c + (d << 16) + 1)
            elif data[12:16] == b"VP8L" and data[20] == 0x2F:
                (bits,) = struct.unpack_from("<I", data, 21)
                answer = ("WEBP", bits % 2**14 + 1, bits // 2**14 % 2**14 + 1)
            elif data[12:16] == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
                answer = ("WEBP", *(side % 2**14 for side in struct.unpack_from("<HH", data, 26)))
        elif data[:2] == b"\xff\xd8":
            at = 2
            while True:
                while data[at + 1] == 0xFF:
                    at += 1
                mark, marker, length = struct.unpack_from(">BBH", data, at)
                if mark != 0xFF or marker in (0xD9, 0xDA):
                    break
                if marker & 0xF0 == 0xC0 and marker not in (0xC4, 0xC8, 0xCC):
                    height, width = struct.unpack_from(">HH", data, at + 5)
                    answer = ("JPEG", width, height)
                    break
                at += 2 + length
        if 0 in answer:
            raise ValueError("an empty picture")
        return answer
    except (struct.error, IndexError, UnboundLocalError) as error:
        raise ValueError("no usable header") from error


def sniff_image_format__as_a_stream(data, name=""):
    import io

    file = io.BytesIO(bytes(data))

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
            if marker in {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}:
                take(1)
                height, width = take(2, "big"), take(2, "big")
                return width, height
            if marker == 0xDA:
                break
            take(length - 2 if length > 1 else 0)
        raise ValueError("no frame header")

    def webp():
        flavour = take(8)[:4]
        if flavour == b"VP8X":
            take(4)
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
        raise ValueError("an empty picture")
    return answer


EXERCISE = Exercise(
    name="sniff_image_format",
    difficulty=2,
    importance=3,
    minutes=20,
    hints=(
        'Write one inner function that turns `data[start:end]` into a number with a given order '
        "(`int.from_bytes`) and raises ValueError where `data` is too short. Everything else "
        "calls it.",
        "JPEG is a chain: FF, a marker byte, a two-byte length that counts itself. Hop from "
        "segment to segment. Searching for FF C0 also finds the thumbnail inside the file.",
        "Compare slices with bytes: `data[12:16] == b\"VP8X\"` is False, not an error, when "
        "`data` is too short.",
    ),
    driver=Driver("call"),
    cases=cases_for_sniff_image_format,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            sniff_image_format__trusts_the_name,
            "your format is the one that the file's name claims",
            "look at the first bytes only: a name is what somebody typed",
        ),
        Misconception(
            sniff_image_format__swaps_width_and_height,
            "your width and height are exchanged",
            "return (format, width, height); JPEG alone stores the height first",
        ),
        Misconception(
            sniff_image_format__crashes_on_truncated_bytes,
            "your function breaks on a file that is cut short with an error that is no ValueError",
            "check len(data) before you read a number, and raise ValueError yourself",
        ),
        Misconception(
            sniff_image_format__measures_the_thumbnail,
            "your JPEG sizes are those of the first FF C0 or FF C2 in the file, a thumbnail's",
            "hop from segment to segment by their lengths: a search looks inside them",
        ),
        Misconception(
            sniff_image_format__reads_every_webp_as_lossy,
            "your WebP sizes come from the lossy layout for every flavour",
            "look at bytes 12–15: VP8, VP8L and VP8X keep their sizes at different places",
        ),
    ),
    alternates=(sniff_image_format__with_struct, sniff_image_format__as_a_stream),
    forbids=("name:PIL", "name:Image", "name:decode_image"),
)
