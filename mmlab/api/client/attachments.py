"""Images, audio and documents as bytes, given as bytes of a file, an array, a path or an address."""

import base64
import os
from pathlib import Path

from mmlab.errors import InputError

PDF, WAV = "application/pdf", "audio/wav"


def image_bytes(image) -> bytes | str:
    """Return an image as the bytes of a file, or its address.

    image   bytes of a file; (h, w, 3) uint8 array, a Pillow image or a page of the world (saved as PNG);
            a path; an address that begins with http:// or https://
    raises  InputError or ShapeError  for anything else
    """
    if isinstance(image, str) and image.startswith(("http://", "https://")):
        return image
    data = _bytes_of(image, "an image")
    if data is not None:
        return data
    from mmlab.world import encode_image

    if hasattr(image, "convert"):  # Pillow's
        import numpy as np

        image = np.asarray(image.convert("RGB"))
    return encode_image(getattr(image, "image", image))


def audio_bytes(clip) -> bytes:
    """Return audio as the bytes of a WAV file.

    clip  bytes of a WAV file; (n,) float array at 16 kHz; a path
    """
    data = _bytes_of(clip, "audio")
    if data is None:
        from mmlab.world.files.wav import wav_bytes

        data = wav_bytes(clip)
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise InputError(
            f"audio of {len(data)} bytes that begin with {data[:4]!r}",
            "a WAV file",
            "save it as WAV: mmlab.world.files.wav.wav_bytes",
        )
    return data


def document_bytes(document) -> bytes:
    """Return a document as the bytes of a PDF file.

    document  bytes of a PDF file, a path, or a page of the world
    """
    data = _bytes_of(document, "a document")
    if data is None and hasattr(document, "image"):
        from mmlab.world.files.pdf import pdf

        data = pdf([document])
    if data is None or not data.startswith(b"%PDF-"):
        raise InputError(
            f"a document: {type(document).__name__}",
            "a PDF file, its bytes or its path",
            "send images of pages with images=[...]",
        )
    return data


def base64_text(data: bytes) -> str:
    """Return bytes in base64 with the standard alphabet."""
    return base64.b64encode(data).decode("ascii")


def _bytes_of(thing, what: str) -> bytes | None:
    """Return bytes as they are, or those of the file at a path; None for anything else."""
    if isinstance(thing, bytes | bytearray | memoryview):
        return bytes(thing)
    if isinstance(thing, str | os.PathLike):
        try:
            return Path(thing).read_bytes()
        except OSError as error:
            raise InputError(
                f"{what} at {os.fspath(thing)[:200]!r}: {error.strerror or error}",
                "a file that can be read",
                "pass its bytes, or its path",
            ) from error
    return None
