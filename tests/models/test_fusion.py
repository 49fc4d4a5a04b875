"""Cross-attention blocks, resampler, query transformer and fusers: masks, gates, what has no influence."""

import itertools

import pytest
import torch

from mmlab.errors import InputError, ShapeError
from mmlab.models.attention import MultiHeadAttention
from mmlab.models.fusion import (
    ConcatFusion,
    CrossFusion,
    DecoderBlock,
    GatedCrossBlock,
    LateFusion,
    QueryTransformer,
    Resampler,
    TokenFusion,
)

WIDTHS = {"image": 20, "audio": 12, "text": 9}
FUSERS = [ConcatFusion, LateFusion, CrossFusion, TokenFusion]
SUBSETS = [names for size in (1, 2, 3) for names in itertools.combinations(WIDTHS, size)]


def sequences():
    """Return x (4, 5, 24), a context (4, 7, 18) and the mask (4, 7) of its ragged lengths 7, 4, 1 and 0."""
    torch.manual_seed(1)
    lengths = torch.tensor([7, 4, 1, 0])
    return torch.randn(4, 5, 24) * 2, torch.randn(4, 7, 18) * 2, torch.arange(7) < lengths[:, None]


def test_cross_attention_takes_a_context_of_another_width():
    x, context, mask = sequences()
    attention = MultiHeadAttention(24, 3, context_width=18)
    fast = attention(x, context, mask[:, None, None])
    explicit, weights = attention(x, context, mask[:, None, None], return_weights=True)
    torch.testing.assert_close(fast, explicit, rtol=1e-5, atol=1e-5)
    assert weights.shape == (4, 3, 5, 7)
    assert (weights.masked_select(~mask[:, None, None]) == 0).all()
    torch.testing.assert_close(weights.sum(3)[:3], torch.ones(3, 3, 5))


@pytest.mark.parametrize("weights", [False, True])
def test_a_query_that_may_look_at_nothing_gets_a_mixture_of_zero_and_finite_gradients(weights):
    x, context, mask = sequences()
    attention = MultiHeadAttention(24, 3, context_width=18)
    out = attention(x, context.requires_grad_(), mask[:, None, None], return_weights=weights)
    out = out[0] if weights else out
    torch.testing.assert_close(out[3], attention.out.bias.expand(5, -1))
    out.square().sum().backward()
    assert context.grad.isfinite().all()
    assert (context.grad[3] == 0).all()
    assert all(p.grad.isfinite().all() for p in attention.parameters())


@pytest.mark.parametrize("shape", [(4, 7, 24), (3, 7, 18), (4, 0, 18), (7, 18)])
def test_a_context_that_does_not_fit_is_named(shape):
    with pytest.raises(ShapeError, match="attention: a context"):
        MultiHeadAttention(24, 3, context_width=18)(torch.randn(4, 5, 24), torch.randn(shape))


BLOCKS = [lambda: DecoderBlock(24, 3, context_width=18), lambda: GatedCrossBlock(24, 3, context_width=18)]


def opened(block):
    """Return the block with gates that let something through, if it has gates."""
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            if name.startswith("gate"):
                parameter.fill_(0.7)
    return block


@pytest.mark.parametrize("make", BLOCKS)
def test_a_masked_token_of_the_context_has_no_influence_and_the_others_have(make):
    x, context, mask = sequences()
    block = opened(make())
    changed = torch.where(mask[:, :, None], context, torch.full_like(context, 50.0))
    assert torch.equal(block(x, context, context_mask=mask), block(x, changed, context_mask=mask))
    assert not torch.allclose(block(x, context), block(x, changed))
    assert block(x, context, context_mask=mask).isfinite().all()


