"""Scenes read back from pictures: exact on what is rendered, near on what others draw."""

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mmlab import world
from mmlab.errors import ShapeError
from mmlab.perception import look, read_scene

SIZES = (32, 33, 37, 40, 48, 50, 64, 75, 96, 128, 224)


@pytest.mark.parametrize("size", SIZES)
def test_sampled_scenes_come_back_exactly(size):
    count = 250 if size < 100 else 40
    scenes = world.sample(count * 4 // 5, seed=size) + world.sample(count // 5, seed=size, split="novel")
    wrong = [s for s, image in zip(scenes, world.render(scenes, size)) if read_scene(image) != s]
    assert not wrong, wrong[:2]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(32, 200))
def test_any_size_comes_back(seed, size):
    scene = world.sample(1, seed=seed)[0]
    assert read_scene(world.render([scene], size)[0]) == scene


def attributes(scene):
    return scene and (scene.background, sorted((s.kind, s.colour, s.size) for s in scene.shapes))


@pytest.mark.parametrize(("size", "quality", "minimum"), [(64, 90, 57), (128, 70, 59), (224, 70, 60)])
def test_compressed_pictures_are_read_too(size, quality, minimum):
    scenes, right = world.sample(60, seed=9), 0
    for scene, image in zip(scenes, world.render(scenes, size)):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        right += attributes(read_scene(np.array(Image.open(file)))) == attributes(scene)
    assert right >= minimum


def drawn(kind, colour, canvas, paper):
    """Return a picture of one shape drawn with Pillow."""
    picture = Image.new("RGB", canvas, paper)
    pen, r = ImageDraw.Draw(picture), min(canvas) * 0.25
    x, y = canvas[0] * 0.4, canvas[1] * 0.5
    box = (x - r, y - r, x + r, y + r)
    if kind == "circle":
        pen.ellipse(box, fill=colour)
    elif kind == "square":
        pen.rectangle(box, fill=colour)
    elif kind == "triangle":
        pen.polygon([(x, y - r), (x + r, y + r), (x - r, y + r)], fill=colour)
    elif kind == "cross":
        pen.rectangle((x - r, y - r / 4, x + r, y + r / 4), fill=colour)
        pen.rectangle((x - r / 4, y - r, x + r / 4, y + r), fill=colour)
    elif kind == "ring":
        pen.ellipse(box, outline=colour, width=max(2, int(r / 3)))
    else:
        tips = [(r if k % 2 == 0 else r / 2, k * math.pi / 5) for k in range(10)]
        pen.polygon([(x + d * math.sin(a), y - d * math.cos(a)) for d, a in tips], fill=colour)
    return np.array(picture)


@pytest.mark.parametrize("canvas", [(200, 200), (320, 240), (640, 200), (64, 64)])
@pytest.mark.parametrize("paper", ["white", "black", "gray"])
def test_simple_drawings_are_recognised(canvas, paper):
    for kind in world.KINDS:
        for colour in world.COLOURS:
            sight = look(drawn(kind, colour, canvas, paper))
            assert [(one.kind, one.colour) for one in sight.shapes] == [(kind, colour)]
            assert not sight.unknown and sight.background == paper.replace(
                "a", "e" if paper == "gray" else "a"
            )


def test_more_shapes_than_a_scene_holds_are_all_seen():
    picture = Image.new("RGB", (300, 200), "white")
    pen = ImageDraw.Draw(picture)
    for column in range(4):
        for row in range(2):
            pen.ellipse((10 + 70 * column, 20 + 90 * row, 60 + 70 * column, 70 + 90 * row), fill="red")
    sight = look(np.array(picture))
    assert [one.kind for one in sight.shapes] == ["circle"] * 8 and sight.scene is None


def test_what_is_no_scene_is_none():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    blank = np.full((64, 64, 3), 249, np.uint8)
    for picture in (noise, blank):
        assert look(picture).scene is None and not look(picture).shapes
    assert look(noise).unknown and not look(blank).unknown


def test_boxes_hold_the_shapes():
    for scene, image in zip(world.sample(20, seed=5), world.render(world.sample(20, seed=5), 96)):
        paper = np.array(world.BACKGROUNDS[scene.background])
        for one in look(image).shapes:
            left, top, right, bottom = one.box
            inside = np.abs(image[top:bottom, left:right].astype(int) - paper).max(axis=2) > 26
            for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
                assert edge.any()


@pytest.mark.parametrize("bad", [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((1, 4, 4, 3), np.uint8)])
def test_what_is_no_picture_is_named(bad):
    with pytest.raises(ShapeError, match="one image"):
        read_scene(bad)
