"""Edits of an image of shapes that a text asks for: adds, removes or changes shapes, and keeps the rest."""

import re
from dataclasses import replace

import numpy as np

from mmlab.api.server.model import generation
from mmlab.api.server.model.vocabulary import mentions, words
from mmlab.world import Scene, Shape
from mmlab.world.grammar import RELATIONS, holds
from mmlab.world.scene import CANVAS, COLOURS, KINDS, MAXIMUM, RADIUS, SIZES
from mmlab.world.truth import fits

_OUT = {"remove", "delete", "erase", "without"}
_OTHERWISE = {"replace", "change", "make", "turn", "paint", "recolour", "recolor", "swap"}
_PARTS = re.compile(
    r"[.;,]|\bthen\b|\band (?=(?:add|put|draw|remove|delete|erase|replace|change|make|turn|paint)\b)"
)
_TO = re.compile(r"\b(?:with|by|to|into)\b")


def edited(scene: Scene, text: str, seed: int, inside=None) -> Scene | None:
    """Return the scene with the edits that a text asks for, or None if it asks for no possible edit.

    text    str   such as "remove the red ring, and add a small blue star"
    seed    int   for the attributes that the text leaves open
    inside  function of (x, y) in units of CANVAS that says where the image may change, or None for
            everywhere; with a mask, a text that only names shapes replaces all shapes inside it
    """
    rng = np.random.default_rng(seed)
    shapes, ground, done = list(scene.shapes), scene.background, False
    free = inside or (lambda x, y: True)
    for part in _PARTS.split(text.lower()):
        spoken = words(part)
        ground, done = (
            generation.ground(spoken) or _new_ground(part) or ground,
            done or "background" in spoken,
        )
        if "background" in spoken and not generation.counted(spoken):
            continue
        changed = _step(shapes, part, free, inside is not None, rng)
        if changed is not None:
            shapes, done = changed, True
    if not done or not 1 <= len(shapes) <= MAXIMUM:
        return None
    return Scene(tuple(shapes), ground)


def _new_ground(part: str) -> str | None:
    match = re.search(r"background (?:to|into)?\s*(?:be )?(\w+)", part)
    return generation.ground([match[1], "background"]) if match else None


def _step(shapes: list[Shape], part: str, free, windowed: bool, rng) -> list[Shape] | None:
    """Return the shapes after one edit, or None if the edit is impossible."""
    spoken = words(part)
    there = [shape for shape in shapes if free(shape.x, shape.y)]
    if _OUT & set(spoken):
        gone = _named(there, spoken)
        return [shape for shape in shapes if shape not in gone] if gone else None
    if _OTHERWISE & set(spoken):
        before, *after = _TO.split(part, maxsplit=1)
        return _changed(shapes, there, words(before), words(after[0]) if after else [], rng)
    wanted = generation.counted(_before_relation(spoken))
    if not wanted:
        return None
    adds = {"add", "put", "insert", "place", "draw"} & set(spoken)
    rest = shapes if adds or not windowed else [shape for shape in shapes if shape not in there]
    return _added(rest, wanted, spoken, free, rng)


def _before_relation(spoken: list[str]) -> list[str]:
    cut = min(
        (index for index, word in enumerate(spoken) if word in ("left", "right", "above", "below")),
        default=len(spoken),
    )
    return spoken[:cut]


def _named(shapes: list[Shape], spoken: list[str]) -> list[Shape]:
    """Return the shapes that the words name; all of them for "everything"."""
    if {"everything", "all"} & set(spoken) and not mentions(spoken):
        return shapes
    return [shape for shape in shapes if any(fits(shape, mention) for mention in mentions(spoken))]


def _changed(shapes, there, before: list[str], after: list[str], rng) -> list[Shape] | None:
    """Return the shapes; those that `before` names get the colour, kind and size that `after` names."""
    if not after:  # "make the ring blue": the words after the shape are the change
        cut = next(
            (index for index, word in enumerate(before) if word in KINDS or word == "shape"), len(before)
        )
        before, after = before[: cut + 1], before[cut + 1 :]
    changes = {"colour": _first_of(COLOURS, after), "size": _first_of(SIZES, _plain_sizes(after))}
    kinds = [mention.kind for mention in mentions(after) if mention.kind]
    changes = {
        name: value for name, value in (*changes.items(), ("kind", kinds[0] if kinds else None)) if value
    }
    chosen = _named(there, before)
    if not changes or not chosen:
        return None
    return [_fitted(shape, changes) if shape in chosen else shape for shape in shapes]


def _plain_sizes(spoken: list[str]) -> list[str]:
    return [{"larger": "large", "smaller": "small"}.get(word, word) for word in spoken]


def _first_of(names, spoken: list[str]) -> str | None:
    return next((word for word in spoken if word in names), None)


def _fitted(shape: Shape, changes: dict) -> Shape:
    """Return the changed shape, moved only as far as necessary to stay inside the image."""
    reach = RADIUS[changes.get("size", shape.size)]
    x, y = (min(max(centre, reach), CANVAS - reach) for centre in (shape.x, shape.y))
    return replace(shape, **changes, x=x, y=y)


def _added(shapes: list[Shape], wanted, spoken: list[str], free, rng) -> list[Shape] | None:
    """Return the shapes with the new ones, each at a free position; None if there is no room."""
    result = list(shapes)
    for mention in wanted:
        kind = mention.kind or str(rng.choice(KINDS))
        colour = mention.colour if mention.colour in COLOURS else str(rng.choice(list(COLOURS)))
        for size in (mention.size,) if mention.size else ("large", "small"):
            positions = [
                position
                for position in _free_positions(result, size, free)
                if _fits_relation(Shape(kind, colour, size, *position), shapes, spoken)
            ]
            if positions:
                result.append(Shape(kind, colour, size, *positions[int(rng.integers(len(positions)))]))
                break
        else:
            return None
    return result


def _free_positions(shapes: list[Shape], size: str, free) -> list[tuple[int, int]]:
    """Return the grid positions where a shape fits into the free area and touches no other shape."""
    reach = RADIUS[size]
    steps = range(reach, CANVAS - reach + 1, 3)
    corners = [(dx, dy) for dx in (-reach, 0, reach) for dy in (-reach, 0, reach)]
    return [
        (x, y)
        for y in steps
        for x in steps
        if all(max(abs(x - other.x), abs(y - other.y)) > reach + RADIUS[other.size] for other in shapes)
        and all(free(min(x + dx, CANVAS - 1), min(y + dy, CANVAS - 1)) for dx, dy in corners)
    ]


def _fits_relation(shape: Shape, others: list[Shape], spoken: list[str]) -> bool:
    """Return whether the shape is left of (right of, above, below) the shape that the words name."""
    text = " ".join(spoken)
    for relation in RELATIONS:
        _, separator, after = text.partition(f" {relation} ")
        if separator:
            targets = _named(others, after.split())
            return any(holds(relation, shape, target) for target in targets) if targets else True
    return True
