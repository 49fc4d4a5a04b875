"""Week 03's references against the libraries and the package; what the find-the-bug's versions give away."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel, ViTConfig, ViTModel
from transformers.models.vit.modeling_vit import ViTLayer, ViTPatchEmbeddings

from answers import reference, week_called
from bug_versions import require_new_hidden_versions, visible_versions
from library_modules import close, noisy
from mmlab.check import drivers
from mmlab.check.cases import FILE, read
from mmlab.check.verdict import judge
from mmlab.models.attention import MultiHeadAttention

pytestmark = pytest.mark.week("03_vit")
WEEK = week_called("03_vit")
TINY = {
    "image_size": 24,
    "patch_size": 8,
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 24,
    "layer_norm_eps": 1e-5,
}


def pixels(*shape: int) -> torch.Tensor:
    """Return drawn pixels (B, C, Y, X)."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(4))


@pytest.mark.parametrize(("size", "patch"), [((24, 24), (8, 8)), ((12, 24), (4, 8)), ((24, 6), (8, 3))])
def test_patches_times_the_weight_are_the_librarys_embedding(size, patch):
    library = noisy(ViTPatchEmbeddings(ViTConfig(**TINY | {"image_size": size, "patch_size": patch})))
    images = pixels(2, 3, *size)
    rows = reference(WEEK, "patchify")(images, patch)
    close(rows @ library.projection.weight.flatten(1).T + library.projection.bias, library(images))
    assert torch.equal(reference(WEEK, "unpatchify")(rows, patch, size), images)


