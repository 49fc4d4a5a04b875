"""Right answers to mask_tokens that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def by_arithmetic(ids, draws, choices, replacements, *, probability, mask_id, specials):
    if abs(2 * probability - 1) > 1:
        raise ValueError("a probability lies between 0 and 1")
    ordinary = torch.stack([ids != number for number in specials] or [ids == ids]).all(dim=0)
    chosen = (ordinary & draws.lt(probability)).long()
    masked = chosen * (choices < 0.8)
    swapped = chosen * (choices < 0.9) - masked
    inputs = ids * (1 - masked - swapped) + mask_id * masked + replacements * swapped
    return inputs, ids * chosen - 100 * (1 - chosen)


def flat_indices(ids, draws, choices, replacements, *, probability, mask_id, specials):
    if probability < 0.0 or 1.0 < probability:
        raise ValueError(probability)
    special = set(specials)
    tokens, labels = ids.reshape(-1).tolist(), [-100] * ids.numel()
    numbers = zip(*(part.reshape(-1).tolist() for part in (draws, choices, replacements)))
    for at, (draw, choice, other) in enumerate(numbers):
        if draw < probability and tokens[at] not in special:
            labels[at] = tokens[at]
            tokens[at] = mask_id if choice < 0.8 else other if choice < 0.9 else tokens[at]
    return torch.tensor(tokens).reshape(ids.shape), torch.tensor(labels).reshape(ids.shape)


def by_buckets(ids, draws, choices, replacements, *, probability, mask_id, specials):
    if not 0 <= probability <= 1:
        raise ValueError("probability")
    inputs = ids.clone()
    labels = torch.full_like(inputs, -100)
    special = (ids[..., None] == torch.tensor(specials, dtype=torch.long)).any(dim=-1)
    rows, columns = (~special & (draws < probability)).nonzero(as_tuple=True)
    labels[rows, columns] = ids[rows, columns]
    bucket = torch.bucketize(
        choices[rows, columns], torch.tensor([0.8, 0.9], dtype=torch.float64), right=True
    )
    outcomes = torch.stack([torch.full_like(rows, mask_id), replacements[rows, columns], ids[rows, columns]])
    inputs[rows, columns] = outcomes.gather(0, bucket[None])[0]
    return inputs, labels


def in_float32(ids, draws, choices, replacements, *, probability, mask_id, specials):
    if not 0 <= probability <= 1:
        raise ValueError("probability")
    draws, choices = draws.float(), choices.float()
    special = torch.isin(ids, torch.tensor(specials))
    chosen = (draws < torch.tensor(probability, dtype=torch.float32)) & ~special
    inputs = torch.where(chosen & (choices < 0.9), replacements, ids)
    return inputs.masked_fill(chosen & (choices < 0.8), mask_id), ids.masked_fill(~chosen, -100)


ANSWERS = (
    Answer("by_arithmetic", by_arithmetic, "products of numbers that are 0 or 1"),
    Answer("flat_indices", flat_indices, "lists"),
    Answer("by_buckets", by_buckets, "bucketize and gather"),
    Answer("in_float32", in_float32, "float32: no draw is that near to a limit"),
)
