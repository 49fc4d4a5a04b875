"""attention_rollout: how much of each patch reaches the class token through all blocks, by the attention alone."""

import numpy as np
import torch
from _draw import call, table

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def attention(rng, layers: int, heads: int, tokens: int) -> torch.Tensor:
    """Return drawn attention weights (L, H, T, T): rows sum to 1, heads and layers differ."""
    logits = rng.standard_normal((layers, heads, tokens, tokens)) * rng.uniform(0.3, 2, (layers, heads, 1, 1))
    return torch.from_numpy(np.round(logits, 2)).softmax(dim=3)


def cases(rng):
    """Rectangular grids, one to four blocks and heads, three shares of the residual, three fusions."""
    plans = [
        (2, 3, (2, 3), 0.5, "mean"),
        (3, 2, (3, 2), 0.3, "max"),
        (4, 4, (2, 2), 0.7, "min"),
        (1, 2, (1, 5), 0.5, "max"),
        (3, 3, (4, 3), 0.1, "mean"),
        (2, 4, (3, 4), 0.6, "min"),
    ]
    return [
        call(attention(rng, layers, heads, 1 + y * x), (y, x), share, how)
        for layers, heads, (y, x), share, how in plans
    ]


def fixed(layers: int, heads: int, tokens: int, dtype=torch.float64) -> torch.Tensor:
    """Return fixed attention weights without symmetry."""
    return (table(layers, heads, tokens, tokens, dtype=torch.float64) / 4).softmax(dim=3).to(dtype)


FUSIONS = ("mean", "max", "min")
ONE_HOT = torch.eye(5, dtype=torch.float64)[
    torch.tensor([[[1, 2, 3, 4, 0], [0, 2, 2, 1, 3]], [[3, 3, 0, 1, 2], [4, 0, 1, 2, 3]]])
]  # (2, 2, 5, 5)

CLAUSES = {
    "another number of tokens is refused": [
        call(fixed(2, 2, 6), (2, 3), 0.5, "mean"),
        call(fixed(2, 2, 7), (2, 2), 0.5, "mean"),
        call(fixed(2, 2, 8), (2, 3), 0.5, "max"),
        call(fixed(2, 2, 13), (2, 3), 0.5, "mean"),  # two grids
        call(fixed(2, 2, 6), (5, 2), 0.5, "mean"),
    ],
    "another fusion is refused": [
        call(fixed(2, 2, 5), (2, 2), 0.5, "median"),
        call(fixed(2, 2, 5), (2, 2), 0.5, ""),
    ],
    "one block": [call(fixed(1, 3, 7), (2, 3), 0.4, how) for how in FUSIONS],
    "two and more blocks": [
        call(fixed(n, 2, 7), (3, 2), 0.4, how)
        for n, how in ((2, "mean"), (3, "max"), (6, "min"), (12, "mean"))
    ],
    "one head": [call(fixed(2, 1, 7), (2, 3), 0.5, how) for how in FUSIONS],
    "no residual": [call(fixed(3, 2, 7), (2, 3), 0.0, how) for how in FUSIONS],
    "almost the residual alone": [
        call(fixed(3, 2, 7), (2, 3), 0.999, "mean"),
        call(fixed(2, 3, 7), (2, 3), 0.99, "max"),
    ],
    "weights of 0 and 1": [
        call(ONE_HOT, (2, 2), 0.5, "mean"),
        call(ONE_HOT, (2, 2), 0.25, "max"),
        call(ONE_HOT, (2, 2), 0.5, "min"),
    ],
    "one patch": [call(fixed(2, 2, 2), (1, 1), 0.5, how) for how in FUSIONS],
    "one row or column of patches": [
        call(fixed(2, 2, 5), (1, 4), 0.5, "mean"),
        call(fixed(2, 2, 5), (4, 1), 0.5, "max"),
    ],
    "as many heads, blocks and tokens": [call(fixed(5, 5, 5), (2, 2), 0.3, how) for how in FUSIONS],
    "float32": [call(fixed(3, 2, 7, torch.float32), (2, 3), 0.5, "max")],
    "weights that are not contiguous": [
        call(fixed(2, 4, 7)[:, ::2], (2, 3), 0.5, "mean"),
        call(fixed(2, 3, 7).transpose(0, 1), (2, 3), 0.5, "max"),
    ],
}


