"""siglip_pairwise_loss: a yes or no for each of the B·B pairs of a batch."""

import torch
from _draw import call, nearly_unit, table, unit, value, vectors
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Unequal sizes, scales and biases of either sign, one that overflows exp."""
    plans = [(3, 5, 2.5, -1.5), (4, 3, 10.0, -4.0), (5, 2, 0.6, 0.8), (4, 6, 40.0, -110.0)]
    return [call(vectors(rng, b, d), vectors(rng, b, d), scale, bias) for b, d, scale, bias in plans]


CLAUSES = {
    "shapes that differ are refused": [
        call(table(3, 4), table(2, 4), 2.0, -1.0),
        call(table(1, 4), table(3, 4), 2.0, -1.0),  # would broadcast
        call(table(3, 4), table(3, 5), 2.0, -1.0),
    ],
    "one pair": [call(table(1, 4), table(1, 4, 1), 3.0, -2.0)],
    "rows of length 1, and of nearly 1": [
        call(unit(4), unit(4, 1), 7.0, -2.0),
        *(call(nearly_unit(4, off), nearly_unit(4, -off, 1), 7.0, -2.0) for off in (0.04, 2e-3, 2e-4)),
        call(unit(5), nearly_unit(5, 0.04, 2), 7.0, -2.0),
    ],
    "as many rows as columns": [call(table(3, 3), table(3, 3, 1), 2.0, -0.5)],
    "130 pairs": [call(table(130, 2), table(130, 2, 1), 4.0, -3.0)],  # more would take long in nested loops
    "a logit of exactly 0": [
        call(torch.eye(3), torch.eye(3).roll(1, 0), 10.0, 0.0),
        call(torch.eye(2), torch.eye(2), 2.0, -2.0),
        call(torch.eye(3), -torch.eye(3), 2.5, 2.5),
    ],
    "one feature": [call(torch.tensor([[2.0], [-1.0]]), torch.tensor([[-3.0], [-0.5]]), 3.0, 0.5)],
    "equal rows": [
        call(table(3, 3), table(3, 3, 1)[[0, 0, 2]], 4.0, -2.0),
        call(table(3, 3)[[0, 0, 2]], table(3, 3, 1), 4.0, -2.0),
        call(table(3, 3)[[1, 1, 1]], table(3, 3)[[1, 1, 1]], 4.0, -2.0),
    ],
    "logits of -200 and +200": [
        call(table(4, 3), table(4, 3), 200.0, 0.0),
        call(table(4, 3), -table(4, 3), 200.0, 0.0),
        call(table(3, 3), table(3, 3, 1), 10.0, -190.0),
        call(table(3, 3), table(3, 3, 1), 10.0, 190.0),
    ],
    "rows of any length": [
        call(table(3, 4) * 1e-3, table(3, 4, 2) * 1e3, 5.0, -1.0),
        value(table(4, 3) * 1e-6, table(4, 3, 1), 3.0, -1.0),
        value(table(3, 4) * 1e4, table(3, 4, 2) * 1e-6, 2.0, 0.5),
    ],
    "a scale or bias of 0": [
        call(table(3, 3), table(3, 3, 1), 0.0, -0.7),
        call(table(3, 3), table(3, 3, 1), 0.7, 0.0),
    ],
}


def by_softplus(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError(f"{tuple(image.shape)} against {tuple(text.shape)}")
    image = image / image.norm(dim=1, keepdim=True)
    text = text / text.norm(dim=1, keepdim=True)
    logits = scale * torch.einsum("id,td->it", image, text) + bias
    strangers = F.softplus(logits).sum() - F.softplus(logits).trace()
    return (strangers + F.softplus(-logits).trace()) / image.shape[0]


def by_binary_cross_entropy(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("one caption for each image")
    logits = F.cosine_similarity(image[:, None], text[None], dim=-1) * scale + bias
    yes = torch.eye(len(image), dtype=logits.dtype)
    return F.binary_cross_entropy_with_logits(logits, yes, reduction="none").sum(dim=1).mean()


LABELS, LOSS = "2 * torch.eye(len(logits)) - 1", "-F.logsigmoid(labels * logits).sum() / len(logits)"
COSINES = "F.normalize(image) @ F.normalize(text).T"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=15,
    optional=True,
    needs=("clip_contrastive_loss",),
    hints=(
        "Each cell of the B × B matrix asks separately: does this text belong to this image? "
        "The labels are +1 on the diagonal and −1 elsewhere: `2 * torch.eye(B) - 1`.",
        "−log σ(x) is `-F.logsigmoid(x)`. Written as log(1 + exp(−x)) it overflows at about x = −88 in float32.",
        "Add over all B² cells, then divide by B once, not by B².",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    mistakes=(
        mistake(
            "labels_zero_one",
            {LABELS: "torch.eye(len(logits))"},
            "your number uses the labels 0 and 1: every wrong pair then costs log 2, whatever its cosine",
            "use +1 on the diagonal and -1 elsewhere",
        ),
        mistake(
            "mean_of_all_pairs",
            {LOSS: "-F.logsigmoid(labels * logits).mean()"},
            "your number is the mean over all B·B pairs",
            "add over all pairs and divide by B, as the paper and the library do",
        ),
        mistake(
            "bias_before_scale",
            {f"scale * {COSINES} + bias": f"scale * ({COSINES} + bias)"},
            "your bias is added before the scale, so it is multiplied too",
            "compute cosines * scale + bias",
        ),
        mistake(
            "subtracts_bias",
            {".T + bias": ".T - bias"},
            "your bias is subtracted",
            "add it; it is negative in practice because most pairs do not belong together",
        ),
        mistake(
            "only_the_pairs",
            {LOSS: "-F.logsigmoid(logits.diagonal()).mean()"},
            "your number is the cost of the right pairs alone: a model that says yes to all would be perfect",
            "count the B·B − B wrong pairs as well, with the label -1",
        ),
        mistake(
            "overflows",
            {LOSS: "torch.log(1 + torch.exp(-labels * logits)).sum() / len(logits)"},
            "right for small logits, but exp overflows for large ones",
            "use F.logsigmoid or F.softplus, which stay finite",
        ),
        mistake(
            "no_normalisation",
            {COSINES: "image @ text.T"},
            "your number is the loss of the raw embeddings, lengths included",
            "make every row of image and of text length 1 before you multiply them",
        ),
    ),
    alternates=(by_softplus, by_binary_cross_entropy),
    forbids=("mmlab.losses.siglip_loss", "mmlab.losses.siglip_loss_of_logits"),
)
