"""Films to the bytes of an AVI file and back: the container that numpy and Pillow can write and read.

AVI is one of the video types that providers take (video/avi), and every player
knows it. Its frames are kept as they are, or as JPEG pictures (Motion JPEG). MP4
and WebM need a decoder that is not part of this package; an animated GIF, WebP
or PNG is a picture to the providers, and none of them takes one as a video.
"""

import struct
from dataclasses import dataclass
from itertools import islice

import numpy as np

from mmlab.errors import InputError, ShapeError
from mmlab.world.images import decode_image, encode_image, image_header

MOST_FRAMES, MOST_PIXELS = 2000, 24_000_000  # of all frames together
_PLAIN, _JPEG = b"\0\0\0\0", b"MJPG"


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """A film as its file holds it.

    frames  (t, h, w, 3) uint8   red, green, blue
    fps     float                frames a second
    """

    frames: np.ndarray
    fps: float


def avi_bytes(frames, fps: float = 8, *, jpeg: bool = False) -> bytes:
    """Return a film as the bytes of an AVI file.

    frames  (t, h, w, 3) uint8   red, green, blue
    fps     float                frames a second, above 0
    jpeg    bool                 smaller, and no longer exact
    raises  ShapeError           when the frames are no film; InputError for a bad fps

    >>> avi_bytes(np.zeros((2, 8, 8, 3), np.uint8))[:4]
    b'RIFF'
    """
    frames = np.asarray(frames)
    if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape or frames.dtype != np.uint8:
        raise ShapeError(f"avi_bytes: frames of shape {frames.shape}, {frames.dtype}",
                         "a film (t, h, w, 3) of uint8", "pass film.frames")  # fmt: skip
    if not 0 < fps <= 1000:
        raise InputError(f"avi_bytes: fps={fps}", "above 0, up to 1000 frames a second", "pass fps=8")
    pictures = [encode_image(one, "JPEG") if jpeg else _plain(one) for one in frames]
    name = b"00dc" if jpeg else b"00db"
    movie = b"movi" + b"".join(_chunk(name, one) for one in pictures)
    head = _head(frames.shape, fps, max(map(len, pictures)), _JPEG if jpeg else _PLAIN)
    index, place = b"", 4
    for one in pictures:
        index += struct.pack("<4s3I", name, 0x10, place, len(one))
        place += 8 + len(one) + len(one) % 2
    return _chunk(b"RIFF", b"AVI " + head + _chunk(b"LIST", movie) + _chunk(b"idx1", index))


def _plain(frame: np.ndarray) -> bytes:
    """Return a frame as AVI keeps it: the bottom row first, blue first, rows of whole words."""
    rows = frame[::-1, :, ::-1].reshape(frame.shape[0], -1)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4))).tobytes()


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _head(shape: tuple, fps: float, largest: int, form: bytes) -> bytes:
    """Return the list of headers: the file's, its only stream's, and its pictures'."""
    count, height, width, _ = shape
    rate = round(fps * 1000)
    main = struct.pack("<14I", round(1e6 / fps), round(largest * fps), 0, 0x10, count, 0, 1, largest,
                       width, height, 0, 0, 0, 0)  # fmt: skip
    stream = struct.pack("<4s4s10I4h", b"vids", form if form == _JPEG else b"DIB ", 0, 0, 0, 1000, rate, 0,
                         count, largest, 0xFFFFFFFF, 0, 0, 0, width, height)  # fmt: skip
    picture = struct.pack("<I2i2H4s5I", 40, width, height, 1, 24, form, largest, 0, 0, 0, 0)
    told = _chunk(b"LIST", b"strl" + _chunk(b"strh", stream) + _chunk(b"strf", picture))
    return _chunk(b"LIST", b"hdrl" + _chunk(b"avih", main) + told)


