"""Our blocks of cross-attention are torch's and transformers' on the same weights, in float32 and float64."""

import pytest
import torch
from torch import nn
from transformers import Blip2QFormerConfig, Blip2QFormerModel, IdeficsConfig, MllamaTextConfig
from transformers.models.idefics.perceiver import IdeficsPerceiverResampler
from transformers.models.mllama.modeling_mllama import (
    MllamaCrossAttentionDecoderLayer,
    MllamaTextCrossAttention,
)

from mmlab.models.attention import ACTIVATIONS, MultiHeadAttention, causal_mask
from mmlab.models.fusion import DecoderBlock, GatedCrossBlock, QueryTransformer, Resampler

# Largest difference allowed between two orders of the same sums, values up to about 10.
ROUNDING = {torch.float32: 1e-5, torch.float64: 1e-12}
pytestmark = pytest.mark.parametrize("dtype", ROUNDING, ids=str)


def shaken(model, dtype):
    """Return the model in eval mode with noise on every weight, so none is 0 or 1."""
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.to(dtype).eval()


def inputs(dtype, width=40, context_width=28):
    """Return x (4, 6, D), a context (4, 9, W) and the mask (4, 9) of its lengths 9, 5, 1 and 7."""
    generator = torch.Generator().manual_seed(6)
    x = torch.randn(4, 6, width, generator=generator, dtype=dtype) * 1.7 + 0.3
    context = torch.randn(4, 9, context_width, generator=generator, dtype=dtype) * 1.3
    return x, context, torch.arange(9) < torch.tensor([9, 5, 1, 7])[:, None]


def close(ours, theirs):
    """Require equal shapes, and values within the rounding of their type."""
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() < ROUNDING[ours.dtype]


def copy_attention(ours, theirs):
    """Give a torch MultiheadAttention the weights of ours."""
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        if theirs._qkv_same_embed_dim:
            theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        else:
            for name, part in zip(("q", "k", "v"), parts, strict=True):
                getattr(theirs, f"{name}_proj_weight").copy_(part.weight)
    theirs.out_proj.load_state_dict(ours.out.state_dict())


def test_cross_attention_is_MultiheadAttention_with_kdim_and_vdim(dtype):
    x, context, mask = inputs(dtype)
    ours = shaken(MultiHeadAttention(40, 5, context_width=28), dtype)
    theirs = nn.MultiheadAttention(40, 5, kdim=28, vdim=28, batch_first=True, dtype=dtype)
    copy_attention(ours, theirs)
    for padding in (None, mask):
        wanted, weights = theirs(
            x,
            context,
            context,
            key_padding_mask=None if padding is None else ~padding,
            average_attn_weights=False,
        )
        mask4 = None if padding is None else padding[:, None, None]
        close(ours(x, context, mask4), wanted)
        explicit, our_weights = ours(x, context, mask4, return_weights=True)
        close(explicit, wanted)
        close(our_weights, weights)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_decoder_block_is_TransformerDecoderLayer(dtype, activation):
    x, context, mask = inputs(dtype, context_width=40)
    ours = shaken(DecoderBlock(40, 5, 3, activation), dtype)
    theirs = nn.TransformerDecoderLayer(
        40, 5, 120, 0.0, activation, batch_first=True, norm_first=True, dtype=dtype
    )
    copy_attention(ours.attention, theirs.self_attn)
    copy_attention(ours.cross, theirs.multihead_attn)
    pairs = {
        theirs.norm1: ours.norm1,
        theirs.norm2: ours.norm2,
        theirs.norm3: ours.norm3,
        theirs.linear1: ours.mlp[0],
        theirs.linear2: ours.mlp[2],
    }
    for to, source in pairs.items():
        to.load_state_dict(source.state_dict())
    wanted = theirs(x, context, tgt_mask=~causal_mask(6), memory_key_padding_mask=~mask)
    close(ours(x, context, context_mask=mask), wanted)
    everything = torch.ones(6, 6, dtype=torch.bool)
    close(ours(x, context, mask=everything), theirs(x, context))


def test_a_resampler_is_IdeficsPerceiverResampler_with_biases_of_0(dtype):
    config = IdeficsConfig(
        vision_config={"embed_dim": 40}, perceiver_config={"qk_layer_norms_perceiver": False}
    )
    theirs = shaken(
        IdeficsPerceiverResampler(config, embed_dim=40, depth=2, n_heads=5, head_dim=8, n_latents=6), dtype
    )
    ours = Resampler(40, 5, latents=6, layers=2, activation="relu").to(dtype)
    with torch.no_grad():
        ours.latents.copy_(theirs.latents)
        for layer, (attention, feed_forward) in zip(ours.layers, theirs.blocks, strict=True):
            linear = {
                layer["attention"].query: attention.q_proj,
                layer["attention"].key: attention.k_proj,
                layer["attention"].value: attention.v_proj,
                layer["attention"].out: attention.output_proj,
                layer["mlp"][0]: feed_forward.fc,
                layer["mlp"][2]: feed_forward.c_proj,
            }
            for to, source in linear.items():
                to.weight.copy_(source.weight)
                to.bias.zero_()
            layer["norm_features"].load_state_dict(attention.context_layer_norm.state_dict())
            layer["norm_latents"].load_state_dict(attention.latents_layer_norm.state_dict())
            layer["norm_mlp"].load_state_dict(feed_forward.ln.state_dict())
    ours.norm.load_state_dict(theirs.layer_norm.state_dict())
    _, features, _ = inputs(dtype, context_width=40)
    close(ours(features), theirs(features))


