"""Image files for sniff_image_format: bare headers, which end with the size, and whole files as Pillow saves them."""

import io

import numpy as np
from PIL import Image


def png(width: int, height: int) -> bytes:
    """Return the first 24 bytes of a PNG."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big")


def gif(width: int, height: int, version: bytes = b"89a") -> bytes:
    """Return the first 10 bytes of a GIF."""
    return b"GIF" + version + width.to_bytes(2, "little") + height.to_bytes(2, "little")


def lossy(width: int, height: int) -> bytes:
    """Return the first 30 bytes of a lossy WebP; bits above the lower 14 of a side are a scale."""
    sides = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"RIFF\n\r\x80\xffWEBPVP8 \x0a\0\0\0\x30\x01\0\x9d\x01\x2a" + sides


def lossless(width: int, height: int, above: int = 0) -> bytes:
    """Return the first 25 bytes of a lossless WebP; `above` are the 4 bits above the sides: alpha and version."""
    bits = width - 1 | height - 1 << 14 | above << 28
    return b"RIFF\0\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + bits.to_bytes(4, "little")


def extended(width: int, height: int) -> bytes:
    """Return the first 30 bytes of an extended WebP, with flags."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x10\0\0\0WEBPVP8X\x0a\0\0\0\x1e\0\0\0" + sides


def jpeg(*segments: bytes) -> bytes:
    """Return the beginning of a JPEG."""
    return b"\xff\xd8" + b"".join(segments)


def segment(marker: int, body: bytes = b"") -> bytes:
    """Return one segment of a JPEG."""
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def frame(width: int, height: int, marker: int = 0xC0, precision: int = 8) -> bytes:
    """Return a frame header of a JPEG, which ends with the size; its length goes with its precision."""
    return (
        bytes((0xFF, marker, 0, precision + 9, precision))
        + height.to_bytes(2, "big")
        + width.to_bytes(2, "big")
    )


def saved(form: str, sides: list[int], mode: str = "RGB", frames: int = 1, **options) -> bytes:
    """Return an image of one colour as Pillow saves it, or an animation of several frames."""
    shades = [(sides[0] % 256, sides[1], 60 * index, 90) for index in range(frames)]
    first, *rest = (Image.new("RGBA", tuple(sides), shade).convert(mode) for shade in shades)
    file = io.BytesIO()
    first.save(file, form, **options, **({"save_all": True, "append_images": rest} if rest else {}))
    return file.getvalue()


def whole_files(rng: np.random.Generator) -> list[bytes]:
    """Return sixteen files, four a format: wide and tall, still and animated, plain and with metadata."""

    def make(form, mode="RGB", **options):
        sides = rng.permutation([int(rng.integers(260, 700)), int(rng.integers(3, 24))]).tolist()
        return saved(form, sides, mode, **options)

    screen = make("GIF")
    screen = screen[:6] + b"\xd1\x02\xdd\x02" + screen[10:]  # 721 × 733, larger than its one frame
    turned = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"  # turn it by 90°
    thumbnail = turned + saved("JPEG", [16, 9])
    return [
        *(make("PNG", mode, compress_level=0) for mode in ("RGB", "L", "RGBA", "P")),
        *(make("GIF"), make("GIF", "L"), make("GIF", frames=3), screen),
        *(make("JPEG"), make("JPEG", "L"), make("JPEG", exif=turned)),
        make("JPEG", progressive=True, exif=thumbnail, comment=b"\xff\xc0\0\x11\x08\0\x07\0\x05"),
        *(
            make("WEBP"),
            make("WEBP", lossless=True),
            make("WEBP", "RGBA", exif=turned),
            make("WEBP", frames=2),
        ),
    ]
