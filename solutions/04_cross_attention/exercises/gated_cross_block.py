"""gated_cross_block: cross-attention and an MLP behind tanh gates; tokens that see no image stay as they are."""

import torch
from _draw import drawn, fixed_state, state_of, table
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


class added_mask(nn.Module):
    def __init__(self, width, heads, context_width, ratio=4):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(
            width, heads, kdim=context_width, vdim=context_width, batch_first=True
        )
        self.fc1, self.fc2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)
        self.gate1, self.gate2 = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x, image, sees):
        open_rows = sees.any(dim=-1)
        bias = torch.zeros(sees.shape).masked_fill(~sees, -1e30) * open_rows[..., None]
        bias = bias[:, None].expand(-1, self.attention.num_heads, -1, -1).flatten(0, 1)
        found = self.attention(self.norm1(x), image, image, attn_mask=bias)[0]
        flags = open_rows[..., None].float()
        y = x + flags * torch.tanh(self.gate1) * found
        hidden = self.fc1(self.norm2(y))
        hidden = 0.5 * hidden * (1 + torch.erf(hidden / 2**0.5))
        return y + flags * torch.tanh(self.gate2) * self.fc2(hidden)


class token_by_token(nn.Module):
    def __init__(self, width, heads, context_width, ratio=4):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(
            width, heads, kdim=context_width, vdim=context_width, batch_first=True
        )
        self.fc1, self.fc2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)
        self.gate1, self.gate2 = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x, image, sees):
        samples = []
        for tokens, patches, rows in zip(x, image, sees):
            done = []
            for token, row in zip(tokens, rows):
                if row.any():
                    kept = patches[row][None]
                    query = self.norm1(token)[None, None]
                    token = token + self.gate1.tanh() * self.attention(query, kept, kept)[0][0, 0]
                    token = token + self.gate2.tanh() * self.fc2(F.gelu(self.fc1(self.norm2(token))))
                done.append(token)
            samples.append(torch.stack(done))
        return torch.stack(samples) + 0 * image.sum()


def sight(*samples: str) -> torch.Tensor:
    """Return `sees`: for each sample its tokens' rows, such as "ab- --- -b-" (a dash for what is not seen)."""
    return torch.tensor([[[letter != "-" for letter in row] for row in sample.split()] for sample in samples])


def case(rng, init: dict, *samples: str) -> dict:
    """Return one drawn case."""
    sees = sight(*samples)
    x, image = drawn(rng, *sees.shape[:2], init["width"]), drawn(rng, *sees.shape[::2], init["context_width"])
    return {"init": init, "state": state_of(added_mask(**init), rng), "inputs": [x, image, sees]}


def cases(rng):
    """Unequal numbers of samples, tokens, image tokens, widths and heads; tokens that see all, some and none."""
    return [
        case(rng, {"width": 6, "heads": 2, "context_width": 4}, "--- ab- abc -bc", "abc a-c --- ---"),
        case(
            rng, {"width": 8, "heads": 4, "context_width": 3, "ratio": 2}, "ab --", "-b ab", "-- --", "ab ab"
        ),
        case(rng, {"width": 4, "heads": 1, "context_width": 7, "ratio": 3}, "a---- -b--- --c-- ab-de"),
        case(rng, {"width": 6, "heads": 3, "context_width": 6, "ratio": 1}, "ab -- a-", "ab ab -b"),
    ]


SIX = {"width": 6, "heads": 2, "context_width": 5, "ratio": 2}


def fixed(init: dict, *samples: str, scale: float = 0.5, gates: tuple | None = None) -> dict:
    """Return one case with fixed tensors; `gates` replaces the two gates' values."""
    sees, state = sight(*samples), fixed_state(added_mask(**init))
    for name, gate in zip(("gate1", "gate2"), gates or ()):
        state[name] = torch.tensor([float(gate)])
    x = table(*sees.shape[:2], init["width"]) * scale
    image = table(*sees.shape[::2], init["context_width"], shift=2) * scale
    return {"init": init, "state": state, "inputs": [x, image, sees]}


SOME = "--- ab- abc", "a-c -b- ---"

CLAUSES = {
    "a gate of 0": [fixed(SIX, *SOME, gates=gates) for gates in ((0, 0), (0, 0.7), (0.7, 0))],
    "negative gates, and gates far from 0": [
        fixed(SIX, *SOME, gates=gates) for gates in ((-0.6, 0.4), (0.3, -1.2), (2.5, -3), (1, 1))
    ],
    "no token sees an image": [fixed(SIX, "-- -- --", "-- -- --"), fixed(SIX, "-", gates=(1, 1))],
    "every token sees every image token": [fixed(SIX, "ab ab ab", "ab ab ab", gates=(0.8, -0.5))],
    "one sample without an image": [fixed(SIX, "-- -- --", "ab a- -b", gates=(0.8, 0.5))],
    "the first token alone sees none": [
        fixed(SIX, "-- ab ab", "-- ab ab", gates=(0.8, 0.5)),
        fixed(SIX, "-- ab ab", "ab ab --", gates=(0.8, 0.5)),
    ],
    "each token sees another image token": [
        fixed(SIX, "a-- -b- --c", "--c a-- -b-", gates=(0.9, 0.5)),
        fixed(SIX, "a- -b", "-b a-", gates=(0.9, 0.5)),
    ],
    "one sample, one token, one image token": [
        fixed(SIX, "ab- --- -bc", gates=(0.5, 0.6)),
        fixed(SIX, "ab", "--", "-b", gates=(0.5, 0.6)),
        fixed(SIX, "a - a", "- - a", gates=(0.5, 0.6)),
    ],
    "one head, equal sizes and widths": [
        fixed(SIX | {"heads": 1}, *SOME, gates=(0.5, 0.6)),
        fixed(SIX | {"heads": 3, "context_width": 6}, "ab- --- abc", "a-- -b- ---", "abc abc -bc"),
        fixed({"width": 2, "heads": 2, "context_width": 2, "ratio": 1}, "ab --", "a- -b", gates=(0.5, 0.6)),
    ],
    "tokens of any size": [
        fixed(SIX, *SOME, scale=2.5, gates=(0.5, 0.6)),
        fixed(SIX, *SOME, scale=0.02, gates=(0.5, 0.6)),
    ],
    "tokens that are not contiguous": [
        fixed(SIX, "ab- --- abc", "--- -bc a--")
        | {
            "inputs": [
                (table(3, 2, 6) / 2).transpose(0, 1),
                (table(5, 3, 2) / 2).permute(2, 1, 0),
                sight("ab- --- abc", "--- -bc a--").mT.contiguous().mT,
            ]
        }
    ],
}

