"""Two images of one scene, page or screen, before and after planted changes."""

from dataclasses import dataclass, replace

import numpy as np

from mmlab.errors import InputError
from mmlab.world.documents import names
from mmlab.world.documents.menu import menu
from mmlab.world.documents.screen import enter, press, screen
from mmlab.world.documents.screen_drawing import draw
from mmlab.world.grammar import describe
from mmlab.world.noise import Rng
from mmlab.world.render import render
from mmlab.world.sampling import sample
from mmlab.world.scene import CANVAS, COLOURS, KINDS, MAXIMUM, RADIUS, SIZES, Scene, Shape

SUBJECTS = ("scene", "page", "screen")
QUARTERS = ("top left", "top right", "bottom left", "bottom right")


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One difference between two images.

    kind     "appeared", "disappeared", "moved", "colour", "size", "kind", "text" or "state"
    what     str   the shape before the change (after it, if it appeared), or the label of an element
    before   str   its quarter, colour, size, kind, text or state; "" if it appeared
    after    str   the same after the change; "" if it disappeared
    """

    kind: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two images and all their differences.

    before, after  (h, w, 3) uint8
    differences    tuple of Difference, sorted
    """

    before: np.ndarray
    after: np.ndarray
    differences: tuple[Difference, ...]


def before_after(seed: int = 0, subject: str | None = None, *, size: int = 256) -> Pair:
    """Return two images with one to three differences, plus one if a button becomes active as a result.

    seed     int               another seed gives other images and other differences
    subject  one of SUBJECTS   two scenes, two menus or two screens; None lets the seed choose
    size     int               pixels along the side of a scene
    raises   InputError        for an unknown subject

    >>> len(before_after(4, "scene").differences) in (1, 2, 3)
    True
    """
    if subject not in (None, *SUBJECTS):
        raise InputError(
            f"before_after: subject={subject!r}", f"one of {', '.join(SUBJECTS)}", "pass subject='scene'"
        )
    rng = names.rng_for("pair", seed)
    subject = subject or rng.pick(SUBJECTS)
    if subject == "page":
        return _pages(seed, rng)
    if subject == "screen":
        return _screens(seed, rng)
    old = _distinct(rng)
    new, differences = _edited(old, rng)
    before, after = render([old, new], size)
    return Pair(before, after, tuple(sorted(differences)))


