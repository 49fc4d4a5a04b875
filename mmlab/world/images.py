"""Pictures to the bytes of a file and back, with damage told apart from a picture."""

import io
import warnings

import numpy as np

from mmlab.errors import InputError, ShapeError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def encode_image(array, format: str = "PNG") -> bytes:
    """Return a picture as the bytes of an image file.

    array    (h, w, 3) uint8   red, green, blue
    format   one of FORMATS, in any case; PNG alone keeps every value of every picture
    raises   ShapeError  when it is not one picture of bytes; InputError for an unknown format

    >>> encode_image(np.zeros((4, 5, 3), np.uint8), "png")[:4]
    b'\\x89PNG'
    """
    from PIL import Image

    name = str(format).upper().replace("JPG", "JPEG")
    if name not in FORMATS:
        raise InputError(f"encode_image: format={format!r}", f"one of {', '.join(FORMATS)}",
                         "pass format='PNG'")  # fmt: skip
    array = np.asarray(array)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape or array.dtype != np.uint8:
        raise ShapeError(f"encode_image: array of shape {array.shape}, {array.dtype}",
                         "one picture (h, w, 3) of uint8", "pass pictures[0]")  # fmt: skip
    file = io.BytesIO()
    options = {"quality": 95} if name == "JPEG" else {"lossless": True} if name == "WEBP" else {}
    Image.fromarray(array).save(file, name, **options)
    return file.getvalue()


def decode_image(data: bytes) -> np.ndarray:
    """Return the picture that the bytes of an image file hold.

    data     bytes   a whole PNG, JPEG, GIF or WebP file; of an animation the first picture
    returns  (h, w, 3) uint8   red, green, blue
    raises   InputError  when the bytes are no such file, end too early or are damaged

    >>> decode_image(encode_image(np.full((4, 5, 3), 7, np.uint8))).shape
    (4, 5, 3)
    """
    from PIL import Image

    if not isinstance(data, bytes | bytearray | memoryview):
        raise InputError(f"decode_image: a {type(data).__name__}", "the bytes of an image file",
                         "read them with open(path, 'rb').read()")  # fmt: skip
    data = bytes(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as file:
            name = file.format
            file.verify()
        with Image.open(io.BytesIO(data), formats=FORMATS) as file:
            picture = np.array(file.convert("RGB"))
    # Pillow's decoders answer damage with many kinds of exception; all mean the same here.
    except Exception as error:
        raise _damaged(data, f"{type(error).__name__}: {error}") from error
    if not _whole(data, name):
        raise _damaged(data, f"the {name} file ends too early")
    return picture


def decode_opacity(data: bytes) -> np.ndarray:
    """Return how opaque each pixel of an image file is.

    returns  (h, w) uint8   0 where it is fully transparent, 255 where it is not at all
    raises   InputError  when the bytes are no whole PNG, JPEG, GIF or WebP file

    >>> decode_opacity(encode_image(np.zeros((4, 5, 3), np.uint8))).min()
    np.uint8(255)
    """
    from PIL import Image

    decode_image(data)  # the same errors for the same faults
    with Image.open(io.BytesIO(data), formats=FORMATS) as file:
        return np.array(file.convert("RGBA"))[..., 3]


def image_header(data: bytes) -> tuple[str, int, int]:
    """Return the format, width and height that an image file announces, without decoding it.

    raises  InputError  when the bytes are no PNG, JPEG, GIF or WebP file

    >>> image_header(encode_image(np.zeros((4, 5, 3), np.uint8)))
    ('PNG', 5, 4)
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Whoever asks for the header decides what is too large.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as file:
                return file.format, *file.size
    except Image.DecompressionBombError as error:
        raise _damaged(data, "more pixels than any picture has") from error
    except Exception as error:
        raise _damaged(data, f"{type(error).__name__}: {error}") from error


def _whole(data: bytes, name: str) -> bool:
    """Return whether a file has its end: Pillow forgives some files that lack theirs."""
    if name == "WEBP":
        return len(data) >= 8 + int.from_bytes(data[4:8], "little")
    end = {"PNG": b"\0\0\0\0IEND\xaeB`\x82", "JPEG": b"\xff\xd9", "GIF": b";"}[name]
    return data.rstrip(b"\0").endswith(end)


def _damaged(data: bytes, why: str) -> InputError:
    """Return the error for bytes that are no whole image file."""
    return InputError(
        f"decode_image: {len(data)} bytes that cannot be read ({why})",
        f"a whole, undamaged file in one of {', '.join(FORMATS)}",
        "fetch or write the file again, and compare its length",
    )
