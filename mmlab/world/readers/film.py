"""What happens in a film, from its frames alone."""

import numpy as np

from mmlab.errors import ShapeError
from mmlab.world.films import Event
from mmlab.world.readers.scene import read_scene
from mmlab.world.scene import CANVAS, Scene, Shape

_STIR = CANVAS // 12  # a shape that moves by less stands still


def watch(frames) -> tuple[Event, ...]:
    """Return what happens in the frames, in order; nothing for pictures that show no scenes.

    frames   (F, h, w, 3) uint8, or a sequence of pictures: all frames of a film of `mmlab.world`,
             or every second one; an event's frame counts the frames that are given
    raises   ShapeError   when these are no pictures

    >>> from mmlab.world.films import film
    >>> made = film(3)
    >>> watch(made.frames) == made.events
    True
    """
    pictures = [np.asarray(frame) for frame in frames]
    if not pictures:
        raise ShapeError("watch: no frames", "at least one picture (h, w, 3) of uint8", "pass film().frames")
    scenes, last = [], None
    for number, picture in enumerate(pictures):
        if number and np.array_equal(picture, pictures[number - 1]):
            scenes.append(scenes[-1])
            continue
        last = read_scene(picture) or last  # a frame that cannot be read is taken for the one before
        scenes.append(last)
    found: list[Event] = []
    moving: dict[str, str] = {}  # kind of shape → the way it is on
    for number in range(1, len(scenes)):
        before, after = scenes[number - 1], scenes[number]
        if before is None or after is None:
            continue
        moves = dict(_moves(before, after))
        found += [Event(way, shape.colour, shape.kind, number)
                  for way, shape in moves.values() if moving.get(shape.kind) != way]  # fmt: skip
        moving = {kind: way for kind, (way, _) in moves.items()}
        found += _changes(before, after, number)
    return tuple(found)


def _named(scene: Scene) -> dict[str, Shape]:
    """Return the shapes of a scene by their kinds, of which a film has one each."""
    return {shape.kind: shape for shape in scene.shapes}


def _moves(before: Scene, after: Scene):
    """Yield (kind of shape, (way, shape)) of what has moved."""
    old = _named(before)
    for kind, shape in _named(after).items():
        if kind in old:
            across, down = shape.x - old[kind].x, shape.y - old[kind].y
            if max(abs(across), abs(down)) > _STIR:
                way = ("left", "right")[across > 0] if abs(across) > abs(down) else ("up", "down")[down > 0]
                yield kind, (f"moves {way}", old[kind])


def _changes(before: Scene, after: Scene, number: int) -> list[Event]:
    """Return what has vanished, appeared or changed its colour between two frames."""
    old, new = _named(before), _named(after)
    found = [Event("vanishes", old[kind].colour, kind, number) for kind in old if kind not in new]
    found += [Event("appears", new[kind].colour, kind, number) for kind in new if kind not in old]
    return found + [
        Event("changes colour", old[kind].colour, kind, number, new[kind].colour)
        for kind in old if kind in new and old[kind].colour != new[kind].colour
    ]  # fmt: skip
