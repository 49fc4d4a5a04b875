"""Right answers to itm_negatives that are written in unusual ways."""

import math

import torch

from mmlab.instructor.authoring.exercise import Answer


def with_numpy(similarities, captions, image_draws, caption_draws):
    import numpy as np

    texts = captions.numpy()
    if (texts == texts[0]).all():
        raise ValueError("the batch has one text only")
    results = []
    for logits, draws in ((similarities.numpy(), image_draws), (similarities.numpy().T, caption_draws)):
        picked = []
        for row, text, draw in zip(logits.astype(np.float64), texts, draws.numpy()):
            allowed = np.flatnonzero(texts != text)
            weights = np.exp(row[allowed] - row[allowed].max())
            sums = np.cumsum(weights / weights.sum())
            picked.append(allowed[np.searchsorted(sums, np.float64(draw), side="right")])
        results.append(torch.from_numpy(np.array(picked)))
    return results[0], results[1]


def sums_compared_with_products(similarities, captions, image_draws, caption_draws):
    size = len(captions)
    if not (captions != captions[0]).any():
        raise ValueError("one text")

    def sample(at, draws):
        picked = []
        for own in range(size):
            others = [n for n in range(size) if captions[n].item() != captions[own].item()]
            top = max(at(own, n) for n in others)
            weights = [math.exp(at(own, n) - top) for n in others]
            wanted, total = draws[own].item() * math.fsum(weights), 0.0
            for n, weight in zip(others, weights):
                total += weight
                if total > wanted:
                    break
            picked.append(n)
        return torch.tensor(picked)

    table = similarities.tolist()
    return (
        sample(lambda own, n: table[own][n], image_draws),
        sample(lambda own, n: table[n][own], caption_draws),
    )


def first_true(similarities, captions, image_draws, caption_draws):
    other = captions.view(-1, 1) - captions.view(1, -1) != 0
    if other.sum() == 0:
        raise ValueError("nothing differs")
    both = torch.stack([similarities, similarities.transpose(0, 1)]).double()
    logs = both.where(other, -math.inf).log_softmax(-1)
    passed = logs.exp().cumsum(-1) > torch.stack([image_draws, caption_draws])[..., None]
    return tuple(passed.int().argmax(-1).unbind(0))


ANSWERS = (
    Answer("with_numpy", with_numpy, "searchsorted row by row"),
    Answer("sums_compared_with_products", sums_compared_with_products, "weights that are not divided"),
    Answer("first_true", first_true, "both directions in one tensor"),
)
