"""Our ViT is transformers' ViTModel and, with `pre_norm`, its CLIPVisionModel."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import CLIPVisionConfig, CLIPVisionModel, ViTConfig, ViTImageProcessorPil, ViTModel
from transformers.models.vit.modeling_vit import ViTLayer, ViTPatchEmbeddings

from mmlab import data, world
from mmlab.models import weights
from mmlab.models.attention import ACTIVATIONS, MultiHeadAttention, causal_mask
from mmlab.models.vit import VisionConfig, ViT

OURS = dict(image_size=24, patch=8, width=40, layers=3, heads=5, mlp_ratio=3)
THEIRS = dict(
    image_size=24,
    patch_size=8,
    hidden_size=40,
    num_hidden_layers=3,
    num_attention_heads=5,
    intermediate_size=90,
)


def shaken(model):
    """Return the model in eval mode with noise on every weight, so none is 0 or 1."""
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def pixels():
    """Return a batch of pixels (7, 3, 24, 24) that is neither centred nor of unit scale."""
    return torch.randn(7, 3, 24, 24, generator=torch.Generator().manual_seed(6)) * 1.7 + 0.3


def close(ours, theirs):
    """Demand equal shapes, then values within 1e-5, relative and absolute."""
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def library_vit(config):
    """Return a ViTModel without the pooler that no training of ours uses."""
    return ViTModel(config, add_pooling_layer=False).eval()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_our_weights_give_ViTModel_our_tokens(activation):
    ours = shaken(ViT(VisionConfig(**OURS, activation=activation)))
    theirs = library_vit(ViTConfig(**weights.vit_config(ours)))
    theirs.load_state_dict(weights.vit_to_transformers(ours.state_dict()))
    tokens = theirs(pixels()).last_hidden_state
    close(ours(pixels()), tokens)
    close(ours.pooled(pixels()), tokens[:, 0])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_our_weights_give_CLIPVisionModel_our_vectors(activation):
    ours = shaken(ViT(VisionConfig(**OURS, activation=activation, pre_norm=True)))
    theirs = CLIPVisionModel(CLIPVisionConfig(**weights.vit_config(ours))).eval()
    theirs.load_state_dict(weights.vit_to_transformers(ours.state_dict()))
    output = theirs(pixels())
    close(ours.pooled(pixels()), output.pooler_output)
    close(ours.hidden(pixels()), output.last_hidden_state)


def test_a_random_ViTModel_gives_us_its_tokens():
    theirs = shaken(ViTModel(ViTConfig(**THEIRS)))
    ours = weights.vit_from_config(theirs.config.to_dict())
    ours.load_state_dict(weights.vit_from_transformers(theirs.state_dict()))
    close(ours(pixels()), theirs(pixels()).last_hidden_state)


def test_a_random_CLIPVisionModel_gives_us_its_vectors():
    theirs = shaken(CLIPVisionModel(CLIPVisionConfig(**THEIRS)))
    ours = weights.vit_from_config(theirs.config.to_dict())
    ours.load_state_dict(weights.vit_from_transformers(theirs.state_dict()))
    close(ours.pooled(pixels()), theirs(pixels()).pooler_output)


def test_the_names_in_the_librarys_files_are_understood(tmp_path):
    theirs = shaken(ViTModel(ViTConfig(**THEIRS)))
    theirs.save_pretrained(tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    assert any(name.startswith("encoder.layer.") for name in state)  # other names than in memory
    ours = weights.vit_from_config(theirs.config.to_dict())
    ours.load_state_dict(weights.vit_from_transformers(state))
    close(ours(pixels()), theirs(pixels()).last_hidden_state)


@pytest.mark.parametrize("pre_norm", [False, True])
def test_a_round_trip_through_their_names_is_equal_bit_for_bit(pre_norm):
    state = shaken(ViT(VisionConfig(**OURS, pre_norm=pre_norm))).state_dict()
    back = weights.vit_from_transformers(weights.vit_to_transformers(state))
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_a_block_is_ViTLayer():
    ours = shaken(ViT(VisionConfig(**OURS)))
    theirs = library_vit(ViTConfig(**weights.vit_config(ours)))
    theirs.load_state_dict(weights.vit_to_transformers(ours.state_dict()))
    x = torch.randn(4, 11, 40)
    assert isinstance(theirs.layers[1], ViTLayer)
    close(ours.blocks[1](x), theirs.layers[1](x))


def attention_pair():
    """Return our attention and torch's with the same weights."""
    ours = shaken(MultiHeadAttention(40, 5))
    theirs = torch.nn.MultiheadAttention(40, 5, batch_first=True)
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    return ours, theirs


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_torchs_MultiheadAttention(causal):
    ours, theirs = attention_pair()
    x = torch.randn(4, 11, 40)
    mask = causal_mask(11) if causal else None
    wanted, weights = theirs(x, x, x, attn_mask=None if mask is None else ~mask, average_attn_weights=False)
    close(ours(x, mask=mask), wanted)
    close(ours(x, mask=mask, return_weights=True)[1], weights)


def test_cross_attention_is_torchs_MultiheadAttention():
    ours, theirs = attention_pair()
    x, context = torch.randn(4, 11, 40), torch.randn(4, 6, 40)
    close(ours(x, context), theirs(x, context, context)[0])


# Largest difference allowed between two orders of the same sums, values up to about 10.
ROUNDING = {torch.float32: 1e-5, torch.float64: 1e-12}


@pytest.mark.parametrize("dtype", ROUNDING)
def test_each_part_is_the_librarys_up_to_rounding(dtype):
    ours = shaken(ViT(VisionConfig(**OURS))).to(dtype)
    theirs = library_vit(ViTConfig(**weights.vit_config(ours))).to(dtype)
    theirs.load_state_dict(weights.vit_to_transformers(ours.state_dict()))
    x = pixels().to(dtype)
    patches = ours.patches(x).flatten(2).transpose(1, 2)
    by_hand = (
        x.reshape(7, 3, 3, 8, 3, 8).permute(0, 2, 4, 1, 3, 5).reshape(7, 9, 192)
        @ ours.patches.weight.flatten(1).T
        + ours.patches.bias
    )
    assert isinstance(theirs.embeddings.patch_embeddings, ViTPatchEmbeddings)
    library = theirs.embeddings.patch_embeddings(x)
    pairs = {
        "patches": (patches, library),
        "patches by hand": (by_hand, library),
        "embeddings": (ours.embed(x), theirs.embeddings(x)),
        "layer": (ours.blocks[1](patches), theirs.layers[1](patches)),
        "tokens": (ours(x), theirs(x).last_hidden_state),
    }
    differences = {name: (a - b).abs().max().item() for name, (a, b) in pairs.items()}
    assert max(differences.values()) < ROUNDING[dtype], differences


@pytest.mark.parametrize("dtype", ROUNDING)
def test_attention_is_torchs_up_to_rounding(dtype):
    ours, theirs = (module.to(dtype) for module in attention_pair())
    x = torch.randn(4, 11, 40, dtype=dtype)
    assert (ours(x) - theirs(x, x, x)[0]).abs().max() < ROUNDING[dtype]


@pytest.mark.parametrize("size", [32, 48])
def test_preprocess_after_a_resize_is_ViTImageProcessor(size):
    images = world.render(world.sample(5, seed=3), size=96)
    processor = ViTImageProcessorPil(size={"height": size, "width": size})
    theirs = processor(images=list(images), return_tensors="pt")["pixel_values"]
    resized = [Image.fromarray(each).resize((size, size), Image.Resampling.BILINEAR) for each in images]
    close(data.preprocess(np.stack(resized)), theirs)
