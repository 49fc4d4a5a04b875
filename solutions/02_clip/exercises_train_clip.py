"""train_clip: its cases, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception

ATTRIBUTES = (8, 6, 2, 4)  # colours, kinds, sizes, backgrounds
PAIRS, IMAGES, CAPTIONS, WIDTH = 128, 24, 12, 8


def cases_for_train_clip(rng: np.random.Generator) -> list[dict]:
    """Three pairs of towers; the hidden images and captions share no scene with the training pairs."""
    return [_case(rng, image_width=20 + number, text_width=14 - number) for number in range(3)]


def _case(rng: np.random.Generator, image_width: int, text_width: int) -> dict:
    towers = [_tower(rng, image_width, clutter=3), _tower(rng, text_width, clutter=2)]
    scenes = rng.permutation(int(np.prod(ATTRIBUTES)))[: PAIRS + CAPTIONS]
    seen, unseen = scenes[:PAIRS], scenes[PAIRS:]
    truth = rng.permutation(np.concatenate([np.arange(CAPTIONS), rng.integers(0, CAPTIONS, IMAGES - CAPTIONS)]))
    starts = [rng.standard_normal((width, WIDTH)) / np.sqrt(width) for width in (image_width, text_width)]
    given = {
        "image": _features(rng, towers[0], seen),
        "text": _features(rng, towers[1], seen),
        "image_projection": torch.from_numpy(np.round(starts[0], 2).astype(np.float32)),
        "text_projection": torch.from_numpy(np.round(starts[1], 2).astype(np.float32)),
        "steps": 150,
        "learning_rate": 0.05,
    }
    inputs = {"image": _features(rng, towers[0], unseen[truth]), "text": _features(rng, towers[1], unseen)}
    return {"given": given, "inputs": inputs, "truth": torch.from_numpy(truth)}


def _tower(rng: np.random.Generator, width: int, clutter: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where a tower puts each attribute value, and the directions of what a caption never tells."""
    return rng.standard_normal((sum(ATTRIBUTES), width)), 2.5 * rng.standard_normal((clutter, width))


def _features(rng: np.random.Generator, tower: tuple, scenes: np.ndarray) -> torch.Tensor:
    """Return a frozen tower's features of scenes: (N,) scene numbers → (N, width), in quarters to compress."""
    places, clutter = tower
    values = np.unravel_index(scenes, ATTRIBUTES)
    told = np.concatenate([np.eye(size)[value] for size, value in zip(ATTRIBUTES, values, strict=True)], axis=1)
    untold = rng.standard_normal((len(scenes), len(clutter))) @ clutter
    drawn = told @ places + untold + 0.1 * rng.standard_normal((len(scenes), places.shape[1]))
    return torch.from_numpy((np.round(4 * drawn) / 4).astype(np.float32))


def train_clip__never_updates(image, text, *, image_projection, text_projection, steps, learning_rate):
    image_projection = nn.Parameter(image_projection)
    text_projection = nn.Parameter(text_projection)
    log_scale = nn.Parameter(torch.zeros(()))
    optimiser = torch.optim.Adam([image_projection, text_projection, log_scale], lr=learning_rate)

    def logits(image, text):
        image = F.normalize(image @ image_projection, dim=-1)
        return log_scale.exp() * image @ F.normalize(text @ text_projection, dim=-1).T

    target = torch.arange(len(image))
    for _ in range(steps):
        scores = logits(image, text)
        loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
        optimiser.zero_grad()
        loss.backward()
    return lambda image, text: logits(image, text).softmax(dim=1)


def train_clip__shuffled_pairs(image, text, *, image_projection, text_projection, steps, learning_rate):
    image_projection = nn.Parameter(image_projection)
    text_projection = nn.Parameter(text_projection)
    log_scale = nn.Parameter(torch.zeros(()))
    optimiser = torch.optim.Adam([image_projection, text_projection, log_scale], lr=learning_rate)

    def logits(image, text):
        image = F.normalize(image @ image_projection, dim=-1)
        return log_scale.exp() * image @ F.normalize(text @ text_projection, dim=-1).T

    target = torch.arange(len(image))
    for _ in range(steps):
        scores = logits(image[torch.randperm(len(image))], text[torch.randperm(len(text))])
        loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return lambda image, text: logits(image, text).softmax(dim=1)


def train_clip__image_projection_only(image, text, *, image_projection, text_projection, steps, learning_rate):
    image_projection = nn.Parameter(image_projection)
    log_scale = nn.Parameter(torch.zeros(()))
    optimiser = torch.optim.Adam([image_projection, log_scale], lr=learning_rate)

    def logits(image, text):
        image = F.normalize(image @ image_projection, dim=-1)
        return log_scale.exp() * image @ F.normalize(text @ text_projection, dim=-1).T

    target = torch.arange(len(image))
    for _ in range(steps):
        scores = logits(image, text)
        loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return lambda image, text: logits(image, text).softmax(dim=1)


