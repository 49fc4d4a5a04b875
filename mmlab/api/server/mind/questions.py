"""What a text asks of a picture of shapes, and the answer that looking gives."""

import re
from dataclasses import dataclass

from mmlab.api.server.mind.sight import View
from mmlab.api.server.mind.words import mentions, named, words
from mmlab.world.grammar import NUMBERS, OPPOSITES, article, holds, plural
from mmlab.world.parse import Mention
from mmlab.world.readers import Seen
from mmlab.world.truth import fits

_ATTRIBUTES = {"colour": "colour", "kind": "kind", "shape": "kind", "type": "kind", "size": "size"}
_RELATION = re.compile(r"\b(left|right|above|below)\b")
_ASKS_WHETHER = {"is", "are", "does", "do", "can", "has", "any", "contains", "contain", "see"}


@dataclass(frozen=True)
class Answer:
    """An answer: in a word, and in a sentence."""

    short: str
    sentence: str


def answer(view: View, sentence: str) -> Answer | None:
    """Return the answer to one sentence about the shapes of a picture, or None if it asks nothing of them."""
    spoken = words(sentence)
    for ask in (_background, _compared, _count, _attribute, _relation, _place, _exists):
        found = ask(view, spoken, sentence)
        if found:
            return found
    return None


def _yes(truth: bool, sentence: str) -> Answer:
    word = "yes" if truth else "no"
    return Answer(word, f"{word.capitalize()}, {sentence}.")


def _fitting(view: View, mention: Mention) -> list[Seen]:
    return [shape for shape in view.shapes if fits(shape, mention)]


def _background(view: View, spoken, sentence) -> Answer | None:
    if "background" not in spoken or not {"what", "which", "colour"} & set(spoken):
        return None
    return Answer(view.sight.background, f"The background is {view.sight.background}.")


def _number(view: View, mention: Mention) -> int:
    return view.counted(len(_fitting(view, mention)))


