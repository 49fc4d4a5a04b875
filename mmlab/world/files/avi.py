"""Write and read AVI videos, a container that needs only numpy and Pillow.

AVI is one of the video types that providers accept (video/avi), and every player can
play it. Its frames are stored uncompressed or as JPEG images (Motion JPEG). MP4 and
WebM need a decoder that is not part of this package; providers treat an animated GIF,
WebP or PNG as an image, not as a video.
"""

import struct
from dataclasses import dataclass
from itertools import islice

import numpy as np

from mmlab.errors import InputError, ShapeError
from mmlab.world.files.image import decode_image, encode_image, image_header

MAX_FRAMES, MAX_PIXELS = 2000, 24_000_000  # of all frames together
_PLAIN, _JPEG = b"\0\0\0\0", b"MJPG"


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """The content of a video file.

    frames  (t, h, w, 3) uint8   red, green, blue
    fps     float                frames per second
    """

    frames: np.ndarray
    fps: float


def avi_bytes(frames, fps: float = 8, *, jpeg: bool = False) -> bytes:
    """Return a video as the bytes of an AVI file.

    frames  (t, h, w, 3) uint8   red, green, blue
    fps     float                frames per second, above 0
    jpeg    bool                 smaller, but no longer exact
    raises  ShapeError           when frames has another shape; InputError for an fps out of range

    >>> avi_bytes(np.zeros((2, 8, 8, 3), np.uint8))[:4]
    b'RIFF'
    """
    frames = np.asarray(frames)
    if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape or frames.dtype != np.uint8:
        raise ShapeError(
            f"avi_bytes: frames of shape {frames.shape}, {frames.dtype}",
            "a video (t, h, w, 3) of uint8",
            "pass video.frames",
        )
    if not 0 < fps <= 1000:
        raise InputError(f"avi_bytes: fps={fps}", "above 0, up to 1000 frames per second", "pass fps=8")
    images = [encode_image(frame, "JPEG") if jpeg else _plain(frame) for frame in frames]
    name = b"00dc" if jpeg else b"00db"
    movie = b"movi" + b"".join(_chunk(name, encoded) for encoded in images)
    head = _head(frames.shape, fps, max(map(len, images)), _JPEG if jpeg else _PLAIN)
    index, offset = b"", 4
    for encoded in images:
        index += struct.pack("<4s3I", name, 0x10, offset, len(encoded))
        offset += 8 + len(encoded) + len(encoded) % 2
    return _chunk(b"RIFF", b"AVI " + head + _chunk(b"LIST", movie) + _chunk(b"idx1", index))


def _plain(frame: np.ndarray) -> bytes:
    """Return a frame in the order of AVI: bottom row first, blue first, rows padded to four bytes."""
    rows = frame[::-1, :, ::-1].reshape(frame.shape[0], -1)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4))).tobytes()


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _head(shape: tuple, fps: float, largest: int, form: bytes) -> bytes:
    """Return the list of headers: of the file, of its only stream, and of its images."""
    count, height, width, _ = shape
    rate = round(fps * 1000)
    main = struct.pack(
        "<14I",
        round(1e6 / fps),
        round(largest * fps),
        0,
        0x10,
        count,
        0,
        1,
        largest,
        width,
        height,
        0,
        0,
        0,
        0,
    )
    stream = struct.pack(
        "<4s4s10I4h",
        b"vids",
        form if form == _JPEG else b"DIB ",
        0,
        0,
        0,
        1000,
        rate,
        0,
        count,
        largest,
        0xFFFFFFFF,
        0,
        0,
        0,
        width,
        height,
    )
    image = struct.pack("<I2i2H4s5I", 40, width, height, 1, 24, form, largest, 0, 0, 0, 0)
    stream_list = _chunk(b"LIST", b"strl" + _chunk(b"strh", stream) + _chunk(b"strf", image))
    return _chunk(b"LIST", b"hdrl" + _chunk(b"avih", main) + stream_list)


