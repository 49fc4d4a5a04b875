"""Training speed of our models compared with transformers, torch and vit-pytorch, alternately in one run.

Both sides of a pair have the same weight shapes, activation and inputs, no dropout and SDPA attention.
The first three pairs take whole training steps with fused AdamW; the others forward and backward passes.
"""

import importlib.util
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BATCH, LENGTH, VOCABULARY = 128, 32, 67
CAPTION = 10  # ids in "a large red circle on a grey background", start and end included
WIDTH, HEADS, TOKENS, CONTEXT, ROWS = 128, 4, 24, 49, 32  # of the blocks: D, H, T, S and B

LIMIT = 20  # wall-clock seconds for a pair's turns; after the third turn the rest is left out

Pair = tuple[Callable[[], Any], Callable[[], Any], int]  # ours, theirs, examples per call


def measure(
    rounds: int = 21, seconds: float = 0.05, activation: str = "gelu", threads: tuple[int, ...] = (1, 2)
) -> dict[str, Any]:
    """Return examples per second of our model and the library's, and their ratio, for every pair.

    rounds      number of turns of each side; the median counts
    seconds     length of one turn
    activation  of both sides, one of `mmlab.models.attention.ACTIVATIONS`
    threads     numbers of threads to measure with, within what the machine has

    returns     {"ratios": {name: ours / library, with one thread}, "ok": all at least 1 within noise,
                "pairs": {name: {"ours", "library", "ratio"}}, "ratios_by_threads": {threads: {name: ratio}},
                "peak_gflops": of a matrix product 1024³, "achieved_gflops" and "utilisation": of a training
                step of the ViT, "load": programs that ran or waited in the last minute, "activation", "notes"}

    With one thread the time is CPU time, which other programs disturb least; with more it is wall-clock time,
    so those ratios mean something only where "load" is below the number of cores.
    "clip_caption_step" has captions of one shape, padded as a tokenizer pads them; our tower
    cuts the padding after the longest text, which does not change the result.
    "clip_full_step" has texts of full length.
    """
    import torch

    makers, notes = pairs()
    by_threads: dict[str, dict[str, dict[str, float]]] = {}
    speed: dict[str, float] = {}
    for count in threads:
        with using_threads(count):
            clock = time.process_time if count == 1 else time.perf_counter
            by_threads[str(count)] = {}
            for name, maker in makers.items():
                torch.manual_seed(0)
                by_threads[str(count)][name] = compare(*maker(activation), rounds, seconds, clock)
            if count == threads[0]:
                speed = utilisation(activation, rounds, seconds, clock)
    first = by_threads[str(threads[0])]
    ratios = {name: figures["ratio"] for name, figures in first.items()}
    return {
        "ratios": ratios,
        "ok": min(ratios.values()) >= 0.95,  # repeats of one pair differ by up to 0.05
        "pairs": first,
        "ratios_by_threads": {
            count: {name: figures["ratio"] for name, figures in measured.items()}
            for count, measured in by_threads.items()
        },
        **speed,
        "activation": activation,
        "load": round(os.getloadavg()[0], 1),
        "notes": notes,
    }


@contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Let torch compute with that many threads, and restore what it had."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def compare(
    ours: Callable, theirs: Callable, examples: int, rounds: int, seconds: float, clock: Callable[[], float]
) -> dict[str, float]:
    """Return the median examples per second of two functions that take turns, and the median ratio of a turn.

    Who goes first changes from turn to turn, and both take the same number of calls.
    """
    for call in (ours, theirs, theirs, ours):
        call()  # the first call creates the optimizer's state and fills caches
    started = clock()
    theirs()
    calls = max(1, round(seconds / max(clock() - started, 1e-6)))
    times: dict[Callable, list[float]] = {ours: [], theirs: []}
    limit = time.monotonic() + LIMIT
    for turn in range(rounds):
        if turn > 2 and time.monotonic() > limit:
            break
        for call in (ours, theirs) if turn % 2 else (theirs, ours):
            started = clock()
            for _ in range(calls):
                call()
            times[call].append((clock() - started) / calls)
    ratio = statistics.median(b / a for a, b in zip(times[ours], times[theirs], strict=True))
    speed = {call: examples / statistics.median(passed) for call, passed in times.items()}
    return {"ours": round(speed[ours], 1), "library": round(speed[theirs], 1), "ratio": round(ratio, 3)}


