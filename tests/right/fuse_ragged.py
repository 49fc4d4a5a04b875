"""Right answers to fuse_ragged that are written in unusual ways."""

import torch

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


ANSWERS = (
    Answer("one_long_sequence", one_long_sequence, "all modalities as one weighted sequence"),
    Answer("valid_tokens_only", valid_tokens_only, "gathers the valid tokens and scatters their sums"),
)
