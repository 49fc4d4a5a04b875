"""Two pictures of one thing, before and after, with planted differences."""

from dataclasses import dataclass, replace

import numpy as np

from mmlab.errors import InputError
from mmlab.world.documents import names
from mmlab.world.documents.menu import menu
from mmlab.world.documents.screen import enter, press, screen
from mmlab.world.documents.screen_drawing import draw
from mmlab.world.grammar import describe
from mmlab.world.noise import Dice
from mmlab.world.render import render
from mmlab.world.sampling import sample
from mmlab.world.scene import CANVAS, COLOURS, KINDS, MOST, RADIUS, SIZES, Scene, Shape

SUBJECTS = ("scene", "page", "screen")
QUARTERS = ("top left", "top right", "bottom left", "bottom right")


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One thing that is not as it was.

    kind     "appeared", "disappeared", "moved", "colour", "size", "kind", "text" or "state"
    what     str   the shape as it was (as it is, if it appeared), or the label of an element
    before   str   its place, colour, size, kind, text or state; "" if it was not there
    after    str   the same, as it is now; "" if it is gone
    """

    kind: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two pictures and all their differences.

    before, after  (h, w, 3) uint8
    differences    tuple of Difference, sorted
    """

    before: np.ndarray
    after: np.ndarray
    differences: tuple[Difference, ...]


def before_after(seed: int = 0, subject: str | None = None, *, size: int = 256) -> Pair:
    """Return two pictures that differ in one to three ways; a button that so wakes up is one more.

    seed     int               another seed gives other pictures and other differences
    subject  one of SUBJECTS   two scenes, two menus or two screens; None lets the seed choose
    size     int               pixels along a scene's side
    raises   InputError        for an unknown subject

    >>> len(before_after(4, "scene").differences) in (1, 2, 3)
    True
    """
    if subject not in (None, *SUBJECTS):
        raise InputError(f"before_after: subject={subject!r}", f"one of {', '.join(SUBJECTS)}",
                         "pass subject='scene'")  # fmt: skip
    dice = names.dice_for("pair", seed)
    subject = subject or dice.pick(SUBJECTS)
    if subject == "page":
        return _pages(seed, dice)
    if subject == "screen":
        return _screens(seed, dice)
    old = _distinct(dice)
    new, differences = _edited(old, dice)
    before, after = render([old, new], size)
    return Pair(before, after, tuple(sorted(differences)))


