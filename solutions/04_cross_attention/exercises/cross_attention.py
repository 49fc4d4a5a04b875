"""cross_attention: queries from the text, keys and values from an image of another width, with a padding mask."""

import torch
from _draw import drawn, mask, table
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def call(*args):
    """Return one case: eight tensors by place, heads and padding by name."""
    *tensors, heads, padding = args
    return {"args": tensors, "kwargs": {"heads": heads, "padding": padding}}


def value(*args):
    """Return one case that is judged by its value alone: rounding decides the last digits of its gradient."""
    return call(*args) | {"gradient": False}


def shapes(width: int, other: int) -> list[tuple]:
    """Return the shapes of the layers for a text of `width` and an image of `other`."""
    return [(width, width), (width, other), (width, other), (3 * width,), (width, width), (width,)]


def layer(width: int, other: int, scale: float = 0.1, dtype=torch.float32) -> list:
    """Return fixed weights and biases."""
    return [
        table(*shape, shift=number, dtype=dtype) * scale for number, shape in enumerate(shapes(width, other))
    ]


def cases(rng):
    """Unequal numbers of samples, text tokens, image tokens, widths and heads; padding anywhere."""
    plans = [
        (8, 5, 2, 3, ("...xx", "....x", ".....")),
        (6, 9, 3, 5, (".x.x", "..xx")),
        (12, 4, 2, 2, ("x......", "..x.xx.")),
        (5, 7, 1, 4, ("...", ".xx", "x.x", "...")),
        (4, 4, 4, 3, ("......", "xxx..x")),
    ]
    return [
        call(
            drawn(rng, len(rows), count, width),
            drawn(rng, len(rows), len(rows[0]), other),
            *(drawn(rng, *shape, scale=0.4) for shape in shapes(width, other)),
            heads,
            mask(*rows),
        )
        for width, other, heads, count, rows in plans
    ]


def fixed(samples, count, width, other, heads, *rows, dtype=torch.float32, make=call, scale=0.12):
    """Return one case with fixed tensors."""
    text, image = (
        table(samples, length, size, shift=shift, dtype=dtype) * scale
        for length, size, shift in ((count, width, 0), (len(rows[0]), other, 2))
    )
    return make(text, image, *layer(width, other, dtype=dtype), heads, mask(*rows))


def far_from_zero(*args):
    """Return one float64 case whose logits differ by about 1 and lie in the tens of thousands: float32 rounds them."""
    made = fixed(*args, dtype=torch.float64)
    text, width = made["args"][0], made["args"][0].shape[2]
    text += 5.0  # so that no query is near 0
    made["args"][5][width : 2 * width] += 15_000.0  # the same for all keys: the softmax stays as it is
    return made


CLEAR = [table(*shape, shift=number) for number, shape in enumerate(shapes(8, 6))]  # products are exact
ORTHOGONAL = [  # keys and queries that single out one token, whatever the rounding
    torch.eye(4) * 40,
    torch.eye(4) * 40,
    table(4, 4),
    torch.zeros(12),
    torch.eye(4),
    table(4),
]

