"""gae: advantages and returns by generalised advantage estimation, over the live tokens alone."""

import torch
from _draw import EIGHTH, INF, NAN, call, drawn, hidden, mask, table, turned

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def case(rewards, values, live, tail, gamma=0.75, lam=0.5, filler=NAN):
    """Return one case, with something else where no token is live."""
    return call(hidden(rewards, live, filler), hidden(values, live, filler), live, tail, gamma=gamma, lam=lam)


def cases(rng):
    """Unequal sizes; prompts, gaps and padding; answers that end and answers that were cut off."""
    plans = [
        (0.9, 0.8, "..xxx..", ".xx.xx.", "...xxxx"),
        (0.99, 0.95, "xxx..", "x.x.x", ".....", "..xxx"),
        (0.5, 0.25, ".xxxxx.x", "xx.....x"),
    ]
    drawn_cases = []
    for gamma, lam, *rows in plans:
        live, count = mask(*rows), len(rows)
        tail = drawn(rng, count) * torch.tensor([1.0, 0.0, 1.0, 1.0])[:count]
        drawn_cases.append(case(drawn(rng, *live.shape), drawn(rng, *live.shape), live, tail, gamma, lam))
    return drawn_cases


def fixed(*rows: str, tail=None, gamma=0.75, lam=0.5, filler=NAN, dtype=torch.float32):
    """Return one case with fixed numbers."""
    live = mask(*rows)
    tail = (table(len(rows), shift=3, dtype=dtype) if tail is None else torch.tensor(tail, dtype=dtype)) / 4
    rewards, values = (
        table(*live.shape, dtype=dtype) * EIGHTH,
        table(*live.shape, shift=2, dtype=dtype).flip(1) / 4,
    )
    return case(rewards, values, live, tail, gamma, lam, filler)


CLAUSES = {
    "shapes that do not fit together are refused": [
        case(table(2, 3) / 4, table(2, 3) / 8, mask("xx.", ".xx"), table(3) / 4),
        call(table(2, 3) / 4, table(1, 3) / 8, mask("xx.", ".xx"), table(2) / 4, gamma=0.5, lam=0.5),
        call(table(2, 3) / 4, table(2, 3) / 8, mask("xx.."), table(2) / 4, gamma=0.5, lam=0.5),
    ],
    "a row without a live token": [fixed("....", "xx..", "...."), fixed(".", "."), fixed("...")],
    "an answer that ended": [fixed("xx..", ".xxx", "..x.", tail=[0.0, 0.0, 0.0])],
    "an answer that was cut off": [
        fixed("xxxx", "..xx", tail=[3.0, -5.0]),
        fixed("xx..", ".x..", "..xx", tail=[3.0, -5.0, 2.0]),
    ],
    "gaps": [fixed("x..x", "x.xx", "xx.x"), fixed("x.....x.x", "..x.x.x..", "xx..xx..x")],
    "gamma and lam of 0 and 1": [
        fixed("xx.x", ".xxx", "..x.", gamma=gamma, lam=lam)
        for gamma, lam in (
            (1.0, 1.0),
            (1.0, 0.0),
            (0.0, 1.0),
            (0.0, 0.0),
            (0.5, 1.0),
            (1.0, 0.5),
            (1, 1),
            (0.5, 0),
        )
    ],
    "what is not live holds anything": [
        fixed("x.x.", ".xx.", filler=INF),
        fixed("x.x.", ".xx.", filler=-INF),
        fixed("x.x.", ".xx.", filler=9.0),
        fixed("x.x.", ".xx.", filler=0.0),
    ],
    "one token, one row": [fixed("x"), fixed("x", "x", "."), fixed(".xx.x")],
    "equal sizes": [fixed("xx.", ".xx", "x.x"), fixed("x.", "xx")],
    "float64": [fixed("xx.x", ".xxx", dtype=torch.float64, gamma=0.9, lam=0.7) | {"gradient": False}],
    "inputs that are not contiguous": [
        call(
            turned(table(2, 4) * EIGHTH),
            turned(table(2, 4, shift=3) / 4),
            turned(mask("xx.x", ".xx.")),
            table(4)[::2] / 4,
            gamma=0.5,
            lam=0.75,
        )
    ],
    "many tokens": [fixed("x" * 300, "." * 40 + "x.x" * 80 + "." * 20, gamma=0.99, lam=0.95)],
}


