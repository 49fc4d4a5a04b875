"""Maps everyday words to the world's vocabulary, and finds the shapes and colours that a text names."""

import re
import unicodedata

from mmlab.world.grammar import NOUNS
from mmlab.world.parse import Mention
from mmlab.world.scene import BACKGROUNDS, COLOURS, SIZES

_SAME = {
    **dict.fromkeys("color colors colours hue tint".split(), "colour"),
    **dict.fromkeys("gray".split(), "grey"),
    **dict.fromkeys("crimson scarlet".split(), "red"),
    **dict.fromkeys("turquoise aqua".split(), "cyan"),
    **dict.fromkeys("violet magenta lilac".split(), "purple"),
    **dict.fromkeys("rose salmon".split(), "pink"),
    **dict.fromkeys("big huge".split(), "large"),
    **dict.fromkeys("bigger greater".split(), "larger"),
    **dict.fromkeys("biggest greatest".split(), "largest"),
    **dict.fromkeys("little tiny".split(), "small"),
    **dict.fromkeys("tinier".split(), "smaller"),
    **dict.fromkeys("tiniest littlest".split(), "smallest"),
    **dict.fromkeys("disc disk dot ball round circular".split(), "circle"),
    **dict.fromkeys("discs disks dots balls".split(), "circles"),
    **dict.fromkeys("donut doughnut annulus hoop".split(), "ring"),
    **dict.fromkeys("donuts doughnuts hoops".split(), "rings"),
    **dict.fromkeys("plus".split(), "cross"),
    **dict.fromkeys("pluses".split(), "crosses"),
    **dict.fromkeys("object thing item figure element symbol".split(), "shape"),
    **dict.fromkeys("objects things items figures elements symbols forms".split(), "shapes"),
    **dict.fromkeys("triangular".split(), "triangle"),
    **dict.fromkeys("quadratic".split(), "square"),
    **dict.fromkeys("beneath under underneath".split(), "below"),
    **dict.fromkeys("over atop".split(), "above"),
    **dict.fromkeys("center middle".split(), "centre"),
    **dict.fromkeys("backdrop canvas".split(), "background"),
    **dict.fromkeys("picture photo photograph drawing illustration".split(), "image"),
}
_PHRASES = (
    (r"\b(?:light|sky|pale)[ -]blue\b", "cyan"),
    (r"\bplus[ -]signs\b", "crosses"),
    (r"\bplus[ -]sign\b", "cross"),
    (r"\b(\w+)[- ]shaped\b", r"\1"),
    (r"\bon top of\b", "above"),
    (r"\b(?:ca|wo)n['’]?t\b|\bcannot\b", "can not"),
    (r"\b(is|are|do|does|was|were|has|have)n['’]?t\b", r"\1 not"),
    (r"\b(what|which|where|who|there|it|that|how)['’]s\b", r"\1 is"),
    (r"\bwhats\b", "what is"),
    (r"['’]re\b", " are"),
)
TINTS = {*COLOURS, *BACKGROUNDS}


def words(text: str) -> list[str]:
    """Return the words of a text in lower case and in the world's spelling.

    >>> words("What COLOR is the big donut?")
    ['what', 'colour', 'is', 'the', 'large', 'ring']
    """
    text = folded(text)
    for pattern, usual in _PHRASES:
        text = re.sub(pattern, usual, text)
    return [_SAME.get(word, word) for word in re.findall(r"[a-z]+|\d+", text)]


def folded(text: str) -> str:
    """Return a text in lower case and without accents.

    >>> folded("Où est l'Étoile ?"), folded("weiß")
    ("ou est l'etoile ?", 'weiss')
    """
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in split if not unicodedata.combining(character))


def mentions(text_words: list[str]) -> list[Mention]:
    """Return the shapes that a text names, in order: [size] [colour] [kind], of which any may be missing.

    >>> [(m.size, m.colour, m.kind) for m in mentions(words("a large ring and red circles"))]
    [('large', None, 'ring'), (None, 'red', 'circle')]
    """
    return [mention for _, _, mention in spans(text_words)]


def spans(text_words: list[str]) -> list[tuple[int, int, Mention]]:
    """Return (start, end, mention) of each shape that a text names: its words are text_words[start:end].

    >>> [(start, end) for start, end, _ in spans(words("a large ring and red circles"))]
    [(1, 3), (4, 6)]
    """
    result, current, start = [], {}, 0

    def close(end: int):
        if current:
            result.append((start, end, Mention(1, False, **current)))
            current.clear()

    for position, word in enumerate(text_words):
        if word in SIZES:
            close(position)
            start = position
            current["size"] = word
        elif word in TINTS and text_words[position + 1 : position + 2] != ["background"]:
            if current.keys() - {"size"}:
                close(position)
            start = start if current else position
            current["colour"] = word
        elif word in NOUNS:
            start = start if current else position
            if NOUNS[word] != "shape":
                current["kind"] = NOUNS[word]
            result.append((start, position + 1, Mention(1, False, **current)))
            current.clear()
        else:
            close(position)
    close(len(text_words))
    return result


def named(mention: Mention) -> str:
    """Return the words of a mention.

    >>> named(mentions(["red", "rings"])[0])
    'red ring'
    """
    parts = (mention.size, mention.colour, mention.kind or "shape")
    return " ".join(part for part in parts if part)
