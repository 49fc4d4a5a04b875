"""Judging: balanced draws, honest intervals, and controls that fail."""

import numpy as np
import pytest
import torch
from torch import nn

from mmlab import data, evaluate, world
from mmlab.errors import InputError, ShapeError
from mmlab.models import clip
from mmlab.models.text import WordTokenizer


class Oracle(nn.Module):
    """Knows the captions' words exactly: reads the image's truth from a look-up by its bytes."""

    def __init__(self, scenes, tokenizer, blind=()):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.size, self.blind = tokenizer.vocabulary_size, [tokenizer.ids[word] for word in blind]
        pixels = data.preprocess(world.render(scenes, 32))
        ids = tokenizer([world.caption(scene) for scene in scenes])
        self.known = {row.numpy().tobytes(): told for row, told in zip(pixels, ids, strict=True)}

    def encode_text(self, ids):
        bag = torch.zeros(len(ids), self.size).scatter_(1, ids, 1.0)
        bag[:, [0, *self.blind]] = 0
        return bag * 5

    def encode_image(self, pixels):
        return self.encode_text(torch.stack([self.known[row.numpy().tobytes()] for row in pixels]))


@pytest.fixture(scope="module")
def tokenizer():
    return WordTokenizer(world.vocabulary(), 24)


def test_draws_are_distinct_balanced_and_from_the_split():
    for seed in range(3):
        scenes = evaluate.distinct_scenes(64, seed)
        assert len({world.caption(scene) for scene in scenes}) == 64
        assert all(world.split_of(scene) == "test" for scene in scenes)
        for colour in world.COLOURS:
            kinds = [scene.shapes[0].kind for scene in scenes if scene.shapes[0].colour == colour]
            assert len(kinds) == 8 and len(set(kinds)) >= 4
    assert evaluate.distinct_scenes(64, 0) != evaluate.distinct_scenes(64, 1)


@pytest.mark.parametrize("count", [0, 12, 4000])
def test_draws_that_cannot_be_made_are_named(count):
    with pytest.raises(InputError, match=f"count={count}"):
        evaluate.distinct_scenes(count)


def test_who_knows_all_finds_all_and_who_knows_no_kinds_does_not(tokenizer):
    scenes = [scene for seed in range(2) for scene in evaluate.distinct_scenes(64, seed)]
    sees = evaluate.retrieval_protocol(Oracle(scenes, tokenizer), tokenizer, draws=2)
    assert sees.mean == 1.0 and sees.text_to_image == (1.0, 1.0) and sees.chance == 1 / 64
    colours_only = Oracle(scenes, tokenizer, blind=world.KINDS)
    assert evaluate.retrieval_protocol(colours_only, tokenizer, draws=2).mean < 0.5


def test_repeated_captions_are_refused(tokenizer):
    scenes = evaluate.distinct_scenes(8)
    with pytest.raises(InputError, match="9 scenes with 8"):
        evaluate.retrieval(Oracle(scenes, tokenizer), tokenizer, [*scenes, scenes[0]])


@pytest.mark.parametrize("scenes, texts", [(0, 2), (2, 0)])
def test_an_empty_batch_is_named(tokenizer, scenes, texts):
    model = clip.small(tokenizer.vocabulary_size, tokenizer.length)
    with pytest.raises((InputError, ShapeError), match="empty batch|B at least 1"):
        evaluate.zero_shot(
            model, tokenizer, world.sample(2)[:scenes], ["a red circle", "a blue ring"][:texts]
        )


def test_zero_shot_finds_the_prompt_among_all(tokenizer):
    scenes = world.sample(40, 5, "novel", (1, 1))
    told = evaluate.attribute_accuracy(Oracle(scenes, tokenizer), tokenizer, scenes)
    assert told.pair == told.kind == told.colour == told.size == 1.0 and told.kind_misses == told.misses == 0
    blind = evaluate.attribute_accuracy(Oracle(scenes, tokenizer, blind=world.KINDS), tokenizer, scenes)
    assert blind.colour == blind.size == 1.0 and blind.pair < 0.5
    assert blind.misses == blind.kind_misses == round(40 * (1 - blind.pair))


def test_prompts_cover_every_pair_and_every_caption():
    assert (
        len(evaluate.pair_prompts()) == 48 and evaluate.pair_prompts()["orange", "ring"] == "an orange ring"
    )
    prompts = evaluate.full_prompts()
    assert len(set(prompts.values())) == 8 * 6 * 2 * 3
    for scene in world.sample(20, 1, "novel", (1, 1)):
        shape = scene.shapes[0]
        assert prompts[shape.size, shape.colour, shape.kind, scene.background] == world.caption(scene)


def test_an_untrained_model_is_near_chance_and_left_as_it_was(tokenizer):
    torch.manual_seed(0)
    model = clip.small(tokenizer.vocabulary_size, tokenizer.length).train()
    found = evaluate.retrieval_protocol(model, tokenizer, draws=2)
    assert found.mean < 0.1
    assert model.training and not any(weight.grad is not None for weight in model.parameters())


def test_shuffled_pairs_keep_the_parts_and_lose_the_pairs(tokenizer):
    stream = data.pairs(tokenizer, 6)
    pixels, ids = next(evaluate.shuffled_pairs(stream))
    true_pixels, true_ids = next(data.pairs(tokenizer, 6))
    assert torch.equal(pixels, true_pixels)
    assert sorted(ids.tolist()) == sorted(true_ids.tolist())
    assert ids[1:].tolist() == true_ids[:-1].tolist()


def test_wilson_holds_its_promise_near_the_edge():
    rng = np.random.default_rng(0)
    for share in (0.02, 0.5, 0.97):
        right = rng.binomial(50, share, 2000)
        ends = [evaluate.wilson_interval(int(n), 50) for n in right]
        held = np.mean([low <= share <= high for low, high in ends])
        assert 0.92 < held < 0.99
    assert evaluate.wilson_interval(0, 10)[0] == 0.0 and evaluate.wilson_interval(10, 10)[1] == 1.0
    for right, count in [(-1, 5), (6, 5), (0, 0)]:
        with pytest.raises(InputError, match="wilson_interval"):
            evaluate.wilson_interval(right, count)


def test_bootstrap_is_seeded_and_as_wide_as_theory_says():
    values = np.random.default_rng(1).normal(3, 2, 400)
    low, high = evaluate.bootstrap_interval(values)
    assert (low, high) == evaluate.bootstrap_interval(values)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert low < values.mean() < high
    with pytest.raises(InputError, match="level=95"):
        evaluate.bootstrap_interval(values, 95)
    with pytest.raises(InputError, match="N at least 1"):
        evaluate.bootstrap_interval([])
