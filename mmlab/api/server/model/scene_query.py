"""Parses a question about shapes into a query: what is asked, and of which group of shapes.

The parsers in PARSERS are tried in order; each looks for the words that mark its kind of question. Words are in
the world's spelling (see vocabulary).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile

from mmlab.api.server.model.shape_groups import (
    ANY,
    EXTREMES,
    FIELDS,
    SIDES,
    Condition,
    Group,
    group,
    halves_in,
)
from mmlab.api.server.model.usual_wording import usual
from mmlab.api.server.model.vocabulary import TINTS, spans
from mmlab.world.grammar import NOUNS
from mmlab.world.scene import SIZES

_CHOICE_WORDS = {"a", "an", "the", "on", "is", "it", "shape", "rather"}
_AUXILIARIES = set(
    "is are does do can could has have was were did contains contain see will would might".split()
)
_EVERY = {"all", "every", "each", "both", "only", "everything", "exclusively", "solely", "entirely", "just"}
_NUMERALS = "zero one two three four five six seven eight nine ten".split()
_TIMES = {"once": "1", "twice": "2", "two times": "2", "three times": "3", "four times": "4"}
_COUNTING = (["how", "many"], ["number", "of"], ["amount", "of"], ["total", "of"], ["sum", "of"])


@dataclass(frozen=True)
class Query:
    """A question about the shapes of an image.

    ask       str     the kind of question, one of PARSERS
    group     Group   the shapes that it is about
    other     Group   the shapes that they are compared with, or what is claimed of them
    field     str     "colour", "kind" or "size", or ""
    word      str     "more", "fewer", "as many", "larger", "smaller", "left of", "right of" ...
    choices   tuple of str   the values to choose from: "white or black"
    positive  bool    False where "yes" means that there is none: "Are there no rings?"
    """

    ask: str
    group: Group = Group()
    other: Group = Group()
    field: str = ""
    word: str = ""
    choices: tuple[str, ...] = ()
    positive: bool = True


def parse(spoken: list[str]) -> Query | None:
    """Return the query of a question in the world's spelling, or None if it is not about shapes.

    >>> from mmlab.api.server.model.vocabulary import words
    >>> query = parse(words("How many of the shapes are not green?"))
    >>> query.ask, query.group.conditions[1].negated
    ('count', True)
    """
    spoken = usual(spoken)
    for ask, parser in PARSERS.items():
        if query := parser(spoken):
            return replace(query, ask=ask)
    return None


def _whether(spoken: list[str]) -> bool:
    """Return whether a question is to be answered with yes or no."""
    if spoken[-1:] and spoken[-1] in ("is", "are"):  # "The colour of the star is?"
        return False
    return bool(_AUXILIARIES & set(spoken[:6])) and not {"what", "which", "where", "how"} & set(spoken[:6])


def _counts(spoken: list[str]) -> int | None:
    """Return the position after "how many", "the number of" or "count", or None."""
    for position, word in enumerate(spoken):
        if spoken[position : position + 2] in _COUNTING:
            return position + 2
        if word in ("count", "number") or spoken[position : position + 1] == ["tally"]:
            return position + 1
    return None


def _choices(spoken: list[str], values) -> tuple[str, ...]:
    """Return the values of "white or black", or () if there is no such choice."""
    if "or" not in spoken:
        return ()
    position = spoken.index("or")
    before = list(
        takewhile(lambda word: word in values or word in _CHOICE_WORDS, reversed(spoken[:position]))
    )
    after = list(takewhile(lambda word: word in values or word in _CHOICE_WORDS, spoken[position + 1 :]))
    first = [word for word in reversed(before) if word in values]
    second = [word for word in after if word in values][:1]
    return tuple(dict.fromkeys((*first, *second))) if first and second else ()


def _cleaned(spoken: list[str]) -> list[str]:
    """Return the words without a negation that only asks for consent: "Isn't there a ring?"."""
    if spoken[:1] and spoken[0] in _AUXILIARIES and spoken[1:2] == ["not"] and spoken[2:3] != ["all"]:
        return spoken[:1] + spoken[2:]
    return spoken


def _background(spoken: list[str]) -> Query | None:
    behind = "behind" in spoken or re.match(r"on (what|which) colour\b", " ".join(spoken))
    if not ("background" in spoken or behind) or _counts(spoken) is not None:
        return None
    tints = [word for word in spoken if word in TINTS or word in ("dark", "light", "bright")]
    if choices := _choices(spoken, {*TINTS, "dark", "light", "bright"}):
        return Query("", choices=choices)
    shapes = [mention for _, _, mention in spans(_without_ground(spoken)) if mention.kind]
    if _whether(spoken) and tints and not shapes:
        return Query("", word=tints[0], positive="not" not in _cleaned(spoken))
    if {"what", "which", "colour", "tell", "name"} & set(spoken) and not shapes:
        return Query("")
    return None


def _without_ground(spoken: list[str]) -> list[str]:
    """Return the words without "on a white background"."""
    if "background" not in spoken:
        return spoken
    end = spoken.index("background")
    start = end - 1 if end and spoken[end - 1] in TINTS else end
    return spoken[:start] + spoken[end + 1 :]


def _empty(spoken: list[str]) -> Query | None:
    text = " ".join(spoken)
    plain = re.search(
        r"\b(empty|blank|plain|monochrome|uniform|(one|single) (solid )?colour|solid colour)\b", text
    )
    if plain and _whether(spoken) and not (spans(spoken) and "colour" in spoken):
        return Query("", positive="not" not in _cleaned(spoken))
    tints = [word for word in spoken if word in TINTS]
    verbs = {"there", "see", "contain", "contains", "have", "any", "show", "has", "or"}
    if tints and _whether(spoken) and "image" in spoken and not (verbs | set(NOUNS)) & set(spoken):
        return Query("", word=tints[0])  # "Is the image green?"
    return None


def _same(spoken: list[str]) -> Query | None:
    field = next((FIELDS.get(word, "kind") for word in spoken if word in FIELDS or word == "shape"), "")
    named = [FIELDS[word] for word in spoken if word in FIELDS]
    words_ = set(spoken)
    text = " ".join(spoken)
    if match := re.search(r"^(?:what|which) shapes\b.*\bsame (colour|kind|type|size|shape)\b", text):
        return Query("", Group(), field=FIELDS.get(match[1], "kind"), word="which")
    if not _whether(spoken) or not named and not words_ & {"alike", "identical"} and "same" not in words_:
        return None
    if words_ & {"same", "identical", "equal", "alike"} or words_ & {"share"} and named:
        positive = True
    elif words_ & {"different", "differ", "differently", "various", "distinct"}:
        positive = False
    else:
        return None
    if "number" in words_:
        return None
    at = next((n for n, word in enumerate(spoken) if word in ("same", "different", "differ", "identical")), 0)
    subject = [word for word in spoken[:at] if word not in FIELDS]
    rest = [word for word in spoken[at:] if word not in FIELDS and word != "shape"]
    chosen = group(subject) if spans(subject) else group(rest)
    others = tuple(m for c in group(rest).conditions for m in c.mentions if m != ANY)
    if others and spans(subject):  # "Is the ring the same colour as the star?"
        chosen = Group((Condition((*(m for c in chosen.conditions for m in c.mentions), *others)),))
    word = "distinct" if not positive and {"all", "each", "every"} & words_ else ""
    if positive and re.search(r"\b(any|some|there)\b.*\b(same|share)\b", text):
        word = "pair"
        chosen = Group() if chosen.is_all else chosen
    return Query("", chosen, field=named[0] if named else field or "kind", word=word, positive=positive)


def _compare_count(spoken: list[str]) -> Query | None:
    words_ = set(spoken)
    text = " ".join(spoken)
    if "outnumber" in words_:
        word, cut = "more", spoken.index("outnumber")
    elif match := re.search(r"\bas (many|few)\b.*?\bas\b", text):
        word, cut = "as many", len(text[: match.end()].split()) - 1
    elif match := re.search(
        r"\b(same|equal) (numbers?|amounts?|counts?)\b|\bequally many\b|\bnumber\b.*\b(equal|same)\b", text
    ):
        word, cut = "as many", None
    elif words_ & {"more", "fewer"} and ("than" in words_ or "or" in words_):
        word = "more" if "more" in words_ else "fewer"
        cut = spoken.index("than") if "than" in words_ else None
    elif "number" in words_ and words_ & {"larger", "smaller", "higher", "lower"} and "than" in words_:
        word, cut = "more" if words_ & {"larger", "higher"} else "fewer", spoken.index("than")
    else:
        return None
    matches = spans(spoken)
    matches = [each for each in matches if each[2] != ANY] or matches
    if cut is None and len(matches) >= 2:
        cut = matches[0][1]
    before, after = group(spoken[:cut]), group(spoken[cut:]) if cut is not None else Group()
    if cut is None or not after.conditions or not before.conditions:
        return None
    field = ""
    if {"what", "which"} & set(spoken[:3]) or "than" not in words_ and "or" in words_ and word != "as many":
        field = "winner"
    elif _counts(spoken) is not None and "than" in words_ and not _whether(spoken):
        field = "difference"
    return Query(
        "", _last(before), _first(after), field=field, word=word, positive="not" not in _cleaned(spoken)
    )


def _last(chosen: Group) -> Group:
    """Return the group of the last condition, without the mention of all shapes before it."""
    return replace(chosen, conditions=chosen.conditions[-1:])


def _first(chosen: Group) -> Group:
    return replace(chosen, conditions=chosen.conditions[:1])


def _most(spoken: list[str]) -> Query | None:
    """The most frequent colour, kind or size."""
    text = " ".join(spoken)
    match = re.search(
        r"\b(most|least) (common|frequent|often)|\b(common|frequent)est\b|\b(?<!at )(most)\b(?! of the)", text
    )
    field = next(
        (FIELDS.get(word, "kind") for word in spoken if word in FIELDS or word in ("shape", "shapes")), ""
    )
    if match and field:
        return Query("", field=field, word="least" if match[1] == "least" else "most")
    times = re.search(
        r"\b(?:appears?|occurs?|used|there|exists?|present|shows?|comes up) (?:only |exactly )?(once|twice|\w+ times)\b",
        text,
    )
    if times and field and _TIMES.get(times[1]):
        return Query("", field=field, word=_TIMES[times[1]])
    return None


def _compare_size(spoken: list[str]) -> Query | None:
    word = next((word for word in spoken if word in ("larger", "smaller")), None)
    if word is None:
        return None
    if "than" in spoken:
        cut = spoken.index("than")
        before, after = group(spoken[:cut]), group(spoken[cut:])
        if before.conditions and after.conditions and not {"what", "which", "how"} & set(spoken[:cut]):
            return Query("", _last(before), _first(after), word=word, positive="not" not in _cleaned(spoken))
        if after.conditions:
            field = "which" if _counts(spoken) is None else "count"
            return Query("", before, _first(after), field=field, word=word)
        return None
    chosen = group(spoken)
    pair = [m for c in chosen.conditions for m in c.mentions if m != ANY]
    if len(pair) >= 2 and "or" in spoken:
        return Query(
            "", Group((Condition((pair[0],)),)), Group((Condition((pair[1],)),)), field="which", word=word
        )
    return None


def _distinct(spoken: list[str]) -> Query | None:
    start = _counts(spoken)
    if start is None:
        return None
    ahead = [
        word
        for word in spoken[start:]
        if word not in ("the", "of", "different", "distinct", "unique", "separate")
    ]
    different = bool({"different", "distinct", "unique"} & set(spoken[start : start + 3]))
    if not ahead:
        return None
    named = [FIELDS[word] for word in ahead if word in FIELDS]
    if ahead[0] in FIELDS:
        field = FIELDS[ahead[0]]
    elif ahead[0] == "shape" and ahead[1:2] and ahead[1] in FIELDS:  # "shape types"
        field = FIELDS[ahead[1]]
    elif different and ahead[0] in ("shape", "shapes"):
        field = named[0] if named else "kind"
    else:
        return None
    rest = _without_ground(ahead[1:])
    return Query("", group([word for word in rest if word not in ("different", *FIELDS)]), field=field)


def _number(spoken: list[str]) -> Query | None:
    """Whether there are so many: "Are there two rings?", "Is there more than one star?"."""
    text = " ".join(spoken)
    match = re.search(
        rf"\b(more than|fewer than|at least|at most|exactly|only|just|precisely)? ?\b({'|'.join(_NUMERALS)}|\d+)\b",
        text,
    )
    if match is None or not (_whether(spoken) or spoken[:1] == ["there"]):
        return None
    chosen = group(_without_ground(match.string[match.end() :].split()))
    subject = group(match.string[: match.start()].split())
    if not chosen.conditions and not subject.conditions:
        return None
    number = _NUMERALS.index(match[2]) if match[2] in _NUMERALS else int(match[2][:4])
    if number == 1 and not match[1]:
        return None
    word = match[1] or "exactly"
    word = "exactly" if word in ("only", "just", "precisely") else word
    return Query("", chosen if chosen.conditions else subject, field=str(number), word=word)


def _count(spoken: list[str]) -> Query | None:
    start = _counts(spoken)
    if start is None:
        return None
    chosen = group(_without_ground(spoken[start:]))
    return Query("", chosen)


def _all(spoken: list[str]) -> Query | None:
    """Whether all shapes of a group fit a description: "Are all stars pink?", "Is the ring red?"."""
    if not _whether(spoken):
        return None
    spoken = _cleaned(spoken)
    text = " ".join(spoken)
    if re.search(r"\bnot (all|every|each)\b", text):
        result = _all([word for word in spoken if word != "not"])
        return result and replace(result, positive=False)
    if re.match(r"(is|are|was|were) (there )?(no|any|some|a|an)\b", text) and not {"only", "just"} & set(
        spoken
    ):
        return None
    if re.match(r"(is|are) (there|it)\b|(do|does|can|could|has|have)\b", text) and not (
        _EVERY - {"both"}
    ) & set(spoken):
        return None
    chosen = group(_without_ground(spoken))
    if (
        chosen.conditions
        and chosen.conditions[-1].side
        or halves_in(spoken[spans(spoken)[-1][1] :] if spans(spoken) else [])
    ):
        return None
    at = next((n for n, word in enumerate(spoken) if word in EXTREMES), 0)
    if chosen.extreme and spans(spoken) and at >= spans(spoken)[0][1]:  # "Is the star the largest shape?"
        claimed = Group(chosen.conditions[1:] or (Condition((ANY,)),), chosen.extreme)
        return Query("", Group(chosen.conditions[:1]), claimed)
    if re.search(r"\bthe only\b", text) and len(chosen.conditions) == 2:  # "Is the star the only red shape?"
        return Query("", Group(chosen.conditions[1:]), Group(chosen.conditions[:1]), word="all")
    if {"only", "just", "exclusively", "solely"} & set(spoken) and len(chosen.conditions) <= 2:
        claims = [c for c in chosen.conditions if c.mentions != (ANY,)]
        if len(claims) == 1:
            return Query("", Group(), Group(tuple(claims)), word="all")
    if len(chosen.conditions) == 1 and chosen.is_all is False and {"all", "every"} & set(spoken):
        mention = chosen.mention
        if mention.kind is None and "shape" in spoken or "shapes" in spoken or "all shape" in text:
            return Query("", Group(), Group(chosen.conditions), word="all")
    if len(chosen.conditions) < 2:
        return None
    subject = replace(chosen, conditions=chosen.conditions[:-1])
    return Query("", subject, Group(chosen.conditions[-1:]), word="all" if _EVERY & set(spoken) else "")


def _either(spoken: list[str]) -> Query | None:
    """A choice: "Is the star red or blue?", "Is it a circle or a square?"."""
    if not _whether(spoken) or "or" not in spoken:
        return None
    for field, values in (
        ("colour", TINTS),
        ("size", set(SIZES)),
        ("kind", {w for w in NOUNS if NOUNS[w] != "shape"}),
    ):
        if choices := _choices(spoken, values):
            choices = tuple(NOUNS.get(choice, choice) for choice in choices)
            cut = next(n for n, word in enumerate(spoken) if word in values)
            if field != "kind":
                first = min(n for n, word in enumerate(spoken) if NOUNS.get(word, word) == choices[0])
                if spans(spoken[:first]) or not spans(spoken[first + 3 :]):
                    subject = group(spoken[:first])
                    if not {"there", "see", "contain", "any", "show", "shows", "have", "has"} & set(spoken):
                        return Query("", subject, field=field, choices=choices)
            elif spans(spoken[:cut]) or {"it", "this", "that"} & set(spoken[:cut]):
                subject = group(spoken[:cut])
                if not {"there", "see", "contain", "show", "shows"} & set(spoken[:cut]):
                    return Query("", subject, field=field, choices=choices)
    return None


def _relation(spoken: list[str]) -> Query | None:
    """Whether a group lies on one side of another: "Is the ring left of the star?", or on which side."""
    if not _whether(spoken):
        return None
    cleaned = _cleaned(spoken)
    sides = [word for word in cleaned if word in SIDES]
    chosen = group(cleaned)
    if "or" in cleaned and len(sides) == 2:
        matches = spans(cleaned)
        if len(matches) == 2:
            pair = [Group((Condition((mention,)),)) for _, _, mention in matches]
            return Query("", *pair, field="side", choices=tuple(SIDES[side] for side in sides))
        if len(matches) == 1:
            return Query("", Group((Condition((matches[0][2],)),)), field="side", choices=tuple(sides))
        return None
    if "or" in cleaned and {"top", "bottom"} <= set(cleaned) and chosen.conditions:
        return Query("", replace(chosen, half=(), extreme=None), field="side", choices=("top", "bottom"))
    placed = [n for n, condition in enumerate(chosen.conditions) if condition.side]
    if placed and placed[-1] < len(chosen.conditions) - 1:  # "Is the shape above the star red?"
        return None
    if placed and placed[0] > 0 and not re.match(r"(is|are) there|do|does|can|has|have", " ".join(cleaned)):
        subject = Group(chosen.conditions[: placed[0]])
        if subject.is_all and {"any", "a"} & set(cleaned[: spans(cleaned)[0][0]]):
            return None
        return Query("", subject, Group(chosen.conditions[placed[0] :]), positive="not" not in cleaned)
    return None


def _attribute(spoken: list[str]) -> Query | None:
    """Which colour, kind or size a group has, or which shapes are in it."""
    start = next((n for n, word in enumerate(spoken) if word in ("what", "which", "identify")), None)
    asks = start is not None or {"tell", "name", "give", "list", "identify"} & set(spoken[:3])
    if not asks and not (spoken and set(spoken[:4]) & {*FIELDS}):
        return None
    if not asks and _whether(spoken):
        return None
    spoken = _without_ground(spoken)
    # "What shape has the colour green?" asks for the shape: here the colour is given.
    given = {n for n, word in enumerate(spoken[:-1]) if word in FIELDS and spoken[n + 1] in (*TINTS, *SIZES)}
    spoken = [word for n, word in enumerate(spoken) if n not in given]
    fields = [FIELDS[word] for word in spoken if word in FIELDS]
    if re.search(r"\bshape and (colour|size)\b|\b(colour|size) and shape\b", " ".join(spoken)):
        fields.append("kind")
    field = fields[0] if len(set(fields)) == 1 else ""
    rest = [word for word in spoken if word not in FIELDS]
    text = " ".join(rest)
    if not field and re.search(r"\bwhat shape (is|has|does)\b(?! (there|in|on|you|visible))", text):
        field = "kind"
    if not field and re.search(r"\bshape of\b", text):
        field = "kind"
    chosen = group(rest)
    field = "" if field == "size" and chosen.extreme in ("largest", "smallest") else field
    if field or chosen.conditions or chosen.extreme or chosen.half:
        if not field and chosen.is_all and not re.search(r"\b(what|which|name)( all| the)* shapes?\b", text):
            return None  # "List the shapes." asks for the description
        return Query("", chosen, field=field)
    return None


def _position(spoken: list[str]) -> Query | None:
    text = " ".join(spoken)
    if _whether(spoken) or not re.search(
        r"\bwhere|position|location|located|(what|which) (corner|part|quarter|side)\b", text
    ):
        return None
    if (
        {"left", "right", "top", "bottom", "corner"} & set(spoken)
        and "where" not in spoken
        and "which corner" not in text
    ):
        return None
    return Query("", group(spoken))


def _exists(spoken: list[str]) -> Query | None:
    cleaned = _cleaned(spoken)
    text = " ".join(cleaned)
    if not _whether(spoken) and not re.match(r"(there (is|are)|any)\b", text):
        return None
    if {"describe", "list"} & set(spoken):
        return None
    chosen = group(_without_ground(cleaned))
    matches = spans(cleaned)
    before = " ".join(cleaned[: matches[0][0]] if matches else cleaned)
    none = re.search(r"\b(no|not|free (?:of|from)|without|lacks?|lacking|devoid of)\b", before)
    none = none or re.search(r"\b(missing|absent)\b", text)
    if none and chosen.conditions:
        first = replace(chosen.conditions[0], negated=False)
        chosen = replace(chosen, conditions=(first, *chosen.conditions[1:]))
    ground = "background" in spoken and next(
        (before for before, word in zip(spoken, spoken[1:]) if word == "background" and before in TINTS), ""
    )
    if not chosen.conditions and not chosen.half:
        return None
    return Query("", chosen, word=ground or "", positive=not none)


# Kind of question → its parser. Where two would match, the more specific one comes first.
PARSERS: dict[str, Callable[[list[str]], Query | None]] = {
    "background": _background,
    "empty": _empty,
    "compare count": _compare_count,
    "same": _same,
    "most": _most,
    "compare size": _compare_size,
    "distinct": _distinct,
    "count": _count,
    "number": _number,
    "either": _either,
    "position": _position,
    "attribute": _attribute,
    "relation": _relation,
    "all": _all,
    "exists": _exists,
}
