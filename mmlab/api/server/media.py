"""Images, audio and video of requests: size checks before decoding, decoding and downscaling."""

import base64
import binascii
import contextlib
import hashlib
import re
import threading
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np

from mmlab import world
from mmlab.api.server.resource_limits import take
from mmlab.errors import InputError
from mmlab.world.files.avi import avi_frames
from mmlab.world.files.image import decode_image, image_header
from mmlab.world.files.wav import wav_bytes, wav_samples

MAX_PIXELS = 24_000_000
MAX_SIDE = 1568  # pixels of the longer side of an image that the models see
_LARGE = 4_000_000
_large_image_lock = threading.Lock()  # one large image at a time bounds the memory in use
MAX_AUDIO_SECONDS = 120
RATE = 24_000  # samples per second of generated speech, as at OpenAI
_WAV_HEAD = 44  # bytes
_CHUNK_WORDS, _MAX_WORDS = 40, 2000  # words that are synthesised at a time, and in total
_audio_lock = threading.Lock()  # one file at a time bounds the memory in use
DEFAULT_FPS = 1.0  # frames per second that a model sees, unless the request sets fps
MAX_FRAMES = 300  # frames of a video that a model sees
_video_lock = threading.Lock()  # one file at a time bounds the memory in use


@dataclass(frozen=True)
class Image:
    """An image of a request.

    pixels         (h, w, 3) uint8   what the model sees; no side longer than MAX_SIDE
    width, height  int               size of the original image in pixels
    format         str               "PNG", "JPEG", "GIF" or "WEBP"; "PDF" for a page, "AVI" for a frame
    detail         str               the resolution that the request asks for
    page           int               page number in a document, from 1; 0 if it is not a page
    """

    pixels: np.ndarray
    width: int
    height: int
    format: str
    detail: str = "auto"
    page: int = 0


class MediaError(Exception):
    """Raised for an image, audio, video or document that cannot be used.

    reason  "base64", "format", "mismatch", "bytes", "side", "pixels", "seconds", "part", "text", "pages" or "locked"
    detail  str   description of the fault, for the message
    """

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(detail or reason)
        self.reason, self.detail = reason, detail


