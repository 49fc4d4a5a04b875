"""Scenes back from their pictures, by looking at the pixels alone.

A rendered scene comes back exactly: each patch of colour is compared with the
drawings of all kinds and sizes at the places where it can be, and the one that
equals it wins. Any other picture (a photo of a drawing, shapes drawn with
Pillow on a canvas of any form, JPEG) is told by what is most alike, and how
sure that is.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mmlab.errors import ShapeError
from mmlab.world.readers.colours import colour_name
from mmlab.world.readers.patch import Seen, told
from mmlab.world.scene import BACKGROUNDS, CANVAS, COLOURS, MOST, RADIUS, Scene, Shape

MARKED = 26  # how far from the background a pixel must be to belong to something
SURE = 0.8  # below this likeness a patch may be two shapes that touch
DOUBTFUL = 0.6  # below this it is nothing that we know
_TOUCHING = np.ones((3, 3), bool)
_YCC = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
_LIGHTNESS_FIRST = _YCC.T @ np.diag([6.0, 1.0, 1.0]) @ _YCC
_PARTS = 12  # shapes that may touch in one patch
_BUSY = 400  # patches in a picture that is no scene: a page, a photograph


@dataclass(frozen=True, slots=True)
class Sight:
    """What a picture shows.

    background   of BACKGROUNDS or COLOURS, the nearest name
    shapes       tuple of Seen   in reading order
    unknown      boxes of what is none of the known shapes
    scene        Scene   or None when the world has no such scene: something unknown, no shape,
                 more than four, a colour or a place that no scene has
    """

    background: str
    shapes: tuple[Seen, ...]
    unknown: tuple[tuple[int, int, int, int], ...]
    scene: Scene | None


def read_scene(image: np.ndarray) -> Scene | None:
    """Return the scene that a picture shows, or None when it shows none of the world's.

    image   (h, w, 3) uint8   rendered at 32 pixels or more: exact where no shapes overlap
    raises  ShapeError        when it is not one picture

    >>> from mmlab.world import render, sample
    >>> read_scene(render(sample(1), 64)[0]) == sample(1)[0]
    True
    """
    return look(image).scene


def look(image: np.ndarray) -> Sight:
    """Return what a picture shows: its shapes, its background, and what could not be told.

    image   (h, w, 3) uint8   any picture
    raises  ShapeError        when it is not one picture
    """
    image = checked(image)
    # In whole numbers that cannot overflow; the border tells the background.
    pixels = image.astype(np.int32)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    paper = np.median(border, axis=0).astype(np.int64)
    marked = np.abs(pixels - paper).max(axis=2) > MARKED
    labels, count = ndimage.label(marked, _TOUCHING)
    least = max(4, marked.size // 400)
    seen, unknown = [], []
    if count <= _BUSY:
        for number, place in enumerate(ndimage.find_objects(labels), 1):
            if (labels[place] == number).sum() >= least:
                shapes, strange = _patch(pixels, paper, *_with_rim(labels, number, place))
                seen += shapes
                unknown += strange
    else:
        unknown.append((0, 0, image.shape[1], image.shape[0]))
    seen.sort(key=lambda one: (one.y >= CANVAS // 2, one.x, one.y))
    background = colour_name(paper)[0]
    scene = None if unknown else _scene(seen, background)
    return Sight(background, tuple(seen), tuple(unknown), scene)


def checked(image) -> np.ndarray:
    """Return one picture (h, w, 3) uint8 as an array, or raise ShapeError."""
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape or image.dtype != np.uint8:
        raise ShapeError(f"an array of shape {image.shape}, {image.dtype}",
                         "one picture (h, w, 3) of uint8", "pass pictures[0]")  # fmt: skip
    return image


def _scene(seen: list[Seen], background: str) -> Scene | None:
    """Return the scene of what was seen, if the world has one."""
    if not 1 <= len(seen) <= MOST or background not in BACKGROUNDS:
        return None
    shapes = []
    for one in seen:
        if one.colour not in COLOURS:
            return None
        least, most = RADIUS[one.size], CANVAS - RADIUS[one.size]
        # Half a unit in doubt goes to the edge; a shape that is cut off is no shape of a scene.
        x, y = (min(max(round(place), least), most) for place in (one.x, one.y))
        if abs(x - one.x) > 4 or abs(y - one.y) > 4:
            return None
        shapes.append(Shape(one.kind, one.colour, one.size, x, y))
    return Scene(tuple(shapes), background)


def _patch(pixels, paper, mask, place, depth: int = 0) -> tuple[list[Seen], list[tuple]]:
    """Return the shapes of one patch of marked pixels, and the boxes of what is none."""
    inks = _inks(pixels[place], paper, mask)
    if len(inks) > 1 and depth < 2:
        parts = _by_ink(pixels[place], paper, inks, mask)
        if parts.max() <= _PARTS:
            return _parted(pixels, paper, place, parts, depth)
    cover = _coverage(pixels[place], paper, inks[0]) * mask
    one = told(pixels.shape, place, cover, inks[0])
    if one is not None and one.sure >= SURE:
        return [one], []
    for least in (0.5, 0.7, 0.85) if depth < 2 else ():
        # Two shapes of one colour that share a pixel: what covers less of it parts them.
        parts = ndimage.label(cover > least, _TOUCHING)[0]
        if 1 < parts.max() <= _PARTS:
            seen, strange = _parted(pixels, paper, place, _grown(parts, mask), depth + 1)
            if len(seen) > 1 and not strange:
                return seen, []
    if one is not None and one.sure >= DOUBTFUL:
        return [one], []
    top, left = place[0].start, place[1].start
    return [], [(left, top, left + mask.shape[1], top + mask.shape[0])]


def _parted(pixels, paper, place, parts, depth) -> tuple[list[Seen], list[tuple]]:
    """Return what the numbered parts of a patch show."""
    seen, unknown = [], []
    for number, inner in enumerate(ndimage.find_objects(parts), 1):
        if inner is not None and (parts[inner] == number).sum() >= 4:
            mask, inner = _with_rim(parts, number, inner)
            where = tuple(
                slice(outer.start + part.start, outer.start + part.stop)
                for outer, part in zip(place, inner)
            )
            shapes, strange = _patch(pixels, paper, mask, where, depth + 1)
            seen += shapes
            unknown += strange
    return seen, unknown


def _with_rim(labels, number, place) -> tuple[np.ndarray, tuple[slice, slice]]:
    """Return the mask of one label with the faint pixels around it, and where that mask lies."""
    place = tuple(
        slice(max(part.start - 1, 0), min(part.stop + 1, side))
        for part, side in zip(place, labels.shape)
    )
    own = labels[place] == number
    return ndimage.binary_dilation(own, _TOUCHING) & (own | (labels[place] == 0)), place


def _grown(parts: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the parts with every other pixel of the mask given to the nearest one."""
    nearest = ndimage.distance_transform_edt(parts == 0, return_distances=False, return_indices=True)
    return parts[tuple(nearest)] * mask


