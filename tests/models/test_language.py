"""The GPT and its cache: padding has no influence, cached steps equal whole sequences, bad input is refused."""

import pytest
import torch

from mmlab.errors import InputError, ShapeError
from mmlab.models.generate import generate, generate_cached
from mmlab.models.language import LanguageConfig, LanguageModel

LENGTHS = (5, 2, 7)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return LanguageModel(LanguageConfig(30, width=32, layers=2, heads=4, length=24)).double().eval()


def left_padded(rows):
    """Return ids and mask (B, T) of rows of unequal length, padded at the left with id 0."""
    length = max(map(len, rows))
    ids = torch.stack([torch.cat([torch.zeros(length - len(row), dtype=torch.long), row]) for row in rows])
    mask = torch.stack([torch.arange(length) >= length - len(row) for row in rows])
    return ids, mask


def rows():
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(0, 30, (length,), generator=generator) for length in LENGTHS]


def test_padding_at_the_left_changes_no_logits(model):
    ids, mask = left_padded(rows())
    batched = model(ids, mask)
    for row, logits in zip(rows(), batched, strict=True):
        torch.testing.assert_close(logits[-len(row) :], model(row[None])[0], rtol=0, atol=1e-12)


def test_padding_at_the_right_changes_no_logits(model):
    row = rows()[0]
    ids, mask = torch.cat([row, torch.tensor([3, 4])])[None], torch.arange(7)[None] < 5
    torch.testing.assert_close(model(ids, mask)[0, :5], model(row[None])[0], rtol=0, atol=1e-12)


def test_no_position_sees_a_later_one(model):
    ids = rows()[2][None]
    changed = ids.clone()
    changed[0, 4] = (ids[0, 4] + 1) % 30
    assert torch.equal(model(ids)[0, :4], model(changed)[0, :4])
    assert not torch.equal(model(ids)[0, 4:], model(changed)[0, 4:])


def test_steps_with_a_cache_give_the_logits_of_the_whole_sequence(model):
    ids, mask = left_padded(rows())
    caches = model.new_caches()
    parts = [model(ids[:, a:b], mask[:, :b], caches) for a, b in ((0, 3), (3, 4), (4, 7))]
    torch.testing.assert_close(torch.cat(parts, dim=1), model(ids, mask), rtol=0, atol=1e-12)
    assert [len(cache) for cache in caches] == [7, 7]


def test_vectors_may_stand_in_place_of_ids(model):
    ids = rows()[0][None]
    assert torch.equal(model(model.words(ids)), model(ids))


def test_decoding_with_a_cache_equals_decoding_without(model):
    ids, mask = left_padded(rows())
    together = generate_cached(model, ids, 9, mask=mask, end=4)
    for row, made in zip(rows(), together, strict=True):
        alone = generate(model, row[None], 9, end=4)[0, len(row) :]
        assert made[: len(alone)].tolist() == alone.tolist()
        assert (made[len(alone) :] == 0).all()


def test_sampling_with_a_cache_draws_what_sampling_without_draws(model):
    ids = torch.stack([rows()[0], rows()[0].flip(0)])
    settings = {"temperature": 0.9, "top_p": 0.8}
    cached = generate_cached(model, ids, 8, generator=torch.Generator().manual_seed(3), **settings)
    whole = generate(model, ids, 8, generator=torch.Generator().manual_seed(3), **settings)
    assert torch.equal(cached, whole[:, 5:])


def test_each_token_is_computed_once(model):
    lengths = []
    model.blocks[0].register_forward_hook(lambda block, given, out: lengths.append(out.shape[1]))
    generate_cached(model, rows()[0][None], 4)
    assert lengths == [5, 1, 1, 1]


def test_decoding_stops_when_every_row_has_ended(model):
    ids = rows()[0][None]
    first = int(generate_cached(model, ids, 1)[0, 0])
    assert generate_cached(model, ids, 9, end=first).tolist() == [[first]]
    assert generate_cached(model, ids, 0).shape == (1, 0)


def test_padding_at_the_right_of_a_prompt_is_refused(model):
    mask = torch.tensor([[True, True, False]])
    with pytest.raises(InputError, match="row 0 ends with padding"):
        generate_cached(model, torch.tensor([[1, 2, 0]]), 3, mask=mask)


@pytest.mark.parametrize(
    "x, mask, message",
    [
        (torch.zeros(1, 3, 31), None, r"vectors \(1, 3, 31\)"),
        (torch.zeros(1, 25, 32), None, "25 tokens"),
        (torch.zeros(2, 3, 32), torch.ones(2, 4, dtype=torch.bool), "mask"),
        (torch.zeros(2, 3, 32), torch.ones(2, 3), "mask"),
    ],
)
def test_what_does_not_fit_is_refused(model, x, mask, message):
    with pytest.raises(ShapeError, match=message):
        model(x.double(), mask)
