"""Right answers to itm_loss that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def signs(positives, negatives, weight, bias):
    if 0 in (positives.shape[0], negatives.shape[0]):
        raise ValueError("both sides need pairs")
    gap, offset = weight[1] - weight[0], bias[1] - bias[0]
    margins = [(positives * gap).sum(1) + offset, (negatives * gap).sum(1) + offset]
    loss = torch.stack([-F.logsigmoid(margins[0]).mean(), -F.logsigmoid(-margins[1]).mean()]).mean()
    right = margins[0].gt(0).to(gap.dtype).mean(), margins[1].le(0).to(gap.dtype).mean()
    return loss, torch.stack(right).mean()


def class_weights(positives, negatives, weight, bias):
    counts = [len(negatives), len(positives)]
    if min(counts) < 1:
        raise ValueError(counts)
    logits = torch.vstack([negatives, positives]) @ weight.t() + bias
    labels = torch.tensor([0] * counts[0] + [1] * counts[1])
    rarity = torch.tensor([1 / count for count in counts], dtype=weight.dtype)
    predicted = (logits[:, 1] > logits[:, 0]).long()
    confusion = torch.zeros(2, 2, dtype=weight.dtype).index_put(
        (labels, predicted), torch.ones((), dtype=weight.dtype), accumulate=True
    )
    return F.cross_entropy(logits, labels, weight=rarity), (confusion.diagonal() * rarity).sum() / 2


def by_logsumexp(positives, negatives, weight, bias):
    if not (positives.numel() and negatives.numel()):
        raise ValueError("empty")
    total, accuracy = positives.new_zeros(()), positives.new_zeros(())
    for vectors, own, other in ((positives, 1, 0), (negatives, 0, 1)):
        logits = (vectors[:, None] * weight).sum(dim=2) + bias
        total = total + (logits.logsumexp(dim=1) - logits[:, own]).mean()
        strict = logits[:, own] > logits[:, other]
        accuracy = (
            accuracy + (strict if own else strict | (logits[:, own] == logits[:, other])).double().mean()
        )
    return total / 2, (accuracy / 2).to(positives.dtype)


ANSWERS = (
    Answer("signs", signs, "the difference of the logits and logsigmoid"),
    Answer("class_weights", class_weights, "cross_entropy with class weights, and a confusion matrix"),
    Answer("by_logsumexp", by_logsumexp, "cross-entropy written out"),
)
