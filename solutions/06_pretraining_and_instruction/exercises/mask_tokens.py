"""mask_tokens: BERT's masking with the random numbers as arguments."""

import torch
from _draw import percent, rows_of

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def call(ids, draws, choices, replacements, probability, specials, mask_id=1):
    """Return one case."""
    numbers = {"probability": probability, "mask_id": mask_id, "specials": specials}
    return {"args": [ids, draws, choices, replacements], "kwargs": numbers}


def cases(rng):
    """Several sizes, probabilities and lists of special ids; half of the choices are 0.8 or more."""
    plans = [
        (5, 9, 0.15, [0, 2, 3]),
        (3, 14, 0.5, [0]),
        (7, 4, 0.3, [0, 1, 2, 3, 4]),
        (2, 11, 0.8, []),
        (4, 6, 1.0, [3, 0]),
    ]
    made = []
    for samples, tokens, probability, specials in plans:
        ids, replacements = (torch.from_numpy(rng.integers(0, 12, (samples, tokens))) for _ in range(2))
        draws = torch.from_numpy(rng.random((samples, tokens)).round(3))
        choices = torch.from_numpy((rng.random((samples, tokens)) ** 0.5).round(3))
        made.append(call(ids, draws, choices, replacements, probability, specials, mask_id=13))
    return made


IDS = rows_of("2 5 6 7 3 0", "2 8 9 3 0 0")
OTHERS = rows_of("9 9 4 8 7 6", "5 4 8 6 4 7")


def fixed(draws, choices, probability=0.15, specials=(2, 3, 0), ids=IDS, others=OTHERS, mask_id=1):
    """Return one case with fixed ids; draws and choices in percent, rows divided by commas."""
    numbers = (percent(*rows.split(",")) for rows in (draws, choices))
    return call(ids, *numbers, others, probability, list(specials), mask_id)


LOW = "1 2 3 4 5 6, 7 8 9 10 11 12"
EVERY = "10 79 85 95 81 99, 99 85 10 20 30 40"

CLAUSES = {
    "special tokens and padding are never chosen": [
        fixed(LOW, EVERY),
        fixed("0 0 0 0 0 0, 0 0 0 0 0 0", EVERY),
        fixed(LOW, EVERY, 1.0),
        fixed(LOW, EVERY, specials=(0, 5)),
    ],
    "no special ids": [fixed(LOW, EVERY, specials=()), fixed("20 1 20 1 20 1, 1 20 1 20 1 20", EVERY, specials=())],
    "the mask token is special only in the list": [
        fixed(LOW, EVERY, mask_id=6),
        fixed(LOW, EVERY, mask_id=6, specials=(2, 3, 0, 6)),
        fixed(LOW, EVERY, mask_id=0, specials=(2, 3)),
    ],
    "a draw equal to the probability is not chosen": [
        fixed("90 25 24 26 90 90, 90 25 0 90 90 90", EVERY, 0.25),
        fixed("90 50 51 49 90 90, 90 50 99 90 90 90", EVERY, 0.5),
    ],
    "choices of 0.8 and 0.9": [
        fixed(LOW, "80 80 90 79.9 80 90, 90 90 80 80 90 0"),
        fixed(LOW, "0 89.9 80.1 90.1 0 0, 0 0 99.9 0 0 0"),
    ],
    "each outcome alone": [
        fixed(LOW, "5 5 5 5 5 5, 5 5 5 5 5 5"),
        fixed(LOW, "85 85 85 85 85 85, 85 85 85 85 85 85"),
        fixed(LOW, "95 95 95 95 95 95, 95 95 95 95 95 95"),
    ],
    "a replacement is the same id, or a special one": [
        fixed(LOW, "85 85 85 85 85 85, 85 85 85 85 85 85", others=rows_of("2 5 0 1 3 0", "2 3 9 3 0 1")),
    ],
    "probabilities of 0 and 1": [
        fixed("0 0 0 0 0 0, 0 1 2 3 4 5", EVERY, 0),
        fixed("0 0 0 0 0 0, 0 1 2 3 4 5", EVERY, 0.0),
        fixed("99 99 99 0 50 99, 99 99.9 98 1 2 3", EVERY, 1),
    ],
    "a probability outside 0 and 1": [fixed(LOW, EVERY, probability) for probability in (-0.01, 1.01, -1, 2)],
    "one row, one token": [
        fixed("1 90 2 90 3 4", EVERY.split(",")[0], ids=IDS[:1], others=OTHERS[:1]) | {"gradient": False},  # not combined with other sizes
        fixed("1, 90, 2, 3, 4, 5, 6, 90", "95, 10, 85, 1, 2, 95, 82, 3", ids=rows_of(*"56780439"), others=rows_of(*"84957689")),
    ],
    "equal sizes": [
        fixed("1 90 2, 90 3 90, 4 90 90", "10 20 85, 30 95 40, 82 50 60", ids=rows_of("5 6 7", "8 9 4", "6 0 5"), others=rows_of("9 8 4", "5 7 6", "4 5 9")),
    ],
    "inputs that are not contiguous": [
        call(IDS.T, percent(*LOW.split(",")).T, percent(*EVERY.split(",")).T, OTHERS.T, 0.15, [2, 3, 0])
    ],
}  # fmt: skip