def avi_frames(data: bytes) -> Reel:
    """Return the film that the bytes of an AVI file hold.

    data    bytes   a whole AVI file of 24-bit or Motion JPEG pictures
    raises  InputError  when it is no such file, ends too early, or is too long to keep

    >>> avi_frames(avi_bytes(np.full((2, 5, 7, 3), 9, np.uint8), fps=4)).frames.shape
    (2, 5, 7, 3)
    """
    if data[:4] != b"RIFF" or data[8:12] != b"AVI ":
        raise _unreadable(data, _format(data))
    if len(data) < 8 + int.from_bytes(data[4:8], "little"):
        raise _unreadable(data, "the file ends too early")
    chunks = list(islice(_chunks(data, 12, 8 + int.from_bytes(data[4:8], "little")), 2 * MOST_FRAMES))
    if len(chunks) == 2 * MOST_FRAMES:
        raise _unreadable(data, "more parts than fit")
    heads = {name: (start, end) for name, start, end in chunks if name in (b"strh", b"strf")}
    if set(heads) != {b"strh", b"strf"} or min(end - start for start, end in heads.values()) < 32:
        raise _unreadable(data, "its headers are missing or damaged")
    scale, rate = struct.unpack_from("<2I", data, heads[b"strh"][0] + 20)
    size, width, height, _, bits, form = struct.unpack_from("<I2i2H4s", data, heads[b"strf"][0])
    pictures = [data[start:end] for name, start, end in chunks if name in (b"00db", b"00dc") and end > start]
    if not (scale and rate and pictures) or min(width, height) < 1:
        raise _unreadable(data, "no pictures in it")
    if len(pictures) > MOST_FRAMES or len(pictures) * width * height > MOST_PIXELS:
        raise _unreadable(data, f"{len(pictures)} pictures of {width} x {height} are more than fit")
    if form == _JPEG:
        frames = [_opened(one, width, height, data) for one in pictures]
    elif form == _PLAIN and bits == 24:
        frames = [_unpacked(one, width, height, data) for one in pictures]
    else:
        raise _unreadable(data, f"its pictures are packed as {form!r}, {bits} bits")
    return Reel(np.stack(frames), rate / scale)


def _chunks(data: bytes, place: int, end: int, depth: int = 0):
    """Yield (name, start, end) of each chunk of a file, those within lists in their place."""
    while place + 8 <= end:
        name, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        start, stop = place + 8, place + 8 + length
        if stop > end:
            raise _unreadable(data, "the file ends too early")
        if name == b"LIST" and depth < 4:
            yield from _chunks(data, start + 4, stop, depth + 1)
        else:
            yield name, start, stop
        place = stop + length % 2


def _unpacked(picture: bytes, width: int, height: int, data: bytes) -> np.ndarray:
    long = (width * 3 + 3) // 4 * 4
    if len(picture) != long * height:
        raise _unreadable(data, "a picture of another length than its width and height say")
    rows = np.frombuffer(picture, np.uint8).reshape(height, long)[::-1, : width * 3]
    return rows.reshape(height, width, 3)[:, :, ::-1]


def _opened(picture: bytes, width: int, height: int, data: bytes) -> np.ndarray:
    try:
        if image_header(picture) != ("JPEG", width, height):
            raise _unreadable(data, "a picture that is not what its header says")
        return decode_image(picture)
    except InputError as error:
        raise _unreadable(data, error.given) from error


def _format(data: bytes) -> str:
    """Return what a file seems to be, in words."""
    if data[4:8] == b"ftyp":
        return "an MP4 or QuickTime film, which needs a decoder"
    return "a WebM film, which needs a decoder" if data[:4] == b"\x1aE\xdf\xa3" else "no AVI file"


def _unreadable(data: bytes, why: str) -> InputError:
    return InputError(f"avi_frames: {len(data)} bytes that cannot be read ({why})",
                      "a whole AVI file, its pictures uncompressed or JPEG", "write it with avi_bytes(frames)")  # fmt: skip
