"""Parse captions into constraints.

    caption   = "on" ground "there" ("is" | "are") body
              | ground ["with" body]
              | [opening] body ["on" ground]
    opening   = "there" ("is" | "are")
              | ("a" | "an" | "the" | "this") picture ("of" | "with" | "shows")
    picture   = "picture" | "image" | "drawing"
    ground    = ("a" | "the") background-name "background"
    body      = clause {"and" clause}
    clause    = mention [relation mention {"and" relation mention}]
    relation  = ["is" | "are"] (["to" "the"] ("left" | "right") "of" | "above" | "below")
    mention   = ("a" | "an" | number) [size] [colour] (kind | "shape")

Capitals and punctuation marks do not matter. The parser does not distinguish "a" from
"an" or singular from plural, because these do not change what the caption claims.
"""

from dataclasses import dataclass

from mmlab.errors import InputError
from mmlab.world.grammar import NOUNS, NUMBERS, PICTURES, vocabulary, words
from mmlab.world.scene import BACKGROUNDS, COLOURS, MAXIMUM, SIZES

_START_OF_RELATION = ("is", "are", "to", "left", "right", "above", "below")


@dataclass(frozen=True, slots=True)
class Mention:
    """Some shapes that a caption mentions.

    count   int           the number of shapes
    exact   bool          True for a number: the whole image contains exactly that many such
                          shapes; False for an article: there is at least one such shape
    size, colour, kind    a name, or None where the caption leaves it open
    """

    count: int
    exact: bool
    size: str | None = None
    colour: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A spatial relation of two mentions: it holds for each shape of the first and each of the second.

    subject, object   int   indices into the mentions
    word              str   "left of", "right of", "above" or "below", as the viewer sees it
    """

    subject: int
    word: str
    object: int


@dataclass(frozen=True, slots=True)
class Constraints:
    """Everything that a caption claims; two mentions never refer to the same shape."""

    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()
    background: str | None = None


def parse(text: str) -> Constraints:
    """Return the constraints that a caption puts on a scene.

    text     str         any caption of the grammar above
    raises   InputError  naming the first word that does not fit

    >>> parse("two red rings").mentions
    (Mention(count=2, exact=True, size=None, colour='red', kind='ring'),)
    """
    reader = _Reader(text)
    background = _opening(reader)
    mentions, relations = [], []
    if background is None or reader.words[reader.position - 1] != "background":
        _body(reader, mentions, relations)
    if background is None and reader.take("on"):
        background = _ground(reader)
    reader.end("on" if background is None else None)
    return Constraints(tuple(mentions), tuple(relations), background)


class _Reader:
    """The words of a caption and the position of the next one."""

    def __init__(self, text: str):
        self.words, self.position = words(text), 0
        if not self.words:
            raise InputError(
                "parse: a caption without words", "a caption such as 'a red circle'", "pass caption(scene)"
            )

    def ahead(self, distance: int = 0) -> str | None:
        """Return the word at a distance from the next one, or None past the end."""
        position = self.position + distance
        return self.words[position] if position < len(self.words) else None

    def take(self, *choices: str) -> str | None:
        """Read the next word if it is one of the choices, or return None."""
        word = self.ahead()
        if word is None or word not in choices:
            return None
        self.position += 1
        return word

    def need(self, *choices: str) -> str:
        """Read the next word, which must be one of the choices."""
        word = self.take(*choices)
        if word is None:
            self.refuse(choices)
        return word

    def end(self, *more: str | None) -> None:
        """Raise InputError if a word is left."""
        if self.ahead() is not None:
            self.refuse([word for word in (*more, "and") if word])

    def refuse(self, wanted) -> None:
        """Raise InputError naming the next word, or the end."""
        word = self.ahead()
        expected = ", ".join(wanted) if wanted else "the end of the caption"
        if word is None:
            raise InputError(
                f"parse: the caption ends after '{self.words[-1]}'",
                f"then one of: {expected}",
                "finish the caption",
            )
        where = f"word {self.position + 1} of {len(self.words)}"
        known = "" if word in vocabulary() else ", which is no word of the world"
        raise InputError(
            f"parse: {where} is '{word}'{known}",
            f"here one of: {expected}",
            "compare it with caption(scene), or see mmlab.world.parse",
        )


def _opening(reader: _Reader) -> str | None:
    """Read the words before the shapes; return the background if it is named there."""
    background = None
    if reader.take("on"):
        background = _ground(reader)
        reader.need("there")
        reader.need("is", "are")
    elif reader.take("there"):
        reader.need("is", "are")
    elif reader.ahead() == "this" or reader.ahead(1) in PICTURES:
        reader.need("a", "an", "the", "this")
        reader.need(*PICTURES)
        reader.need("of", "with", "shows")
    elif reader.ahead(1) in BACKGROUNDS:
        background = _ground(reader)
        if reader.ahead() is not None:
            reader.need("with")
    return background


def _ground(reader: _Reader) -> str:
    """Read a background; return its name."""
    reader.need("a", "the")
    name = reader.need(*BACKGROUNDS)
    reader.need("background")
    return name


def _body(reader: _Reader, mentions: list, relations: list) -> None:
    """Read clauses into the lists of mentions and relations."""
    while True:
        subject = _mention(reader, mentions)
        another = reader.ahead() in _START_OF_RELATION
        while another:
            word = _relation(reader)
            relations.append(Relation(subject, word, _mention(reader, mentions)))
            another = reader.ahead(1) in _START_OF_RELATION and reader.take("and")
        if not reader.take("and"):
            return


def _mention(reader: _Reader, mentions: list) -> int:
    """Read one mention; return its index."""
    number = reader.need("a", "an", *NUMBERS[1 : MAXIMUM + 1])
    size = reader.take(*SIZES)
    colour = reader.take(*COLOURS)
    choices = [*([] if size or colour else SIZES), *([] if colour else COLOURS), *NOUNS]
    noun = NOUNS[reader.need(*choices)]
    exact = number in NUMBERS
    mentions.append(
        Mention(NUMBERS.index(number) if exact else 1, exact, size, colour, None if noun == "shape" else noun)
    )
    return len(mentions) - 1


def _relation(reader: _Reader) -> str:
    """Read one relation; return its word in the short form."""
    reader.take("is", "are")
    if reader.take("to"):
        reader.need("the")
        side = reader.need("left", "right")
    else:
        side = reader.need("left", "right", "above", "below")
    if side in ("left", "right"):
        reader.need("of")
        return f"{side} of"
    return side