CLAUSES = {
    "heads that do not divide the width are refused": [
        fixed(2, 3, 6, 8, 4, "...", "..x"),
        fixed(1, 2, 6, 12, 12, "..."),
    ],
    "no padding": [fixed(2, 4, 6, 5, 2, "....", "....")],
    "no image": [
        fixed(3, 2, 6, 4, 3, "...", "xxx", "..x"),
        fixed(1, 3, 4, 6, 2, "xx", make=value),
        fixed(2, 2, 4, 3, 1, "x", "."),
        fixed(2, 2, 4, 3, 1, "xxx", "xxx", make=value),
    ],
    "one image token is left": [fixed(2, 3, 6, 5, 2, ".xx", "x.x")],
    "one sample, one text token, one image token": [
        fixed(1, 4, 6, 5, 2, "..x.."),
        fixed(3, 1, 6, 5, 2, "..x", "...", "x.."),
        fixed(2, 3, 6, 5, 2, ".", "."),
    ],
    "widths of 1, one head, heads of width 1": [
        fixed(2, 3, 6, 1, 1, "..x", "..."),
        fixed(2, 3, 4, 7, 4, "..x", "..."),
        fixed(2, 2, 1, 3, 1, "..x", "..."),
    ],
    "equal sizes": [
        fixed(3, 3, 3, 3, 3, "..x", "...", "x.."),
        fixed(4, 4, 8, 8, 4, "....", "...x", "x...", ".x.."),
        fixed(2, 5, 4, 4, 2, "....x", "....."),
    ],
    "float64": [
        fixed(2, 3, 6, 5, 2, "..x", "xxx", dtype=torch.float64),
        far_from_zero(2, 3, 6, 5, 2, "..x.", "...."),
    ],
    "logits in the tens of thousands": [
        value(table(2, 3, 8), table(2, 4, 6), *CLEAR, 2, mask("....", "..x.")),
        value(-table(2, 3, 8, shift=3), table(2, 4, 6), *CLEAR, 2, mask("...x", "xxxx")),
        value(table(2, 3, 8), table(2, 4, 6, shift=1), *CLEAR, 2, mask("xxx.", ".xxx")),
        *(
            value(8 * table(2, 3, 8, shift=shift), 4 * table(2, 4, 6), *CLEAR, 2, mask("x..x", ".xx."))
            for shift in (0, 2)
        ),
        *(
            value(sign * torch.eye(4)[None] * 6, torch.eye(4)[None] * 6, *ORTHOGONAL, 1, mask(row))
            for sign in (1, -1)
            for row in ("x...", ".xx.")
        ),
    ],
    "inputs of 0, equal image tokens": [
        call(torch.zeros(2, 3, 6), torch.zeros(2, 3, 5), *layer(6, 5), 2, mask("..x", "...")),
        call(table(2, 3, 6) / 4, table(2, 1, 5).repeat(1, 4, 1) / 4, *layer(6, 5), 2, mask("...x", "....")),
    ],
    "inputs that are not contiguous": [
        call(
            (table(4, 2, 6) / 4).transpose(0, 1),
            (table(5, 4, 2) / 4).permute(2, 1, 0),
            *layer(6, 5),
            2,
            mask("...x", "....").T.contiguous().T,
        )
    ],
    "many image tokens": [
        value(table(1, 2, 2) / 4, table(1, 1100, 3) / 4, *layer(2, 3), 1, torch.arange(1100)[None] % 7 == 3)
    ],
}


def loops(text, image, q_weight, k_weight, v_weight, in_bias, out_weight, out_bias, *, heads, padding):
    width = text.shape[2]
    if width % heads != 0:
        raise ValueError("heads must divide the width")
    size = width // heads
    outputs, weights = [], []
    for words, patches, hidden in zip(text, image, padding):
        q = words @ q_weight.T + in_bias[:width]
        k, v = patches @ k_weight.T + in_bias[width : 2 * width], patches @ v_weight.T + in_bias[2 * width :]
        rows, shares = [], []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            scores = q[:, part] @ k[:, part].T / size**0.5
            share = torch.zeros_like(scores)
            if not hidden.all():
                share[:, ~hidden] = scores[:, ~hidden].softmax(dim=1)
            rows.append(share @ v[:, part])
            shares.append(share)
        outputs.append(torch.cat(rows, dim=1))
        weights.append(sum(shares) / heads)
    return torch.stack(outputs) @ out_weight.T + out_bias, torch.stack(weights)


