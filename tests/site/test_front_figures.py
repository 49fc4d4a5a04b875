"""The figures of README.md and of the first page come from cells of lessons that are there."""

import json
import re
import struct
from pathlib import Path

import pytest

from mmlab.errors import NotebookError
from mmlab.instructor.site import front_figures

ROOT = Path(__file__).resolve().parents[2]


def alternative_texts(page: str, folder: str) -> dict[str, str]:
    """Return figure → alternative text, as a page has them."""
    pattern = rf"<!-- figure:(\w+) -->\n!\[(.+)\]\({folder}/front_\1\.png\)\n<!-- /figure -->"
    return dict(re.findall(pattern, (ROOT / page).read_text(encoding="utf-8")))


@pytest.mark.parametrize(("name", "source"), front_figures.FIGURES.items())
def test_a_figure_is_a_png_that_a_cell_of_a_lesson_draws(name, source):
    lesson, cell_id = source
    cells = json.loads((ROOT / "lessons" / f"{lesson}.ipynb").read_text(encoding="utf-8"))["cells"]
    assert cell_id in [cell["id"] for cell in cells]
    png = (ROOT / front_figures.FOLDER / f"front_{name}.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n") and len(png) < 300_000
    width, height = struct.unpack(">II", png[16:24])
    assert width >= 400 and height >= 150


def test_both_pages_show_the_same_figures_with_the_same_words():
    first, *others = [alternative_texts(*page) for page in front_figures.PAGES.items()]
    assert list(first) and set(first) == set(front_figures.FIGURES) and others == [first]


def test_a_page_without_the_marks_is_refused():
    with pytest.raises(NotebookError, match="0 places for the figure matrix"):
        front_figures.with_figures("# A page", "_static", {"matrix": "three heat maps"})


def test_the_alternative_text_may_hold_brackets():
    text = front_figures.with_figures("<!-- figure:a --><!-- /figure -->", "_static", {"a": "range [0, 1]"})
    assert r"![range \[0, 1\]](_static/front_a.png)" in text


def test_without_an_executed_copy_it_says_what_to_run(tmp_path):
    with pytest.raises(NotebookError, match="make notebooks"):
        front_figures.drawn(tmp_path, "02_clip", "sharpen")
