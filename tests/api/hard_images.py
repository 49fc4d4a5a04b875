"""Images that cost the readers most: dots, circles, hatching, pies, noise like text, a photograph."""

import numpy as np
from PIL import Image, ImageDraw

from mmlab.world.documents import menu
from mmlab.world.documents.degraded_scan import degraded

SIDE = 1000  # one megapixel


def _drawn(draw) -> np.ndarray:
    """Return a white image after `draw(pen)`."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    draw(ImageDraw.Draw(image))
    return np.asarray(image)


def dots(step: int = 10, radius: int = 2) -> np.ndarray:
    """Return a page of dots, each like a full stop."""

    def draw(pen):
        for y in range(step, SIDE, step):
            for x in range(step, SIDE, step):
                pen.ellipse((x, y, x + radius, y + radius), fill="black")

    return _drawn(draw)


def circles(seed: int = 0, count: int = 300) -> np.ndarray:
    """Return circles in many colours that overlap."""
    chance = np.random.default_rng(seed)

    def draw(pen):
        for _ in range(count):
            x, y, radius = chance.integers(0, SIDE, 2).tolist() + [int(chance.integers(8, 60))]
            colour = tuple(chance.integers(0, 256, 3).tolist())
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline="black")

    return _drawn(draw)


def outlines(seed: int = 1, count: int = 380) -> np.ndarray:
    """Return small rings, like letters o of many sizes."""
    chance = np.random.default_rng(seed)

    def draw(pen):
        for _ in range(count):
            x, y, radius = chance.integers(0, SIDE, 2).tolist() + [int(chance.integers(3, 18))]
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline="black", width=2)

    return _drawn(draw)


def hatching(step: int = 7) -> np.ndarray:
    """Return broken slanted strokes."""

    def draw(pen):
        for row in range(0, SIDE, 14):
            for x in range(0, SIDE, step):
                pen.line((x, row, x + 5, row + 10), fill="black", width=1)

    return _drawn(draw)


def pies(seed: int = 2, across: int = 6) -> np.ndarray:
    """Return pie charts of many slices without text."""
    chance = np.random.default_rng(seed)

    def draw(pen):
        side = SIDE // across
        for place in range(across * across):
            x, y = side * (place % across) + 4, side * (place // across) + 4
            edges = np.concatenate([[0], np.cumsum(chance.dirichlet(np.ones(9)) * 360)])
            for start, end in zip(edges, edges[1:]):
                colour = tuple(chance.integers(0, 256, 3).tolist())
                pen.pieslice((x, y, x + side - 8, y + side - 8), start, end, fill=colour)

    return _drawn(draw)


def scribble(seed: int = 3) -> np.ndarray:
    """Return rows of random strokes of the size of letters: text in no known script."""
    chance = np.random.default_rng(seed)

    def draw(pen):
        for row in range(10, SIDE - 20, 22):
            for x in range(10, SIDE - 14, 11):
                points = [(x + int(a), row + int(b)) for a, b in chance.integers(0, 12, (4, 2))]
                pen.line(points, fill="black", width=2)

    return _drawn(draw)


def blurred_text() -> np.ndarray:
    """Return a page of text under noise, in which no letter equals its drawing."""
    page = degraded(menu(3), noise=24).image[:SIDE, :SIDE]
    return np.pad(page, [(0, SIDE - page.shape[0]), (0, SIDE - page.shape[1]), (0, 0)], mode="edge")


def photograph() -> np.ndarray:
    """Return smooth hills in many colours with fine grain, as a camera gives them."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    hills = np.stack([127 + 110 * np.sin(4 * x + k * y) * np.cos(5 * y - k * x) for k in range(3)], axis=2)
    grain = np.random.default_rng(0).integers(0, 9, hills.shape)
    return (hills + grain).clip(0, 255).astype(np.uint8)


def soft_noise() -> np.ndarray:
    """Return grey noise of little contrast."""
    return np.random.default_rng(4).integers(98, 158, (SIDE, SIDE, 3)).astype(np.uint8)


def salt(part: float = 0.01) -> np.ndarray:
    """Return single black pixels on white."""
    black = np.random.default_rng(5).random((SIDE, SIDE)) < part
    return np.where(black[..., None], 0, 255).astype(np.uint8).repeat(3, axis=2)


HARD = (dots, circles, outlines, hatching, pies, scribble, blurred_text, photograph, soft_noise, salt)
