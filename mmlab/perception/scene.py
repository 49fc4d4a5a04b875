"""Recover scenes from their images, from the pixels alone.

A rendered scene is recovered exactly: each patch of colour is compared with the
drawings of all kinds and sizes at the possible positions, and the one that equals
it is chosen. For any other image (a photo of a drawing, shapes drawn with Pillow,
JPEG) the result is the most similar shapes with their confidence.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mmlab.errors import ShapeError
from mmlab.perception.budget import OutOfBudget, budgeted, spend
from mmlab.perception.colours import colour_name
from mmlab.perception.patch import Seen, recognise
from mmlab.perception.photograph import is_photograph
from mmlab.world.scene import BACKGROUNDS, CANVAS, COLOURS, MAXIMUM, RADIUS, Scene, Shape

MARKED = 26  # minimum distance of a pixel from the background to belong to a patch
SURE = 0.8  # below this confidence a patch may be two shapes that touch
DOUBTFUL = 0.6  # below this confidence a patch is unknown
_TOUCHING = np.ones((3, 3), bool)
_YCC = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
_LIGHTNESS_FIRST = _YCC.T @ np.diag([6.0, 1.0, 1.0]) @ _YCC
_PARTS = 12  # maximum number of touching shapes in one patch
_BUSY = 400  # an image with more patches is not a scene but a page or a photograph


@dataclass(frozen=True, slots=True)
class Sight:
    """The content of an image.

    background   the nearest name of BACKGROUNDS or COLOURS
    shapes       tuple of Seen   in reading order
    unknown      boxes of the patches that are none of the known shapes
    scene        Scene, or None when it is not a scene of the world: an unknown patch, no shape,
                 more than four shapes, or a colour or position that no scene has
    photograph   bool   whether it is a photograph or noise, in which nobody looked for shapes
    """

    background: str
    shapes: tuple[Seen, ...]
    unknown: tuple[tuple[int, int, int, int], ...]
    scene: Scene | None
    photograph: bool = False


def read_scene(image: np.ndarray) -> Scene | None:
    """Return the scene in an image, or None when it is not a scene of the world.

    image   (h, w, 3) uint8   rendered at 32 pixels or more: exact where no shapes overlap
    raises  ShapeError        when the array is not one image

    >>> from mmlab.world import render, sample
    >>> read_scene(render(sample(1), 64)[0]) == sample(1)[0]
    True
    """
    return look(image).scene


@budgeted(0.4)
def look(image: np.ndarray) -> Sight:
    """Return the content of an image: its shapes, its background, and the unknown patches.

    image   (h, w, 3) uint8   any image; a photograph, or a patch beyond the budget of computation, is unknown
    raises  ShapeError        when the array is not one image
    """
    image = checked(image)
    whole = (0, 0, image.shape[1], image.shape[0])
    # Integers that cannot overflow; the border gives the background.
    pixels = image.astype(np.int32)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    background = np.median(border, axis=0).astype(np.int64)
    marked = np.abs(pixels - background).max(axis=2) > MARKED
    labels, count = ndimage.label(marked, _TOUCHING)
    minimum = max(4, marked.size // 400)
    seen, unknown = [], []
    photograph = is_photograph(image)
    if count <= _BUSY and not photograph:
        try:
            spend(0.06 * marked.size)
            for number, window in enumerate(ndimage.find_objects(labels), 1):
                if (labels[window] == number).sum() >= minimum:
                    shapes, strange = _patch(pixels, background, *_with_rim(labels, number, window))
                    seen += shapes
                    unknown += strange
        except OutOfBudget:
            unknown.append(whole)
    else:
        unknown.append(whole)
    seen.sort(key=lambda shape: (shape.y >= CANVAS // 2, shape.x, shape.y))
    name = colour_name(background)[0]
    scene = None if unknown else _scene(seen, name)
    return Sight(name, tuple(seen), tuple(unknown), scene, photograph)


def checked(image) -> np.ndarray:
    """Return one image (h, w, 3) uint8 as an array, or raise ShapeError."""
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape or image.dtype != np.uint8:
        raise ShapeError(
            f"an array of shape {image.shape}, {image.dtype}",
            "one image (h, w, 3) of uint8",
            "pass images[0]",
        )
    return image


def _scene(seen: list[Seen], background: str) -> Scene | None:
    """Return the scene of the recognised shapes, or None if the world has no such scene."""
    if not 1 <= len(seen) <= MAXIMUM or background not in BACKGROUNDS:
        return None
    shapes = []
    for shape in seen:
        if shape.colour not in COLOURS:
            return None
        minimum, maximum = RADIUS[shape.size], CANVAS - RADIUS[shape.size]
        # Move a centre up to 4 units away from the edge; a shape that is cut off belongs to no scene.
        x, y = (min(max(round(centre), minimum), maximum) for centre in (shape.x, shape.y))
        if abs(x - shape.x) > 4 or abs(y - shape.y) > 4:
            return None
        shapes.append(Shape(shape.kind, shape.colour, shape.size, x, y))
    return Scene(tuple(shapes), background)


def _patch(pixels, background, mask, window, depth: int = 0) -> tuple[list[Seen], list[tuple]]:
    """Return the shapes of one patch of marked pixels, and the boxes of its unknown parts."""
    spend(300 + 0.2 * mask.size)
    inks = _inks(pixels[window], background, mask)
    if len(inks) > 1 and depth < 2:
        parts = _by_ink(pixels[window], background, inks, mask)
        if parts.max() <= _PARTS:
            return _parted(pixels, background, window, parts, depth)
    cover = _coverage(pixels[window], background, inks[0]) * mask
    shape = recognise(pixels.shape, window, cover, inks[0])
    if shape is not None and shape.sure >= SURE:
        return [shape], []
    for minimum in (0.5, 0.7, 0.85) if depth < 2 else ():
        spend(50 + 0.1 * mask.size)
        # Two shapes of one colour may share pixels: a higher minimum coverage separates them.
        parts = ndimage.label(cover > minimum, _TOUCHING)[0]
        if 1 < parts.max() <= _PARTS:
            seen, strange = _parted(pixels, background, window, _grown(parts, mask), depth + 1)
            if len(seen) > 1 and not strange:
                return seen, []
    if shape is not None and shape.sure >= DOUBTFUL:
        return [shape], []
    top, left = window[0].start, window[1].start
    return [], [(left, top, left + mask.shape[1], top + mask.shape[0])]


def _parted(pixels, background, window, parts, depth) -> tuple[list[Seen], list[tuple]]:
    """Return the shapes and the unknown boxes of the numbered parts of a patch."""
    seen, unknown = [], []
    for number, inner in enumerate(ndimage.find_objects(parts), 1):
        if inner is not None and (parts[inner] == number).sum() >= 4:
            mask, inner = _with_rim(parts, number, inner)
            where = tuple(
                slice(outer.start + part.start, outer.start + part.stop) for outer, part in zip(window, inner)
            )
            shapes, strange = _patch(pixels, background, mask, where, depth + 1)
            seen += shapes
            unknown += strange
    return seen, unknown


def _with_rim(labels, number, window) -> tuple[np.ndarray, tuple[slice, slice]]:
    """Return the mask of one label with the faint pixels around it, and its window."""
    window = tuple(
        slice(max(part.start - 1, 0), min(part.stop + 1, side)) for part, side in zip(window, labels.shape)
    )
    own = labels[window] == number
    return ndimage.binary_dilation(own, _TOUCHING) & (own | (labels[window] == 0)), window


def _grown(parts: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the parts, with each remaining pixel of the mask assigned to the nearest part."""
    nearest = ndimage.distance_transform_edt(parts == 0, return_distances=False, return_indices=True)
    return parts[tuple(nearest)] * mask


