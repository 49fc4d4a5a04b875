"""Right answers to modality_dropout that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def by_sorting(tokens, present, draws, rate, training):
    if rate != min(max(rate, 0), 1):
        raise ValueError(rate)
    if training is False:
        return tokens + 0, present
    masked = torch.where(present, draws.double(), torch.tensor(-5.0, dtype=torch.float64))
    order = masked.argsort(dim=1, descending=True, stable=True)
    rank = order.argsort(dim=1)
    left = present & ((rank == 0) | ~(draws < rate))
    out = torch.zeros_like(tokens)
    rows = left.nonzero(as_tuple=True)
    return out.index_put(rows, tokens[rows]), left


def sample_by_sample(tokens, present, draws, rate, training):
    if rate > 1.0 or rate < 0.0:
        raise ValueError("the rate is a probability")
    samples, modalities = present.shape
    if not training:
        return tokens, present
    kept, numbers = torch.zeros(samples, modalities, dtype=torch.bool), draws.tolist()
    for sample in range(samples):
        names = [m for m in range(modalities) if bool(present[sample, m])]
        stay = [m for m in names if not draws[sample, m] < rate]
        if names and not stay:
            stay = [max(names, key=lambda m: (numbers[sample][m], -m))]
        kept[sample, stay] = True
    left = tokens.clone()
    left[~kept] = 0
    return left, kept


def first_of_the_maxima(tokens, present, draws, rate, training):
    if rate > 1 or rate < 0:
        raise ValueError("rate")
    if not training:
        return tokens + 0, present | present
    below = torch.full_like(draws, float("-inf"))
    top = torch.where(present, draws, below).amax(dim=1, keepdim=True)
    is_top = present & (draws == top)
    first = is_top & (is_top.cumsum(dim=1) == 1)
    rescued = first & torch.logical_not((present & (draws >= rate)).any(dim=1, keepdim=True))
    stays = (present & (draws >= rate)) ^ rescued
    where = stays.nonzero(as_tuple=True)
    return torch.zeros_like(tokens).index_put(where, tokens[where]), stays


ANSWERS = (
    Answer("by_sorting", by_sorting, "the rank of each draw, and an index_put"),
    Answer("sample_by_sample", sample_by_sample, "loops"),
    Answer("first_of_the_maxima", first_of_the_maxima, "the maximum by amax and the first one by cumsum"),
)