def quarter(shape: Shape) -> str:
    """Return the quarter of the image with a shape's centre."""
    return QUARTERS[2 * (shape.y >= CANVAS // 2) + (shape.x >= CANVAS // 2)]


def named(shape: Shape) -> str:
    """Return a shape's size, colour and kind in words."""
    return describe(shape.size, shape.colour, shape.kind)


def _distinct(rng: Rng) -> Scene:
    """Return a scene of two or three shapes that differ from each other in colour and in kind."""
    for scene in sample(200, seed=rng.integers(1 << 30), shapes=(2, 3)):
        count = len(scene.shapes)
        if len({s.colour for s in scene.shapes}) == len({s.kind for s in scene.shapes}) == count:
            return scene
    raise InputError(
        "before_after: no scene of different shapes", "one in 200 sampled ones", "try another seed"
    )


def _edited(old: Scene, rng: Rng) -> tuple[Scene, list[Difference]]:
    """Return a changed scene and its differences; each shape changes in at most one way."""
    shapes, differences = list(old.shapes), []
    free = rng.shuffle(corner for corner in QUARTERS if corner not in {quarter(shape) for shape in shapes})
    order = rng.shuffle(range(len(shapes)))
    for index in order[: 1 + rng.integers(min(3, len(order)))]:
        way = rng.pick(("moved", "colour", "size", "kind", "disappeared", "appeared"))
        if way in ("moved", "appeared") and not free:
            way = "colour"
        if way == "disappeared" and sum(shape is not None for shape in shapes) == 1:
            way = "kind"
        shape = shapes[index]
        if way == "appeared":
            other = _other(old, rng)
            shapes.append(_put(other, free.pop()))
            differences.append(Difference(way, named(shapes[-1]), "", quarter(shapes[-1])))
            continue
        shapes[index] = new = _changed(shape, way, old, free, rng)
        if way == "disappeared":
            differences.append(Difference(way, named(shape), quarter(shape), ""))
        elif way == "moved":
            differences.append(Difference(way, named(shape), quarter(shape), quarter(new)))
        else:
            differences.append(Difference(way, named(shape), getattr(shape, way), getattr(new, way)))
    return Scene(tuple(shape for shape in shapes if shape is not None)[:MAXIMUM], old.background), differences


def _changed(shape: Shape, way: str, old: Scene, free: list, rng: Rng) -> Shape | None:
    """Return a shape after one change; None when it disappears."""
    if way == "disappeared":
        return None
    if way == "moved":
        return _put(shape, free.pop())
    used = {getattr(other, way) for other in old.shapes}
    choices = {"colour": tuple(COLOURS), "kind": KINDS, "size": tuple(SIZES)}[way]
    choices = [name for name in choices if name not in used or way == "size" and name != shape.size]
    new = {way: rng.pick(choices)}
    if way == "size":
        new |= {axis: _inside(getattr(shape, axis), new["size"]) for axis in ("x", "y")}
    return replace(shape, **new)


def _inside(position: int, size: str) -> int:
    """Return the nearest position at which a shape of a size stays in its half of the image."""
    half = CANVAS // 2
    low = position // half * half + RADIUS[size] + 1
    return min(max(position, low), low + half - 2 * RADIUS[size] - 2)


def _put(shape: Shape, target: str) -> Shape:
    """Return a shape moved to the middle of a quarter."""
    number, half = QUARTERS.index(target), CANVAS // 2
    return replace(shape, x=number % 2 * half + half // 2, y=number // 2 * half + half // 2)


def _other(old: Scene, rng: Rng) -> Shape:
    """Return a shape with a colour and a kind that are not in a scene."""
    colours = [name for name in COLOURS if name not in {shape.colour for shape in old.shapes}]
    kinds = [name for name in KINDS if name not in {shape.kind for shape in old.shapes}]
    return Shape(rng.pick(kinds), rng.pick(colours), rng.pick(SIZES), CANVAS // 4, CANVAS // 4)


def _pages(seed: int, rng: Rng) -> Pair:
    """Return two versions of one menu with different prices."""
    changes = {rng.integers(9): 10 + 10 * rng.integers(30) for _ in range(1 + rng.integers(3))}
    old, new = menu(seed), menu(seed, surcharges=changes)
    symbol = names.CURRENCIES[old.fields["currency"]]
    dishes = [[dish for part in page.fields["sections"] for dish in part["dishes"]] for page in (old, new)]
    differences = [
        Difference(
            "text", before["name"], names.money(before["price"], symbol), names.money(after["price"], symbol)
        )
        for before, after in zip(*dishes)
        if before["price"] != after["price"]
    ]
    return Pair(old.image, new.image, tuple(sorted(differences)))


def _screens(seed: int, rng: Rng) -> Pair:
    """Return a screen before and after one to three user actions."""
    old = new = screen(seed, rng.pick(("settings", "checkout")))
    usable = [element for element in old.elements if element.role in ("checkbox", "toggle", "field")]
    for element in rng.shuffle(usable)[: 1 + rng.integers(3)]:
        if element.role == "field":
            new = enter(new, element.label, f"{element.state} {2 + rng.integers(8)}".strip())
        else:
            new = press(new, element.role, element.label)
    differences = [
        Difference("text" if before.role == "field" else "state", before.label, before.state, after.state)
        for before, after in zip(old.elements, new.elements)
        if before.state != after.state
    ]
    return Pair(draw(old).image, draw(new).image, tuple(sorted(differences)))
