"""Right answers to modality_gap that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def in_double_precision(image, text):
    if image.shape[1] != text.shape[1]:
        raise ValueError("widths differ")
    clouds = [rows.double() / rows.double().norm(dim=1, keepdim=True) for rows in (image, text)]
    centres = [rows.mean(0, keepdim=True) for rows in clouds]
    moved = [rows - centre for rows, centre in zip(clouds, centres)]
    image, text = [(rows / rows.norm(dim=1, keepdim=True)).float() for rows in moved]
    return torch.cdist(*centres).squeeze().float(), image, text


def pairwise_distance(image, text):
    if image.size(1) != text.size(1):
        raise ValueError("widths differ")

    def unit(rows):
        return rows.div(rows.pow(2).sum(1).sqrt().unsqueeze(1))

    image, text = unit(image), unit(text)
    one, other = image.sum(0).div(image.size(0)), text.sum(0).div(text.size(0))
    return (one - other).pow(2).sum().sqrt(), unit(image.sub(one)), unit(text.sub(other))


ANSWERS = (
    Answer("in_double_precision", in_double_precision, "float64 inside, and cdist of the two centres"),
    Answer("pairwise_distance", pairwise_distance, "a helper of its own, methods for operators"),
)
