"""Right answers to epoch_mean_loss that are written in unusual ways."""

import math

import torch

from mmlab.instructor.authoring.exercise import Answer


def token_by_token(losses, counts):
    if len(counts) - len(losses):
        raise ValueError("unequal")
    mean = tokens = 0
    for loss, count in sorted(zip(losses, counts), key=lambda step: step[1]):
        if count != 0:
            tokens += count
            mean = mean * ((tokens - count) / tokens) + loss * (count / tokens)
    if tokens < 1:
        raise ValueError("no tokens")
    return float(mean)


def by_tensors(losses, counts):
    values, sizes = torch.tensor(losses, dtype=torch.float64), torch.tensor(counts, dtype=torch.float64)
    if values.shape != sizes.shape or sizes.sum() == 0:
        raise ValueError("nothing to average")
    return (values.where(sizes > 0, 0.0) @ (sizes / sizes.sum())).item()


def by_fsum(losses, counts):
    try:
        steps = [(loss, count) for loss, count in zip(losses, counts, strict=True) if count > 0]
        return math.fsum(loss * count for loss, count in steps) / sum(count for _, count in steps)
    except ZeroDivisionError:
        raise ValueError("no token") from None


ANSWERS = (
    Answer("token_by_token", token_by_token, "a running mean, small steps first"),
    Answer("by_tensors", by_tensors, "a scalar product"),
    Answer("by_fsum", by_fsum, "zip raises for unequal lengths"),
)
