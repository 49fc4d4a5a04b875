"""Right answers to dpo_loss that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def by_softplus(logp, ref_logp, live, *, beta, smoothing):
    if not logp.shape == ref_logp.shape == live.shape:
        raise ValueError("shapes that differ")
    rows = logp.size(0)
    if rows & 1:
        raise ValueError("rows come in pairs")
    with torch.no_grad():
        fixed = ref_logp.where(live, 0.0).sum(1)
    rewards = (logp.where(live, 0.0).sum(1) - fixed) * beta
    pairs = rewards.reshape(2, rows // 2)
    gap = pairs[1] - pairs[0]
    # −log σ(−gap) = softplus(gap), and softplus(gap) − softplus(−gap) = gap
    loss = (F.softplus(gap) - smoothing * gap).mean()
    return loss, pairs[0].data, pairs[1].data


def by_matrix(logp, ref_logp, live, *, beta, smoothing):
    if not logp.shape == ref_logp.shape == live.shape:
        raise ValueError("shapes that differ")
    half = len(logp) / 2
    if half != int(half):
        raise ValueError(len(logp))
    half = int(half)
    ratio = torch.where(live, logp - ref_logp.data, torch.zeros_like(logp))
    rewards = beta * ratio @ torch.ones(logp.shape[1], 1, dtype=logp.dtype)
    both = torch.cat([rewards[:half], rewards[half:]], dim=1)
    label = torch.tensor([1 - smoothing, smoothing], dtype=logp.dtype)
    loss = F.cross_entropy(both, label.expand(half, 2))
    values = both.detach().T.clone()
    return loss, values[0], values[1].clone()


def chosen_and_rejected_apart(logp, ref_logp, live, *, beta, smoothing):
    if not logp.shape == ref_logp.shape == live.shape:
        raise ValueError("shapes that differ")
    count = len(live) // 2
    if 2 * count < len(live):
        raise ValueError("odd")
    sums = []
    for part in (slice(count), slice(count, None)):
        rows, columns = live[part].nonzero(as_tuple=True)
        gains = logp[part][rows, columns] - ref_logp[part][rows, columns].detach()
        sums.append(torch.zeros(count, dtype=logp.dtype).index_add(0, rows, gains))
    margin = beta * (sums[0] - sums[1])
    right, wrong = F.logsigmoid(margin), F.logsigmoid(margin.neg())
    loss = torch.lerp(right, wrong, smoothing).mean().neg()
    return loss, beta * sums[0].detach(), beta * sums[1].detach()


ANSWERS = (
    Answer("by_softplus", by_softplus, "softplus and a linear term for the smoothing"),
    Answer("by_matrix", by_matrix, "cross-entropy with soft labels over two classes"),
    Answer("chosen_and_rejected_apart", chosen_and_rejected_apart, "index lists, and lerp"),
)
