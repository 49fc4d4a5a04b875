"""Files for image_part, with names that may be wrong, and the lines that its mistakes change."""

import io

import numpy as np
from PIL import Image

PROVIDERS = ("openai", "anthropic", "google")
PNG, JPEG, GIF, WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"RIFF\n\x80\r\xffWEBP"
STARTS = (PNG, JPEG, GIF, b"GIF89a", WEBP)
NAMES = ("a.png", "b.jpg", "c.gif", "d.webp", "e.JPEG", "image/png", "")
# what ends a file of each format, where there is such a mark
ENDS = {PNG: b"\0\0\0\0IEND\xaeB`\x82", JPEG: b"\xff\xd9", GIF: b";", b"GIF89a": b"\0;"}
ENDINGS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
# what trusts the name: an edit of the reference
UNKNOWN, NAME = "kind is None", {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "gif": "gif", "webp": "webp"}
BY_NAME = f"kind = {NAME}.get(name.lower().rpartition('.')[2])\n    if {UNKNOWN}"


def calls(*files, providers=PROVIDERS, **keywords):
    """Return a case for each file and provider."""
    return [{"args": [data, provider], "kwargs": keywords} for data in files for provider in providers]


def in_turn(cases):
    """Return a third of the cases, so that each file meets one provider."""
    return [case for number, case in enumerate(cases) if number % 3 == number // 3 % 3]


def damaged(data, *places):
    """Return copies of a file, each with one byte changed."""
    return [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in places]


CLAUSES = {
    "what follows the first bytes may be missing, or anything": [
        *calls(*STARTS, *(start + b"\0" for start in STARTS), *(start + b"\n\xff" for start in STARTS)),
        *calls(*(start + bytes(range(256)) for start in STARTS), PNG + b"\xfb\xef\xbe" * 3000),
        *(
            case
            for start in STARTS
            for other, name in zip((*STARTS, b"WEBP", b"WEBPWEBP"), NAMES, strict=True)
            for case in calls(start + other, name=name)
        ),
        *calls(
            JPEG + b"size!WEBP",
            JPEG + b"\xd8\xff\xe0",
            GIF + b"GIF89a",
            PNG + b"IHDR",
            JPEG + b"<html>%PDF",
            GIF + b"<?php RIFF",
        ),
    ],
    "bytes after the end of the image are part of the file": [
        *calls(*(start + b"..." + end for start, end in ENDS.items())),
        *calls(*(start + b"..." + end + b"\0\0" for start, end in ENDS.items())),
        *calls(*(start + b"..." + end + b"and more" + end + b"\r\n" for start, end in ENDS.items())),
        *calls(*(start + b"..." + more for start in STARTS for more in (b"\n", b" ", b"\0" * 9, b"=="))),
        *calls(*(b"RIFF" + size + b"WEBPVP8 abcdef" for size in (b"\4\0\0\0", b"\x0e\0\0\0", b"\xff" * 4))),
    ],
    "small and large files": [
        *calls(*(start + b"\xfb\xef" * (size // 2) for start in STARTS for size in (62, 250, 1020))),
        *calls(*(start + b"\xfb\xef" * 2047 for start in (PNG, WEBP))),
        *calls(GIF + b"\xfb\xef\xbe" * 23_000, providers=("anthropic",)),
        *calls(JPEG + bytes(201_000), providers=("openai",)),
        *calls(WEBP + bytes(201_000), providers=("google",)),
    ],
    "the four bytes of a RIFF have any value": calls(
        *(b"RIFF" + size + b"WEBP" for size in (b"\0\0\0\0", b"WAVE", b"\n\n\n\n"))
    ),
    "first bytes that are cut short": calls(
        b"", *(start[:end] for start in STARTS for end in (1, len(start) - 1))
    ),
    "any other first bytes": in_turn(
        [
            *calls(
                b"an image, in words",
                b"BM" + bytes(52),
                b"GIF88a" + bytes(9),
                b"RIFF\x24\0\0\0WAVEfmt " + bytes(28),
            ),
            *calls(
                *(b"\n" + start for start in STARTS),
                PNG.replace(b"\r\n", b"\n") + bytes(9),
                b"see below: " + JPEG,
            ),
            *calls(
                *(b"RIFF" + b"size!"[:gap] + b"WEBP" + bytes(9) for gap in (0, 3, 5)),
                b"RIFF\x24\0\0\0AVI LISTWEBP",
            ),
            *calls(
                *damaged(PNG, *range(8)),
                *damaged(JPEG, 0, 1, 2),
                *damaged(GIF, *range(6)),
                *damaged(WEBP, 0, 3, 8, 11),
            ),
            *calls(*(start.swapcase() + bytes(9) for start in (PNG, GIF, b"GIF89a", WEBP))),
            *calls(b"GIF87A", b"gif89a", b"RIFF\0\0\0\0webp", b"riff\0\0\0\0WEBP"),
            *calls(*(start[cut:] + bytes(9) for start in STARTS for cut in range(1, len(start)))),
            *calls(
                *(
                    start[:cut] + start[cut + 1 :] + bytes(9)
                    for start in STARTS
                    for cut in range(1, len(start) - 1)
                )
            ),
            *calls(
                *(
                    front + start + bytes(9)
                    for start in STARTS
                    for front in (b" ", b"\0", b"\xef\xbb\xbf", b"\r\n")
                )
            ),
            *calls(
                b"GIF87b",
                b"GIF88a",
                b"GIF97a",
                b"GIF8a",
                b"GIF8" + bytes(9),
                b"GIF" + bytes(9),
                b"89a" + bytes(9),
            ),
            *calls(
                b"RIFF" + bytes(9) + b"WEBP",
                b"WEBP" + bytes(9),
                bytes(8) + b"WEBP",
                b"FORM\0\0\0\0WEBP",
                b"RIFX\0\0\0\0WEBP",
            ),
            *calls(
                b"\xff\xd8" + bytes(9),
                b"\xff\xd9\xff" + bytes(9),
                b"\x8aMNG\r\n\x1a\n",
                b"\x89PNG\n\x1a\n" + bytes(9),
            ),
            *calls(
                b"II*\0" + bytes(9),
                b"<svg></svg>",
                b"%PDF-1.7",
                bytes(12),
                b"\0\0\0\x1cftypavif" + bytes(9),
                b"iVBORw0KGgo=",
            ),
        ]
    ),
    "the name has no effect": [
        *calls(PNG, name="photo.jpg"),
        *calls(JPEG, name="A.GIF"),
        *calls(GIF, name="a.webp"),
        *calls(WEBP, name="x"),
        *calls(b"no image", name="a.png"),
        *calls(b"", b"GIF", name="a.jpg"),
        *calls(b"no image", name="a.webp"),
        *calls(b"BM" + bytes(52), name="A.JPEG"),
        *calls(b"<svg></svg>", name="image/gif"),
        *calls(*STARTS, name="none.bmp"),
        *calls(*STARTS, name="a.png.txt"),
    ],
}


def files(rng: np.random.Generator) -> list[tuple[bytes, str]]:
    """Return twelve files as Pillow saves them, three a format: named rightly, wrongly, and without an ending."""
    drawn = []
    for form, options in (
        ("PNG", "compress_level"),
        ("JPEG", "progressive"),
        ("GIF", "interlace"),
        ("WEBP", "lossless"),
    ):
        for turn in range(3):
            noise = rng.integers(0, 256, (*rng.integers(3, 12, 2), 3), np.uint8)
            file = io.BytesIO()
            Image.fromarray(noise if form == "PNG" else noise * 0 + noise[0, 0]).save(
                file, form, **{options: 0 if form == "PNG" else turn % 2}
            )
            wrong = [ending for ending in ENDINGS.values() if ending != ENDINGS[form]][int(rng.integers(3))]
            ending = (f".{ENDINGS[form]}", f".{wrong}", ("", ".bin")[int(rng.integers(2))])[turn]
            drawn.append((file.getvalue(), f"upload_{int(rng.integers(100, 1000))}{ending}"))
    return drawn


def cases(rng):
    """Twelve whole files for each provider, each with the name that its sender gave it."""
    return [case for data, name in files(rng) for case in calls(data, name=name)]