def _inks(pixels, paper, mask) -> list[np.ndarray]:
    """Return the colours that a patch is drawn in, most of it first: one, unless shapes touch."""
    own = pixels[mask]
    far = np.abs(own - paper).sum(axis=1)
    core = own[far * 4 >= far.max() * 3]
    # Colours within a few steps are one colour that compression has shaken.
    codes = (core + 8) // 24 @ np.array([1, 16, 256])
    names, counts = np.unique(codes, return_counts=True)
    main = np.median(core[codes == names[counts.argmax()]], axis=0).astype(np.int64)
    if (np.abs(own - main).max(axis=1) <= 8).sum() < max(6, len(own) // 6):
        main = _beyond(own[far.argmax()], paper, main)
    others = own[np.abs(own - main).max(axis=1) > 60]
    inks = [main]
    for name in COLOURS:
        ink = np.array(COLOURS[name])
        close = np.abs(others - ink).max(axis=1) <= 24
        if close.sum() * 8 >= len(own) and np.abs(ink - main).max() > 60:
            inks.append(ink)
    return inks


def _beyond(pixel, paper, otherwise) -> np.ndarray:
    """Return the named colour that a pixel is mixed from: thin strokes hold no whole pixel of it."""
    best, ink = 12.0, otherwise
    for colour in COLOURS.values():
        way = np.array(colour) - paper
        part = float((pixel - paper) @ way) / float(way @ way)
        off = float(np.abs(pixel - paper - part * way).max())
        if 0.5 <= part <= 1.05 and off < best:
            best, ink = off, np.array(colour)
    return ink


def _by_ink(pixels, paper, inks, mask) -> np.ndarray:
    """Return the parts of a patch by the ink that each pixel is mixed from, numbered from 1."""
    palette = np.array([*inks, paper])
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


def _coverage(pixels, paper, ink) -> np.ndarray:
    """Return how much of each pixel is ink rather than paper, 0 to 1."""
    # JPEG keeps lightness sharper than colour, so lightness counts for more.
    way = _LIGHTNESS_FIRST @ (ink - paper)
    return np.clip(((pixels - paper) @ way) / max(float(way @ (ink - paper)), 1.0), 0, 1)
