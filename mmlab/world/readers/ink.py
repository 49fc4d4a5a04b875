"""What is drawn on what: the panels of a page, the ink on them, and the ink's lines.

A panel is an even stretch of one colour, large beside the letters on it: paper,
a table's head, a button. Every pixel that is none gets the panel beside it as
its paper; how far it stands off that paper is its ink. Patches of ink that
follow each other closely on one height are a line.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse

EVEN = 8  # neighbours that differ by less belong to one panel
MARKED = 30  # ink that stands off its paper by less is not seen; half as much again where pixels are shaken
_PANEL, _LARGE = 400, 20_000  # pixels: what is smaller, or larger, needs no second look
_SHAKEN = 0.15  # of the neighbours that differ do so by three steps at most: shaken pixels
_THIN = 16  # pixels: a narrower stretch may be the stem of a large letter
_TOUCHING = np.ones((3, 3), bool)


@dataclass(frozen=True, slots=True)
class Patch:
    """One connected patch of ink: its number in the labels, and its box."""

    number: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        """Rows from its first to its last."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, eq=False)
class Inked:
    """The ink of a page.

    panels    (h, w) int32   the panel that a pixel belongs to, 0 for none
    colours   (n, 3) int16   a panel's colour, by its number
    depth     (h, w) int16   how far a pixel stands off its paper
    labels    (h, w) int32   the patch that a pixel belongs to, 0 for none
    letters   the patches that can be letters
    outlines  the patches that are outlines of boxes
    marks     all other patches
    shaken    bool           whether compression or noise has moved the pixels
    """

    panels: np.ndarray
    colours: np.ndarray
    depth: np.ndarray
    labels: np.ndarray
    letters: list[Patch]
    outlines: list[Patch]
    marks: list[Patch]
    shaken: bool


def on(image: np.ndarray) -> Inked:
    """Return the ink that is on a page (h, w, 3) uint8."""
    pixels = image.astype(np.int16)
    panels, colours, paper, shaken = papers(image)
    depth = furthest(pixels, paper)
    labels, letters, outlines, marks = patches(depth, shaken)
    for one in outlines:
        # A box too small to be a panel may be filled with a shade of its own.
        inner = np.s_[one.top + 2 : one.bottom - 2, one.left + 2 : one.right - 2]
        bare = (labels[inner] == 0) & (panels[inner] == 0)
        if bare.any():
            shade = np.median(pixels[inner][bare], axis=0).astype(np.int16)
            depth[inner] = np.where(panels[inner] == 0, furthest(pixels[inner], shade), depth[inner])
    return Inked(panels, colours, depth, labels, letters, outlines, marks, shaken)


