"""clip_contrastive_loss: its cases, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np
import torch
from exercises_clip_draw import vectors
from torch.nn import functional as F

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_clip_contrastive_loss(rng: np.random.Generator) -> list[dict]:
    """Unequal sizes, no unit vector, temperatures on both sides of 1, two kinds of mismatch."""
    sizes = [(3, 5, 0.5, 1.0, 1.0), (4, 3, 0.07, 3.0, 0.05), (5, 2, 2.5, 0.1, 1.0), (2, 6, 0.2, 10.0, 1.0)]
    good = [
        {"args": [vectors(rng, b, d, one), vectors(rng, b, d, other), temperature], "kwargs": {}}
        for b, d, temperature, one, other in sizes
    ]
    bad = [
        {"args": [vectors(rng, 3, 4), vectors(rng, 2, 4), 0.5], "kwargs": {}},
        {"args": [vectors(rng, 2, 4), vectors(rng, 3, 4), 0.5], "kwargs": {}},
        {"args": [vectors(rng, 3, 5), vectors(rng, 3, 4), 0.5], "kwargs": {}},
    ]
    return good + bad


def clip_contrastive_loss__no_normalisation(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = image @ text.T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def clip_contrastive_loss__multiplies_by_temperature(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T * temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def clip_contrastive_loss__no_temperature(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def clip_contrastive_loss__one_direction(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(logits)))


def clip_contrastive_loss__sum_of_directions(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    target = torch.arange(len(logits))
    return F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)


def clip_contrastive_loss__normalises_columns(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=0) @ F.normalize(text, dim=0).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def clip_contrastive_loss__no_shape_check(image, text, temperature):
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def clip_contrastive_loss__by_hand(image, text, temperature):
    if image.shape[0] != text.shape[0] or image.shape[1] != text.shape[1]:
        raise ValueError(f"{tuple(image.shape)} against {tuple(text.shape)}")
    image = image / image.square().sum(1, keepdim=True).sqrt()
    text = text / text.square().sum(1, keepdim=True).sqrt()
    logits = torch.einsum("id,td->it", image, text) / temperature
    own = logits.diagonal()
    return (logits.logsumexp(1) + logits.logsumexp(0) - 2 * own).mean() / 2


def clip_contrastive_loss__loops(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("one caption for each image, of the same width")
    total = 0.0
    for i in range(len(image)):
        to_text = torch.stack([F.cosine_similarity(image[i], t, dim=0) for t in text]) / temperature
        to_image = torch.stack([F.cosine_similarity(text[i], m, dim=0) for m in image]) / temperature
        total = total - F.log_softmax(to_text, dim=0)[i] - F.log_softmax(to_image, dim=0)[i]
    return total / (2 * len(image))


EXERCISE = Exercise(
    name="clip_contrastive_loss",
    difficulty=2,
    importance=5,
    minutes=20,
    hints=(
        "`F.normalize(x, dim=-1)` makes rows of length 1. The cosine of every image with every text "
        "is then one matrix product, (B, D) @ (D, B).",
        "Row i of that matrix, divided by the temperature, is a list of B class scores, and its right "
        "class is i: `F.cross_entropy(logits, torch.arange(B))`. Transposed, the rows are the texts.",
        "Compare the two shapes before you multiply anything, and `raise ValueError(...)` when they differ.",
    ),
    driver=Driver("call", gradient=True),
    cases=cases_for_clip_contrastive_loss,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    misconceptions=(
        Misconception(
            clip_contrastive_loss__no_normalisation,
            "your number is the loss of the raw embeddings, lengths included",
            "make every row of image and of text length 1 before you multiply them",
        ),
        Misconception(
            clip_contrastive_loss__multiplies_by_temperature,
            "your number is the loss with the cosines multiplied by the temperature",
            "divide by it: a low temperature makes the differences larger",
        ),
        Misconception(
            clip_contrastive_loss__no_temperature,
            "your number is the loss without the temperature",
            "divide the similarity matrix by temperature before the cross-entropy",
        ),
        Misconception(
            clip_contrastive_loss__one_direction,
            "your number is the image→text half alone",
            "add the cross-entropy of the transposed matrix, and halve the sum",
        ),
        Misconception(
            clip_contrastive_loss__sum_of_directions,
            "your number is the sum of the two directions, twice what is wanted",
            "divide the sum of the two directions by 2",
        ),
        Misconception(
            clip_contrastive_loss__normalises_columns,
            "your number is the loss with columns of length 1: each feature, taken over the batch",
            "normalise along the last axis, dim=-1: each embedding by its own length",
        ),
        Misconception(
            clip_contrastive_loss__no_shape_check,
            "the values are right, but shapes that differ end in torch's own error",
            "begin with: if image.shape != text.shape: raise ValueError(...)",
        ),
    ),
    alternates=(clip_contrastive_loss__by_hand, clip_contrastive_loss__loops),
    forbids=("name:contrastive_loss", "name:image_text_contrastive_loss"),
)
