"""zero_shot_classify: its cases, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np
import torch
from exercises_clip_draw import vectors
from torch.nn import functional as F

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_zero_shot_classify(rng: np.random.Generator) -> list[dict]:
    """B, C, P, D all unequal, templates of very unequal lengths, one template alone, a wrong width."""
    cases = []
    for b, c, p, d in [(4, 3, 2, 5), (5, 6, 3, 4), (3, 7, 1, 2), (7, 5, 4, 3)]:
        prompts = vectors(rng, c * p, d).reshape(c, p, d)
        prompts = prompts * torch.from_numpy(np.linspace(0.5, 4.0, p).astype(np.float32))[:, None]
        cases.append({"args": [vectors(rng, b, d), prompts], "kwargs": {}})
    bad = {"args": [vectors(rng, 3, 5), vectors(rng, 8, 4).reshape(4, 2, 4)], "kwargs": {}}
    return [*cases, bad]


def zero_shot_classify__averages_probabilities(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("image and prompts differ in width")
    cosines = torch.einsum("bd,cpd->bpc", F.normalize(image, dim=-1), F.normalize(prompts, dim=-1))
    scores = cosines.softmax(dim=-1).mean(dim=1)
    return scores.argmax(dim=1), scores


def zero_shot_classify__forgets_to_renormalise(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("image and prompts differ in width")
    classes = F.normalize(prompts, dim=-1).mean(dim=1)
    cosines = F.normalize(image, dim=-1) @ classes.T
    return cosines.argmax(dim=1), cosines


def zero_shot_classify__averages_raw_prompts(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("image and prompts differ in width")
    classes = F.normalize(prompts.mean(dim=1), dim=-1)
    cosines = F.normalize(image, dim=-1) @ classes.T
    return cosines.argmax(dim=1), cosines


def zero_shot_classify__best_image_of_each_class(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("image and prompts differ in width")
    classes = F.normalize(F.normalize(prompts, dim=-1).mean(dim=1), dim=-1)
    cosines = F.normalize(image, dim=-1) @ classes.T
    return cosines.argmax(dim=0), cosines


def zero_shot_classify__first_template_only(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("image and prompts differ in width")
    cosines = F.normalize(image, dim=-1) @ F.normalize(prompts[:, 0], dim=-1).T
    return cosines.argmax(dim=1), cosines


def zero_shot_classify__raw_images(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("image and prompts differ in width")
    classes = F.normalize(F.normalize(prompts, dim=-1).mean(dim=1), dim=-1)
    scores = image @ classes.T
    return scores.argmax(dim=1), scores


def zero_shot_classify__by_hand(image, prompts):
    if image.shape[1] != prompts.shape[2]:
        raise ValueError(f"width {image.shape[1]} against {prompts.shape[2]}")
    unit = prompts / prompts.norm(dim=2, keepdim=True)
    summed = unit.sum(dim=1)  # the mean and the sum point the same way
    cosines = F.cosine_similarity(image[:, None, :], summed[None, :, :], dim=2)
    return cosines.max(dim=1).indices, cosines


def zero_shot_classify__loops(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("widths differ")
    rows = []
    for picture in image:
        row = []
        for templates in prompts:
            centre = sum(template / template.norm() for template in templates) / len(templates)
            row.append(picture.dot(centre) / (picture.norm() * centre.norm()))
        rows.append(torch.stack(row))
    cosines = torch.stack(rows)
    return torch.tensor([int(row.argmax()) for row in cosines]), cosines


EXERCISE = Exercise(
    name="zero_shot_classify",
    difficulty=2,
    importance=5,
    minutes=15,
    hints=(
        "Axis 1 of prompts counts the templates. After the mean over it you have one vector a class, (C, D).",
        "The mean of unit vectors is shorter than 1, the more so the less the templates agree: "
        "normalise before the mean *and* after it.",
        "Rows of the result are images. The best class of a row is an argmax along the axis of the classes.",
    ),
    driver=Driver("call"),
    cases=cases_for_zero_shot_classify,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    misconceptions=(
        Misconception(
            zero_shot_classify__averages_probabilities,
            "your scores are averages of the softmax of each template",
            "average the unit embeddings of the templates: one vector a class, then the cosine",
        ),
        Misconception(
            zero_shot_classify__forgets_to_renormalise,
            "your class vectors are shorter than 1: a class whose templates disagree is at a disadvantage",
            "normalise once more after the mean over the templates",
        ),
        Misconception(
            zero_shot_classify__averages_raw_prompts,
            "your mean is taken over raw templates, so the longest vector has the most say",
            "normalise each template before the mean",
        ),
        Misconception(
            zero_shot_classify__best_image_of_each_class,
            "your predictions name the best image of each class: the argmax runs along the wrong axis",
            "take the argmax over the classes, axis 1 of the (B, C) matrix",
        ),
        Misconception(
            zero_shot_classify__first_template_only,
            "your scores use the first template alone",
            "average over all P templates of a class",
        ),
        Misconception(
            zero_shot_classify__raw_images,
            "your classes are right, but your scores still hold the images' lengths: they are no cosines",
            "normalise the image embeddings as well",
        ),
    ),
    alternates=(zero_shot_classify__by_hand, zero_shot_classify__loops),
)