FIRST = "x = x + (self.gate1.tanh() * found).masked_fill(blind, 0.0)"
SECOND = "return x + (self.gate2.tanh() * thought).masked_fill(blind, 0.0)"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=25,
    needs=("cross_attention",),
    hints=(
        "Each branch is `x = x + gate.tanh() * branch(norm(x))`. tanh(0) is 0, and its slope there is 1, so a closed gate can open.",
        "A token that sees nothing makes a row of the softmax without any key, which is NaN; multiplying NaN by 0 is NaN again. So open such rows in the mask, and set the branch's result for them to 0.",
        "`blind = ~sees.any(dim=2, keepdim=True)` is (B, T, 1). `~(sees | blind)` is True where a query may not look, and `.repeat_interleave(self.attention.num_heads, dim=0)` gives each head the mask of its sample.",
        "`x + (self.gate1.tanh() * found).masked_fill(blind, 0.0)`, and the same for the MLP with gate2.",
    ),
    driver=Driver("module"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "sigmoid_gate",
            {"self.gate1.tanh()": "self.gate1.sigmoid()", "self.gate2.tanh()": "self.gate2.sigmoid()"},
            "your gates are sigmoids, which are 0.5 at the start: the language model is disturbed from the first step",
            "use tanh, which is 0 at 0",
        ),
        mistake(
            "gate_without_tanh",
            {"self.gate1.tanh()": "self.gate1", "self.gate2.tanh()": "self.gate2"},
            "your branches are multiplied by the gates' numbers themselves",
            "use their tanh, which stays within −1 and 1",
        ),
        mistake(
            "gates_the_residual",
            {
                FIRST: FIRST.replace("x = x +", "x = torch.where(blind, x, self.gate1.tanh() * x) +"),
                SECOND: SECOND.replace("return x +", "return torch.where(blind, x, self.gate2.tanh() * x) +"),
            },
            "your gates multiply the tokens as well, so at the start nothing is left of them",
            "gate the branch alone: x + tanh(gate) · branch",
        ),
        mistake(
            "one_gate_for_both",
            {"self.gate2.tanh()": "self.gate1.tanh()"},
            "your MLP stands behind gate1",
            "gate1 belongs to the attention and gate2 to the MLP",
        ),
        mistake(
            "mlp_ungated",
            {"self.gate2.tanh() * ": ""},
            "your MLP is not gated, so the block changes the tokens from the start",
            "multiply the MLP's result by tanh of gate2",
        ),
        mistake(
            "mlp_for_all_tokens",
            {"(self.gate2.tanh() * thought).masked_fill(blind, 0.0)": "self.gate2.tanh() * thought"},
            "your MLP also changes the tokens that see no image",
            "set both branches to 0 for such tokens",
        ),
        mistake(
            "attention_for_all_tokens",
            {"(self.gate1.tanh() * found).masked_fill(blind, 0.0)": "self.gate1.tanh() * found"},
            "a token that sees no image looks at all image tokens in your block, since its row of the mask is open",
            "set the attention's result to 0 for such tokens",
        ),
        mistake(
            "nan_rows",
            {"~(sees | blind)": "~sees", ", need_weights=False": ""},
            "your block is NaN somewhere: a row of the softmax without any key is NaN, and so are its gradients",
            "open the rows of tokens that see nothing, and set their result to 0 afterwards",
        ),
        mistake(
            "mask_inverted",
            {"~(sees | blind)": "(sees & ~sees.all(dim=2, keepdim=True))"},
            "your tokens look at what they must not see",
            "torch's attn_mask is True where a query may *not* look",
        ),
        mistake(
            "mask_of_other_samples",
            {
                ".repeat_interleave(self.attention.num_heads, dim=0)": ".repeat(self.attention.num_heads, 1, 1)"
            },
            "your mask lists the samples again and again, but the heads of sample 0 come first",
            "use repeat_interleave along the first axis",
        ),
    ),
    alternates=(added_mask, token_by_token),
    equivalent={
        "need_weights=True": "the weights are not used",
        "attn_mask=closed)[0]": "the weights are not used",
    },
    forbids=(
        "mmlab.models.fusion.GatedCrossBlock",
        "transformers.models.mllama.modeling_mllama.MllamaCrossAttentionDecoderLayer",
        "transformers.models.idefics.modeling_idefics.IdeficsGatedCrossAttentionLayer",
    ),
)
