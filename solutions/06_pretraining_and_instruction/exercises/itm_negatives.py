"""itm_negatives: wrong captions and wrong images, sampled by similarity, never with the same text."""

import torch
from _draw import call, drawn, percent, table

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Several batch sizes, with and without equal captions; similarities between flat and sharp."""
    plans = [(5, 5, 1.0), (7, 4, 2.0), (4, 2, 0.5), (9, 6, 5.0), (12, 12, 8.0)]
    made = []
    for size, texts, scale in plans:
        captions = torch.from_numpy(rng.permutation([*range(texts), *rng.integers(0, texts, size - texts)]))
        draws = torch.from_numpy(rng.random((2, size)).round(3)).float()
        made.append(call(drawn(rng, size, size, scale=scale), captions * 3 + 1, *draws))
    return made


def fixed(captions, image_draws, caption_draws, similarities=None):
    """Return one case: captions as digits, draws in percent, flat similarities if none are given."""
    texts = torch.tensor([int(digit) for digit in captions])
    if similarities is None:
        similarities = torch.zeros(len(texts), len(texts))
    draws = percent(image_draws, caption_draws, dtype=torch.float32)
    return call(similarities, texts, *draws)


LAST = (1 - 2**-24) * 100  # the largest float32 below 1, in percent
OWN = torch.tensor([[900.0, 1, 2, 3], [3, 900, 1, 2], [2, 3, 900, 1], [1, 2, 3, 900]])
HUGE = table(5, 5) * 60

CLAUSES = {
    "equal weights, draws on a boundary": [
        fixed("12345", "0 24.9 25 50 75", "75 50 25 0 99"),
        fixed("123", "50 49.9 0", "0 50 50"),
        fixed("12345", "25 25 25 25 25", "50 75 0 99 25"),
    ],
    "equal captions": [
        fixed("1211", "0 99 10 60", "99 40 0 50"),
        fixed("212322", "0 49 50 99 25 75", "10 0 99 50 74 76"),
        fixed("11222", "0 60 50 99 20", "34 99 49 51 0"),
        fixed("1122", "0 99 30 60", "70 20 80 0", table(4, 4) / 3),
    ],
    "two pairs": [fixed("12", "0 99", "50 1"), fixed("21", "0 0", "0 0", OWN[:2, :2])],
    "the own caption far above the others": [
        fixed("1234", "0 30 60 99", "0 30 60 99", OWN),
        fixed("1213", "0 30 60 99", "5 30 60 70", OWN),
        fixed("1234", "10 20 30 40", "90 80 70 60", OWN.T.contiguous()),
    ],
    "logits up to 1000": [
        fixed("12345", "10 90 50 0 99", "99 0 50 20 80", HUGE),
        fixed("12325", "10 90 50 0 99", "99 0 50 20 80", -HUGE),
        fixed("1234", "0 40 80 99", "10 30 70 90", torch.full((4, 4), 1000.0)),
        fixed("1234", "0 40 80 99", "10 30 70 90", torch.full((4, 4), -1000.0)),
    ],
    "a draw of 0, a draw just below 1": [
        fixed("1234", "0 0 0 0", "0 0 0 0", table(4, 4) / 2),
        fixed("1234", f"{LAST} {LAST} {LAST} {LAST}", f"{LAST} {LAST} {LAST} {LAST}", table(4, 4) / 7),
        fixed("123456789", f"{LAST} " * 9, f"{LAST} " * 9, table(9, 9) / 7),
        fixed("1231", f"{LAST} 0 {LAST} {LAST}", f"0 {LAST} {LAST} {LAST}", table(4, 4, shift=2) / 5),
    ],
    "no negative exists": [
        fixed("1", "0", "50") | {"gradient": False},  # not combined with larger batches
        fixed("22", "0 60", "50 10"),
        fixed("777", "0 60 99", "50 10 20", table(3, 3)),
    ],
    "rows and columns differ": [
        fixed("1234", "60 60 60 60", "60 60 60 60", torch.arange(4.0) * torch.ones(4, 1)),
        fixed("1234", "60 60 60 60", "60 60 60 60", torch.arange(4.0)[:, None] * torch.ones(4)),
    ],
    "inputs that are not contiguous": [
        call((table(5, 5) / 4).T, torch.tensor([3, 0, 1, 0, 3, 0, 2, 0, 5, 0])[::2], *percent("10 80 50 30 95", "20 60 90 40 5", dtype=torch.float32))
    ],
    "a large batch": [
        call(table(90, 90) / 9, torch.arange(90) % 31, torch.arange(90) / 90, torch.arange(90).flip(0) / 91)
    ],
}  # fmt: skip


def row_by_row(similarities, captions, image_draws, caption_draws):
    if len(set(captions.tolist())) == 1:
        raise ValueError("no negatives")

    def pick(row, own, draw):
        allowed = [n for n in range(len(captions)) if captions[n] != captions[own]]
        weights = row[allowed].double().softmax(dim=0)
        total = 0.0
        for number, weight in zip(allowed, weights.tolist()):
            total += weight
            if total > draw.item():
                return number
        return allowed[-1]

    texts = [pick(row, n, image_draws[n]) for n, row in enumerate(similarities)]
    images = [pick(row, n, caption_draws[n]) for n, row in enumerate(similarities.T)]
    return torch.tensor(texts), torch.tensor(images)


def by_searchsorted(similarities, captions, image_draws, caption_draws):
    allowed = captions.unsqueeze(0).ne(captions.unsqueeze(1))
    if not bool(allowed.any()):
        raise ValueError("only one text")
    picked = []
    for logits, draws in ((similarities, image_draws), (similarities.mT, caption_draws)):
        logits = torch.where(
            allowed, logits.to(torch.float64), torch.tensor(float("-inf"), dtype=torch.float64)
        )
        weights = (logits - logits.amax(1, keepdim=True)).exp()
        sums = (weights / weights.sum(1, keepdim=True)).cumsum(1)
        picked.append(torch.searchsorted(sums, draws.double()[:, None], right=True).squeeze(1))
    return tuple(picked)


def permuted(similarities, captions, image_draws, caption_draws):
    return image_draws.argsort(), caption_draws.argsort()


EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=25,
    hints=(
        "`same = captions[:, None] == captions` is (B, B): True on the diagonal and wherever two captions are the same text. It is symmetric, so it serves both directions.",
        "Fill the logits with −∞ where `same` is True and take the softmax of each row: the weights of what is not allowed are exactly 0, and the others sum to 1. For the captions do the same with `similarities.T`.",
        "Inverse CDF: `weights.cumsum(dim=1)` rises from 0 to 1. The number of entries that are `<= draws[:, None]` in a row is the index of the first that is greater. `logits.double()` before the softmax makes all of it float64.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "a_permutation",
            permuted,
            "your negatives are a random permutation: some are the pair's own caption, and the similarities have no effect",
            "exclude what is not allowed, and sample by the softmax of the similarities",
        ),
        mistake(
            "equal_captions_allowed",
            {"same = captions[:, None] == captions": "same = torch.eye(len(captions), dtype=torch.bool)"},
            "only the pair's own caption is excluded: an equal text at another index counts as a negative",
            "compare the captions' numbers, `captions[:, None] == captions`",
        ),
        mistake(
            "own_caption_allowed",
            {".masked_fill(same, -torch.inf)": ""},
            "the own caption has a weight too, and usually the largest one",
            "give it the weight 0: fill its logit with -inf before the softmax",
        ),
        mistake(
            "hardest_in_place_of_sampled",
            {"return (weights.cumsum(dim=1) <= draws[:, None]).sum(dim=1)": "return weights.argmax(dim=1)"},
            "you always take the most similar caption, so the draws have no effect",
            "sample: take the first index whose cumulative weight is greater than the draw",
        ),
        mistake(
            "rows_for_both",
            {"sample(similarities.T, caption_draws)": "sample(similarities, caption_draws)"},
            "for the captions you read the rows of the similarities, which belong to the images",
            "use the columns: similarities.T",
        ),
        mistake(
            "same_draws_for_both",
            {"sample(similarities.T, caption_draws)": "sample(similarities.T, image_draws)"},
            "both directions use the images' draws",
            "use caption_draws for the images that you draw for the captions",
        ),
        mistake(
            "uniform",
            {"logits.double()": "(0 * logits.double())"},
            "all allowed captions have the same weight in your sampling, so hard ones are as rare as easy ones",
            "weigh them by the softmax of the similarities",
        ),
        mistake(
            "own_weight_left_out",
            {"logits.double().masked_fill(same, -torch.inf).softmax(dim=1)": "logits.double().softmax(dim=1).masked_fill(same, 0.0)"},
            "your softmax is taken over all captions, so the weights of the allowed ones sum to less than 1",
            "exclude before the softmax: fill with -inf",
        ),
    ),
    alternates=(row_by_row, by_searchsorted),
    forbids=(),
)  # fmt: skip
