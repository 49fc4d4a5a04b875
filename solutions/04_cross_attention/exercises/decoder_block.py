"""decoder_block: self-attention with a prefix, cross-attention with padding, MLP; pre-norm."""

import torch
from _draw import drawn, fixed_state, mask, state_of, table
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


class one_mask_for_all(nn.Module):
    def __init__(self, width, heads, context_width, ratio=4):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.cross_attention = nn.MultiheadAttention(
            width, heads, kdim=context_width, vdim=context_width, batch_first=True
        )
        self.fc1, self.fc2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)

    def forward(self, x, memory, padding, prefix):
        places = torch.arange(x.shape[1])
        sees = (places[None] <= places[:, None]) | (places < prefix)[None]
        bias = torch.zeros(sees.shape).masked_fill(~sees, float("-inf"))
        y = self.norm1(x)
        x = torch.add(x, self.self_attention(query=y, key=y, value=y, attn_mask=bias)[0])
        far = torch.zeros(padding.shape).masked_fill(padding, float("-inf"))
        x = torch.add(x, self.cross_attention(self.norm2(x), memory, memory, key_padding_mask=far)[0])
        hidden = self.fc1(self.norm3(x))
        return torch.add(x, self.fc2(0.5 * hidden * (1 + torch.erf(hidden / 2**0.5))))


class token_by_token(nn.Module):
    def __init__(self, width, heads, context_width, ratio=4):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.cross_attention = nn.MultiheadAttention(
            width, heads, kdim=context_width, vdim=context_width, batch_first=True
        )
        self.fc1, self.fc2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)

    def forward(self, x, memory, padding, prefix):
        y, rows = self.norm1(x), []
        for place in range(x.shape[1]):
            seen = y[:, : max(place + 1, prefix)]
            rows.append(x[:, place : place + 1] + self.self_attention(y[:, place : place + 1], seen, seen)[0])
        x, samples = torch.cat(rows, dim=1), []
        for tokens, other, hidden in zip(x, memory, padding):
            kept = other[~hidden][None]
            samples.append(tokens + self.cross_attention(self.norm2(tokens)[None], kept, kept)[0][0])
        x = torch.stack(samples)
        return x + self.fc2(F.gelu(self.fc1(self.norm3(x))))


def case(rng, init: dict, count: int, prefix: int, *rows: str) -> dict:
    """Return one drawn case: the class's arguments, weights, tokens, memory, padding and prefix."""
    x, memory = (
        drawn(rng, len(rows), length, width)
        for length, width in ((count, init["width"]), (len(rows[0]), init["context_width"]))
    )
    state = state_of(one_mask_for_all(**init), rng)
    return {"init": init, "state": state, "inputs": [x, memory, mask(*rows), prefix]}


def cases(rng):
    """Unequal numbers of samples, tokens, memory tokens, widths and heads; prefixes of several lengths."""
    return [
        case(rng, {"width": 6, "heads": 2, "context_width": 4}, 5, 2, "...x", "x.x.", "...."),
        case(rng, {"width": 8, "heads": 4, "context_width": 3, "ratio": 2}, 4, 0, "..", ".x"),
        case(rng, {"width": 4, "heads": 1, "context_width": 7, "ratio": 3}, 6, 4, "..xxx", "....."),
        case(rng, {"width": 6, "heads": 3, "context_width": 6, "ratio": 1}, 3, 3, ".xxxx.x", "xxx...."),
    ]


SIX = {"width": 6, "heads": 2, "context_width": 5, "ratio": 2}


def fixed(init: dict, count: int, prefix: int, *rows: str, scale: float = 0.5) -> dict:
    """Return one case with fixed tensors."""
    x = table(len(rows), count, init["width"]) * scale
    memory = table(len(rows), len(rows[0]), init["context_width"], shift=2) * scale
    return {
        "init": init,
        "state": fixed_state(one_mask_for_all(**init)),
        "inputs": [x, memory, mask(*rows), prefix],
    }