def renamed_query_transformer(ours):
    """Return our weights under the names of Blip2QFormerModel; the queries are its argument."""
    parts = {
        "attention": "attention.attention",
        "attention.out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "cross": "crossattention.attention",
        "cross.out": "crossattention.output.dense",
        "norm2": "crossattention.output.LayerNorm",
        "mlp.0": "intermediate_query.dense",
        "mlp.2": "output_query.dense",
        "norm3": "output_query.LayerNorm",
    }
    state = {f"layernorm.{name}": value for name, value in ours.norm.state_dict().items()}
    for number, block in enumerate(ours.blocks):
        for name, value in block.state_dict().items():
            start = max((part for part in parts if name.startswith(f"{part}.")), key=len)
            state[f"encoder.layer.{number}.{parts[start]}{name.removeprefix(start)}"] = value
    return state


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_a_query_transformer_is_Blip2QFormerModel(dtype, activation):
    ours = shaken(
        QueryTransformer(40, 5, 6, layers=3, mlp_ratio=3, activation=activation, context_width=28), dtype
    )
    config = Blip2QFormerConfig(
        hidden_size=40,
        num_attention_heads=5,
        num_hidden_layers=3,
        intermediate_size=120,
        encoder_hidden_size=28,
        cross_attention_frequency=2,
        hidden_act=activation,
        use_qformer_text_input=False,
    )
    theirs = Blip2QFormerModel(config).to(dtype).eval()
    theirs.load_state_dict(renamed_query_transformer(ours))
    _, features, mask = inputs(dtype)
    queries = ours.queries.expand(4, -1, -1)
    close(ours(features), theirs(queries, encoder_hidden_states=features).last_hidden_state)
    wanted = theirs(queries, encoder_hidden_states=features, encoder_attention_mask=mask.long())
    close(ours(features, mask), wanted.last_hidden_state)


def mllama_config():
    """Return the configuration of a small Mllama text model, without grouped keys."""
    return MllamaTextConfig(
        hidden_size=40,
        num_attention_heads=5,
        num_key_value_heads=5,
        intermediate_size=120,
        num_hidden_layers=2,
        cross_attention_layers=[1],
        attn_implementation="sdpa",
    )


class NormedHeads(nn.Module):
    """A linear layer, then an RMS norm of each head: what Mllama does to queries and keys and Flamingo does not."""

    def __init__(self, linear, norm, heads):
        super().__init__()
        self.linear, self.norm, self.heads, self.in_features = linear, norm, heads, linear.in_features

    def forward(self, x):
        """Return (B, T, D), normalised in each head."""
        return self.norm(self.linear(x).unflatten(2, (self.heads, -1))).flatten(2)


def mllama_attention(ours, theirs):
    """Give our attention the weights of Mllama's: biases of 0, and its two norms after query and key."""
    with torch.no_grad():
        for to, source in zip(
            (ours.query, ours.key, ours.value, ours.out),
            (theirs.q_proj, theirs.k_proj, theirs.v_proj, theirs.o_proj),
            strict=True,
        ):
            to.weight.copy_(source.weight)
            to.bias.zero_()
    ours.query = NormedHeads(ours.query, theirs.q_norm, ours.heads)
    ours.key = NormedHeads(ours.key, theirs.k_norm, ours.heads)


def test_cross_attention_is_MllamaTextCrossAttention_but_for_the_norms_of_queries_and_keys(dtype):
    theirs = shaken(MllamaTextCrossAttention(mllama_config(), layer_idx=1), dtype)
    ours = MultiHeadAttention(40, 5).to(dtype)
    x, context, mask = inputs(dtype, context_width=40)
    mask = mask[:, None, None].expand(4, 1, 6, 9)
    wanted = theirs(x, context, attention_mask=mask)[0]
    mllama_attention(ours, theirs)
    close(ours(x, context, mask), wanted)
    ours.query, ours.key = ours.query.linear, ours.key.linear
    assert (ours(x, context, mask) - wanted).abs().max() > 0.01


def test_a_gated_block_is_MllamaCrossAttentionDecoderLayer_with_its_norms_and_mlp(dtype):
    theirs = shaken(MllamaCrossAttentionDecoderLayer(mllama_config(), layer_idx=1), dtype)
    ours = GatedCrossBlock(40, 5).to(dtype)
    mllama_attention(ours.cross, theirs.cross_attn)
    ours.norm1, ours.norm2, ours.mlp = theirs.input_layernorm, theirs.post_attention_layernorm, theirs.mlp
    with torch.no_grad():
        ours.gate_attention.copy_(theirs.cross_attn_attn_gate[0])
        ours.gate_mlp.copy_(theirs.cross_attn_mlp_gate[0])
    x, context, mask = inputs(dtype, context_width=40)
    wanted = theirs(x, context, mask[:, None, None].expand(4, 1, 6, 9), None, None)
    close(ours(x, context, mask), wanted)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_of_a_decoder_block_agree_with_those_of_its_float64_copy(dtype, activation):
    x, context, mask = inputs(dtype)
    block = shaken(DecoderBlock(40, 5, 3, activation, context_width=28), dtype)
    block(x, context, context_mask=mask).square().mean().backward()
    gradients = [p.grad.double() for p in block.parameters()]
    block.zero_grad()
    block.double()(x.double(), context.double(), context_mask=mask).square().mean().backward()
    for ours, exact in zip(gradients, block.parameters(), strict=True):
        torch.testing.assert_close(ours, exact.grad, rtol=1e-4, atol=1e-4)
