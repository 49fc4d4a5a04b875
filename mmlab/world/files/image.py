"""Write images to the bytes of a file and read them back; damaged files raise an error."""

import io
import warnings

import numpy as np

from mmlab.errors import InputError, ShapeError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def encode_image(array, format: str = "PNG") -> bytes:
    """Return an image as the bytes of an image file.

    array    (h, w, 3) uint8   red, green, blue
    format   one of FORMATS, in upper or lower case; only PNG is exact for every image
    raises   ShapeError  when the array is not one uint8 image; InputError for an unknown format

    >>> encode_image(np.zeros((4, 5, 3), np.uint8), "png")[:4]
    b'\\x89PNG'
    """
    from PIL import Image

    name = str(format).upper().replace("JPG", "JPEG")
    if name not in FORMATS:
        raise InputError(
            f"encode_image: format={format!r}", f"one of {', '.join(FORMATS)}", "pass format='PNG'"
        )
    array = np.asarray(array)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape or array.dtype != np.uint8:
        raise ShapeError(
            f"encode_image: array of shape {array.shape}, {array.dtype}",
            "one image (h, w, 3) of uint8",
            "pass images[0]",
        )
    file = io.BytesIO()
    options = {"quality": 95} if name == "JPEG" else {"lossless": True} if name == "WEBP" else {}
    Image.fromarray(array).save(file, name, **options)
    return file.getvalue()


def decode_image(data: bytes, ground: int | None = None) -> np.ndarray:
    """Return the image in the bytes of an image file.

    data     bytes   a complete PNG, JPEG, GIF or WebP file; of an animation the first image
    ground   int     grey level, 0 to 255, behind transparent pixels; None for the colours stored in them
    returns  (h, w, 3) uint8   red, green, blue
    raises   InputError  when the bytes are not such a file, end too early or are damaged

    >>> decode_image(encode_image(np.full((4, 5, 3), 7, np.uint8))).shape
    (4, 5, 3)
    """
    from PIL import Image

    if not isinstance(data, bytes | bytearray | memoryview):
        raise InputError(
            f"decode_image: a {type(data).__name__}",
            "the bytes of an image file",
            "read them with open(path, 'rb').read()",
        )
    data = bytes(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as file:
            name = file.format
            file.verify()
        with Image.open(io.BytesIO(data), formats=FORMATS) as file:
            image = np.array(_in_colour(file, ground))
    # Pillow's decoders raise many kinds of exceptions for damaged files; all mean the same here.
    except Exception as error:
        raise _damaged(data, f"{type(error).__name__}: {error}") from error
    if not _whole(data, name):
        raise _damaged(data, f"the {name} file ends too early")
    return image


def _in_colour(file, ground: int | None):
    """Return a Pillow image as RGB: 16-bit grey is scaled to 8 bits, transparent pixels get a background."""
    from PIL import Image

    if file.mode.startswith("I"):  # `convert` would clip the values at 255
        return Image.fromarray(
            (np.asarray(file).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8)
        ).convert("RGB")
    if ground is None or not (file.mode.endswith(("A", "a")) or "transparency" in file.info):
        return file.convert("RGB")
    layer = file.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, (ground,) * 3 + (255,)), layer).convert("RGB")


def decode_opacity(data: bytes) -> np.ndarray:
    """Return the opacity (alpha) of each pixel of an image file.

    returns  (h, w) uint8   0 for transparent, 255 for opaque
    raises   InputError  when the bytes are not a complete PNG, JPEG, GIF or WebP file

    >>> decode_opacity(encode_image(np.zeros((4, 5, 3), np.uint8))).min()
    np.uint8(255)
    """
    from PIL import Image

    decode_image(data)  # raises the same errors
    with Image.open(io.BytesIO(data), formats=FORMATS) as file:
        return np.array(file.convert("RGBA"))[..., 3]


def image_header(data: bytes) -> tuple[str, int, int]:
    """Return the format, width and height from the header of an image file, without decoding it.

    raises  InputError  when the bytes are not a PNG, JPEG, GIF or WebP file

    >>> image_header(encode_image(np.zeros((4, 5, 3), np.uint8)))
    ('PNG', 5, 4)
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # The caller decides which size is too large.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as file:
                return file.format, *file.size
    except Image.DecompressionBombError as error:
        raise _damaged(data, "more pixels than any image has") from error
    except Exception as error:
        raise _damaged(data, f"{type(error).__name__}: {error}") from error


def _whole(data: bytes, name: str) -> bool:
    """Return whether a file has its end marker: Pillow accepts some truncated files."""
    if name == "WEBP":
        return len(data) >= 8 + int.from_bytes(data[4:8], "little")
    end = {"PNG": b"\0\0\0\0IEND\xaeB`\x82", "JPEG": b"\xff\xd9", "GIF": b";"}[name]
    return data.rstrip(b"\0").endswith(end)


def _damaged(data: bytes, why: str) -> InputError:
    """Return the error for bytes that are not a complete image file."""
    return InputError(
        f"decode_image: {len(data)} bytes that cannot be read ({why})",
        f"a complete, undamaged file in one of {', '.join(FORMATS)}",
        "download or write the file again, and compare its length",
    )
