"""Splits a message into its questions: "How many rings are there, and what colour is the star?" has two."""

import re

from mmlab.api.server.model.vocabulary import named, spans, words
from mmlab.world.grammar import NOUNS, plural

_LONGEST, _MOST_PARTS = 500, 20  # characters of a question, questions of a message
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+|\n+")
# Words that start a question, in the languages of `languages`.
_HEAD = (
    r"(?:if (?:so|yes),? )?(?:"
    r"how (?:many|much|long|large|big|high)|what\b|which\b|where\b|when\b|who\b|in what\b|in which\b|of what\b"
    r"|(?:is|are|was|were|does|do|did|has|have|can)(?:n't)? (?:the|there|it|they|any|all|every|this|you|a|an|one)\b"
    r"|count\b|tell\b|name\b|list\b|give\b"
    r"|wie viele|welche|was f|wo\b|gibt es|(?:ist|sind|hat) (?:der|die|das|es)"
    r"|combien|de quelle|quelle|quel\b|y a-t-il|où|est-ce"
    r"|cuánt|cuant|de qué|qué|cuál|hay\b|dónde|(?:es|está) (?:el|la)"
    r")"
)
_JOINT = re.compile(
    rf"(?:\s*[,;]\s*(?:and|but|und|et|y)?\s*|\s+(?:and|but|und|et|y)\s+,?\s*)(?:also\s+)?[¿¡]?(?={_HEAD})",
    re.IGNORECASE,
)
_ORDER = re.compile(r"\s*(?:and |please )?(?:count|tell|name|list|give|say)\b", re.IGNORECASE)
_CONDITION = re.compile(r"^(?:and |but )?if (?:so|yes|there is one|there are any)\b,?\s*", re.IGNORECASE)
_TRUE_OR_FALSE = re.compile(
    r"\b(?:is (?:this|that|it) )?(?:true or false|right or wrong)\b[:?.,]?", re.IGNORECASE
)
_TAG = re.compile(
    r",\s*(?:right|correct|(?:is|are|do|does|can|has|have)(?:n['’]t)? (?:there|it|they|you))\s*\?",
    re.IGNORECASE,
)
# "And the square?" repeats the question before it with another shape.
_ELLIPSIS = re.compile(
    r"(?:and|what about|how about|or)\s+(?:an?\s+|the\s+|any\s+)?((?:\w+\s*){1,3})\??$", re.IGNORECASE
)
_DESCRIBES = re.compile(
    r"\s*(?:please |can you |could you )?(?:describe|analy[sz]e|summari[sz]e|caption)\b", re.IGNORECASE
)
_PRONOUN = re.compile(r"\b(it|they|them|this one|that one)\b", re.IGNORECASE)


def parts_of(message: str) -> list[str]:
    """Return the questions of a message, in order; the sentences that ask nothing, or for a description, are left out.

    >>> parts_of("Look closely. How many rings are there and what colour is the star?")
    ['How many rings are there', 'what colour is the star?']
    >>> parts_of("Is there a ring, and if so, what colour is it?")
    ['Is there a ring', 'what colour is the ring?']
    """
    message = _shortened(message)
    if _TRUE_OR_FALSE.search(message):
        message = f"{_TRUE_OR_FALSE.sub('', message).strip().rstrip('.')}?"
    message = _TAG.sub("?", message)
    sentences = [part for part in _SENTENCE_END.split(message) if part.strip()]
    sentences = [part for part in sentences if not _DESCRIBES.match(part)]
    asking = [part for part in sentences if part.rstrip().endswith("?")]
    if asking:
        asking = [part for part in sentences if part in asking or _ORDER.match(part)]
    parts: list[str] = []
    for sentence in (asking or sentences)[-_MOST_PARTS:]:
        parts += _split(sentence[-_LONGEST:], parts)
    return parts[-_MOST_PARTS:]


def _shortened(message: str) -> str:
    """Return the start and the end of a long message: its questions are there, not in the text between."""
    message = re.sub(r"[^\S\n]+", " ", message)
    return (
        message if len(message) <= 8 * _LONGEST else f"{message[: 4 * _LONGEST]}\n{message[-4 * _LONGEST :]}"
    )


def _split(sentence: str, earlier: list[str]) -> list[str]:
    """Return the questions of one sentence; "it" is replaced by the shape that the question before it names."""
    parts: list[str] = []
    for part in (_CONDITION.sub("", each.strip()) for each in _JOINT.split(sentence)):
        if not part:
            continue
        previous = [*earlier, *parts][-1:]
        named_before = [span for each in previous for span in spans(words(each))]
        if (match := _ELLIPSIS.match(part)) and named_before and previous:
            before, (start, end, _) = words(previous[-1]), spans(words(previous[-1]))[-1]
            part = " ".join([*before[:start], *words(match[1]), *before[end:]])
        if named_before and not any(word in NOUNS for word in words(part)):
            many = re.search(r"\b(they|them)\b", part, re.IGNORECASE)
            name = named(named_before[-1][2])
            part = _PRONOUN.sub(f"the {plural(name) if many else name}", part, count=1)
        parts.append(part)
    return parts
