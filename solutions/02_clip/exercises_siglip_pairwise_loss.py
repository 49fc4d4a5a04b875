"""siglip_pairwise_loss: its cases, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np
import torch
from exercises_clip_draw import vectors
from torch.nn import functional as F

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_siglip_pairwise_loss(rng: np.random.Generator) -> list[dict]:
    """Unequal sizes, scales and biases of either sign, one that overflows exp, two mismatches."""
    plans = [(3, 5, 2.5, -1.5), (4, 3, 10.0, -4.0), (5, 2, 0.6, 0.8), (4, 6, 40.0, -110.0)]
    good = [
        {"args": [vectors(rng, b, d), vectors(rng, b, d), scale, bias], "kwargs": {}}
        for b, d, scale, bias in plans
    ]
    bad = [
        {"args": [vectors(rng, 3, 4), vectors(rng, 2, 4), 2.0, -1.0], "kwargs": {}},
        {"args": [vectors(rng, 1, 4), vectors(rng, 3, 4), 2.0, -1.0], "kwargs": {}},
    ]
    return good + bad


def siglip_pairwise_loss__labels_zero_one(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T * scale + bias
    labels = torch.eye(len(logits))
    return -F.logsigmoid(labels * logits).sum() / len(logits)


def siglip_pairwise_loss__mean_of_all_pairs(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T * scale + bias
    labels = 2 * torch.eye(len(logits)) - 1
    return -F.logsigmoid(labels * logits).mean()


def siglip_pairwise_loss__bias_before_scale(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = (F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T + bias) * scale
    labels = 2 * torch.eye(len(logits)) - 1
    return -F.logsigmoid(labels * logits).sum() / len(logits)


def siglip_pairwise_loss__subtracts_bias(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T * scale - bias
    labels = 2 * torch.eye(len(logits)) - 1
    return -F.logsigmoid(labels * logits).sum() / len(logits)


def siglip_pairwise_loss__only_the_pairs(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T * scale + bias
    return -F.logsigmoid(logits.diagonal()).mean()


def siglip_pairwise_loss__overflows(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T * scale + bias
    labels = 2 * torch.eye(len(logits)) - 1
    return torch.log(1 + torch.exp(-labels * logits)).sum() / len(logits)


def siglip_pairwise_loss__no_normalisation(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = image @ text.T * scale + bias
    labels = 2 * torch.eye(len(logits)) - 1
    return -F.logsigmoid(labels * logits).sum() / len(logits)


def siglip_pairwise_loss__softplus(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError(f"{tuple(image.shape)} against {tuple(text.shape)}")
    image = image / image.norm(dim=1, keepdim=True)
    text = text / text.norm(dim=1, keepdim=True)
    logits = scale * torch.einsum("id,td->it", image, text) + bias
    wrong_by = F.softplus(logits).sum() - F.softplus(logits).trace() + F.softplus(-logits).trace()
    return wrong_by / image.shape[0]


def siglip_pairwise_loss__binary_cross_entropy(image, text, scale, bias):
    if len(image) != len(text):
        raise ValueError("one caption for each image")
    logits = F.cosine_similarity(image[:, None], text[None], dim=-1) * scale + bias
    yes = torch.eye(len(image), dtype=logits.dtype)
    return F.binary_cross_entropy_with_logits(logits, yes, reduction="none").sum(dim=1).mean()


EXERCISE = Exercise(
    name="siglip_pairwise_loss",
    difficulty=3,
    importance=4,
    minutes=15,
    needs=("clip_contrastive_loss",),
    hints=(
        "Every cell of the B × B matrix is a question of its own: does this text belong to this image? "
        "The answers are +1 on the diagonal and −1 elsewhere: `2 * torch.eye(B) - 1`.",
        "−log σ(x) is `-F.logsigmoid(x)`. Written as log(1 + exp(−x)) it overflows at about x = −88 in float32.",
        "Add over all B² cells, then divide by B once: a batch twice as large asks each image twice as much.",
    ),
    driver=Driver("call", gradient=True),
    cases=cases_for_siglip_pairwise_loss,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    misconceptions=(
        Misconception(
            siglip_pairwise_loss__labels_zero_one,
            "your number uses the labels 0 and 1: every wrong pair then costs log 2, whatever its cosine",
            "use +1 on the diagonal and -1 elsewhere",
        ),
        Misconception(
            siglip_pairwise_loss__mean_of_all_pairs,
            "your number is the mean over all B·B pairs",
            "add over all pairs and divide by B, as the paper and the library do",
        ),
        Misconception(
            siglip_pairwise_loss__bias_before_scale,
            "your bias is added before the scale, so it is multiplied too",
            "compute cosines * scale + bias",
        ),
        Misconception(
            siglip_pairwise_loss__subtracts_bias,
            "your bias is subtracted",
            "add it; it is negative in practice because most pairs do not belong together",
        ),
        Misconception(
            siglip_pairwise_loss__only_the_pairs,
            "your number is the cost of the right pairs alone: a model that says yes to all would be perfect",
            "count the B·B − B wrong pairs as well, with the label -1",
        ),
        Misconception(
            siglip_pairwise_loss__overflows,
            "right for small logits, but exp overflows for large ones",
            "use F.logsigmoid or F.softplus, which stay finite",
        ),
        Misconception(
            siglip_pairwise_loss__no_normalisation,
            "your number is the loss of the raw embeddings, lengths included",
            "make every row of image and of text length 1 before you multiply them",
        ),
    ),
    alternates=(siglip_pairwise_loss__softplus, siglip_pairwise_loss__binary_cross_entropy),
    forbids=("name:siglip_loss",),
)
