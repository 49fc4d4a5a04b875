"""Pictures, sounds and documents as they are given: bytes of a file, an array, a path, an address."""

import base64
import os
from pathlib import Path

from mmlab.errors import InputError

PDF, WAV = "application/pdf", "audio/wav"


def picture_bytes(image) -> bytes | str:
    """Return a picture as the bytes of a file, or its address.

    image   bytes of a file; (h, w, 3) uint8 array, a Pillow image or a page of the world (saved as PNG);
            a path; an address that begins with http:// or https://
    raises  InputError or ShapeError  when it is none of these
    """
    if isinstance(image, str) and image.startswith(("http://", "https://")):
        return image
    found = _bytes_of(image, "a picture")
    if found is not None:
        return found
    from mmlab.world import encode_image

    if hasattr(image, "convert"):  # Pillow's
        import numpy as np

        image = np.asarray(image.convert("RGB"))
    return encode_image(getattr(image, "image", image))


def sound_bytes(sound) -> bytes:
    """Return a sound as the bytes of a WAV file.

    sound  bytes of a WAV file; (n,) float array at 16 kHz; a path
    """
    found = _bytes_of(sound, "a sound")
    if found is None:
        from mmlab.world.sounds import wav_bytes

        found = wav_bytes(sound)
    if found[:4] != b"RIFF" or found[8:12] != b"WAVE":
        raise InputError(f"a sound of {len(found)} bytes that begin with {found[:4]!r}", "a WAV file",
                         "save it as WAV: mmlab.world.sounds.wav_bytes")  # fmt: skip
    return found


def document_bytes(document) -> bytes:
    """Return a document as the bytes of a PDF file.

    document  bytes of a PDF file, a path, or a page of the world
    """
    found = _bytes_of(document, "a document")
    if found is None and hasattr(document, "image"):
        from mmlab.world.documents.pdf import pdf

        found = pdf([document])
    if found is None or not found.startswith(b"%PDF-"):
        raise InputError(f"a document: {type(document).__name__}", "a PDF file, its bytes or its path",
                         "send pictures of pages as images")  # fmt: skip
    return found


def text_of(data: bytes) -> str:
    """Return bytes as base64 in the standard alphabet."""
    return base64.b64encode(data).decode("ascii")


def _bytes_of(thing, what: str) -> bytes | None:
    """Return bytes that were given, or those of the file at a path; None for anything else."""
    if isinstance(thing, bytes | bytearray | memoryview):
        return bytes(thing)
    if isinstance(thing, str | os.PathLike):
        try:
            return Path(thing).read_bytes()
        except OSError as error:
            raise InputError(f"{what} at {os.fspath(thing)[:200]!r}: {error.strerror or error}",
                             "a file that can be read", "pass its bytes, or its path") from error  # fmt: skip
    return None
