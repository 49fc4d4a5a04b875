"""Right answers to decoder_block that are written in unusual ways."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer

MASK = "closed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)"
PREFIX = "closed[:, :prefix] = False"
SELF = "x = x + self.self_attention(y, y, y, attn_mask=closed, need_weights=False)[0]"
CROSS = "x = x + self.cross_attention(y, memory, memory, key_padding_mask=padding, need_weights=False)[0]"
LAST = "return x + self.fc2(F.gelu(self.fc1(self.norm3(x))))"


class attention_by_hand(nn.Module):
    def __init__(self, width, heads, context_width, ratio=4):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.cross_attention = nn.MultiheadAttention(
            width, heads, kdim=context_width, vdim=context_width, batch_first=True
        )
        self.fc1, self.fc2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)

    def forward(self, x, memory, padding, prefix):
        def attend(layer, queries, others, may):
            D, H = layer.embed_dim, layer.num_heads
            ws = (
                layer.in_proj_weight.chunk(3)
                if layer.in_proj_weight is not None
                else (layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight)
            )
            q, k, v = (
                F.linear(s, w, b).reshape(len(s), -1, H, D // H)
                for s, w, b in zip((queries, others, others), ws, layer.in_proj_bias.chunk(3))
            )
            scores = torch.einsum("bqhe,bkhe->bqkh", q, k) / math.sqrt(D // H)
            weights = torch.where(may[..., None], scores, torch.tensor(-math.inf)).softmax(dim=2)
            return F.linear(
                torch.einsum("bqkh,bkhe->bqhe", weights, v).flatten(2),
                layer.out_proj.weight,
                layer.out_proj.bias,
            )

        row, column = torch.meshgrid(torch.arange(x.shape[1]), torch.arange(x.shape[1]), indexing="ij")
        y = self.norm1(x)
        after_self = x + attend(self.self_attention, y, y, ((column <= row) | (column < prefix))[None])
        after_cross = after_self + attend(
            self.cross_attention, self.norm2(after_self), memory, ~padding[:, None]
        )
        h = self.fc1(self.norm3(after_cross))
        return after_cross + self.fc2(h * (torch.erf(h * 0.5**0.5) + 1) / 2)


ANSWERS = (
    Answer(
        "masks_of_every_head",
        {
            MASK: "t = torch.arange(x.shape[1])",
            PREFIX: "closed = (t[None] > t[:, None]) & ~(t[None] < prefix)",
            SELF: "heads = self.self_attention.num_heads\n        x = x + self.self_attention(y, y, y, attn_mask=closed.expand(heads * len(x), -1, -1))[0]",
            CROSS: "masks = padding[:, None].expand(-1, x.shape[1], -1).repeat_interleave(heads, dim=0)\n        x = x + self.cross_attention(y, memory, memory, attn_mask=masks)[0]",
            LAST: "return x + nn.GELU()(self.norm3(x) @ self.fc1.weight.T + self.fc1.bias) @ self.fc2.weight.T + self.fc2.bias",
        },
        "a mask for each head and sample, the MLP as matrix products",
    ),
    Answer(
        "sample_by_sample",
        {
            MASK: "rows = []\n        places = range(x.shape[1])",
            PREFIX: "closed = torch.tensor([[key > row and key >= prefix for key in places] for row in places])",
            CROSS: "for tokens, found, hidden in zip(y, memory, padding):\n            rows.append(self.cross_attention(tokens, found[~hidden], found[~hidden])[0])\n        x = x + torch.stack(rows)",
            LAST: "for sample in range(1):\n            x = x + self.fc2(F.gelu(self.fc1(self.norm3(x))))\n        return x",
        },
        "without a batch in the cross-attention",
    ),
    Answer("attention_by_hand", attention_by_hand, "both attentions from the modules' parameters"),
)
