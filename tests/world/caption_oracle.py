"""Whether a caption is true, by brute force from its text: nothing comes from mmlab.world."""

import itertools
import re

NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
APART = {
    "left of": lambda a, b: b.x - a.x >= 24,
    "right of": lambda a, b: a.x - b.x >= 24,
    "above": lambda a, b: b.y - a.y >= 24,
    "below": lambda a, b: a.y - b.y >= 24,
}
RELATION = r" (?:is |are )?(?:to the )?(left of|right of|above|below) "


def is_such(shape, text) -> bool:
    """Whether a shape is a "large red ring", a "shape", "circles" ..."""
    of_it = {shape.size, shape.colour, shape.kind, shape.kind + "s", shape.kind + "es", "shape", "shapes"}
    return set(text.split()) <= of_it


def brute_force(scene, text) -> bool:
    """Whether a caption is true: every assignment of shapes to its phrases is tried."""
    text = re.sub(r"[.,!?]", "", text.lower())
    ground = re.search(r"(?:on )?\b(?:a|the) (\w+) background(?: with| there is| there are)?", text)
    if ground:
        if ground[1] != scene.background:
            return False
        text = (text[: ground.start()] + text[ground.end() :]).strip()
    text = re.sub(r"^(there (is|are)|\w+ (picture|image|drawing) (of|with|shows)) ", "", text)
    phrases, facts = [], []
    for clause in re.split(r" and (?=an? |one |two |three |four )", text) if text else []:
        subject, *rest = re.split(RELATION, re.sub(" and(?=" + RELATION + ")", "", clause))
        phrases.append(subject)
        first = len(phrases) - 1
        for word, phrase in zip(rest[::2], rest[1::2], strict=True):
            phrases.append(phrase)
            facts.append((first, word, len(phrases) - 1))
    numbers = [NUMBERS.get(phrase.split()[0]) for phrase in phrases]
    sorts = [phrase.split(" ", 1)[1] for phrase in phrases]
    for number, sort in zip(numbers, sorts, strict=True):
        if number and sum(is_such(shape, sort) for shape in scene.shapes) != number:
            return False
    places = [i for i, number in enumerate(numbers) for _ in range(number or 1)]
    for chosen in itertools.permutations(scene.shapes, len(places)):
        given_to = list(zip(places, chosen, strict=True))
        if all(is_such(shape, sorts[place]) for place, shape in given_to) and all(
            APART[word](a, b)
            for subject, word, object_ in facts
            for place, a in given_to
            for other, b in given_to
            if (place, other) == (subject, object_)
        ):
            return True
    return False
