"""Files for the three image_part_… exercises: twelve pictures of four formats, seven files that are none.

Made anew from a seed; Pillow writes them, except for PNG, whose bytes would depend on
the zlib at hand.
"""

import io
import zlib

import numpy as np
from PIL import Image

ENDINGS = ("png", "jpg", "gif", "webp")


def noisy_png(rng: np.random.Generator, width: int, height: int) -> bytes:
    """Return a PNG of noise; stored, not deflated, so every zlib writes the same bytes."""
    rows = b"".join(b"\0" + rng.bytes(3 * width) for _ in range(height))
    size, mirror = len(rows).to_bytes(2, "little"), (len(rows) ^ 0xFFFF).to_bytes(2, "little")
    pixels = b"\x78\x01\x01" + size + mirror + rows + zlib.adler32(rows).to_bytes(4, "big")
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    chunks = b""
    for name, body in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")):
        crc = zlib.crc32(name + body).to_bytes(4, "big")
        chunks += len(body).to_bytes(4, "big") + name + body + crc
    return b"\x89PNG\r\n\x1a\n" + chunks


def plain(rng: np.random.Generator, width: int, height: int, **options) -> bytes:
    """Return a picture of one colour as Pillow saves it."""
    colour = tuple(rng.integers(0, 256, 3).tolist())
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, **options)
    return file.getvalue()


def pictures(rng: np.random.Generator) -> list[bytes]:
    """Return three PNG, three JPEG, three GIF and three WebP files, of unequal sides."""

    def sides():
        return int(rng.integers(9, 30)), int(rng.integers(3, 9))

    older = plain(rng, *sides(), format="GIF")
    return [
        *(noisy_png(rng, *sides()) for _ in range(3)),
        plain(rng, *sides(), format="JPEG"), plain(rng, *sides(), format="JPEG", progressive=True),
        plain(rng, *sides(), format="JPEG", quality=30),
        b"GIF87a" + older[6:], b"GIF89a" + older[6:], plain(rng, *sides(), format="GIF"),
        plain(rng, *sides(), format="WEBP"), plain(rng, *sides(), format="WEBP", lossless=True),
        plain(rng, *sides(), format="WEBP", quality=20),
    ]  # fmt: skip


def others(rng: np.random.Generator) -> list[bytes]:
    """Return seven files that are no picture of the four formats, though some come close."""
    picture, photo = noisy_png(rng, 7, 4), plain(rng, 8, 5, format="JPEG")
    sound = b"RIFF" + (36).to_bytes(4, "little") + b"WAVEfmt " + bytes(28)
    return [
        b"", b"A picture of a red circle, but told in words.", b"BM" + bytes(52), sound,
        picture.replace(b"\r\n", b"\n"), b"see below: " + picture, photo[:2] + b"\0" + photo[3:],
    ]  # fmt: skip


def files(rng: np.random.Generator) -> list[tuple[bytes, str]]:
    """Return all files, each with the name that its sender gave it.

    Of three pictures of a format the first is named right, the second wrongly, the
    third has a name without an ending, or with a strange one.
    """
    found = []
    for number, data in enumerate(pictures(rng)):
        form, turn = divmod(number, 3)
        wrong = ENDINGS[(form + int(rng.integers(1, 4))) % 4]
        ending = (f".{ENDINGS[form]}", f".{wrong}", ("", ".bin")[int(rng.integers(2))])[turn]
        found.append((data, f"upload_{int(rng.integers(100, 1000))}{ending}"))
    return found + [(data, f"upload_{k}.{ENDINGS[int(rng.integers(4))]}") for k, data in enumerate(others(rng))]


def cases_for_image_part(rng: np.random.Generator) -> list[dict]:
    """Return one case a file: its bytes, and the name that may lie."""
    return [{"args": [data], "kwargs": {"name": name}} for data, name in files(rng)]


def cases_with_detail(rng: np.random.Generator) -> list[dict]:
    """Return one case a file, most of them with a wish for detail."""
    cases = cases_for_image_part(rng)
    for number, case in enumerate(cases):
        if number % 4:
            case["kwargs"]["detail"] = ("low", "high", "auto")[number % 3]
    return cases
