"""Short films: scenes in which shapes appear, vanish, move and change colour, one after the other."""

from dataclasses import dataclass, field, replace

import numpy as np

from mmlab.errors import InputError
from mmlab.world.noise import Dice, whole
from mmlab.world.render import render
from mmlab.world.scene import BACKGROUNDS, CANVAS, COLOURS, KINDS, MOST, SIZES, Scene, Shape

EVENTS = ("appears", "vanishes", "moves left", "moves right", "moves up", "moves down", "changes colour")
FPS = 8
WAYS = {"moves left": (-1, 0), "moves right": (1, 0), "moves up": (0, -1), "moves down": (0, 1)}
_SLOT, _STEPS = 4, 3  # frames that an event needs; of these it moves for three
_HALF = CANVAS // 2
_LONGEST = 600  # frames


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens.

    kind    one of EVENTS
    colour  of COLOURS   of the shape; before it, when the colour changes
    shape   of KINDS
    frame   int          the first frame that shows it
    into    of COLOURS   the new colour, when the colour changes; else ""
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
class Film:
    """Frames and what happens in them.

    frames  (F, h, w, 3) uint8
    fps     int                frames a second
    events  tuple of Event     in the order in which they happen
    scene   Scene              as it is in the first frame
    scenes  tuple of Scene     one a frame
    """

    frames: np.ndarray
    fps: int
    events: tuple[Event, ...]
    scene: Scene
    scenes: tuple[Scene, ...] = field(default=(), repr=False)


def film(seed: int = 0, frames: int = 16, size: int = 64, events=None) -> Film:
    """Return a film of one to four shapes, no two of one kind.

    seed    int                another seed gives other shapes and other events
    frames  int                5 to 600; four for each event and one before the first
    size    int                pixels along a side
    events  sequence of EVENTS what is to happen, in this order, or how many things (int); None lets
                               the seed choose one to three
    raises  InputError         when the events are unknown, too many, or cannot happen one after the other

    >>> [event.kind for event in film(1, events=("appears", "moves left")).events]
    ['appears', 'moves left']
    """
    frames, dice = whole(frames, "frames"), Dice(23, whole(seed))
    if not _SLOT < frames <= _LONGEST:
        raise InputError(f"film: frames={frames}", f"{_SLOT + 1} to {_LONGEST} frames", "pass frames=16")
    most = (frames - 1) // _SLOT
    if events is None:
        events = 1 + dice.roll(min(3, most))
    kinds = [None] * events if isinstance(events, int) else list(events)
    unknown = [kind for kind in kinds if kind not in (None, *EVENTS)]
    if unknown:
        raise InputError(f"film: event {unknown[0]!r}", f"one of {', '.join(EVENTS)}", "pass events=('appears',)")
    if len(kinds) > most:
        raise InputError(f"film: {len(kinds)} events in {frames} frames", f"at most {most}",
                         f"pass frames={1 + _SLOT * len(kinds)}")  # fmt: skip
    for _ in range(200):
        acts = _acted(kinds, dice)
        if acts is not None:
            return _drawn(*acts, dice, frames, size)
    raise InputError(f"film: no scene in which {', '.join(map(str, kinds))} can happen in this order",
                     "one to four shapes in the picture all the time",
                     "leave out some that appear, or that vanish")  # fmt: skip


def _acted(kinds, dice: Dice) -> tuple | None:
    """Return (background, first shapes, [(act, shape before, shape after)]), or None for a dead end."""
    fresh = dice.shuffle(KINDS)
    cells = dice.shuffle((x, y) for x in range(2) for y in range(2))
    least, most = 1 + kinds[:1].count("vanishes"), MOST - kinds.count("appears")
    count = min(max(1 + dice.roll(3), least, 1 + kinds.count("vanishes") - kinds.count("appears")), max(most, 1), MOST)
    shapes = {fresh.pop(): cells.pop() for _ in range(count)}
    now = {kind: _shape(kind, cell, dice.pick(tuple(COLOURS)), dice) for kind, cell in shapes.items()}
    first, acts = tuple(now.values()), []
    for kind in kinds:
        choices = [(act, one) for act in ([kind] if kind else EVENTS) for one in _able(act, now, fresh)]
        if not choices:
            return None
        act, name = dice.pick(choices)
        before = now.get(name)
        after = _after(act, name, before, now, dice)
        if act == "appears":
            fresh.remove(name)
        now = {other: shape for other, shape in now.items() if other != name} | ({name: after} if after else {})
        acts.append((act, before, after))
    return dice.pick(tuple(BACKGROUNDS)), first, acts


def _shape(kind: str, cell, colour: str, dice: Dice) -> Shape:
    """Return a shape in a quarter of the picture, near its middle."""
    x, y = (_HALF * part + _HALF // 2 + dice.roll(9) - 4 for part in cell)
    return Shape(kind, colour, dice.pick(tuple(SIZES)), x, y)


def _cell(shape: Shape) -> tuple[int, int]:
    """Return the quarter that holds a shape: column and row."""
    return int(shape.x >= _HALF), int(shape.y >= _HALF)


def _able(act: str, now: dict, fresh: list) -> list[str]:
    """Return the kinds of shapes to which something can happen."""
    if act == "appears":
        return fresh if len(now) < MOST else []
    if act == "vanishes":
        return list(now) if len(now) > 1 else []
    if act == "changes colour":
        return list(now)
    taken = {_cell(shape) for shape in now.values()}
    free = {(x, y) for x in range(2) for y in range(2)} - taken
    return [kind for kind, shape in now.items() if tuple(map(sum, zip(_cell(shape), WAYS[act]))) in free]


def _after(act: str, kind: str, before: Shape | None, now: dict, dice: Dice) -> Shape | None:
    """Return a shape after something has happened to it; None when it is gone."""
    if act == "vanishes":
        return None
    if act == "appears":
        taken = {_cell(shape) for shape in now.values()}
        cell = dice.pick([(x, y) for x in range(2) for y in range(2) if (x, y) not in taken])
        return _shape(kind, cell, dice.pick(tuple(COLOURS)), dice)
    if act == "changes colour":
        return replace(before, colour=dice.pick([name for name in COLOURS if name != before.colour]))
    across, down = WAYS[act]
    return replace(before, x=before.x + across * _HALF, y=before.y + down * _HALF)


def _drawn(background: str, first, acts, dice: Dice, frames: int, size: int) -> Film:
    """Return the film of what happens, each act somewhere in its part of the time."""
    now = {shape.kind: shape for shape in first}
    scenes, events = [], []
    wide = (frames - 1) // max(len(acts), 1)
    for place, (act, before, after) in enumerate(acts):
        start = 1 + place * wide + dice.roll(wide - _STEPS)
        scenes += [Scene(tuple(now.values()), background)] * (start - len(scenes))
        own = before or after
        into = after.colour if act == "changes colour" else ""
        events.append(Event(act, own.colour, own.kind, start, into))
        if act in WAYS:
            for step in range(1, _STEPS):
                x, y = (one + (other - one) * step // _STEPS for one, other in ((own.x, after.x), (own.y, after.y)))
                now[own.kind] = replace(own, x=x, y=y)
                scenes.append(Scene(tuple(now.values()), background))
        now.pop(own.kind, None)
        if after:
            now[own.kind] = after
    scenes += [Scene(tuple(now.values()), background)] * (frames - len(scenes))
    return Film(render(scenes, size), FPS, tuple(events), scenes[0], tuple(scenes))