def _inks(pixels, background, mask) -> list[np.ndarray]:
    """Return the colours of a patch, the most frequent first: one, unless shapes touch."""
    own = pixels[mask]
    far = np.abs(own - background).sum(axis=1)
    core = own[far * 4 >= far.max() * 3]
    # Colours that differ by a few steps are one colour with compression noise.
    codes = (core + 8) // 24 @ np.array([1, 16, 256])
    names, counts = np.unique(codes, return_counts=True)
    main = np.median(core[codes == names[counts.argmax()]], axis=0).astype(np.int64)
    if (np.abs(own - main).max(axis=1) <= 8).sum() < max(6, len(own) // 6):
        main = _beyond(own[far.argmax()], background, main)
    others = own[np.abs(own - main).max(axis=1) > 60]
    inks = [main]
    for name in COLOURS:
        ink = np.array(COLOURS[name])
        close = np.abs(others - ink).max(axis=1) <= 24
        if close.sum() * 8 >= len(own) and np.abs(ink - main).max() > 60:
            inks.append(ink)
    return inks


def _beyond(pixel, background, otherwise) -> np.ndarray:
    """Return the named colour that a pixel is mixed from: thin strokes have no pixel of the pure colour."""
    best, ink = 12.0, otherwise
    for colour in COLOURS.values():
        way = np.array(colour) - background
        part = float((pixel - background) @ way) / float(way @ way)
        off = float(np.abs(pixel - background - part * way).max())
        if 0.5 <= part <= 1.05 and off < best:
            best, ink = off, np.array(colour)
    return ink


def _by_ink(pixels, background, inks, mask) -> np.ndarray:
    """Return the parts of a patch by the ink that each pixel is mixed from, numbered from 1."""
    palette = np.array([*inks, background])
    far = ((pixels[:, :, None] - palette) ** 2).sum(axis=3)
    near = np.where((far.min(axis=2) < 40**2) & mask, far.argmin(axis=2) + 1, 0)
    near[near > len(inks)] = 0
    parts = np.zeros(mask.shape, np.int32)
    for ink in range(1, len(inks) + 1):
        own, count = ndimage.label(near == ink, _TOUCHING)
        for number in range(1, min(count, 2 * _PARTS) + 1):
            if (own == number).sum() >= 4:
                parts[own == number] = parts.max() + 1
    return _grown(parts, mask) if parts.any() else parts


def _coverage(pixels, background, ink) -> np.ndarray:
    """Return the fraction of ink in each pixel, 0 to 1; the rest is background."""
    # JPEG preserves lightness better than colour, so lightness has a larger weight.
    way = _LIGHTNESS_FIRST @ (ink - background)
    return np.clip(((pixels - background) @ way) / max(float(way @ (ink - background)), 1.0), 0, 1)
