"""How the shipped parts of the VLM were trained: the image encoder, the language model, and the whole.

mmlab train encoder     a ViT learns to name the shape in each patch
mmlab train language    a GPT learns from captions with questions and answers, without any image
mmlab train vlm         both and a projector learn to answer about images, in more steps than a lesson has
"""

import os
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmlab import data, world
from mmlab.models.language import LanguageModel
from mmlab.models.vit import ViT
from mmlab.models.vlm import IGNORE, VLM, answer_loss
from mmlab.train.loop import fit
from mmlab.train.vlm import (
    VISION,
    Turn,
    encode_turn,
    new_vlm,
    one_turn,
    padded,
    train_vlm,
    untrained_language,
    vlm_tokenizer,
)

Checkpoint = str | os.PathLike | None
OnStep = Callable[[int, float], object] | None


class PatchNamer(nn.Module):
    """A ViT with heads that name, for each patch, the shape whose centre lies in it, and the background."""

    def __init__(self, vision: ViT):
        super().__init__()
        self.vision, width = vision, vision.config.width
        names = ("kind", "colour", "size")
        self.heads = nn.ModuleDict({name: nn.Linear(width, len(data.ATTRIBUTES[name]) + 1) for name in names})
        self.background = nn.Linear(width, len(world.BACKGROUNDS))

    def forward(self, pixels: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the patches' logits by attribute (B, P, classes + 1), the last for none, and the background's (B, 3)."""
        tokens = self.vision(pixels)
        patches = {name: head(tokens[:, 1:]) for name, head in self.heads.items()}
        return patches, self.background(tokens[:, 0])


def patch_labels(scene: world.Scene) -> list[list[int]]:
    """Return each patch's kind, colour and size, as numbers; the highest number: no shape has its centre there."""
    side = VISION.image_size // VISION.patch
    none = [len(data.ATTRIBUTES[name]) for name in ("kind", "colour", "size")]
    labels = [list(none) for _ in range(side * side)]
    for shape in scene.shapes:
        row, column = (min(side - 1, position * side // world.CANVAS) for position in (shape.y, shape.x))
        labels[row * side + column] = [
            data.ATTRIBUTES[name].index(getattr(shape, name)) for name in ("kind", "colour", "size")
        ]
    return labels


def train_encoder(
    steps: int = 3000, *, seed: int = 0, checkpoint: Checkpoint = None, on_step: OnStep = None
) -> ViT:
    """Train the image encoder on scenes of one to three shapes and return it; `PatchNamer`'s heads are dropped.

    A patch in which no shape has its centre counts 0.15, since most patches are such.
    """

    def draw(step: int) -> tuple[Tensor, Tensor, Tensor]:
        scenes = world.sample(128, data.seed_of(seed, step), "train", (1, 3))
        backgrounds = [data.ATTRIBUTES["background"].index(scene.background) for scene in scenes]
        labels = torch.tensor([patch_labels(scene) for scene in scenes])  # (B, P, 3)
        pixels = data.preprocess(world.render(scenes, VISION.image_size))
        return pixels, labels, torch.tensor(backgrounds)

    def loss(model: PatchNamer, pixels: Tensor, labels: Tensor, backgrounds: Tensor) -> Tensor:
        patches, background = model(pixels)
        weight = torch.where(labels[..., 0] < len(world.KINDS), 1.0, 0.15).flatten()
        total = 0.3 * F.cross_entropy(background, backgrounds)
        for logits, column in zip(patches.values(), labels.unbind(2), strict=True):
            each = F.cross_entropy(logits.flatten(0, 1), column.flatten(), reduction="none")
            total = total + (weight * each).sum() / weight.sum()
        return total

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = PatchNamer(ViT(VISION))
    fit(model, data.Stream(draw), loss, steps, seed=seed, checkpoint=checkpoint, on_step=on_step)
    return model.vision


def train_language(
    steps: int = 8000, *, seed: int = 0, checkpoint: Checkpoint = None, on_step: OnStep = None
) -> LanguageModel:
    """Train the language model on texts alone and return it: a caption, then two questions with their answers.

    What a caption does not tell, where each shape is, is not asked. In half of the texts the
    caption is learned too; questions never are.
    """
    tokenizer = vlm_tokenizer()

    def text(scene: world.Scene, rng: np.random.Generator) -> tuple[list[int], list[int]]:
        ids = [tokenizer.start, *(tokenizer.ids[word] for word in world.words(world.caption(scene)))]
        labels = list(ids) if rng.random() < 0.5 else [IGNORE] * len(ids)
        for _ in range(2):
            more = encode_turn(tokenizer, ask(scene, rng), images=0)
            ids, labels = ids + more[0][1:], labels + more[1][1:]  # without another start
        return ids, labels

    def ask(scene: world.Scene, rng: np.random.Generator) -> Turn:
        while (turn := one_turn(scene, rng, relations=False)).type == "caption":
            pass
        return turn

    def draw(step: int) -> tuple[Tensor, Tensor]:
        number = data.seed_of(seed, step)
        rng = np.random.default_rng(number)
        rows = [text(scene, rng) for scene in world.sample(64, number, "train", (1, 2))]
        return padded([row[0] for row in rows], tokenizer.pad), padded([row[1] for row in rows], IGNORE)

    def loss(model: LanguageModel, ids: Tensor, labels: Tensor) -> Tensor:
        return answer_loss(model(ids), labels)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = untrained_language()
    fit(model, data.Stream(draw), loss, steps, seed=seed, checkpoint=checkpoint, on_step=on_step)
    return model


def train_captioner(
    steps: int = 8000, *, seed: int = 0, checkpoint: Checkpoint = None, on_step: OnStep = None
) -> VLM:
    """Train a VLM of the shipped encoder and language model on scenes of one or two shapes and return it."""
    model = new_vlm(seed)
    train_vlm(model, vlm_tokenizer(), steps, shapes=(1, 2), seed=seed, checkpoint=checkpoint, on_step=on_step)
    return model
