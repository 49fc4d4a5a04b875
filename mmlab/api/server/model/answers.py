"""Answers: in a word or two, and as a sentence."""

import re
from dataclasses import dataclass

from mmlab.world.grammar import NUMBERS

WHETHER = re.compile(
    r"(is|are|was|were|does|do|did|must|may|can|could|has|have|will|should)(?:n['’]t)?\b"
)  # the start of a yes-no question
COUNTS = re.compile(r"\bhow many\b|\bnumber of\b|\bcount\b")


@dataclass(frozen=True)
class Answer:
    """An answer: in a word or two, and as a sentence."""

    short: str
    sentence: str


def yes(truth: bool, text: str) -> Answer:
    """Return "yes" or "no", followed by what is the case.

    >>> yes(False, "the star is red").sentence
    'No, the star is red.'
    """
    word = "yes" if truth else "no"
    return Answer(word, f"{word.capitalize()}, {text}.")


def printed(value: str) -> Answer:
    """Return a value as it is printed on a page."""
    return Answer(value, f"It says {value}.")


def numeral(number: int) -> str:
    """Return a small number in words, another one in digits.

    >>> numeral(2), numeral(12)
    ('two', '12')
    """
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def amount(number: int, noun: str, nouns: str) -> Answer:
    """Return a number of things: its short form is in digits.

    >>> amount(3, "item", "items")
    Answer(short='3', sentence='There are three items.')
    """
    return Answer(
        str(number),
        f"There {'is' if number == 1 else 'are'} {numeral(number)} {noun if number == 1 else nouns}.",
    )


def mentions_label(question: str, label: str) -> bool:
    """Return whether a question contains a label, in the singular or plural, with or without hyphens.

    >>> mentions_label("is the sign up ticked?", "Sign-up")
    True
    """
    plain = [re.sub(r"[^\w]+", " ", text.lower()).strip() for text in (question, label)]
    return bool(re.search(rf"\b{re.escape(plain[1])}s?\b", plain[0]))


_NUMBERS = (*NUMBERS, "five", "six", "seven", "eight", "nine", "ten")
