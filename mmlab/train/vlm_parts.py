"""How the shipped parts of the VLM were trained: the image encoder, the language model, and the whole.

mmlab train encoder     a ViT learns to name the shape in each patch
mmlab train language    a GPT learns from captions with questions and answers, without any image
mmlab train vlm         both and a projector learn to answer about images, in more steps than a lesson has
"""

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmlab import data, world
from mmlab.errors import InputError
from mmlab.files import write_together
from mmlab.models.inference import inference
from mmlab.models.language import LanguageModel
from mmlab.models.vit import ViT
from mmlab.models.vlm import IGNORE, answer_loss
from mmlab.models.vlm import VLM as VisionLanguageModel
from mmlab.train.checkpoint import History
from mmlab.train.loop import fit
from mmlab.train.vlm import (
    SHIPPED,
    VISION,
    Turn,
    encode_turn,
    exact_match,
    new_vlm,
    one_turn,
    padded,
    shares_by_type,
    train_vlm,
    untrained_language,
    vlm_tokenizer,
)

Checkpoint = str | os.PathLike | None
OnStep = Callable[[int, float], object] | None
NAMED = ("kind", "colour", "size")  # what the encoder learns to name, in the order of its heads


class PatchNamer(nn.Module):
    """A ViT with heads that name, for each patch, the shape whose centre lies in it, and the background."""

    def __init__(self, vision: ViT):
        super().__init__()
        self.vision, width = vision, vision.config.width
        self.heads = nn.ModuleDict({name: nn.Linear(width, len(data.ATTRIBUTES[name]) + 1) for name in NAMED})
        self.background = nn.Linear(width, len(world.BACKGROUNDS))

    def forward(self, pixels: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the patches' logits by attribute (B, P, classes + 1), the last for none, and the background's (B, 3)."""
        tokens = self.vision(pixels)
        patches = {name: head(tokens[:, 1:]) for name, head in self.heads.items()}
        return patches, self.background(tokens[:, 0])


def patch_labels(scene: world.Scene) -> list[list[int]]:
    """Return each patch's kind, colour and size, as numbers; the highest number: no shape has its centre there."""
    side = VISION.image_size // VISION.patch
    none = [len(data.ATTRIBUTES[name]) for name in NAMED]
    labels = [list(none) for _ in range(side * side)]
    for shape in scene.shapes:
        row, column = (min(side - 1, position * side // world.CANVAS) for position in (shape.y, shape.x))
        labels[row * side + column] = [data.ATTRIBUTES[name].index(getattr(shape, name)) for name in NAMED]
    return labels


def train_encoder(
    steps: int = 3000, *, seed: int = 0, checkpoint: Checkpoint = None, on_step: OnStep = None
) -> tuple[PatchNamer, History]:
    """Train the image encoder on scenes of one to three shapes; return it with its heads, and the history.

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
    history = fit(model, data.Stream(draw), loss, steps, seed=seed, checkpoint=checkpoint, on_step=on_step)
    return model, history


def train_language(
    steps: int = 8000, *, seed: int = 0, checkpoint: Checkpoint = None, on_step: OnStep = None
) -> tuple[LanguageModel, History]:
    """Train the language model on texts alone; return it and the history: a caption, then two questions with their answers.

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
    history = fit(model, data.Stream(draw), loss, steps, seed=seed, checkpoint=checkpoint, on_step=on_step)
    return model, history


def train_captioner(
    steps: int = 8000, *, seed: int = 0, checkpoint: Checkpoint = None, on_step: OnStep = None
) -> tuple[VisionLanguageModel, History]:
    """Train a VLM of the shipped encoder and language model on scenes of one or two shapes; return it and the history."""
    model = new_vlm(seed)
    history = train_vlm(
        model, vlm_tokenizer(), steps, shapes=(1, 2), seed=seed, checkpoint=checkpoint, on_step=on_step
    )
    return model, history


def named_patches(model: PatchNamer, count: int = 1000) -> dict[str, float]:
    """Return the share of test shapes whose kind, colour and size the encoder names, in scenes of one to three."""
    scenes = world.sample(count, 11, "test", (1, 3))
    labels = torch.tensor([patch_labels(scene) for scene in scenes])
    with inference(model):
        patches, _ = model(data.preprocess(world.render(scenes, VISION.image_size)))
    visible = labels[..., 0] < len(world.KINDS)
    right = {
        name: (logits.argmax(2) == column)[visible]
        for (name, logits), column in zip(patches.items(), labels.unbind(2), strict=True)
    }
    return {name: column.float().mean().item() for name, column in right.items()}


def answers_from_captions(model: LanguageModel, count: int = 600) -> dict[str, float]:
    """Return the share of questions that the language model answers from a scene's caption, by type and in all."""
    tokenizer, rng = vlm_tokenizer(), np.random.default_rng(5)
    right: dict[str, list[bool]] = {}
    for scene in world.sample(count, 11, "test", (1, 2)):
        turn = one_turn(scene, rng, relations=False)
        if turn.type != "caption":
            words = world.words(f"{world.caption(scene)} {turn.prompt}")
            ids = torch.tensor([[tokenizer.start, *(tokenizer.ids[word] for word in words)]])
            with torch.no_grad():
                output = int(model(ids)[0, -1].argmax())
            right.setdefault(turn.type, []).append(output == tokenizer.ids[turn.answer])
    return shares_by_type(right)


def answers_about_images(model: VisionLanguageModel, count: int = 600) -> dict[str, float]:
    """Return the exact match of a VLM on test scenes of one or two shapes, by type and in all."""
    scenes, rng = world.sample(count, 11, "test", (1, 2)), np.random.default_rng(5)
    return exact_match(model, vlm_tokenizer(), scenes, [one_turn(scene, rng) for scene in scenes])


@dataclass(frozen=True)
class Recipe:
    """How one shipped file is made and measured, as `mmlab train` calls it.

    part     the name in `SHIPPED`
    STEPS    of the shipped file
    make     make(steps, seed=, checkpoint=, on_step=) -> the trained model and its history
    title    what `measure` gives
    measure  measure(model) -> shares
    keep     the prefix of the weights that are shipped; "": all but the frozen encoder's
    """

    part: str
    STEPS: int
    make: Callable[..., tuple[Any, History]]
    title: str
    measure: Callable[[Any], dict[str, float]]
    keep: str = ""

    def train(
        self, steps: int, folder: str | Path, *, seed: int = 0, on_step: OnStep = None
    ) -> dict[str, Any]:
        """Train, write the weights (float16) and their record to a folder, and return the record.

        steps    total number, including earlier sessions: a checkpoint in the folder is continued
        returns  the record; with "interrupted" true after Ctrl-C, when only the checkpoint is written
        raises   InputError  for steps below 1, and for a checkpoint of another number of steps
        """
        if steps < 1:
            raise InputError(f"train: steps={steps}", "at least 1 step", f"pass steps={self.STEPS}")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        model, history = self.make(
            steps, seed=seed, checkpoint=folder / f"{self.part}.checkpoint", on_step=on_step
        )
        record = history.record(steps, seed)
        if history.interrupted:
            return record
        state = {
            name.removeprefix(self.keep): tensor.numpy().astype(np.float16)
            for name, tensor in model.state_dict().items()
            if (name.startswith(self.keep) if self.keep else not name.startswith("vision."))
        }
        record["measured"] = {
            self.title: {name: round(share, 3) for name, share in self.measure(model).items()}
        }
        content = io.BytesIO()
        np.savez(content, **state)
        text = json.dumps(record, indent=1) + "\n"
        write_together(
            {
                folder / SHIPPED[self.part]: content.getvalue(),
                folder / Path(SHIPPED[self.part]).with_suffix(".json"): text.encode(),
            }
        )
        return record


ENCODER = Recipe("encoder", 3000, train_encoder, "shapes named", named_patches, keep="vision.")
LANGUAGE = Recipe("language", 8000, train_language, "answers from captions", answers_from_captions)
VLM = Recipe("vlm", 8000, train_captioner, "answers about images", answers_about_images)
