"""What the models generate from text: a scene of the shapes that the text names, and an embedding."""

import hashlib

import numpy as np

from mmlab.api.server.model.vocabulary import mentions, words
from mmlab.world import Scene, Shape
from mmlab.world.grammar import NUMBERS
from mmlab.world.scene import BACKGROUNDS, COLOURS, KINDS, MAXIMUM

WIDTH = 64  # dimensions of an embedding, unless a request asks for fewer
_POSITIONS = {
    1: ((48, 48),),
    2: ((24, 48), (72, 48)),
    3: ((24, 24), (72, 24), (48, 72)),
    4: ((24, 24), (72, 24), (24, 72), (72, 72)),
}
_STACKED = ((48, 24), (48, 72))
_SMALL = set(words("a an the of in on is are and with to there it this that"))


def drawn(text: str, seed: int, maximum: int) -> Scene | None:
    """Return a scene of the shapes that a text names, or None if it names none.

    text     str   such as "a red circle left of two blue stars on a white background"
    seed     int   for the attributes that the text leaves open
    maximum  int   number of shapes that the model remembers; it forgets the rest
    """
    spoken = words(text)
    named = counted(spoken)[: min(maximum, MAXIMUM)]
    if not named:
        return None
    rng = np.random.default_rng(seed)
    shapes = [
        Shape(
            mention.kind or str(rng.choice(KINDS)),
            mention.colour or str(rng.choice(list(COLOURS))),
            mention.size or "large",
            *position,
        )
        for mention, position in zip(named, positions(spoken, len(named)))
    ]
    return Scene(tuple(shapes), ground(spoken) or "grey")


def positions(spoken: list[str], count: int) -> list[tuple[int, int]]:
    """Return the positions of `count` shapes in the order that "left of", "right of", "above" or "below" asks for."""
    result = list(_STACKED if count == 2 and {"above", "below"} & set(spoken) else _POSITIONS[count])
    return result[::-1] if {"right", "below"} & set(spoken) else result


def ground(spoken: list[str]) -> str | None:
    """Return the background colour that the words name, or None.

    >>> ground(["on", "a", "white", "background"])
    'white'
    """
    pairs = zip(spoken, spoken[1:])
    return next((word for word, after in pairs if word in BACKGROUNDS and after == "background"), None)


def counted(spoken: list[str]) -> list:
    """Return the shapes that the words name, each repeated as often as its number says."""
    result, start = [], 0
    for index, word in [*enumerate(spoken), (len(spoken), "one")]:
        if word in NUMBERS or index == len(spoken):
            result += _times(spoken[start:index])
            start = index
    return [mention for mention in result if mention.kind or mention.colour in COLOURS]


def _times(part: list[str]) -> list:
    named = mentions(part)
    if not named or not part or part[0] not in NUMBERS:
        return named
    return [named[0]] * NUMBERS.index(part[0]) + named[1:]


def embedding(text: str, width: int = WIDTH) -> np.ndarray:
    """Return the embedding of a text; texts with the same words have similar embeddings, in any order.

    returns  (width,) float32 of length 1; a fixed vector for a text without words

    >>> a, b, c = (embedding(text) for text in ("a red ring", "the ring is red", "a blue star"))
    >>> bool(a @ b > 0.99 > 0.5 > a @ c)
    True
    """
    content = [word for word in words(text) if word not in _SMALL] or [""]
    whole = np.sum([_direction(word) for word in content], axis=0)[:width]
    return (whole / np.linalg.norm(whole)).astype(np.float32)


def _direction(word: str) -> np.ndarray:
    """Return the fixed vector of a word, from a hash; it is nearly orthogonal to those of other words."""
    digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=WIDTH).digest()
    return np.frombuffer(digest, np.uint8).astype(np.float64) - 127.5
