"""Recover the events of a video from its frames alone."""

import numpy as np

from mmlab.errors import ShapeError
from mmlab.perception import budget
from mmlab.perception.scene import read_scene
from mmlab.world.scene import CANVAS, Scene, Shape
from mmlab.world.video import Event

_STIR = CANVAS // 12  # a smaller movement does not count


def watch(frames) -> tuple[Event, ...]:
    """Return the events in the frames, in order; no events when the images are not scenes.

    frames   (F, h, w, 3) uint8, or a sequence of images: all frames of a video of `mmlab.world`,
             or every second one; an event's frame is an index into the given frames
    raises   ShapeError   when there are no frames, or a frame is not an image

    >>> from mmlab.world.video import film
    >>> made = film(3)
    >>> watch(made.frames) == made.events
    True
    """
    return events_between(read_scenes(frames))


def read_scenes(frames) -> list[Scene | None]:
    """Return the scene of each frame; for a frame that cannot be read, that of the previous one.

    frames   as of `watch`
    returns  fewer scenes than frames if the shared budget was spent before the last one,
             see `mmlab.perception.budget.shared`
    raises   ShapeError   when there are no frames, or a frame is not an image
    """
    images = [np.asarray(frame) for frame in frames]
    if not images:
        raise ShapeError("watch: no frames", "at least one image (h, w, 3) of uint8", "pass video.frames")
    scenes, last = [], None
    for number, image in enumerate(images):
        if number and np.array_equal(image, images[number - 1]):
            scenes.append(scenes[-1])
            continue
        last = read_scene(image) or last
        if budget.is_spent():
            break  # the frame may have been read in part
        scenes.append(last)
    return scenes


def events_between(scenes: list[Scene | None]) -> tuple[Event, ...]:
    """Return the events between scenes that follow each other, in order; None for an unknown scene."""
    events: list[Event] = []
    moving: dict[str, str] = {}  # kind of shape → the direction in which it moves
    for number in range(1, len(scenes)):
        before, after = scenes[number - 1], scenes[number]
        if before is None or after is None:
            continue
        moves = dict(_moves(before, after))
        events += [
            Event(way, shape.colour, shape.kind, number)
            for way, shape in moves.values()
            if moving.get(shape.kind) != way
        ]
        moving = {kind: way for kind, (way, _) in moves.items()}
        events += _changes(before, after, number)
    return tuple(events)


def _named(scene: Scene) -> dict[str, Shape]:
    """Return kind → shape of a scene; a video has at most one shape of each kind."""
    return {shape.kind: shape for shape in scene.shapes}


def _moves(before: Scene, after: Scene):
    """Yield (kind of shape, (direction, shape)) of each shape that has moved."""
    old = _named(before)
    for kind, shape in _named(after).items():
        if kind in old:
            across, down = shape.x - old[kind].x, shape.y - old[kind].y
            if max(abs(across), abs(down)) > _STIR:
                way = ("left", "right")[across > 0] if abs(across) > abs(down) else ("up", "down")[down > 0]
                yield kind, (f"moves {way}", old[kind])


def _changes(before: Scene, after: Scene, number: int) -> list[Event]:
    """Return the shapes that vanish, appear or change colour between two frames, as events."""
    old, new = _named(before), _named(after)
    events = [Event("vanishes", old[kind].colour, kind, number) for kind in old if kind not in new]
    events += [Event("appears", new[kind].colour, kind, number) for kind in new if kind not in old]
    return events + [
        Event("changes colour", old[kind].colour, kind, number, new[kind].colour)
        for kind in old
        if kind in new and old[kind].colour != new[kind].colour
    ]
