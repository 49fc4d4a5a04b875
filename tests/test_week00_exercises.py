"""Week 00's references against Pillow, transformers and the world."""

import io

import pytest
from answers import reference, week_called
from PIL import Image

from mmlab import values

pytestmark = pytest.mark.week("00_setup")
WEEK = week_called("00_setup")


@pytest.mark.parametrize("secret", [b"visible", b"another course", b"a third", b"a fourth"])
def test_image_headers_agree_with_pillow(secret):
    sniff, cases = reference(WEEK, "sniff_image_format"), WEEK.exercise("sniff_image_format").inputs(secret)
    formats = []
    for case in cases[:40]:
        with Image.open(io.BytesIO(case["args"][0])) as file:
            assert sniff(case["args"][0]) == (file.format, *file.size)
            formats.append(file.format)
    assert {name: formats.count(name) for name in formats} == dict.fromkeys(("PNG", "GIF", "JPEG", "WEBP"), 10)
    flavours = {case["args"][0][12:16] for case in cases[30:40]}
    assert flavours == {b"VP8 ", b"VP8L", b"VP8X"}
    assert any(Image.open(io.BytesIO(case["args"][0])).n_frames > 1 for case in cases[10:20])
    assert len(cases) == 64


def test_broken_image_files_raise_a_value_error():
    sniff, cases = reference(WEEK, "sniff_image_format"), WEEK.exercise("sniff_image_format").inputs()
    for case in cases[44:]:
        with pytest.raises(ValueError):
            sniff(**dict(zip(("data",), case["args"], strict=True)), **case["kwargs"])


def test_model_tensors_agree_with_transformers():
    from transformers import CLIPImageProcessorPil

    to_model_tensor = reference(WEEK, "to_model_tensor")
    for case in WEEK.exercise("to_model_tensor").inputs():
        image, mean, std = case["args"]
        clip = CLIPImageProcessorPil(do_resize=False, do_center_crop=False, image_mean=mean, image_std=std)
        theirs = clip(image, return_tensors="pt", input_data_format="channels_last")["pixel_values"][0]
        assert (to_model_tensor(image, mean, std) - theirs).abs().max() <= 1e-6


def test_planted_captions_are_true_and_false():
    truth = reference(WEEK, "scene_to_caption_truth")
    verdicts = [truth(*case["args"])[1] for case in WEEK.exercise("scene_to_caption_truth").inputs()]
    assert verdicts == [True, False, False, False, False] * 8 + [True]


def test_cases_stay_small():
    assert (WEEK.folder / "cases.npz").stat().st_size < 60_000
    assert all(values.dumps(exercise.inputs()) for exercise in WEEK.exercises)
