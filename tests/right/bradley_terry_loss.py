"""Right answers to bradley_terry_loss that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def by_log_softmax(first, second, votes):
    if tuple(first.shape) != tuple(second.shape) or tuple(votes.shape) != (*first.shape, 2):
        raise ValueError("shapes")
    total = int(votes.sum())
    if total == 0:
        raise ValueError("no votes")
    return -(torch.stack((first, second), dim=-1).log_softmax(dim=-1) * votes).sum() / total


def by_softplus(first, second, votes):
    if (
        first.ndim > 1
        or first.size() != second.size()
        or votes.ndim != 2
        or list(votes.shape) != [first.numel(), 2]
    ):
        raise ValueError(f"{first.shape} {second.shape} {votes.shape}")
    weights = votes.to(first.dtype)
    if not weights.sum() > 0:
        raise ValueError("nobody")
    gap = second - first
    return F.softplus(gap) @ weights[:, 0] / weights.sum() + F.softplus(-gap) @ weights[:, 1] / weights.sum()


def votes_spread_out(first, second, votes):
    if first.ndim != 1 or first.shape != second.shape or votes.shape != torch.Size([len(first), 2]):
        raise ValueError("they do not fit together")
    if votes.max() == 0:
        raise ValueError("no vote")
    for_first = torch.repeat_interleave(first - second, votes[:, 0])
    for_second = torch.repeat_interleave(second - first, votes[:, 1])
    return F.logsigmoid(torch.cat([for_first, for_second])).mean().neg()


ANSWERS = (
    Answer("by_log_softmax", by_log_softmax, "two classes with soft labels"),
    Answer("by_softplus", by_softplus, "−log σ(x) = softplus(−x)"),
    Answer("votes_spread_out", votes_spread_out, "one entry for each vote"),
)
