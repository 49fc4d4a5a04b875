"""Cross-attention is that of torch and transformers with every mask and activation, in float32 and float64.

`test_parity_table.py` compares each block once; here stand the options, the weights and the gradients.
"""

import pytest
import torch

from mmlab.instructor.reports import parity_pairs
from mmlab.instructor.reports.parity_pairs import CONTEXT, HEADS, WIDTH, sequences
from mmlab.models.attention import ACTIVATIONS, MultiHeadAttention
from mmlab.models.fusion import DecoderBlock

# Largest difference allowed between two orders of the same sums, values up to about 10.
ROUNDING = {torch.float32: 1e-5, torch.float64: 1e-12}
pytestmark = pytest.mark.parametrize("dtype", ROUNDING, ids=str)


@pytest.fixture(autouse=True)
def seed():
    """Make every weight and input the same each time."""
    torch.manual_seed(5)


def close(ours, theirs):
    """Require equal shapes, and values within the rounding of their type."""
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() < ROUNDING[ours.dtype]


@pytest.mark.parametrize("padded", [False, True])
def test_outputs_and_weights_are_those_of_MultiheadAttention_with_kdim_and_vdim(dtype, padded):
    ours, theirs = parity_pairs.cross_pair(dtype)
    x, context, mask = sequences(dtype, CONTEXT)
    padding = ~mask if padded else None
    wanted, weights = theirs(x, context, context, key_padding_mask=padding, average_attn_weights=False)
    mask = mask[:, None, None] if padded else None
    close(ours(x, context, mask), wanted)
    explicit, our_weights = ours(x, context, mask, return_weights=True)
    close(explicit, wanted)
    close(our_weights, weights)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_decoder_block_is_TransformerDecoderLayer_with_and_without_its_masks(dtype, activation):
    ours, theirs = parity_pairs.decoder_pair(dtype, activation)
    x, context, mask = sequences(dtype)
    everything = torch.ones(6, 6, dtype=torch.bool)
    close(ours(x, context, mask=everything), theirs(x, context))
    close(ours(x, context, everything, mask), theirs(x, context, memory_key_padding_mask=~mask))


@pytest.mark.parametrize("activation", ["relu", "gelu", "quick_gelu"])
def test_a_query_transformer_is_Blip2QFormerModel_without_padding_too(dtype, activation):
    ours, theirs = parity_pairs.query_pair(dtype, activation)
    features = sequences(dtype, CONTEXT)[1]
    queries = ours.queries.expand(4, -1, -1)
    close(ours(features), theirs(queries, encoder_hidden_states=features).last_hidden_state)


def test_without_its_norms_of_queries_and_keys_Mllama_differs(dtype):
    from transformers.models.mllama.modeling_mllama import MllamaTextCrossAttention

    config = parity_pairs.mllama_config()
    theirs = parity_pairs.randomised(MllamaTextCrossAttention(config, layer_idx=1), dtype)
    ours = MultiHeadAttention(WIDTH, HEADS).to(dtype)
    parity_pairs.mllama_weights(ours, theirs)
    x, context, mask = sequences(dtype)
    mask = mask[:, None, None].expand(4, 1, 6, 9)
    wanted = theirs(x, context, attention_mask=mask)[0]
    close(ours(x, context, mask), wanted)
    ours.query, ours.key = ours.query[0], ours.key[0]
    assert (ours(x, context, mask) - wanted).abs().max() > 0.01


def test_gradients_are_those_of_TransformerDecoderLayer(dtype):
    ours, theirs = parity_pairs.decoder_pair(dtype)
    x, context, mask = sequences(dtype)
    inputs = [tensor.clone().requires_grad_() for tensor in (x, context, x, context)]
    everything = torch.ones(6, 6, dtype=torch.bool)
    ours(*inputs[:2], everything, mask).square().mean().backward()
    theirs(*inputs[2:], memory_key_padding_mask=~mask).square().mean().backward()
    close(inputs[0].grad, inputs[2].grad)
    close(inputs[1].grad, inputs[3].grad)
    close(ours.mlp[0].weight.grad, theirs.linear1.weight.grad)
    close(ours.cross.out.weight.grad, theirs.multihead_attn.out_proj.weight.grad)
    fused = torch.cat([part.weight.grad for part in (ours.cross.query, ours.cross.key, ours.cross.value)])
    close(fused, theirs.multihead_attn.in_proj_weight.grad)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_of_a_decoder_block_agree_with_those_of_its_float64_copy(dtype, activation):
    x, context, mask = sequences(dtype, CONTEXT)
    block = parity_pairs.randomised(DecoderBlock(WIDTH, HEADS, 3, activation, context_width=CONTEXT), dtype)
    block(x, context, context_mask=mask).square().mean().backward()
    gradients = [p.grad.double() for p in block.parameters()]
    block.zero_grad()
    block.double()(x.double(), context.double(), context_mask=mask).square().mean().backward()
    for ours, exact in zip(gradients, block.parameters(), strict=True):
        torch.testing.assert_close(ours, exact.grad, rtol=1e-4, atol=1e-4)
