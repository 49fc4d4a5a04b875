"""Attention and the block: against plain loops, and what each refuses."""

import math
from dataclasses import FrozenInstanceError

import pytest
import torch

from mmlab.errors import InputError, ShapeError
from mmlab.models.attention import (
    ACTIVATIONS,
    MultiHeadAttention,
    TransformerBlock,
    activation_layer,
    causal_mask,
)
from mmlab.models.text import TextConfig
from mmlab.models.vit import VisionConfig


def attention_by_loops(attention, x, causal):
    """Return multi-head attention as its formula reads: one image, head and token at a time."""
    q, k, v = attention.query(x), attention.key(x), attention.value(x)
    mixed, size = torch.zeros_like(x), x.shape[2] // attention.heads
    for b in range(x.shape[0]):
        for h in range(attention.heads):
            part = slice(h * size, (h + 1) * size)
            for t in range(x.shape[1]):
                seen = t + 1 if causal else x.shape[1]
                scores = k[b, :seen, part] @ q[b, t, part] / math.sqrt(size)
                mixed[b, t, part] = scores.softmax(0) @ v[b, :seen, part]
    return attention.out(mixed)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_its_formula(causal):
    torch.manual_seed(1)
    attention, x = MultiHeadAttention(24, 3), torch.randn(2, 7, 24) * 2
    wanted = attention_by_loops(attention, x, causal)
    torch.testing.assert_close(
        attention(x, mask=causal_mask(7) if causal else None), wanted, rtol=1e-5, atol=1e-5
    )


def test_a_causal_block_cannot_see_what_comes_later():
    torch.manual_seed(2)
    block, x = TransformerBlock(24, 3), torch.randn(2, 7, 24)
    changed = x.clone()
    changed[:, 4:] += 1
    mask = causal_mask(7)
    before, after = block(x, mask), block(changed, mask)
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4:], after[:, 4:])


def test_rows_of_a_batch_do_not_touch_each_other():
    torch.manual_seed(3)
    block, x = TransformerBlock(24, 3), torch.randn(3, 7, 24)
    torch.testing.assert_close(block(x)[1:2], block(x[1:2]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_zero_at_zero_and_the_identity_far_right(name):
    layer = activation_layer(name)
    assert layer(torch.zeros(1)).item() == 0
    torch.testing.assert_close(layer(torch.full((1,), 9.0)), torch.full((1,), 9.0))


def test_an_unknown_activation_lists_the_known_ones():
    with pytest.raises(InputError, match="gelu, gelu_tanh, quick_gelu, relu"):
        TransformerBlock(24, 3, activation="swish")


@pytest.mark.parametrize("width, heads", [(30, 8), (24, 0), (24, -3)])
def test_heads_that_do_not_divide_the_width_are_named(width, heads):
    with pytest.raises(InputError, match=f"width={width}, heads={heads}"):
        MultiHeadAttention(width, heads)


@pytest.mark.parametrize("masked", [False, True])
def test_cross_attention_and_its_weights_are_the_formula(masked):
    torch.manual_seed(4)
    attention, x, context = MultiHeadAttention(24, 3), torch.randn(2, 5, 24) * 2, torch.randn(2, 7, 24)
    mask = torch.rand(2, 1, 5, 7) > 0.4 if masked else None
    if masked:
        mask[..., 0] = True  # every query may look somewhere
    out, weights = attention(x, context, mask, return_weights=True)
    torch.testing.assert_close(out, attention(x, context, mask), rtol=1e-5, atol=1e-5)
    assert weights.shape == (2, 3, 5, 7)
    torch.testing.assert_close(weights.sum(3), torch.ones(2, 3, 5))
    if masked:
        assert not weights[(~mask).expand_as(weights)].any()
    values = attention.split(attention.value(context))
    torch.testing.assert_close(out, attention.out((weights @ values).transpose(1, 2).flatten(2)))


@pytest.mark.parametrize(
    "mask", [torch.zeros(5, 7), torch.ones(5, 6, dtype=torch.bool), torch.ones(7, dtype=torch.bool)]
)
def test_a_mask_of_another_shape_or_type_is_named(mask):
    with pytest.raises(ShapeError, match=r"booleans \(\.\.\., 5, 7\)"):
        MultiHeadAttention(24, 3)(torch.randn(2, 5, 24), torch.randn(2, 7, 24), mask)


def test_configs_are_frozen_and_check_themselves():
    with pytest.raises(FrozenInstanceError):
        VisionConfig().width = 32
    with pytest.raises(InputError, match="VisionConfig\\(width=30, heads=4\\)"):
        VisionConfig(width=30)
    assert TextConfig(20).end == 19 and TextConfig(20, end=3).end == 3 and VisionConfig().tokens == 17
