"""The course's CLIP training, which lessons, claims and tests share."""

import os
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmlab import data
from mmlab.losses import contrastive_loss
from mmlab.models.vit import Classifier, ViT
from mmlab.train.checkpoint import History
from mmlab.train.loop import fit

CLIP_STEPS = 350  # from scratch, under a minute on two cores without a GPU
WARM_UP_STEPS = 200
WARM_CLIP_STEPS = 150  # from a warmed-up image tower, where CLIP gets nearly as good
ATTRIBUTES = ("colour", "kind", "size")


def best_device() -> torch.device:
    """Return the GPU if this machine has one that torch can use, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def batch_for(model: nn.Module) -> int:
    """Return the course's batch size: 128 pairs on a CPU, 512 on a GPU."""
    return 128 if next(model.parameters()).device.type == "cpu" else 512


def embedding_loss(pair_loss: Callable[..., Tensor] = contrastive_loss) -> Callable[..., Tensor]:
    """Return a loss for `fit` from a loss on embeddings: `contrastive_loss`, `siglip_loss` or your own.

    pair_loss  pair_loss(image (B, E), text (B, E), temperature) -> () tensor; a model
               with a learned bias passes it as a fourth argument
    """

    def loss(model, pixels: Tensor, ids: Tensor) -> Tensor:
        learned = [model.temperature]
        if getattr(model, "logit_bias", None) is not None:
            learned.append(model.logit_bias)
        return pair_loss(model.encode_image(pixels), model.encode_text(ids), *learned)

    return loss


def train_clip(
    model: nn.Module,
    tokenizer,
    steps: int = CLIP_STEPS,
    *,
    loss: Callable[..., Tensor] = contrastive_loss,
    change: Callable[[data.Stream], data.Stream] | None = None,
    batch: int | None = None,
    learning_rate: float = 3e-3,
    seed: int = 0,
    checkpoint: str | os.PathLike | None = None,
    on_step: Callable[[int, float], object] | None = None,
) -> History:
    """Train a CLIP, in place, on fresh one-shape scenes and their plain captions.

    model      from `models.clip.small`, on the CPU or a GPU
    tokenizer  its WordTokenizer
    loss       a loss on embeddings, see `embedding_loss`
    change     a function that changes the stream of pairs, such as the control `evaluate.shuffled_pairs`
    batch      pairs per step; None: the default for the model's device
    others     as in `fit`
    returns    History
    """
    pairs = data.pairs(tokenizer, batch or batch_for(model), seed)
    return fit(
        model,
        change(pairs) if change else pairs,
        embedding_loss(loss),
        steps,
        learning_rate=learning_rate,
        seed=seed,
        checkpoint=checkpoint,
        on_step=on_step,
    )


def warm_up_vision(
    vision: ViT,
    steps: int = WARM_UP_STEPS,
    *,
    batch: int | None = None,
    learning_rate: float = 3e-3,
    seed: int = 0,
    checkpoint: str | os.PathLike | None = None,
    on_step: Callable[[int, float], object] | None = None,
) -> History:
    """Train an image tower, in place, to classify colour, kind and size; the heads are dropped.

    The scenes come from the split `train`, so the held-out pairs stay held out: `novel` is as
    new to a model built on this tower as to a model from scratch.

    vision   the ViT that a CLIP or a VLM starts from
    returns  History
    """
    model = Classifier(vision, {name: len(data.ATTRIBUTES[name]) for name in ATTRIBUTES})
    model.to(next(vision.parameters()).device)
    stream = data.labelled(batch or batch_for(vision), seed, attributes=ATTRIBUTES)
    return fit(
        model,
        stream,
        classification_loss,
        steps,
        learning_rate=learning_rate,
        seed=seed,
        checkpoint=checkpoint,
        on_step=on_step,
    )


def classification_loss(model: Classifier, pixels: Tensor, labels: Tensor) -> Tensor:
    """Return the sum of each head's cross-entropy; labels (B, heads) in the heads' order."""
    logits = model(pixels)
    return sum(F.cross_entropy(each, column) for each, column in zip(logits.values(), labels.T, strict=True))