def token_by_token(ids, draws, choices, replacements, *, probability, mask_id, specials):
    if probability < 0 or probability > 1:
        raise ValueError("probability")
    inputs, labels = ids.clone(), torch.full_like(ids, -100)
    for row in range(ids.shape[0]):
        for column in range(ids.shape[1]):
            token = ids[row, column].item()
            if token in specials or not draws[row, column] < probability:
                continue
            labels[row, column] = token
            if choices[row, column] < 0.8:
                inputs[row, column] = mask_id
            elif choices[row, column] < 0.9:
                inputs[row, column] = replacements[row, column]
    return inputs, labels


def by_index(ids, draws, choices, replacements, *, probability, mask_id, specials):
    if not (probability >= 0 and probability <= 1):
        raise ValueError(f"{probability} is no probability")
    ordinary = torch.ones_like(ids, dtype=torch.bool)
    for number in specials:
        ordinary &= ids != number
    chosen = ordinary.logical_and(draws.lt(probability))
    inputs = ids.clone()
    inputs[chosen & choices.lt(0.9)] = replacements[chosen & choices.lt(0.9)]
    inputs[chosen & choices.lt(0.8)] = mask_id
    return inputs, torch.where(chosen, ids, -100)


EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=30,
    hints=(
        "Two questions, one after the other: which tokens are chosen (`draws`, `specials`), and what becomes of a chosen one (`choices`, `replacements`). Compute a bool tensor for each.",
        "`torch.isin(ids, torch.tensor(specials))` is True at the special ids, also for an empty list. `chosen = (draws < probability) & ~special`.",
        "Labels: `ids.masked_fill(~chosen, -100)`. Inputs: take `replacements` with `torch.where` at the chosen tokens whose choice is below 0.9, and then fill `mask_id` at those whose choice is below 0.8.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "masks_specials",
            {" & ~special": ""},
            "your masking chooses special tokens and padding too, so the model learns to predict padding",
            "choose only tokens whose id is not in `specials`",
        ),
        mistake(
            "labels_everywhere",
            {"labels = ids.masked_fill(~chosen, -100)": "labels = ids.clone()"},
            "your labels are the ids everywhere, so the model is asked for tokens that it can see",
            "set the labels to -100 wherever the token was not chosen",
        ),
        mistake(
            "whole_rows",
            {"draws < probability": "draws[:, :1] < probability"},
            "the first draw of a row decides for the whole row",
            "give each token its own draw",
        ),
        mistake(
            "always_the_mask_token",
            {"inputs.masked_fill(chosen & (choices < 0.8), mask_id)": "ids.masked_fill(chosen, mask_id)"},
            "every token that you choose becomes the mask token",
            "use `choices`: below 0.8 the mask token, from 0.8 to below 0.9 the replacement, else the token itself",
        ),
        mistake(
            "unchanged_tokens_not_learned",
            {"labels = ids.masked_fill(~chosen, -100)": "labels = ids.masked_fill(~(chosen & (choices < 0.9)), -100)"},
            "chosen tokens that stay as they are have the label -100",
            "every chosen token has its id as label, also one that stays",
        ),
        mistake(
            "one_draw_for_both",
            {"(choices < 0.8)": "(draws < 0.8 * probability)", "(choices < 0.9)": "(draws < 0.9 * probability)"},
            "you use `draws` for both decisions",
            "decide by `choices` what becomes of a chosen token",
        ),
        mistake(
            "labels_after_masking",
            {"return inputs.masked_fill(chosen & (choices < 0.8), mask_id), labels": "inputs = inputs.masked_fill(chosen & (choices < 0.8), mask_id)\n    return inputs, inputs.masked_fill(~chosen, -100)"},
            "your labels are the masked inputs, so the answer to a mask token is the mask token",
            "take the labels from `ids`, before anything is replaced",
        ),
        mistake(
            "shares_swapped",
            {"choices < 0.8": "(choices >= 0.8) & (choices < 0.9)"},
            "80 % of your chosen tokens become a random token, and 10 % the mask token",
            "exchange the two: below 0.8 the mask token",
        ),
    ),
    alternates=(token_by_token, by_index),
    forbids=("transformers.DataCollatorForLanguageModeling",),
)  # fmt: skip
