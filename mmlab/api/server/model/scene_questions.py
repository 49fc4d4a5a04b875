"""Questions about an image of shapes, answered from what the model sees."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from mmlab.api.server.model.answers import Answer, numeral, yes
from mmlab.api.server.model.languages import english, language_of, translated
from mmlab.api.server.model.scene_query import Query, parse
from mmlab.api.server.model.shape_groups import ANY, Condition, Group
from mmlab.api.server.model.shape_selection import fitting, group_name, in_half, lies, listed_shapes, where
from mmlab.api.server.model.vision import View
from mmlab.api.server.model.vocabulary import named, words
from mmlab.perception import Seen
from mmlab.world.grammar import article, plural

_BRIGHT = {"white", "yellow", "cyan", "pink", "orange"}
_FIELD_WORDS = {"colour": "colours", "kind": "kinds of shape", "size": "sizes"}


def answer(view: View, sentence: str) -> Answer | None:
    """Return the answer to a question about the shapes of an image, or None if it is not about them.

    A question in German, French or Spanish gets its short answer in that language.
    """
    language = language_of(sentence)
    query = parse(words(english(sentence, language)))
    result = _ANSWERS[query.ask](view, query) if query else None
    if result is None or language == "en":
        return result
    short = translated(result.short, language)
    return Answer(short, f"{short[0].upper()}{short[1:]}.")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _amount(number: int, group: Group) -> str:
    if number == 1:
        return f"is one {group_name(group)}"
    return f"are {numeral(number) if number else 'no'} {group_name(group, many=True)}"


def _number_of(view: View, group: Group) -> int:
    return view.counted(len(fitting(view, group)))


def _background(view: View, query: Query) -> Answer:
    colour = view.sight.background
    bright = "light" if colour in _BRIGHT else "dark"
    if query.word:
        true = colour == query.word or query.word in (bright, "bright" if bright == "light" else bright)
        return yes(true == query.positive, f"the background is {colour}")
    if query.choices and colour not in query.choices and not {"dark", "light", "bright"} & set(query.choices):
        return Answer(colour, f"Neither: the background is {colour}.")
    if {"dark", "light", "bright"} & set(query.choices):
        return Answer(bright, f"The background is {bright}: {colour}.")
    return Answer(colour, f"The background is {colour}.")


def _empty(view: View, query: Query) -> Answer:
    empty = not view.shapes and not view.sight.unknown
    if query.word:
        colours = {shape.colour for shape in view.shapes} or {view.sight.background}
        return yes(colours == {query.word}, f"it is {' and '.join(sorted(colours))}")
    if empty:
        return yes(query.positive, f"the image is just {view.sight.background}")
    return yes(
        not query.positive, f"it shows {listed_shapes(list(view.shapes)) or 'something that I do not know'}"
    )


def _same(view: View, query: Query) -> Answer:
    shapes = fitting(view, query.group)
    tally = Counter(getattr(shape, query.field) for shape in shapes)
    values = list(tally)
    if not values:
        return yes(False, f"I see no {group_name(query.group)}")
    if query.word:
        alike = [shape for shape in shapes if tally[getattr(shape, query.field)] > 1]
        listed = listed_shapes(alike) or "none"
        if query.word == "which":
            return Answer(listed, _sentence(listed))
        text = listed if alike else f"each has another {query.field}"
        return yes(bool(alike) == (query.word == "pair"), text)
    listed = " and ".join(values)
    text = (
        f"the {query.field} is {listed}"
        if len(values) == 1
        else f"the {_FIELD_WORDS[query.field]} are {listed}"
    )
    if query.positive and len(values) == 1:
        text = f"they all have the same {query.field}"
    elif not query.positive and len(values) == 1:
        text = f"the only {query.field} is {listed}"
    return yes((len(values) == 1) == query.positive, text)


def _compare_count(view: View, query: Query) -> Answer:
    first, second = _number_of(view, query.group), _number_of(view, query.other)
    text = f"there {_amount(first, query.group)} and there {_amount(second, query.other)}"
    if query.field == "difference":
        gap = first - second if query.word == "more" else second - first
        return Answer(numeral(max(gap, 0)), f"{numeral(max(gap, 0)).capitalize()}: {text}.")
    if query.field == "winner":
        if first == second:
            return Answer("same", f"There is the same number of both: {numeral(first)} each.")
        winner = query.group if (first > second) == (query.word == "more") else query.other
        loser = query.other if winner is query.group else query.group
        name = group_name(winner, many=True)
        return Answer(name, f"There are {query.word} {name} than {group_name(loser, many=True)}.")
    truth = {"more": first > second, "fewer": first < second, "as many": first == second}[query.word]
    return yes(truth == query.positive, text)


def _most(view: View, query: Query) -> Answer | None:
    tally = Counter(getattr(shape, query.field) for shape in view.shapes)
    if not tally:
        return None
    if query.word.isdecimal():
        values = [value for value, count in tally.items() if count == int(query.word)]
        listed = " and ".join(values) or "none"
        return Answer(listed, _sentence(listed))
    number = max(tally.values()) if query.word != "least" else min(tally.values())
    values = [value for value, count in tally.items() if count == number]
    listed = " and ".join(values)
    return Answer(listed, f"The {query.word} common {query.field} is {listed}.")


def _compare_size(view: View, query: Query) -> Answer:
    sides = [fitting(view, group) for group in (query.group, query.other)]
    if query.field in ("which", "count"):
        return _which_larger(query, *sides)
    missing = next((g for g, shapes in zip((query.group, query.other), sides) if not shapes), None)
    if missing is not None:
        return yes(False, f"I see no {group_name(missing)}")
    large = [max(shape.size == "large" for shape in shapes) for shapes in sides]
    truth = large[0] > large[1] if query.word == "larger" else large[0] < large[1]
    output = truth == query.positive
    return yes(output, f"the {group_name(query.group)} is {'' if truth else 'not '}{query.word}")


def _which_larger(query: Query, first: list[Seen], second: list[Seen]) -> Answer:
    """Answer which of two shapes, or which of a group, is larger (or smaller)."""
    wanted = "large" if query.word == "larger" else "small"
    if query.group.conditions and not query.group.is_all:
        chosen = [shape for shape in (*first, *second) if shape.size == wanted]
        if len({shape.size for shape in (*first, *second)}) == 1:
            return Answer("neither", f"Neither: both are {first[0].size if first else second[0].size}.")
    else:
        chosen = [
            s for s in first if s not in second and s.size == wanted and any(o.size != wanted for o in second)
        ]
    listed = listed_shapes(chosen) or "none"
    if query.field == "count":
        number = numeral(len(chosen))
        return Answer(number, _sentence(f"{number}: {listed}" if chosen else "none"))
    verb = "is" if len(chosen) == 1 else "are"
    return Answer(
        listed, _sentence(f"{listed} {verb} {query.word}" if chosen else f"no shape is {query.word}")
    )


def _distinct(view: View, query: Query) -> Answer:
    values = dict.fromkeys(getattr(shape, query.field) for shape in fitting(view, query.group))
    number = view.counted(len(values))
    noun = (
        _FIELD_WORDS[query.field] if number != 1 else {"kind": "kind of shape"}.get(query.field, query.field)
    )
    listed = f": {', '.join(values)}" if len(values) == number and values else ""
    return Answer(
        numeral(number), f"There {'is' if number == 1 else 'are'} {numeral(number)} {noun}{listed}."
    )


def _count(view: View, query: Query) -> Answer:
    number = _number_of(view, query.group)
    joined = next((c for c in query.group.conditions if c.joined == "and" and len(c.mentions) > 1), None)
    if joined and len(query.group.conditions) == 1:
        each = [_amount(_number_of(view, group), group) for group in map(_alone, joined.mentions)]
        return Answer(numeral(number), f"{numeral(number).capitalize()}: there {' and there '.join(each)}.")
    return Answer(numeral(number), f"There {_amount(number, query.group)}.")


def _alone(mention) -> Group:
    return Group((Condition((mention,)),))


def _number(view: View, query: Query) -> Answer:
    number, claimed = _number_of(view, query.group), int(query.field)
    truth = {
        "more than": number > claimed,
        "fewer than": number < claimed,
        "at least": number >= claimed,
        "at most": number <= claimed,
        "exactly": number == claimed,
    }[query.word]
    return yes(truth, f"there {_amount(number, query.group)}")


def _either(view: View, query: Query) -> Answer:
    shapes = fitting(view, query.group)
    if not shapes and query.field == "colour" and query.group.is_all:
        return Answer(view.sight.background, f"The image is {view.sight.background}.")
    if not shapes:
        return Answer("neither", f"I see no {group_name(query.group)}.")
    values = list(dict.fromkeys(getattr(shape, query.field) for shape in shapes))
    listed = " and ".join(values)
    neither = "" if set(values) & set(query.choices) else "Neither: "
    return Answer(listed, _sentence(neither + _has(query.group, query.field, values, len(shapes) > 1)))


def _has(group: Group, field: str, values: list[str], many: bool) -> str:
    """Return "the ring is red", "the red shape is a ring"."""
    output = [article(value) if field == "kind" and not many else value for value in values]
    if many and field == "kind":
        output = [plural(value) for value in values]
    return f"the {group_name(group, many)} {'are' if many else 'is'} {' and '.join(output)}"


def _position(view: View, query: Query) -> Answer:
    shapes = fitting(view, query.group)
    if not shapes:
        return Answer("nowhere", f"I see no {group_name(query.group)}.")
    positions = [f"the {shape.colour} {shape.kind} is at the {where(view, shape)}" for shape in shapes]
    return Answer(where(view, shapes[0]), _sentence(" and ".join(positions)))


def _attribute(view: View, query: Query) -> Answer:
    """Answer which colour, kind or size a group has; without a field, which shapes it consists of."""
    shapes = fitting(view, query.group)
    if not shapes and query.field == "colour" and query.group.is_all and not query.group.conditions:
        return Answer(view.sight.background, f"The image is {view.sight.background}.")
    placed = any(condition.side for condition in query.group.conditions)
    if not shapes:
        return Answer("nothing" if placed else "none", f"I see no {group_name(query.group)}.")
    if not query.field:
        return _which(view, query.group, shapes)
    values = list(dict.fromkeys(getattr(shape, query.field) for shape in shapes))
    listed = " and ".join(values)
    if len(shapes) > 1 and query.field == "kind" and (placed or query.group.extreme or query.group.half):
        return Answer(listed, f"I see {listed_shapes(shapes)}.")
    if len(shapes) > 1 or query.group.is_all:
        return Answer(listed, f"I see {listed}.")
    needs_pointing = (
        query.group.extreme or query.group.half or any(c.negated or c.alike for c in query.group.conditions)
    )
    if needs_pointing or placed:
        return Answer(listed, f"It is {listed_shapes(shapes) if query.field == 'kind' else listed}.")
    return Answer(
        listed, f"The {group_name(query.group)} is {article(listed) if query.field == 'kind' else listed}."
    )


def _which(view: View, group: Group, shapes: list[Seen]) -> Answer:
    """Answer which shapes a group consists of."""
    listed = listed_shapes(shapes)
    placed = next((condition for condition in group.conditions if condition.side), None)
    if placed:
        other = " or ".join(named(mention) for mention in placed.mentions)
        return Answer(
            listed, _sentence(f"{listed} {'lies' if len(shapes) == 1 else 'lie'} {placed.side} the {other}")
        )
    if len(shapes) == 1 and group.mention.kind is None and group.mention != ANY and not group.extreme:
        if not _special(group) and not group.half:
            return Answer(listed, f"The {group_name(group)} is {article(shapes[0].kind)}.")
    if group.is_all or len(shapes) > 1 and group.extreme in (None, "largest", "smallest"):
        return Answer(listed, f"I see {listed}.")
    return Answer(listed, f"It is {listed}.")


def _relation(view: View, query: Query) -> Answer:
    """Answer whether a group lies on one side of other shapes, or on which of two sides."""
    if query.field == "side":
        return _side(view, query)
    condition = query.other.conditions[0]
    others = fitting(view, replace(query.other, conditions=(replace(condition, side=None),)))
    if not others:
        return yes(False, f"I see no {named(condition.mentions[0])}")
    if not fitting(view, query.group):
        return yes(False, f"I see no {group_name(query.group)}")
    truth = bool(
        fitting(view, replace(query.group, conditions=(*query.group.conditions, *query.other.conditions)))
    )
    where_ = " and ".join(f"{c.side} the {named(c.mentions[0])}" for c in query.other.conditions)
    return yes(truth == query.positive, f"the {group_name(query.group)} is {'' if truth else 'not '}{where_}")


def _side(view: View, query: Query) -> Answer:
    """Answer on which of two sides a shape lies: of another shape, or of the image."""
    shapes = fitting(view, query.group)
    if not shapes:
        return Answer("neither", f"I see no {group_name(query.group)}.")
    if query.other.conditions:
        others = fitting(view, query.other)
        chosen = next((s for s in query.choices if all(lies(view, s, shapes[0], o) for o in others)), None)
        if chosen is None or not others:
            return Answer("neither", f"I see no {group_name(query.other)}.")
        return Answer(chosen, f"The {group_name(query.group)} is {chosen} the {group_name(query.other)}.")
    half = next((each for each in query.choices if in_half(view, shapes[0], each)), query.choices[0])
    return Answer(half, f"The {group_name(query.group)} is at the {half}.")


def _all(view: View, query: Query) -> Answer:
    """Answer whether all shapes of a group are as claimed."""
    shapes = fitting(view, query.group)
    if not view.shapes and query.other.mention.colour == view.sight.background:
        return yes(query.positive, f"the image is {view.sight.background}")
    if not shapes:
        return yes(False, f"I see no {group_name(query.group)}")
    claimed = fitting(view, query.other)
    others = [shape for shape in shapes if shape not in claimed]
    if others:
        condition = replace(query.other.conditions[0], negated=not query.other.conditions[0].negated)
        what = _claim(replace(query.other, conditions=(condition,)), len(others) > 1)
        return yes(
            not query.positive, f"{listed_shapes(others)} {'is' if len(others) == 1 else 'are'} {what}"
        )
    what = _claim(query.other, len(shapes) > 1)
    if len(shapes) == 1:
        return yes(query.positive, f"the {group_name(query.group)} is {what}")
    return yes(query.positive, f"all {len(shapes)} {group_name(query.group, many=True)} are {what}")


def _claim(group: Group, many: bool) -> str:
    """Return what is claimed of shapes: "pink", "a ring", "not red"."""
    condition = group.conditions[0]
    mention = condition.mentions[0]
    if group.extreme:
        return f"{'not ' if condition.negated else ''}the {group_name(replace(group, conditions=(replace(condition, negated=False),)))}"
    if mention.kind is None:
        output = " ".join(value for value in (mention.size, mention.colour) if value)
    else:
        output = plural(named(mention)) if many else article(named(mention))
    return f"not {output}" if condition.negated else output


def _exists(view: View, query: Query) -> Answer:
    """Answer whether a group has any shapes."""
    parts = [query.group]
    if len(query.group.conditions) == 1 and query.group.conditions[0].joined == "and":
        only = query.group.conditions[0]
        parts = [replace(query.group, conditions=(replace(only, mentions=(m,)),)) for m in only.mentions]
    missing = next((part for part in parts if not fitting(view, part)), None)
    if missing is None and query.word and view.sight.background != query.word:
        return yes(not query.positive, f"the background is {view.sight.background}")
    if missing is not None:
        if any(condition.negated for condition in missing.conditions) and not query.group.half:
            subject = replace(missing, conditions=tuple(c for c in missing.conditions if not c.negated))
            claim = next(c for c in missing.conditions if c.negated)
            if fitting(view, subject):
                what = _claim(Group((replace(claim, negated=False),)), True)
                name = "everything" if subject.is_all else f"every {group_name(subject)}"
                return yes(
                    not query.positive,
                    f"{name} is {what}" if claim.mentions[0].kind is None else f"there are only {what}",
                )
        text = (
            f"I see no {group_name(missing)}"
            if query.positive
            else f"there are no {group_name(missing, many=True)}"
        )
        return yes(not query.positive, text)
    first = fitting(view, query.group)[0] if len(parts) == 1 else None
    if first is not None and (_special(query.group) or query.group.is_all):
        return yes(query.positive, f"there is {article(f'{first.colour} {first.kind}')}")
    return yes(query.positive, "there is " + " and ".join(article(group_name(part)) for part in parts))


def _special(group: Group) -> bool:
    """Whether the words of a group do not describe its shapes: something is excluded, or one of several."""
    return any(c.negated or c.alike or len(c.mentions) > 1 for c in group.conditions)


_ANSWERS: dict[str, Callable[[View, Query], Answer | None]] = {
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