def test_attention_is_torchs_and_the_packages():
    torch.manual_seed(0)
    library, x = noisy(nn.MultiheadAttention(12, 3, batch_first=True)), torch.randn(4, 5, 12)
    padding = torch.tensor([[0, 0, 0, 0, 0], [0, 0, 0, 1, 1], [1, 0, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    parts = library.in_proj_weight, library.in_proj_bias, library.out_proj.weight, library.out_proj.bias
    output, weights = reference(WEEK, "multi_head_attention")(x, *parts, heads=3, padding=padding)
    theirs, their_weights = library(x, x, x, key_padding_mask=padding, average_attn_weights=False)
    close(output[:3], theirs[:3])
    close(weights[:3], their_weights[:3])
    assert theirs[3].isnan().all() and torch.equal(weights[3], torch.zeros(3, 5, 5))
    close(output[3], library.out_proj.bias.expand(5, 12))
    ours = MultiHeadAttention(12, 3)
    with torch.no_grad():
        for name, weight, bias in zip(
            ("query", "key", "value"), parts[0].chunk(3), parts[1].chunk(3), strict=True
        ):
            getattr(ours, name).weight.copy_(weight), getattr(ours, name).bias.copy_(bias)
    ours.out.load_state_dict(library.out_proj.state_dict())
    package, package_weights = ours(x[:3], mask=~padding[:3, None, None], return_weights=True)
    close(output[:3], package)
    close(weights[:3], package_weights)


def fused(attention) -> dict[str, torch.Tensor]:
    """Return the weights of a ViTAttention under the names of nn.MultiheadAttention."""
    parts = attention.q_proj, attention.k_proj, attention.v_proj
    return {
        "in_proj_weight": torch.cat([part.weight for part in parts]),
        "in_proj_bias": torch.cat([part.bias for part in parts]),
        "out_proj.weight": attention.o_proj.weight,
        "out_proj.bias": attention.o_proj.bias,
    }


def test_a_block_with_scales_of_1_is_ViTLayer():
    library = noisy(ViTLayer(ViTConfig(**TINY, attn_implementation="eager")))
    block = reference(WEEK, "vit_block")(12, 3, ratio=2, drop=0.5)
    block.attention.load_state_dict(fused(library.attention))
    for ours, theirs in (("norm1", "layernorm_before"), ("norm2", "layernorm_after")):
        getattr(block, ours).load_state_dict(getattr(library, theirs).state_dict())
    block.fc1.load_state_dict(library.mlp.fc1.state_dict())
    block.fc2.load_state_dict(library.mlp.fc2.state_dict())
    x = torch.randn(3, 7, 12, generator=torch.Generator().manual_seed(5))
    close(block.eval()(x, torch.zeros(3, 2, dtype=torch.bool)), library(x))
    assert torch.equal(block.train()(x, torch.zeros(3, 2, dtype=torch.bool)), x)


def test_the_forward_pass_is_ViTModel():
    library = noisy(ViTModel(ViTConfig(**TINY), add_pooling_layer=False))
    model = reference(WEEK, "vit_forward")((24, 24), (8, 8), 12, 2, 3).eval()
    with torch.no_grad():
        model.class_token.copy_(library.embeddings.cls_token[0, 0])
        model.positions.copy_(library.embeddings.position_embeddings[0])
    model.patches.load_state_dict(library.embeddings.patch_embeddings.projection.state_dict())
    model.norm.load_state_dict(library.layernorm.state_dict())
    for block, layer in zip(model.blocks, library.layers, strict=True):
        block.self_attn.load_state_dict(fused(layer.attention))
        block.norm1.load_state_dict(layer.layernorm_before.state_dict())
        block.norm2.load_state_dict(layer.layernorm_after.state_dict())
        block.linear1.load_state_dict(layer.mlp.fc1.state_dict())
        block.linear2.load_state_dict(layer.mlp.fc2.state_dict())
    images = pixels(3, 3, 24, 24)
    tokens = library(images).last_hidden_state
    first, patches = model(images)
    close(first, tokens[:, 0])
    close(patches, tokens[:, 1:])


def test_registers_stand_where_the_library_has_them():
    config = Dinov2WithRegistersConfig(
        **{name: value for name, value in TINY.items() if name != "intermediate_size"},
        mlp_ratio=2,
        num_register_tokens=3,
    )
    library = noisy(Dinov2WithRegistersModel(config))
    model = reference(WEEK, "vit_forward")((24, 24), (8, 8), 12, 0, 3, registers=3).eval()
    with torch.no_grad():
        model.class_token.copy_(library.embeddings.cls_token[0, 0])
        model.positions.copy_(library.embeddings.position_embeddings[0])
        model.registers.copy_(library.embeddings.register_tokens[0])
    model.patches.load_state_dict(library.embeddings.patch_embeddings.projection.state_dict())
    tokens = library.embeddings(pixels(2, 3, 24, 24))
    first, patches = model(pixels(2, 3, 24, 24))
    close(first, model.norm(tokens[:, 0]))
    close(patches, model.norm(tokens[:, 4:]))


@pytest.mark.parametrize("grid", [(5, 2), (2, 2), (7, 7), (1, 6)])
def test_positions_are_interpolated_as_in_the_library(grid):
    library = noisy(ViTModel(ViTConfig(**TINY), add_pooling_layer=False)).embeddings
    theirs = library.interpolate_pos_encoding(
        torch.zeros(1, 1 + grid[0] * grid[1], 12), 8 * grid[0], 8 * grid[1]
    )
    ours = reference(WEEK, "interpolate_positions")(library.position_embeddings[0], (3, 3), grid, 1)
    close(ours, theirs[0])
    assert torch.equal(ours[0], library.position_embeddings[0, 0])


def test_rollout_is_the_formula_on_random_maps():
    attention = np.random.default_rng(0).dirichlet(np.ones(7), size=(4, 3, 7))
    product = np.eye(7)
    for block in attention.mean(axis=1):
        product = (block + np.eye(7)) / 2 @ product  # Abnar and Zuidema 2020, section 3
    found = reference(WEEK, "attention_rollout")(torch.from_numpy(attention), (2, 3), 0.5, "mean")
    np.testing.assert_allclose(found, product[0, 1:].reshape(2, 3), rtol=1e-12)


BUGS = "bug_hunt_patch_embedding"


def test_no_visible_version_answers_patchify():
    stored = read(WEEK.folder / FILE, "patchify")
    for version in visible_versions(WEEK, BUGS):
        embed = drivers.version(version)

        def answer(images, patch, embed=embed):
            size = images.shape[1] * patch[0] * patch[1]
            weight = torch.eye(size, dtype=images.dtype).reshape(size, images.shape[1], *patch)
            count = (images.shape[2] // patch[0]) * (images.shape[3] // patch[1])
            zeros = torch.zeros(size, dtype=images.dtype)
            return embed(images, weight, zeros, zeros, torch.zeros(1 + count, size, dtype=images.dtype))[
                :, 1:
            ]

        results = [drivers.run(stored["driver"], answer, case) for case in stored["cases"]]
        assert not judge(stored, results).passed, version["source"]


def test_a_table_of_the_visible_versions_is_no_test_of_the_hidden_ones():
    generator = torch.Generator().manual_seed(4)
    shapes = (5, 3, 2, 2), (5,), (5,), (7, 5)
    parts = [torch.randn(*shape, generator=generator) for shape in shapes]
    images = torch.randn(2, 3, 4, 6, generator=generator)

    def entry(embed) -> str:
        """Return what a version gives, with its gradients and what it refuses, rounded."""
        learned = [part.clone().requires_grad_() for part in parts]
        tokens = embed(images, *learned)
        gradients = torch.autograd.grad(tokens.square().sum(), learned, allow_unused=True)
        sizes = [0.0 if part is None else round(float(part.abs().sum()), 1) for part in gradients]
        refused = []
        for size in ((5, 6), (4, 7)):
            try:
                embed(torch.randn(1, 3, *size), *learned)
            except ValueError:
                refused.append(size)
        weighted = (tokens.detach().flatten() * torch.arange(tokens.numel())).sum()
        return str((round(float(weighted), 1), sizes, refused))

    require_new_hidden_versions(WEEK, BUGS, entry)
