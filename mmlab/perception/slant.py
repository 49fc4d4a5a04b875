"""Measure the slant of a page and correct it."""

import numpy as np

from mmlab.world.documents.degraded_scan import drops_of

MAXIMUM = 48  # in 1024ths, as in `degraded`
_STRAIGHTER = 4  # on text, the differences of rows grow about 30-fold


def slant_of(image: np.ndarray) -> int:
    """Return the slant that explains best where a column equals its neighbour shifted by one pixel.

    image    (h, w, 3) uint8
    returns  int   -48 to 48; 0 for a straight page. A slant that `straight` would correct by cropping more
             than half of the rows is left out: on an image that is much wider than high, there are few others
    """
    grey = image.astype(np.int32).sum(axis=2)
    here, after = grey[:, :-1], grey[:, 1:]
    level = np.abs(here[:-1] - after[:-1]).sum(axis=0)
    gains = {
        1: level - np.abs(here[:-1] - after[1:]).sum(axis=0),
        -1: level - np.abs(here[1:] - after[:-1]).sum(axis=0),
    }
    best, maximum = 0, 0
    for slant in range(-MAXIMUM, MAXIMUM + 1):
        drops = drops_of(image.shape[1], slant)
        if drops.max() > image.shape[0] // 2:
            continue
        steps = np.diff(drops) != 0
        gain = int(gains[1 if slant > 0 else -1][steps].sum())
        if gain > maximum:
            best, maximum = slant, gain
    return best


def is_slanted(image: np.ndarray, drops: np.ndarray) -> bool:
    """Return whether lines of text lie clearly straighter after `straight`.

    On a straight page, rows of ink and blank rows alternate, so the sums of neighbouring rows differ a lot.
    """
    before, after = (
        np.diff(pixels.sum(axis=(1, 2), dtype=np.float64)) for pixels in (image, straight(image, drops))
    )
    if not len(after):
        return False
    return bool((after**2).mean() > _STRAIGHTER * (before**2).mean())


def straight(image: np.ndarray, drops: np.ndarray) -> np.ndarray:
    """Return an image with its columns moved up by `drops`, cropped at the bottom."""
    height = image.shape[0] - int(drops.max())
    return image[np.arange(height)[:, None] + drops, np.arange(image.shape[1])]
