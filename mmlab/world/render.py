"""Render scenes to images, in batches.

Drawing changes only the window around each shape. `glyphs.tile` caches the coverage
tiles. The first pass blends the first shape of every scene, the next pass the second,
so shapes of hand-made scenes may overlap. While drawing, a pixel is one uint32,
0x00BBGGRR, so one look-up moves three channels.
"""

import numpy as np

from mmlab.errors import InputError
from mmlab.world import glyphs
from mmlab.world.noise import whole
from mmlab.world.scene import BACKGROUNDS, CANVAS, COLOURS, KINDS, MAXIMUM, RADIUS, SIZES, Scene

MINIMUM, LARGEST = 8, 512  # pixels along an image's side
_CHUNK = 256  # images per chunk, so that they stay in the cache
_RED_BLUE, _GREEN = np.uint32(0xFF00FF), np.uint32(0x00FF00)
_BITS = np.uint32(glyphs.FULL.bit_length() - 1)


def _packed(palette: dict) -> np.ndarray:
    """Return the colours of a palette as uint32, one per name."""
    return np.array([r | g << 8 | b << 16 for r, g, b in palette.values()], np.uint32)


_INKS, _BACKGROUNDS = _packed(COLOURS), _packed(BACKGROUNDS)
_KIND = {name: index for index, name in enumerate(KINDS)}
_SIZE = {name: index for index, name in enumerate(SIZES)}
_INK = {name: index for index, name in enumerate(COLOURS)}
_BACKGROUND = {name: index for index, name in enumerate(BACKGROUNDS)}


def render(scenes, size: int = 32) -> np.ndarray:
    """Return the images of some scenes, with anti-aliased edges.

    scenes   sequence of Scene   at least one
    size     int                 pixels along a side, 8 to 512; 32, 48, 96 draw exactly
    returns  (n, size, size, 3) uint8   red, green, blue; row 0 is the top
    raises   InputError          for an empty batch, other objects than scenes, or a size out of range

    >>> from mmlab.world import sample
    >>> render(sample(2), size=48).shape
    (2, 48, 48, 3)
    """
    scenes, size = _checked(scenes, size)
    images = np.empty((len(scenes), size, size, 3), np.uint8)
    for first in range(0, len(scenes), _CHUNK):
        some = scenes[first : first + _CHUNK]
        packed = _draw(some, size)
        for channel in range(3):  # one at a time: numpy copies runs of three bytes slowly
            images[first : first + len(some), ..., channel] = packed[..., channel]
    return images


def render_reference(scene: Scene, size: int = 32) -> np.ndarray:
    """Return one image (size, size, 3) uint8 as `render` draws it, pixel by pixel: slow but easy to read.

    A pixel of a shape's window is a mixture of `cover` parts of the shape's colour and FULL - cover
    parts of the previous colour.
    """
    image = np.full((size, size, 3), BACKGROUNDS[scene.background], np.int64)
    for shape in scene.shapes:
        radius, which = RADIUS[shape.size], list(SIZES).index(shape.size)
        (top, above), (left, before) = (divmod((at - radius) * size, CANVAS) for at in (shape.y, shape.x))
        cover = glyphs.tile(size, list(KINDS).index(shape.kind), which, above, before).astype(np.int64)
        for (y, x), part in np.ndenumerate(cover):
            if top + y < size and left + x < size:
                under, over = image[top + y, left + x], np.array(COLOURS[shape.colour])
                image[top + y, left + x] = (
                    under * (glyphs.FULL - part) + over * part + glyphs.FULL // 2
                ) // glyphs.FULL
    return image.astype(np.uint8)


def _checked(scenes, size) -> tuple[list, int]:
    """Return the scenes as a list and the size as an int, or raise InputError."""
    size = whole(size, "size")
    if not MINIMUM <= size <= LARGEST:
        raise InputError(f"render: size={size}", f"{MINIMUM} to {LARGEST} pixels", "pass size=32")
    if isinstance(scenes, Scene):
        raise InputError("render: one Scene", "a sequence of scenes", "pass [scene]")
    scenes = list(scenes)
    if not scenes:
        raise InputError("render: an empty batch", "at least one scene", "pass sample(4)")
    for scene in scenes:
        if not isinstance(scene, Scene):
            raise InputError(
                f"render: a {type(scene).__name__} among the scenes",
                "Scene objects",
                "make them with sample() or Scene(...)",
            )
    return scenes, size


def _draw(scenes: list, size: int) -> np.ndarray:
    """Return the images (n, size, size, 4) uint8 of one chunk of scenes; the last byte is 0."""
    # One row and column more than the image: a window may reach one pixel past the edge.
    side = size + 1
    canvas = np.empty((len(scenes), side * side), np.uint32)
    canvas[:] = _BACKGROUNDS[[_BACKGROUND[scene.background] for scene in scenes], None]
    flat = canvas.reshape(-1)
    for turn in range(min(MAXIMUM, max(len(scene.shapes) for scene in scenes))):
        rows = np.array(
            [
                (i, _KIND[s.kind], _INK[s.colour], _SIZE[s.size], s.y, s.x)
                for i, scene in enumerate(scenes)
                if turn < len(scene.shapes)
                for s in (scene.shapes[turn],)
            ]
        )
        for index in range(len(SIZES)):
            chosen = rows[rows[:, 3] == index]
            if len(chosen):
                _blend(flat, chosen, index, size)
    pixels = canvas.astype("<u4", copy=False).view(np.uint8).reshape(len(scenes), side, side, 4)
    return pixels[:, :size, :size]


def _blend(flat: np.ndarray, rows: np.ndarray, size_index: int, size: int) -> None:
    """Draw at most one shape into each image: rows of (image, kind, ink, size, y, x)."""
    image, kind, ink, _, y, x = rows.T
    radius = RADIUS[SIZES[size_index]]
    top, above = np.divmod((y - radius) * size, CANVAS)
    left, before = np.divmod((x - radius) * size, CANVAS)
    names, which = np.unique((kind * CANVAS + above) * CANVAS + before, return_inverse=True)
    tiles = np.stack(
        [
            glyphs.tile(size, name // CANVAS**2, size_index, name // CANVAS % CANVAS, name % CANVAS)
            for name in names.tolist()
        ]
    )
    wide = tiles.shape[1]
    cover = tiles.reshape(len(names), -1)[which]
    steps = np.arange(wide)
    within = (steps[:, None] * (size + 1) + steps).reshape(-1)
    places = (((image * (size + 1) + top) * (size + 1)) + left)[:, None] + within
    flat[places] = _mixed(flat[places], _INKS[ink][:, None], cover)


def _mixed(under: np.ndarray, over: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """Return packed pixels, `cover` parts of `over` in FULL and the rest of `under`, rounded."""
    rest = np.uint32(glyphs.FULL) - cover
    half = np.uint32(glyphs.FULL // 2)
    red_blue = (under & _RED_BLUE) * rest + (over & _RED_BLUE) * cover + half * np.uint32(0x10001)
    # Green separately, shifted down first, so that no product exceeds 32 bits.
    green = (under >> np.uint32(8) & np.uint32(0xFF)) * rest
    green += (over >> np.uint32(8) & np.uint32(0xFF)) * cover + half
    return (red_blue >> _BITS & _RED_BLUE) | (green & _GREEN)
