"""Sample scenes by seed and split, and determine the split of a scene.

No scene is rejected for its layout: each shape gets its own quarter of the image and
a position inside it, so shapes never overlap and relations such as "left of" are
never ambiguous.
"""

from functools import lru_cache
from itertools import permutations, product

import numpy as np

from mmlab.errors import InputError
from mmlab.world import noise
from mmlab.world.scene import (
    BACKGROUNDS,
    CANVAS,
    COLOURS,
    GAP,
    KINDS,
    MAXIMUM,
    NOVEL_PAIRS,
    RADIUS,
    SIZES,
    SPLITS,
    Scene,
    Shape,
)

_PAIRS = tuple(product(COLOURS, KINDS))
_NOVEL = np.array([pair in NOVEL_PAIRS for pair in _PAIRS])
_SEEN = np.flatnonzero(~_NOVEL)
_UNSEEN = np.flatnonzero(_NOVEL)
_PLACES = np.array(list(permutations(range(4))))
_BACKGROUNDS = tuple(BACKGROUNDS)
_CELL = CANVAS // 2
# Centres move by less than GAP / 2, so that only shapes of different columns
# (or rows) are "left of" (or "above") each other.
_JITTER = np.array([min(_CELL // 2 - RADIUS[size] - 1, GAP // 2 - 1) for size in SIZES])
_EMPTY = -1
_COLUMNS = 5 + 4 * MAXIMUM
_ODDS = 10  # one scene in ten is val, one in ten is test


def sample(n: int, seed: int = 0, split: str = "train", shapes=(1, MAXIMUM)) -> list[Scene]:
    """Return n scenes of a split; the same arguments give the same scenes, and `sample(n)[:k] == sample(k)`.

    n       int >= 0
    seed    int           another seed gives other scenes
    split   one of SPLITS; `novel` scenes contain at least one pair of NOVEL_PAIRS
    shapes  (min, max)    number of shapes in a scene; (1, 1) for one shape each
    raises  InputError    when an argument is out of range

    >>> sample(3, split="test", shapes=(1, 1)) == sample(5, split="test", shapes=(1, 1))[:3]
    True
    """
    n, seed, minimum, maximum = _checked(n, seed, split, shapes)
    scenes, first, ratio = [], 0, _share(split)
    while len(scenes) < n:
        rows = min(int((n - len(scenes)) / ratio * 1.05) + 16, 8192)
        codes, backgrounds = _candidates(seed, first, rows, split == "novel", minimum, maximum)
        if split != "novel":
            keep = np.flatnonzero(_buckets(codes, backgrounds) == SPLITS.index(split))
            codes, backgrounds = codes[keep], backgrounds[keep]
        first += rows
        wanted = n - len(scenes)
        scenes += map(_scene, codes[:wanted].tolist(), backgrounds[:wanted].tolist())
    return scenes


def split_of(scene: Scene) -> str:
    """Return the split of any scene, sampled or hand-made.

    A scene with a pair of NOVEL_PAIRS is `novel`; otherwise a hash of the whole scene
    decides.

    >>> split_of(Scene([Shape("circle", "orange", "small", 30, 30)], "grey"))
    'novel'
    """
    if any(shape.pair in NOVEL_PAIRS for shape in scene.shapes):
        return "novel"
    codes = sorted(_code(shape) for shape in scene.shapes)
    codes = [_EMPTY] * (MAXIMUM - len(codes)) + codes
    background = _BACKGROUNDS.index(scene.background)
    return SPLITS[int(_buckets(np.array([codes]), np.array([background]))[0])]


def fingerprint(scene: Scene) -> int:
    """Return a 64-bit hash of a scene, the key of its random captions and questions."""
    number = noise.mix(_BACKGROUNDS.index(scene.background))
    for shape in scene.shapes:
        number = noise.mix(number ^ _code(shape))
    return number


def _checked(n, seed, split, shapes) -> tuple[int, int, int, int]:
    """Return n, seed, min and max as integers, or raise InputError."""
    n, seed = noise.whole(n, "n"), noise.whole(seed)
    if n < 0:
        raise InputError(f"sample: n={n}", "0 or more scenes", "pass n=64")
    if split not in SPLITS:
        raise InputError(f"sample: split={split!r}", f"one of {', '.join(SPLITS)}", "pass split='train'")
    try:
        minimum, maximum = (noise.whole(count, "shapes") for count in shapes)
    except (TypeError, ValueError):
        minimum, maximum = 0, 0
    if not 1 <= minimum <= maximum <= MAXIMUM:
        raise InputError(
            f"sample: shapes={shapes!r}",
            f"(min, max) with 1 <= min <= max <= {MAXIMUM}",
            "pass shapes=(1, 1) for one shape in each scene",
        )
    return n, seed, minimum, maximum


def _share(split: str) -> float:
    """Return the fraction of the candidates that a split keeps."""
    return {"train": 1 - 2 / _ODDS, "novel": 1.0}.get(split, 1 / _ODDS)


def _candidates(seed, first, rows, novel, minimum, maximum):
    """Return shape codes (rows, MAXIMUM) int64, sorted, and backgrounds (rows,) int64."""
    numbers = noise.table(seed, first, rows, _COLUMNS)
    count = minimum + noise.below(numbers[:, 0], maximum - minimum + 1)
    quarter = _PLACES[noise.below(numbers[:, 1], len(_PLACES))]
    background = noise.below(numbers[:, 2], len(BACKGROUNDS))
    of_shape = numbers[:, 5:].reshape(rows, 4, MAXIMUM)
    allowed = np.arange(len(_PAIRS)) if novel else _SEEN
    pair = allowed[noise.below(of_shape[:, 0], len(allowed))]
    if novel:
        held_out = _UNSEEN[noise.below(numbers[:, 3], len(_UNSEEN))]
        pair[np.arange(rows), noise.below(numbers[:, 4], count.astype(np.uint64))] = held_out
    else:
        # One scene in four repeats a pair, so that there is something to count.
        pair[:, 1] = np.where(noise.below(numbers[:, 4], 4) == 0, pair[:, 0], pair[:, 1])
    size = noise.below(of_shape[:, 1], len(SIZES))
    reach = _JITTER[size]
    x = quarter % 2 * _CELL + _CELL // 2 + noise.below(of_shape[:, 2], 2 * reach + 1) - reach
    y = quarter // 2 * _CELL + _CELL // 2 + noise.below(of_shape[:, 3], 2 * reach + 1) - reach
    codes = ((pair * len(SIZES) + size) * CANVAS + y) * CANVAS + x
    codes[np.arange(MAXIMUM) >= count[:, None]] = _EMPTY
    return np.sort(codes, axis=1), background


def _buckets(codes: np.ndarray, backgrounds: np.ndarray) -> np.ndarray:
    """Return the index in SPLITS for each row of sorted shape codes, from its hash."""
    number = noise.mix_array(backgrounds.astype(np.uint64))
    for column in codes.T:
        number = noise.mix_array(number ^ column.astype(np.uint64))
    bucket = (number % np.uint64(_ODDS)).astype(np.int64)
    return np.where(bucket < 2, bucket + 1, 0)


def _code(shape: Shape) -> int:
    """Return the integer that encodes a shape."""
    pair = _PAIRS.index(shape.pair)
    return ((pair * len(SIZES) + SIZES.index(shape.size)) * CANVAS + shape.y) * CANVAS + shape.x


@lru_cache(maxsize=1 << 18)
def _shape(code: int) -> Shape:
    """Return the shape of a code; equal shapes are the same object."""
    rest, x = divmod(code, CANVAS)
    rest, y = divmod(rest, CANVAS)
    pair, size = divmod(rest, len(SIZES))
    colour, kind = _PAIRS[pair]
    return Shape(kind, colour, SIZES[size], x, y)


def _scene(codes: list[int], background: int) -> Scene:
    """Return the scene of one row of shape codes."""
    return Scene(tuple(_shape(code) for code in codes if code >= 0), _BACKGROUNDS[background])
