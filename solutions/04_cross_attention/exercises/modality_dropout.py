"""modality_dropout: hide whole modalities of a sample in training, never all of them."""

import torch
from _draw import drawn, mask, table
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

NAN = float("nan")


def call(tokens, present, draws, rate, training=True):
    """Return one case; the draws are no input that a gradient reaches."""
    return {"args": [tokens, present, draws, rate, training], "kwargs": {}}


def cases(rng):
    """Several rates, exact in binary, numbers of modalities and samples; what is not there holds NaN."""
    found = []
    for samples, modalities, width, rate in (
        (5, 3, 4, 0.5),
        (7, 2, 3, 0.75),
        (4, 5, 2, 0.25),
        (6, 4, 1, 0.9375),
    ):
        present = torch.from_numpy(rng.random((samples, modalities)) < 0.7)
        draws = torch.from_numpy(rng.random((samples, modalities)).round(3)).float()
        tokens = drawn(rng, samples, modalities, width).masked_fill(~present[..., None], NAN)
        found += [call(tokens, present, draws, rate), call(tokens, present, draws, rate, False)]
    return found


def fixed(rows, draws, rate, training=True, width=2, filler=7.0, dtype=torch.float32):
    """Return one case: rows of a dot for each modality that is there and x for each that is not, draws in percent."""
    present = ~mask(*rows.split())
    tokens = table(*present.shape, width, dtype=dtype).masked_fill(~present[..., None], filler)
    draws = torch.tensor([[float(number) for number in row.split()] for row in draws.split(",")], dtype=dtype)
    return call(tokens, present, draws / 100, rate, training)


THREE = "10 60 80, 60 10 20, 30 20 10, 55 45 50"

CLAUSES = {
    "a draw equal to the rate stays": [
        fixed("... ...", "25 50 75, 75 24 25", 0.25),
        fixed("... ...", "50 49 51, 50 50 50", 0.5),
    ],
    "all would be dropped": [
        fixed("... ... ...", "10 20 30, 30 20 10, 10 30 20", 0.5),
        fixed(".x. x.. ..x", "10 99 5, 99 20 10, 10 30 99", 0.5),
        fixed("xx. .xx", "80 90 1, 1 90 80", 0.5),
    ],
    "equally large draws": [
        fixed("... ... ..x", "20 20 20, 10 30 30, 20 20 20", 0.9),
        fixed("x.. .x. xx.", "40 40 40, 40 40 40, 40 40 40", 0.5),
        fixed("... x..", "0 0 0, 0 0 0", 0.5),
        fixed("........ x.......", "20 20 20 20 20 20 20 20, 20 20 20 20 20 20 20 20", 0.9),
    ],
    "a sample that has nothing": [
        fixed("xxx ...", "90 80 70, 10 20 30", 0.5),
        fixed("xxx", "10 20 30", 0.5, filler=NAN) | {"gradient": False},
        fixed("xx xx", "10 20, 90 90", 0.0),
    ],
    "what is not there holds anything": [
        fixed(".x. x.. ..x", "90 80 70, 10 90 30, 70 1 99", 0.5, filler=NAN),
        fixed(".x. x.. ..x", "90 80 70, 10 90 30, 70 1 99", 0.0, filler=float("inf")),
    ],
    "evaluation": [
        fixed("... ... ... ...", THREE, 0.5, False),
        fixed(".x. xxx ..x x..", THREE, 0.9, False),
        fixed(".x. xxx ..x x..", THREE, 1.0, False),
        fixed(".x. x.. ..x ...", THREE, 0.5, False, filler=NAN),
    ],
    "a rate of 0, a rate of 1": [
        fixed(".x. x.. ... ...", THREE, 0.0),
        fixed(".x. x.. ... ...", THREE, 1.0),
        fixed("... ...", "0 0 0, 0 50 0", 0.0),
        fixed("... ...", "99 98 97, 97 98 99", 1.0),
        fixed(".x. x..", "10 20 30, 40 50 60", 0),
        fixed(".x. x..", "10 20 30, 40 50 60", 1),
    ],
    "a rate outside 0 and 1": [
        fixed("... ...", "10 20 30, 40 50 60", rate, training)
        for rate in (-0.01, 1.01, -1.0, 2.0)
        for training in (True, False)
    ],
    "one sample, one modality, one feature": [
        fixed("...", "10 90 60", 0.5),
        fixed(". . x", "10, 90, 10", 0.5),
        fixed("... .x.", "10 90 60, 10 20 5", 0.5, width=1),
    ],
    "equal sizes": [
        fixed("... .x. x..", "10 90 60, 10 20 5, 70 20 60", 0.5, width=3),
        fixed(".. x.", "10 20, 10 5", 0.5),
    ],
    "float64": [fixed("... .x.", "10 90 60, 10 20 5", 0.5, dtype=torch.float64)],
    "inputs that are not contiguous": [
        call(
            table(3, 4, 2).transpose(0, 1),
            (~mask("..x.", ".x..", "....")).T,
            (table(3, 4).abs() / 20).T,
            0.25,
        )
    ],
    "many samples": [
        call(
            table(1100, 3, 1),
            torch.arange(3300).reshape(1100, 3) % 7 != 3,
            (torch.arange(3300) * 37 % 101 / 101).reshape(1100, 3),
            0.6,
        )
    ],
}


