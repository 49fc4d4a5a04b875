"""multi_head_attention: fused query-key-value weights, heads, a key padding mask; the output and the weights."""

import torch
from _draw import drawn, mask, table
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def call(*args):
    """Return one case: five tensors by place, heads and padding by name."""
    *tensors, heads, padding = args
    return {"args": tensors, "kwargs": {"heads": heads, "padding": padding}}


def value(*args):
    """Return one case that is judged by its value alone: rounding decides the last digits of its gradient."""
    return call(*args) | {"gradient": False}


def layer(width: int, shift: int = 0, scale: float = 0.1, dtype=torch.float32) -> list:
    """Return fixed weights and biases of a layer of that width."""
    shapes = [(3 * width, width), (3 * width,), (width, width), (width,)]
    return [table(*shape, shift=shift + number, dtype=dtype) * scale for number, shape in enumerate(shapes)]


def cases(rng):
    """Unequal numbers of samples, tokens, heads and head widths; padding at the end, at the start and between."""
    plans = [
        (8, 2, ("...xx", "....x", ".....")),
        (6, 3, (".x.x", "..xx")),
        (12, 2, ("x....", "..x..")),
        (5, 1, ("...", ".xx", "x.x", "...")),
        (4, 4, ("......", "xxx..x")),
    ]
    weights = [[(3 * d, d), (3 * d,), (d, d), (d,)] for d, _, _ in plans]
    return [
        call(
            drawn(rng, len(rows), len(rows[0]), width),
            *(drawn(rng, *s, scale=0.4) for s in shapes),
            heads,
            mask(*rows),
        )
        for (width, heads, rows), shapes in zip(plans, weights, strict=True)
    ]


CLEAR = [
    table(24, 8),
    table(24),
    table(8, 8),
    table(8),
]  # whole numbers: products are exact, and the logits are large

CLAUSES = {
    "heads that do not divide the width are refused": [
        call(table(2, 3, 6), *layer(6), 4, mask("...", "..x")),
        call(table(2, 4, 6), *layer(6), 12, mask("....", "...x")),
    ],
    "no padding": [call(table(2, 4, 6) / 4, *layer(6), 2, mask("....", "...."))],
    "every key of a sample is padding": [
        call(table(3, 3, 6) / 4, *layer(6), 3, mask("...", "xxx", "..x")),
        call(table(1, 2, 4) / 4, *layer(4), 2, mask("xx")),
        call(table(2, 1, 4) / 4, *layer(4), 1, mask("x", ".")),
    ],
    "one token is left": [call(table(2, 3, 6) / 4, *layer(6), 2, mask(".xx", "x.x"))],
    "one token": [call(table(3, 1, 6) / 4, *layer(6), 2, mask(".", ".", "."))],
    "one sample": [call(table(1, 5, 6) / 4, *layer(6), 2, mask("..x.."))],
    "one head": [call(table(2, 3, 6) / 4, *layer(6), 1, mask("..x", "..."))],
    "heads of width 1": [call(table(2, 3, 4) / 4, *layer(4), 4, mask("..x", "..."))],
    "as many heads as tokens": [
        call(table(2, 3, 6) / 4, *layer(6), 3, mask("..x", "...")),
        call(table(4, 4, 8) / 4, *layer(8), 4, mask("....", "...x", "x...", ".x..")),
    ],
    "head width equal to the number of heads": [
        call(table(2, 5, 4) / 4, *layer(4), 2, mask("....x", "....."))
    ],
    "float64": [
        call(table(2, 3, 6, dtype=torch.float64) / 4, *layer(6, dtype=torch.float64), 2, mask("..x", "xxx"))
    ],
    "logits in the tens of thousands": [
        value(table(2, 4, 8), *CLEAR, 2, mask("....", "..x.")),
        value(-table(2, 4, 8, shift=3), *CLEAR, 2, mask("...x", "xxxx")),
        value(table(2, 4, 8), *CLEAR, 2, mask("xxx.", ".xxx")),  # also far below 0
        *(value(8 * table(2, 4, 8, shift=shift), *CLEAR, 2, mask("x..x", ".xx.")) for shift in (0, 2)),
    ],
    "inputs of 0": [call(torch.zeros(2, 3, 6), *layer(6), 2, mask("..x", "..."))],
    "equal tokens": [call(table(2, 1, 6).repeat(1, 4, 1) / 4, *layer(6), 2, mask("...x", "...."))],
    "inputs that are not contiguous": [
        call((table(4, 2, 6) / 4).transpose(0, 1), *layer(6), 2, mask("...x", "....").T.contiguous().T)
    ],
    "many tokens": [value(table(1, 270, 2) / 4, *layer(2), 1, torch.arange(270)[None] % 7 == 3)],
}


def loops(x, in_weight, in_bias, out_weight, out_bias, *, heads, padding):
    width = x.shape[2]
    if width % heads != 0:
        raise ValueError("heads must divide the width")
    size = width // heads
    q, k, v = (x @ w.T + b for w, b in zip(in_weight.split(width), in_bias.split(width)))
    mixed, weights = [], []
    for sample in range(len(x)):
        rows, kept = [], ~padding[sample]
        shares = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            scores = q[sample, :, part] @ k[sample, :, part].T / size**0.5
            share = torch.zeros_like(scores)
            if kept.any():
                share[:, kept] = scores[:, kept].softmax(dim=1)
            shares.append(share)
            rows.append(share @ v[sample, :, part])
        mixed.append(torch.cat(rows, dim=1))
        weights.append(torch.stack(shares))
    return torch.stack(mixed) @ out_weight.T + out_bias, torch.stack(weights)


