"""Groups of shapes that words describe: "red rings", "shapes that are not circles", "the largest shape at the top".

A Group is a list of conditions that its shapes fulfil. Words are in the world's spelling (see vocabulary).
"""

from dataclasses import dataclass, replace

from mmlab.api.server.model.vocabulary import spans
from mmlab.world.grammar import NOUNS
from mmlab.world.parse import Mention

ANY = Mention(1, False)
FIELDS = {
    **dict.fromkeys(("colour", "coloured", "colored"), "colour"),
    **dict.fromkeys(("kind", "kinds", "type", "types", "sort", "sorts", "form"), "kind"),
    **dict.fromkeys(("size", "sizes"), "size"),
}
SIDES = {"left": "left of", "right": "right of", "above": "above", "below": "below", "near": "near"}
_ALIKE = {
    f"same{word}": FIELDS.get(word, "kind") for word in ("colour", "kind", "type", "size", "shape", "form")
}
_HALVES = {
    "left": "left",
    "right": "right",
    "top": "top",
    "upper": "top",
    "bottom": "bottom",
    "lower": "bottom",
    "centre": "centre",
}
EXTREMES = {
    **{word: word for word in ("largest", "smallest")},
    **dict.fromkeys(("leftmost",), "left"),
    **dict.fromkeys(("rightmost",), "right"),
    **dict.fromkeys(("topmost", "uppermost", "highest"), "top"),
    **dict.fromkeys(("bottommost", "lowermost", "lowest"), "bottom"),
}
_NOT = {"not", "non", "without", "except", "excluding", "besides", "neither", "nor", "other"}
_LINKS = {"and", "or", "nor", "a", "an", "the", "either", "any", "both"}


@dataclass(frozen=True)
class Condition:
    """A condition on a shape.

    mentions  tuple of Mention   the shape fits one of them
    negated   bool               the shape fits none of them
    side      str or None        the shape lies on this side of the mentioned shapes: "left of" ...
    joined    str                "and" or "or", between several mentions
    alike     str                the shape has the same "colour", "kind" or "size" as the mentioned shapes
    """

    mentions: tuple[Mention, ...]
    negated: bool = False
    side: str | None = None
    joined: str = "or"
    alike: str = ""


@dataclass(frozen=True)
class Group:
    """The shapes that fulfil all conditions.

    conditions  tuple of Condition
    extreme     None, "largest", "smallest", "left", "right", "top" or "bottom"   only the outermost of them
    half        tuple of "left", "right", "top", "bottom"   only those in this part of the image
    """

    conditions: tuple[Condition, ...] = ()
    extreme: str | None = None
    half: tuple[str, ...] = ()

    @property
    def mention(self) -> Mention:
        """The conditions on a shape itself as one mention; the later one counts where two disagree."""
        merged = ANY
        for condition in self.conditions:
            if not (condition.negated or condition.side or condition.alike) and len(condition.mentions) == 1:
                given = condition.mentions[0]
                merged = replace(
                    merged,
                    **{
                        name: getattr(given, name)
                        for name in ("size", "colour", "kind")
                        if getattr(given, name)
                    },
                )
        return merged

    @property
    def is_all(self) -> bool:
        """Whether this is the group of all shapes."""
        return not self.extreme and not self.half and all(c.mentions == (ANY,) for c in self.conditions)


def group(spoken: list[str]) -> Group:
    """Return the group of shapes that words describe.

    >>> from mmlab.api.server.model.vocabulary import words
    >>> group(words("red or blue rings")).conditions[0].mentions[0].kind
    'ring'
    """
    conditions: list[Condition] = []
    extreme = next((EXTREMES[word] for word in spoken if word in EXTREMES), None)
    halves: list[str] = []
    end = 0
    matches = spans(spoken)
    for start, stop, mention in matches:
        gap = spoken[end:start]
        side = _side(gap)
        alike = next((_ALIKE[word] for word in gap if word in _ALIKE), "")
        if side is None and gap[-1:] and gap[-1] in ("left", "right", "upper", "lower") and not extreme:
            extreme = _HALVES[gap[-1]]
        elif side is None and end:
            halves += halves_in(gap)
        last = conditions[-1] if conditions else None
        if (
            last
            and gap
            and set(gap) <= _LINKS
            and {"and", "or", "nor"} & set(gap)
            and not _both(spoken, last, mention)
        ):
            shared = last.mentions[-1]
            if mention.kind and not shared.kind and spoken[end - 1] not in NOUNS:
                last = replace(last, mentions=(*last.mentions[:-1], replace(shared, kind=mention.kind)))
            joined = "and" if "and" in gap else "or"
            conditions[-1] = replace(last, mentions=(*last.mentions, mention), joined=joined)
        else:
            conditions.append(Condition((mention,), _is_negated(gap, end > 0), side, alike=alike))
        end = stop
    halves += halves_in(spoken[end:])
    if matches and not halves and {"corner", "half", "side", "part"} & set(spoken[: matches[0][0]]):
        halves += halves_in(spoken[: matches[0][0]])  # "In the top left corner, is there a circle?"
    return Group(tuple(conditions), extreme, () if extreme else tuple(dict.fromkeys(halves)))


def _is_negated(gap: list[str], inside: bool) -> bool:
    """Return whether the words before a mention negate it; `inside`: it is not the first mention."""
    if (
        gap[-1:] == ["non"]
        or gap[-2:] in (["other", "than"], ["apart", "from"])
        or gap[-1:] in (["besides"], ["except"])
    ):
        return True
    return inside and (bool(_NOT & set(gap)) or gap[-1:] in (["no"], ["but"]))


def _both(spoken: list[str], last: Condition, mention: Mention) -> bool:
    """Return whether "both red and round" describes one shape rather than two."""
    before = last.mentions[-1]
    disjoint = not any(
        getattr(before, name) and getattr(mention, name) for name in ("size", "colour", "kind")
    )
    return "both" in spoken and before.kind is None and before != ANY and disjoint


def halves_in(words_: list[str]) -> list[str]:
    """Return the parts of the image that words name: "at the top left"."""
    return [_HALVES[word] for word in words_ if word in _HALVES]


def _side(gap: list[str]) -> str | None:
    """Return the side that the words before a mention name, or None."""
    for position, word in enumerate(gap):
        following = gap[position + 1 : position + 4]
        if word in ("above", "below", "near") or word in SIDES and {"of", "from"} & set(following):
            return SIDES[word]
    return None
