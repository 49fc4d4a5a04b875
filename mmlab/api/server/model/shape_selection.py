"""The shapes of a group, as a model sees them, and the words for a group."""

from mmlab.api.server.model.shape_groups import ANY, Condition, Group
from mmlab.api.server.model.vision import View
from mmlab.api.server.model.vocabulary import named
from mmlab.perception import Seen
from mmlab.world.grammar import OPPOSITES, article, holds, plural
from mmlab.world.scene import CANVAS
from mmlab.world.truth import fits


def fitting(view: View, group: Group) -> list[Seen]:
    """Return the shapes of a group, in reading order, as the model sees them."""
    shapes = [shape for shape in view.shapes if all(_meets(view, shape, c) for c in group.conditions)]
    shapes = [shape for shape in shapes if all(in_half(view, shape, half) for half in group.half)]
    if group.extreme in ("largest", "smallest"):
        size = "large" if group.extreme == "largest" else "small"
        return [shape for shape in shapes if shape.size == size] or shapes
    if group.extreme and shapes:
        sign = 1 if group.extreme in ("left", "top") else -1
        if view.swaps_sides and group.extreme in ("left", "right"):
            sign = -sign
        axis = "x" if group.extreme in ("left", "right") else "y"
        return [min(shapes, key=lambda shape: sign * getattr(shape, axis))]
    return shapes


def _meets(view: View, shape: Seen, condition: Condition) -> bool:
    """Return whether a shape fulfils a condition."""
    if condition.side is None and not condition.alike:
        return any(fits(shape, mention) for mention in condition.mentions) != condition.negated
    others = [each for each in view.shapes if any(fits(each, mention) for mention in condition.mentions)]
    if shape in others or not others:
        return condition.negated
    if condition.alike:
        meets = any(getattr(shape, condition.alike) == getattr(other, condition.alike) for other in others)
    elif condition.side == "near":
        free = [each for each in view.shapes if each not in others]
        meets = shape == min(free, key=lambda each: min(_distance(each, other) for other in others))
    else:
        meets = all(lies(view, condition.side, shape, other) for other in others)
    return meets != condition.negated


def _distance(first: Seen, second: Seen) -> float:
    """Return the distance of the centres of two shapes."""
    return ((first.x - second.x) ** 2 + (first.y - second.y) ** 2) ** 0.5


def lies(view: View, word: str, first: Seen, second: Seen) -> bool:
    """Return whether the first shape is left of (above, …) the second, as the model sees it."""
    if view.swaps_sides and word in ("left of", "right of"):
        word = OPPOSITES[word]
    if holds(word, first, second) or holds(OPPOSITES[word], first, second):
        return holds(word, first, second)
    axis = "x" if word in ("left of", "right of") else "y"
    gap = getattr(second, axis) - getattr(first, axis)
    return gap > 0 if word in ("left of", "above") else gap < 0


def in_half(view: View, shape: Seen, half: str) -> bool:
    """Return whether a shape's centre is in a half of the image."""
    if view.swaps_sides and half in ("left", "right"):
        half = "right" if half == "left" else "left"
    if half == "centre":
        return where(view, shape) == "centre"
    position = shape.x if half in ("left", "right") else shape.y
    return position < CANVAS / 2 if half in ("left", "top") else position >= CANVAS / 2


def where(view: View, shape: Seen) -> str:
    """Return the position of a shape in its image, in words."""
    thirds = [min(int(3 * centre / CANVAS), 2) for centre in (shape.y, shape.x)]
    across = thirds[1] if not view.swaps_sides else 2 - thirds[1]
    words_ = (("top", "middle", "bottom")[thirds[0]], ("left", "centre", "right")[across])
    return "centre" if words_ == ("middle", "centre") else " ".join(words_)


def group_name(group: Group, many: bool = False) -> str:
    """Return the words for a group: "red rings that are not small", "largest shape"."""
    plain = [c for c in group.conditions if not (c.negated or c.side or c.alike)]
    alternatives = [condition for condition in plain if len(condition.mentions) > 1]
    if alternatives:
        each = [plural(named(m)) if many else named(m) for m in alternatives[0].mentions]
        name = f" {alternatives[0].joined} ".join(each)
    else:
        name = plural(named(group.mention)) if many else named(group.mention)
    if group.extreme:
        name = f"{group.extreme}{'' if group.extreme.endswith('est') else 'most'} {name}"
    for condition in group.conditions:
        described = " or ".join(
            named(m) if m.kind is None and m != ANY else (plural(named(m)) if many else article(named(m)))
            for m in condition.mentions
        )
        described = (
            described.replace(" shape", "") if all(m.kind is None for m in condition.mentions) else described
        )
        if condition.alike:
            name += f" with the {condition.alike} of the {' or '.join(named(m) for m in condition.mentions)}"
        elif condition.side:
            name += f" {condition.side} the {' or '.join(named(m) for m in condition.mentions)}"
        elif condition.negated:
            name += f" that {'are' if many else 'is'} not {described}"
    if group.half:
        name += f" at the {' '.join(group.half)}"
    return name


def listed_shapes(shapes: list[Seen]) -> str:
    """Return shapes in words: "the red ring and the blue star"."""
    return " and ".join(f"the {shape.colour} {shape.kind}" for shape in shapes)
