"""What a text asks to be changed in a picture of shapes: put in, taken out, changed; the rest stays."""

import re
from dataclasses import replace

import numpy as np

from mmlab.api.server.mind import makes
from mmlab.api.server.mind.words import mentions, words
from mmlab.world import Scene, Shape
from mmlab.world.grammar import RELATIONS, holds
from mmlab.world.scene import CANVAS, COLOURS, KINDS, MOST, RADIUS, SIZES
from mmlab.world.truth import fits

_OUT = {"remove", "delete", "erase", "without"}
_OTHERWISE = {"replace", "change", "make", "turn", "paint", "recolour", "recolor", "swap"}
_PARTS = re.compile(r"[.;,]|\bthen\b|\band (?=(?:add|put|draw|remove|delete|erase|replace|change|make|turn|paint)\b)")
_TO = re.compile(r"\b(?:with|by|to|into)\b")


def edited(scene: Scene, text: str, seed: int, inside=None) -> Scene | None:
    """Return a scene changed as a text asks, or None where it asks for nothing that can be done.

    text    str   such as "remove the red ring, and add a small blue star"
    seed    int   chooses what the text leaves open
    inside  function of (x, y) in units of CANVAS, or None: where something may be changed; a text
            that only names shapes asks for them in place of all that is there
    """
    rng = np.random.default_rng(seed)
    shapes, ground, done = list(scene.shapes), scene.background, False
    free = inside or (lambda x, y: True)
    for part in _PARTS.split(text.lower()):
        spoken = words(part)
        ground, done = makes.ground(spoken) or _new_ground(part) or ground, done or "background" in spoken
        if "background" in spoken and not makes.counted(spoken):
            continue
        changed = _step(shapes, part, free, inside is not None, rng)
        if changed is not None:
            shapes, done = changed, True
    if not done or not 1 <= len(shapes) <= MOST:
        return None
    return Scene(tuple(shapes), ground)


def _new_ground(part: str) -> str | None:
    found = re.search(r"background (?:to|into)?\s*(?:be )?(\w+)", part)
    return makes.ground([found[1], "background"]) if found else None


def _step(shapes: list[Shape], part: str, free, windowed: bool, rng) -> list[Shape] | None:
    """Return the shapes after one wish, or None where it is none that can be fulfilled."""
    spoken = words(part)
    there = [one for one in shapes if free(one.x, one.y)]
    if _OUT & set(spoken):
        gone = _named(there, spoken)
        return [one for one in shapes if one not in gone] if gone else None
    if _OTHERWISE & set(spoken):
        before, *after = _TO.split(part, maxsplit=1)
        return _changed(shapes, there, words(before), words(after[0]) if after else [], rng)
    wanted = makes.counted(_before_relation(spoken))
    if not wanted:
        return None
    adds = {"add", "put", "insert", "place", "draw"} & set(spoken)
    kept = shapes if adds or not windowed else [one for one in shapes if one not in there]
    return _added(kept, wanted, spoken, free, rng)


def _before_relation(spoken: list[str]) -> list[str]:
    cut = min((place for place, word in enumerate(spoken) if word in ("left", "right", "above", "below")),
              default=len(spoken))  # fmt: skip
    return spoken[:cut]


def _named(shapes: list[Shape], spoken: list[str]) -> list[Shape]:
    """Return the shapes that words name; all of them for "everything"."""
    if {"everything", "all"} & set(spoken) and not mentions(spoken):
        return shapes
    return [one for one in shapes if any(fits(one, mention) for mention in mentions(spoken))]


def _changed(shapes, there, before: list[str], after: list[str], rng) -> list[Shape] | None:
    """Return the shapes with those that `before` names as `after` says: colour, kind, size."""
    if not after:  # "make the ring blue": the last word says how
        cut = next((place for place, word in enumerate(before) if word in KINDS or word == "shape"), len(before))
        before, after = before[: cut + 1], before[cut + 1 :]
    said = {"colour": _one_of(COLOURS, after), "size": _one_of(SIZES, _plain_sizes(after))}
    kinds = [one.kind for one in mentions(after) if one.kind]
    said = {name: value for name, value in (*said.items(), ("kind", kinds[0] if kinds else None)) if value}
    chosen = _named(there, before)
    if not said or not chosen:
        return None
    return [_fitted(one, said) if one in chosen else one for one in shapes]


def _plain_sizes(spoken: list[str]) -> list[str]:
    return [{"larger": "large", "smaller": "small"}.get(word, word) for word in spoken]


def _one_of(names, spoken: list[str]) -> str | None:
    return next((word for word in spoken if word in names), None)


def _fitted(shape: Shape, said: dict) -> Shape:
    """Return a shape changed, moved no farther than it must be to lie inside the picture."""
    reach = RADIUS[said.get("size", shape.size)]
    x, y = (min(max(place, reach), CANVAS - reach) for place in (shape.x, shape.y))
    return replace(shape, **said, x=x, y=y)


def _added(shapes: list[Shape], wanted, spoken: list[str], free, rng) -> list[Shape] | None:
    """Return the shapes with more of them, each at a free place; None where there is no room."""
    found = list(shapes)
    for one in wanted:
        kind = one.kind or str(rng.choice(KINDS))
        colour = one.colour if one.colour in COLOURS else str(rng.choice(list(COLOURS)))
        for size in (one.size,) if one.size else ("large", "small"):
            places = [place for place in _free_places(found, size, free)
                      if _as_told(Shape(kind, colour, size, *place), shapes, spoken)]  # fmt: skip
            if places:
                found.append(Shape(kind, colour, size, *places[int(rng.integers(len(places)))]))
                break
        else:
            return None
    return found


def _free_places(shapes: list[Shape], size: str, free) -> list[tuple[int, int]]:
    """Return the places, on a grid, where a shape lies whole within what is free and touches no other."""
    reach = RADIUS[size]
    steps = range(reach, CANVAS - reach + 1, 3)
    corners = [(dx, dy) for dx in (-reach, 0, reach) for dy in (-reach, 0, reach)]
    return [
        (x, y) for y in steps for x in steps
        if all(max(abs(x - one.x), abs(y - one.y)) > reach + RADIUS[one.size] for one in shapes)
        and all(free(min(x + dx, CANVAS - 1), min(y + dy, CANVAS - 1)) for dx, dy in corners)
    ]  # fmt: skip


def _as_told(shape: Shape, others: list[Shape], spoken: list[str]) -> bool:
    """Does a shape lie left of (right of, above, below) the one that words say?"""
    text = " ".join(spoken)
    for relation in RELATIONS:
        _, found, after = text.partition(f" {relation} ")
        if found:
            targets = _named(others, after.split())
            return any(holds(relation, shape, one) for one in targets) if targets else True
    return True
