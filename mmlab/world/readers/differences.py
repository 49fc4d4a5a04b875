"""What has changed between two pictures of one thing: scenes, screens or pages."""

import numpy as np

from mmlab.world.documents.before_after import Difference, named, quarter
from mmlab.world.readers.page import Line, read_page
from mmlab.world.readers.scene import read_scene
from mmlab.world.readers.screen import read_screen
from mmlab.world.scene import Scene


def differences(before: np.ndarray, after: np.ndarray) -> tuple[Difference, ...]:
    """Return what is not as it was, sorted.

    before, after  (h, w, 3) uint8   two scenes, two screens or two pages; of anything else
                                     nothing is told
    raises         ShapeError        when one is no picture

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
    """Return how two scenes differ: what stays in its place has changed, what stays the same has moved."""
    old = [shape for shape in before.shapes if shape not in after.shapes]
    new = [shape for shape in after.shapes if shape not in before.shapes]
    found = []
    for shape in list(old):
        here = [other for other in new if quarter(other) == quarter(shape)]
        ways = [(way, other) for other in here for way in _ways(shape, other)]
        if len(ways) == 1:
            (way, other) = ways[0]
            found.append(Difference(way, named(shape), getattr(shape, way), getattr(other, way)))
            old.remove(shape)
            new.remove(other)
    for shape in list(old):
        same = [other for other in new if named(other) == named(shape)]
        if same:
            found.append(Difference("moved", named(shape), quarter(shape), quarter(same[0])))
            old.remove(shape)
            new.remove(same[0])
    found += [Difference("disappeared", named(shape), quarter(shape), "") for shape in old]
    return found + [Difference("appeared", named(shape), "", quarter(shape)) for shape in new]


def _ways(shape, other) -> list[str]:
    """Return in which of colour, size and kind two shapes differ."""
    return [way for way in ("colour", "size", "kind") if getattr(shape, way) != getattr(other, way)]


def of_screens(before: dict, after: dict) -> list[Difference]:
    """Return how the elements of two screens differ."""
    old, new = ({(one["role"], one["label"]): one["state"] for one in side["elements"]} for side in (before, after))
    found = []
    for role, label in old.keys() | new.keys():
        was, now = old.get((role, label)), new.get((role, label))
        if was is None or now is None:
            found.append(Difference("disappeared" if now is None else "appeared", label, was or "", now or ""))
        elif was != now:
            found.append(Difference("text" if role == "field" else "state", label, was, now))
    return found


def of_pages(before: list[Line], after: list[Line]) -> list[Difference]:
    """Return which texts of two pages differ; a text is named by the first one of its row."""
    found = []
    for line in before:
        over = [other for other in after if _overlap(line.box, other.box)]
        if over and all(other.text != line.text for other in over):
            row = [other for other in before if other.box[1] < line.box[3] and line.box[1] < other.box[3]]
            found.append(Difference("text", min(row, key=lambda one: one.box[0]).text, line.text, over[0].text))
        elif not over:
            found.append(Difference("disappeared", line.text, line.text, ""))
    for line in after:
        if not any(_overlap(line.box, other.box) for other in before):
            found.append(Difference("appeared", line.text, "", line.text))
    return found


def _overlap(one, other) -> bool:
    """Return whether two boxes share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