def decode_base64(text: str) -> bytes:
    """Return the bytes of base64 text in the standard alphabet, or raise MediaError."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise MediaError("base64", str(error)) from error
    if not data:
        raise MediaError("base64", "no data")
    return data


def load_image(data: bytes, limits: dict, media_type: str | None = None, detail: str = "auto") -> Image:
    """Return the image in a file, or raise MediaError.

    limits      a provider's row of the catalog's limits: formats, image_bytes, optionally image_side and
                checks_media_type
    media_type  the media type in the request; None if the request has none
    """
    if len(data) > limits["image_bytes"]:
        raise MediaError("bytes", f"{len(data)} bytes > {limits['image_bytes']} bytes")
    try:
        kind, width, height = image_header(data)
    except InputError as error:
        raise MediaError("format") from error
    if kind not in limits["formats"]:
        raise MediaError("format", kind)
    if limits.get("checks_media_type") and media_type not in (None, f"image/{kind.lower()}"):
        raise MediaError("mismatch", f"image/{kind.lower()}")
    if max(width, height) > limits.get("image_side", 32768):
        raise MediaError("side", f"{limits.get('image_side', 32768)} pixels")
    if width * height > MAX_PIXELS:
        raise MediaError("pixels", f"{width} x {height} pixels")
    take(3 * width * height)
    try:
        with _large_image_lock if width * height > _LARGE else contextlib.nullcontext():
            pixels = downscaled(decode_image(data, ground=255))
    except InputError as error:
        raise MediaError("format", "damaged") from error
    take(pixels.nbytes - 3 * width * height)
    return Image(pixels, width, height, kind, detail)


def downscaled(pixels: np.ndarray) -> np.ndarray:
    """Return an image, downscaled by a whole factor so that no side is longer than MAX_SIDE."""
    factor = -(-max(pixels.shape[:2]) // MAX_SIDE)
    if factor == 1:
        return pixels
    height, width = (max(side // factor, 1) * factor for side in pixels.shape[:2])
    cut = np.pad(
        pixels,
        ((0, max(height - pixels.shape[0], 0)), (0, max(width - pixels.shape[1], 0)), (0, 0)),
        mode="edge",
    )[:height, :width]
    blocks = cut.reshape(height // factor, factor, width // factor, factor, 3)
    return blocks.mean(axis=(1, 3)).round().astype(np.uint8)


@dataclass(frozen=True, eq=False)
class AudioClip:
    """An audio clip of a request.

    samples  (n,) float32   mono, -1 to 1
    rate     int            samples per second
    """

    samples: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        """The length of the clip in seconds."""
        return len(self.samples) / self.rate

    @cached_property
    def key(self) -> bytes:
        """The digest of the clip: results are cached under it, without the samples."""
        return hashlib.blake2b(f"{self.rate} ".encode() + self.samples.tobytes(), digest_size=16).digest()


def load_audio(data: bytes, limits: dict) -> AudioClip:
    """Return the audio in a WAV file, or raise MediaError.

    limits  a provider's row of the catalog's limits: audio_bytes
    raises  MediaError  with the reason "bytes", "format" or "seconds"
    """
    if len(data) > limits["audio_bytes"]:
        raise MediaError("bytes", f"{len(data)} bytes > {limits['audio_bytes']} bytes")
    try:
        with _audio_lock:
            samples, rate = wav_samples(data)
    except InputError as error:
        raise MediaError("format", _kind(data)) from error
    if not 4000 <= rate <= 192_000 or not len(samples):
        raise MediaError("format", f"{len(samples)} samples at {rate} Hz")
    if len(samples) > MAX_AUDIO_SECONDS * rate:
        raise MediaError(
            "seconds",
            f"audio duration {len(samples) / rate:.1f} seconds is longer than {MAX_AUDIO_SECONDS} "
            "seconds which is the maximum for this model",
        )
    return AudioClip(samples, rate)


def _kind(data: bytes) -> str:
    """Return a description of an audio file by its first bytes."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "a WAV file that is damaged or not in PCM format"
    starts = {b"ID3": "mp3", b"\xff\xfb": "mp3", b"OggS": "ogg", b"fLaC": "flac", b"\x1aE\xdf\xa3": "webm"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    return f"a file of type {kind}" if kind else "an unknown file type"


def resampled(samples: np.ndarray, old: int, new: int) -> np.ndarray:
    """Return audio resampled to another rate, band-limited to the lower of the two Nyquist frequencies.

    samples  (n,) float32
    returns  (n * new / old,) float32

    >>> resampled(np.zeros(160, np.float32), 16000, 24000).shape
    (240,)
    """
    length = round(len(samples) * new / old)
    if old == new or not length:
        return samples
    spectrum = np.fft.rfft(samples.astype(np.float64))[: length // 2 + 1]
    return (np.fft.irfft(spectrum, length) * (length / len(samples))).astype(np.float32)


def _chunks(text: str) -> list[str]:
    """Return a text in chunks of at most 40 words, cut at punctuation if possible, so that memory stays bounded.

    >>> _chunks("One. Two. " + "and " * 50)[0]
    'One. Two. '
    """
    chunks = [""]
    for sentence in re.findall(r"[^.!?;\n]*[.!?;\n]?\s*", text):
        words = re.findall(r"\S+\s*", sentence)
        for start in range(0, len(words), _CHUNK_WORDS):
            piece = "".join(words[start : start + _CHUNK_WORDS])
            if len((chunks[-1] + piece).split()) > _CHUNK_WORDS:
                chunks.append("")
            chunks[-1] += piece
    return chunks


def synthesised(text: str, voice: int, form: str) -> bytes:
    """Return a text as speech: a WAV file, or raw 16-bit samples ("pcm"), at 24,000 samples per second.

    voice   int   number of a voice of the world
    raises  MediaError  with the reason "text", if the text has no words or too many
    """
    parts = [part for part in _chunks(text) if world.spoken(part)]
    if not 1 <= sum(len(world.spoken(part)) for part in parts) <= _MAX_WORDS:
        raise MediaError("text", f"expected 1 to {_MAX_WORDS} words")
    samples = np.concatenate([resampled(world.speak(part, seed=voice), 16_000, RATE) for part in parts])
    return wav_bytes(samples, RATE)[_WAV_HEAD if form == "pcm" else 0 :]


@dataclass(frozen=True, eq=False)
class VideoClip:
    """A video of a request.

    frames   (t, h, w, 3) uint8   the frames that the model sees
    times    tuple of float       the time of each frame in seconds
    seconds  float                length of the requested segment
    detail   str                  the resolution that the request asks for
    """

    frames: np.ndarray
    times: tuple[float, ...]
    seconds: float
    detail: str = ""


def video_fault(data: bytes) -> str:
    """Return why a file is not a readable video; "" if it is one."""
    try:
        with _video_lock:
            avi_frames(data)
    except InputError as error:
        return error.given.partition("(")[2].rstrip(")")
    return ""


def load_video(
    data: bytes, limits: dict, fps: float | None = None, part: tuple = (0.0, None), *, detail: str = ""
) -> VideoClip:
    """Return the frames of an AVI file that the model sees, or raise MediaError.

    limits  a provider's row of the catalog's limits: video_bytes
    fps     frames per second to sample; None for DEFAULT_FPS
    part    (start, end) in seconds; an end of None is the end of the video
    """
    if len(data) > limits["video_bytes"]:
        raise MediaError("bytes", f"{len(data)} bytes > {limits['video_bytes']} bytes")
    try:
        with _video_lock:
            video = avi_frames(data)
    except InputError as error:
        raise MediaError("format", error.given.partition("(")[2].rstrip(")")) from error
    whole = len(video.frames) / video.fps
    start, end = part[0], whole if part[1] is None else min(part[1], whole)
    if not 0 <= start < end:
        raise MediaError("part", f"{start} to {end} seconds of a video of {whole:g} seconds")
    step = 1 / (fps or DEFAULT_FPS)
    times = [start + step * n for n in range(ceil(round((end - start) / step, 6)))]
    if len(times) > MAX_FRAMES:
        raise MediaError(
            "part", f"{len(times)} frames exceed the maximum of {MAX_FRAMES}: ask for fewer frames per second"
        )
    # A time between two frames gets the earlier one; the 1e-6 keeps rounding from losing a frame.
    indices = [min(int(time * video.fps + 1e-6), len(video.frames) - 1) for time in times]
    return VideoClip(video.frames[indices], tuple(times), end - start, detail)
