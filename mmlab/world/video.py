"""Short videos: scenes in which shapes appear, vanish, move and change colour, one at a time."""

from dataclasses import dataclass, field, replace

import numpy as np

from mmlab.errors import InputError
from mmlab.world.noise import Rng, whole
from mmlab.world.render import render
from mmlab.world.scene import BACKGROUNDS, CANVAS, COLOURS, KINDS, MAXIMUM, SIZES, Scene, Shape

EVENTS = ("appears", "vanishes", "moves left", "moves right", "moves up", "moves down", "changes colour")
FPS = 8
WAYS = {"moves left": (-1, 0), "moves right": (1, 0), "moves up": (0, -1), "moves down": (0, 1)}
_SLOT, _STEPS = 4, 3  # frames of an event; frames of a movement
_HALF = CANVAS // 2
_LONGEST = 600  # frames


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a video.

    kind    one of EVENTS
    colour  one of COLOURS   the shape's colour, before the change if it changes
    shape   one of KINDS
    frame   int              the first frame that shows the event
    into    one of COLOURS   the new colour if the colour changes, otherwise ""
    """

    kind: str
    colour: str
    shape: str
    frame: int
    into: str = ""

    def __str__(self) -> str:
        end = f" to {self.into}" if self.into else ""
        return f"the {self.colour} {self.shape} {self.kind}{end}"


@dataclass(frozen=True, slots=True, eq=False)
class Video:
    """Frames and the events in them.

    frames  (F, h, w, 3) uint8
    fps     int                frames per second
    events  tuple of Event     in chronological order
    scene   Scene              of the first frame
    scenes  tuple of Scene     one per frame
    """

    frames: np.ndarray
    fps: int
    events: tuple[Event, ...]
    scene: Scene
    scenes: tuple[Scene, ...] = field(default=(), repr=False)


def film(seed: int = 0, frames: int = 16, size: int = 64, events=None) -> Video:
    """Return a video of one to four shapes, no two of one kind.

    seed    int                another seed gives other shapes and other events
    frames  int                5 to 600; at least four per event and one before the first event
    size    int                pixels along a side
    events  sequence of EVENTS the events in order, or their number (int); None lets the seed choose
                               one to three
    raises  InputError         when the events are unknown, too many, or impossible in this order

    >>> [event.kind for event in film(1, events=("appears", "moves left")).events]
    ['appears', 'moves left']
    """
    frames, rng = whole(frames, "frames"), Rng(23, whole(seed))
    if not _SLOT < frames <= _LONGEST:
        raise InputError(f"film: frames={frames}", f"{_SLOT + 1} to {_LONGEST} frames", "pass frames=16")
    maximum = (frames - 1) // _SLOT
    if events is None:
        events = 1 + rng.integers(min(3, maximum))
    kinds = [None] * events if isinstance(events, int) else list(events)
    unknown = [kind for kind in kinds if kind not in (None, *EVENTS)]
    if unknown:
        raise InputError(
            f"film: event {unknown[0]!r}", f"one of {', '.join(EVENTS)}", "pass events=('appears',)"
        )
    if len(kinds) > maximum:
        raise InputError(
            f"film: {len(kinds)} events in {frames} frames",
            f"at most {maximum}",
            f"pass frames={1 + _SLOT * len(kinds)}",
        )
    for _ in range(200):
        acts = _acted(kinds, rng)
        if acts is not None:
            return _drawn(*acts, rng, frames, size)
    raise InputError(
        f"film: no scene in which {', '.join(map(str, kinds))} can happen in this order",
        "one to four shapes in the image all the time",
        "leave out some of the events 'appears' or 'vanishes'",
    )


def _acted(kinds, rng: Rng) -> tuple | None:
    """Return (background, first shapes, [(act, shape before, shape after)]), or None for a dead end."""
    fresh = rng.shuffle(KINDS)
    cells = rng.shuffle((x, y) for x in range(2) for y in range(2))
    minimum, maximum = 1 + kinds[:1].count("vanishes"), MAXIMUM - kinds.count("appears")
    count = min(
        max(1 + rng.integers(3), minimum, 1 + kinds.count("vanishes") - kinds.count("appears")),
        max(maximum, 1),
        MAXIMUM,
    )
    shapes = {fresh.pop(): cells.pop() for _ in range(count)}
    now = {kind: _shape(kind, cell, rng.pick(tuple(COLOURS)), rng) for kind, cell in shapes.items()}
    first, acts = tuple(now.values()), []
    for kind in kinds:
        choices = [(act, name) for act in ([kind] if kind else EVENTS) for name in _able(act, now, fresh)]
        if not choices:
            return None
        act, name = rng.pick(choices)
        before = now.get(name)
        after = _after(act, name, before, now, rng)
        if act == "appears":
            fresh.remove(name)
        now = {other: shape for other, shape in now.items() if other != name} | (
            {name: after} if after else {}
        )
        acts.append((act, before, after))
    return rng.pick(tuple(BACKGROUNDS)), first, acts


def _shape(kind: str, cell, colour: str, rng: Rng) -> Shape:
    """Return a shape in a quarter of the image, near its middle."""
    x, y = (_HALF * part + _HALF // 2 + rng.integers(9) - 4 for part in cell)
    return Shape(kind, colour, rng.pick(tuple(SIZES)), x, y)


def _cell(shape: Shape) -> tuple[int, int]:
    """Return the quarter that holds a shape: column and row."""
    return int(shape.x >= _HALF), int(shape.y >= _HALF)


def _able(act: str, now: dict, fresh: list) -> list[str]:
    """Return the kinds of shapes for which an event is possible."""
    if act == "appears":
        return fresh if len(now) < MAXIMUM else []
    if act == "vanishes":
        return list(now) if len(now) > 1 else []
    if act == "changes colour":
        return list(now)
    taken = {_cell(shape) for shape in now.values()}
    free = {(x, y) for x in range(2) for y in range(2)} - taken
    return [kind for kind, shape in now.items() if tuple(map(sum, zip(_cell(shape), WAYS[act]))) in free]


def _after(act: str, kind: str, before: Shape | None, now: dict, rng: Rng) -> Shape | None:
    """Return a shape after an event; None when it vanishes."""
    if act == "vanishes":
        return None
    if act == "appears":
        taken = {_cell(shape) for shape in now.values()}
        cell = rng.pick([(x, y) for x in range(2) for y in range(2) if (x, y) not in taken])
        return _shape(kind, cell, rng.pick(tuple(COLOURS)), rng)
    if act == "changes colour":
        return replace(before, colour=rng.pick([name for name in COLOURS if name != before.colour]))
    across, down = WAYS[act]
    return replace(before, x=before.x + across * _HALF, y=before.y + down * _HALF)


def _drawn(background: str, first, acts, rng: Rng, frames: int, size: int) -> Video:
    """Return the video of some acts, each at a random time within its part of the video."""
    now = {shape.kind: shape for shape in first}
    scenes, events = [], []
    wide = (frames - 1) // max(len(acts), 1)
    for index, (act, before, after) in enumerate(acts):
        start = 1 + index * wide + rng.integers(wide - _STEPS)
        scenes += [Scene(tuple(now.values()), background)] * (start - len(scenes))
        own = before or after
        into = after.colour if act == "changes colour" else ""
        events.append(Event(act, own.colour, own.kind, start, into))
        if act in WAYS:
            for step in range(1, _STEPS):
                x, y = (
                    begin + (end - begin) * step // _STEPS
                    for begin, end in ((own.x, after.x), (own.y, after.y))
                )
                now[own.kind] = replace(own, x=x, y=y)
                scenes.append(Scene(tuple(now.values()), background))
        now.pop(own.kind, None)
        if after:
            now[own.kind] = after
    scenes += [Scene(tuple(now.values()), background)] * (frames - len(scenes))
    return Video(render(scenes, size), FPS, tuple(events), scenes[0], tuple(scenes))
