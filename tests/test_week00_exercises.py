"""Week 00's references against Pillow, transformers and the world."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from answers import reference, week_called
from mmlab import codec

pytestmark = pytest.mark.week("00_setup")
WEEK = week_called("00_setup")


def drawn(name: str, secret: bytes = b"visible") -> list[dict]:
    """Return the drawn cases of an exercise, without those of its clauses."""
    exercise = WEEK.exercise(name)
    return exercise.cases(np.random.default_rng(exercise.seed(secret)))


@pytest.mark.parametrize("secret", [b"visible", b"another course"])
def test_image_headers_agree_with_pillow(secret):
    sniff, files = (
        reference(WEEK, "sniff_image_format"),
        [case["args"][0] for case in drawn("sniff_image_format", secret)],
    )
    images = [Image.open(io.BytesIO(data)) for data in files]
    assert [sniff(data) for data in files] == [(image.format, *image.size) for image in images]
    assert Counter(image.format for image in images) == dict.fromkeys(("PNG", "GIF", "JPEG", "WEBP"), 4)
    assert {data[12:16] for data in files[12:]} == {b"VP8 ", b"VP8L", b"VP8X"}
    assert any(image.n_frames > 1 for image in images if image.format == "GIF")


def test_image_files_without_a_whole_header_raise_a_value_error():
    sniff, clauses = reference(WEEK, "sniff_image_format"), WEEK.exercise("sniff_image_format").clauses
    refused = (
        "a file that ends before its size",
        "any other beginning",
        "no side is 0",
        "a length below 2",
        "no frame header after the scan or the end",
        "FF where a segment begins",
    )
    for case in (case for clause in refused for case in clauses[clause]):
        with pytest.raises(ValueError):
            sniff(*case["args"], **case["kwargs"])


def test_model_tensors_agree_with_transformers():
    from transformers import CLIPImageProcessorPil

    to_model_tensor = reference(WEEK, "to_model_tensor")
    for case in WEEK.exercise("to_model_tensor").inputs():
        image, mean, std = case["args"]
        clip = CLIPImageProcessorPil(do_resize=False, do_center_crop=False, image_mean=mean, image_std=std)
        theirs = clip(image, return_tensors="pt", input_data_format="channels_last")["pixel_values"][0]
        assert (to_model_tensor(image, mean, std) - theirs).abs().max() <= 1e-6


@pytest.mark.parametrize("secret", [b"visible", b"another course"])
def test_modalities_are_found_as_by_a_graph_search(secret):
    """scipy's search, from the user, in the graph of the wires that carry a modality and of all wires."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    def reached(wires, names, first):
        at = {name: row for row, name in enumerate(names)}
        links = np.zeros((len(names), len(names)))
        for start, end, _ in (wire for wire in wires if wire[0] != "user"):
            links[at[start], at[end]] = 1
        links[at["user"], [at[end] for _, end, _ in first if end != "user"]] = 1
        rows = breadth_first_order(csr_matrix(links), at["user"], return_predecessors=False)
        return {names[row] for row in rows}

    answer, seen = reference(WEEK, "native_modalities"), Counter()
    for case in WEEK.exercise("native_modalities").inputs(secret):
        (system,) = case["args"]
        names = sorted({"user", *system["own"], *(name for wire in system["wires"] for name in wire[:2])})
        backwards = [(end, start, carried) for start, end, carried in system["wires"]]
        for modality, given in answer(system).items():
            for wires, way in zip((system["wires"], backwards), given, strict=True):
                same = [wire for wire in wires if wire[2] == modality]
                first = [wire for wire in same if wire[0] == "user"]
                inside = [bool(reached(part, names, first) & set(system["own"])) for part in (same, wires)]
                assert way == ("native" if inside[0] else "helped" if inside[1] else "no")
                seen[way] += 1
    assert min(seen[way] for way in ("native", "helped", "no")) >= 30


def test_captions_are_true_and_false():
    truth = reference(WEEK, "scene_to_caption_truth")
    verdicts = [truth(*case["args"])[1] for case in drawn("scene_to_caption_truth")]
    assert verdicts == [True, False, False, False, False] * 8


def test_cases_stay_small():
    assert (WEEK.folder / "cases.npz").stat().st_size < 60_000
    assert all(codec.dumps(exercise.inputs()) for exercise in WEEK.exercises)
