"""Right answers to siglip_pairwise_loss that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def rolled_captions(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("shapes differ")
    image, text, total = F.normalize(image, dim=1), F.normalize(text, dim=1), 0.0
    for shift in range(len(image)):
        logits = scale * (image * text.roll(-shift, dims=0)).sum(dim=1) + bias
        total = total + F.softplus(logits if shift else -logits).sum()
    return total / len(image)


def by_logaddexp(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("shapes differ")
    u, v = image / image.norm(dim=1, keepdim=True), text / text.norm(dim=1, keepdim=True)
    logits = torch.addmm(torch.full((1, 1), float(bias)), u, v.t(), alpha=scale)
    labels = torch.full_like(logits, -1.0).fill_diagonal_(1.0)
    return torch.logaddexp(torch.zeros(()), -labels * logits).sum(dim=1).mean()


ANSWERS = (
    Answer("rolled_captions", rolled_captions, "the captions go round, as between devices"),
    Answer("by_logaddexp", by_logaddexp, "−log σ(x) = log(e⁰ + e⁻ˣ)"),
)