def by_einsum(text, image, q_weight, k_weight, v_weight, in_bias, out_weight, out_bias, *, heads, padding):
    width = text.shape[-1]
    if width % heads:
        raise ValueError(f"{heads} heads of a width of {width}")
    biases = in_bias.reshape(3, heads, 1, -1)
    q, k, v = (
        torch.einsum("btd,hcd->bhtc", side, weight.reshape(heads, width // heads, -1)) + bias
        for side, weight, bias in zip((text, image, image), (q_weight, k_weight, v_weight), biases)
    )
    scores = torch.einsum("bhtc,bhsc->bhts", q, k) * k.shape[-1] ** -0.5
    closed = padding[:, None, None].to(text.dtype)
    weights = (scores - 1e9 * closed).softmax(-1) * (1 - closed)
    mixed = torch.einsum("bhts,bhsc->bthc", weights, v).reshape(text.shape)
    return F.linear(mixed, out_weight, out_bias), weights.sum(1) / heads


FILL = "scores.masked_fill(absent, torch.finfo(text.dtype).min).softmax(dim=3).masked_fill(absent, 0.0)"


def sides_swapped(
    text, image, q_weight, k_weight, v_weight, in_bias, out_weight, out_bias, *, heads, padding
):
    if text.shape[2] % heads:
        raise ValueError("heads")
    q_bias, k_bias, v_bias = in_bias.chunk(3)
    q = F.linear(image, k_weight, k_bias).unflatten(2, (heads, -1)).transpose(1, 2)
    k = F.linear(text, q_weight, q_bias).unflatten(2, (heads, -1)).transpose(1, 2)
    v = F.linear(text, q_weight, v_bias).unflatten(2, (heads, -1)).transpose(1, 2)
    weights = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(dim=3)
    return F.linear((weights @ v).transpose(1, 2).flatten(2), out_weight, out_bias), weights.mean(dim=1)


EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=30,
    hints=(
        "Three layers: queries from the text, keys and values from the image. `in_bias.chunk(3)` gives their biases, and F.linear(x, weight, bias) applies one layer.",
        "Split the width into heads with `unflatten(2, (heads, -1)).transpose(1, 2)`. The scores `q @ k.transpose(2, 3)` are then (B, H, T, N): a row for each text token, a column for each image token.",
        "`padding[:, None, None, :]` is (B, 1, 1, N) and hides *columns*. Fill their scores with `torch.finfo(text.dtype).min`, which is finite, take the softmax over the last axis, and set the hidden weights to 0. "
        "A sample without an image then has weights of 0 everywhere.",
        "`(weights @ v).transpose(1, 2).flatten(2)` merges the heads; then comes the output layer. Return it with `weights.mean(dim=1)`.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "sides_swapped",
            sides_swapped,
            "your queries come from the image and your keys and values from the text: the output has one row for each image token",
            "the side that asks gives the queries. Here the text asks, so the output has T rows",
        ),
        mistake(
            "masks_after_the_softmax",
            {FILL: "scores.softmax(dim=3).masked_fill(absent, 0.0)"},
            "your rows of weights sum to less than 1, because the padding took its share of the softmax first",
            "fill the hidden scores before the softmax",
        ),
        mistake(
            "mask_inverted",
            {"padding[:, None, None]": "~padding[:, None, None]"},
            "your mask hides the image and shows the padding",
            "True in `padding` marks what no text token may look at",
        ),
        mistake(
            "nan_without_an_image",
            {FILL: "scores.masked_fill(absent, -torch.inf).softmax(dim=3)"},
            "your weights are right where a sample has an image, and NaN where all its image tokens are padding",
            "use the most negative finite number in place of -inf, and set the hidden weights to 0 after the softmax",
        ),
        mistake(
            "uniform_without_an_image",
            {".softmax(dim=3).masked_fill(absent, 0.0)": ".softmax(dim=3)"},
            "a sample without an image has equal weights on all its padding",
            "set the hidden weights to 0 after the softmax as well",
        ),
        mistake(
            "scale_by_the_width",
            {"q.shape[3]": "text.shape[2]"},
            "your scores are divided by the root of the whole width D",
            "divide by the root of the head's width, D / heads",
        ),
        mistake(
            "softmax_over_the_text",
            {"softmax(dim=3)": "softmax(dim=2)"},
            "your weights sum to 1 over the text tokens",
            "take the softmax over the last axis, the image tokens",
        ),
        mistake(
            "weights_of_every_head",
            {"weights.mean(dim=1)": "weights"},
            "your weights are (B, H, T, N), one map for each head",
            "return their mean over the heads, (B, T, N)",
        ),
        mistake(
            "merges_without_transpose",
            {"(weights @ v).transpose(1, 2).flatten(2)": "(weights @ v).reshape(text.shape)"},
            "your heads are merged without moving the axis of tokens back",
            "use transpose(1, 2) and then flatten(2)",
        ),
    ),
    alternates=(loops, by_einsum),
    forbids=(
        "torch.nn.MultiheadAttention",
        "torch.nn.functional.multi_head_attention_forward",
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.TransformerDecoderLayer",
        "mmlab.models.attention.MultiHeadAttention",
        "transformers.models.mllama.modeling_mllama.MllamaTextCrossAttention",
    ),
)
