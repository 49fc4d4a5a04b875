"""Right answers to fuse_ragged that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def one_long_sequence(parts, weights, padding):
    tokens, shares, has = [], [], []
    for name, part in parts.items():
        hidden = padding[name].clone() if name in padding else torch.zeros(part.shape[:-1]) > 0
        if part.dim() == 2:
            part, hidden = part.unsqueeze(1), hidden.unsqueeze(1)
        clean = torch.where(hidden.unsqueeze(2), torch.tensor(0, dtype=part.dtype), part)
        projected = torch.einsum("bld,cd->blc", clean, weights[name])
        tokens.append(projected * torch.rsqrt(projected.pow(2).mean(dim=-1, keepdim=True) + 1e-6))
        valid = (~hidden).to(part.dtype)
        has.append(valid.sum(dim=1) > 0)
        shares.append(valid / valid.sum(dim=1, keepdim=True).clamp_min(1.0))
    if not parts or not torch.stack(has).any(dim=0).all():
        raise ValueError("nothing to fuse")
    number = torch.stack(has).sum(dim=0)
    shares = torch.cat(shares, dim=1) / number[:, None]
    return torch.bmm(shares[:, None], torch.cat(tokens, dim=1))[:, 0]


def valid_tokens_only(parts, weights, padding):
    total, number = None, 0
    for name in reversed(list(parts)):
        part = parts[name]
        hidden = padding.get(name)
        shown = torch.ones(part.shape[:-1], dtype=torch.bool) if hidden is None else hidden.logical_not()
        where = shown.nonzero()[:, 0]
        projected = part[shown] @ weights[name].T
        projected = (
            projected
            / torch.linalg.vector_norm(
                torch.cat(
                    [projected, torch.full_like(projected[:, :1], (1e-6 * len(weights[name])) ** 0.5)], dim=1
                ),
                dim=1,
                keepdim=True,
            )
            * len(weights[name]) ** 0.5
        )
        sums = part.new_zeros(len(part), len(weights[name])).index_add(0, where, projected)
        counts = torch.bincount(where, minlength=len(part))[:, None]
        mean = sums / counts.clamp(min=1)
        total = mean if total is None else total + mean
        number = number + counts.sign()
    if total is None or (number == 0).any():
        raise ValueError("a sample has nothing")
    return total / number


def tokens_by_sample(parts, weights, padding):
    if not parts:
        raise ValueError("empty")
    first = next(iter(parts))
    B, D = parts[first].shape[0], weights[first].shape[0]
    total = weights[first].new_zeros(B, D)
    has = weights[first].new_zeros(B, 1)
    for name, x in reversed(list(parts.items())):
        x = x if x.dim() == 3 else x.unsqueeze(1)
        keep = (
            torch.ones(x.shape[:2], dtype=torch.bool)
            if padding.get(name) is None
            else ~padding[name].reshape(x.shape[:2])
        )
        where, spot = keep.nonzero(as_tuple=True)
        t = F.rms_norm(F.linear(x[where, spot], weights[name]), (D,), eps=1e-6)
        n = torch.bincount(where, minlength=B).to(t.dtype)[:, None]
        total = total.index_add(0, where, t / n[where])
        has = has + n.sign()
    if bool((has < 0.5).any()):
        raise ValueError("a sample without any modality")
    return total / has


ANSWERS = (
    Answer("one_long_sequence", one_long_sequence, "all modalities as one weighted sequence"),
    Answer("valid_tokens_only", valid_tokens_only, "gathers the valid tokens and scatters their sums"),
    Answer("tokens_by_sample", tokens_by_sample, "the valid tokens as one list, added up by sample"),
)
