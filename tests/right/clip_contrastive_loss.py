"""Right answers to clip_contrastive_loss that are written in unusual ways."""

import math

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def one_stacked_cross_entropy(image, text, temperature):
    if image.size() != text.size():
        raise ValueError("one caption for each image, of the same width")
    cosines = F.cosine_similarity(image.unsqueeze(1), text.unsqueeze(0), dim=2)
    both = torch.cat([cosines, cosines.mT]).div(temperature)
    return F.cross_entropy(both, torch.arange(len(image)).repeat(2))


def shifted_by_the_largest_logit(image, text, temperature):
    if list(image.shape) != list(text.shape):
        raise ValueError("shapes differ")
    logits = (
        (image / image.norm(dim=1, keepdim=True)) @ (text / text.norm(dim=1, keepdim=True)).t() / temperature
    )
    losses = []
    for matrix in (logits, logits.t()):
        shifted = matrix - matrix.max(dim=1, keepdim=True).values
        losses.append(shifted.exp().sum(dim=1).log() - shifted.diagonal())
    return torch.stack(losses).mean()


def in_double_precision(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("shapes differ")
    u, v = F.normalize(image.double(), dim=1), F.normalize(text.double(), dim=1)
    logits = u @ v.T * math.exp(-math.log(temperature))
    loss = -(logits.log_softmax(0) + logits.log_softmax(1)).trace() / len(logits) / 2
    return loss.float()


ANSWERS = (
    Answer("one_stacked_cross_entropy", one_stacked_cross_entropy, "2B rows at once"),
    Answer(
        "shifted_by_the_largest_logit",
        shifted_by_the_largest_logit,
        "the softmax written out, with the maximum subtracted",
    ),
    Answer("in_double_precision", in_double_precision, "float64 inside"),
)
