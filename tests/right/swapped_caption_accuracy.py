"""Right answers to swapped_caption_accuracy that are written in unusual ways."""

import numpy as np
import torch

from mmlab.instructor.authoring.exercise import Answer


def step_function(image, caption, swapped, colours):
    if image.shape != caption.shape or image.shape != swapped.shape or len(colours) != len(image):
        raise ValueError("the arguments do not fit")
    keep = [index for index, pair in enumerate(colours) if pair[0] != pair[1]]
    if len(keep) == 0:
        raise ValueError("all images have one colour")
    image, caption, swapped = (
        (rows / rows.norm(dim=1, keepdim=True)).double().numpy()[keep] for rows in (image, caption, swapped)
    )
    margin = np.einsum("id,id->i", image, caption) - np.einsum("id,id->i", image, swapped)
    return float(np.heaviside(np.where(abs(margin) < 1e-6, 0, margin), 0.5).mean())


def rank_of_two(image, caption, swapped, colours):
    if not (image.shape == caption.shape == swapped.shape and len(colours) == len(image)):
        raise ValueError("the arguments do not fit")
    both = torch.stack([caption, swapped], dim=1)
    cosines = torch.cosine_similarity(image[:, None], both, dim=-1)
    wins = ties = count = 0
    for (own, other), (first, second) in zip(cosines.tolist(), colours):
        if first == second:
            continue
        count += 1
        ties += abs(own - other) < 1e-6
        wins += own - other >= 1e-6
    if count == 0:
        raise ValueError("nothing to count")
    return (2 * wins + ties) / (2 * count)


ANSWERS = (
    Answer("step_function", step_function, "numpy's step function, which is ½ at 0"),
    Answer("rank_of_two", rank_of_two, "counts wins and ties in integers"),
)
