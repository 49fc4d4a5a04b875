"""PDF files that mean harm: refused soon, in little memory, by a server that goes on."""

import time
import zlib

import numpy as np
import pytest

from mmlab.world import encode_image
from pdf_files import file_of, pdf_of, pictures
from test_hostile import send, status
from test_hostile_memory import document, peak_of


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (pdf_of(1, 30_000, 30_000), "pixels"),
        (pdf_of(90, 1_000, 1_000), "too large"),
        (pdf_of(101, 8, 8), "maximum of 100"),
        (pdf_of(1, 9_000, 4_000, b"/Filter/DCTDecode"), "too large"),
        (pdf_of(1, 4_000, 4_000), "bytes instead of"),
    ],
    ids=["one giant", "many large", "many small", "a giant JPEG", "less than it says"],
)
def test_a_bomb_in_a_pdf_is_refused_before_it_goes_off(local, file, said):
    answer, peak = peak_of(lambda: send(local, document(file), 20))
    assert status(answer) == 400 and said.encode() in answer and peak < 80 << 20


@pytest.mark.parametrize(
    "filler", [b"<<", b"/Subtype ", b"/Subtype/Image ", b"1 0 obj<<", b"/Width 1" + b" " * 50]
)
def test_no_pdf_takes_long_to_be_refused(local, filler):
    data = b"%PDF-1.4\n" + filler * ((2 << 20) // len(filler)) + b"\n%%EOF\n"
    begun = time.process_time()
    answer = send(local, document(data), 30)
    assert status(answer) == 400 and time.process_time() - begun < 3


def test_a_jpeg_of_another_size_than_its_page_says_is_refused(local):
    jpeg = encode_image(np.zeros((64, 64, 3), np.uint8), "JPEG")
    answer = send(local, document(pictures(1, b"/Width 8/Height 8/Filter/DCTDecode", jpeg)))
    assert status(answer) == 400 and b"does not match its header" in answer


SWELLS = zlib.compress(bytes(200 << 20), 9)
DEEP = b"<</A " * 100_000 + b"1" + b">>" * 100_000
STRUCTURES = {
    "a picture that swells": pictures(
        1, b"/Width 8/Height 8/ColorSpace/DeviceRGB/Filter/FlateDecode", SWELLS
    ),
    "packed twice": pictures(
        1, b"/Width 8/Height 8/ColorSpace/DeviceRGB/Filter[/FlateDecode/FlateDecode]", zlib.compress(SWELLS)
    ),
    "objects that swell": file_of(
        [
            b"<</Type/Catalog/Pages 5 0 R>>",
            b"<</Type/ObjStm/N 9/First 9/Filter/FlateDecode/Length %d>>\n"
            b"stream\n%s\nendstream" % (len(SWELLS), SWELLS),
        ]
    ),
    "a page that is its own parent": file_of(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>"]
    ),
    "pages without end": file_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[%s]>>" % (b"3 0 R " * 200_000),
            b"<</Type/Page/Parent 2 0 R>>",
        ]
    ),
    "a count that lies": file_of(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 999999999/Kids[]>>"]
    ),
    "endless nesting": file_of([b"<</Type/Catalog/Pages 2 0 R>>", DEEP]),
    "no table but itself": pictures(1, b"/Width 8/Height 8", b"x").replace(
        b"trailer\n<<", b"trailer\n<</Prev 9 "
    ),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_pdf_whose_structure_means_harm_is_refused_soon_and_in_little_memory(local, name):
    begun = time.process_time()
    answer, peak = peak_of(lambda: send(local, document(STRUCTURES[name]), 60))
    assert status(answer) == 400 and b"not valid" in answer, answer[-300:]
    assert peak < 80 << 20 and time.process_time() - begun < 5
