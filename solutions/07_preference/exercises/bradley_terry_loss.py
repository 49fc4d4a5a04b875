"""bradley_terry_loss: the loss of a reward model on pairs, weighted by raters' votes."""

import torch
from _draw import call, drawn, table, value
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def votes(*pairs: tuple[int, int]) -> torch.Tensor:
    """Return (B, 2) int64."""
    return torch.tensor(pairs)


def cases(rng):
    """Unequal numbers of pairs and of raters; no pair is unanimous by design."""
    plans = [(5, 6, 1.0), (8, 3, 2.5), (3, 12, 0.3)]
    return [
        call(
            drawn(rng, count, scale=scale),
            drawn(rng, count, scale=scale),
            torch.from_numpy(rng.integers(0, raters, (count, 2)) + [[1, 0]]),
        )
        for count, raters, scale in plans
    ]


THREE = votes((3, 1), (0, 2), (1, 4))

CLAUSES = {
    "shapes that differ are refused": [
        call(table(3) / 4, table(2) / 4, THREE),
        call(table(1) / 4, table(3) / 4, THREE),  # would broadcast
        call(table(3) / 4, table(1) / 4, THREE),
        call(table(3) / 4, table(3, shift=1) / 4, THREE[:2]),
        call(table(3) / 4, table(3, shift=1) / 4, THREE[:1]),
        call(table(1) / 4, table(1, shift=1) / 4, THREE),
        call(table(3) / 4, table(3, shift=1) / 4, THREE[:, :1]),
        call(table(3) / 4, table(3, shift=1) / 4, torch.ones(3, 3, dtype=torch.int64)),
        call(table(2) / 4, table(2, shift=1) / 4, torch.ones(2, dtype=torch.int64)),
        call(table(3, 1) / 4, table(3, 1, shift=1) / 4, THREE),
        call(table(3, 2) / 4, table(3, 2, shift=1) / 4, THREE),
        call(table(1, 1) / 4, table(1, 1, shift=1) / 4, THREE[:1]),
    ],
    "no vote at all is refused": [
        call(table(3) / 4, table(3, shift=1) / 4, torch.zeros(3, 2, dtype=torch.int64)),
        call(table(1) / 4, table(1, shift=1) / 4, votes((0, 0))),
    ],
    "one pair": [
        call(table(1) / 4, table(1, shift=3) / 4, votes((1, 0))),
        call(table(1) / 4, table(1, shift=3) / 4, votes((0, 1))),
        call(table(1) / 4, table(1, shift=3) / 4, votes((2, 5))),
    ],
    "all raters agree": [
        call(table(4) / 4, table(4, shift=2).flip(0) / 4, votes((1, 0), (3, 0), (1, 0), (2, 0))),
        call(table(4) / 4, table(4, shift=2).flip(0) / 4, votes((0, 1), (0, 1), (0, 1), (0, 1))),
    ],
    "a tie": [call(table(3) / 4, table(3, shift=1).flip(0) / 4, votes((2, 2), (1, 1), (3, 3)))],
    "a pair without votes": [
        call(table(3) / 4, table(3, shift=1).flip(0) / 4, votes((0, 0), (1, 4), (2, 0))),
        call(table(4) / 4, table(4, shift=1).flip(0) / 4, votes((2, 1), (0, 0), (0, 0), (0, 3))),
    ],
    "equal rewards": [call(table(3) / 4, table(3) / 4, THREE)],
    "only the difference counts": [
        call(table(3) / 4 + 64, table(3, shift=1).flip(0) / 4 + 64, THREE),
        call(table(3) / 4, table(3, shift=1).flip(0) / 4, THREE),
    ],
    "rewards up to 10,000": [
        call(table(3) * 1000.0, table(3, shift=1).flip(0) * 1000.0, THREE),
        call(torch.tensor([1e4, -1e4, 90.0]), torch.tensor([-1e4, 1e4, -30.0]), THREE),
        value(torch.tensor([1e4, 120.0]), torch.tensor([-1e4, -120.0]), votes((2, 0), (1, 0))),
    ],
    "two pairs": [call(table(2) / 4, table(2, shift=3) / 2, votes((1, 3), (2, 0)))],
    "many votes": [call(table(3) / 4, table(3, shift=1).flip(0) / 4, votes((900, 2100), (1, 0), (0, 90)))],
    "float64": [
        call(table(3, dtype=torch.float64) / 3, table(3, shift=1, dtype=torch.float64).flip(0) / 7, THREE)
    ],
    "inputs that are not contiguous": [
        call(table(6)[::2] / 4, table(6, shift=3)[1::2] / 4, votes((1, 0, 2), (3, 4, 1)).T)
    ],
}


