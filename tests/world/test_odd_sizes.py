"""Every reader takes an image of any size from 1 × 1, whatever is on it."""

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmlab.perception import budget, look, read_page, read_text
from mmlab.perception.chart import read_chart
from mmlab.perception.code import read_code
from mmlab.perception.faces import read_faces
from mmlab.perception.form import read_choices
from mmlab.perception.screen import read_screen
from mmlab.perception.slant import is_slanted, slant_of, straight
from mmlab.world.documents.degraded_scan import drops_of

SMALL = (1, 2, 3, 7, 16, 50)
SIZES = [(height, width) for height in SMALL for width in SMALL] + [
    size
    for thin, long in ((1, 400), (3, 1500), (10, 400), (20, 1000), (40, 1500))
    for size in ((thin, long), (long, thin))
]
READERS = (look, read_page, read_text, read_chart, read_code, read_screen, read_choices, read_faces)


def plain(height: int, width: int) -> np.ndarray:
    """Return a white image."""
    return np.full((height, width, 3), 255, np.uint8)


def dots(height: int, width: int) -> np.ndarray:
    """Return black pixels on white."""
    image = plain(height, width)
    image[np.random.default_rng(height * 1600 + width).random((height, width)) < 0.05] = 0
    return image


def noise(height: int, width: int) -> np.ndarray:
    """Return pixels in random colours."""
    return np.random.default_rng(width).integers(0, 256, (height, width, 3)).astype(np.uint8)


def text(height: int, width: int) -> np.ndarray:
    """Return black text on white, as much as fits."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).text((1, 0), "\n".join(["Hello world 12 " * 12] * 8), fill="black")
    return np.array(image)


def boxes(height: int, width: int) -> np.ndarray:
    """Return black rectangles on white."""
    image = plain(height, width)
    for top in range(2, height, 30):
        for left in range(2, width, 30):
            image[top : top + 7, left : left + 12] = 0
    return image


def stairs(height: int, width: int) -> np.ndarray:
    """Return a line that falls by one row in every 25 columns, the strongest slant that a page may have."""
    image = plain(height, width)
    columns = np.arange(width)
    for start in range(0, 2 * height, 4):
        rows = start - columns // 25
        inside = (0 <= rows) & (rows < height)
        image[rows[inside], columns[inside]] = 0
    return image


CONTENTS = (plain, dots, noise, text, boxes, stairs)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.__name__)
def test_any_size_is_read(content):
    for height, width in SIZES:
        image = content(height, width)
        # The short budget keeps the sweep cheap; the readers must answer with it and without it.
        with budget.until(time.monotonic() + 60), budget.shared(0.2, 0.2):
            for read in READERS:
                read(image)
        if height * width <= 500:
            with budget.until(time.monotonic() + 60):
                for read in READERS:
                    read(image)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("size", [(1, 1), (1, 60), (3, 1500), (10, 400), (20, 1000), (40, 1500), (1500, 40)])
def test_a_slant_leaves_at_least_half_of_an_image(size):
    for content in CONTENTS:
        image = content(*size)
        drops = drops_of(size[1], slant_of(image))
        assert len(straight(image, drops)) >= size[0] // 2
        assert is_slanted(image, drops) in (True, False)


def test_readers_answer_when_nothing_is_left_of_the_budget():
    for content in CONTENTS:
        image = content(100, 300)
        with budget.shared(0.0, 0.0) as shared:
            for read in READERS:
                read(image)
            assert shared.cut and look(image).background == "white" or content is noise
