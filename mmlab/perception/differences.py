"""Find the changes between two images of the same scene, screen or page."""

import numpy as np

from mmlab.perception.budget import budgeted, spend
from mmlab.perception.page import Line, read_page
from mmlab.perception.scene import read_scene
from mmlab.perception.screen import read_screen
from mmlab.world.documents.before_after import Difference, named, quarter
from mmlab.world.scene import Scene


def differences(before: np.ndarray, after: np.ndarray) -> tuple[Difference, ...]:
    """Return the differences between two images, sorted.

    before, after  (h, w, 3) uint8   two scenes, two screens or two pages; for other images the
                                     result is empty
    raises         ShapeError        when one of them is not an image

    >>> from mmlab.world.documents import before_after
    >>> pair = before_after(1, "scene")
    >>> differences(pair.before, pair.after) == pair.differences
    True
    """
    scenes = read_scene(before), read_scene(after)
    if all(scenes):
        return tuple(sorted(of_scenes(*scenes)))
    screens = read_screen(before), read_screen(after)
    if all(screens):
        return tuple(sorted(of_screens(*screens)))
    return tuple(sorted(of_pages(read_page(before), read_page(after))))


def of_scenes(before: Scene, after: Scene) -> list[Difference]:
    """Return the differences of two scenes: a shape that stays in its quarter changed, an equal one moved."""
    old = [shape for shape in before.shapes if shape not in after.shapes]
    new = [shape for shape in after.shapes if shape not in before.shapes]
    changes = []
    for shape in list(old):
        here = [other for other in new if quarter(other) == quarter(shape)]
        ways = [(way, other) for other in here for way in _ways(shape, other)]
        if len(ways) == 1:
            (way, other) = ways[0]
            changes.append(Difference(way, named(shape), getattr(shape, way), getattr(other, way)))
            old.remove(shape)
            new.remove(other)
    for shape in list(old):
        same = [other for other in new if named(other) == named(shape)]
        if same:
            changes.append(Difference("moved", named(shape), quarter(shape), quarter(same[0])))
            old.remove(shape)
            new.remove(same[0])
    changes += [Difference("disappeared", named(shape), quarter(shape), "") for shape in old]
    return changes + [Difference("appeared", named(shape), "", quarter(shape)) for shape in new]


def _ways(shape, other) -> list[str]:
    """Return the attributes (colour, size, kind) in which two shapes differ."""
    return [way for way in ("colour", "size", "kind") if getattr(shape, way) != getattr(other, way)]


def of_screens(before: dict, after: dict) -> list[Difference]:
    """Return the differences between the elements of two screens."""
    old, new = (
        {(element["role"], element["label"]): element["state"] for element in side["elements"]}
        for side in (before, after)
    )
    changes = []
    for role, label in old.keys() | new.keys():
        was, now = old.get((role, label)), new.get((role, label))
        if was is None or now is None:
            changes.append(
                Difference("disappeared" if now is None else "appeared", label, was or "", now or "")
            )
        elif was != now:
            changes.append(Difference("text" if role == "field" else "state", label, was, now))
    return changes


@budgeted(0.4, otherwise=[])
def of_pages(before: list[Line], after: list[Line]) -> list[Difference]:
    """Return the differences between the texts of two pages; the first text of a row names the row."""
    changes = []
    for line in before:
        spend(1 + len(before) + len(after))
        over = [other for other in after if _overlap(line.box, other.box)]
        if over and all(other.text != line.text for other in over):
            row = [other for other in before if other.box[1] < line.box[3] and line.box[1] < other.box[3]]
            changes.append(
                Difference(
                    "text", min(row, key=lambda neighbour: neighbour.box[0]).text, line.text, over[0].text
                )
            )
        elif not over:
            changes.append(Difference("disappeared", line.text, line.text, ""))
    for line in after:
        if not any(_overlap(line.box, other.box) for other in before):
            changes.append(Difference("appeared", line.text, "", line.text))
    return changes


def _overlap(first, second) -> bool:
    """Return whether two boxes share a pixel."""
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