def by_einsum(x, in_weight, in_bias, out_weight, out_bias, *, heads, padding):
    if x.shape[-1] % heads:
        raise ValueError(f"{heads} heads of a width of {x.shape[-1]}")
    weight, bias = in_weight.reshape(3, heads, -1, x.shape[-1]), in_bias.reshape(3, heads, 1, -1)
    q, k, v = torch.einsum("btd,nhcd->nbhtc", x, weight) + bias[:, None]
    scores = torch.einsum("bhtc,bhsc->bhts", q, k) * k.shape[-1] ** -0.5
    closed = padding[:, None, None].to(x.dtype)
    weights = (scores - 1e9 * closed).softmax(-1) * (1 - closed)
    mixed = torch.einsum("bhts,bhsc->bthc", weights, v).reshape(x.shape)
    return F.linear(mixed, out_weight, out_bias), weights


SPLIT = "part.unflatten(2, (heads, -1)).transpose(1, 2)"
FILL = "scores.masked_fill(hidden, torch.finfo(x.dtype).min).softmax(dim=3).masked_fill(hidden, 0.0)"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=30,
    hints=(
        "`F.linear(x, in_weight, in_bias)` gives (B, T, 3D): queries, keys and values side by side. `chunk(3, dim=2)` separates them.",
        "Split the width into heads: `unflatten(2, (heads, -1))` is (B, T, H, D/H). One transpose makes it (B, H, T, D/H), "
        "and `q @ k.transpose(2, 3)` multiplies within each head.",
        "`padding[:, None, None, :]` is (B, 1, 1, T) and broadcasts over heads and queries: it hides *keys*. "
        "Fill their scores with `torch.finfo(x.dtype).min`, which is finite, take the softmax over the last axis, and set the hidden weights to 0. "
        "Where every key is hidden, all weights are then 0.",
        "Back from heads to width: `(weights @ v).transpose(1, 2).flatten(2)`, and then the output layer.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "scale_by_the_width",
            {"q.shape[3]": "x.shape[2]"},
            "your scores are divided by the root of the whole width D",
            "divide by the root of the head's width, D / heads",
        ),
        mistake(
            "no_scale",
            {" / math.sqrt(q.shape[3])": ""},
            "your scores are not scaled",
            "divide them by the root of the head's width before the softmax",
        ),
        mistake(
            "softmax_over_queries",
            {"softmax(dim=3)": "softmax(dim=2)"},
            "your weights sum to 1 over the queries",
            "take the softmax over the last axis, the keys",
        ),
        mistake(
            "reshape_without_transpose",
            {SPLIT: "part.reshape(len(x), heads, x.shape[1], -1)"},
            "your heads mix numbers of several tokens: the width was reshaped without moving the axis of tokens",
            "split the width with unflatten(2, (heads, -1)) first, then transpose(1, 2)",
        ),
        mistake(
            "merges_without_transpose",
            {"(weights @ v).transpose(1, 2).flatten(2)": "(weights @ v).reshape(x.shape)"},
            "your heads are merged without moving the axis of tokens back",
            "use transpose(1, 2) and then flatten(2)",
        ),
        mistake(
            "mask_upside_down",
            {"padding[:, None, None]": "~padding[:, None, None]"},
            "your mask hides the tokens and shows the padding",
            "True in `padding` marks what nobody may look at",
        ),
        mistake(
            "hides_queries",
            {"padding[:, None, None]": "padding[:, None, :, None]"},
            "your mask hides the queries of the padding, and the other tokens still look at it",
            "the mask belongs to the last axis of the scores: padding[:, None, None, :]",
        ),
        mistake(
            "masks_after_the_softmax",
            {FILL: "scores.softmax(dim=3).masked_fill(hidden, 0.0)"},
            "your rows of weights sum to less than 1, because the padding took its share of the softmax first",
            "fill the hidden scores before the softmax",
        ),
        mistake(
            "nan_without_keys",
            {FILL: "scores.masked_fill(hidden, -torch.inf).softmax(dim=3)"},
            "your weights are right where a key is left, and NaN where every key is padding",
            "use the most negative finite number in place of -inf, and set the hidden weights to 0 after the softmax",
        ),
        mistake(
            "mean_of_the_heads",
            {"out_bias), weights": "out_bias), weights.mean(dim=1)"},
            "your weights are averaged over the heads",
            "return the weights of every head, (B, H, T, T)",
        ),
    ),
    alternates=(loops, by_einsum),
    forbids=(
        "torch.nn.MultiheadAttention",
        "torch.nn.functional.multi_head_attention_forward",
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.TransformerEncoderLayer",
        "mmlab.models.attention.MultiHeadAttention",
        "mmlab.models.attention.TransformerBlock",
        "transformers.models.vit.modeling_vit.ViTAttention",
    ),
)