def avi_frames(data: bytes) -> Reel:
    """Return the video in the bytes of an AVI file.

    data    bytes   a complete AVI file of 24-bit or Motion JPEG images
    raises  InputError  when it is not such a file, ends too early, or is too large

    >>> avi_frames(avi_bytes(np.full((2, 5, 7, 3), 9, np.uint8), fps=4)).frames.shape
    (2, 5, 7, 3)
    """
    if data[:4] != b"RIFF" or data[8:12] != b"AVI ":
        raise _unreadable(data, _format(data))
    if len(data) < 8 + int.from_bytes(data[4:8], "little"):
        raise _unreadable(data, "the file ends too early")
    chunks = list(islice(_chunks(data, 12, 8 + int.from_bytes(data[4:8], "little")), 2 * MAX_FRAMES))
    if len(chunks) == 2 * MAX_FRAMES:
        raise _unreadable(data, f"it has {2 * MAX_FRAMES} or more chunks, too many")
    heads = {name: (start, end) for name, start, end in chunks if name in (b"strh", b"strf")}
    if set(heads) != {b"strh", b"strf"} or min(end - start for start, end in heads.values()) < 32:
        raise _unreadable(data, "its headers are missing or damaged")
    scale, rate = struct.unpack_from("<2I", data, heads[b"strh"][0] + 20)
    size, width, height, _, bits, form = struct.unpack_from("<I2i2H4s", data, heads[b"strf"][0])
    images = [data[start:end] for name, start, end in chunks if name in (b"00db", b"00dc") and end > start]
    if not (scale and rate and images) or min(width, height) < 1:
        raise _unreadable(data, "it has no images")
    if len(images) > MAX_FRAMES or len(images) * width * height > MAX_PIXELS:
        raise _unreadable(data, f"{len(images)} images of {width} x {height} are too many")
    if form == _JPEG:
        frames = [_opened(image, width, height, data) for image in images]
    elif form == _PLAIN and bits == 24:
        frames = [_unpacked(image, width, height, data) for image in images]
    else:
        raise _unreadable(data, f"its images are packed as {form!r}, {bits} bits")
    return Reel(np.stack(frames), rate / scale)


def _chunks(data: bytes, offset: int, end: int, depth: int = 0):
    """Yield (name, start, end) of each chunk of a file in order, including those in lists."""
    while offset + 8 <= end:
        name, length = data[offset : offset + 4], int.from_bytes(data[offset + 4 : offset + 8], "little")
        start, stop = offset + 8, offset + 8 + length
        if stop > end:
            raise _unreadable(data, "the file ends too early")
        if name == b"LIST" and depth < 4:
            yield from _chunks(data, start + 4, stop, depth + 1)
        else:
            yield name, start, stop
        offset = stop + length % 2


def _unpacked(image: bytes, width: int, height: int, data: bytes) -> np.ndarray:
    long = (width * 3 + 3) // 4 * 4
    if len(image) != long * height:
        raise _unreadable(data, "the length of an image does not match its width and height")
    rows = np.frombuffer(image, np.uint8).reshape(height, long)[::-1, : width * 3]
    return rows.reshape(height, width, 3)[:, :, ::-1]


def _opened(image: bytes, width: int, height: int, data: bytes) -> np.ndarray:
    try:
        if image_header(image) != ("JPEG", width, height):
            raise _unreadable(data, "an image does not match its header")
        return decode_image(image)
    except InputError as error:
        raise _unreadable(data, error.given) from error


def _format(data: bytes) -> str:
    """Return a description of the format of a file."""
    if data[4:8] == b"ftyp":
        return "an MP4 or QuickTime video, which needs a decoder"
    return "a WebM video, which needs a decoder" if data[:4] == b"\x1aE\xdf\xa3" else "not an AVI file"


def _unreadable(data: bytes, why: str) -> InputError:
    return InputError(
        f"avi_frames: {len(data)} bytes that cannot be read ({why})",
        "a complete AVI file with uncompressed or JPEG images",
        "write it with avi_bytes(frames)",
    )
