"""ppo_clip_loss: PPO's clipped surrogate over the live tokens, with two clip widths."""

import torch
from _draw import EIGHTH, INF, NAN, call, drawn, hidden, logps, mask, steps, table, turned

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def case(logp, old_logp, advantages, live, low=0.25, high=0.5, filler=NAN):
    """Return one case, with something else where no token is live."""
    old, gain = hidden(old_logp, live, -filler), hidden(advantages, live, filler)
    return call(hidden(logp, live, filler), old, gain, live, low=low, high=high)


def cases(rng):
    """Unequal sizes; ratios on either side of both bounds, advantages of either sign."""
    plans = [
        (0.2, 0.28, "..xxx..", ".xxxxxx", "...x..."),
        (0.1, 0.3, "xx.x.", "x.xx."),
        (0.4, 0.15, ".xxxxxxx", "..x.x.x.", "xxxxx...", "........"),
    ]
    drawn_cases = []
    for low, high, *rows in plans:
        live = mask(*rows)
        old = logps(rng, *live.shape)
        logp = old + drawn(rng, *live.shape, scale=0.5) - 0.15
        drawn_cases.append(case(logp, old, drawn(rng, *live.shape) - 0.3, live, low, high))
    return drawn_cases


def fixed(*rows: str, moved=EIGHTH, low=0.25, high=0.5, filler=NAN, size=0.25, dtype=torch.float32):
    """Return one case with fixed numbers: log-ratios of −1 to 1 by default."""
    live = mask(*rows)
    old, ratio = steps(*live.shape, dtype=dtype), table(*live.shape, shift=-1, dtype=dtype).flip(1) * moved
    return case(old + ratio, old, table(*live.shape, shift=1, dtype=dtype) * size, live, low, high, filler)


def four(ratios, advantages, low=0.25, high=0.5):
    """Return one case of a single row: log-ratios and advantages."""
    ratios, advantages = torch.tensor([ratios]), torch.tensor([advantages])
    old = steps(*ratios.shape)
    return call(old + ratios, old, advantages, torch.ones_like(ratios, dtype=torch.bool), low=low, high=high)


CLAUSES = {
    "shapes that differ are refused": [
        call(steps(2, 3), steps(1, 3), table(2, 3) / 4, mask("xx.", ".xx"), low=0.25, high=0.5),
        call(steps(2, 3), steps(2, 3), table(2, 1) / 4, mask("xx.", ".xx"), low=0.25, high=0.5),
        call(steps(2, 3), steps(2, 3), table(2, 3) / 4, mask("xx", ".x"), low=0.25, high=0.5),
    ],
    "no live token is refused": [fixed("....", "...."), fixed(".")],
    "negative advantages": [
        four([0.5, -0.5, 1.0, -1.0], [-1.0, -1.0, -2.0, -3.0]),
        four([0.125, -0.125], [-1.0, -4.0]),
    ],
    "positive advantages": [
        four([0.5, -0.5, 1.0, -1.0], [1.0, 1.0, 2.0, 3.0]),
        four([0.125, -0.125], [1.0, 4.0]),
    ],
    "advantages of 0": [four([0.5, -0.5, 0.0, 1.0], [0.0, 0.0, 0.0, 2.0]), four([0.5, -1.0], [0.0, 0.0])],
    "a policy that has not moved": [
        fixed("xx.", ".xx", moved=0.0),
        fixed("xxx", moved=0.0, low=0.1, high=0.1),
    ],
    "two clip widths": [
        fixed("xx.x", ".xxx", low=0.1, high=1.5),
        fixed("xx.x", ".xxx", low=0.9, high=0.05),
        fixed("xx.x", ".xxx", low=0.3, high=0.3),
        fixed("xx.x", ".xxx", low=1.0, high=8.0),
    ],
    "rows of unequal length": [fixed("x...", ".xxx", "xxxx"), fixed("....", ".x..", "xx.x")],
    "log-ratios up to 20": [
        four([20.0, -20.0, 12.0, -9.0], [1.0, -1.0, 3.0, 2.0]),
        four([8.0, -8.0], [-1.0, 1.0]),
        four([20.0, -20.0, 0.0], [-1.0, 1.0, 1.0]),
        four([15.0, -15.0], [-0.5, 1.0]),
    ],
    "what is not live holds anything": [
        fixed("x.x.", ".xx.", filler=INF),
        fixed("x.x.", ".xx.", filler=-INF),
        fixed("x.x.", ".xx.", filler=500.0),
        fixed("x.x.", ".xx.", filler=0.0),
    ],
    "one token, one row": [fixed("x"), fixed("x", "x", "."), fixed(".xx.x")],
    "equal sizes": [fixed("xx.", ".xx", "x.x"), fixed("x.", "xx")],
    "float64": [fixed("xx.x", ".xxx", dtype=torch.float64) | {"gradient": False}],
    "inputs that are not contiguous": [
        call(
            turned(steps(2, 4, shift=3)),
            turned(steps(2, 4)),
            turned(table(2, 4) / 4),
            turned(mask("xx.x", ".xx.")),
            low=0.25,
            high=0.125,
        )
    ],
    "many tokens": [fixed("x" * 500, "." * 140 + "x.x" * 100 + "." * 60, moved=0.0625, size=0.0625)],
}


