"""Right answers to top_p_filter that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def pairwise(logits, temperature, p):
    if {temperature.numel(), p.numel()} != {logits.shape[0]}:
        raise ValueError("unequal")
    if (temperature.min() <= 0) | (p.min() <= 0) | (p.max() > 1):
        raise ValueError("not allowed")
    scaled = logits.div(temperature.view(-1, 1))
    shares = torch.softmax(scaled, dim=1)
    token = torch.arange(logits.shape[1])
    better = scaled[:, :, None] > scaled[:, None, :]
    better |= (scaled[:, :, None] == scaled[:, None, :]) & (token[:, None] > token[None, :])
    before = (shares[:, :, None].double() * better).sum(dim=1)  # what the more probable tokens have
    inside = (before < p[:, None].double()) | ~better.any(dim=1)
    return scaled.masked_fill(inside.logical_not(), float("-inf"))


def row_by_row(logits, temperature, p):
    rows = []
    for row, heat, share in zip(logits, temperature, p, strict=True):
        if not heat > 0 or not 0 < share <= 1:
            raise ValueError("not allowed")
        row = row / heat
        order = sorted(range(len(row)), key=lambda token: (float(row[token]), token))[::-1]
        total = torch.cumsum(row.softmax(0)[order], 0)
        count = int((total < share).sum()) + 1
        kept = torch.full_like(row, -torch.inf)
        for token in order[:count]:
            kept[token] = row[token]
        rows.append(kept)
    return torch.stack(rows)


ANSWERS = (
    Answer("pairwise", pairwise, "without a sort"),
    Answer("row_by_row", row_by_row, "counts the sums below p"),
)
