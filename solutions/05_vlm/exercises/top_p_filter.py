"""top_p_filter: temperature, then the nucleus, with settings of its own for each row."""

import math

import torch
from _draw import drawn, value

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def from_the_top(logits, temperature, p):
    if len(temperature) != len(logits) or len(p) != len(logits):
        raise ValueError("unequal")
    if not bool((temperature > 0).all() and (p > 0).all() and (p <= 1).all()):
        raise ValueError("not allowed")
    scaled = logits / temperature.unsqueeze(1)
    sorted_down, order = scaled.flip(1).sort(dim=1, descending=True, stable=True)
    shares = sorted_down.softmax(dim=1)
    before = shares.cumsum(dim=1) - shares
    keep = before < p.unsqueeze(1)
    keep[:, 0] = True
    inside = torch.zeros_like(keep).scatter(1, order, keep).flip(1)
    return torch.where(inside, scaled, torch.tensor(float("-inf")))


def token_by_token(logits, temperature, p):
    rows = []
    for row, t, share in zip(logits.tolist(), temperature.tolist(), p.tolist(), strict=True):
        if t <= 0 or share <= 0 or share > 1:
            raise ValueError((t, share))
        scaled = [number / t for number in row]
        largest = max(scaled)
        weights = [math.exp(number - largest) for number in scaled]
        kept, total = set(), 0.0
        for token in sorted(range(len(row)), key=lambda token: (scaled[token], token), reverse=True):
            if total >= share and kept:
                break
            kept.add(token)
            total += weights[token] / sum(weights)
        rows.append([number if token in kept else -math.inf for token, number in enumerate(scaled)])
    return torch.tensor(rows)


def case(logits, temperature, p) -> dict:
    """Return one case from nested lists or tensors."""
    return value(*(torch.as_tensor(part, dtype=torch.float32) for part in (logits, temperature, p)))


def cases(rng):
    """Unequal rows and vocabularies, a setting of its own for each row."""
    drawn_cases = []
    for rows, tokens in ((3, 8), (5, 20), (2, 50), (8, 5)):
        temperature, p = rng.uniform(0.4, 2.0, rows), rng.uniform(0.1, 0.99, rows)
        drawn_cases.append(case(drawn(rng, rows, tokens, scale=2.0), temperature, p))
    return drawn_cases


ROW, NEVER = [1.0, 3.0, -2.0, 2.0, 0.5, 2.5], -math.inf
THREE = [ROW, ROW[::-1], [0.1, -1.0, 4.0, 0.3, 2.2, -3.0]]
CLAUSES = {
    "one p for each row": [case(THREE, [1, 1, 1], [0.9, 0.4, 0.7]), case([ROW] * 4, [1] * 4, [0.3, 0.6, 0.85, 0.97])],
    "one temperature for each row": [case(THREE, [0.5, 1, 2], [0.8] * 3), case([ROW] * 4, [0.3, 0.8, 1.7, 4], [0.9] * 4)],
    "the temperature acts before the nucleus": [case([ROW, ROW], [0.25, 3], [0.9, 0.9]), case([ROW], [5], [0.6]), case([ROW], [0.2], [0.95])],
    "a small p leaves the most probable token": [case(THREE, [1, 2, 0.5], [0.001, 0.01, 1e-6]), case([[0.0, 0.01]], [1], [0.3]), case([ROW, ROW[::-1]], [1, 2], [1e-9, 0.5])],
    "p of 1 keeps all": [case(THREE, [1, 0.7, 3], [1, 1, 1]), case(THREE, [1, 1, 1], [1, 0.5, 1])],
    "the token that crosses p belongs to the nucleus": [
        case([[0.0, 0.0, 0.0, 0.0]], [1], [p]) for p in (0.3, 0.55, 0.8, 0.2)
    ],
    "sums that equal p": [case([[0.0] * 4, [3.0] * 4, [-1.0] * 4], [1, 2, 0.5], [0.25, 0.5, 0.75]), case([[1.0] * 8], [1], [0.625]), case([[2.0, 2.0]], [1], [0.5])],
    "ties": [
        case([[1.0, 2.0, 1.0, 2.0, 1.0]], [1], [p]) for p in (0.2, 0.5, 0.75, 0.9)
    ] + [case([[5.0, 0.0, 0.0, 0.0, 5.0, 0.0]], [1], [0.992]), case([[0.0] * 40], [1], [0.33])],
    "tokens that are not allowed": [
        case([[NEVER, 1.0, 2.0, NEVER, 0.0], [0.0, NEVER, NEVER, NEVER, NEVER]], [1, 2], [0.8, 0.5]),
        case([[NEVER, 1.0, 2.0, NEVER, 0.0]], [1], [1.0]),
    ],
    "one token": [case([[0.7]], [2], [0.5]), case([[0.7], [-3.0]], [2, 0.5], [1, 0.01])],
    "one row": [case([ROW], [1], [0.8])],
    "a temperature that is not allowed": [case(THREE, [1, 0, 1], [0.9] * 3), case(THREE, [1, 1, -0.5], [0.9] * 3), case([ROW], [0], [1])],
    "a p that is not allowed": [case(THREE, [1, 1, 1], [0.9, 0, 0.9]), case(THREE, [1, 1, 1], [1.01, 0.5, 0.9]), case(THREE, [1] * 3, [0.5, 0.5, -0.1]), case([ROW], [1], [1.5])],
    "one number for each row": [
        case(THREE, [1, 2], [0.9] * 3),
        case(THREE, [1], [0.9] * 3),
        case(THREE, [1, 2, 1], [0.9]),
        case(THREE, [1, 2], [0.9, 0.5]),
        case([ROW], [1, 2], [0.9, 0.5]),
    ],
    "not contiguous": [value(torch.tensor(THREE).T.contiguous().T, torch.tensor([1.0, 9.0, 2.0, 9.0, 0.5])[::2], torch.tensor([0.9, 0.5, 0.6, 0.5, 0.8])[::2])],
}  # fmt: skip