def utilisation(activation: str, rounds: int, seconds: float, clock: Callable[[], float]) -> dict[str, float]:
    """Return GFLOP/s of a large matrix product and of our ViT's training step, and their ratio."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    step, _, _ = vit_steps(activation)
    with FlopCounterMode(display=False) as counter:
        step()
    square = torch.randn(1024, 1024)
    turns = compare(lambda: square @ square, step, 1, rounds, seconds, clock)
    peak, achieved = turns["ours"] * 2 * 1024**3 / 1e9, turns["library"] * counter.get_total_flops() / 1e9
    return {
        "peak_gflops": round(peak, 1),
        "achieved_gflops": round(achieved, 1),
        "utilisation": round(achieved / peak, 2),
    }


def pairs() -> tuple[dict[str, Callable[[str], Pair]], list[str]]:
    """Return name → a function that makes the pair for an activation, and notes on what is left out."""
    makers: dict[str, Callable[[str], Pair]] = {
        "vit_step_vs_transformers": vit_steps,
        "clip_caption_step_vs_transformers": lambda activation: clip_steps(activation, CAPTION),
        "clip_full_step_vs_transformers": lambda activation: clip_steps(activation, LENGTH),
        "block_vs_transformers": block_pair,
        "cross_attention_vs_torch": attention_pair,
        "decoder_block_vs_torch": decoder_pair,
        "gated_block_vs_idefics": gated_pair,
        "resampler_vs_idefics": resampler_pair,
        "query_transformer_vs_blip2": query_pair,
        "token_fusion_vs_torch": token_fusion_pair,
        "cross_fusion_vs_torch": cross_fusion_pair,
    }
    notes = [
        "gated_block: Idefics has RMS norms and an MLP of three matrices; hidden widths give equal parameters.",
        "ConcatFusion and LateFusion have no counterpart in a library.",
    ]
    if importlib.util.find_spec("vit_pytorch") and importlib.util.find_spec("einops"):
        makers["vit_step_vs_vit_pytorch"] = vit_pytorch_steps
    else:
        notes.append("vit-pytorch is not installed: left out.")
    return makers, notes


def training_step(model: Any, loss: Callable) -> Callable[[], None]:
    """Return a function that takes one step of fused AdamW on that loss."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step() -> None:
        """Take one training step."""
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return step


def passes(model: Any, output: Callable) -> Callable[[], None]:
    """Return a function that runs forward and backward once, with gradients for every parameter."""

    def both() -> None:
        """Run forward and backward."""
        model.zero_grad()
        output().square().mean().backward()

    return both


def vit_steps(activation: str) -> Pair:
    """Return a training step of our ViT and one of ViTModel, on the same pixels."""
    import torch
    from transformers import ViTConfig, ViTModel

    from mmlab.models import vit, weights

    ours = vit.ViT(vit.VisionConfig(activation=activation))
    theirs = ViTModel(ViTConfig(**weights.vit_config(ours)), add_pooling_layer=False)
    pixels = torch.randn(BATCH, 3, 32, 32)
    return (
        training_step(ours, lambda: ours(pixels).square().mean()),
        training_step(theirs, lambda: theirs(pixels).last_hidden_state.square().mean()),
        BATCH,
    )