def by_binary_cross_entropy(first, second, votes):
    if first.ndim != 1 or first.shape != second.shape or tuple(votes.shape) != (len(first), 2):
        raise ValueError("three shapes that do not fit together")
    count = votes.sum(dim=1)
    if not count.any():
        raise ValueError("nobody voted")
    target = votes[:, 0] / count.clamp(min=1)
    loss = F.binary_cross_entropy_with_logits(first - second, target.to(first.dtype), reduction="none")
    return (loss * count).sum() / count.sum()


def vote_by_vote(first, second, votes):
    if first.shape != second.shape or votes.shape != (*first.shape, 2):
        raise ValueError(f"{tuple(first.shape)}, {tuple(second.shape)}, {tuple(votes.shape)}")
    rewards, costs = torch.stack([first, second], dim=1), []
    for pair, (ours, theirs) in enumerate(votes.tolist()):
        log_share = rewards[pair].log_softmax(dim=0)
        costs += [-log_share[0]] * ours + [-log_share[1]] * theirs
    if not costs:
        raise ValueError("no votes")
    return torch.stack(costs).mean()


COST = "-(votes[:, 0] * F.logsigmoid(margin) + votes[:, 1] * F.logsigmoid(-margin))"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=15,
    hints=(
        "One vote for the first answer costs −log σ(first − second), one vote for the second costs −log σ(second − first). Multiply each cost by the number of such votes.",
        "`F.logsigmoid(x)` stays finite for x = −20,000, where `torch.log(torch.sigmoid(x))` is −inf.",
        "Add up all costs and divide by `votes.sum()`, once. A pair without votes then adds 0 to both sums.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", dtype=True),
    mistakes=(
        mistake(
            "sign_swapped",
            {"first - second": "second - first"},
            "your loss falls when the answer with fewer votes gets the higher reward",
            "use first − second for the votes in column 0",
        ),
        mistake(
            "squared_error",
            {COST: "votes[:, 0] * (margin - 1) ** 2 + votes[:, 1] * (margin + 1) ** 2"},
            "your number is a squared error that wants a difference of exactly 1",
            "use −log σ of the difference: it has no target value, and a larger difference always costs less",
        ),
        mistake(
            "second_votes_ignored",
            {" + votes[:, 1] * F.logsigmoid(-margin)": ""},
            "votes for the second answer cost nothing in your loss",
            "add votes[:, 1] times −log σ(second − first)",
        ),
        mistake(
            "majority_only",
            {
                "margin = first - second": "margin = first - second\n    votes = torch.where(votes == votes.amax(dim=1, keepdim=True), votes.sum(dim=1, keepdim=True), 0)"
            },
            "the majority decides for all raters of a pair in your loss",
            "count each vote: two raters of five who disagree lower the best difference",
        ),
        mistake(
            "mean_over_pairs",
            {"cost.sum() / votes.sum()": "(cost / votes.sum(dim=1).clamp(min=1)).mean()"},
            "each pair has the same weight in your mean, however many raters saw it",
            "divide the sum of all costs by the number of all votes",
        ),
        mistake(
            "divided_by_pairs",
            {"cost.sum() / votes.sum()": "cost.mean()"},
            "your sum is divided by the number of pairs",
            "divide by the number of votes",
        ),
        mistake(
            "each_reward_alone",
            {
                "F.logsigmoid(margin)": "(F.logsigmoid(first) + F.logsigmoid(-second))",
                "F.logsigmoid(-margin)": "(F.logsigmoid(-first) + F.logsigmoid(second))",
            },
            "your loss compares each reward with 0, so adding 1 to both rewards changes it",
            "only the difference first − second may count",
        ),
        mistake(
            "no_logarithm",
            {
                "F.logsigmoid(margin)": "torch.sigmoid(margin)",
                "F.logsigmoid(-margin)": "torch.sigmoid(-margin)",
            },
            "your number is minus a probability, whose gradient vanishes where the model is most wrong",
            "take its logarithm: F.logsigmoid",
        ),
        mistake(
            "overflows",
            {
                "F.logsigmoid(margin)": "torch.log(torch.sigmoid(margin))",
                "F.logsigmoid(-margin)": "torch.log(torch.sigmoid(-margin))",
            },
            "right for small differences, but sigmoid gives exactly 0 for large ones",
            "use F.logsigmoid, which stays finite",
        ),
    ),
    alternates=(by_binary_cross_entropy, vote_by_vote),
)
