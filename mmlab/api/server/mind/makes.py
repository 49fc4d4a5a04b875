"""What the models make from words: a picture of what they name, and an embedding."""

import hashlib

import numpy as np

from mmlab.api.server.mind.words import mentions, words
from mmlab.world import Scene, Shape
from mmlab.world.grammar import NUMBERS
from mmlab.world.scene import BACKGROUNDS, COLOURS, KINDS, MOST

WIDTH = 64  # of an embedding, unless fewer are asked for
_PLACES = {1: ((48, 48),), 2: ((24, 48), (72, 48)), 3: ((24, 24), (72, 24), (48, 72)),
           4: ((24, 24), (72, 24), (24, 72), (72, 72))}  # fmt: skip
_DOWN = ((48, 24), (48, 72))
_SMALL = set(words("a an the of in on is are and with to there it this that"))


def drawn(text: str, seed: int, most: int) -> Scene | None:
    """Return a scene of what a text names, or None when it names nothing to draw.

    text  str   such as "a red circle left of two blue stars on a white background"
    seed  int   chooses what the text leaves open
    most  int   so many shapes the model keeps in mind; it forgets the rest
    """
    spoken = words(text)
    named = counted(spoken)[: min(most, MOST)]
    if not named:
        return None
    rng = np.random.default_rng(seed)
    shapes = [
        Shape(one.kind or str(rng.choice(KINDS)), one.colour or str(rng.choice(list(COLOURS))),
              one.size or "large", *place)
        for one, place in zip(named, places(spoken, len(named)))
    ]  # fmt: skip
    return Scene(tuple(shapes), ground(spoken) or "grey")


def places(spoken: list[str], count: int) -> list[tuple[int, int]]:
    """Return where so many shapes lie that words place left of, right of, above or below each other."""
    found = list(_DOWN if count == 2 and {"above", "below"} & set(spoken) else _PLACES[count])
    return found[::-1] if {"right", "below"} & set(spoken) else found


def ground(spoken: list[str]) -> str | None:
    """Return the background that words name, or None.

    >>> ground(["on", "a", "white", "background"])
    'white'
    """
    pairs = zip(spoken, spoken[1:])
    return next((word for word, after in pairs if word in BACKGROUNDS and after == "background"), None)


def counted(spoken: list[str]) -> list:
    """Return the shapes that words name, as often as their number says."""
    found, start = [], 0
    for place, word in [*enumerate(spoken), (len(spoken), "one")]:
        if word in NUMBERS or place == len(spoken):
            found += _times(spoken[start:place])
            start = place
    return [one for one in found if one.kind or one.colour in COLOURS]


def _times(part: list[str]) -> list:
    named = mentions(part)
    if not named or not part or part[0] not in NUMBERS:
        return named
    return [named[0]] * NUMBERS.index(part[0]) + named[1:]


def embedding(text: str, width: int = WIDTH) -> np.ndarray:
    """Return the embedding of a text: near that of texts with the same words, whatever their order.

    returns  (width,) float32 of length 1; for a text without words, one fixed direction

    >>> a, b, c = (embedding(one) for one in ("a red ring", "the ring is red", "a blue star"))
    >>> bool(a @ b > 0.99 > 0.5 > a @ c)
    True
    """
    kept = [word for word in words(text) if word not in _SMALL] or [""]
    whole = np.sum([_direction(word) for word in kept], axis=0)[:width]
    return (whole / np.linalg.norm(whole)).astype(np.float32)


def _direction(word: str) -> np.ndarray:
    """Return a word's own direction, the same on every machine; nearly upright to all others."""
    digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=WIDTH).digest()
    return np.frombuffer(digest, np.uint8).astype(np.float64) - 127.5
