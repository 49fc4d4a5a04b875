"""kl_shaped_reward: a penalty for leaving the reference model at each token, and the score at the end."""

import torch
from _draw import EIGHTH, INF, NAN, call, drawn, hidden, logps, mask, steps, table, turned

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def case(scores, logp, ref_logp, live, beta=0.25, limit=2.0, filler=NAN):
    """Return one case, with something else where no token is live."""
    parts = hidden(logp, live, filler), hidden(ref_logp, live, -filler)
    return call(scores, *parts, live, beta=beta, limit=limit)


def cases(rng):
    """Unequal sizes; prompts before the answers, padding after them, gaps inside."""
    plans = [
        (0.1, 1.5, "..xxx..", ".xxxxxx", "...x..."),
        (0.7, 0.5, "xx..", "x.x."),
        (0.05, 4.0, ".x.xx", "....x", "xxxxx"),
    ]
    drawn_cases = []
    for beta, limit, *rows in plans:
        live = mask(*rows)
        scores = drawn(rng, len(rows), scale=2.0)
        drawn_cases.append(case(scores, logps(rng, *live.shape), logps(rng, *live.shape), live, beta, limit))
    return drawn_cases


def fixed(*rows: str, scores=None, beta=0.25, limit=2.0, filler=NAN, dtype=torch.float32):
    """Return one case with fixed numbers."""
    live = mask(*rows)
    scores = table(len(rows), dtype=dtype) * EIGHTH if scores is None else torch.tensor(scores, dtype=dtype)
    logp, ref_logp = (steps(*live.shape, shift=shift, dtype=dtype) for shift in (0, 3))
    return case(scores, logp, ref_logp.flip(1), live, beta, limit, filler)


CLAUSES = {
    "shapes that do not fit together are refused": [
        case(table(3) * EIGHTH, steps(2, 3), steps(2, 3), mask("xx.", ".xx")),
        call(table(2) * EIGHTH, steps(1, 3), steps(2, 3), mask("xx.", ".xx"), beta=0.5, limit=1.0),
        call(table(2) * EIGHTH, steps(2, 3), steps(2, 3), mask("xx", ".x"), beta=0.5, limit=1.0),
    ],
    "a row without a live token is refused": [
        fixed("..xx", "....", "xx.."),
        fixed("....", "...."),
        fixed("."),
        fixed("....", "xxxx"),
    ],
    "the last live token": [
        fixed("xx..", ".xx.", "..xx", "x...", "...x"),
        fixed("x.x.", "xx.x", ".x.x"),
        fixed("xxxxx", "xx...", "....x"),
    ],
    "scores beyond the limit": [
        fixed("xx..", ".xx.", "..xx", scores=[5.0, -7.0, 1.25], limit=1.5),
        fixed("xx..", ".xx.", "..xx", scores=[2.0, -2.0, 1e6], limit=2.0),
        fixed("xx..", ".xx.", scores=[-0.5, -1e6], limit=0.25),
    ],
    "no limit": [fixed("xx..", ".xx.", scores=[1000.0, -1000.0], limit=INF)],
    "the penalty has no limit": [
        case(torch.tensor([0.5, -0.5]), steps(2, 3) * 40, steps(2, 3, shift=2), mask("xxx", "xx."), 1.0, 0.5)
    ],
    "no penalty": [fixed("xx..", ".xx.", beta=0.0), fixed("xx..", ".xx.", beta=2.0)],
    "equal models": [case(table(2) * EIGHTH, steps(2, 3), steps(2, 3), mask("xx.", ".xx"))],
    "what is not live holds anything": [
        fixed("x.x.", "xx..", filler=INF),
        fixed("x.x.", "xx..", filler=-INF),
        fixed("x.x.", "xx..", filler=-3.0),
        fixed("x.x.", "xx..", filler=0.0),
    ],
    "one token, one row": [fixed("x"), fixed("x", "x"), fixed(".xx.")],
    "equal sizes": [fixed("xx.", ".xx", "x.x"), fixed("x.", ".x")],
    "float64": [fixed("xx..", ".xx.", "x..x", dtype=torch.float64) | {"gradient": False}],
    "inputs that are not contiguous": [
        call(
            table(4)[::2] * EIGHTH,
            turned(steps(2, 3)),
            turned(steps(2, 3, shift=5)),
            turned(mask("xx.", ".xx")),
            beta=0.5,
            limit=1.0,
        )
    ],
    "many tokens": [
        fixed(
            *(
                "." * start + "x" * length + "." * (600 - start - length)
                for start, length in ((0, 600), (30, 280), (399, 1))
            )
        )
    ],
}


