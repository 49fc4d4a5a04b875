"""Recognise photographs and noise from a few statistics, before any reader looks for shapes or letters.

A drawing, a page or a screen has a background: one colour that covers much of the image. A photograph has
many colours and no such background, and pure noise has none at all. The statistics come from at most
SAMPLE x SAMPLE blocks, so they take a few milliseconds for any image.
"""

import numpy as np

SAMPLE = 64  # blocks per side of the sample
_BLOCK = 4  # pixels per side of a block, whose mean removes most of the noise of a scan
_NEAR = 16  # maximum difference, per channel, from the background's colour
_GROUND = 0.45  # minimum fraction of blocks that the background of a drawing covers
_VARIED = 0.25  # minimum fraction of distinct colours among the blocks of a photograph
_GRAIN = 40.0  # standard deviation of the pixels of most blocks, above that of any scan that can be read
_SMALLEST = 48  # pixels: a smaller image has too few blocks to judge


def is_photograph(image: np.ndarray) -> bool:
    """Return whether an image is a photograph or noise rather than a drawing, a page or a screen.

    image   (h, w, 3) uint8
    returns False for an image with a side below 48 pixels
    """
    height, width = image.shape[:2]
    if min(height, width) < _SMALLEST:
        return False
    rows, columns = (
        np.unique(np.linspace(0, side - _BLOCK, min(SAMPLE, side // _BLOCK)).astype(int))
        for side in (height, width)
    )
    step = np.arange(_BLOCK)
    blocks = image[(rows[:, None] + step)[:, None, :, None], (columns[:, None] + step)[None, :, None, :]]
    blocks = blocks.reshape(-1, _BLOCK * _BLOCK, 3).astype(np.float32)
    if float(np.median(blocks.std(axis=1).max(axis=1))) > _GRAIN:
        return True
    means = blocks.mean(axis=1)
    codes = (means // 16).astype(int) @ np.array([1, 16, 256])
    names, counts = np.unique(codes, return_counts=True)
    ground = np.median(means[codes == names[counts.argmax()]], axis=0)
    covered = float((np.abs(means - ground).max(axis=1) <= _NEAR).mean())
    return covered < _GROUND and len(np.unique(means // 4, axis=0)) > _VARIED * len(means)
