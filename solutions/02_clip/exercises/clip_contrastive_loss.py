"""clip_contrastive_loss: the symmetric InfoNCE loss of a batch of image and text embeddings."""

import torch
from _draw import call, nearly_unit, table, unit, value, vectors
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Unequal sizes, no unit vector, temperatures on both sides of 1."""
    sizes = [(3, 5, 0.5, 1.0, 1.0), (4, 3, 0.07, 3.0, 0.05), (5, 2, 2.5, 0.1, 1.0), (2, 6, 0.2, 10.0, 1.0)]
    return [call(vectors(rng, b, d, long), vectors(rng, b, d, short), t) for b, d, t, long, short in sizes]


CLAUSES = {
    "a number of rows that differs is refused": [
        call(table(3, 4), table(2, 4), 0.5),
        call(table(2, 4), table(3, 4), 0.5),
        call(table(1, 4), table(3, 4), 0.5),  # would broadcast
        call(table(4, 3), table(3, 4), 0.5),  # as many numbers
        call(table(2, 6), table(3, 4), 0.5),
        call(table(3, 3), table(2, 3), 0.5),  # square
        call(table(4, 3), table(3, 3), 0.5),
    ],
    "a width that differs is refused": [
        call(table(3, 5), table(3, 4), 0.5),
        call(table(3, 1), table(3, 4), 0.5),
        call(table(3, 3), table(3, 4), 0.5),
    ],
    "one pair": [call(table(1, 4), table(1, 4, 1), 0.5)],
    "rows of length 1, and of nearly 1": [
        call(unit(4), unit(4, 1), 0.2),
        *(call(nearly_unit(4, off), nearly_unit(4, -off, 1), 0.2) for off in (0.04, 2e-3, 2e-4)),
        call(unit(5), nearly_unit(5, 0.04, 2), 0.2),
    ],
    "as many rows as columns": [
        call(table(3, 3), table(3, 3, 1), 0.7),
        call(table(5, 5), table(5, 5, 2), 1.0),
    ],
    "130 pairs": [call(table(130, 2), table(130, 2, 1), 0.5)],  # more would take long in nested loops
    "images that equal their texts": [call(table(4, 3), table(4, 3), 0.2), call(unit(3), unit(3), 1.0)],
    "one feature": [call(torch.tensor([[2.0], [-1.0], [4.0]]), torch.tensor([[-3.0], [-0.5], [1.0]]), 0.5)],
    "rows of any length": [
        call(table(3, 2) * 1e-3, table(3, 2, 2) * 1e3, 0.5),
        value(table(4, 3) * 1e-6, table(4, 3, 1), 0.3),
        value(table(3, 4) * 1e4, table(3, 4, 2) * 1e-6, 1.0),
    ],
    "a small temperature": [
        call(table(4, 3), table(4, 3, 1), 0.01),
        call(table(3, 2), table(3, 2, 5), 0.002),
        call(table(3, 3), -table(3, 3), 0.001),  # the own partner's probability is below 1e-308
    ],
    "a large temperature": [call(table(4, 3), table(4, 3, 1), 30.0)],
    "equal rows": [
        call(table(1, 3).repeat(3, 1), table(3, 3, 1), 0.3),
        call(table(3, 3), table(1, 3, 1).repeat(3, 1), 0.3),
    ],
    "partners that point away": [call(table(4, 3), -table(4, 3), 0.2)],
}


def by_hand(image, text, temperature):
    if image.shape[0] != text.shape[0] or image.shape[1] != text.shape[1]:
        raise ValueError(f"{tuple(image.shape)} against {tuple(text.shape)}")
    image = image / image.square().sum(1, keepdim=True).sqrt()
    text = text / text.square().sum(1, keepdim=True).sqrt()
    logits = torch.einsum("id,td->it", image, text) / temperature
    own = logits.diagonal()
    return (logits.logsumexp(1) + logits.logsumexp(0) - 2 * own).mean() / 2


def loops(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("one caption for each image, of the same width")
    total = 0.0
    for i in range(len(image)):
        to_text = F.cosine_similarity(image[i : i + 1], text) / temperature
        to_image = F.cosine_similarity(text[i : i + 1], image) / temperature
        total = total - F.log_softmax(to_text, dim=0)[i] - F.log_softmax(to_image, dim=0)[i]
    return total / (2 * len(image))


NORMALISED = "F.normalize(image), F.normalize(text)"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=20,
    hints=(
        "`F.normalize(x, dim=-1)` makes rows of length 1. The cosine of every image with every text "
        "is then one matrix product, (B, D) @ (D, B).",
        "Read row i, divided by the temperature, as the scores of a classifier with B classes. Which class is right "
        "for row 0, and for row 1? `F.cross_entropy` takes the scores and one class number for each row. "
        "For the other direction, which axis must hold the texts?",
        "Compare the two shapes before you multiply anything, and `raise ValueError(...)` when they differ.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    mistakes=(
        mistake(
            "no_normalisation",
            {NORMALISED: "image, text"},
            "your number is the loss of the raw embeddings, lengths included",
            "make every row of image and of text length 1 before you multiply them",
        ),
        mistake(
            "multiplies_by_temperature",
            {"text.T / temperature": "text.T * temperature"},
            "your number is the loss with the cosines multiplied by the temperature",
            "divide by it: a low temperature makes the differences larger",
        ),
        mistake(
            "no_temperature",
            {" / temperature": ""},
            "your number is the loss without the temperature",
            "divide the similarity matrix by temperature before the cross-entropy",
        ),
        mistake(
            "one_direction",
            {
                "(F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2": "F.cross_entropy(logits, own)"
            },
            "your number is the image→text half alone",
            "add the cross-entropy of the transposed matrix, and halve the sum",
        ),
        mistake(
            "sum_of_directions",
            {") / 2\n": ")\n"},
            "your number is the sum of the two directions, twice what is wanted",
            "divide the sum of the two directions by 2",
        ),
        mistake(
            "normalises_columns",
            {NORMALISED: NORMALISED.replace(")", ", dim=0)")},
            "your number is the loss with columns of length 1: each feature, taken over the batch",
            "normalise along the last axis, dim=-1: each embedding by its own length",
        ),
        mistake(
            "no_shape_check",
            {"image.shape != text.shape": "False"},
            "the values are right, but shapes that differ end in torch's own error",
            "begin with: if image.shape != text.shape: raise ValueError(...)",
        ),
    ),
    alternates=(by_hand, loops),
    forbids=(
        "mmlab.losses.contrastive_loss",
        "mmlab.losses.contrastive_loss_of_logits",
        "transformers.models.clip.modeling_clip.image_text_contrastive_loss",
    ),
)