def row_by_row(scores, logp, ref_logp, live, *, beta, limit):
    if not (scores.shape == logp.shape[:1] and logp.shape == ref_logp.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    rewards = torch.zeros_like(logp)
    for row, marks in enumerate(live.tolist()):
        positions = [t for t, here in enumerate(marks) if here]
        if not positions:
            raise ValueError(f"row {row} has no live token")
        for t in positions:
            rewards[row, t] = beta * (ref_logp[row, t] - logp[row, t]).item()
        rewards[row, positions[-1]] += max(-limit, min(limit, scores[row].item()))
    return rewards


def by_one_hot(scores, logp, ref_logp, live, *, beta, limit):
    if not (scores.shape == logp.shape[:1] and logp.shape == ref_logp.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    with torch.no_grad():
        left = live.flip(1).cumsum(dim=1).flip(1)  # live tokens from here on
        if (left[:, 0] == 0).any():
            raise ValueError("no live token")
        final = live & (left == 1)
        penalty = torch.where(live, logp - ref_logp, torch.zeros_like(logp))
        return final * scores.clip(-limit, limit).unsqueeze(1) - beta * penalty


PENALTY = "(-beta * (logp - ref_logp)).masked_fill(~live, 0.0)"
CLIPPED = "scores.clamp(-limit, limit)[:, None]"
ADDED = f"rewards.scatter_add(1, last, {CLIPPED})"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=20,
    needs=("sequence_logprob",),
    hints=(
        "The penalty is one line: `(-beta * (logp - ref_logp)).masked_fill(~live, 0.0)`. A product with the mask would leave NaN.",
        "The last live token of a row is where `live * torch.arange(1, T + 1)` is largest: that product is 0 where nothing is live and grows along the row.",
        "`rewards.scatter_add(1, last, scores.clamp(-limit, limit)[:, None])` adds one number in each row; `last` is (B, 1) from `argmax(dim=1, keepdim=True)`.",
        "The rewards are data for the next step: `.detach()` them at the end, or compute under `torch.no_grad()`.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", dtype=True),
    mistakes=(
        mistake(
            "wrong_sign",
            {"-beta * (logp": "beta * (logp"},
            "your penalty is a bonus: tokens that the reference finds improbable earn a reward",
            "subtract beta · (logp − ref_logp), or add beta · (ref_logp − logp)",
        ),
        mistake(
            "penalty_at_the_end_only",
            {
                ADDED: f"torch.zeros_like(rewards).scatter_add(1, last, {CLIPPED} + rewards.sum(dim=1, keepdim=True))"
            },
            "you pay the whole penalty at the last token",
            "give each live token its own penalty: a token then learns what it alone cost",
        ),
        mistake(
            "penalty_of_the_last_token_only",
            {ADDED: f"torch.zeros_like(rewards).scatter_add(1, last, {CLIPPED} + rewards.gather(1, last))"},
            "only the last token pays a penalty",
            "every live token pays its own",
        ),
        mistake(
            "score_in_the_last_column",
            {
                "(live * torch.arange(1, live.shape[1] + 1)).argmax(dim=1, keepdim=True)": "torch.full((len(live), 1), live.shape[1] - 1)"
            },
            "your score stands in the last column, where a short answer has padding",
            "add it at the row's last live token",
        ),
        mistake(
            "score_at_the_count",
            {
                "(live * torch.arange(1, live.shape[1] + 1)).argmax(dim=1, keepdim=True)": "live.sum(dim=1, keepdim=True) - 1"
            },
            "you take the number of live tokens as a position, but a prompt or a gap comes before the last one",
            "look for the last position that is live",
        ),
        mistake(
            "score_at_every_token",
            {ADDED: "rewards + scores.clamp(-limit, limit)[:, None] * live"},
            "your score is paid at every live token, so long answers earn more",
            "add it once, at the last live token",
        ),
        mistake(
            "score_not_clipped",
            {"scores.clamp(-limit, limit)": "scores"},
            "your scores go beyond the limit",
            "clamp them to [−limit, limit]",
        ),
        mistake(
            "everything_clipped",
            {ADDED: f"{ADDED}.clamp(-limit, limit)".replace(CLIPPED, "scores[:, None]")},
            "you clip the sum of score and penalty",
            "clip the score alone, and add the penalty as it is",
        ),
        mistake(
            "probabilities",
            {"(logp - ref_logp)": "(logp.exp() - ref_logp.exp())"},
            "your penalty is a difference of probabilities",
            "use the difference of the logarithms: its mean is the KL divergence",
        ),
        mistake(
            "nan_times_zero",
            {PENALTY: "-beta * (logp - ref_logp) * live"},
            "what is not live is multiplied by 0, and NaN times 0 is NaN",
            "use masked_fill or torch.where",
        ),
        mistake(
            "gradient_flows",
            {".detach()": ""},
            "the values are right, but a gradient flows from your rewards into the log-probabilities",
            "detach the result: a reward is data, the policy learns from the loss alone",
        ),
    ),
    alternates=(row_by_row, by_one_hot),
)
