"""Segment a page into panels, the ink on them, and lines of ink.

A panel is a region of one colour that is large compared with the letters on it: the
page, a table's header, a button. Every other pixel gets the colour of a neighbouring
panel as its background; the difference from that background is its ink. Patches of
ink that follow each other closely at the same height form a line.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse

from mmlab.perception.budget import spend

EVEN = 8  # neighbours that differ by less belong to one panel
MARKED = 30  # minimum difference of ink from its background; half as much again on noisy pages
_PANEL, _LARGE = 400, 20_000  # pixels: a smaller region is not a panel, a larger one always is
_NOISY = 0.15  # a page is noisy if more of the differing neighbours differ by at most three steps
_THIN = 16  # pixels: a narrower region may be the stem of a large letter
_MAX_PAIRS = 3_000_000  # of patches in one column: a page full of the smallest letters has half as many
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
        """Number of rows."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, eq=False)
class Inked:
    """The ink of a page.

    panels    (h, w) int32   the panel that a pixel belongs to, 0 for none
    colours   (n, 3) int16   a panel's colour, by its number
    depth     (h, w) int16   difference of a pixel from its background
    labels    (h, w) int32   the patch that a pixel belongs to, 0 for none
    letters   the patches that can be letters
    outlines  the patches that are outlines of boxes
    marks     all other patches
    noisy     bool           whether compression or noise has changed the pixels
    """

    panels: np.ndarray
    colours: np.ndarray
    depth: np.ndarray
    labels: np.ndarray
    letters: list[Patch]
    outlines: list[Patch]
    marks: list[Patch]
    noisy: bool


def on(image: np.ndarray) -> Inked:
    """Return the ink of a page (h, w, 3) uint8."""
    spend(0.12 * image.shape[0] * image.shape[1])
    pixels = image.astype(np.int16)
    panels, colours, background, noisy = backgrounds(image)
    depth = furthest(pixels, background)
    labels, letters, outlines, marks = patches(depth, noisy)
    for patch in outlines:
        # A box too small to be a panel may have its own fill colour.
        inner = np.s_[patch.top + 2 : patch.bottom - 2, patch.left + 2 : patch.right - 2]
        bare = (labels[inner] == 0) & (panels[inner] == 0)
        if bare.any():
            shade = np.median(pixels[inner][bare], axis=0).astype(np.int16)
            depth[inner] = np.where(panels[inner] == 0, furthest(pixels[inner], shade), depth[inner])
    return Inked(panels, colours, depth, labels, letters, outlines, marks, noisy)