def _numeral(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def _told(number: int, mention: Mention) -> str:
    name = named(mention)
    if number == 1:
        return f"is one {name}"
    return f"are {_numeral(number) if number else 'no'} {plural(name)}"


def _count(view: View, spoken, sentence) -> Answer | None:
    asked = "how" in spoken and "many" in spoken
    if not (asked or "number" in spoken or "count" in spoken):
        return None
    start = max(spoken.index(word) for word in ("many", "number", "count") if word in spoken)
    mention = next(iter(mentions(spoken[start:])), Mention(1, False))
    number = _number(view, mention)
    return Answer(_numeral(number), f"There {_told(number, mention)}.")


def _attribute(view: View, spoken, sentence) -> Answer | None:
    """Answer what colour, kind or size something is."""
    place = next((n for n, word in enumerate(spoken) if word in ("what", "which")), None)
    if place is None or _RELATION.search(" ".join(spoken)):
        return None
    near = [word for word in spoken[place + 1 : place + 4] if word in _ATTRIBUTES]
    if not near or spoken[place + 1] == "shapes":
        return None
    field = _ATTRIBUTES[near[0]]
    if spoken[place + 1] == "shape" and {"is", "are"} & set(spoken[place + 2 : place + 3]):
        rest = spoken[place + 2 :]
    else:
        rest = spoken[spoken.index(near[0], place) + 1 :]
        rest = rest[2:] if rest[:2] == ["of", "shape"] else rest
    mention = next(iter(mentions(rest)), Mention(1, False))
    found = _fitting(view, mention)
    if not found:
        return Answer("none", f"I see no {named(mention)}.")
    values = list(dict.fromkeys(getattr(shape, field) for shape in found))
    listed = " and ".join(values)
    if len(found) > 1 or mention == Mention(1, False):
        return Answer(listed, f"I see {listed}.")
    ending = article(listed) if field == "kind" else listed
    return Answer(listed, f"The {named(mention)} is {ending}.")


def _lies(view: View, word: str, first: Seen, second: Seen) -> bool:
    """Does the first lie left of (above ...) the second, as the model sees it?"""
    if view.swaps_sides and word in ("left of", "right of"):
        word = OPPOSITES[word]
    if holds(word, first, second) or holds(OPPOSITES[word], first, second):
        return holds(word, first, second)
    axis = "x" if word in ("left of", "right of") else "y"
    gap = getattr(second, axis) - getattr(first, axis)
    return gap > 0 if word in ("left of", "above") else gap < 0


def _relation(view: View, spoken, sentence) -> Answer | None:
    """Answer whether, or which, shapes lie left of, right of, above or below others."""
    place = next((n for n, word in enumerate(spoken) if _RELATION.fullmatch(word)), None)
    if place is None:
        return None
    side = spoken[place] + (" of" if spoken[place] in ("left", "right") else "")
    before, after = mentions(spoken[:place]), mentions(spoken[place + 1 :])
    if not after or not (before or {"what", "which"} & set(spoken)):
        return None
    seconds = _fitting(view, after[0])
    if not seconds:
        return _yes(False, f"I see no {named(after[0])}")
    subject = before[-1] if before else Mention(1, False)
    firsts = [one for one in _fitting(view, subject)
              if one not in seconds and all(_lies(view, side, one, other) for other in seconds)]  # fmt: skip
    if {"what", "which"} & set(spoken[:place]):
        listed = " and ".join(f"the {one.colour} {one.kind}" for one in firsts) or "nothing"
        return Answer(listed, f"{listed.capitalize()} lies {side} the {named(after[0])}.")
    truth = bool(firsts)
    return _yes(truth, f"the {named(subject)} is {'' if truth else 'not '}{side} the {named(after[0])}")


def _compared(view: View, spoken, sentence) -> Answer | None:
    """Answer which there are more of, and which is larger."""
    word = next((word for word in ("more", "fewer", "larger", "smaller") if word in spoken), None)
    if word is None or "than" not in spoken:
        return None
    cut = spoken.index("than")
    before, after = mentions(spoken[:cut]), mentions(spoken[cut:])
    if not before or not after:
        return None
    first, second = before[-1], after[0]
    if word in ("more", "fewer"):
        sizes = _number(view, first), _number(view, second)
        truth = sizes[0] > sizes[1] if word == "more" else sizes[0] < sizes[1]
        return _yes(truth, f"there {_told(sizes[0], first)} and there {_told(sizes[1], second)}")
    measured = [[one.size == "large" for one in _fitting(view, mention)] for mention in (first, second)]
    if not all(measured):
        return _yes(False, "I do not see both of them")
    truth = (max(measured[0]) > max(measured[1])) if word == "larger" else (
        max(measured[0]) < max(measured[1]))  # fmt: skip
    return _yes(truth, f"the {named(first)} is {'' if truth else 'not '}{word}")


def where(view: View, shape: Seen) -> str:
    """Return in words where a shape lies in its picture."""
    thirds = [min(int(3 * place / 96), 2) for place in (shape.y, shape.x)]
    across = thirds[1] if not view.swaps_sides else 2 - thirds[1]
    words_ = (("top", "middle", "bottom")[thirds[0]], ("left", "centre", "right")[across])
    return "centre" if words_ == ("middle", "centre") else " ".join(words_)


def _place(view: View, spoken, sentence) -> Answer | None:
    if not {"where", "position", "location"} & set(spoken):
        return None
    mention = next(iter(mentions(spoken)), Mention(1, False))
    found = _fitting(view, mention)
    if not found:
        return Answer("nowhere", f"I see no {named(mention)}.")
    told = [f"the {one.colour} {one.kind} is at the {where(view, one)}" for one in found]
    return Answer(where(view, found[0]), " and ".join(told).capitalize() + ".")


def _exists(view: View, spoken, sentence) -> Answer | None:
    named_ones = mentions(spoken)
    if not named_ones or not _ASKS_WHETHER & set(spoken[:6]) or {"what", "which"} & set(spoken[:2]):
        return None
    if any(word in spoken for word in ("describe", "list")):
        return None
    missing = [one for one in named_ones if not _fitting(view, one)]
    if missing:
        return _yes(False, f"I see no {named(missing[0])}")
    return _yes(True, "there is " + " and ".join(article(named(one)) for one in named_ones))
