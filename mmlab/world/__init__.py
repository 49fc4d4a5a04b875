"""The world: scenes with known truth, drawn as pictures and told in words.

    scene      Shape, Scene, the names and colours, which pairs are held out
    sampling   scenes by seed and split
    render     scenes to pictures
    grammar    the words, and how they make a phrase
    captions   true captions in several styles
    images     pictures to file bytes and back

numpy and Pillow; no torch. Same seed, same bytes, on every platform.
"""

from mmlab.world.captions import STYLES, caption
from mmlab.world.grammar import vocabulary, words
from mmlab.world.images import decode_image, encode_image
from mmlab.world.render import render
from mmlab.world.sampling import sample, split_of
from mmlab.world.scene import (
    BACKGROUNDS,
    CANVAS,
    COLOURS,
    GAP,
    KINDS,
    NOVEL_PAIRS,
    SIZES,
    SPLITS,
    Scene,
    Shape,
)

__all__ = [
    "BACKGROUNDS", "CANVAS", "COLOURS", "GAP", "KINDS", "NOVEL_PAIRS", "SIZES", "SPLITS", "STYLES",
    "Scene", "Shape", "caption", "decode_image", "encode_image", "render", "sample", "split_of",
    "vocabulary", "words",
]  # fmt: skip