@pytest.mark.parametrize("make", BLOCKS)
def test_a_context_mask_can_differ_by_query(make):
    x, context, mask = sequences()
    block = opened(make())
    by_query = mask[:, None].expand(4, 5, 7)
    assert torch.equal(block(x, context, context_mask=by_query), block(x, context, context_mask=mask))
    by_query = by_query.clone()
    by_query[0, 2, :6] = False
    before, after = block(x, context, context_mask=mask), block(x, context, context_mask=by_query)
    same = torch.isclose(before, after, atol=1e-6).all(dim=2)
    assert same.tolist() == [[(row, token) != (0, 2) for token in range(5)] for row in range(4)]


@pytest.mark.parametrize("make", BLOCKS)
@pytest.mark.parametrize(
    "wrong", [torch.ones(4, 7), torch.ones(7, dtype=torch.bool), torch.ones(5, 7).bool()]
)
def test_a_wrong_context_mask_is_named(make, wrong):
    x, context, _ = sequences()
    with pytest.raises(ShapeError, match="context_mask"):
        make()(x, context, context_mask=wrong)


def test_a_decoder_block_is_causal_unless_a_mask_is_given():
    x, context, _ = sequences()
    block, changed = DecoderBlock(24, 3, context_width=18), x.clone()
    changed[:, 3:] = changed[:, 3:].flip(2)
    torch.testing.assert_close(block(x, context)[:, :3], block(changed, context)[:, :3])
    everything = torch.ones(5, 5, dtype=torch.bool)
    assert not torch.allclose(
        block(x, context, everything)[:, :3], block(changed, context, everything)[:, :3]
    )


def test_a_closed_gate_is_the_identity_exactly_and_can_open():
    x, context, mask = sequences()
    block = GatedCrossBlock(24, 3, context_width=18)
    assert torch.equal(block(x, context, mask), x)
    (block(x, context, mask) * torch.randn_like(x)).sum().backward()
    assert block.gate_attention.grad.abs() > 0
    assert block.gate_mlp.grad.abs() > 0
    others = [p.grad for name, p in block.named_parameters() if not name.startswith("gate")]
    assert all((gradient == 0).all() for gradient in others)


RESAMPLERS = [
    lambda: Resampler(24, 3, latents=6, layers=2, context_width=18),
    lambda: QueryTransformer(24, 3, queries=6, layers=3, context_width=18),
]