CLAUSES = {
    "every prefix": [fixed(SIX, 4, prefix, "..x", "...") for prefix in range(5)],
    "one token": [fixed(SIX, 1, prefix, "..x", "x..") for prefix in (0, 1)],
    "two tokens": [fixed(SIX, 2, prefix, "..x", "x..") for prefix in (0, 1, 2)],
    "one sample, one memory token": [fixed(SIX, 3, 2, "..x."), fixed(SIX, 3, 0, ".", ".")],
    "one memory token is left": [fixed(SIX, 3, 0, "x.x", ".xx")],
    "no padding": [fixed(SIX, 3, 2, "....", "....")],
    "equal sizes and widths": [
        fixed(SIX | {"context_width": 6}, 3, 0, "..x", "...", ".x."),
        fixed({"width": 4, "heads": 2, "context_width": 4, "ratio": 1}, 4, 2, "...x", "....", "x...", ".x.."),
        fixed({"width": 2, "heads": 1, "context_width": 2}, 2, 0, "..", ".x"),
    ],
    "tokens of any size": [
        fixed(SIX, 3, 1, "..x", "...", scale=2.0),
        fixed(SIX, 3, 2, "..x", "...", scale=0.02),
    ],
    "tokens that are not contiguous": [
        {
            "init": SIX,
            "state": fixed_state(one_mask_for_all(**SIX)),
            "inputs": [
                (table(3, 2, 6) / 2).transpose(0, 1),
                (table(5, 4, 2) / 2).permute(2, 1, 0),
                mask("...x", "x..."),
                2,
            ],
        }
    ],
}

SELF = "x = x + self.self_attention(y, y, y, attn_mask=closed, need_weights=False)[0]"
CROSS = "x = x + self.cross_attention(y, memory, memory, key_padding_mask=padding, need_weights=False)[0]"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=25,
    needs=("cross_attention",),
    hints=(
        "Three times the same pattern: `x = x + branch(norm(x))`, each with a norm of its own, and each reads the *new* x.",
        "`torch.ones(T, T, dtype=torch.bool).triu(1)` is True above the diagonal: row t may not look at the columns after t. Setting its first `prefix` columns to False opens the prefix for every row.",
        "`self.self_attention(y, y, y, attn_mask=closed, need_weights=False)[0]`, then `self.cross_attention(y, memory, memory, key_padding_mask=padding, need_weights=False)[0]` with y from norm2, "
        "then `self.fc2(F.gelu(self.fc1(self.norm3(x))))`.",
    ),
    driver=Driver("module"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "no_causal_mask",
            {"attn_mask=closed, ": ""},
            "your tokens see all tokens, also those after them",
            "give self_attention a mask that is True above the diagonal",
        ),
        mistake(
            "no_prefix",
            {"        closed[:, :prefix] = False\n": ""},
            "your block is causal inside the prefix too",
            "set the mask's first `prefix` columns to False",
        ),
        mistake(
            "one_norm_for_all",
            {"self.norm2(x)": "self.norm1(x)", "self.norm3(x)": "self.norm1(x)"},
            "all your branches read the tokens through norm1",
            "each branch has its own norm: norm1, norm2, norm3",
        ),
        mistake(
            "cross_before_self",
            {
                "y = self.norm1(x)": "y = self.norm2(x)",
                SELF: CROSS,
                "y = self.norm2(x)": "y = self.norm1(x)",
                CROSS: SELF,
            },
            "your tokens look at the memory first and at each other afterwards",
            "the order is self-attention, cross-attention, MLP",
        ),
        mistake(
            "memory_unmasked",
            {"key_padding_mask=padding, ": ""},
            "your tokens look at the padding of the memory",
            "pass `padding` to cross_attention as key_padding_mask",
        ),
        mistake(
            "mask_inverted",
            {"triu(1)": "tril(-1)"},
            "your tokens see the tokens after them, and not those before",
            "the mask is True where a token may *not* look: above the diagonal",
        ),
        mistake(
            "not_its_own_token",
            {"dtype=torch.bool).triu(1)": "dtype=torch.bool).triu(1).roll(1, 0)"},
            "your mask is off by one row",
            "row t may look at the columns 0 to t",
        ),
        mistake(
            "no_residual",
            {CROSS: CROSS.replace("x = x + ", "x = ")},
            "your cross-attention replaces the tokens",
            "add its result to x",
        ),
        mistake(
            "post_norm",
            {
                "y = self.norm1(x)": "y = x",
                SELF: SELF.replace("x = x + ", "x = self.norm1(x + ") + ")",
                "y = self.norm2(x)": "y = x",
                CROSS: CROSS.replace("x = x + ", "x = self.norm2(x + ") + ")",
                "return x + self.fc2(F.gelu(self.fc1(self.norm3(x))))": "return self.norm3(x + self.fc2(F.gelu(self.fc1(x))))",
            },
            "your block normalises after each sum: that is nn.TransformerDecoderLayer with norm_first=False",
            "normalise what goes into a branch, and leave x as it is",
        ),
    ),
    alternates=(one_mask_for_all, token_by_token),
    equivalent={
        "need_weights=True": "the weights are not used",
        "attn_mask=closed)[0]": "the weights are not used",
        "key_padding_mask=padding)[0]": "the weights are not used",
    },
    forbids=(
        "mmlab.models.fusion.DecoderBlock",
        "torch.nn.TransformerDecoderLayer",
        "mmlab.models.attention.TransformerBlock",
    ),
)
