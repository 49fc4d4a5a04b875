"""dpo_loss: direct preference optimisation from the tokens' log-probabilities, with label smoothing."""

import torch
from _draw import EIGHTH, INF, NAN, call, hidden, logps, mask, steps, turned
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def case(logp, ref_logp, live, beta=0.5, smoothing=0.125, filler=NAN):
    """Return one case, with something else where no token is live."""
    return call(
        hidden(logp, live, filler), hidden(ref_logp, live, -filler), live, beta=beta, smoothing=smoothing
    )


def cases(rng):
    """Unequal numbers of pairs and of tokens; prompts, gaps and padding."""
    plans = [
        (0.1, 0.1, "..xxx..", ".xxxxxx", "...x...", "..xx...", ".xx.xx.", ".xxxxxx"),
        (0.5, 0.0, "xx.x.", "x.xx.", ".....", "xxxxx"),
        (2.0, 0.3, ".xxxxxxx", "..x.x.x."),
    ]
    drawn_cases = []
    for beta, smoothing, *rows in plans:
        live = mask(*rows)
        ref = logps(rng, *live.shape)
        drawn_cases.append(case(logps(rng, *live.shape, scale=0.7), ref, live, beta, smoothing))
    return drawn_cases


def fixed(*rows: str, beta=0.5, smoothing=0.125, filler=NAN, scale=1.0, dtype=torch.float32):
    """Return one case with fixed numbers."""
    live = mask(*rows)
    logp, ref_logp = (steps(*live.shape, shift=shift, dtype=dtype) * scale for shift in (0, 2))
    return case(logp, ref_logp.flip(0), live, beta, smoothing, filler)


def rotated(step: dict) -> dict:
    """Return the case with equal log-probabilities in both models: the first step of a training."""
    args, kwargs = step["args"], step["kwargs"]
    return call(args[0], args[0].clone(), args[2], **kwargs)


TWO = ("xx..", ".xxx", "x...", ".xx.")

CLAUSES = {
    "shapes that differ are refused": [
        call(steps(4, 3), steps(2, 3), mask("xx.", ".xx", "x.x", "xxx"), beta=0.5, smoothing=0.125),
        call(steps(4, 3), steps(4, 1), mask("xx.", ".xx", "x.x", "xxx"), beta=0.5, smoothing=0.125),
        call(steps(4, 3), steps(4, 3), mask("xx.", ".xx"), beta=0.5, smoothing=0.125),
    ],
    "an odd number of rows is refused": [fixed("xx.", ".xx", "x.x"), fixed("x."), fixed(*(["xx"] * 5))],
    "before the first step": [
        rotated(fixed(*TWO)),
        rotated(fixed(*TWO, smoothing=0.0)),
        rotated(fixed(*TWO, beta=3.0)),
        rotated(fixed("x", "x")),
    ],
    "no smoothing": [fixed(*TWO, smoothing=0.0), fixed("xx..", ".xx.", smoothing=0.0, beta=0.1)],
    "smoothing": [fixed(*TWO, smoothing=0.25), fixed(*TWO, smoothing=0.4375), fixed(*TWO, smoothing=0.5)],
    "beta": [fixed(*TWO, beta=0.125), fixed(*TWO, beta=1.0), fixed(*TWO, beta=4.0)],
    "answers of unequal length": [fixed("x....", "xxxxx", ".xxx.", "...x."), fixed("xxxxxx", "x.....")],
    "an answer without a live token": [
        fixed("....", ".xxx", "xx..", "...."),
        fixed("..", "..") | {"gradient": False},
    ],
    "differences in the thousands": [
        fixed(*TWO, scale=1000.0, beta=1.0),
        fixed(*TWO, scale=1000.0, beta=1.0, smoothing=0.0),
        fixed("xx..", ".xxx", scale=300.0, beta=2.0),
        fixed(".xxx", "xx..", scale=300.0, beta=2.0, smoothing=0.0),
    ],
    "what is not live holds anything": [
        fixed("x.x.", ".xx.", filler=INF),
        fixed("x.x.", ".xx.", filler=-INF),
        fixed("x.x.", ".xx.", filler=500.0),
        fixed("x.x.", ".xx.", filler=0.0),
    ],
    "one pair, one token": [fixed("x", "x"), fixed(".xx.x", "xx.xx"), fixed("x", "x", "x", ".")],
    "equal sizes": [fixed("xx", ".x"), fixed("xxx.", ".xxx", "x.xx", "xx.x")],
    "float64": [fixed(*TWO, dtype=torch.float64) | {"gradient": False}],
    "inputs that are not contiguous": [
        call(
            turned(steps(4, 3)),
            turned(steps(4, 3, shift=4)),
            turned(mask("xx.", ".xx", "x.x", "xxx")),
            beta=0.25,
            smoothing=0.125,
        )
    ],
    "many tokens": [fixed("x" * 500, "." * 140 + "x.x" * 100 + "." * 60, beta=EIGHTH / 8, scale=0.25)],
}


