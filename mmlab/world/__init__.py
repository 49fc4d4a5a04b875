"""The world: scenes with known truth, drawn as pictures and told in words.

    scene      Shape, Scene, the names and colours, which pairs are held out
    sampling   scenes by seed and split
    render     scenes to pictures
    grammar    the words, and how they make a phrase
    captions   true captions in several styles
    parse      any caption of the grammar to what it claims
    truth      whether a scene is as claimed
    questions  questions with exact answers
    images     pictures to file bytes and back

numpy and Pillow; no torch. Same seed, same bytes, on every platform.
"""

from mmlab.world.captions import STYLES, caption
from mmlab.world.grammar import vocabulary, words
from mmlab.world.images import decode_image, encode_image
from mmlab.world.parse import Constraints, Mention, Relation, parse
from mmlab.world.questions import QUESTION_TYPES, Question, questions
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
from mmlab.world.truth import satisfies

__all__ = [
    "BACKGROUNDS", "CANVAS", "COLOURS", "GAP", "KINDS", "NOVEL_PAIRS", "SIZES", "SPLITS", "STYLES",
    "QUESTION_TYPES", "Constraints", "Mention", "Question", "Relation", "Scene", "Shape",
    "caption", "decode_image", "encode_image", "parse", "questions", "render", "sample",
    "satisfies", "split_of", "vocabulary", "words",
]  # fmt: skip
