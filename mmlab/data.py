"""Endless batches from the world, each a pure function of its step.

Nothing is stored and nothing repeats: a batch is drawn and rendered when it is
asked for, which costs a few per cent of what training on it does. Because step
7 needs no step before it, a stopped training goes on where it was.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from mmlab import world
from mmlab.errors import InputError, ShapeError

MEAN = STD = (0.5, 0.5, 0.5)  # red, green, blue: pixels come out in -1 … 1
ATTRIBUTES = {
    "colour": tuple(world.COLOURS),
    "kind": tuple(world.KINDS),
    "size": tuple(world.SIZES),
    "background": tuple(world.BACKGROUNDS),
}


def preprocess(images, mean=MEAN, std=STD) -> Tensor:
    """Return images as a model takes them: channels first, scaled to 0 … 1, then normalised.

    images     (n, Y, X, 3) uint8, as `world.render` and `world.decode_image` give them
    mean, std  three floats: subtracted from, and divided into, the red, green and blue
    returns    (n, 3, Y, X) float32
    raises     ShapeError for another shape or dtype, and for no images

    >>> preprocess(np.full((1, 2, 2, 3), 255, np.uint8)).unique()
    tensor([1.])
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8 or not len(images):
        raise ShapeError(
            f"preprocess: {images.dtype} images of shape {images.shape}",
            "uint8 (n, Y, X, 3), n at least 1",
            "one image alone: preprocess(image[None])",
        )
    pixels = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    mean, std = torch.tensor(mean).view(3, 1, 1), torch.tensor(std).view(3, 1, 1)
    return (pixels.float() / 255 - mean) / std


class Stream:
    """An endless iterator of batches; `at(step)` gives one that starts elsewhere.

    draw   draw(step) -> batch, the same for the same step
    start  the first step
    """

    def __init__(self, draw: Callable[[int], tuple], start: int = 0):
        self.draw, self.start, self.step = draw, start, start

    def __iter__(self):
        return self

    def __next__(self):
        self.step += 1
        return self.draw(self.step - 1)

    def at(self, step: int) -> "Stream":
        """Return the same stream, `step` steps after this one's start."""
        return Stream(self.draw, self.start + step)

    def map(self, change: Callable) -> "Stream":
        """Return a stream whose batches are change(*batch)."""
        return Stream(lambda step: change(*self.draw(step)), self.start)


def pairs(
    tokenizer,
    batch: int = 128,
    seed: int = 0,
    split: str = "train",
    *,
    size: int = 32,
    shapes: tuple[int, int] = (1, 1),
    style: str | Sequence[str] = "plain",
    start: int = 0,
) -> Stream:
    """Return an endless stream of images and their captions.

    tokenizer  WordTokenizer, or any callable: list of str -> (B, T) int64
    batch      B, pairs a batch
    seed       another seed, other scenes
    split      one of world.SPLITS
    size       pixels a side
    shapes     least and most shapes in a scene
    style      a caption style of the world, or several in turn
    start      the step to begin at
    yields     pixels (B, 3, size, size) float32, ids (B, T) int64
    """
    _validate_batch("pairs", batch)
    styles = (style,) if isinstance(style, str) else tuple(style)

    def draw(step: int) -> tuple[Tensor, Tensor]:
        scenes = world.sample(batch, seed_of(seed, step), split, shapes)
        texts = [
            world.caption(scene, styles[row % len(styles)], seed_of(seed, step))
            for row, scene in enumerate(scenes)
        ]
        return preprocess(world.render(scenes, size)), tokenizer(texts)

    return Stream(draw, start)


def labelled(
    batch: int = 128,
    seed: int = 0,
    split: str = "train",
    *,
    attributes: Sequence[str] = ("colour", "kind", "size"),
    size: int = 32,
    start: int = 0,
) -> Stream:
    """Return an endless stream of one-shape images and what their shape is.

    attributes  names from ATTRIBUTES; a label is a place in that attribute's list
    yields      pixels (B, 3, size, size) float32, labels (B, len(attributes)) int64
    others      as in `pairs`
    """
    _validate_batch("labelled", batch)
    truth = labels_of(attributes)

    def draw(step: int) -> tuple[Tensor, Tensor]:
        scenes = world.sample(batch, seed_of(seed, step), split, (1, 1))
        return preprocess(world.render(scenes, size)), torch.tensor([truth(s) for s in scenes])

    return Stream(draw, start)


def labels_of(attributes: Sequence[str]) -> Callable[[world.Scene], list[int]]:
    """Return the function that gives a one-shape scene's labels, one an attribute."""
    strangers = [name for name in attributes if name not in ATTRIBUTES]
    if strangers or not attributes:
        raise InputError(
            f"attributes={tuple(attributes)}", f"names from {list(ATTRIBUTES)}", "attributes=('kind',)"
        )
    return lambda scene: [ATTRIBUTES[name].index(attribute(scene, name)) for name in attributes]


def attribute(scene: world.Scene, name: str) -> str:
    """Return what the scene's first shape (or its background) is called: "red", "circle" …"""
    return scene.background if name == "background" else getattr(scene.shapes[0], name)


def seed_of(seed: int, step: int) -> int:
    """Return a seed of its own for every step of every stream."""
    return (seed << 32) + step


def _validate_batch(function: str, batch: int) -> None:
    if batch < 1:
        raise InputError(f"{function}: batch={batch}", "at least 1", "pass batch=128")
