"""Image files for sniff_image_format: forty of every sort, four rare ones, twenty without a picture.

Made anew from a seed; Pillow writes them, except for PNG, whose bytes would depend on
the zlib at hand.
"""

import io
import zlib

import numpy as np
from PIL import Image


def png(width: int, height: int) -> bytes:
    """Return a black one-bit PNG; stored, not deflated, so every zlib writes the same bytes."""
    rows = bytes((1 + -(-width // 8)) * height)
    size = len(rows).to_bytes(2, "little")
    mirror = (len(rows) ^ 0xFFFF).to_bytes(2, "little")
    pixels = b"\x78\x01\x01" + size + mirror + rows + zlib.adler32(rows).to_bytes(4, "big")
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\0\0\0\0"
    chunks = b""
    for name, body in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")):
        crc = zlib.crc32(name + body).to_bytes(4, "big")
        chunks += len(body).to_bytes(4, "big") + name + body + crc
    return b"\x89PNG\r\n\x1a\n" + chunks


def saved(width: int, height: int, colour: list[int], mode: str = "RGB", **options) -> bytes:
    """Return one plain picture as Pillow saves it; `frames=n` makes it move."""
    frames = options.pop("frames", 1)
    first, *rest = (
        Image.new("RGBA", (width, height), tuple((c + 60 * k) % 256 for c in colour) + (90,)).convert(mode)
        for k in range(frames)
    )
    if rest:
        options |= {"save_all": True, "append_images": rest}
    file = io.BytesIO()
    first.save(file, **options)
    return file.getvalue()


def jpeg_with(data: bytes, *segments: tuple[int, bytes], padding: bytes = b"") -> bytes:
    """Return a JPEG with extra segments (marker, body) before its own."""
    extra = b"".join(
        padding + bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body
        for marker, body in segments
    )
    return data[:2] + extra + data[2:]


def tables_first(data: bytes) -> bytes:
    """Return a baseline JPEG with its Huffman tables (C4) before its frame header (C0)."""
    at, parts = 2, []
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return data[:2] + b"".join(sorted(parts, key=lambda part: part[1] == 0xC0)) + data[at:]


def image_files(rng: np.random.Generator) -> list[bytes]:
    """Return forty pictures, ten a format: wide and tall, still and moving, plain and decorated."""

    def size():
        long, short = int(rng.integers(260, 700)), int(rng.integers(3, 24))
        return (long, short) if rng.random() < 0.5 else (short, long)

    def make(mode="RGB", **options):
        return saved(*size(), rng.integers(0, 256, 3).tolist(), mode, **options)

    pngs = [png(*size()) for _ in range(9)] + [png(*size())[:-20]]
    gifs = [make(format="GIF") for _ in range(6)] + [make(format="GIF", frames=3) for _ in range(2)]
    small = bytearray(make(format="GIF"))
    small[6:10] = b"\xd1\x02\xdd\x02"  # a screen of 721 × 733, larger than its one frame
    gifs += [bytes(small), make(format="GIF")[:-3]]
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"
    turned = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    thumbnail = saved(16, 9, [200, 80, 30], format="JPEG", quality=30)
    jpegs = [
        make(format="JPEG"), make("L", format="JPEG"), make(format="JPEG", progressive=True),
        tables_first(make(format="JPEG")), make(format="JPEG")[:-9],
        jpeg_with(make(format="JPEG"), (0xE1, exif + thumbnail)),
        jpeg_with(make(format="JPEG", progressive=True), (0xE1, exif + thumbnail)),
        jpeg_with(make(format="JPEG"), (0xFE, b"a comment \xff\xc0\0\x11\x08\0\x07\0\x05")),
        jpeg_with(make(format="JPEG"), (0xFE, b"padded"), padding=b"\xff\xff"),
        jpeg_with(make(format="JPEG"), (0xE1, turned)),
    ]  # fmt: skip
    scaled = bytearray(make(format="WEBP"))
    scaled[27] |= 0x40  # the two top bits are a scale, not part of the width
    scaled[29] |= 0x80
    webps = [make(format="WEBP"), make(format="WEBP", quality=5), bytes(scaled)]
    webps += [make(mode, format="WEBP", lossless=True) for mode in ("RGB", "L", "RGB")]
    webps += [make("RGBA", format="WEBP"), make(format="WEBP", frames=2)]
    webps += [make("RGBA", format="WEBP", frames=2), make(format="WEBP", exif=exif)]
    return pngs + gifs + jpegs + webps


def rare_files(rng: np.random.Generator) -> list[bytes]:
    """Return headers that Pillow does not write: sides beyond 16 bits, other kinds of JPEG."""
    wide = int(rng.integers(66_000, 90_000))
    plain = saved(int(rng.integers(300, 600)), 7, rng.integers(0, 256, 3).tolist(), format="JPEG")
    others = rng.permutation([0xC1, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])[:2]
    moving = bytearray(saved(9, 5, [9, 99, 199], "RGBA", format="WEBP"))
    moving[24:27] = (wide - 1).to_bytes(3, "little")
    jpegs = [plain.replace(b"\xff\xc0", bytes((0xFF, int(marker)))) for marker in others]
    return [png(wide, 3)[:300], bytes(moving), *jpegs]


def broken_files(rng: np.random.Generator) -> list[bytes]:
    """Return bytes that hold no usable header: cut short, mangled, or another format."""
    width, height = int(rng.integers(300, 600)), int(rng.integers(5, 20))
    colour = rng.integers(0, 256, 3).tolist()
    whole, moving = png(width, height), saved(width, height, colour, format="GIF")
    photo = saved(width, height, colour, format="JPEG")
    webp = {
        "VP8 ": saved(width, height, colour, format="WEBP"),
        "VP8L": saved(width, height, colour, format="WEBP", lossless=True),
        "VP8X": saved(width, height, colour, "RGBA", format="WEBP"),
    }
    frame = photo.index(b"\xff\xc0")
    comment = jpeg_with(photo, (0xFE, b"said without its FF"))
    return [
        b"", b"A picture of a red circle, but told in words.", b"BM" + bytes(52),
        whole[:22], whole.replace(b"\r\n", b"\n"), whole.replace(b"IHDR", b"JHDR"),
        whole[:16] + bytes(4) + whole[20:],
        moving[:9], b"GIF88a" + moving[6:],
        comment[:2] + comment[3:], photo[:frame], photo[: frame + 7], photo[:2], photo.replace(b"\xff\xc0", b"\xff\xfe"),
        webp["VP8 "][:28], webp["VP8L"][:23], webp["VP8X"][:29],
        webp["VP8 "][:8] + b"WAVE" + webp["VP8 "][12:],
        webp["VP8 "][:23] + b"\0\0\0" + webp["VP8 "][26:],
        webp["VP8L"][:20] + b"\0" + webp["VP8L"][21:],
    ]  # fmt: skip


def cases_for_sniff_image_format(rng: np.random.Generator) -> list[dict]:
    """Return forty pictures, four rare ones and twenty broken files, every second one under a name that lies."""
    files = image_files(rng) + rare_files(rng) + broken_files(rng)
    endings = ("png", "gif", "jpg", "webp")
    cases = []
    for index, data in enumerate(files):
        right = endings[min(index // 10, 3)]
        name = f"upload_{index}.{endings[int(rng.integers(4))] if index % 2 else right}"
        cases.append({"args": [data], "kwargs": {"name": name}})
    return cases