def from_the_class_token(attention, grid, residual, fusion):
    if attention.shape[-1] != grid[0] * grid[1] + 1:
        raise ValueError("not one token for each patch and one for the class")
    if fusion not in ("mean", "max", "min"):
        raise ValueError(f"no fusion {fusion}")
    row = torch.zeros(attention.shape[-1], dtype=attention.dtype)
    row[0] = 1.0
    for block in reversed(attention):  # backwards from the last block, one row at a time
        fused = {"mean": block.mean(0), "max": block.amax(0), "min": block.amin(0)}[fusion]
        weights = residual * torch.eye(len(row), dtype=row.dtype) + (1 - residual) * fused
        row = row @ (weights / weights.sum(dim=1, keepdim=True))
    return row[1:].unflatten(0, tuple(grid))


def one_product(attention, grid, residual, fusion):
    blocks, _, tokens, _ = attention.shape
    choice = {"mean": torch.mean, "max": torch.amax, "min": torch.amin}.get(fusion)
    if choice is None or tokens - 1 != grid[0] * grid[1]:
        raise ValueError("the grid does not fit, or the fusion is unknown")
    mixed = choice(attention, dim=1) * (1 - residual)
    mixed.diagonal(dim1=1, dim2=2).add_(residual)
    mixed = mixed / mixed.sum(-1, keepdim=True)
    product = mixed[0] if blocks == 1 else torch.linalg.multi_dot(list(mixed.flip(0)))
    return product[0, 1:].reshape(*grid)


FUSED, ADD = ("fuse[fusion](attention, dim=1)", "residual * identity + (1 - residual) * fused")
NORMALISE = "        matrix = matrix / matrix.sum(dim=1, keepdim=True)\n"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=20,
    needs=("multi_head_attention",),
    hints=(
        "Fuse the heads first: (L, H, T, T) → (L, T, T). `torch.amax(attention, dim=1)` returns values alone, `torch.max` a pair.",
        "A token keeps `residual` of itself and takes 1 − `residual` by attention. Which matrix hands every token on to itself?",
        "After the maximum or the minimum the rows no longer sum to 1: divide each by its sum.",
        "The first block acts on the tokens first, so it stands on the right: `rollout = matrix @ rollout`. Row 0 is the class token, and its column 0 is no patch.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=1e-6, dtype=True),
    mistakes=(
        mistake(
            "forgets_the_residual",
            {ADD: "fused"},
            "your matrices have no residual connection",
            "mix the identity with the attention: residual · I + (1 − residual) · A",
        ),
        mistake(
            "multiplies_in_reverse",
            {"matrix @ rollout": "rollout @ matrix"},
            "your product has the blocks in reverse order",
            "put the later block on the left: rollout = matrix @ rollout",
        ),
        mistake(
            "fuses_after_the_product",
            {
                FUSED: "attention",
                "return rollout[0, 1:]": "return fuse[fusion](rollout, dim=0)[0, 1:]",
                "matrix.sum(dim=1, keepdim=True)": "matrix.sum(dim=-1, keepdim=True)",
            },
            "your heads are rolled out one by one and fused at the end, but each block mixes its heads before the next",
            "fuse the heads of each block before you multiply the blocks",
        ),
        mistake(
            "rows_not_normalised",
            {NORMALISE: ""},
            "your rows are not divided by their sums, which the maximum and the minimum change",
            "divide each row of residual · I + (1 − residual) · A by its sum",
        ),
        mistake(
            "normalises_columns",
            {"matrix.sum(dim=1, keepdim=True)": "matrix.sum(dim=0, keepdim=True)"},
            "your columns sum to 1, not your rows",
            "divide each row by its sum: dim=1",
        ),
        mistake(
            "column_of_the_class_token",
            {"rollout[0, 1:]": "rollout[1:, 0]"},
            "your map says how much of the class token reaches each patch",
            "take the row of the class token: what reaches it from the patches",
        ),
        mistake(
            "mean_over_all_tokens",
            {"rollout[0, 1:]": "rollout.mean(dim=0)[1:]"},
            "your map is the mean over all tokens",
            "take the row of the class token, rollout[0]",
        ),
        mistake(
            "last_block_alone",
            {"matrix @ rollout": "matrix"},
            "your map is that of the last block alone",
            "multiply the matrices of all blocks",
        ),
        mistake(
            "residual_exchanged",
            {ADD: "(1 - residual) * identity + residual * fused"},
            "your residual share belongs to the attention",
            "`residual` is the factor of the identity, 1 − residual that of the attention",
        ),
    ),
    alternates=(from_the_class_token, one_product),
    equivalent={"attention.shape[2]": "a matrix of attention weights has as many rows as columns"},
)
