"""The world: scenes with known ground truth, as images, captions, speech and video.

    scene          Shape, Scene, the names and colours, the held-out pairs
    sampling       scenes by seed and split
    render         scenes to images
    grammar        the vocabulary and the phrases
    captions       true captions in several styles
    parse          captions to constraints
    truth          whether a scene satisfies constraints
    questions      questions with exact answers
    video          scenes with a sequence of events
    speech         text to speech, with a voice for every seed
    pronunciation  text to spoken words, words to phones and back
    phones         the phones as formant recipes
    documents/     pages, charts and screens with known ground truth
    files/         images, audio, video and pages to file bytes and back

The world needs numpy, scipy and Pillow, but not torch. The same seed gives the same
bytes on every platform. Audio and video modules are imported on first use.
"""

import importlib

from mmlab.world.captions import STYLES, caption
from mmlab.world.files.image import decode_image, encode_image
from mmlab.world.grammar import vocabulary, words
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
    "BACKGROUNDS",
    "CANVAS",
    "COLOURS",
    "GAP",
    "KINDS",
    "NOVEL_PAIRS",
    "SIZES",
    "SPLITS",
    "STYLES",
    "QUESTION_TYPES",
    "Constraints",
    "Mention",
    "Question",
    "Relation",
    "Scene",
    "Shape",
    "caption",
    "decode_image",
    "encode_image",
    "parse",
    "questions",
    "render",
    "sample",
    "satisfies",
    "split_of",
    "vocabulary",
    "words",
    "EVENTS",
    "Event",
    "Video",
    "film",
    "speak",
    "spoken",
    "wav_bytes",
    "wav_samples",
    "avi_bytes",
    "avi_frames",
]

_LATER = {
    "EVENTS": "video",
    "Event": "video",
    "Video": "video",
    "film": "video",
    "speak": "speech",
    "spoken": "pronunciation",
    "wav_bytes": "files.wav",
    "wav_samples": "files.wav",
    "avi_bytes": "files.avi",
    "avi_frames": "files.avi",
}


def __getattr__(name: str):
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module 'mmlab.world' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