SORT = "ascending, order = scaled.sort(dim=1, stable=True)"
OUTSIDE = "outside = ascending.softmax(dim=1).cumsum(dim=1) <= 1 - p[:, None]"
FILL = "scaled.masked_fill(outside.gather(1, back), -torch.inf)"
CHECK = "(temperature <= 0).any() or (p <= 0).any() or (p > 1).any()"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=20,
    hints=(
        "`logits / temperature[:, None]` divides each row by its own number. Sort *these* logits, and take the softmax of the sorted ones.",
        "In ascending order, a token is outside when the probabilities up to and including it sum to at most 1 − p: what comes after it has at least p. In descending order, it is inside when those before it sum to less than p.",
        "With `sort(dim=1, stable=True)` equal logits keep the order of their ids, so in ascending order the higher id is the more probable one.",
        "`order.argsort(dim=1)` says where each token went, so `outside.gather(1, order.argsort(dim=1))` brings the mask back to the order of the ids. Set `outside[:, -1] = False` before, so that the most probable token always stays.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close"),
    mistakes=(
        mistake(
            "crossing_token_excluded",
            {OUTSIDE: "outside = ascending.softmax(dim=1).flip(1).cumsum(dim=1).flip(1) > p[:, None]"},
            "your nucleus stops before the token that crosses p, so its probabilities sum to less than p",
            "the token that crosses p belongs to it",
        ),
        mistake(
            "least_probable_kept",
            {
                OUTSIDE: "outside = ascending.softmax(dim=1).cumsum(dim=1) - ascending.softmax(dim=1) >= p[:, None]"
            },
            "you add up the probabilities from the least probable token, so the tail stays and the top goes",
            "add them up from the most probable token",
        ),
        mistake(
            "temperature_after_the_filter",
            {SORT: "ascending, order = logits.sort(dim=1, stable=True)"},
            "your nucleus is that of the logits before the division by the temperature",
            "divide first, then take the softmax",
        ),
        mistake(
            "temperature_left_out",
            {"logits / temperature[:, None]": "logits * (temperature[:, None] > 0)"},
            "your result does not depend on the temperature",
            "divide each row by its temperature",
        ),
        mistake(
            "temperature_multiplied",
            {"logits / temperature[:, None]": "logits * temperature[:, None]"},
            "you multiply by the temperature, so a high one makes the row sharper",
            "divide",
        ),
        mistake(
            "order_of_the_sort",
            {"outside.gather(1, back)": "outside"},
            "your mask is in the order of the sorted tokens",
            "bring it back to the order of the ids before you apply it",
        ),
        mistake(
            "gathered_by_order",
            {"outside.gather(1, back)": "outside.gather(1, order)"},
            "you apply the sorting order a second time instead of undoing it",
            "use scatter with order, or gather with order.argsort(dim=1)",
        ),
        mistake(
            "nothing_left",
            {
                OUTSIDE: "outside = ascending.softmax(dim=1).flip(1).cumsum(dim=1).flip(1) > p[:, None]",
                "    outside[:, -1] = False\n": "",
            },
            "in some rows your nucleus is empty",
            "the most probable token always belongs to it",
        ),
        mistake(
            "lower_id_first",
            {
                SORT: "ascending, order = (part.flip(1) for part in scaled.sort(dim=1, stable=True, descending=True))"
            },
            "of equal logits your nucleus takes the lower id first",
            "take the higher id first, as a stable ascending sort does",
        ),
        mistake(
            "ties_stay_together",
            {
                FILL: "scaled.masked_fill(scaled < scaled.masked_fill(outside.gather(1, back), torch.inf).amin(dim=1, keepdim=True), -torch.inf)"
            },
            "your nucleus has all tokens that are tied with its last one, so it is not the smallest",
            "decide by the place in the sorted order, not by a threshold",
        ),
        mistake(
            "first_p_for_all",
            {"1 - p[:, None]": "1 - p[0]"},
            "all your rows use the first p",
            "p[:, None] has one number for each row",
        ),
        mistake(
            "zero_in_place_of_minus_infinity",
            {"-torch.inf)": "0.0)"},
            "tokens outside the nucleus have the logit 0, which is a good chance",
            "set them to -torch.inf",
        ),
        mistake(
            "unchecked",
            {f"if {CHECK}:": "if False:"},
            "your answer accepts a temperature of 0 and a p outside 0 to 1",
            "raise ValueError",
        ),
    ),  # fmt: skip
    alternates=(from_the_top, token_by_token),
    equivalent={
        "scaled.sort(stable=True)": "the last axis is the default",
        "order.argsort()": "the last axis is the default",
    },
    forbids=(
        "mmlab.models.generate.keep_top_p",
        "transformers.generation.logits_process.TopPLogitsWarper",
        "transformers.generation.logits_process.TemperatureLogitsWarper",
    ),
)
