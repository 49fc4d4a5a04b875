"""sniff_image_format: the format and size of an image file, read from its first bytes."""

from _headers import extended, frame, gif, jpeg, lossless, lossy, png, segment, whole_files

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


def calls(*files, name=""):
    """Return a case a file."""
    return [{"args": [data], "kwargs": {"name": name} if name else {}} for data in files]


def damaged(data, *places):
    """Return copies of a file, each with one byte changed: in its last bit, and in the bit of small letters."""
    return [data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :] for at in places for bit in (1, 0x20)]


def cases(rng):
    """Whole files as Pillow saves them, half of them under a name that may lie."""
    drawn, endings = [], ("png", "gif", "jpg", "webp")
    for index, data in enumerate(whole_files(rng)):
        ending = endings[(index // 4, int(rng.integers(4)))[index % 2]]
        drawn += calls(data, name=f"upload_{index}.{ending}")
    return drawn


SMALL, LATER, FRAMES = frame(5, 7), frame(9, 8), b"\xc0\xc1\xc2\xc3\xc5\xc6\xc7\xc9\xca\xcb\xcd\xce\xcf"
NO_HOP = FRAMES + b"\xd9\xda"
INSIDE = b"\x08\0\x03\0\x02\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"
DRAWING, ANIMATION, PHOTO = png(7, 5), gif(7, 5), jpeg(segment(0xE0), SMALL)
LOSSY, LOSSLESS, EXTENDED = lossy(7, 5), lossless(7, 5), extended(7, 5)
HEADERS = [DRAWING, ANIMATION, gif(5, 7, b"87a"), LOSSY, LOSSLESS, EXTENDED, PHOTO]
FULL = [  # no byte of a size is 0, so that what a cut leaves of it is no 0 either
    *(png(0x01020304, 0x05060708), gif(0x0102, 0x0304), gif(0x0102, 0x0304, b"87a"), lossy(0x0102, 0x0304)),
    *(
        lossless(0x1234, 0x2345, 1),
        extended(0x010203, 0x040506),
        jpeg(segment(0xE0, b"JFIF"), frame(0x0102, 0x0304)),
    ),
]
CLAUSES = {
    "the name may lie": [
        *calls(DRAWING, name="a.jpg"),
        *calls(PHOTO, name="B.PNG"),
        *calls(ANIMATION, name="README"),
        *calls(b"an image, in words", DRAWING[1:], name="a.png"),
        *(case for name in ("a.jpg", "a.jpeg", "A.JPG") for case in calls(*damaged(PHOTO, 0, 1), name=name)),
        *calls(*damaged(ANIMATION, 0, 5), name="a.gif"),
        *calls(*damaged(LOSSY, 0, 11, 15), name="a.webp"),
    ],
    "any name": [
        *(
            case
            for name in (
                "scan.tiff",
                "photo.heic",
                "notes.txt",
                ".png",
                "a.png.jpg",
                "PHOTO.JPEG",
                "Bild.WebP",
                "zażółć",
                "\n",
            )
            for case in calls(DRAWING, LOSSY, name=name)
        ),
        *calls(PHOTO, name="x" * 300 + ".gif"),
        *calls(b"", b"GIF", name="empty.gif"),
    ],
    "the size is enough": calls(
        *HEADERS, *(header + b"\n\x80" * 9 for header in HEADERS), jpeg(SMALL, bytes(10), LATER, bytes(9))
    ),
    "a file that ends before its size": [
        *calls(*(header[:end] for header in FULL for end in range(len(header)))),
        *calls(
            jpeg(b"\xff\xe0\x7f\xff", SMALL, LATER), jpeg(b"\xff\xe0\0\x20", SMALL)
        ),  # hops beyond the end
        *calls(jpeg(*3000 * [segment(0xE2)]), jpeg(3000 * b"\xff")),
    ],
    "any other beginning": [
        *calls(
            b"an image, in words",
            b"BM" + bytes(52),
            *(version + b"\7\0\5\0" for version in (b"GIF90a", b"GIF89A", b"gif89a", b"GIF88a", b"GIF97a")),
            b"RIFF\x24\0\0\0WAVEfmt " + bytes(28),
        ),
        *calls(DRAWING.replace(b"\r\n", b"\n"), b"\n" + DRAWING, b"\n" + PHOTO, *damaged(PHOTO, 0, 1)),
        *calls(*damaged(DRAWING, *range(8), *range(12, 16)), *damaged(ANIMATION, *range(6))),
        *calls(*damaged(LOSSY, *range(4), *range(8, 16), 23, 24, 25), *damaged(LOSSLESS, *range(12, 16), 20)),
        *calls(
            *damaged(EXTENDED, *range(12, 16)),
            EXTENDED[:4] + b"\0" + EXTENDED[4:],
            EXTENDED[:4] + EXTENDED[5:] + b"\0",
        ),
    ],
    "bytes that the table does not name": calls(
        DRAWING[:8] + b"\n\xff\0\x80" + DRAWING[12:],
        *(webp[:4] + bytes(4) + webp[8:16] + b"\xff" * 4 + webp[20:] for webp in (LOSSY, LOSSLESS, EXTENDED)),
        *(webp[:20] + b"\xff\n\xff" + webp[23:] for webp in (LOSSY, EXTENDED)),
        *(jpeg(SMALL[:2] + length + SMALL[4:]) for length in (b"\0\0", b"\0\1", b"\0\2", b"\xff\xff")),
    ),
    "one pixel": calls(png(1, 1), gif(1, 1), lossy(1, 1), lossless(1, 1), extended(1, 1), jpeg(frame(1, 1))),
    "large sides, which have no sign": [
        *calls(
            png(2**31 + 5, 70_000), png(70_000, 2**32 - 9), gif(40_000, 65_535), jpeg(frame(40_000, 65_535))
        ),
        *calls(lossy(16_383, 9_001), lossless(16_384, 9_001), lossless(9_001, 16_384)),
        *calls(extended(16_777_216, 90_001), extended(90_001, 9_000_001)),
    ],
    "no side is 0": [
        *calls(png(0, 5), png(5, 0), gif(0, 5), gif(5, 0), jpeg(frame(0, 5)), jpeg(frame(5, 0))),
        *calls(lossy(0, 5), lossy(5, 0), lossy(0x4000, 5)),
    ],
    "14 bits a side": calls(
        lossy(0x4005, 0x8007), lossy(0xC007, 0xC005), lossless(5, 7, 1), lossless(2**14, 9, 15)
    ),
    "every kind of frame header": calls(*(jpeg(frame(300, 7, marker, marker % 17)) for marker in FRAMES)),
    "other segments are passed over": [
        *calls(
            *(
                jpeg(segment(marker, INSIDE), frame(7, 300))
                for marker in b"\0\x01\xbf\xd0\xd8\xc4\xc8\xcc\xdb\xe1\xfe"
            )
        ),
        *calls(jpeg(segment(0xE1, jpeg(SMALL)), LATER), jpeg(*2 * [segment(0xE2, bytes(40_000))], LATER)),
        *calls(jpeg(segment(0xFE, b"\xff\xd9\xff\xda"), segment(0xDB, bytes(300)), LATER)),
        *calls(jpeg(b"\xff\xff", segment(0xFE), b"\xff\xff\xff", LATER)),
        *calls(jpeg(*(segment(marker, INSIDE) for marker in range(0xFF) if marker not in NO_HOP), LATER)),
        *calls(jpeg(*60 * [segment(0xE2, b"ICC")], LATER), jpeg(60 * b"\xff", LATER)),
        *calls(jpeg(*5000 * [segment(0xE2)], LATER), jpeg(5000 * b"\xff", LATER)),
    ],
    "no frame header after the scan or the end": [
        *calls(*(jpeg(segment(marker, INSIDE), SMALL) for marker in b"\xd9\xda")),
        *calls(*(jpeg(segment(0xDB), b"\xff\xff", segment(marker, INSIDE), SMALL) for marker in b"\xd9\xda")),
        *calls(jpeg(b"\xff\xd9", SMALL), jpeg(segment(0xE0), b"\xff\xd9"), jpeg(segment(0xD0, INSIDE))),
    ],
    "FF where a segment begins": [
        *calls(jpeg(b"\0", SMALL), jpeg(b"\0\0", SMALL), jpeg(SMALL[1:]), jpeg(segment(0xFE)[1:], SMALL)),
        *calls(
            jpeg(segment(0xFE, b"ab"), b"\n", SMALL), jpeg(segment(0xFE), b"\x80", segment(0xFE)[1:], SMALL)
        ),
    ],
    "a length below 2": calls(*(jpeg(b"\xff\xe0\0", low, SMALL) for low in (b"\0", b"\x01", b"\x01\xff"))),
}


def with_struct(data, name=""):
    import struct

    answer = None
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            answer = ("PNG", *struct.unpack_from(">II", data, 16))
        elif data[:3] == b"GIF" and data[3:6] in (b"87a", b"89a"):
            answer = ("GIF", *struct.unpack_from("<HH", data, 6))
        elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X":
            a, b, c, d = struct.unpack_from("<HBHB", data, 24)
            answer = ("WEBP", a + (b << 16) + 1, c + (d << 16) + 1)
        elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8L" and data[20] == 0x2F:
            (bits,) = struct.unpack_from("<I", data, 21)
            answer = ("WEBP", bits % 2**14 + 1, bits // 2**14 % 2**14 + 1)
        elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8 " and data[23:26] == b"\x9d\x01\x2a":
            answer = ("WEBP", *(side % 2**14 for side in struct.unpack_from("<HH", data, 26)))
        elif data[:2] == b"\xff\xd8":
            at = 2
            while answer is None and data[at] == 0xFF:
                while data[at + 1] == 0xFF:
                    at += 1
                marker, length, height, width = struct.unpack_from(">BHxHH", data[at + 1 :] + bytes(8))
                if marker & 0xF0 == 0xC0 and marker not in (0xC4, 0xC8, 0xCC):
                    answer = ("JPEG", width, height) if len(data) >= at + 9 else ()
                at = at + 2 + length if length > 1 and marker not in (0xD9, 0xDA) else len(data)
    except (struct.error, IndexError):
        pass  # the bytes end early: there is no answer
    if not answer or 0 in answer:
        raise ValueError("no usable header")
    return answer


PNG = 'data[:8] == b"\\x89PNG\\r\\n\\x1a\\n" and data[12:16] == b"IHDR"'
LOSSY_WEBP = 'brand == b"RIFFWEBPVP8 " and data[23:26] == b"\\x9d\\x01\\x2a"'
GIF, JPEG = 'data[:6] in (b"GIF87a", b"GIF89a")', 'data[:2] == b"\\xff\\xd8"'
FIRST = 'here = min(at for at in (data.find(b"\\xff\\xc0"), data.find(b"\\xff\\xc2")) if at > 0)'
IN_OTHER_WORDS = {
    "if len(data) < end": "if len(data[start:end]) + start != end",
    "0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)": "marker // 16 == 12 and (marker % 4 or marker == 0xC0)",
    "if 0 in found": "if found[1] * found[2] < 1",
}

EXERCISE = Exercise(
    difficulty=4,
    importance=3,
    minutes=45,
    hints=(
        "Write one inner function that turns `data[start:end]` into a number with a given order (`int.from_bytes`) and "
        "raises ValueError where `data` is too short. Everything else calls it.",
        "JPEG is a chain: FF, a marker byte, a two-byte length that counts itself. Hop from segment to segment. "
        "Searching for FF C0 also finds the thumbnail inside the file.",
        'Compare slices with bytes: `data[12:16] == b"VP8X"` is False, not an error, when `data` is too short.',
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "trusts_the_name",
            {
                PNG: 'name.endswith("png")',
                GIF: 'name.endswith("gif")',
                JPEG: 'name.endswith("jpg")',
                LOSSY_WEBP: 'name.endswith("webp")',
            },
            "your format is the one that the file's name claims",
            "look at the first bytes only: a name is what somebody typed",
        ),
        mistake(
            "swaps_width_and_height",
            {"return found": "return found[0], found[2], found[1]"},
            "your width and height are exchanged",
            "return (format, width, height); JPEG alone stores the height first",
        ),
        mistake(
            "crashes_on_truncated_bytes",
            {'raise ValueError("the': 'raise (IndexError if end == start + 1 else Exception)("the'},
            "your function breaks on a file that is cut short with an error that is no ValueError",
            "check len(data) before you read a number, and raise ValueError yourself",
        ),
        mistake(
            "measures_the_thumbnail",
            {"here = 2": FIRST},
            "your JPEG sizes are those of the first FF C0 or FF C2 in the file, a thumbnail's",
            "hop from segment to segment by their lengths: a search looks inside them",
        ),
        mistake(
            "reads_every_webp_as_lossy",
            {LOSSY_WEBP: 'brand[:8] == b"RIFFWEBP"'},
            "your WebP sizes come from the lossy layout for every flavour",
            "look at bytes 12–15: VP8, VP8L and VP8X keep their sizes at different places",
        ),
    ),
    alternates=(
        with_struct,
        Answer("in_other_words", IN_OTHER_WORDS, "the same questions of the same bytes"),
    ),
    forbids=("PIL", "mmlab.world.files.image.decode_image"),
)