def row_by_row(rewards, values, live, tail, *, gamma, lam):
    if not (tail.shape == rewards.shape[:1] and rewards.shape == values.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    advantages, returns = torch.zeros_like(rewards), torch.zeros_like(rewards)
    for row in range(len(live)):
        positions = live[row].nonzero().flatten().tolist()
        r, v = rewards[row, positions].detach(), values[row, positions].detach()
        after = torch.cat([v[1:], tail[row, None].detach()]) if positions else v
        errors = r + gamma * after - v
        for i, position in enumerate(positions):
            weights = (gamma * lam) ** torch.arange(len(positions) - i, dtype=errors.dtype)
            advantages[row, position] = (weights * errors[i:]).sum()
            returns[row, position] = advantages[row, position] + v[i]
    return advantages, returns


def packed_to_the_right(rewards, values, live, tail, *, gamma, lam):
    if not (tail.shape == rewards.shape[:1] and rewards.shape == values.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    with torch.no_grad():
        order = live.int().argsort(dim=1, stable=True)  # live tokens at the end of each row, in order
        packed, v, r = (part.gather(1, order) for part in (live, values, rewards))
        v, r = v.masked_fill(~packed, 0.0), r.masked_fill(~packed, 0.0)
        errors = r + gamma * torch.cat([v[:, 1:], tail[:, None]], dim=1) - v
        result, ahead = [], torch.zeros_like(tail)
        for column in reversed(range(live.shape[1])):
            ahead = errors[:, column] + gamma * lam * ahead
            result.insert(0, ahead)
        advantages = torch.stack(result, dim=1).masked_fill(~packed, 0.0)
        back = order.argsort(dim=1)
        return advantages.gather(1, back), (advantages + v).gather(1, back)


def rewards_to_go(rewards, values, live, tail, *, gamma, lam):
    if not (tail.shape == rewards.shape[:1] and rewards.shape == values.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    rewards, values, tail = rewards.detach(), values.detach(), tail.detach()
    advantages, returns = torch.zeros_like(rewards), torch.zeros_like(rewards)
    after, ahead, future = tail, torch.zeros_like(tail), tail
    for t in reversed(range(rewards.shape[1])):
        now = rewards[:, t] + gamma * after - values[:, t] + gamma * lam * ahead
        after = torch.where(live[:, t], values[:, t], after)
        ahead = torch.where(live[:, t], now, ahead)
        future = torch.where(live[:, t], rewards[:, t] + gamma * future, future)
        advantages[:, t] = now.masked_fill(~live[:, t], 0.0)
        returns[:, t] = future.masked_fill(~live[:, t], 0.0)
    return advantages, returns


AFTER = "after = torch.where(live[:, t], values[:, t], after)"
AHEAD = "ahead = torch.where(live[:, t], now, ahead)"
RETURNS = "torch.where(live, advantages + values, 0.0)"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=25,
    needs=("kl_shaped_reward",),
    hints=(
        "Go through the columns from the last one to the first and carry two numbers for each row: the value of what comes after, which starts as `tail`, and the advantage of what comes after, which starts as 0.",
        "At a column: `now = rewards[:, t] + gamma * after - values[:, t] + gamma * lam * ahead`. Where the token is live, `now` is its advantage.",
        "Where the token is not live, both carried numbers stay as they are: `after = torch.where(live[:, t], values[:, t], after)`, and the same for `ahead`. So a gap is passed over.",
        "The returns are advantages + values, and 0 where nothing is live. Select with `torch.where`, because NaN times 0 is NaN, and detach both results.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5, dtype=True),
    mistakes=(
        mistake(
            "tail_everywhere_zero",
            {"after, ahead = tail,": "after, ahead = torch.zeros_like(tail),"},
            "an answer that was cut off counts as one that ended: nothing is expected after its last token",
            "start with `tail` as the value that comes after the last live token",
        ),
        mistake(
            "reads_the_next_column",
            {AFTER: "after = values[:, t]"},
            "you take the value of the next column, also where that token is padding or a gap",
            "take the value of the row's next live token, and `tail` after the last one",
        ),
        mistake(
            "gap_ends_the_sum",
            {AHEAD: "ahead = torch.where(live[:, t], now, 0.0)"},
            "a gap ends your sum of errors: what comes after it no longer reaches the tokens before it",
            "leave the carried advantage as it is where a token is not live",
        ),
        mistake(
            "discounts_forward",
            {"reversed(range(rewards.shape[1]))": "range(rewards.shape[1])"},
            "your loop runs from the first token to the last, so each token is credited with what came before it",
            "go from the last column to the first",
        ),
        mistake(
            "lam_without_gamma",
            {"+ gamma * lam * ahead": "+ lam * ahead"},
            "your sum is discounted by lam alone",
            "multiply by gamma · lam at each step",
        ),
        mistake(
            "gamma_without_lam",
            {"+ gamma * lam * ahead": "+ gamma * ahead"},
            "lam has no effect in your sum",
            "multiply by gamma · lam at each step",
        ),
        mistake(
            "value_not_discounted",
            {"gamma * after": "after"},
            "the value of the next token is not discounted",
            "use reward + gamma · next value − value",
        ),
        mistake(
            "one_step_only",
            {" + gamma * lam * ahead": ""},
            "your advantages look one token ahead, as if lam were 0",
            "add gamma · lam times the advantage of the next live token",
        ),
        mistake(
            "returns_are_rewards_to_go",
            rewards_to_go,
            "your returns are sums of discounted rewards, which have lam = 1",
            "returns = advantages + values, so they belong to the same lam",
        ),
        mistake(
            "returns_not_masked",
            {RETURNS: "advantages + values"},
            "your returns hold what stands where nothing is live",
            "put 0 there, with torch.where",
        ),
        mistake(
            "values_as_returns",
            {RETURNS: "torch.where(live, rewards + values, 0.0)"},
            "your returns are rewards + values",
            "returns = advantages + values",
        ),
        mistake(
            "gradient_flows",
            {"rewards, values, tail = rewards.detach(), values.detach(), tail.detach()\n    ": ""},
            "the values are right, but a gradient flows from them into the critic's values",
            "detach the inputs: advantages and returns are targets",
        ),
    ),
    equivalent={"torch.ones_like(rewards)": "the loop writes every column"},
    alternates=(row_by_row, packed_to_the_right),
)
