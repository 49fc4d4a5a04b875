"""The vocabulary and the phrases of the world, shared by captions, parser and questions."""

import re
from functools import lru_cache

from mmlab.errors import InputError
from mmlab.world.scene import BACKGROUNDS, CANVAS, COLOURS, GAP, KINDS, SIZES, Shape

NUMBERS = ("zero", "one", "two", "three", "four")
PLURALS = {kind: kind + ("es" if kind.endswith("s") else "s") for kind in (*KINDS, "shape")}
NOUNS = {form: kind for kind, plural in PLURALS.items() for form in (kind, plural)}
RELATIONS = ("left of", "right of", "above", "below")
OPPOSITES = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
PICTURES = ("picture", "image", "drawing")
_SMALL_WORDS = (
    "a",
    "an",
    "the",
    "this",
    "there",
    "is",
    "are",
    "on",
    "of",
    "to",
    "with",
    "and",
    "shows",
    "background",
    *PICTURES,
    "left",
    "right",
    "above",
    "below",
)
_QUESTION_WORDS = ("how", "many", "what", "colour", "size", "kind", "more", "larger", "than")
_ANSWER_WORDS = ("yes", "no")


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Return all words, in lower case, that captions, questions and answers can contain.

    The order never changes, because tokenizers number the words in this order.

    >>> len(vocabulary()) == len(set(vocabulary())) and "red" in vocabulary()
    True
    """
    return (*_SMALL_WORDS, *SIZES, *COLOURS, *BACKGROUNDS, *NOUNS, *NUMBERS, *_QUESTION_WORDS, *_ANSWER_WORDS)


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case, without punctuation marks.

    raises  InputError  when it is not a str

    >>> words("Is there a red circle?")
    ['is', 'there', 'a', 'red', 'circle']
    """
    if not isinstance(text, str):
        raise InputError(f"a {type(text).__name__} instead of a text", "a str", "pass a caption")
    return re.sub(r"[.,;:!?]", " ", text.lower()).split()


def holds(relation: str, first: Shape, second: Shape) -> bool:
    """Return whether `first` is left of (right of, above, below) `second`, as the viewer sees it.

    The centres must be at least a quarter of the image (GAP units) apart along that
    axis; the distance along the other axis does not matter.

    >>> low, high = Shape("ring", "red", "small", 20, 70), Shape("ring", "red", "small", 60, 20)
    >>> holds("left of", low, high), holds("above", low, high)
    (True, False)
    """
    if relation == "left of":
        return first.x + GAP <= second.x
    if relation == "right of":
        return second.x + GAP <= first.x
    if relation == "above":
        return first.y + GAP <= second.y
    if relation == "below":
        return second.y + GAP <= first.y
    raise InputError(
        f"relation {relation!r}",
        f"one of {', '.join(RELATIONS)}",
        f"with a gap of {GAP} of {CANVAS} units, say 'left of'",
    )


def describe(size: str | None, colour: str | None, kind: str | None) -> str:
    """Return the description of a shape in the singular, without article; None omits a word.

    >>> describe("large", None, "ring"), describe(None, "red", None)
    ('large ring', 'red shape')
    """
    return " ".join(word for word in (size, colour, kind or "shape") if word)


def plural(description: str) -> str:
    """Return a description in the plural.

    >>> plural("red cross")
    'red crosses'
    """
    head, _, noun = description.rpartition(" ")
    return f"{head} {PLURALS[noun]}" if head else PLURALS[noun]


def article(description: str) -> str:
    """Return a description with "a" or "an" before it.

    >>> article("orange star")
    'an orange star'
    """
    return ("an " if description[0] in "aeiou" else "a ") + description


def counted(count: int, description: str) -> str:
    """Return a description with its number.

    >>> counted(1, "blue star"), counted(3, "shape")
    ('one blue star', 'three shapes')
    """
    return f"{NUMBERS[count]} {description if count == 1 else plural(description)}"
