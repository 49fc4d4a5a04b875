"""Batches: the same for the same step, true to the world, and clear about what they cannot take."""

import itertools

import numpy as np
import pytest
import torch

from mmlab import data, world
from mmlab.errors import InputError, ShapeError
from mmlab.models.text import WordTokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return WordTokenizer(world.vocabulary(), 24)


def equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_pixels_are_scaled_then_normalised_channel_by_channel():
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 4, 3), dtype=np.uint8)
    mean, std = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)
    got = data.preprocess(images, mean, std)
    assert got.shape == (3, 3, 5, 4) and got.dtype == torch.float32
    for n, y, x, c in itertools.product(range(3), range(5), range(4), range(3)):
        assert got[n, c, y, x].item() == pytest.approx(
            (images[n, y, x, c] / 255 - mean[c]) / std[c], abs=1e-5
        )


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((2, 8, 8, 3), np.float32),
        np.zeros((2, 3, 8, 8), np.uint8),
        np.zeros((0, 8, 8, 3), np.uint8),
    ],
)
def test_preprocess_names_what_it_cannot_take(images):
    with pytest.raises(ShapeError, match="uint8"):
        data.preprocess(images)


def test_pairs_are_the_worlds_own(tokenizer):
    pixels, ids = next(data.pairs(tokenizer, batch=5, seed=3))
    scenes = world.sample(5, data.seed_of(3, 0), "train", (1, 1))
    assert torch.equal(pixels, data.preprocess(world.render(scenes, 32)))
    assert tokenizer.decode(ids) == [world.caption(scene) for scene in scenes]


def test_a_stream_can_start_anywhere(tokenizer):
    stream = data.pairs(tokenizer, batch=4)
    first = list(itertools.islice(stream, 4))
    assert equal(next(stream.at(2)), first[2]), "at() counts from the start, not from where the stream is"
    assert equal(next(data.pairs(tokenizer, batch=4, start=3)), first[3])
    assert equal(next(data.pairs(tokenizer, batch=4, start=1).at(2)), first[3])
    assert not equal(first[0], first[1])


def test_seeds_splits_and_steps_give_other_scenes(tokenizer):
    streams = [
        data.pairs(tokenizer, 6, seed, split) for seed, split in [(0, "train"), (1, "train"), (0, "test")]
    ]
    pixels = [next(stream)[0] for stream in streams]
    assert not torch.equal(pixels[0], pixels[1]) and not torch.equal(pixels[0], pixels[2])
    assert len({data.seed_of(seed, step) for seed in range(4) for step in range(100)}) == 400


def test_novel_pairs_stay_out_of_training():
    _, labels = next(data.labelled(400, attributes=("colour", "kind")))
    seen = {(data.ATTRIBUTES["colour"][c], data.ATTRIBUTES["kind"][k]) for c, k in labels.tolist()}
    assert len(seen) > 30 and not seen & world.NOVEL_PAIRS


def test_styles_take_turns(tokenizer):
    _, ids = next(data.pairs(tokenizer, 6, style=("plain", "short")))
    lengths = [len(text.split()) for text in tokenizer.decode(ids)]
    assert all(length == 8 for length in lengths[::2]) and all(length <= 4 for length in lengths[1::2])


def test_labels_are_the_truth():
    _, labels = next(data.labelled(7, seed=2, attributes=("kind", "size", "background")))
    scenes = world.sample(7, data.seed_of(2, 0), "train", (1, 1))
    for scene, (kind, size, background) in zip(scenes, labels.tolist(), strict=True):
        shape = scene.shapes[0]
        assert (world.KINDS[kind], world.SIZES[size]) == (shape.kind, shape.size)
        assert list(world.BACKGROUNDS)[background] == scene.background


def test_bad_requests_are_named(tokenizer):
    with pytest.raises(InputError, match="batch=0"):
        data.pairs(tokenizer, 0)
    with pytest.raises(InputError, match="names from"):
        data.labelled(attributes=("shape",))
    with pytest.raises(InputError, match="split"):
        next(data.pairs(tokenizer, 2, split="training"))


def test_a_stream_may_be_changed_on_its_way(tokenizer):
    stream = data.pairs(tokenizer, 3).map(lambda pixels, ids: (ids,))
    assert equal(next(stream), next(data.pairs(tokenizer, 3))[1:])
    assert equal(next(stream.at(5)), next(data.pairs(tokenizer, 3, start=5))[1:])