def papers(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """Return the panels of a page and, for every pixel, the colour of the paper under it.

    image    (h, w, 3) uint8
    returns  (h, w) int32       number of the panel that a pixel belongs to, 0 for none
             (n, 3) int16       the panels' colours by number
             (h, w, 3) int16    the colour of the paper under each pixel
             bool               whether compression or noise has shaken the pixels
    """
    pixels = image.astype(np.int16)
    across, down = furthest(pixels[:, 1:], pixels[:, :-1]), furthest(pixels[1:], pixels[:-1])
    # On a noisy page half of the neighbours differ by the median; compression shakes them a little.
    median = int(np.median(across))
    shaken = median > 2 or bool(((across > 0) & (across < 4)).sum() > _SHAKEN * max((across > 0).sum(), 100))
    step = max(EVEN + 4 * shaken, 5 * median)
    even = np.ones(image.shape[:2], bool)
    even[:, 1:] &= across < step
    even[1:] &= down < step
    labels, count = ndimage.label(even)
    sizes = np.bincount(labels.reshape(-1), minlength=count + 1)
    large = sizes >= _PANEL
    large[0] = False
    places = ndimage.find_objects(labels)
    for number in np.flatnonzero(large & (sizes < _LARGE)).tolist():
        large[number] = _is_panel(labels[places[number - 1]] == number, shaken)
    panels = np.where(large, np.cumsum(large), 0)[labels].astype(np.int32)
    if not panels.any():
        middle = np.median(pixels.reshape(-1, 3), axis=0)
        return panels, middle.astype(np.int16)[None], np.broadcast_to(middle.astype(np.int16), pixels.shape), shaken
    numbers = panels[::2, ::2].reshape(-1)  # every other pixel is enough for a mean
    counts = np.bincount(numbers, minlength=panels.max() + 1)
    colours = np.empty((len(counts), 3), np.int16)
    for channel in range(3):
        totals = np.bincount(numbers, pixels[::2, ::2, channel].reshape(-1), len(counts))
        colours[:, channel] = np.rint(totals / np.maximum(counts, 1))
    return panels, colours, _nearer(pixels, panels, colours), shaken


def furthest(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how far two pictures (h, w, 3) int16 differ at each pixel, in the channel that does most."""
    red, green, blue = (np.abs(one[..., channel] - other[..., channel]) for channel in range(3))
    return np.maximum(np.maximum(red, green), blue)


def _is_panel(region: np.ndarray, shaken: bool) -> bool:
    """Return whether an even region is a panel with little on it rather than part of a letter."""
    filled = int(ndimage.binary_fill_holes(region).sum())
    if shaken:  # compression frays a panel's edges and what lies around its letters
        return min(region.shape) >= 1.5 * _THIN and region.sum() > 0.5 * filled and filled > 0.8 * region.size
    height, width = region.shape
    # A fat B is as even, but about as high as wide, and it has holes; a fat I is a narrow bar.
    fat = max(height, width) < min(100, 1.8 * min(height, width)) and region.sum() < 0.97 * filled
    fat = fat or width < 24 and 2.5 * width < height < 110
    return not fat and min(height, width) >= _THIN and region.sum() > 0.72 * filled and filled > 0.9 * region.size


def _nearer(pixels: np.ndarray, panels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return each pixel's paper: of the panels before and after it in reading, the more alike."""
    flat = panels.reshape(-1)
    places = np.arange(flat.size, dtype=np.int32)
    before = np.maximum.accumulate(np.where(flat > 0, places, 0))
    after = np.minimum.accumulate(np.where(flat > 0, places, flat.size - 1)[::-1])[::-1]
    first, second = flat[before], flat[after]
    first, second = np.where(first, first, second), np.where(second, second, first)
    paper = colours[first]
    unsure = np.flatnonzero(first != second)
    if unsure.size:
        own, one, other = pixels.reshape(-1, 3)[unsure], paper[unsure], colours[second[unsure]]
        paper[unsure] = np.where((furthest(own, one) <= furthest(own, other))[:, None], one, other)
    return paper.reshape(pixels.shape)


def patches(depth: np.ndarray, shaken: bool) -> tuple[np.ndarray, list, list, list]:
    """Return the connected patches of ink: those that can be letters, outlines of boxes, others.

    depth    (h, w) int   how far each pixel stands off its paper
    shaken   bool         whether pixels were moved
    returns  labels (h, w), letters, outlines, marks; a patch's number is its label
    """
    labels, _ = ndimage.label(depth > (MARKED * 3 // 2 if shaken else MARKED), _TOUCHING)
    letters, outlines, marks = [], [], []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        one = Patch(number, columns.start, rows.start, columns.stop, rows.stop)
        width = one.right - one.left
        if max(width, one.height) < 12:
            letters.append(one)
            continue
        mask = labels[rows, columns] == number
        if min(width, one.height) >= 12 and _is_outline(mask):
            outlines.append(one)
        elif one.height > 140 or width > 160 or _is_mark(mask, shaken):
            marks.append(one)
        else:
            letters.append(one)
    return labels, letters, outlines, marks


def _is_outline(mask: np.ndarray) -> bool:
    """Return whether a patch is the outline of a box: four whole sides, little inside."""
    sides = mask[:2].any(axis=0), mask[-2:].any(axis=0), mask[:, :2].any(axis=1), mask[:, -2:].any(axis=1)
    return bool(mask[3:-3, 3:-3].mean() < 0.3) and all(side.mean() > 0.8 for side in sides)


def _is_mark(mask: np.ndarray, shaken: bool) -> bool:
    """Return whether a patch is a rule, a legend's square or dot, or an edge of something large."""
    height, width = mask.shape
    if width >= 40 and width > 10 * height:
        return True
    if max(height, width) > 60 and mask.mean() < 0.15:
        return True
    if not shaken:
        return False  # it may be the dot of a large i, which is known exactly
    square = max(height, width) < 1.5 * min(height, width) and min(height, width) >= 12
    return bool(square and mask.mean() > 0.74 and mask[2:-2, 2:-2].mean() > 0.97)


def lines(found: list[Patch]) -> list[list[Patch]]:
    """Return patches as lines, in no special order.

    Two patches are of one line when the blank between them is no wider than a
    space and they share half the lower one's height, or the lower one's middle
    lies just above or below the other (the dot of an i, a comma).
    """
    if not found:
        return []
    found = sorted(found, key=lambda patch: patch.left)
    left, top, right, bottom = np.array([(p.left, p.top, p.right, p.bottom) for p in found]).T
    tall = bottom - top
    reach = right + (1.15 * np.maximum(tall, np.percentile(tall, 90))).astype(int)
    last = np.searchsorted(left, reach, "right")
    count = last - np.arange(len(found)) - 1
    first = np.repeat(np.arange(len(found)), count)
    other = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count) + first + 1
    lower, taller = np.minimum(tall[first], tall[other]), np.maximum(tall[first], tall[other])
    shared = np.minimum(bottom[first], bottom[other]) - np.maximum(top[first], top[other])
    near = left[other] - right[first] <= 1.15 * taller
    # Half the lower one's height inside, or its middle at most this far outside.
    beside = (2 * shared >= lower) | (2 * shared - lower >= -0.64 * taller - 2)
    pairs = near & beside
    graph = sparse.coo_array((pairs[pairs], (first[pairs], other[pairs])), (len(found), len(found)))
    _, groups = sparse.csgraph.connected_components(graph, directed=False)
    gathered = [[] for _ in range(groups.max() + 1)]
    for one, group in zip(found, groups.tolist()):
        gathered[group].append(one)
    return _stacked(gathered)


def _stacked(groups: list[list[Patch]]) -> list[list[Patch]]:
    """Return the groups with lone marks that lie on top of each other as one, like a colon's dots."""
    tall = np.percentile([one.height for group in groups for one in group], 75)
    lone = sorted((group[0] for group in groups if len(group) == 1), key=lambda one: one.left)
    joined, last = [], None
    for one in lone:
        if last is not None and min(one.right, last.right) - max(one.left, last.left) > 0:
            if max(one.bottom, last.bottom) - min(one.top, last.top) <= tall:
                joined[-1].append(one)
                last = one
                continue
        joined.append([one])
        last = one
    return [group for group in groups if len(group) > 1] + joined
