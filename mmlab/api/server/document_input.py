"""Documents of requests: PDF files, each page of which becomes an image, and plain text."""

import threading

import numpy as np

from mmlab.api.server.media import MAX_PIXELS, Image, MediaError, downscaled
from mmlab.api.server.resource_limits import take
from mmlab.errors import InputError
from mmlab.world.files.pdf import each_pdf_page, pdf_sizes

MAX_TOTAL_PIXELS = 64_000_000  # of all pages together
MAX_CHARACTERS = 1_000_000
_one_at_a_time = threading.Lock()  # bounds the memory in use


def pages(data: bytes, limits: dict, detail: str = "auto") -> tuple[Image, ...]:
    """Return the pages of a PDF file as images, or raise MediaError.

    limits  a provider's row of the catalog's limits: pdf_bytes, pdf_pages
    detail  the resolution that the request asks for
    raises  MediaError  with the reason "bytes", "pages", "pixels", "locked" or "format"
    """
    if len(data) > limits["pdf_bytes"]:
        raise MediaError("bytes", f"{len(data)} bytes > {limits['pdf_bytes']} bytes")
    if not is_pdf(data):
        raise MediaError("format", "not a PDF file")
    if b"/Encrypt" in data:
        raise MediaError("locked")
    try:
        sizes = pdf_sizes(data)
        if len(sizes) > limits["pdf_pages"]:
            raise MediaError("pages", f"{len(sizes)} pages > {limits['pdf_pages']} pages")
        total = sum(width * height for width, height in sizes)
        if total > MAX_TOTAL_PIXELS or any(width * height > MAX_PIXELS for width, height in sizes):
            raise MediaError("pixels", f"{total} pixels on {len(sizes)} pages")
        largest = 6 * max(width * height for width, height in sizes)
        take(largest)  # for decoding one page at a time: pypdf holds the page and its parts
        with _one_at_a_time:
            images = tuple(
                _page(pixels, size, detail, number)
                for number, (size, pixels) in enumerate(zip(sizes, each_pdf_page(data)), 1)
            )
        take(-largest)
        return images
    except InputError as error:
        raise MediaError("format", error.given.partition(": ")[2]) from error


def _page(pixels: np.ndarray, size: tuple[int, int], detail: str, number: int) -> Image:
    """Return one page as an image that the models see."""
    small = downscaled(pixels)
    take(small.nbytes)
    return Image(small, *size, "PDF", detail, number)


def is_pdf(data: bytes) -> bool:
    """Whether a file has the magic bytes of PDF."""
    return data.startswith(b"%PDF-")


def text(data: bytes) -> str:
    """Return the text in a file, or raise MediaError.

    raises  MediaError  with the reason "bytes" (too long) or "format" (not UTF-8)
    """
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MediaError("format", "not text in UTF-8") from error
    if len(decoded) > MAX_CHARACTERS:
        raise MediaError("bytes", f"{len(decoded)} characters > {MAX_CHARACTERS} characters")
    if "\0" in decoded:
        raise MediaError("format", "not text in UTF-8")
    return decoded
