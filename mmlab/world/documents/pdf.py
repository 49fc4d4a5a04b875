"""Pages to the bytes of a PDF and back: one picture a page, every pixel kept."""

import re
import zlib
from collections.abc import Iterator

import numpy as np

from mmlab.errors import InputError
from mmlab.world.images import decode_image, image_header

_LARGEST = 40_000_000  # pixels of a page that is read
_HEAD = 2000  # bytes of an object's head, at most
_IMAGE = re.compile(rb"/Subtype\s{0,9}/Image\b")
_STREAM = re.compile(rb">>\s{0,9}stream\r?\n")


def pdf(pages) -> bytes:
    """Return pages as the bytes of a PDF file, one point to a pixel; it names no date and no program.

    pages    sequence of (h, w, 3) uint8, or of documents
    raises   InputError   for no pages, or for something that is no picture

    >>> pdf([np.zeros((4, 5, 3), np.uint8)])[:8]
    b'%PDF-1.4'
    """
    pictures = [np.ascontiguousarray(getattr(page, "image", page)) for page in pages]
    for picture in pictures:
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
            raise InputError(f"pdf: a page of shape {picture.shape}, {picture.dtype}",
                             "pictures (h, w, 3) of uint8, or documents", "pass [page.image]")  # fmt: skip
    if not pictures:
        raise InputError("pdf: no pages", "at least one", "pass [invoice()]")
    kids = b" ".join(b"%d 0 R" % (3 + 3 * place) for place in range(len(pictures)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pictures), kids)]
    for place, picture in enumerate(pictures):
        number = 3 + 3 * place
        size = (picture.shape[1], picture.shape[0])
        draw = b"q %d 0 0 %d 0 0 cm /P Do Q" % size
        objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R"
                       b"/Resources<</XObject<</P %d 0 R>>>>>>" % (*size, number + 1, number + 2))  # fmt: skip
        objects.append(_stream(b"", draw))
        head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode" % size
        objects.append(_stream(head, zlib.compress(picture.tobytes(), 6)))
    return _file(objects)


def _stream(head: bytes, data: bytes) -> bytes:
    """Return a stream object."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (head, len(data), data)


def _file(objects: list[bytes]) -> bytes:
    """Return numbered objects with the table that says where each lies."""
    parts, places, length = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], [], 15
    for number, body in enumerate(objects, 1):
        places.append(length)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        length += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table))
    parts.append(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, length))
    return b"".join(parts)


def pdf_pages(data: bytes) -> list[np.ndarray]:
    """Return the pictures of a PDF whose pages are pictures, as `pdf`, Pillow and scanners write it.

    data     bytes   a whole PDF file
    returns  list of (h, w, 3) uint8
    raises   InputError   when the bytes are no PDF, are damaged, or hold no pictures (text that is
                          drawn with fonts is not read)
    """
    return list(each_pdf_page(data))


def pdf_sizes(data: bytes) -> list[tuple[int, int]]:
    """Return the (width, height) of each page that a PDF announces, without decoding any.

    raises  InputError   as pdf_pages

    >>> pdf_sizes(pdf([np.zeros((4, 5, 3), np.uint8)]))
    [(5, 4)]
    """
    return [(width, height) for width, height, _, _ in _pictures(bytes(data))]


def each_pdf_page(data: bytes) -> Iterator[np.ndarray]:
    """Yield what pdf_pages returns, one page decoded at a time."""
    data = bytes(data)
    for width, height, head, start in _pictures(data):
        yield _picture(head, data, start, (width, height))


def _pictures(data: bytes) -> list[tuple[int, int, bytes, int]]:
    """Return (width, height, head, start of its bytes) of each picture object."""
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        raise InputError(f"pdf_pages: {len(data)} bytes that are no whole PDF file",
                         "bytes that begin with %PDF- and end with %%EOF", "read the file again")  # fmt: skip
    found = []
    for match in _IMAGE.finditer(data):
        # Looked for near by alone, so that no file makes this slow.
        begun = data.rfind(b" obj", max(match.start() - _HEAD, 0), match.start())
        body = _STREAM.search(data, match.end(), match.end() + _HEAD)
        if begun < 0 or not body:
            continue
        head = data[begun : body.start()]
        width, height = _number(b"Width", head), _number(b"Height", head)
        if not width or not height:
            raise _unreadable("a picture without a size")
        if width * height > _LARGEST:
            raise _unreadable(f"a picture of {width} x {height} pixels")
        found.append((width, height, head, body.end()))
    if not found:
        raise InputError("pdf_pages: a PDF without pictures", "pages that are pictures",
                         "turn the pages into pictures first")  # fmt: skip
    return found


def _number(name: bytes, head: bytes) -> int:
    """Return a number of an object's head; 0 where it is none, or stands in another object."""
    match = re.search(rb"/" + name + rb"\s{0,9}(\d{1,9})(?!\s{1,9}\d{1,9}\s{1,9}R)\b", head)
    return int(match[1]) if match else 0


def _picture(head: bytes, data: bytes, start: int, size: tuple[int, int]) -> np.ndarray:
    """Return the picture of one image object whose bytes begin at `start`."""
    width, height = size
    length = _number(b"Length", head)
    end = start + length if length else data.find(b"endstream", start)
    body = data[start:end]
    if b"DCTDecode" in head:
        body = body.rstrip(b"\r\n")
        if image_header(body)[1:] != size:
            raise _unreadable("a picture of another size than it says")
        return decode_image(body)
    channels = 3 if b"DeviceRGB" in head else 1 if b"DeviceGray" in head else 0
    if b"FlateDecode" not in head or not channels or b"/DecodeParms" in head:
        raise _unreadable("a picture in a coding that is not read here")
    wanted = width * height * channels
    try:
        # No more than the picture needs: a small file may swell to any size.
        pixels = zlib.decompressobj().decompress(body, wanted)
    except zlib.error as error:
        raise _unreadable(f"a damaged picture ({error})") from error
    if len(pixels) != wanted:
        raise _unreadable(f"a picture of {len(pixels)} bytes where {wanted} were due")
    picture = np.frombuffer(pixels, np.uint8).reshape(height, width, channels)
    return np.repeat(picture, 3 // channels, axis=2)


def _unreadable(why: str) -> InputError:
    """Return the error for a picture in a PDF that cannot be read."""
    return InputError(f"pdf_pages: {why}", "RGB, grey or JPEG pictures, at most 40 million pixels each",
                      "write the file with pdf(pages)")  # fmt: skip
