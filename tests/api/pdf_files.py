"""PDF files made by hand, whole and of any structure."""

import zlib


def pdf_of(pages: int, width: int, height: int, head: bytes = b"/Filter/FlateDecode") -> bytes:
    """Return a small PDF whose pages announce many pixels."""
    packed = zlib.compress(bytes(min(width * height * 3, 4_000_000)), 9)
    return pictures(pages, b"/Width %d/Height %d/ColorSpace/DeviceRGB%s" % (width, height, head), packed)


def pictures(pages: int, head: bytes, data: bytes) -> bytes:
    """Return a whole PDF file of so many pages, each of one picture object with that head and those bytes."""
    image = b"<</Type/XObject/Subtype/Image%s/Length %d>>\nstream\n%s\nendstream" % (head, len(data), data)
    kids = b" ".join(b"%d 0 R" % (3 + 2 * n) for n in range(pages))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids)]
    for n in range(pages):
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</P %d 0 R>>>>>>" % (4 + 2 * n),
            image,
        ]
    return file_of(objects)


def file_of(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """Return numbered objects as a PDF file with its table; the first is the catalog."""
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, trailer, len(body))
    )
