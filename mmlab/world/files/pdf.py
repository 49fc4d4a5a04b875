"""Write pages to the bytes of a PDF and read them back: one image per page, exact to the pixel."""

import io
import zlib
from collections.abc import Iterator

import numpy as np

from mmlab.errors import InputError, MissingPart
from mmlab.world.files.image import decode_image, image_header

_LARGEST = 40_000_000  # maximum pixels of a page
# Limits for the structure of a file: enough for a thousand pages, too small for a decompression bomb.
_LIMITS = {"zlib_maximum_output_length": 5_000_000, "page_tree_maximum_entries": 2_000}


def pdf(pages) -> bytes:
    """Return pages as the bytes of a PDF file, one point per pixel, without date and producer.

    pages    sequence of (h, w, 3) uint8, or of documents
    raises   InputError   when there are no pages, or one of them is not an image

    >>> pdf([np.zeros((4, 5, 3), np.uint8)])[:8]
    b'%PDF-1.4'
    """
    images = [np.ascontiguousarray(getattr(page, "image", page)) for page in pages]
    for image in images:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise InputError(
                f"pdf: a page of shape {image.shape}, {image.dtype}",
                "images (h, w, 3) of uint8, or documents",
                "pass [page.image]",
            )
    if not images:
        raise InputError("pdf: no pages", "at least one", "pass [invoice()]")
    kids = b" ".join(b"%d 0 R" % (3 + 3 * index) for index in range(len(images)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(images), kids)]
    for index, image in enumerate(images):
        number = 3 + 3 * index
        size = (image.shape[1], image.shape[0])
        draw = b"q %d 0 0 %d 0 0 cm /P Do Q" % size
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R"
            b"/Resources<</XObject<</P %d 0 R>>>>>>" % (*size, number + 1, number + 2)
        )
        objects.append(_stream(b"", draw))
        head = (
            b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode"
            % size
        )
        objects.append(_stream(head, zlib.compress(image.tobytes(), 6)))
    return _file(objects)


def _stream(head: bytes, data: bytes) -> bytes:
    """Return a stream object."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (head, len(data), data)


def _file(objects: list[bytes]) -> bytes:
    """Return numbered objects with their cross-reference table."""
    parts, offsets, length = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], [], 15
    for number, body in enumerate(objects, 1):
        offsets.append(length)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        length += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table))
    parts.append(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, length))
    return b"".join(parts)


def pdf_pages(data: bytes) -> list[np.ndarray]:
    """Return the images of a PDF whose pages are images, as `pdf`, Pillow and scanners write them.

    data     bytes   a complete PDF file
    returns  list of (h, w, 3) uint8
    raises   InputError    when the bytes are not a PDF, are damaged, or contain no images (text
                           drawn with fonts is not read)
             MissingPart   without pypdf
    """
    return list(each_pdf_page(data))


def pdf_sizes(data: bytes) -> list[tuple[int, int]]:
    """Return the (width, height) of each page of a PDF, without decoding the pages.

    raises  InputError   as pdf_pages

    >>> pdf_sizes(pdf([np.zeros((4, 5, 3), np.uint8)]))
    [(5, 4)]
    """
    return [_size(image) for image in _images(data)]


def each_pdf_page(data: bytes) -> Iterator[np.ndarray]:
    """Yield the pages that pdf_pages returns, and decode one at a time."""
    for image in _images(data):
        yield _pixels(image)


def _images(data: bytes) -> list:
    """Return pypdf's image objects of all pages, without decoding them."""
    try:
        from pypdf import PdfReader, apply_configuration
    except ImportError as error:
        raise MissingPart(f"pdf_pages: {error}", "pypdf", "pip install 'mmlab[api]'") from error

    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        raise InputError(
            f"pdf_pages: {len(data)} bytes that are not a complete PDF file",
            "bytes that begin with %PDF- and end with %%EOF",
            "read the file again",
        )
    try:
        with apply_configuration(**_LIMITS):
            pages = PdfReader(io.BytesIO(data), strict=True).pages
            objects = [entry.get_object() for page in pages for entry in _drawn(page)]
        images = [entry for entry in objects if entry.get("/Subtype") == "/Image"]
    except Exception as error:  # pypdf raises many kinds of exceptions for damaged files
        raise _unreadable(f"a damaged file ({type(error).__name__})") from error
    if not images:
        raise InputError(
            "pdf_pages: a PDF without images", "pages that are images", "convert the pages to images first"
        )
    for image in images:
        width, height = _size(image)
        if width * height > _LARGEST:
            raise _unreadable(f"an image of {width} x {height} pixels")
    return images


def _drawn(page) -> list:
    """Return the external objects that a page can draw."""
    resources = page.get("/Resources", {}).get_object()
    return list(resources.get("/XObject", {}).values())


def _size(image) -> tuple[int, int]:
    size = image.get("/Width"), image.get("/Height")
    if not all(isinstance(side, int) and 0 < side < 10**9 for side in size):
        raise _unreadable("an image without a size")
    return int(size[0]), int(size[1])


def _pixels(image) -> np.ndarray:
    """Return the pixels of an image object, with bounded memory."""
    from pypdf import apply_configuration

    width, height = _size(image)
    coding, colours = image.get("/Filter"), image.get("/ColorSpace")
    channels = {"/DeviceRGB": 3, "/DeviceGray": 1}.get(colours, 0) if isinstance(colours, str) else 0
    if isinstance(coding, list) and len(coding) == 1:
        coding = coding[0]
    if (
        coding not in ("/DCTDecode", "/FlateDecode")
        or (coding == "/FlateDecode" and not channels)
        or "/DecodeParms" in image
    ):
        raise _unreadable("an image with an unsupported filter or colour space")
    wanted = width * height * channels
    try:
        with apply_configuration(zlib_maximum_output_length=max(wanted, 1)):
            body = image.get_data()
    except Exception as error:
        raise _unreadable(f"a damaged image ({type(error).__name__})") from error
    image.decoded_self = None  # otherwise pypdf stores every decoded page
    if coding == "/DCTDecode":
        if image_header(body)[1:] != (width, height):
            raise _unreadable("the size of an image does not match its header")
        return decode_image(body)
    if len(body) != wanted:
        raise _unreadable(f"an image of {len(body)} bytes instead of {wanted}")
    pixels = np.frombuffer(body, np.uint8).reshape(height, width, channels)
    return np.repeat(pixels, 3 // channels, axis=2)


def _unreadable(why: str) -> InputError:
    """Return the error for an image in a PDF that cannot be read."""
    return InputError(
        f"pdf_pages: {why}",
        "RGB, grey or JPEG images, at most 40 million pixels each",
        "write the file with pdf(pages)",
    )
