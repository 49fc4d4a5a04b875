"""vit_block: the pre-norm block with LayerScale and stochastic depth."""

import torch
from _draw import drawn, state_of, table
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


class branches(nn.Module):
    def __init__(self, width, heads, ratio=4, drop=0.0):
        super().__init__()
        self.drop = drop
        self.norm1 = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.scale1 = nn.Parameter(torch.ones(width))
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, ratio * width)
        self.fc2 = nn.Linear(ratio * width, width)
        self.scale2 = nn.Parameter(torch.ones(width))

    def forward(self, x, keep):
        def attend(x):
            x = self.norm1(x)
            return self.attention(x, x, x)[0] * self.scale1

        def think(x):
            return self.fc2(F.gelu(self.fc1(self.norm2(x)))) * self.scale2

        for number, branch in enumerate((attend, think)):
            change = branch(x)
            if self.training:
                change = torch.where(keep[:, number].view(-1, 1, 1), change / (1 - self.drop), 0.0)
            x = x + change
        return x


class only_those_kept(nn.Module):
    def __init__(self, width, heads, ratio=4, drop=0.0):
        super().__init__()
        self.drop = drop
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.scale1, self.scale2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.ones(width))
        self.fc1, self.fc2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)

    def forward(self, x, keep):
        share = 1 - self.drop if self.training else 1.0
        keep = keep if self.training else torch.ones_like(keep)
        rows = keep[:, 0].nonzero().flatten()
        y = self.norm1(x[rows])
        x = x.index_add(0, rows, self.attention(y, y, y, need_weights=True)[0] * (self.scale1 / share))
        rows = keep[:, 1].nonzero().flatten()
        hidden = self.fc1(self.norm2(x[rows]))
        hidden = hidden * torch.special.ndtr(hidden)  # the exact GELU
        return x.index_add(0, rows, self.fc2(hidden) * (self.scale2 / share))


def case(rng, init: dict, x: torch.Tensor, keep: str) -> dict:
    """Return one case: the class's arguments, drawn weights, the tokens; "ab -b a- --" says which branches are kept."""
    kept = torch.tensor([["a" in word, "b" in word] for word in keep.split()])
    return {"init": init, "state": state_of(branches(**init), rng), "inputs": [x, kept]}


def cases(rng):
    """Both branches, one and none, three drop rates, wide and narrow MLPs."""
    plans = [
        ({"width": 6, "heads": 2, "drop": 0.25}, (3, 4), "ab -b a-"),
        ({"width": 8, "heads": 4, "ratio": 2, "drop": 0.5}, (4, 3), "-- ab a- ab"),
        ({"width": 4, "heads": 1, "ratio": 3}, (2, 5), "ab -b"),
        ({"width": 6, "heads": 3, "ratio": 1, "drop": 0.1}, (6, 2), "ab -b ab a- -- ab"),
    ]
    return [case(rng, init, drawn(rng, *shape, init["width"]), keep) for init, shape, keep in plans]


def fixed(init: dict, x: torch.Tensor, keep: str, scale: float = 0.1) -> dict:
    """Return one case with fixed weights."""
    kept = torch.tensor([["a" in word, "b" in word] for word in keep.split()])
    parts = branches(**init).state_dict().items()
    state = {name: table(*part.shape, shift=number % 3) * scale for number, (name, part) in enumerate(parts)}
    return {"init": init, "state": state, "inputs": [x, kept]}


SIX = {"width": 6, "heads": 2, "ratio": 2}

CLAUSES = {
    "no branch is dropped": [
        fixed(SIX, table(2, 3, 6), "ab ab"),
        fixed(SIX | {"drop": 0.5}, table(2, 3, 6), "ab ab"),  # still divided by 1 − drop
    ],
    "every branch is dropped": [fixed(SIX | {"drop": 0.5}, table(2, 3, 6), "-- --")],
    "one of the branches": [
        fixed(SIX | {"drop": 0.2}, table(2, 3, 6), "a- a-"),
        fixed(SIX | {"drop": 0.2}, table(2, 3, 6), "-b -b"),
        fixed(SIX | {"drop": 0.2}, table(2, 3, 6), "a- -b"),
    ],
    "a drop rate of 0": [fixed(SIX | {"drop": 0.0}, table(3, 2, 6), "ab -- a-")],
    "one sample, one token, one head": [
        fixed(SIX, table(1, 4, 6), "ab"),
        fixed(SIX, table(3, 1, 6), "ab a- -b"),
        fixed(SIX | {"heads": 1}, table(2, 3, 6), "ab -b"),
    ],
    "as many samples as tokens, and as the width": [
        fixed(SIX | {"drop": 0.2}, table(3, 3, 6), "ab -b a-"),
        fixed({"width": 4, "heads": 2, "ratio": 1, "drop": 0.2}, table(4, 4, 4), "ab -b a- --"),
    ],
    "two samples": [fixed({"width": 2, "heads": 1, "drop": 0.5}, table(2, 2, 2), "ab --")],
    "tokens of any size": [
        fixed(SIX, table(2, 3, 6) * 6, "ab -b"),
        fixed(SIX, table(2, 3, 6) * 0.02, "ab a-"),
    ],
    "tokens that are not contiguous": [fixed(SIX, table(3, 2, 6).transpose(0, 1), "ab -b")],
}