@pytest.mark.parametrize("make", RESAMPLERS)
def test_the_number_of_tokens_is_fixed_and_their_order_does_not_matter(make):
    _, context, mask = sequences()
    model, order = make(), torch.randperm(7)
    tokens = model(context, mask)
    assert tokens.shape == (4, 6, 24)
    assert model(context[:, :3]).shape == (4, 6, 24)
    torch.testing.assert_close(model(context[:, order], mask[:, order]), tokens, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(tokens[0, 0], tokens[0, 1], atol=1e-3)


@pytest.mark.parametrize("make", RESAMPLERS)
def test_masked_features_have_no_influence_and_no_features_are_finite(make):
    _, context, mask = sequences()
    model = make()
    tokens = model(context, mask)
    assert torch.equal(model(torch.where(mask[:, :, None], context, 9.0), mask), tokens)
    torch.testing.assert_close(model(context[1:2, :4]), tokens[1:2], rtol=1e-5, atol=1e-5)
    assert tokens.isfinite().all()
    assert not torch.allclose(model(context), tokens)


def test_a_resampler_without_a_context_width_takes_its_own_width():
    assert Resampler(24, 3, latents=2, layers=1)(torch.randn(3, 5, 24)).shape == (3, 2, 24)
    with pytest.raises(ShapeError, match="context_width=18"):
        Resampler(24, 3)(torch.randn(3, 5, 18))
    with pytest.raises(ShapeError, match="context_width=24"):
        Resampler(24, 3, context_width=18)(torch.randn(3, 5, 24))
    with pytest.raises(ShapeError, match="context_mask"):
        Resampler(24, 3)(torch.randn(3, 5, 24), torch.ones(3, 4, dtype=torch.bool))


def test_a_query_transformer_looks_in_every_second_layer():
    model = QueryTransformer(24, 3, layers=4)
    assert [block.cross is not None for block in model.blocks] == [True, False, True, False]


def features():
    """Return parts of three modalities for 4 examples, and their masks: ragged, whole and per example."""
    torch.manual_seed(2)
    parts = {
        "image": torch.randn(4, 6, 20) * 2,
        "audio": torch.randn(4, 8, 12) * 3,
        "text": torch.randn(4, 9) + 1,
    }
    present = {
        "audio": torch.arange(8) < torch.tensor([8, 3, 0, 1])[:, None],
        "text": torch.tensor([True, True, True, False]),
    }
    return parts, present


@pytest.mark.parametrize("kind", FUSERS)
@pytest.mark.parametrize("names", SUBSETS)
def test_every_subset_gives_one_finite_vector_of_the_same_width(kind, names):
    parts, _ = features()
    fuser = kind(WIDTHS, 16)
    fused = fuser({name: parts[name] for name in names})
    assert fused.shape == (4, 16)
    fused.square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in fuser.parameters())
    masked = {name: torch.full((4,), name in names) for name in WIDTHS}
    torch.testing.assert_close(fuser(parts, masked), fused, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", FUSERS)
def test_padding_missing_parts_and_the_order_of_names_have_no_influence(kind):
    parts, present = features()
    fuser = kind(WIDTHS, 16)
    fused = fuser(parts, present)
    spoiled = {
        "text": parts["text"].masked_fill(~present["text"][:, None], float("nan")),
        "audio": parts["audio"].masked_fill(~present["audio"][:, :, None], float("inf")),
        "image": parts["image"],
    }
    torch.testing.assert_close(fuser(spoiled, present), fused)
    alone = {name: part[3:] for name, part in parts.items() if name != "text"}
    alone["audio"] = alone["audio"][:, :1]
    torch.testing.assert_close(fuser(alone), fused[3:], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", FUSERS)
@pytest.mark.parametrize("name", WIDTHS)
def test_every_modality_changes_the_result(kind, name):
    parts, _ = features()
    fuser = kind(WIDTHS, 16)
    assert not torch.allclose(fuser({**parts, name: parts[name].flip(0)}), fuser(parts), atol=1e-4)


@pytest.mark.parametrize("kind", FUSERS)
def test_a_fuser_names_what_it_refuses(kind):
    parts, _ = features()
    fuser = kind(WIDTHS, 16)
    with pytest.raises(InputError, match="example 2 of the batch has no modality"):
        fuser({"text": parts["text"]}, {"text": torch.tensor([True, True, False, True])})
    with pytest.raises(InputError, match="a part 'video'"):
        fuser({"video": parts["text"]})
    with pytest.raises(InputError, match="no parts"):
        fuser({})
    with pytest.raises(InputError, match="a mask of a part that is given"):
        fuser({"text": parts["text"]}, {"image": torch.ones(4, dtype=torch.bool)})
    with pytest.raises(ShapeError, match="parts\\['text'\\]"):
        fuser({"image": parts["image"], "text": parts["text"][:2]})
    with pytest.raises(ShapeError, match="present\\['audio'\\]"):
        fuser(parts, {"audio": torch.ones(4, 8)})
    with pytest.raises(InputError, match="at least one modality"):
        kind({}, 16)


def test_the_modality_that_asks_can_be_chosen():
    parts, _ = features()
    assert CrossFusion(WIDTHS, 16).query == "image"
    fuser = CrossFusion(WIDTHS, 16, query="text", layers=2)
    assert fuser(parts).shape == (4, 16)
    with pytest.raises(InputError, match="query='video'"):
        CrossFusion(WIDTHS, 16, query="video")


@pytest.mark.parametrize(
    "make",
    [DecoderBlock, GatedCrossBlock, Resampler, QueryTransformer, lambda w, h: CrossFusion(WIDTHS, w, h)],
)
def test_heads_that_do_not_divide_the_width_are_refused(make):
    with pytest.raises(InputError, match="heads that divide the width"):
        make(30, 8)
