"""false_negative_batch: its cases, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np
import torch
from exercises_clip_draw import vectors
from torch.nn import functional as F

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_false_negative_batch(rng: np.random.Generator) -> list[dict]:
    """Captions twice and three times, apart and side by side, none twice, and alike but not the same."""
    words = [f"a {one} {two}" for one in ("red", "blue", "green") for two in ("circle", "star", "square")]
    patterns = [([0, 1, 0, 2, 3], 4, 0.5), ([0, 1, 1, 2, 0, 1], 3, 0.07), ([0, 1, 2], 5, 2.0)]
    patterns += [([3, 0, 0, 2, 1, 2, 2], 6, 0.2)]
    cases = []
    for pattern, width, temperature in patterns:
        names = [words[place] for place in rng.permutation(len(words))]
        captions = [names[number] for number in pattern]
        rows = len(captions)
        args = [vectors(rng, rows, width), vectors(rng, rows, width), captions, temperature]
        cases.append({"args": args, "kwargs": {}})
    alike = ["a red star above a ring", "a ring above a red star", "a red star above a ring", "A red star above a ring"]
    cases.append({"args": [vectors(rng, 4, 3), vectors(rng, 4, 3), alike, 0.4], "kwargs": {}})
    image = vectors(rng, 4, 5)
    text = 2 * image + 0.05 * vectors(rng, 4, 5)  # good pairs at a low temperature: exp of the logits overflows
    cases.append({"args": [image, text, [*names[:3], names[1]], 0.01], "kwargs": {}})
    bad = [vectors(rng, 3, 4), vectors(rng, 3, 4), ["a red star", "a red star"], 0.5]
    return [*cases, {"args": bad, "kwargs": {}}]


def false_negative_batch__duplicates_are_negatives(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("image, text and captions differ in length")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def false_negative_batch__drops_the_diagonal(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("image, text and captions differ in length")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    same = torch.tensor([[one == other for other in captions] for one in captions])
    wrong = logits.masked_fill(same, -torch.inf)
    own = logits.diagonal()
    return ((wrong.logsumexp(1) - own).mean() + (wrong.logsumexp(0) - own).mean()) / 2


def false_negative_batch__leaves_duplicates_out(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("image, text and captions differ in length")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    same = torch.tensor([[one == other for other in captions] for one in captions])
    logits = logits.masked_fill(same & ~torch.eye(len(logits), dtype=torch.bool), -torch.inf)
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def false_negative_batch__mean_of_logs(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("image, text and captions differ in length")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    same = torch.tensor([[float(one == other) for other in captions] for one in captions])
    share = same / same.sum(1, keepdim=True)
    return (F.cross_entropy(logits, share) + F.cross_entropy(logits.T, share)) / 2


def false_negative_batch__one_direction(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("image, text and captions differ in length")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    same = torch.tensor([[one == other for other in captions] for one in captions])
    right = logits.masked_fill(~same, -torch.inf)
    return (logits.logsumexp(1) - right.logsumexp(1)).mean()


def false_negative_batch__removes_repeated_rows(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("image, text and captions differ in length")
    keep = [row for row, caption in enumerate(captions) if caption not in captions[:row]]
    logits = F.normalize(image[keep], dim=-1) @ F.normalize(text[keep], dim=-1).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def false_negative_batch__summed_probabilities(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("one caption for each row")
    logits = torch.einsum("id,td->it", F.normalize(image), F.normalize(text)) / temperature
    number = torch.tensor([captions.index(caption) for caption in captions])
    same = (number[:, None] == number[None]).to(logits.dtype)
    to_text = (logits.log_softmax(1) + same.log()).logsumexp(1)
    to_image = (logits.log_softmax(0) + same.log()).logsumexp(0)
    return -(to_text.mean() + to_image.mean()) / 2


def false_negative_batch__loops(image, text, captions, temperature):
    if len({len(image), len(text), len(captions)}) > 1:
        raise ValueError("one caption for each row")
    cosines = F.cosine_similarity(image[:, None], text[None], dim=-1)
    losses = []
    for matrix in (cosines / temperature, cosines.T / temperature):
        for row, caption in zip(matrix, captions):
            right = [column for column, other in enumerate(captions) if other == caption]
            losses.append(torch.logsumexp(row, 0) - torch.logsumexp(row[right], 0))
    return torch.stack(losses).mean()


EXERCISE = Exercise(
    name="false_negative_batch",
    difficulty=4,
    importance=3,
    minutes=20,
    needs=("clip_contrastive_loss",),
    hints=(
        "Make a (B, B) boolean matrix first: True where captions i and j are the same string. "
        "Its diagonal is True by itself.",
        "The log of a sum of probabilities is a difference of two `torch.logsumexp`: over the right columns, "
        "minus over all columns. `logits.masked_fill(~same, -torch.inf)` leaves only the right ones.",
        "The matrix of same captions is symmetric, so the other direction is the same with the other axis.",
    ),
    driver=Driver("call", gradient=True),
    cases=cases_for_false_negative_batch,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    misconceptions=(
        Misconception(
            false_negative_batch__duplicates_are_negatives,
            "your number is the plain contrastive loss: an equal caption in another row counts as wrong",
            "mark every cell whose two captions are equal as right, not only the diagonal",
        ),
        Misconception(
            false_negative_batch__drops_the_diagonal,
            "your mask removes the right cells, the diagonal too, from the sum below the fraction",
            "keep all B cells in the sum below, and add the right cells, the diagonal among them, above",
        ),
        Misconception(
            false_negative_batch__leaves_duplicates_out,
            "your loss leaves equal captions out: neither right nor wrong",
            "count them as right: their probability is added to that of the diagonal",
        ),
        Misconception(
            false_negative_batch__mean_of_logs,
            "your loss averages the logs of the right probabilities: it asks each of m equal captions for 1/m",
            "add the probabilities of the right captions first, and take one log of the sum",
        ),
        Misconception(
            false_negative_batch__one_direction,
            "your number is the image→text half alone",
            "add the text→image half, over the other axis, and halve the sum",
        ),
        Misconception(
            false_negative_batch__removes_repeated_rows,
            "your loss throws away every row whose caption was seen before: those images teach nothing",
            "keep all B rows and mark the equal captions as right",
        ),
    ),
    alternates=(false_negative_batch__summed_probabilities, false_negative_batch__loops),
    forbids=("name:contrastive_loss",),
)