def by_where(logp, old_logp, advantages, live, *, low, high):
    if not logp.shape == old_logp.shape == advantages.shape == live.shape:
        raise ValueError("shapes that differ")
    kept = live.nonzero(as_tuple=True)
    if len(kept[0]) == 0:
        raise ValueError("nothing to learn from")
    gain, ratio = advantages[kept].detach(), torch.exp(logp[kept] - old_logp[kept].detach())
    above, below = (gain > 0) & (ratio > 1 + high), (gain < 0) & (ratio < 1 - low)
    surrogate = torch.where(above, (1 + high) * gain, torch.where(below, (1 - low) * gain, ratio * gain))
    return -surrogate.mean(), (above | below).to(gain.dtype).mean()


def token_by_token(logp, old_logp, advantages, live, *, low, high):
    if not logp.shape == old_logp.shape == advantages.shape == live.shape:
        raise ValueError("shapes that differ")
    terms, stopped = [], 0
    for row, column in live.nonzero().tolist():
        gain = advantages[row, column].item()
        ratio = (logp[row, column] - old_logp[row, column].item()).exp()
        bounded = ratio.clip(min=1 - low, max=1 + high)
        losses = torch.stack([-gain * ratio, -gain * bounded])
        worse = int(losses[1].item() > losses[0].item())
        terms.append(losses[worse])
        stopped += worse
    if not terms:
        raise ValueError("no live token")
    return torch.stack(terms).sum() / len(terms), logp.new_tensor(stopped / len(terms))


RATIO = "(logp - old_logp.detach()).masked_fill(~live, 0.0).exp()"
GAIN = "advantages.detach().masked_fill(~live, 0.0)"
CLIPPED = "ratio.clamp(1 - low, 1 + high) * gain"
LOSS = "-torch.minimum(plain, clipped).sum() / count"
SHARE = "(clipped < plain).sum() / count"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=25,
    needs=("sequence_logprob",),
    hints=(
        "Replace what is not live first: a log-ratio of 0 and an advantage of 0 add nothing to the sum. Then `ratio = log_ratio.exp()`.",
        "Two candidates for each token: `ratio * gain` and `ratio.clamp(1 - low, 1 + high) * gain`. `torch.minimum` takes the smaller one, whatever the sign of the advantage; the loss is minus its mean.",
        "Divide by `live.sum()`, the number of live tokens of the whole batch. `old_logp` and `advantages` are data: `.detach()` them.",
        "The share counts tokens where the clipped candidate is *strictly* smaller: `(clipped < plain).sum() / live.sum()`. Dead tokens have 0 in both.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close"),
    mistakes=(
        mistake(
            "clips_the_ratio_only",
            {LOSS: "-clipped.sum() / count"},
            "your loss uses the clipped ratio alone, so a token that moved too far in the wrong direction gets no gradient back",
            "take the smaller of the clipped and the unclipped term",
        ),
        mistake(
            "maximum",
            {"torch.minimum(plain, clipped)": "torch.maximum(plain, clipped)"},
            "you take the larger of both terms, the optimistic one",
            "take the smaller term and put the minus in front of it (or the larger of both *losses*)",
        ),
        mistake(
            "sign",
            {LOSS: "torch.minimum(plain, clipped).sum() / count"},
            "your loss is the objective itself, so descending it lowers the reward",
            "put a minus in front of it",
        ),
        mistake(
            "ratio_without_exp",
            {RATIO: "(logp - old_logp.detach()).masked_fill(~live, 0.0)"},
            "your ratio is a difference of logarithms",
            "take exp of it: the ratio of the probabilities is 1 when nothing has moved",
        ),
        mistake(
            "ratio_inverted",
            {"logp - old_logp.detach()": "old_logp.detach() - logp"},
            "your ratio is old over new",
            "use exp(logp − old_logp)",
        ),
        mistake(
            "mean_over_padding",
            {"count = live.sum()": "count = live.numel() * live.any()"},
            "you divide by all positions, so padding makes the loss smaller",
            "divide by the number of live tokens",
        ),
        mistake(
            "mean_of_row_means",
            {LOSS: "-(torch.minimum(plain, clipped).sum(dim=1) / live.sum(dim=1).clamp(min=1)).mean()"},
            "your loss is the mean of the rows' means, so a token of a short answer weighs more",
            "divide the sum over the batch by the number of live tokens of the batch",
        ),
        mistake(
            "old_not_detached",
            {"old_logp.detach()": "old_logp"},
            "the value is right, but a gradient flows into the old log-probabilities",
            "detach old_logp: the old policy is fixed",
        ),
        mistake(
            "advantages_not_detached",
            {GAIN: "advantages.masked_fill(~live, 0.0)"},
            "the value is right, but a gradient flows into the advantages: the critic would learn to please the policy",
            "detach the advantages",
        ),
        mistake(
            "widths_swapped",
            {"clamp(1 - low, 1 + high)": "clamp(1 - high, 1 + low)"},
            "you clip to 1 − high and 1 + low",
            "low is the room below 1 and high the room above",
        ),
        mistake(
            "share_of_ratios_outside",
            {SHARE: "((ratio < 1 - low) | (ratio > 1 + high)).sum() / count"},
            "your share counts every ratio outside the bounds, also where the unclipped term is the smaller one",
            "count the tokens where the clipped term is smaller: only there the gradient stops",
        ),
        mistake(
            "nan_times_zero",
            {RATIO: "(logp - old_logp.detach()).exp() * live"},
            "what is not live is multiplied by 0, and NaN times 0 is NaN",
            "use masked_fill or torch.where before the exponential",
        ),
    ),
    equivalent={
        "masked_fill(~live, 1.0).exp()": "the advantage is 0 there",
        "masked_fill(~live, -1.0).exp()": "the advantage is 0 there",
    },
    alternates=(by_where, token_by_token),
)