def by_binary_cross_entropy(logp, ref_logp, live, *, beta, smoothing):
    if not logp.shape == ref_logp.shape == live.shape:
        raise ValueError("shapes that differ")
    pairs, odd = divmod(logp.shape[0], 2)
    if odd:
        raise ValueError("each chosen answer needs a rejected one")
    zero = torch.zeros_like(logp)
    ours = torch.where(live, logp, zero).sum(dim=1)
    theirs = torch.where(live, ref_logp, zero).sum(dim=1).detach()
    margin = ours[:pairs] - ours[pairs:] - theirs[:pairs] + theirs[pairs:]
    target = torch.full_like(margin, 1 - smoothing)
    rewards = (beta * (ours - theirs)).detach()
    return F.binary_cross_entropy_with_logits(beta * margin, target), rewards[:pairs], rewards[pairs:]


def pair_by_pair(logp, ref_logp, live, *, beta, smoothing):
    if not logp.shape == ref_logp.shape == live.shape:
        raise ValueError("shapes that differ")
    if len(live) != 2 * (len(live) // 2):
        raise ValueError(f"{len(live)} rows")
    rewards = []
    for row, marks in enumerate(live):
        rewards.append(beta * (logp[row][marks] - ref_logp[row][marks].detach()).sum())
    costs, half = [], len(live) // 2
    for chosen, rejected in zip(rewards[:half], rewards[half:]):
        shares = torch.stack([chosen, rejected]).log_softmax(dim=0)
        costs.append(-(1 - smoothing) * shares[0] - smoothing * shares[1])
    values = torch.stack(rewards).detach()
    return sum(costs) / half, values[:half].clone(), values[half:].clone()


LOSS = "-((1 - smoothing) * F.logsigmoid(margin) + smoothing * F.logsigmoid(-margin)).mean()"
REWARD = "(beta * (logp - ref_logp.detach())).masked_fill(~live, 0.0).sum(dim=1)"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=25,
    needs=("sequence_logprob", "bradley_terry_loss"),
    hints=(
        "The implicit reward of a row is beta times the *sum* over its live tokens of logp − ref_logp. Compute it for all 2B rows at once.",
        "`reward.chunk(2)` gives the first half, chosen, and the second half, rejected. The margin is their difference.",
        "`-((1 - smoothing) * F.logsigmoid(margin) + smoothing * F.logsigmoid(-margin)).mean()` is the loss; beta is inside the margin.",
        "Replace what is not live with `masked_fill` before the sum. Detach `ref_logp`, and the two rewards that you return.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-5, atol=1e-5, dtype=True),
    mistakes=(
        mistake(
            "no_reference",
            {"beta * (logp - ref_logp.detach())": "beta * logp"},
            "the reference model has no effect on your loss",
            "subtract ref_logp: the reward is how much more probable the policy makes the answer",
        ),
        mistake(
            "beta_outside",
            {
                REWARD: "(logp - ref_logp.detach()).masked_fill(~live, 0.0).sum(dim=1)",
                LOSS: f"{LOSS} * beta",
                "chosen.detach(), rejected.detach()": "beta * chosen.detach(), beta * rejected.detach()",
            },
            "beta multiplies your loss instead of the margin",
            "multiply inside the sigmoid: beta sets how far the policy may move from the reference",
        ),
        mistake(
            "swapped",
            {"chosen, rejected = reward.chunk(2)": "rejected, chosen = reward.chunk(2)"},
            "you take the first half as rejected",
            "rows 0 to B − 1 are the chosen answers",
        ),
        mistake(
            "interleaved",
            {"reward.chunk(2)": "(reward[0::2], reward[1::2])"},
            "you pair row 0 with row 1",
            "the pair of row i is row B + i",
        ),
        mistake(
            "mean_over_tokens",
            {REWARD: f"{REWARD} / live.sum(dim=1).clamp(min=1)"},
            "your rewards are means over the tokens",
            "take sums: an answer's log-probability is the sum over its tokens",
        ),
        mistake(
            "margin_negated",
            {"margin = chosen - rejected": "margin = rejected - chosen"},
            "your loss falls when the rejected answer becomes more probable",
            "the margin is chosen − rejected",
        ),
        mistake(
            "smoothing_forgotten",
            {LOSS: "-F.logsigmoid(margin).mean()"},
            "smoothing has no effect on your loss",
            "weight the two orders of the pair with 1 − smoothing and smoothing",
        ),
        mistake(
            "sum_over_pairs", {".mean()": ".sum()"}, "your loss is the sum over the pairs", "take the mean"
        ),
        mistake(
            "rewards_not_detached",
            {"chosen.detach(), rejected.detach()": "chosen, rejected"},
            "the values are right, but a gradient flows through the two rewards that you return",
            "detach them: they are for the log",
        ),
        mistake(
            "reference_not_detached",
            {"ref_logp.detach()": "ref_logp"},
            "the values are right, but a gradient flows into the reference model",
            "detach ref_logp: the reference is fixed",
        ),
        mistake(
            "overflows",
            {
                "F.logsigmoid(margin)": "torch.log(torch.sigmoid(margin))",
                "F.logsigmoid(-margin)": "torch.log(torch.sigmoid(-margin))",
            },
            "right for small margins, but sigmoid gives exactly 0 for large ones",
            "use F.logsigmoid, which stays finite",
        ),
        mistake(
            "nan_times_zero",
            {".masked_fill(~live, 0.0)": " * live"},
            "what is not live is multiplied by 0, and NaN times 0 is NaN",
            "use masked_fill or torch.where",
        ),
    ),
    alternates=(by_binary_cross_entropy, pair_by_pair),
)