def vit_pytorch_steps(activation: str) -> Pair:
    """Return a training step of our ViT with ten classes and one of vit-pytorch's, on the same pixels.

    vit-pytorch normalises its patches before and after the projection, and has no biases in attention.
    Its package needs torchvision, so only the file of the plain ViT is loaded. It knows GELU only.
    """
    import torch

    from mmlab.models import vit

    package = importlib.util.find_spec("vit_pytorch")
    path = Path(package.submodule_search_locations[0], "vit.py")
    spec = importlib.util.spec_from_file_location("mmlab_bench_vit_pytorch", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    config = vit.VisionConfig(activation="gelu")
    ours = vit.Classifier(vit.ViT(config), {"class": 10})
    theirs = module.ViT(
        image_size=config.image_size,
        patch_size=config.patch,
        num_classes=10,
        dim=config.width,
        depth=config.layers,
        heads=config.heads,
        mlp_dim=round(config.mlp_ratio * config.width),
        dim_head=config.width // config.heads,
    )
    pixels = torch.randn(BATCH, 3, 32, 32)
    return (
        training_step(ours, lambda: ours(pixels)["class"].square().mean()),
        training_step(theirs, lambda: theirs(pixels).square().mean()),
        BATCH,
    )


def clip_steps(activation: str, caption: int) -> Pair:
    """Return a training step of our CLIP and one of CLIPModel, on texts of `caption` ids."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    from mmlab.losses import contrastive_loss_of_logits
    from mmlab.models import clip, weights

    ours = clip.small(VOCABULARY, LENGTH, activation=activation)
    theirs = CLIPModel(CLIPConfig(**weights.clip_config(ours)))
    pixels = torch.randn(BATCH, 3, 32, 32)
    ids = torch.randint(1, VOCABULARY - 2, (BATCH, LENGTH))
    ids[:, caption - 1], ids[:, caption:] = VOCABULARY - 1, 0
    return (
        training_step(ours, lambda: contrastive_loss_of_logits(ours(pixels, ids))),
        training_step(theirs, lambda: theirs(input_ids=ids, pixel_values=pixels, return_loss=True).loss),
        BATCH,
    )


def sequences(width: int = WIDTH) -> tuple[Any, Any, Any]:
    """Return x (B, T, D), a context (B, S, width) and the mask (B, S) of its ragged lengths."""
    import torch

    lengths = torch.arange(ROWS) % CONTEXT + 1
    mask = torch.arange(CONTEXT) < lengths[:, None]
    return torch.randn(ROWS, TOKENS, WIDTH), torch.randn(ROWS, CONTEXT, width), mask


def block_pair(activation: str) -> Pair:
    """Return passes of our transformer block and of ViTLayer."""
    from transformers import ViTConfig
    from transformers.models.vit.modeling_vit import ViTLayer

    from mmlab.models import vit, weights

    config = vit.VisionConfig(width=WIDTH, heads=HEADS, activation=activation)
    model = vit.ViT(config)
    ours = model.blocks[0]
    theirs = ViTLayer(ViTConfig(**weights.vit_config(model), attn_implementation="sdpa"))
    x, _, _ = sequences()
    return passes(ours, lambda: ours(x)), passes(theirs, lambda: theirs(x)), ROWS


def attention_pair(activation: str) -> Pair:
    """Return passes of our cross-attention and of MultiheadAttention with kdim; the activation has no part."""
    from torch import nn

    from mmlab.models.attention import MultiHeadAttention

    width = 3 * WIDTH // 4
    ours = MultiHeadAttention(WIDTH, HEADS, context_width=width)
    theirs = nn.MultiheadAttention(WIDTH, HEADS, kdim=width, vdim=width, batch_first=True)
    x, context, mask = sequences(width)
    return (
        passes(ours, lambda: ours(x, context, mask[:, None, None])),
        passes(theirs, lambda: theirs(x, context, context, key_padding_mask=~mask, need_weights=False)[0]),
        ROWS,
    )


def torch_activation(activation: str) -> Callable:
    """Return our activation layer as torch's layers take it: a name, or a function."""
    from mmlab.models.attention import activation_layer

    return activation if activation in ("relu", "gelu") else activation_layer(activation)


def decoder_pair(activation: str) -> Pair:
    """Return passes of our decoder block and of TransformerDecoderLayer, causal and with padding."""
    from torch import nn

    from mmlab.models.attention import causal_mask
    from mmlab.models.fusion import DecoderBlock

    ours = DecoderBlock(WIDTH, HEADS, activation=activation)
    theirs = nn.TransformerDecoderLayer(
        WIDTH, HEADS, 4 * WIDTH, 0.0, torch_activation(activation), batch_first=True, norm_first=True
    )
    x, context, mask = sequences()
    causal, padding = ~causal_mask(TOKENS), ~mask
    return (
        passes(ours, lambda: ours(x, context, context_mask=mask)),
        passes(theirs, lambda: theirs(x, context, tgt_mask=causal, memory_key_padding_mask=padding)),
        ROWS,
    )


def gated_pair(activation: str) -> Pair:
    """Return passes of our gated block and of IdeficsGatedCrossAttentionLayer, with as many parameters."""
    import torch
    from transformers import IdeficsConfig
    from transformers.models.idefics.modeling_idefics import IdeficsGatedCrossAttentionLayer

    from mmlab.models import weights
    from mmlab.models.fusion import GatedCrossBlock

    context_width = 3 * WIDTH // 4
    config = IdeficsConfig(
        hidden_size=WIDTH,
        num_attention_heads=HEADS,
        intermediate_size=8 * WIDTH // 3,
        hidden_act=weights.ACTIVATIONS[activation],
        alpha_type="float",
        qk_layer_norms=False,
        vision_config={"embed_dim": context_width},
        attn_implementation="sdpa",
    )
    ours = GatedCrossBlock(WIDTH, HEADS, activation=activation, context_width=context_width)
    theirs = IdeficsGatedCrossAttentionLayer(config, layer_idx=0)
    x, context, mask = sequences(context_width)
    additive = torch.zeros(ROWS, 1, TOKENS, CONTEXT).masked_fill(~mask[:, None, None], float("-inf"))
    every = torch.ones(ROWS, TOKENS)
    return (
        passes(ours, lambda: ours(x, context, mask)),
        passes(
            theirs,
            lambda: theirs(
                x, image_hidden_states=context, image_attention_mask=additive, cross_attention_gate=every
            ),
        ),
        ROWS,
    )


def resampler_pair(activation: str) -> Pair:
    """Return passes of our resampler and of IdeficsPerceiverResampler; both with ReLU, which Idefics has fixed."""
    from transformers import IdeficsConfig
    from transformers.models.idefics.perceiver import IdeficsPerceiverResampler

    from mmlab.models.fusion import Resampler

    config = IdeficsConfig(
        vision_config={"embed_dim": WIDTH}, perceiver_config={"qk_layer_norms_perceiver": False}
    )
    ours = Resampler(WIDTH, HEADS, latents=8, layers=2, activation="relu")
    theirs = IdeficsPerceiverResampler(
        config, embed_dim=WIDTH, depth=2, n_heads=HEADS, head_dim=WIDTH // HEADS, n_latents=8
    )
    _, features, _ = sequences()
    return passes(ours, lambda: ours(features)), passes(theirs, lambda: theirs(features)), ROWS


def query_pair(activation: str) -> Pair:
    """Return passes of our query transformer and of Blip2QFormerModel."""
    from torch import nn
    from transformers import Blip2QFormerConfig, Blip2QFormerModel

    from mmlab.models import weights
    from mmlab.models.fusion import QueryTransformer

    context_width = 3 * WIDTH // 4
    config = Blip2QFormerConfig(
        hidden_size=WIDTH,
        num_attention_heads=HEADS,
        num_hidden_layers=2,
        intermediate_size=4 * WIDTH,
        encoder_hidden_size=context_width,
        hidden_act=weights.ACTIVATIONS[activation],
        use_qformer_text_input=False,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    ours = QueryTransformer(WIDTH, HEADS, queries=8, activation=activation, context_width=context_width)
    theirs = Blip2QFormerModel(config)
    theirs.queries = nn.Parameter(ours.queries.detach().clone())
    _, features, mask = sequences(context_width)
    ids = mask.long()
    return (
        passes(ours, lambda: ours(features, mask)),
        passes(
            theirs,
            lambda: (
                theirs(
                    theirs.queries.expand(ROWS, -1, -1),
                    encoder_hidden_states=features,
                    encoder_attention_mask=ids,
                ).last_hidden_state
            ),
        ),
        ROWS,
    )


def features() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return parts and masks of two modalities: image tokens, and audio tokens of ragged lengths."""
    x, context, mask = sequences(WIDTH // 2)
    return {"image": x, "audio": context}, {"audio": mask}


def token_fusion_pair(activation: str) -> Pair:
    """Return passes of our TokenFusion and of linear layers and a TransformerEncoderLayer."""
    import torch
    from torch import nn

    from mmlab.models.fusion import TokenFusion

    parts, present = features()
    widths = {name: part.shape[2] for name, part in parts.items()}
    ours = TokenFusion(widths, WIDTH, HEADS, activation=activation)

    class Library(nn.Module):
        """The same from torch's layers."""

        def __init__(self):
            super().__init__()
            self.project = nn.ModuleDict({name: nn.Linear(size, WIDTH) for name, size in widths.items()})
            self.kinds = nn.Parameter(torch.randn(len(widths), WIDTH))
            self.summary = nn.Parameter(torch.randn(WIDTH))
            self.layer = nn.TransformerEncoderLayer(
                WIDTH, HEADS, 4 * WIDTH, 0.0, torch_activation(activation), batch_first=True, norm_first=True
            )
            self.norm = nn.LayerNorm(WIDTH)
            self.padding = torch.cat([torch.zeros(ROWS, 1 + TOKENS).bool(), ~present["audio"]], dim=1)

        def forward(self):
            """Return the fused vectors (B, D)."""
            x = [
                self.project[name](part) + kind
                for (name, part), kind in zip(parts.items(), self.kinds, strict=True)
            ]
            x = torch.cat([self.summary.expand(ROWS, 1, -1), *x], dim=1)
            return self.norm(self.layer(x, src_key_padding_mask=self.padding)[:, 0])

    theirs = Library()
    return passes(ours, lambda: ours(parts, present)), passes(theirs, theirs), ROWS


def cross_fusion_pair(activation: str) -> Pair:
    """Return passes of our CrossFusion and of linear layers and a MultiheadAttention, both with GELU."""
    import torch
    from torch import nn

    from mmlab.models.fusion import CrossFusion

    parts, present = features()
    widths = {name: part.shape[2] for name, part in parts.items()}
    ours = CrossFusion(widths, WIDTH, HEADS)

    class Library(nn.Module):
        """The same from torch's layers, without the vector for a missing modality."""

        def __init__(self):
            super().__init__()
            self.project = nn.ModuleDict({name: nn.Linear(size, WIDTH) for name, size in widths.items()})
            self.nothing = nn.Parameter(torch.randn(WIDTH))
            self.norm_context, self.norm1, self.norm2, self.norm = (nn.LayerNorm(WIDTH) for _ in range(4))
            self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
            self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
            self.padding = torch.cat([torch.zeros(ROWS, 1).bool(), ~present["audio"]], dim=1)

        def forward(self):
            """Return the fused vectors (B, D)."""
            x = self.project["image"](parts["image"]).mean(dim=1, keepdim=True)
            audio = self.project["audio"](parts["audio"])
            context = self.norm_context(torch.cat([self.nothing.expand(ROWS, 1, -1), audio], dim=1))
            query, padding = self.norm1(x), self.padding
            x = x + self.attention(query, context, context, key_padding_mask=padding, need_weights=False)[0]
            return self.norm(x + self.mlp(self.norm2(x)))[:, 0]

    theirs = Library()
    return passes(ours, lambda: ours(parts, present)), passes(theirs, theirs), ROWS
