"""Training: the loop `fit`, two optimizers, and the course's CLIP recipe."""

from mmlab.train.checkpoint import History
from mmlab.train.clip import (
    CLIP_STEPS,
    WARM_CLIP_STEPS,
    WARM_UP_STEPS,
    batch_for,
    best_device,
    classification_loss,
    embedding_loss,
    train_clip,
    warm_up_vision,
)
from mmlab.train.loop import fit, one_cycle
from mmlab.train.optimizers import Muon, adamw, muon, orthogonal

__all__ = [
    "CLIP_STEPS",
    "WARM_CLIP_STEPS",
    "WARM_UP_STEPS",
    "History",
    "Muon",
    "adamw",
    "batch_for",
    "best_device",
    "classification_loss",
    "embedding_loss",
    "fit",
    "muon",
    "one_cycle",
    "orthogonal",
    "train_clip",
    "warm_up_vision",
]
