"""Degraded scans of documents: slant and noise, with the same ground truth."""

from dataclasses import replace

import numpy as np

from mmlab.errors import InputError
from mmlab.world import noise as numbers
from mmlab.world.documents.page import Document

SLANT = 1024  # a slant of 1 moves a column at this distance by one pixel


def degraded(document: Document, *, noise: int = 0, slant: int = 0, seed: int = 0) -> Document:
    """Return a document with a degraded image and the same text and fields; its boxes move with the image.

    noise    int   0 to 64      maximum change of a pixel; small changes are more frequent
    slant    int   -48 to 48    columns move down by slant / 1024 of their distance from the left edge
    seed     int                another seed gives other noise
    raises   InputError         when noise or slant is out of range

    >>> from mmlab.world.documents import receipt
    >>> degraded(receipt(), slant=16).image.shape[0] > receipt().image.shape[0]
    True
    """
    for name, value, maximum in (("noise", noise, 64), ("slant", slant, 48)):
        if not -maximum * (name == "slant") <= numbers.whole(value, name) <= maximum:
            raise InputError(f"degraded: {name}={value}", f"a whole number up to {maximum}", f"pass {name}=0")
    image, layout = document.image, document.layout
    if slant:
        drops = drops_of(image.shape[1], slant)
        image = slanted(image, drops)
        layout = tuple(replace(piece, box=moved(piece.box, drops)) for piece in layout)
    if noise:
        count = image.size
        grains = numbers.table(numbers.whole(seed), 0, count, 2)
        shift = numbers.below(grains, noise + 1)
        change = (shift[:, 0] - shift[:, 1]).reshape(image.shape)
        image = np.clip(image + change, 0, 255).astype(np.uint8)
    return replace(document, image=image, layout=layout)


def drops_of(width: int, slant: int) -> np.ndarray:
    """Return by how many pixels each column moves down, int (width,), with minimum 0."""
    drops = (np.arange(width) * slant + SLANT // 2) // SLANT
    return drops - drops.min()


def slanted(image: np.ndarray, drops: np.ndarray) -> np.ndarray:
    """Return an image with its columns moved down by `drops`; the new pixels repeat the edge."""
    height = image.shape[0] + int(drops.max())
    rows = np.clip(np.arange(height)[:, None] - drops, 0, image.shape[0] - 1)
    return image[rows, np.arange(image.shape[1])]


def moved(box, drops: np.ndarray) -> tuple[int, int, int, int]:
    """Return the box around the content of a box after its columns moved down."""
    left, top, right, bottom = box
    under = drops[left:right]
    return left, int(top + under.min()), right, int(bottom + under.max())