FIRST = "self.scale1 * self.attention(y, y, y, need_weights=False)[0]"
SECOND = "self.scale2 * self.fc2(F.gelu(self.fc1(self.norm2(x))))"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=20,
    needs=("multi_head_attention",),
    hints=(
        "Two lines carry the block: `x = x + branch(norm1(x))` and then the same with the MLP and `norm2`. The second reads the *new* x.",
        "`keep[:, 0, None, None]` is (B, 1, 1): one factor for each sample, whatever its tokens and features.",
        "`factor = keep / (1 - self.drop) if self.training else torch.ones_like(keep, dtype=x.dtype)`: bool divided by a float is a float.",
    ),
    driver=Driver("module"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "post_norm",
            {
                "        y = self.norm1(x)\n": "        y = x\n",
                f"x = x + factor[:, 0, None, None] * {FIRST}": f"x = self.norm1(x + factor[:, 0, None, None] * {FIRST})",
                f"return x + factor[:, 1, None, None] * {SECOND}": f"return self.norm2(x + factor[:, 1, None, None] * {SECOND.replace('self.norm2(x)', 'x')})",
            },
            "your block normalises after each sum: that is the post-norm block of 2017",
            "normalise what goes into a branch, and leave the residual stream as it is",
        ),
        mistake(
            "one_shared_norm",
            {"self.norm2(x)": "self.norm1(x)"},
            "your MLP reads the tokens through the first norm",
            "use norm2 before the MLP: each branch has a norm of its own",
        ),
        mistake(
            "gelu_of_tanh",
            {"F.gelu(self.fc1(self.norm2(x)))": 'F.gelu(self.fc1(self.norm2(x)), approximate="tanh")'},
            "your GELU is the tanh approximation, off by up to 0.0005",
            "use the exact GELU: F.gelu(x) without `approximate`",
        ),
        mistake(
            "branches_side_by_side",
            {
                "        x = x + factor[:, 0": "        z = x\n        x = x + factor[:, 0",
                "self.norm2(x)": "self.norm2(z)",
            },
            "your MLP reads the tokens from before the attention: the branches stand side by side",
            "give the MLP the sum that the attention's residual connection produced",
        ),
        mistake(
            "no_layer_scale",
            {"self.scale1 * ": "", "self.scale2 * ": ""},
            "your branches are added without their LayerScale",
            "multiply each branch by scale1 or scale2, feature by feature",
        ),
        mistake(
            "scales_the_sum",
            {
                "x = x + factor[:, 0, None, None] * self.scale1 * ": "x = self.scale1 * x + factor[:, 0, None, None] * self.scale1 * "
            },
            "your LayerScale multiplies the residual stream as well",
            "scale the branch alone, before you add it",
        ),
        mistake(
            "not_divided",
            {"keep / (1 - self.drop)": "keep.to(x.dtype)"},
            "your kept branches are not divided by 1 − drop, so the mean over many steps is too small",
            "divide what is kept by 1 − drop",
        ),
        mistake(
            "drops_in_evaluation",
            {" if self.training else torch.ones_like(keep, dtype=x.dtype)": ""},
            "your block drops branches in evaluation too",
            "use `keep` only where self.training is True",
        ),
        mistake(
            "one_decision_for_both",
            {"factor[:, 1, None, None]": "factor[:, 0, None, None]"},
            "your two branches share the first column of `keep`",
            "column 0 is for the attention, column 1 for the MLP",
        ),
    ),
    alternates=(branches, only_those_kept),
    equivalent={
        "torch.ones_like(keep)": "True multiplies as 1 does",
        "need_weights=True": "the weights are not used",
        "self.attention(y, y, y)[0]": "the weights are not used",
    },
    forbids=(
        "torch.nn.TransformerEncoderLayer",
        "mmlab.models.attention.TransformerBlock",
        "transformers.models.vit.modeling_vit.ViTLayer",
    ),
)
