"""No image keeps a reader busy: photographs are recognised first, and computation has a budget."""

import time

import numpy as np
import pytest

from mmlab.api.server.resource_limits import Allowance
from mmlab.perception import budget, look, read_page
from mmlab.perception.photograph import is_photograph
from mmlab.world import render, sample
from mmlab.world.documents import chart, code_page, contract, faces, form, invoice, menu, receipt, screenshot
from mmlab.world.documents.degraded_scan import degraded

PAGES = (chart, code_page, contract, faces, form, invoice, menu, receipt, screenshot)


def grains(shape: tuple[int, int], low: int = 0, high: int = 256, seed: int = 0) -> np.ndarray:
    """Return an image of uniform noise."""
    return np.random.default_rng(seed).integers(low, high, (*shape, 3)).astype(np.uint8)


def landscape(size: int = 600) -> np.ndarray:
    """Return smooth hills in many colours with fine grain, as a camera gives them."""
    y, x = np.mgrid[:size, :size] / size
    waves = [np.sin(3 * x + k * y + k) * np.cos(5 * y - k * x) for k in range(3)]
    smooth = np.stack([127 + 110 * wave for wave in waves], axis=2)
    return (smooth + grains((size, size), 0, 9)).clip(0, 255).astype(np.uint8)


def salted(part: float, size: int = 800) -> np.ndarray:
    """Return a white image with black pixels."""
    black = np.random.default_rng(1).random((size, size)) < part
    return np.where(black[..., None], 0, 255).astype(np.uint8).repeat(3, axis=2)


def test_photographs_and_noise_are_recognised_by_their_statistics():
    assert is_photograph(landscape()) and is_photograph(grains((400, 400)))
    assert look(landscape()).photograph and read_page(landscape()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_no_page_is_taken_for_a_photograph(page):
    assert not any(is_photograph(page(seed).image) for seed in (1, 2, 3))
    assert not is_photograph(degraded(page(1), noise=64).image)


@pytest.mark.parametrize("size", [48, 64, 224])
def test_no_scene_is_taken_for_a_photograph(size):
    assert not any(map(is_photograph, render(sample(60, seed=3), size)))


@pytest.mark.parametrize(
    "image",
    [grains((1000, 1000)), grains((1000, 1000), 98, 158), salted(0.01), salted(0.3), landscape(1000)],
    ids=["noise", "soft noise", "salt", "pepper", "landscape"],
)
def test_readers_stop_within_their_budget(image):
    for read in (look, read_page):
        with budget.until(time.monotonic() + 60):
            began = time.thread_time()
            first = read(image)
            assert time.thread_time() - began < 4  # 1.7 s of work; the machine may be slow
            assert read(image) == first


def test_what_was_read_within_the_budget_is_returned():
    page = menu(3)
    short = budget.budgeted(0.6, otherwise=[])(read_page.__wrapped__)
    with budget.until(time.monotonic() + 60):
        lines = short(degraded(page, noise=24).image)
    assert 0 < len(lines) < len(page.layout)


def test_a_deadline_stops_every_reader():
    with pytest.raises(budget.OutOfTime), budget.until(time.monotonic() - 1):
        read_page(invoice(1).image)
    with pytest.raises(budget.OutOfTime), Allowance(1 << 20, -1.0).request():
        look(grains((100, 100), 100, 110))


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (1, 100), (100, 1), (3, 3), (2, 500), (7, 7)])
def test_tiny_images_are_read(shape):
    for value in (0, 255):
        image = np.full((*shape, 3), value, np.uint8)
        assert look(image).background in ("black", "white") and read_page(image) == []
        image[0, 0] = 255 - value
        assert read_page(image) == [] and look(image) is not None
