"""Words as people write them, to the world's own: shapes and colours that a text names."""

import re

from mmlab.world.grammar import NOUNS
from mmlab.world.parse import Mention
from mmlab.world.scene import BACKGROUNDS, COLOURS, SIZES

_SAME = {
    "color": "colour", "colors": "colour", "colours": "colour", "gray": "grey", "violet": "purple",
    "big": "large", "bigger": "larger", "little": "small", "tiny": "small", "huge": "large",
    "disc": "circle", "disk": "circle", "dot": "circle", "dots": "circles", "discs": "circles",
    "disks": "circles", "donut": "ring", "donuts": "rings", "doughnut": "ring", "plus": "cross",
    "object": "shape", "objects": "shapes", "thing": "shape", "things": "shapes", "item": "shape",
    "items": "shapes", "figure": "shape", "figures": "shapes", "beneath": "below", "under": "below",
    "underneath": "below", "over": "above",
}  # fmt: skip
_TINTS = {*COLOURS, *BACKGROUNDS}


def words(text: str) -> list[str]:
    """Return a text's words, lower case, in the world's spelling.

    >>> words("What COLOR is the big donut?")
    ['what', 'colour', 'is', 'the', 'large', 'ring']
    """
    found = re.findall(r"[a-z]+|\d+", text.lower())
    return [_SAME.get(word, word) for word in found]


def mentions(text_words: list[str]) -> list[Mention]:
    """Return the shapes that a text names, in order: [size] [colour] [kind], any of them alone.

    >>> [(one.size, one.colour, one.kind) for one in mentions(words("a large ring and red circles"))]
    [('large', None, 'ring'), (None, 'red', 'circle')]
    """
    found, current = [], {}

    def close():
        if current:
            found.append(Mention(1, False, **current))
            current.clear()

    for place, word in enumerate(text_words):
        if word in SIZES:
            close()
            current["size"] = word
        elif word in _TINTS and text_words[place + 1 : place + 2] != ["background"]:
            if current.keys() - {"size"}:
                close()
            current["colour"] = word
        elif word in NOUNS:
            if NOUNS[word] != "shape":
                current["kind"] = NOUNS[word]
            found.append(Mention(1, False, **current))
            current.clear()
        else:
            close()
    close()
    return found


def named(mention: Mention) -> str:
    """Return the words of a mention.

    >>> named(mentions(["red", "rings"])[0])
    'red ring'
    """
    parts = (mention.size, mention.colour, mention.kind or "shape")
    return " ".join(part for part in parts if part)