def row_by_row(tokens, present, draws, rate, training):
    if rate < 0 or rate > 1:
        raise ValueError("rate")
    if not training:
        return tokens.clone(), present.clone()
    rows = []
    for has, numbers in zip(present.tolist(), draws.tolist()):
        left = [here and number >= rate for here, number in zip(has, numbers)]
        if any(has) and not any(left):
            largest = max(number for here, number in zip(has, numbers) if here)
            left[next(m for m in range(len(has)) if has[m] and numbers[m] == largest)] = True
        rows.append(left)
    left = torch.tensor(rows)
    return torch.where(left[..., None], tokens, torch.zeros_like(tokens)), left


def one_hot_rescue(tokens, present, draws, rate, training):
    if not (rate >= 0.0 and rate <= 1.0):
        raise ValueError(f"{rate} is no probability")
    if not training:
        return tokens, present
    kept = present.logical_and(draws.ge(rate))
    order = torch.where(present, draws, draws - 2)
    rescued = F.one_hot(order.max(dim=1).indices, present.shape[1]).bool() & present
    kept = torch.where(kept.any(dim=1, keepdim=True), kept, rescued)
    return tokens.masked_fill(kept.logical_not().unsqueeze(-1), 0), kept


EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=20,
    hints=(
        "A modality stays when it is present and `draws >= rate`. That is one line; what remains is the sample that would lose everything.",
        "The largest draw among those present: give the others a value below every draw, `draws.masked_fill(~present, -1.0)`, and take `argmax(dim=1, keepdim=True)`, which returns the first of several maxima.",
        "If anything stays, the modality with the largest draw stays anyway. So it can be set to True in every row: `(draws >= rate).scatter(1, best, True) & present`. Then `tokens.masked_fill(~stays[..., None], 0.0)`.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close"),
    mistakes=(
        mistake(
            "all_may_be_dropped",
            {".scatter(1, best, True)": ""},
            "some samples lose everything they have",
            "keep the modality with the largest draw where all would be dropped",
        ),
        mistake(
            "active_in_evaluation",
            {"    if not training:\n        return tokens, present\n": ""},
            "your modalities are dropped in evaluation too",
            "return tokens and present as they came when training is False",
        ),
        mistake(
            "drops_above_the_rate",
            {"draws >= rate": "draws < rate"},
            "you drop where the draw is *not* below the rate, so a rate of 0.1 drops nine of ten",
            "drop where draws < rate",
        ),
        mistake(
            "same_for_every_sample",
            {"stays = (draws >= rate)": "stays = (draws[:1] >= rate).repeat(len(draws), 1)"},
            "the first sample's draws decide for all samples",
            "use each sample's own row of draws",
        ),
        mistake(
            "rescue_of_what_is_not_there",
            {"draws.masked_fill(~present, -1.0)": "draws"},
            "the largest draw of all decides what stays, also when that modality is not there",
            "look for the largest draw among the modalities that are present",
        ),
        mistake(
            "rescaled",
            {
                "tokens.masked_fill(~stays[..., None], 0.0)": "tokens.masked_fill(~stays[..., None], 0.0) / max(1 - rate, 1e-6)"
            },
            "your tokens that stay are divided by 1 − rate, as in ordinary dropout",
            "leave them as they are: the fusion takes a mean over what is present",
        ),
        mistake(
            "present_not_updated",
            {"0.0), stays": "0.0), present"},
            "your second result is `present` as it came, so the fusion counts what was dropped",
            "return True only where a modality is left",
        ),
        mistake(
            "multiplied_by_zero",
            {"tokens.masked_fill(~stays[..., None], 0.0)": "tokens * stays[..., None]"},
            "your tokens are multiplied by 0, and NaN times 0 is NaN",
            "use masked_fill or torch.where",
        ),
    ),
    equivalent={"present, -2.0": "every draw is at least 0"},
    alternates=(row_by_row, one_hot_rescue),
    forbids=("torch.nn.functional.dropout", "torch.nn.functional.dropout1d", "torch.nn.Dropout"),
)
