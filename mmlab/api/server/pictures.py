"""Pictures as requests bring them: sniffed, measured before they are decoded, made small enough."""

import base64
import binascii
import contextlib
import threading
from dataclasses import dataclass

import numpy as np

from mmlab.api.server.allowance import take
from mmlab.errors import InputError
from mmlab.world.images import decode_image, image_header

MOST_PIXELS = 24_000_000
LONGEST = 1568  # pixels of a side that the models look at
_LARGE = 4_000_000
_one_at_a_time = threading.Lock()  # large pictures, so that memory stays bounded


@dataclass(frozen=True)
class Picture:
    """One picture of a request.

    pixels         (h, w, 3) uint8   what the model looks at; no side longer than LONGEST
    width, height  int               of the file
    format         "PNG", "JPEG", "GIF" or "WEBP"
    detail         str               what the request says of its resolution
    page           int               which page of a document it is, from 1; 0 for a picture
    """

    pixels: np.ndarray
    width: int
    height: int
    format: str
    detail: str = "auto"
    page: int = 0


class Unfit(Exception):
    """A picture that cannot be used: `why` is "base64", "format", "mismatch", "bytes", "side" or "pixels"."""

    def __init__(self, why: str, said: str = ""):
        super().__init__(said or why)
        self.why, self.said = why, said


def decoded(text: str) -> bytes:
    """Return the bytes of a base64 text in the standard alphabet, or raise Unfit."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Unfit("base64", str(error)) from error
    if not data:
        raise Unfit("base64", "no data")
    return data


def picture(data: bytes, limits: dict, said: str | None = None, detail: str = "auto") -> Picture:
    """Return the picture that bytes hold, or raise Unfit.

    limits  a provider's row of the catalog: formats, image_bytes, perhaps image_side
    said    the media type that the request gives it, when it gives one
    """
    if len(data) > limits["image_bytes"]:
        raise Unfit("bytes", f"{len(data)} bytes > {limits['image_bytes']} bytes")
    try:
        kind, width, height = image_header(data)
    except InputError as error:
        raise Unfit("format") from error
    if kind not in limits["formats"]:
        raise Unfit("format", kind)
    if said is not None and said != f"image/{kind.lower()}":
        raise Unfit("mismatch", f"image/{kind.lower()}")
    if max(width, height) > limits.get("image_side", 32768):
        raise Unfit("side", f"{limits.get('image_side', 32768)} pixels")
    if width * height > MOST_PIXELS:
        raise Unfit("pixels", f"{width} x {height} pixels")
    take(3 * width * height)
    try:
        with _one_at_a_time if width * height > _LARGE else contextlib.nullcontext():
            pixels = looked_at(decode_image(data))
    except InputError as error:
        raise Unfit("format", "damaged") from error
    take(pixels.nbytes - 3 * width * height)
    return Picture(pixels, width, height, kind, detail)


def looked_at(pixels: np.ndarray) -> np.ndarray:
    """Return a picture made smaller by a whole factor until no side is longer than LONGEST."""
    factor = -(-max(pixels.shape[:2]) // LONGEST)
    if factor == 1:
        return pixels
    height, width = (max(side // factor, 1) * factor for side in pixels.shape[:2])
    cut = np.pad(pixels, ((0, max(height - pixels.shape[0], 0)), (0, max(width - pixels.shape[1], 0)),
                          (0, 0)), mode="edge")[:height, :width]  # fmt: skip
    blocks = cut.reshape(height // factor, factor, width // factor, factor, 3)
    return blocks.mean(axis=(1, 3)).round().astype(np.uint8)