def backgrounds(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """Return the panels of a page and the background colour of every pixel.

    image    (h, w, 3) uint8
    returns  (h, w) int32       number of the panel that a pixel belongs to, 0 for none
             (n, 3) int16       the panels' colours by number
             (h, w, 3) int16    the background colour of each pixel
             bool               whether compression or noise has changed the pixels
    """
    pixels = image.astype(np.int16)
    across, down = furthest(pixels[:, 1:], pixels[:, :-1]), furthest(pixels[1:], pixels[:-1])
    # Noise gives a large median difference of neighbours; compression gives many small differences.
    median = int(np.median(across)) if across.size else 0  # an image of one column has no neighbours
    noisy = median > 2 or bool(((across > 0) & (across < 4)).sum() > _NOISY * max((across > 0).sum(), 100))
    step = max(EVEN + 4 * noisy, 5 * median)
    even = np.ones(image.shape[:2], bool)
    even[:, 1:] &= across < step
    even[1:] &= down < step
    labels, count = ndimage.label(even)
    sizes = np.bincount(labels.reshape(-1), minlength=count + 1)
    large = sizes >= _PANEL
    large[0] = False
    boxes = ndimage.find_objects(labels)
    for number in np.flatnonzero(large & (sizes < _LARGE)).tolist():
        rows, columns = boxes[number - 1]
        spend(30 + (rows.stop - rows.start) * (columns.stop - columns.start) / 50)
        large[number] = _is_panel(labels[boxes[number - 1]] == number, noisy)
    panels = np.where(large, np.cumsum(large), 0)[labels].astype(np.int32)
    if not panels.any():
        middle = np.median(pixels.reshape(-1, 3), axis=0)
        return (
            panels,
            middle.astype(np.int16)[None],
            np.broadcast_to(middle.astype(np.int16), pixels.shape),
            noisy,
        )
    numbers = panels[::2, ::2].reshape(-1)  # every other pixel is enough for a mean
    counts = np.bincount(numbers, minlength=panels.max() + 1)
    colours = np.empty((len(counts), 3), np.int16)
    for channel in range(3):
        totals = np.bincount(numbers, pixels[::2, ::2, channel].reshape(-1), len(counts))
        colours[:, channel] = np.rint(totals / np.maximum(counts, 1))
    return panels, colours, _nearer(pixels, panels, colours), noisy


def furthest(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the maximum difference over the channels of two images (h, w, 3) int16, at each pixel."""
    red, green, blue = (np.abs(first[..., channel] - second[..., channel]) for channel in range(3))
    return np.maximum(np.maximum(red, green), blue)


def _is_panel(region: np.ndarray, noisy: bool) -> bool:
    """Return whether a region of one colour is a panel rather than part of a letter."""
    filled = int(ndimage.binary_fill_holes(region).sum())
    if noisy:  # compression frays a panel's edges and what lies around its letters
        return min(region.shape) >= 1.5 * _THIN and region.sum() > 0.5 * filled and filled > 0.8 * region.size
    height, width = region.shape
    # A bold B has one colour too, but it is about as high as wide and has holes; a bold I is a narrow bar.
    fat = max(height, width) < min(100, 1.8 * min(height, width)) and region.sum() < 0.97 * filled
    fat = fat or width < 24 and 2.5 * width < height < 110
    return (
        not fat
        and min(height, width) >= _THIN
        and region.sum() > 0.72 * filled
        and filled > 0.9 * region.size
    )


def _nearer(pixels: np.ndarray, panels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return the background of each pixel: the more similar of the panels before and after it in its row."""
    flat = panels.reshape(-1)
    places = np.arange(flat.size, dtype=np.int32)
    before = np.maximum.accumulate(np.where(flat > 0, places, 0))
    after = np.minimum.accumulate(np.where(flat > 0, places, flat.size - 1)[::-1])[::-1]
    first, second = flat[before], flat[after]
    first, second = np.where(first, first, second), np.where(second, second, first)
    background = colours[first]
    unsure = np.flatnonzero(first != second)
    if unsure.size:
        own, earlier, later = pixels.reshape(-1, 3)[unsure], background[unsure], colours[second[unsure]]
        background[unsure] = np.where(
            (furthest(own, earlier) <= furthest(own, later))[:, None], earlier, later
        )
    return background.reshape(pixels.shape)


def patches(depth: np.ndarray, noisy: bool) -> tuple[np.ndarray, list, list, list]:
    """Return the connected patches of ink: those that can be letters, outlines of boxes, others.

    depth    (h, w) int   difference of each pixel from its background
    noisy    bool         whether compression or noise has changed the pixels
    returns  labels (h, w), letters, outlines, marks; a patch's number is its label
    """
    labels, _ = ndimage.label(depth > (MARKED * 3 // 2 if noisy else MARKED), _TOUCHING)
    letters, outlines, marks = [], [], []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        spend(2.5)
        patch = Patch(number, columns.start, rows.start, columns.stop, rows.stop)
        width = patch.right - patch.left
        if max(width, patch.height) < 12:
            letters.append(patch)
            continue
        spend(10 + width * patch.height / 1000)
        mask = labels[rows, columns] == number
        if min(width, patch.height) >= 12 and _is_outline(mask):
            outlines.append(patch)
        elif patch.height > 140 or width > 160 or _is_mark(mask, noisy):
            marks.append(patch)
        else:
            letters.append(patch)
    return labels, letters, outlines, marks


def _is_outline(mask: np.ndarray) -> bool:
    """Return whether a patch is the outline of a box: four complete sides and little inside."""
    sides = mask[:2].any(axis=0), mask[-2:].any(axis=0), mask[:, :2].any(axis=1), mask[:, -2:].any(axis=1)
    return bool(mask[3:-3, 3:-3].mean() < 0.3) and all(side.mean() > 0.8 for side in sides)


def _is_mark(mask: np.ndarray, noisy: bool) -> bool:
    """Return whether a patch is a rule, a legend's square or dot, or an edge of something large."""
    height, width = mask.shape
    if width >= 40 and width > 10 * height:
        return True
    if max(height, width) > 60 and mask.mean() < 0.15:
        return True
    if not noisy:
        return False  # it may be the dot of a large i, which is read exactly
    square = max(height, width) < 1.5 * min(height, width) and min(height, width) >= 12
    return bool(square and mask.mean() > 0.74 and mask[2:-2, 2:-2].mean() > 0.97)


def lines(patches: list[Patch]) -> list[list[Patch]]:
    """Return patches as lines, unordered.

    Two patches belong to one line when the blank between them is no wider than a
    space and they share half the height of the smaller one, or the middle of the
    smaller one lies just above or below the other (the dot of an i, a comma).
    """
    if not patches:
        return []
    patches = sorted(patches, key=lambda patch: patch.left)
    left, top, right, bottom = np.array([(p.left, p.top, p.right, p.bottom) for p in patches]).T
    tall = bottom - top
    reach = right + (1.15 * np.maximum(tall, np.percentile(tall, 90))).astype(int)
    last = np.searchsorted(left, reach, "right")
    count = last - np.arange(len(patches)) - 1
    spend(0.2 * int(count.sum()) if count.sum() < _MAX_PAIRS else np.inf)
    first = np.repeat(np.arange(len(patches)), count)
    other = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count) + first + 1
    lower, taller = np.minimum(tall[first], tall[other]), np.maximum(tall[first], tall[other])
    shared = np.minimum(bottom[first], bottom[other]) - np.maximum(top[first], top[other])
    near = left[other] - right[first] <= 1.15 * taller
    # Half the height of the smaller one inside, or its middle at most this far outside.
    beside = (2 * shared >= lower) | (2 * shared - lower >= -0.64 * taller - 2)
    pairs = near & beside
    graph = sparse.coo_array((pairs[pairs], (first[pairs], other[pairs])), (len(patches), len(patches)))
    _, groups = sparse.csgraph.connected_components(graph, directed=False)
    gathered = [[] for _ in range(groups.max() + 1)]
    for patch, group in zip(patches, groups.tolist()):
        gathered[group].append(patch)
    return _stacked(gathered)


def _stacked(groups: list[list[Patch]]) -> list[list[Patch]]:
    """Return the groups, with single marks above each other joined, such as the dots of a colon."""
    tall = np.percentile([patch.height for group in groups for patch in group], 75)
    lone = sorted((group[0] for group in groups if len(group) == 1), key=lambda patch: patch.left)
    joined, last = [], None
    for patch in lone:
        if last is not None and min(patch.right, last.right) - max(patch.left, last.left) > 0:
            if max(patch.bottom, last.bottom) - min(patch.top, last.top) <= tall:
                joined[-1].append(patch)
                last = patch
                continue
        joined.append([patch])
        last = patch
    return [group for group in groups if len(group) > 1] + joined
