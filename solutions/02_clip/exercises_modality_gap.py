"""modality_gap: its cases, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np
import torch
from exercises_clip_draw import vectors
from torch.nn import functional as F

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_modality_gap(rng: np.random.Generator) -> list[dict]:
    """Unequal numbers of images and texts, no unit vector, centres apart, a width that differs."""
    plans = [(5, 4, 3, 1.0, 1.0), (3, 6, 4, 0.05, 3.0), (4, 7, 2, 2.0, 0.5)]
    good = [
        {"args": [vectors(rng, i, d, one), vectors(rng, t, d, other)], "kwargs": {}}
        for i, t, d, one, other in plans
    ]
    return [*good, {"args": [vectors(rng, 4, 3), vectors(rng, 4, 2)], "kwargs": {}}]


def modality_gap__one_centre_for_both(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    gap = (image.mean(dim=0) - text.mean(dim=0)).norm()
    centre = torch.cat([image, text]).mean(dim=0)
    return gap, F.normalize(image - centre, dim=-1), F.normalize(text - centre, dim=-1)


def modality_gap__not_normalised_after(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    gap = (image.mean(dim=0) - text.mean(dim=0)).norm()
    return gap, image - image.mean(dim=0), text - text.mean(dim=0)


def modality_gap__not_normalised_before(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    gap = (image.mean(dim=0) - text.mean(dim=0)).norm()
    image, text = image - image.mean(dim=0), text - text.mean(dim=0)
    return gap, F.normalize(image, dim=-1), F.normalize(text, dim=-1)


def modality_gap__mean_of_distances(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    gap = torch.cdist(image, text).mean()
    image, text = image - image.mean(dim=0), text - text.mean(dim=0)
    return gap, F.normalize(image, dim=-1), F.normalize(text, dim=-1)


def modality_gap__measured_after(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    image = F.normalize(image - image.mean(dim=0), dim=-1)
    text = F.normalize(text - text.mean(dim=0), dim=-1)
    return (image.mean(dim=0) - text.mean(dim=0)).norm(), image, text


def modality_gap__centre_of_each_embedding(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    gap = (image.mean(dim=0) - text.mean(dim=0)).norm()
    image = image - image.mean(dim=1, keepdim=True)
    text = text - text.mean(dim=1, keepdim=True)
    return gap, F.normalize(image, dim=-1), F.normalize(text, dim=-1)


def modality_gap__squared(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    gap = (image.mean(dim=0) - text.mean(dim=0)).square().sum()
    image, text = image - image.mean(dim=0), text - text.mean(dim=0)
    return gap, F.normalize(image, dim=-1), F.normalize(text, dim=-1)


def modality_gap__by_hand(image, text):
    if image.shape[1] != text.shape[1]:
        raise ValueError(f"width {image.shape[1]} against {text.shape[1]}")
    centres, moved = [], []
    for rows in (image, text):
        rows = rows / rows.square().sum(1, keepdim=True).sqrt()
        centres.append(rows.sum(0) / len(rows))
        rows = rows - centres[-1]
        moved.append(rows / rows.square().sum(1, keepdim=True).sqrt())
    return torch.dist(*centres), *moved


def modality_gap__centring_matrix(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("widths differ")
    unit = [rows / torch.linalg.vector_norm(rows, dim=-1, keepdim=True) for rows in (image, text)]
    means = [torch.full((1, len(rows)), 1 / len(rows)) @ rows for rows in unit]
    difference = (means[0] - means[1]).flatten()
    centred = [(torch.eye(len(rows)) - torch.full((len(rows),) * 2, 1 / len(rows))) @ rows for rows in unit]
    image, text = [rows / torch.linalg.vector_norm(rows, dim=-1, keepdim=True) for rows in centred]
    return difference.dot(difference).sqrt(), image, text


EXERCISE = Exercise(
    name="modality_gap",
    difficulty=3,
    importance=3,
    minutes=15,
    hints=(
        "The centre of a modality is the mean over its rows, `rows.mean(dim=0)`: one vector of width D.",
        "The order: unit rows → centres → gap → each modality minus its own centre → unit rows again.",
    ),
    driver=Driver("call"),
    cases=cases_for_modality_gap,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    misconceptions=(
        Misconception(
            modality_gap__one_centre_for_both,
            "your embeddings are moved by one common centre: the gap between the modalities stays as it was",
            "subtract the images' centre from the images and the texts' centre from the texts",
        ),
        Misconception(
            modality_gap__not_normalised_after,
            "your moved embeddings are no longer of length 1",
            "normalise once more after the centres are subtracted",
        ),
        Misconception(
            modality_gap__not_normalised_before,
            "your centres are those of the raw embeddings: long vectors pull them",
            "normalise the rows before you take the centres",
        ),
        Misconception(
            modality_gap__mean_of_distances,
            "your gap is the mean distance over all pairs, which is large even when the centres agree",
            "take the distance between the two centres",
        ),
        Misconception(
            modality_gap__measured_after,
            "your gap is what is left after the centring",
            "measure it on the unit embeddings, before you subtract the centres",
        ),
        Misconception(
            modality_gap__centre_of_each_embedding,
            "your mean runs over the features of each embedding",
            "take the mean over the rows, dim=0",
        ),
        Misconception(
            modality_gap__squared,
            "your gap is the square of the distance",
            "take the root: torch.linalg.vector_norm or .norm()",
        ),
    ),
    alternates=(modality_gap__by_hand, modality_gap__centring_matrix),
)
