"""Films: what happens is in the frames, once and in order, and can be told from them alone."""

import hashlib
import io
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmlab import world
from mmlab.errors import InputError, ShapeError
from mmlab.perception.video import watch
from mmlab.world import EVENTS, film

PINNED = {0: "2185c6444bb259c9", 1: "1953b8b29d43060d", 2: "f78741efeaa48a86"}
SEEDS = st.integers(-(2**40), 2**40)


@pytest.mark.parametrize("seed", PINNED)
def test_films_are_the_pinned_ones(seed):
    made = film(seed)
    digest = hashlib.sha256(made.frames.tobytes() + repr(made.events).encode()).hexdigest()[:16]
    assert digest == PINNED[seed]


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(5, 24), st.sampled_from([32, 48, 64]))
def test_a_film_is_its_scenes_drawn_one_by_one(seed, frames, size):
    made, again = film(seed, frames, size), film(seed, frames, size)
    assert np.array_equal(made.frames, again.frames) and made.events == again.events
    assert made.frames.shape == (frames, size, size, 3) and made.frames.dtype == np.uint8
    assert len(made.scenes) == frames and made.scene == made.scenes[0] and made.fps > 0
    assert np.array_equal(made.frames, world.render(made.scenes, size))


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(5, 40))
def test_each_event_changes_the_scene_at_its_frame_and_nothing_else_does(seed, frames):
    made = film(seed, frames, 8)
    starts = [event.frame for event in made.events]
    assert (
        starts == sorted(starts)
        and len(set(starts)) == len(starts)
        and 1 <= starts[0]
        and starts[-1] < frames
    )
    allowed = set(starts)
    for event in made.events:
        assert made.scenes[event.frame] != made.scenes[event.frame - 1]
        if event.kind.startswith("moves"):
            allowed |= {event.frame + 1, event.frame + 2}
    changed = {number for number in range(1, frames) if made.scenes[number] != made.scenes[number - 1]}
    assert changed == allowed


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_an_event_says_what_happens(seed):
    made = film(seed, 16, 8)
    for event in made.events:
        last = event.frame + 2 if event.kind.startswith("moves") else event.frame
        before, after = (
            {shape.kind: shape for shape in made.scenes[number].shapes} for number in (event.frame - 1, last)
        )
        old, new = before.get(event.shape), after.get(event.shape)
        assert (old or new).colour == event.colour and event.kind in EVENTS
        assert (old is None) == (event.kind == "appears") and (new is None) == (event.kind == "vanishes")
        if event.kind == "changes colour":
            assert new == replace(old, colour=event.into) and event.into != event.colour
        elif event.kind.startswith("moves"):
            across, down = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}[event.kind[6:]]
            assert new == replace(old, x=old.x + 48 * across, y=old.y + 48 * down)
        else:
            assert event.into == ""


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(5, 28), st.sampled_from([32, 48, 64, 96]))
def test_watching_tells_what_happens(seed, frames, size):
    made = film(seed, frames, size)
    assert watch(made.frames) == made.events


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(9, 28), st.integers(0, 1))
def test_every_second_frame_is_enough(seed, frames, first):
    made = film(seed, frames)
    events = tuple(replace(event, frame=-(-(event.frame - first) // 2)) for event in made.events)
    if first and made.events[0].frame == 1:
        events = None  # it has happened before the first frame that is seen
    shown = watch(made.frames[first::2])
    lost = frames - 1 - first
    if events is not None and all(2 * event.frame + first <= lost for event in events):
        assert shown == events


@pytest.mark.parametrize("kind", EVENTS)
def test_one_event_can_be_asked_for(kind):
    for seed in range(8):
        made = film(seed, events=(kind,))
        assert [event.kind for event in made.events] == [kind] and watch(made.frames) == made.events


@pytest.mark.parametrize("kinds", list(permutations(["appears", "moves left", "changes colour"])))
def test_the_order_is_the_one_that_was_asked_for(kinds):
    for seed in range(3):
        made = film(seed, events=kinds)
        assert tuple(event.kind for event in made.events) == kinds and watch(made.frames) == made.events


def test_a_number_of_events_can_be_asked_for():
    for count in (0, 1, 5):
        made = film(3, 24, events=count)
        assert len(made.events) == count and watch(made.frames) == made.events


@pytest.mark.parametrize("format", ["GIF", "JPEG", "WEBP", "PNG"])
def test_frames_of_a_file_are_watched_too(format):
    right = 0
    for seed in range(6):
        made, back = film(seed, size=96), []
        for frame in made.frames:
            file = io.BytesIO()
            Image.fromarray(frame).save(file, format)
            back.append(np.array(Image.open(file).convert("RGB")))
        right += watch(back) == made.events
    assert right == 6


def test_pictures_that_are_no_scenes_tell_nothing():
    noise = np.random.default_rng(0).integers(0, 256, (6, 48, 48, 3)).astype(np.uint8)
    assert watch(noise) == () and watch(np.zeros((3, 20, 30, 3), np.uint8)) == ()


def test_an_event_is_told_in_words():
    made = film(1, events=("changes colour",))
    event = made.events[0]
    assert str(event) == f"the {event.colour} {event.shape} changes colour to {event.into}"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"frames": 4}, "frames=4"),
        ({"frames": 601}, "frames=601"),
        ({"size": 7}, "size=7"),
        ({"events": ("jumps",)}, "'jumps'"),
        ({"events": ("appears",) * 4}, "4 events in 16 frames"),
        ({"frames": 40, "events": ("appears",) * 4}, "no scene in which"),
        ({"seed": 1.5}, "seed=1.5"),
        ({"frames": "16"}, "frames='16'"),
    ],
)
def test_what_cannot_be_filmed_is_named(arguments, names):
    with pytest.raises(InputError, match=names):
        film(**arguments)


def test_no_frames_are_named():
    with pytest.raises(ShapeError, match="no frames"):
        watch([])
    with pytest.raises(ShapeError, match="one image"):
        watch([np.zeros((4, 4))])
