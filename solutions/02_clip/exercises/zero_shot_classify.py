"""zero_shot_classify: the class whose averaged prompts lie nearest to the image."""

import numpy as np
import torch
from _draw import call, nearly_unit, table, unit, vectors
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """B, C, P, D all unequal, templates of very unequal lengths, one template alone."""
    drawn = []
    for b, c, p, d in [(4, 3, 2, 5), (5, 6, 3, 4), (3, 7, 1, 2), (7, 5, 4, 3)]:
        prompts = vectors(rng, c * p, d).reshape(c, p, d)
        prompts = prompts * torch.from_numpy(np.linspace(0.5, 4.0, p).astype(np.float32))[:, None]
        drawn.append(call(vectors(rng, b, d), prompts))
    return drawn


def prompts(classes, templates, width, shift=0):
    """Return fixed prompts, (classes, templates, width)."""
    return table(classes * templates, width, shift).reshape(classes, templates, width)


AXIS = torch.tensor([2.0, -4.0, 0.5])[:, None]  # one feature: cosines of exactly 1 and -1

ANGLES = torch.arange(520) * 3.1 / 520
FAN = torch.stack([ANGLES.cos(), ANGLES.sin()], dim=1)  # 520 directions

CLAUSES = {
    "a width that differs is refused": [
        call(table(3, 5), prompts(4, 2, 4)),
        call(table(3, 1), prompts(4, 2, 4)),  # would broadcast
        call(table(3, 4), prompts(1, 3, 1)),
    ],
    "one image": [call(table(1, 3), prompts(4, 2, 3, 1))],
    "one class": [call(table(3, 4), prompts(1, 2, 4, 1))],
    "one of each": [call(table(1, 4), prompts(1, 1, 4, 1))],
    "rows of length 1, and of nearly 1": [
        call(unit(4), unit(6, 1).reshape(3, 2, 3)),
        *(call(nearly_unit(4, off), nearly_unit(6, -off, 2).reshape(2, 3, 3)) for off in (0.04, 2e-3, 2e-4)),
        call(nearly_unit(3, 0.04), nearly_unit(4, 0.04, 1)[:, None]),
    ],
    "as many images as classes, templates or features": [
        call(table(3, 3), prompts(3, 3, 3, 1)),
        call(table(4, 3), prompts(4, 2, 3, 2)),
        call(table(2, 4), prompts(3, 2, 4, 2)),
    ],
    "hundreds of images, classes or templates": [
        call(table(1030, 2), prompts(2, 2, 2, 1)),
        call(FAN[[130, 301, 400, 519]], FAN[:, None] * 2),
        call(table(2, 2, 1), prompts(2, 300, 2, 3)),
    ],
    "one feature": [call(AXIS, AXIS[:2, :, None])],
    "every class points away": [call(-prompts(4, 2, 3, 6).mean(dim=(0, 1))[None], prompts(4, 2, 3, 6))],
    "vectors of any length": [
        call(table(3, 4) * 1e3, prompts(3, 2, 4, 1) * torch.tensor([1e-3, 1e3])[:, None]),
        call(table(3, 4) * 1e-6, prompts(3, 2, 4, 1) * torch.tensor([1e-6, 1.0])[:, None]),
    ],
    "a template that comes twice": [call(table(3, 4), prompts(3, 3, 4, 1)[:, [0, 1, 0, 2, 0]])],
    "templates that disagree": [
        call(table(4, 2), torch.tensor([[[1.0, 0.0], [-0.9, 0.4]], [[0.0, 1.0], [0.3, 1.0]]]))
    ],
}


def by_hand(image, prompts):
    if image.shape[1] != prompts.shape[2]:
        raise ValueError(f"width {image.shape[1]} against {prompts.shape[2]}")
    unit = prompts / prompts.norm(dim=2, keepdim=True)
    summed = unit.sum(dim=1)  # the mean and the sum point the same way
    cosines = F.cosine_similarity(image[:, None, :], summed[None, :, :], dim=2)
    return cosines.max(dim=1).indices, cosines


def loops(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("widths differ")
    rows = []
    for vector in image:
        row = []
        for templates in prompts:
            centre = sum(template / template.norm() for template in templates) / len(templates)
            row.append(vector.dot(centre) / (vector.norm() * centre.norm()))
        rows.append(torch.stack(row))
    cosines = torch.stack(rows)
    return torch.tensor([int(row.argmax()) for row in cosines]), cosines


CLASSES = "F.normalize(F.normalize(prompts, dim=-1).mean(dim=1))"
COSINES = "    cosines = F.normalize(image) @ classes.T  # (B, C)\n"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=15,
    hints=(
        "Axis 1 of prompts counts the templates. After the mean over it you have one vector per class, (C, D).",
        "The mean of unit vectors is shorter than 1. How much shorter depends on how well the templates agree: "
        "normalise before the mean *and* after it.",
        "Rows of the result are images. The best class of a row is an argmax along the axis of the classes.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    mistakes=(
        mistake(
            "averages_probabilities",
            {
                COSINES: "    cosines = torch.einsum('bd,cpd->bpc', F.normalize(image), F.normalize(prompts, dim=-1))\n"
                "    cosines = cosines.softmax(dim=-1).mean(dim=1)\n"
            },
            "your scores are averages of the softmax of each template",
            "average the unit embeddings of the templates: one vector a class, then the cosine",
        ),
        mistake(
            "forgets_to_renormalise",
            {CLASSES: "F.normalize(prompts, dim=-1).mean(dim=1)"},
            "your class vectors are shorter than 1: a class whose templates disagree is at a disadvantage",
            "normalise once more after the mean over the templates",
        ),
        mistake(
            "averages_raw_prompts",
            {CLASSES: "F.normalize(prompts.mean(dim=1))"},
            "your mean is taken over raw templates, so the longest vector has the most say",
            "normalise each template before the mean",
        ),
        mistake(
            "best_image_of_each_class",
            {"cosines.argmax(dim=1)": "cosines.argmax(dim=0)"},
            "your predictions name the best image of each class: the argmax runs along the wrong axis",
            "take the argmax over the classes, axis 1 of the (B, C) matrix",
        ),
        mistake(
            "first_template_only",
            {CLASSES: "F.normalize(prompts[:, 0])"},
            "your scores use the first template alone",
            "average over all P templates of a class",
        ),
        mistake(
            "raw_images",
            {COSINES: "    cosines = image @ classes.T\n"},
            "your classes are right, but your scores still hold the images' lengths: they are no cosines",
            "normalise the image embeddings as well",
        ),
    ),
    alternates=(by_hand, loops),
)
