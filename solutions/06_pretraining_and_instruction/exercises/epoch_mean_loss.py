"""epoch_mean_loss: the mean over the tokens of an epoch, not over its batches, and not the last batch."""

from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

NAN, INF = float("nan"), float("inf")


def cases(rng):
    """Epochs of several lengths with unequal counts, a step without tokens among them."""
    made = []
    for steps, low, high in ((4, 1, 9), (9, 5, 60), (2, 100, 900), (13, 0, 4), (6, 1, 30)):
        counts = rng.integers(low, high, steps).tolist()
        counts[0] += 1
        losses = (rng.random(steps) * 5).round(3).tolist()
        made.append(call([loss if count else NAN for loss, count in zip(losses, counts)], counts))
    return made


CLAUSES = {
    "unequal counts": [call([2.0, 1.0], [1, 3]), call([0.5, 4.0, 1.0], [10, 1, 2])],
    "equal counts": [call([3.0, 1.0, 2.0], [4, 4, 4])],
    "one step": [call([1.25], [7]), call([0.0], [3])],
    "steps without tokens": [
        call([NAN, 2.0, 1.0], [0, 2, 1]),
        call([3.0, NAN], [5, 0]),
        call([1.0, NAN, NAN, 4.0], [1, 0, 0, 1]),
        call([5.0, 2.0, 0.0, 1.0], [0, 3, 0, 1]),
        call([INF, 2.0, -INF], [0, 3, 0]),
    ],
    "a run that has diverged": [call([1.0, NAN, 2.0], [3, 1, 2]), call([NAN, NAN], [0, 2]), call([INF, NAN], [1, 2])],
    "an infinite loss": [call([1.0, INF], [2, 1]), call([INF, 1.0, 2.0], [1, 4, 2]), call([INF], [3])],
    "different lengths": [call([1.0, 2.0], [3]), call([1.0], [3, 4]), call([], [1]), call([1.0], []), call([1.0], [2, 0])],
    "no token": [call([], []), call([NAN], [0]), call([2.0, 1.0], [0, 0]), call([NAN, NAN, NAN], [0, 0, 0])],
    "large counts, negative losses": [
        call([1e-3, 2e3], [2_000_000, 3]),
        call([-0.5, 0.25, -1.0], [2, 5, 1]),
        call([1.0, -1.0], [2, 2]),
    ],
}  # fmt: skip


def running(losses, counts):
    if len(losses) != len(counts):
        raise ValueError("lengths")
    mean, seen = 0.0, 0
    for loss, count in zip(losses, counts):
        if count > 0:
            mean = mean * (seen / (seen + count)) + loss * (count / (seen + count))
            seen += count
    if seen == 0:
        raise ValueError("nothing")
    return mean


def by_numpy(losses, counts):
    import numpy as np

    weights = np.array(counts, dtype=float)
    if len(losses) != len(weights) or weights.sum() == 0:
        raise ValueError("nothing to report")
    values = np.array(losses, dtype=float)[weights > 0]
    return float((values * weights[weights > 0]).sum() / weights.sum())


MEAN = "return sum(loss * count for loss, count in zip(losses, counts) if count) / sum(counts)"

EXERCISE = Exercise(
    difficulty=1,
    importance=4,
    minutes=10,
    hints=(
        "A step's loss times its count is the *sum* over its tokens. Add up these sums, and divide by the number of tokens.",
        "NaN times 0 is NaN, so leave out steps with a count of 0: `sum(loss * count for loss, count in zip(losses, counts) if count)`. Divide by `sum(counts)`, and check the two errors first, because `zip` stops silently at the shorter list.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close"),
    mistakes=(
        mistake(
            "last_batch",
            {MEAN: "return [loss for loss, count in zip(losses, counts) if count][-1]"},
            "your result is the loss of the last step",
            "take all steps of the epoch, weighted by their counts",
        ),
        mistake(
            "mean_of_batches",
            {MEAN: "steps = [loss for loss, count in zip(losses, counts) if count]\n    return sum(steps) / len(steps)"},
            "your result is the mean over the steps, so a step with few tokens weighs as much as one with many",
            "weight each step by its count",
        ),
        mistake(
            "nan_from_an_empty_step",
            {" if count)": ")"},
            "your result is NaN because of a step that counted nothing",
            "leave out steps with a count of 0: NaN times 0 is NaN",
        ),
        mistake(
            "nan_hidden",
            {" if count)": " if loss == loss)"},
            "you leave out every step whose loss is NaN, also one that counted tokens, so a diverged run looks healthy",
            "leave out steps by their count, not by their loss",
        ),
        mistake(
            "sum_of_the_tokens",
            {" / sum(counts)": ""},
            "your result is the sum over all tokens",
            "divide by the number of tokens",
        ),
    ),
    alternates=(running, by_numpy),
    forbids=(),
)  # fmt: skip
