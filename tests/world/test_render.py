"""Pictures: the same bytes for ever, and what the scene says where it says it."""

import hashlib

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmlab import world
from mmlab.errors import InputError
from mmlab.instructor.bench.world import drawn_with_pillow
from mmlab.world.render import render_reference
from mmlab.world.scene import CANVAS, RADIUS
from scene_strategies import scenes

PINNED = {
    32: "41eabf33adea2026",
    48: "d86ec5db0eef8b51",
    50: "e0306f31a07c78ed",
    96: "b76318611a8d184b",
    224: "40d1ec3ca5d97a18",
}


@pytest.mark.parametrize("size", PINNED)
def test_pictures_are_the_pinned_ones(size):
    drawn = world.render(world.sample(40, seed=7), size)
    assert hashlib.sha256(drawn.tobytes()).hexdigest()[:16] == PINNED[size]


@settings(max_examples=30, deadline=None)
@given(st.lists(scenes(), min_size=1, max_size=5), st.sampled_from([8, 32, 37, 48, 64]))
def test_a_batch_is_its_scenes_drawn_one_by_one(batch, size):
    drawn = world.render(batch, size)
    assert drawn.shape == (len(batch), size, size, 3) and drawn.dtype == np.uint8
    alone = np.concatenate([world.render([scene], size) for scene in batch])
    assert np.array_equal(drawn, alone)


@settings(max_examples=40, deadline=None)
@given(scenes(), st.sampled_from([8, 32, 37, 48]))
def test_a_picture_is_the_plain_loops(scene, size):
    assert np.array_equal(world.render([scene], size)[0], render_reference(scene, size))


def test_more_scenes_than_a_chunk_are_drawn_as_fewer():
    some = world.sample(600, seed=2)
    assert np.array_equal(world.render(some)[500:520], world.render(some[500:520]))


@settings(max_examples=60, deadline=None)
@given(scenes(), st.sampled_from([32, 48, 96]))
def test_the_picture_is_close_to_pillows(scene, size):
    # Where shapes overlap, Pillow paints a ring's hole; ours is open.
    assume(len(scene.shapes) == 1 or all(shape.kind != "ring" for shape in scene.shapes))
    difference = np.abs(world.render([scene], size).astype(int) - drawn_with_pillow([scene], size))
    assert difference.mean() < 5 and np.percentile(difference, 90) < 25


@pytest.mark.parametrize("size", [32, 48, 96, 224])
def test_colours_and_background_are_where_the_scene_says(size):
    for scene in world.sample(60, seed=4):
        picture = world.render([scene], size)[0]
        for shape in scene.shapes:
            at = picture[shape.y * size // CANVAS, shape.x * size // CANVAS]
            hollow, paper = shape.kind == "ring", world.BACKGROUNDS[scene.background]
            expected = paper if hollow else world.COLOURS[shape.colour]
            if size > 32 or not hollow:
                assert tuple(at) == expected, shape
        ink = np.any(picture != world.BACKGROUNDS[scene.background], axis=-1)
        rows, columns = np.indices(ink.shape) * CANVAS / size
        near = np.zeros_like(ink)
        for shape in scene.shapes:
            reach = RADIUS[shape.size] + CANVAS / size
            near |= (abs(rows - shape.y) <= reach) & (abs(columns - shape.x) <= reach)
        assert not (ink & ~near).any()


@pytest.mark.parametrize("kind", world.KINDS)
def test_the_area_of_a_shape_grows_with_the_square_of_its_radius(kind):
    areas = {}
    for size in world.SIZES:
        scene = world.Scene([world.Shape(kind, "red", size, 48, 48)], "white")
        red = (249 - world.render([scene], 96)[0, :, :, 2].astype(float)) / 249
        areas[size] = red.sum()
    assert areas["large"] / areas["small"] == pytest.approx((18 / 11) ** 2, rel=0.01)


def test_a_moved_shape_is_the_same_picture_moved():
    here = world.Scene([world.Shape("star", "blue", "large", 30, 36)], "black")
    there = world.Scene([world.Shape("star", "blue", "large", 60, 24)], "black")
    first, second = world.render([here, there], 32)
    assert np.array_equal(np.roll(first, (-4, 10), axis=(0, 1)), second)


def test_kinds_are_told_apart_even_when_small():
    scenes_ = [world.Scene([world.Shape(kind, "cyan", "small", 48, 48)], "black") for kind in world.KINDS]
    drawn = world.render(scenes_, 32).astype(int)
    for first in range(len(drawn)):
        for second in range(first):
            assert np.abs(drawn[first] - drawn[second]).max() > 60


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (([], 32), "empty batch"),
        ((world.sample(1), 0), "size=0"),
        ((world.sample(1), 7), "size=7"),
        ((world.sample(1), 513), "size=513"),
        ((world.sample(1), 32.0), "size=32.0"),
        ((world.sample(1)[0], 32), "one Scene"),
        ((["a red circle"], 32), "a str"),
    ],
)
def test_what_cannot_be_drawn_is_named(arguments, names):
    with pytest.raises(InputError, match=names):
        world.render(*arguments)


# Machado et al. 2009, full severity, on linear RGB.
SEEN_BY = {
    "anyone": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_colours_and_backgrounds_stay_apart_for_every_eye(eyes):
    palette = np.array([*world.COLOURS.values(), *world.BACKGROUNDS.values()]) / 255
    linear = np.where(palette <= 0.04045, palette / 12.92, ((palette + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(SEEN_BY[eyes]).T, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = seen @ np.array(to_xyz).T / [0.9505, 1, 1.089]
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = bent.T
    lab = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
    apart = np.linalg.norm(lab[:, None] - lab, axis=-1) + np.eye(len(lab)) * 1000
    assert apart.min() >= 25
