"""The world: scenes with known truth, drawn as pictures, told in words, spoken and filmed.

    scene      Shape, Scene, the names and colours, which pairs are held out
    sampling   scenes by seed and split
    render     scenes to pictures
    grammar    the words, and how they make a phrase
    captions   true captions in several styles
    parse      any caption of the grammar to what it claims
    truth      whether a scene is as claimed
    questions  questions with exact answers
    images     pictures to file bytes and back
    films      scenes in which things happen, one after the other
    speech     spoken texts, in a voice for every seed
    pronunciation  texts to words as they are said, words to sounds and back
    phones     the sounds of speech as recipes
    sounds     sounds to file bytes and back
    avi        films to file bytes and back
    documents/ pages, charts and screens with known truth
    readers/   scenes, texts, events and words back, by looking and listening alone

numpy, scipy and Pillow; no torch. Same seed, same bytes, on every platform.
What sounds and moves is loaded when it is first used.
"""

import importlib

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
    "EVENTS", "Event", "Film", "Heard", "film", "hear", "speak", "spoken", "watch", "wav_bytes", "wav_samples",
    "avi_bytes", "avi_frames",
]  # fmt: skip

_LATER = {
    "EVENTS": "films", "Event": "films", "Film": "films", "film": "films", "watch": "readers.film",
    "Heard": "readers.speech", "hear": "readers.speech", "speak": "speech", "spoken": "pronunciation",
    "wav_bytes": "sounds", "wav_samples": "sounds", "avi_bytes": "avi", "avi_frames": "avi",
}  # fmt: skip


def __getattr__(name: str):
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module 'mmlab.world' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
