"""Week 00's exercises on many seeds: the references against real libraries, the wrong answers against each other."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from mmlab import values, world
from mmlab.check import drivers
from mmlab.check.verdict import difference, judge
from mmlab.course.exercise import load

pytestmark = pytest.mark.week("00_setup")
ROOT = Path(__file__).resolve().parents[1]
WEEK = load(ROOT / "solutions" / "00_setup")
SECRETS = (b"visible", b"another course", b"a third", b"a fourth")


def defined(source: str, name: str):
    """Return what a cell's or a file's source defines under `name`, given only the setup cell's names."""
    names = {"math": math, "np": np, "torch": torch, "nn": nn, "F": F, "world": world}
    exec(compile(source, f"<{name}>", "exec"), names)
    return names[name]


def reference(name: str):
    cells = json.loads(WEEK.notebook.read_text(encoding="utf-8"))["cells"]
    return defined("".join(next(c["source"] for c in cells if c["id"] == f"{name}-solution")), name)


def results(exercise, answer, secret: bytes) -> list[dict]:
    driver = {"kind": exercise.driver.kind, "options": exercise.driver.options}
    return [drivers.run(driver, answer, case) for case in exercise.inputs(secret)]


def record(exercise, secret: bytes) -> dict:
    """Return what the judge sees of an exercise: expected results and those of its misconceptions."""
    known = [
        {"name": m.name, "message": m.message, "do": m.do, "results": results(exercise, m.function, secret)}
        for m in exercise.misconceptions
    ]
    return {
        "name": exercise.name, "misconceptions": known,
        "driver": {"kind": exercise.driver.kind, "options": exercise.driver.options},
        "compare": {"kind": exercise.compare.kind, "parameters": exercise.compare.parameters},
        "expected": results(exercise, reference(exercise.name), secret),
    }  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("exercise", WEEK.exercises, ids=lambda exercise: exercise.name)
def test_hidden_cases_tell_all_answers_apart(exercise, secret):
    told = record(exercise, secret)
    for misconception, one in zip(exercise.misconceptions, told["misconceptions"], strict=True):
        verdict = judge(told, one["results"])
        assert not verdict.passed
        assert verdict.misconception == misconception.name
        others = [other for other in told["misconceptions"] if other is not one]
        for other in others:
            pairs = zip(one["results"], other["results"], strict=True)
            assert any(difference(told, *pair) for pair in pairs), (one["name"], other["name"])
    for alternate in exercise.alternates:
        assert judge(told, results(exercise, alternate.function, secret)).passed
    wrong = sorted((ROOT / "tests" / "wrong" / exercise.name).glob("*.py"))
    assert len(wrong) >= 3
    for file in wrong:
        answer = defined(file.read_text(encoding="utf-8"), exercise.name)
        assert not judge(told, results(exercise, answer, secret)).passed, file.stem


@pytest.mark.parametrize("secret", SECRETS)
def test_image_headers_agree_with_pillow(secret):
    sniff, cases = reference("sniff_image_format"), WEEK.exercise("sniff_image_format").inputs(secret)
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
    sniff, cases = reference("sniff_image_format"), WEEK.exercise("sniff_image_format").inputs()
    for case in cases[44:]:
        with pytest.raises(ValueError):
            sniff(**dict(zip(("data",), case["args"], strict=True)), **case["kwargs"])


def test_model_tensors_agree_with_transformers():
    from transformers import CLIPImageProcessorPil

    to_model_tensor = reference("to_model_tensor")
    for case in WEEK.exercise("to_model_tensor").inputs():
        image, mean, std = case["args"]
        clip = CLIPImageProcessorPil(do_resize=False, do_center_crop=False, image_mean=mean, image_std=std)
        theirs = clip(image, return_tensors="pt", input_data_format="channels_last")["pixel_values"][0]
        assert (to_model_tensor(image, mean, std) - theirs).abs().max() <= 1e-6


def test_planted_captions_are_true_and_false():
    truth = reference("scene_to_caption_truth")
    verdicts = [truth(*case["args"])[1] for case in WEEK.exercise("scene_to_caption_truth").inputs()]
    assert verdicts == [True, False, False, False, False] * 8 + [True]


def test_cases_stay_small():
    assert (WEEK.folder / "cases.npz").stat().st_size < 60_000
    assert all(values.dumps(exercise.inputs()) for exercise in WEEK.exercises)
