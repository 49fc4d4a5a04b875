"""How far a page is slanted, and the page set straight again."""

import numpy as np

from mmlab.world.documents.worn import drops_of

MOST = 48  # in 1024ths, as `worn` counts


def slant_of(image: np.ndarray) -> int:
    """Return the slant whose steps explain best where a column is its neighbour, one pixel lower or higher.

    image    (h, w, 3) uint8
    returns  int   -48 to 48; 0 for a straight page
    """
    grey = image.astype(np.int32).sum(axis=2)
    here, after = grey[:, :-1], grey[:, 1:]
    level = np.abs(here[:-1] - after[:-1]).sum(axis=0)
    gains = {
        1: level - np.abs(here[:-1] - after[1:]).sum(axis=0),
        -1: level - np.abs(here[1:] - after[:-1]).sum(axis=0),
    }
    best, most = 0, 0
    for slant in range(-MOST, MOST + 1):
        steps = np.diff(drops_of(image.shape[1], slant)) != 0
        gain = int(gains[1 if slant > 0 else -1][steps].sum())
        if gain > most:
            best, most = slant, gain
    return best


def straight(image: np.ndarray, drops: np.ndarray) -> np.ndarray:
    """Return a picture whose columns rise by `drops`, without what then sticks out below."""
    height = image.shape[0] - int(drops.max())
    return image[np.arange(height)[:, None] + drops, np.arange(image.shape[1])]