def train_clip__scale_stays(image, text, *, image_projection, text_projection, steps, learning_rate):
    image_projection = nn.Parameter(image_projection)
    text_projection = nn.Parameter(text_projection)
    log_scale = nn.Parameter(torch.zeros(()))
    optimiser = torch.optim.Adam([image_projection, text_projection], lr=learning_rate)

    def logits(image, text):
        image = F.normalize(image @ image_projection, dim=-1)
        return log_scale.exp() * image @ F.normalize(text @ text_projection, dim=-1).T

    target = torch.arange(len(image))
    for _ in range(steps):
        scores = logits(image, text)
        loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return lambda image, text: logits(image, text).softmax(dim=1)


def train_clip__as_a_module(image, text, *, image_projection, text_projection, steps, learning_rate):
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.image = nn.Linear(*image_projection.shape, bias=False)
            self.text = nn.Linear(*text_projection.shape, bias=False)
            self.log_scale = nn.Parameter(torch.tensor(0.0))
            with torch.no_grad():
                self.image.weight.copy_(image_projection.T)
                self.text.weight.copy_(text_projection.T)

        def logits(self, image, text):
            cosines = F.normalize(self.image(image), dim=-1) @ F.normalize(self.text(text), dim=-1).T
            return cosines * self.log_scale.exp()

        def forward(self, image, text):
            return self.logits(image, text).softmax(dim=-1)

    heads = Heads()
    optimiser = torch.optim.AdamW(heads.parameters(), lr=learning_rate)
    for _ in range(steps):
        logits = heads.logits(image, text)
        both = logits.log_softmax(dim=0).diagonal() + logits.log_softmax(dim=1).diagonal()
        optimiser.zero_grad()
        (-both.mean() / 2).backward()
        optimiser.step()
    return heads


def train_clip__in_batches(image, text, *, image_projection, text_projection, steps, learning_rate):
    parameters = [image_projection.clone(), text_projection.clone(), torch.zeros(())]
    for parameter in parameters:
        parameter.requires_grad_()
    optimiser = torch.optim.Adam(parameters, lr=learning_rate)
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        rows = torch.randperm(len(image), generator=generator)[:64]
        u = F.normalize(image[rows] @ parameters[0], dim=1)
        v = F.normalize(text[rows] @ parameters[1], dim=1)
        logits = u @ v.T * parameters[2].exp()
        loss = (logits.logsumexp(0) + logits.logsumexp(1) - 2 * logits.diagonal()).mean() / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    image_weight, text_weight, log_scale = [parameter.detach() for parameter in parameters]

    def predict(image, text):
        cosines = F.cosine_similarity((image @ image_weight)[:, None], (text @ text_weight)[None], dim=-1)
        return torch.softmax(cosines * log_scale.exp(), dim=-1)

    return predict


EXERCISE = Exercise(
    name="train_clip",
    difficulty=2,
    importance=5,
    minutes=20,
    needs=("clip_contrastive_loss", "learnable_logit_scale"),
    hints=(
        "Three parameters: `nn.Parameter(image_projection.clone())`, its text twin, "
        "and `nn.Parameter(torch.zeros(()))`. Hand all three to `torch.optim.Adam`.",
        "One step: project, normalise, cosines · exp(log_scale), both cross-entropies, then "
        "`zero_grad`, `backward`, `step`. Use all pairs in every step: 128 rows are one small matrix.",
        "Write the logits as a function of image and text inside `train_clip`: the loop uses it "
        "on the training pairs, and the predictor on whatever it is given, with a softmax along axis 1.",
    ),
    driver=Driver("predict"),
    cases=cases_for_train_clip,
    # over 120 drawn cases the reference reaches .93 to 1.00, one projection alone at most .74
    compare=Compare("likelihood", minimum=0.75, verdicts=False),
    misconceptions=(
        Misconception(
            train_clip__never_updates,
            "your predictions are those of the starting weights",
            "call optimiser.step() after loss.backward(), and predict with the parameters that it changed",
            detect=Compare("agreement", minimum=0.98),
        ),
        Misconception(
            train_clip__shuffled_pairs,
            "your images and texts are shuffled apart: there is nothing left to learn, and it learns nothing",
            "if you shuffle, index image and text with the same rows",
            detect=Compare("agreement", minimum=0.9),
        ),
        Misconception(
            train_clip__image_projection_only,
            "your text projection stays as it was, and what a caption's style adds is never filtered out",
            "give the optimiser both projections and the scale",
            detect=Compare("agreement", minimum=0.9),
        ),
        Misconception(
            train_clip__scale_stays,
            "your predictor finds the right captions but is not sure of them: the scale is still 1",
            "give log_scale to the optimiser, and multiply by its exp in the predictor too",
            detect=Compare("agreement", minimum=0.9),
        ),
    ),
    alternates=(train_clip__as_a_module, train_clip__in_batches),
)
