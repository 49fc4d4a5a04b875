"""Week 04's references against the libraries; what the find-the-bug's versions give away."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from transformers import IdeficsConfig
from transformers.models.idefics.perceiver import IdeficsPerceiverResampler
from transformers.models.mllama.configuration_mllama import MllamaTextConfig
from transformers.models.mllama.modeling_mllama import MllamaTextCrossAttention

from answers import reference, week_called
from bug_versions import require_new_hidden_versions, visible_versions
from library_modules import close, noisy
from mmlab.check import drivers
from mmlab.check.cases import FILE, read
from mmlab.check.verdict import judge

pytestmark = pytest.mark.week("04_cross_attention")
WEEK = week_called("04_cross_attention")


def tokens(*shape: int, seed: int = 4) -> torch.Tensor:
    """Return drawn numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cross_attention_is_torchs_with_kdim_and_vdim(dtype):
    torch.manual_seed(0)
    library = noisy(nn.MultiheadAttention(12, 3, kdim=7, vdim=7, batch_first=True)).to(dtype)
    text, image = tokens(4, 3, 12).to(dtype), tokens(4, 5, 7, seed=5).to(dtype)
    padding = torch.tensor([[0, 0, 0, 0, 0], [0, 0, 0, 1, 1], [1, 0, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    parts = (
        library.q_proj_weight,
        library.k_proj_weight,
        library.v_proj_weight,
        library.in_proj_bias,
        library.out_proj.weight,
        library.out_proj.bias,
    )
    output, weights = reference(WEEK, "cross_attention")(text, image, *parts, heads=3, padding=padding)
    theirs, their_weights = library(text, image, image, key_padding_mask=padding)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    close(output[:3], theirs[:3], tolerance)
    close(weights[:3], their_weights[:3], tolerance)
    assert theirs[3].isnan().all() and torch.equal(weights[3], torch.zeros(3, 5, dtype=dtype))
    close(output[3], library.out_proj.bias.expand(3, 12), tolerance)
    close(weights[:3].sum(dim=2), torch.ones(3, 3, dtype=dtype), tolerance)
    assert torch.equal(weights[padding[:, None].expand_as(weights)], torch.zeros(3 * 9, dtype=dtype))


def test_cross_attention_is_llamas_without_its_norms():
    config = MllamaTextConfig(
        hidden_size=12,
        num_attention_heads=3,
        num_key_value_heads=3,
        num_hidden_layers=1,
        cross_attention_layers=[0],
    )
    config._attn_implementation = "eager"
    library = noisy(MllamaTextCrossAttention(config, layer_idx=0))
    library.q_norm = library.k_norm = nn.Identity()
    text, image = tokens(2, 3, 12), tokens(2, 5, 12, seed=5)
    layers = [each.weight for each in (library.q_proj, library.k_proj, library.v_proj)]
    zeros = torch.zeros(2, 5, dtype=torch.bool)
    output, weights = reference(WEEK, "cross_attention")(
        text, image, *layers, torch.zeros(36), library.o_proj.weight, torch.zeros(12), heads=3, padding=zeros
    )
    theirs, their_weights = library(text, image)
    close(output, theirs)
    close(weights, their_weights.mean(dim=1))


def decoder_state(library: nn.TransformerDecoderLayer) -> dict:
    """Return the library's state under the names of `decoder_block`."""
    names = {
        "multihead_attn": "cross_attention",
        "self_attn": "self_attention",
        "linear1": "fc1",
        "linear2": "fc2",
    }
    state = {}
    for name, value in library.state_dict().items():
        first, _, rest = name.partition(".")
        state[f"{names.get(first, first)}.{rest}"] = value
    return state


@pytest.mark.parametrize("prefix", [0, 1, 3, 5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_decoder_block_is_TransformerDecoderLayer(prefix, dtype):
    library = nn.TransformerDecoderLayer(
        12, 3, 24, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    library = noisy(library).to(dtype)
    block = reference(WEEK, "decoder_block")(12, 3, 12, ratio=2).to(dtype).eval()
    block.load_state_dict(decoder_state(library))
    x, memory = tokens(2, 5, 12).to(dtype), tokens(2, 4, 12, seed=5).to(dtype)
    padding = torch.tensor([[0, 0, 0, 0], [0, 1, 0, 1]]).bool()
    mask = torch.tensor([[key > row and key >= prefix for key in range(5)] for row in range(5)])
    theirs = library(x, memory, tgt_mask=mask, memory_key_padding_mask=padding)
    close(block(x, memory, padding, prefix), theirs, 1e-5 if dtype == torch.float32 else 1e-12)


def test_a_closed_gate_changes_nothing_and_can_open():
    block = noisy(reference(WEEK, "gated_cross_block")(12, 3, 7))
    with torch.no_grad():
        block.gate1.zero_(), block.gate2.zero_()
    x, image = tokens(2, 4, 12), tokens(2, 5, 7, seed=5)
    sees = torch.ones(2, 4, 5, dtype=torch.bool)
    sees[0, 0] = False
    out = block(x, image, sees)
    assert (out - x).abs().max().item() == 0.0
    out.square().sum().backward()
    assert block.gate1.grad.item() and block.gate2.grad.item()
    with torch.no_grad():
        block.gate1.fill_(0.7), block.gate2.fill_(-1.3)
    out = block(x, image, sees)
    assert torch.equal(out[0, 0], x[0, 0])
    y = x + torch.tensor(0.7).tanh() * block.attention(block.norm1(x), image, image)[0]
    wanted = y + torch.tensor(-1.3).tanh() * block.fc2(F.gelu(block.fc1(block.norm2(y))))
    close(out[1], wanted[1])
    close(out[0, 1:], wanted[0, 1:])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_resampler_is_IdeficsPerceiverResampler(dtype):
    config = IdeficsConfig(
        perceiver_config={"qk_layer_norms_perceiver": False}, vision_config={"embed_dim": 12}
    )
    torch.manual_seed(0)
    library = noisy(
        IdeficsPerceiverResampler(config, embed_dim=12, depth=2, n_heads=3, head_dim=4, n_latents=5)
    )
    ours = reference(WEEK, "perceiver_resampler")(12, 3, latents=5, layers=2, frames=4).eval()
    with torch.no_grad():
        ours.times.zero_()
        ours.latents.copy_(library.latents)
    ours.norm.load_state_dict(library.layer_norm.state_dict())
    for block, (attention, mlp) in zip(ours.blocks, library.blocks, strict=True):
        block["norm_features"].load_state_dict(attention.context_layer_norm.state_dict())
        block["norm_latents"].load_state_dict(attention.latents_layer_norm.state_dict())
        layers = attention.q_proj, attention.k_proj, attention.v_proj
        block["attention"].load_state_dict(
            {
                "in_proj_weight": torch.cat([layer.weight for layer in layers]),
                "out_proj.weight": attention.output_proj.weight,
            }
        )
        block["mlp"][0].load_state_dict(mlp.ln.state_dict())
        block["mlp"][1].load_state_dict(mlp.fc.state_dict())
        block["mlp"][3].load_state_dict(mlp.c_proj.state_dict())
    ours, library = ours.to(dtype), library.to(dtype)
    features = tokens(2, 3, 6, 12).to(dtype)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    close(ours(features, torch.zeros(2, 3).bool()), library(features.flatten(1, 2)), tolerance)
    padding = torch.tensor([[0, 1, 0], [0, 0, 1]]).bool()
    kept = torch.stack(
        [video[~hidden].flatten(0, 1) for video, hidden in zip(features, padding, strict=True)]
    )
    close(ours(features, padding), library(kept), tolerance)


def test_the_resampler_knows_frames_and_no_order_inside_them():
    ours = noisy(reference(WEEK, "perceiver_resampler")(12, 3, latents=5, layers=2, frames=4))
    features, nothing = tokens(2, 3, 6, 12), torch.zeros(2, 3).bool()
    out = ours(features, nothing)
    close(ours(features[:, :, torch.randperm(6)], nothing), out)
    assert (ours(features.flip(1), nothing) - out).abs().max() > 1e-3


def test_fusion_is_the_same_for_all_subsets_paddings_and_orders():
    fuse = reference(WEEK, "fuse_ragged")
    parts = {"image": tokens(2, 5, 4), "audio": tokens(2, 7, 3, seed=5), "text": tokens(2, 6, seed=6)}
    weights = {name: tokens(8, part.shape[-1], seed=7) for name, part in parts.items()}
    single = {name: fuse({name: part}, weights, {}) for name, part in parts.items()}
    for subset in range(1, 8):
        names = [name for bit, name in enumerate(parts) if subset >> bit & 1]
        wanted = torch.stack([single[name] for name in names]).mean(dim=0)
        close(fuse({name: parts[name] for name in names}, weights, {}), wanted)
        close(fuse({name: parts[name] for name in reversed(names)}, weights, {}), wanted)
    longer = parts | {"audio": F.pad(parts["audio"], (0, 0, 2, 3), value=float("nan"))}
    padding = {"audio": torch.tensor([[n < 2 or n > 8 for n in range(12)]] * 2)}
    close(fuse(longer, weights, padding), fuse(parts, weights, {}))
    projected = parts["audio"] @ weights["audio"].T
    close(single["audio"], F.rms_norm(projected, (8,), eps=1e-6).mean(dim=1))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_modality_dropout_hides_at_the_expected_rate_and_never_everything(rate):
    present = torch.ones(20_000, 3, dtype=torch.bool)
    draws = torch.rand(20_000, 3, generator=torch.Generator().manual_seed(1))
    left = reference(WEEK, "modality_dropout")(torch.ones(20_000, 3, 1), present, draws, rate, True)[1]
    assert left.any(dim=1).all()
    assert abs((1 - left.float().mean().item()) - (rate - rate**3 / 3)) < 0.01


BUGS = "bug_hunt_fusion"


def test_no_visible_version_answers_fuse_ragged():
    stored = read(WEEK.folder / FILE, "fuse_ragged")
    for version in visible_versions(WEEK, BUGS):
        fuse = drivers.version(version)

        def answer(parts, weights, padding, fuse=fuse):
            vectors = {name: part if part.ndim == 2 else part.mean(dim=1) for name, part in parts.items()}
            vectors = {name: F.linear(vector, weights[name]) for name, vector in vectors.items()}
            absent = torch.zeros_like(next(iter(vectors.values())))
            names = [name for name in ("image", "audio", "text")]
            present = torch.tensor([[name in parts for name in names]] * len(absent))
            return fuse(*(vectors.get(name, absent) for name in names), present)

        results = [drivers.run(stored["driver"], answer, case) for case in stored["cases"]]
        assert not judge(stored, results).passed, version["source"]


def test_a_table_of_the_visible_versions_is_no_test_of_the_hidden_ones():
    generator = torch.Generator().manual_seed(4)
    present = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 0], [1, 1, 0]]).bool()
    parts = torch.randn(3, 4, 5, generator=generator).masked_fill(~present.T[..., None], float("nan"))

    def entry(fuse) -> str:
        """Return what a version gives, with its gradients and what it refuses, rounded."""
        leaves = [part.clone().requires_grad_() for part in parts]
        fused = fuse(*leaves, present)
        gradients = torch.autograd.grad(fused.square().sum(), leaves, allow_unused=True)
        sizes = [
            None if part is None else round(float(part.nan_to_num(0.0).abs().sum()), 1) for part in gradients
        ]
        refused = []
        for flags in (torch.zeros_like(present), present & torch.tensor([[True], [False], [True], [True]])):
            try:
                fuse(*torch.ones(3, 4, 5), flags)
            except ValueError:
                refused.append(int(flags.sum()))
        weighted = (fused.detach().flatten() * torch.arange(fused.numel())).sum()
        return str((round(float(weighted), 1), sizes, refused))

    require_new_hidden_versions(WEEK, BUGS, entry)
