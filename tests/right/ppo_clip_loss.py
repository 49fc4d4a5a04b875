"""Right answers to ppo_clip_loss that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def by_bound(logp, old_logp, advantages, live, *, low, high):
    if not logp.shape == old_logp.shape == advantages.shape == live.shape:
        raise ValueError("shapes that differ")
    gain, new, old = (
        torch.masked_select(part, live) for part in (advantages.detach(), logp, old_logp.detach())
    )
    if gain.numel() == 0:
        raise ValueError("nothing is live")
    bound = torch.where(gain >= 0, 1 + high, 1 - low).to(gain.dtype)
    ratio = torch.exp(new - old)
    losses = -torch.minimum(ratio * gain, bound * gain)
    stopped = bound * gain < ratio * gain
    return losses.mean(), stopped.to(gain.dtype).sum() / gain.numel()


def by_direction(logp, old_logp, advantages, live, *, low, high):
    if not logp.shape == old_logp.shape == advantages.shape == live.shape:
        raise ValueError("shapes that differ")
    if int(live.sum()) < 1:
        raise ValueError("empty")
    gain = torch.where(live, advantages, torch.zeros_like(advantages)).data
    ratio = torch.where(live, logp - old_logp.data, torch.zeros_like(logp)).exp()
    push = gain.sign()  # the ratio is bounded in this direction alone
    bounded = push * torch.minimum(push * ratio, push * (1 + torch.where(push > 0, high, -low)))
    stopped = (bounded != ratio) & (push != 0)
    share = stopped.double().sum() / live.sum()
    return -(bounded * gain).sum() / live.sum(), share.to(logp.dtype)


def row_by_row(logp, old_logp, advantages, live, *, low, high):
    if not logp.shape == old_logp.shape == advantages.shape == live.shape:
        raise ValueError("shapes that differ")
    totals, stops = [], 0
    for new, old, gain, marks in zip(logp, old_logp.detach(), advantages.detach(), live):
        ratio, gain = (new[marks] - old[marks]).exp(), gain[marks]
        both = torch.stack([ratio * gain, torch.clip(ratio, 1 - low, 1 + high) * gain])
        totals.append(both.amin(dim=0))
        stops += int((both[1] < both[0]).sum())
    totals = torch.cat(totals)
    if not len(totals):
        raise ValueError("no tokens")
    return totals.mean().neg(), torch.tensor(stops / len(totals), dtype=logp.dtype)


ANSWERS = (
    Answer("by_bound", by_bound, "one bound for each token, by the sign of its advantage"),
    Answer("by_direction", by_direction, "a minimum in the direction of the advantage"),
    Answer("row_by_row", row_by_row, "amin of a stack"),
)
