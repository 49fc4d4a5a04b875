"""Training steps per second of our ViT and CLIP compared with transformers, alternately in one run.

Both sides have the same weight shapes and activation, SDPA attention and fused AdamW.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

BATCH, LENGTH, VOCABULARY = 128, 32, 67
CAPTION = 10  # ids in "a large red circle on a grey background", start and end included


def measure(rounds: int = 15, steps: int = 4, activation: str = "gelu") -> dict[str, Any]:
    """Return steps per second of our model and the library's, and their ratio, for three pairs.

    rounds      number of turns of each side; the median counts
    steps       training steps per turn
    activation  of both sides, one of `mmlab.models.attention.ACTIVATIONS`
    returns     {"batch", "threads", "activation", "pairs": {name: {"ours", "library", "ratio"}}}

    "clip_caption" has captions of one shape, padded as a tokenizer pads them; our tower
    cuts the padding after the longest text, which does not change the result.
    "clip_full" has texts of full length.
    """
    import torch

    pairs = {
        "vit": vit_steps(activation),
        "clip_caption": clip_steps(activation, CAPTION),
        "clip_full": clip_steps(activation, LENGTH),
    }
    return {
        "batch": BATCH,
        "threads": torch.get_num_threads(),
        "activation": activation,
        "pairs": {name: compare(*pair, rounds, steps) for name, pair in pairs.items()},
    }


def compare(ours: Callable, theirs: Callable, rounds: int, steps: int) -> dict[str, float]:
    """Return the median steps per second of two step functions that take turns, and the ratio."""
    seconds: dict[Callable, list[float]] = {ours: [], theirs: []}
    for step in seconds:
        step()  # the first step creates the optimizer's state
    for _ in range(rounds):
        for step, times in seconds.items():
            started = time.perf_counter()
            for _ in range(steps):
                step()
            times.append((time.perf_counter() - started) / steps)
    ratio = statistics.median(b / a for a, b in zip(seconds[ours], seconds[theirs], strict=True))
    speed = {step: 1 / statistics.median(times) for step, times in seconds.items()}
    return {"ours": round(speed[ours], 2), "library": round(speed[theirs], 2), "ratio": round(ratio, 3)}


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


def vit_steps(activation: str) -> tuple[Callable, Callable]:
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
    )


def clip_steps(activation: str, caption: int) -> tuple[Callable, Callable]:
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
    )