def quarter(shape: Shape) -> str:
    """Return the quarter of the picture that holds a shape's centre."""
    return QUARTERS[2 * (shape.y >= CANVAS // 2) + (shape.x >= CANVAS // 2)]


def named(shape: Shape) -> str:
    """Return a shape's size, colour and kind in words."""
    return describe(shape.size, shape.colour, shape.kind)


def _distinct(dice: Dice) -> Scene:
    """Return a scene of two or three shapes that differ from each other in colour and in kind."""
    for scene in sample(200, seed=dice.roll(1 << 30), shapes=(2, 3)):
        count = len(scene.shapes)
        if len({s.colour for s in scene.shapes}) == len({s.kind for s in scene.shapes}) == count:
            return scene
    raise InputError("before_after: no scene of different shapes", "one in 200 sampled ones", "try another seed")


def _edited(old: Scene, dice: Dice) -> tuple[Scene, list[Difference]]:
    """Return another scene and how it differs; each shape changes in one way at most."""
    shapes, differences = list(old.shapes), []
    free = dice.shuffle(place for place in QUARTERS if place not in {quarter(shape) for shape in shapes})
    order = dice.shuffle(range(len(shapes)))
    for place in order[: 1 + dice.roll(min(3, len(order)))]:
        way = dice.pick(("moved", "colour", "size", "kind", "disappeared", "appeared"))
        if way in ("moved", "appeared") and not free:
            way = "colour"
        if way == "disappeared" and sum(shape is not None for shape in shapes) == 1:
            way = "kind"
        shape = shapes[place]
        if way == "appeared":
            other = _other(old, dice)
            shapes.append(_put(other, free.pop()))
            differences.append(Difference(way, named(shapes[-1]), "", quarter(shapes[-1])))
            continue
        shapes[place] = new = _changed(shape, way, old, free, dice)
        if way == "disappeared":
            differences.append(Difference(way, named(shape), quarter(shape), ""))
        elif way == "moved":
            differences.append(Difference(way, named(shape), quarter(shape), quarter(new)))
        else:
            differences.append(Difference(way, named(shape), getattr(shape, way), getattr(new, way)))
    return Scene(tuple(shape for shape in shapes if shape is not None)[:MOST], old.background), differences


def _changed(shape: Shape, way: str, old: Scene, free: list, dice: Dice) -> Shape | None:
    """Return a shape after one change; None when it is gone."""
    if way == "disappeared":
        return None
    if way == "moved":
        return _put(shape, free.pop())
    used = {getattr(other, way) for other in old.shapes}
    choices = {"colour": tuple(COLOURS), "kind": KINDS, "size": tuple(SIZES)}[way]
    choices = [name for name in choices if name not in used or way == "size" and name != shape.size]
    new = {way: dice.pick(choices)}
    if way == "size":
        new |= {axis: _inside(getattr(shape, axis), new["size"]) for axis in ("x", "y")}
    return replace(shape, **new)


def _inside(place: int, size: str) -> int:
    """Return the place nearest to `place` where a shape of a size stays in its half of the picture."""
    half = CANVAS // 2
    low = place // half * half + RADIUS[size] + 1
    return min(max(place, low), low + half - 2 * RADIUS[size] - 2)


def _put(shape: Shape, place: str) -> Shape:
    """Return a shape moved into the middle of a quarter."""
    number, half = QUARTERS.index(place), CANVAS // 2
    return replace(shape, x=number % 2 * half + half // 2, y=number // 2 * half + half // 2)


def _other(old: Scene, dice: Dice) -> Shape:
    """Return a shape of a colour and a kind that a scene has not."""
    colours = [name for name in COLOURS if name not in {shape.colour for shape in old.shapes}]
    kinds = [name for name in KINDS if name not in {shape.kind for shape in old.shapes}]
    return Shape(dice.pick(kinds), dice.pick(colours), dice.pick(SIZES), CANVAS // 4, CANVAS // 4)


def _pages(seed: int, dice: Dice) -> Pair:
    """Return two printings of one menu with other prices."""
    changes = {dice.roll(9): 10 + 10 * dice.roll(30) for _ in range(1 + dice.roll(3))}
    old, new = menu(seed), menu(seed, dearer=changes)
    symbol = names.CURRENCIES[old.fields["currency"]]
    dishes = [[dish for part in page.fields["sections"] for dish in part["dishes"]] for page in (old, new)]
    differences = [
        Difference("text", one["name"], names.money(one["price"], symbol), names.money(two["price"], symbol))
        for one, two in zip(*dishes)
        if one["price"] != two["price"]
    ]
    return Pair(old.image, new.image, tuple(sorted(differences)))


def _screens(seed: int, dice: Dice) -> Pair:
    """Return a screen before and after one to three acts of a person."""
    old = new = screen(seed, dice.pick(("settings", "checkout")))
    usable = [one for one in old.elements if one.role in ("checkbox", "toggle", "field")]
    for one in dice.shuffle(usable)[: 1 + dice.roll(3)]:
        if one.role == "field":
            new = enter(new, one.label, f"{one.state} {2 + dice.roll(8)}".strip())
        else:
            new = press(new, one.role, one.label)
    differences = [
        Difference("text" if one.role == "field" else "state", one.label, one.state, two.state)
        for one, two in zip(old.elements, new.elements)
        if one.state != two.state
    ]
    return Pair(draw(old).image, draw(new).image, tuple(sorted(differences)))
