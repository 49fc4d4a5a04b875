"""itm_loss: a head with two outputs on fused vectors; positives and negatives weigh the same."""

import torch
from _draw import call, drawn, table
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Unequal numbers of positives, negatives and features."""
    return [
        call(*(drawn(rng, *shape, scale=scale) for shape in ((p, d), (n, d), (2, d), (2,))))
        for p, n, d, scale in (
            (3, 6, 5, 0.7),
            (8, 2, 3, 0.5),
            (1, 9, 4, 1.0),
            (5, 4, 7, 0.3),
            (4, 12, 2, 1.5),
        )
    ]


def fixed(positives, negatives, width, scale=0.25, shift=0, dtype=torch.float32, head=None):
    """Return one case with fixed tensors."""
    vectors = (table(size, width, shift=shift + size, dtype=dtype) * scale for size in (positives, negatives))
    weight, bias = head or (table(2, width, shift=1, dtype=dtype) * 0.3, table(2, dtype=dtype) * 0.1)
    return call(*vectors, weight, bias)


EQUAL_ROWS = (table(1, 3).repeat(2, 1), torch.tensor([0.5, 0.5]))
TIE_OF_THE_FIRST = torch.tensor([[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]])
ONLY_BIAS = (torch.zeros(2, 4), torch.tensor([0.75, -1.5]))

CLAUSES = {
    "twice as many negatives": [fixed(4, 8, 5), fixed(3, 6, 4, shift=3)],
    "more positives than negatives, equal numbers": [fixed(7, 2, 3), fixed(5, 5, 3), fixed(2, 2, 2)],
    "one of each": [fixed(1, 1, 4), fixed(1, 6, 3), fixed(6, 1, 3)],
    "a tie is no match": [
        fixed(4, 6, 3, head=EQUAL_ROWS),
        call(torch.eye(3)[:1], torch.eye(3)[1:], TIE_OF_THE_FIRST, torch.zeros(2)),
        call(torch.eye(3)[1:], torch.eye(3)[:1], TIE_OF_THE_FIRST, torch.zeros(2)),
        call(torch.zeros(2, 3), torch.zeros(5, 3), table(2, 3), torch.zeros(2)),
        call(torch.eye(3), torch.eye(3), TIE_OF_THE_FIRST, torch.zeros(2)),
    ],
    "a head that ignores its input": [fixed(3, 6, 4, head=ONLY_BIAS), fixed(6, 3, 4, head=ONLY_BIAS)],
    "everything right, everything wrong": [
        call(torch.ones(3, 1) * sign, -torch.ones(5, 1) * sign, torch.tensor([[-2.0], [2.0]]), torch.zeros(2))
        for sign in (1, -1)
    ],
    "logits in the thousands": [
        call(
            table(3, 2) * 100,
            table(5, 2, shift=2) * 100,
            torch.tensor([[3.0, -2.0], [-1.0, 4.0]]),
            torch.tensor([7.0, -5.0]),
        )
    ],
    "no positives, no negatives": [
        call(torch.zeros(0, 3), table(4, 3), table(2, 3), table(2)),
        call(table(4, 3), torch.zeros(0, 3), table(2, 3), table(2)),
        call(torch.zeros(0, 3), torch.zeros(0, 3), table(2, 3), table(2)),
    ],
    "float64": [
        fixed(3, 6, 4, dtype=torch.float64),
        fixed(5, 2, 3, dtype=torch.float64),
        fixed(1, 1, 2, dtype=torch.float64),
    ],
    "inputs that are not contiguous": [
        call((table(4, 3) / 4).T, (table(4, 6, shift=1) / 4).T, (table(4, 2) / 3).T, table(4)[::2] / 5)
    ],
}


def by_softplus(positives, negatives, weight, bias):
    if min(len(positives), len(negatives)) == 0:
        raise ValueError("empty")
    match, other = (
        vectors @ (weight[1] - weight[0]) + (bias[1] - bias[0]) for vectors in (positives, negatives)
    )
    loss = 0.5 * F.softplus(-match).mean() + 0.5 * F.softplus(other).mean()
    share = (match > 0).double().mean() + (other <= 0).double().mean()
    return loss, (share / 2).to(positives.dtype)


def weighted(positives, negatives, weight, bias):
    sizes = len(positives), len(negatives)
    if 0 in sizes:
        raise ValueError(f"sizes {sizes}")
    logits = torch.cat([positives, negatives]) @ weight.T + bias
    labels = torch.arange(sum(sizes)) < sizes[0]
    shares = torch.where(labels, 0.5 / sizes[0], 0.5 / sizes[1]).to(logits)
    chances = logits.log_softmax(dim=-1)
    loss = -(shares * torch.where(labels, chances[:, 1], chances[:, 0])).sum()
    return loss, (shares * ((logits[:, 1] > logits[:, 0]) == labels)).sum()


HALVES = "return sum(losses) / 2, sum(shares) / 2"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=15,
    hints=(
        "`F.linear(fused, weight, bias)` gives the two logits of each pair, and `F.cross_entropy` takes them with integer labels: 1 for every positive, 0 for every negative. Its mean is the mean over the pairs that you give it.",
        "Call it once for the positives and once for the negatives, and take half of each. `torch.full((len(fused),), 1, device=fused.device)` makes the labels on the device of the inputs.",
        "The accuracy: `logits[:, 1] > logits[:, 0]` is True for a match. Compare it with the label, convert the result to the inputs' dtype, and take the mean for each side.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", dtype=True),
    mistakes=(
        mistake(
            "negatives_outweigh",
            {HALVES: "sizes = len(positives), len(negatives)\n    return tuple(sum(size * part for size, part in zip(sizes, parts)) / sum(sizes) for parts in (losses, shares))"},
            "your means are taken over all pairs, so the side with more pairs outweighs the other",
            "take the mean over the positives and the mean over the negatives, and half of each",
        ),
        mistake(
            "logits_swapped",
            {"(positives, 1), (negatives, 0)": "(positives, 0), (negatives, 1)"},
            "your head counts logit 0 as the match",
            "logit 1 is the match: the label of a positive is 1",
        ),
        mistake(
            "sum_of_both",
            {HALVES: "return sum(losses), sum(shares) / 2"},
            "your loss is twice as large: the sum of both means",
            "take half of each mean",
        ),
        mistake(
            "positives_only",
            {HALVES: "return losses[0], shares[0]"},
            "your loss and accuracy look at the positives only, and a head that says \"match\" to everything is perfect",
            "add the negatives, with label 0",
        ),
        mistake(
            "ties_match",
            {"logits[:, 1] > logits[:, 0]": "logits[:, 1] >= logits[:, 0]"},
            "in your accuracy a tie counts as a match",
            "use >, so that a tie is no match",
        ),
        mistake(
            "loss_of_plain_accuracy",
            {HALVES: "return sum(losses) / 2, (sum(share * size for share, size in zip(shares, (len(positives), len(negatives)))) / (len(positives) + len(negatives)))"},
            "your loss is right, and your accuracy is the share of all pairs",
            "balance the accuracy too: half the share of the positives plus half the share of the negatives",
        ),
    ),
    alternates=(by_softplus, weighted),
    equivalent={"labels = torch.full((len(fused),), label)": "cases lie on the CPU; a test asks for the labels' device"},
    forbids=("transformers.BlipForImageTextRetrieval",),
)  # fmt: skip
