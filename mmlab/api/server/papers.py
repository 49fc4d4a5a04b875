"""Documents as requests bring them: PDF files, of which each page is looked at, and plain texts."""

import threading

import numpy as np

from mmlab.api.server.allowance import take
from mmlab.api.server.pictures import MOST_PIXELS, Picture, Unfit, looked_at
from mmlab.errors import InputError
from mmlab.world.documents.pdf import each_pdf_page, pdf_sizes

MOST_TOGETHER = 64_000_000  # pixels of all pages
LONGEST_TEXT = 1_000_000  # characters
_one_at_a_time = threading.Lock()  # so that memory stays bounded


def pages(data: bytes, limits: dict, detail: str = "auto") -> tuple[Picture, ...]:
    """Return the pages that the bytes of a PDF file hold, as pictures; or raise Unfit.

    limits  a provider's row of the catalog: pdf_bytes, pdf_pages
    detail  what the request says of its resolution
    raises  Unfit  whose `why` is "bytes", "pages", "pixels", "locked" or "format"
    """
    if len(data) > limits["pdf_bytes"]:
        raise Unfit("bytes", f"{len(data)} bytes > {limits['pdf_bytes']} bytes")
    if not is_pdf(data):
        raise Unfit("format", "no PDF file")
    if b"/Encrypt" in data:
        raise Unfit("locked")
    try:
        sizes = pdf_sizes(data)
        if len(sizes) > limits["pdf_pages"]:
            raise Unfit("pages", f"{len(sizes)} pages > {limits['pdf_pages']} pages")
        together = sum(width * height for width, height in sizes)
        if together > MOST_TOGETHER or any(width * height > MOST_PIXELS for width, height in sizes):
            raise Unfit("pixels", f"{together} pixels on {len(sizes)} pages")
        largest = 3 * max(width * height for width, height in sizes)
        take(largest)  # while one page after another is decoded
        with _one_at_a_time:
            found = tuple(_page(pixels, size, detail, number) for number, (size, pixels) in enumerate(
                zip(sizes, each_pdf_page(data)), 1))  # fmt: skip
        take(-largest)
        return found
    except InputError as error:
        raise Unfit("format", error.given.partition(": ")[2]) from error


def _page(pixels: np.ndarray, size: tuple[int, int], detail: str, number: int) -> Picture:
    """Return one page as the models look at it."""
    seen = looked_at(pixels)
    take(seen.nbytes)
    return Picture(seen, *size, "PDF", detail, number)


def is_pdf(data: bytes) -> bool:
    """Do bytes begin as a PDF file does?"""
    return data.startswith(b"%PDF-")


def text(data: bytes) -> str:
    """Return the text that a file holds, or raise Unfit.

    raises  Unfit  whose `why` is "bytes" or "format": too long, or no UTF-8
    """
    try:
        found = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unfit("format", "no text in UTF-8") from error
    if len(found) > LONGEST_TEXT:
        raise Unfit("bytes", f"{len(found)} characters > {LONGEST_TEXT} characters")
    if "\0" in found:
        raise Unfit("format", "no text in UTF-8")
    return found
