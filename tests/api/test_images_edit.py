"""Pictures edited through OpenAI's own SDK: what changed, and that the rest stayed."""

import base64
import io

import numpy as np
import openai
import pytest
from PIL import Image

from api_strategies import faults
from mmlab.api.catalog import model_for
from mmlab.perception import read_scene
from mmlab.world import Scene, Shape, decode_image, encode_image, render
from mmlab.world.files.image import decode_opacity

MODEL = model_for("image")
RING, STAR = Shape("ring", "red", "large", 24, 24), Shape("star", "blue", "small", 70, 70)
SCENE = Scene((RING, STAR), "grey")
PIXELS = render([SCENE], 96)[0]
PNG = encode_image(PIXELS)


def edit(client, prompt: str, **options):
    options = {"image": ("scene.png", PNG, "image/png")} | options
    return client.images.edit(model=MODEL, prompt=prompt, **options)


def shown(answer) -> np.ndarray:
    return decode_image(base64.b64decode(answer.data[0].b64_json))


def mask(left: int, top: int, right: int, bottom: int, side: int = 96) -> tuple:
    """Return a mask whose box is transparent."""
    rgba = np.full((side, side, 4), 255, np.uint8)
    rgba[top:bottom, left:right, 3] = 0
    file = io.BytesIO()
    Image.fromarray(rgba).save(file, "PNG")
    return "mask.png", file.getvalue(), "image/png"


def kinds(scene: Scene) -> list[tuple]:
    return sorted((one.colour, one.kind) for one in scene.shapes)


@pytest.mark.parametrize(
    ("prompt", "now"),
    [
        ("Remove the red ring.", [("blue", "star")]),
        ("Add a green circle.", [("blue", "star"), ("green", "circle"), ("red", "ring")]),
        ("Make the ring yellow.", [("blue", "star"), ("yellow", "ring")]),
        ("Replace the star with a pink square.", [("pink", "square"), ("red", "ring")]),
        (
            "Remove the star, then add two orange circles.",
            [("orange", "circle"), ("orange", "circle"), ("red", "ring")],
        ),
        ("Change the color of the star to purple", [("purple", "star"), ("red", "ring")]),
    ],
)
def test_what_was_asked_has_changed_and_the_rest_has_not(client, prompt, now):
    after = shown(edit(client, prompt))
    scene = read_scene(after)
    assert kinds(scene) == now and scene.background == "grey"
    drawn = (after != PIXELS).any(axis=2) | (render([scene], 96)[0] != PIXELS).any(axis=2)
    assert np.array_equal(after[~drawn], PIXELS[~drawn]) and drawn.any()
    kept = set(SCENE.shapes) & set(scene.shapes)
    assert len(kept) >= 1, "a shape that nobody named has moved"


def test_the_background_changes_alone(client):
    scene = read_scene(shown(edit(client, "Change the background to white")))
    assert scene == Scene((RING, STAR), "white")


def test_a_place_is_kept_to(client):
    scene = read_scene(shown(edit(client, "Put a small cyan cross left of the star")))
    cross = next(one for one in scene.shapes if one.kind == "cross")
    assert cross.x + 24 <= STAR.x and {RING, STAR} < set(scene.shapes)


def test_nothing_outside_the_mask_changes(client):
    after = shown(edit(client, "a green circle", mask=mask(48, 0, 96, 48)))
    outside = np.ones((96, 96), bool)
    outside[:48, 48:] = False
    assert np.array_equal(after[outside], PIXELS[outside])
    new = next(one for one in read_scene(after).shapes if one.pair == ("green", "circle"))
    assert new.x > 48 > new.y


def test_what_the_mask_lays_open_is_replaced(client):
    after = shown(edit(client, "a green circle", mask=mask(0, 0, 48, 48)))
    assert kinds(read_scene(after)) == [("blue", "star"), ("green", "circle")]


def test_a_shape_outside_the_mask_is_not_to_be_changed(client):
    with pytest.raises(openai.BadRequestError, match="no edit that is possible"):
        edit(client, "Make the star yellow", mask=mask(0, 0, 48, 48))


def test_several_pictures_differ_where_the_prompt_leaves_it_open(client):
    answer = edit(client, "Add a small green circle", n=4)
    places = [decode_image(base64.b64decode(one.b64_json)) for one in answer.data]
    assert len(places) == 4 and any(not np.array_equal(places[0], other) for other in places[1:])


@pytest.mark.parametrize(("size", "form"), [("256x256", "webp"), ("1024x1024", "png")])
def test_size_and_format_are_as_asked(client, size, form):
    answer = edit(client, "Make the ring yellow", size=size, output_format=form)
    data = base64.b64decode(answer.data[0].b64_json)
    assert decode_image(data).shape[0] == int(size.partition("x")[0]) and answer.size == size
    assert (b"WEBP" in data[:16]) == (form == "webp") == (answer.output_format == "webp")


def test_a_list_of_one_picture_is_taken(client):
    assert edit(client, "Make the ring yellow", image=[("a.png", PNG, "image/png")]).data


def test_a_photo_of_a_scene_is_drawn_anew(client):
    jpeg = encode_image(render([SCENE], 192)[0], "JPEG")
    scene = read_scene(shown(edit(client, "Make the ring yellow", image=("a.jpg", jpeg, "image/jpeg"))))
    assert kinds(scene) == [("blue", "star"), ("yellow", "ring")]


def test_a_picture_costs_tokens_too(client):
    usage = edit(client, "Make the ring yellow", n=2).usage
    assert usage.input_tokens_details.image_tokens == 255 and usage.output_tokens == 2 * 1056
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


def test_every_field_is_the_sdks(client):
    create = client.images.with_raw_response.edit
    raw = create(model=MODEL, prompt="Make the ring yellow", image=("a.png", PNG, "image/png")).http_response
    assert faults(openai.types.ImagesResponse, raw.json()) == []


PAGE = encode_image(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"prompt": "democracy"}, "prompt"),
        ({"prompt": "Remove everything"}, "prompt"),
        ({"n": 11}, "n"),
        ({"size": "1x1"}, "size"),
        ({"output_format": "gif"}, "output_format"),
        ({"image": ("a.png", b"x", "image/png")}, "image"),
        ({"image": ("a.png", PAGE, "image/png")}, "image"),
        ({"image": [("a.png", PNG, "image/png")] * 2}, "image"),
        ({"mask": mask(0, 0, 10, 10, side=64)}, "mask"),
        ({"mask": mask(0, 0, 0, 0)}, "mask"),
        ({"mask": ("m.png", b"x", "image/png")}, "mask"),
        ({"mask": ("m.jpg", encode_image(PIXELS, "JPEG"))}, "mask"),
    ],
)
def test_a_wrong_edit_is_named(client, options, param):
    with pytest.raises(openai.BadRequestError) as raised:
        edit(client, **({"prompt": "Make the ring yellow"} | options))
    assert raised.value.param == param


def test_a_model_that_does_not_draw_is_not_found(client):
    with pytest.raises(openai.NotFoundError):
        client.images.edit(model="mm-vision", prompt="x", image=("a.png", PNG, "image/png"))


def test_opacity_is_read():
    assert decode_opacity(mask(1, 2, 5, 7)[1])[2:7, 1:5].max() == 0
    assert decode_opacity(PNG).min() == 255
