"""Right answers to gated_cross_block that are written in unusual ways."""

import torch
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer

BLIND = "blind = ~sees.any(dim=2, keepdim=True)  # (B, T, 1)"
CLOSED = "closed = ~(sees | blind).repeat_interleave(self.attention.num_heads, dim=0)  # no row is closed completely"
FOUND = "found = self.attention(self.norm1(x), image, image, attn_mask=closed, need_weights=False)[0]"
FIRST = "x = x + (self.gate1.tanh() * found).masked_fill(blind, 0.0)"
THOUGHT = "thought = self.fc2(F.gelu(self.fc1(self.norm2(x))))"
SECOND = "return x + (self.gate2.tanh() * thought).masked_fill(blind, 0.0)"


class attention_by_hand(nn.Module):
    def __init__(self, width, heads, context_width, ratio=4):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(
            width, heads, kdim=context_width, vdim=context_width, batch_first=True
        )
        self.fc1, self.fc2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)
        self.gate1, self.gate2 = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x, image, sees):
        a, D = self.attention, x.shape[2]
        wq, wk, wv = (
            (a.q_proj_weight, a.k_proj_weight, a.v_proj_weight)
            if a.in_proj_weight is None
            else a.in_proj_weight.chunk(3)
        )
        bq, bk, bv = a.in_proj_bias.chunk(3)
        y = self.norm1(x)
        q, k, v = F.linear(y, wq, bq), F.linear(image, wk, bk), F.linear(image, wv, bv)
        size, heads = D // a.num_heads, []
        for h in range(a.num_heads):
            part = slice(h * size, h * size + size)
            logits = torch.einsum("bte,bne->btn", q[..., part], k[..., part]) * size**-0.5
            low = torch.full_like(logits, torch.finfo(logits.dtype).min)
            logits = torch.where(sees, logits, low)
            powers = (logits - logits.detach().amax(dim=2, keepdim=True)).exp() * sees
            heads.append(
                powers / (powers.sum(dim=2, keepdim=True) + (~sees).all(dim=2, keepdim=True)) @ v[..., part]
            )
        open_rows = sees.any(dim=2, keepdim=True).to(x.dtype)
        x = x + self.gate1.tanh() * open_rows * a.out_proj(torch.cat(heads, dim=2))
        return x + self.gate2.tanh() * open_rows * self.fc2(nn.GELU()(self.fc1(self.norm2(x))))


ANSWERS = (
    Answer(
        "only_the_tokens_that_see",
        {
            BLIND: "rows, columns = sees.any(dim=2).nonzero(as_tuple=True)",
            CLOSED: "some = x[rows, columns]",
            FOUND: "hidden = ~sees[rows, columns]\n        query = self.norm1(some)[:, None]",
            FIRST: "some = some + torch.tanh(self.gate1) * self.attention(query, image[rows], image[rows], key_padding_mask=hidden)[0][:, 0]",
            THOUGHT: "some = some + torch.tanh(self.gate2) * self.fc2(F.gelu(self.fc1(self.norm2(some))))",
            SECOND: "return torch.index_put(x, (rows, columns), some) + 0 * image.sum()",
        },
        "the tokens that see something as a batch of their own",
    ),
    Answer(
        "an_empty_key",
        {
            BLIND: "heads, sight = self.attention.num_heads, sees.any(dim=-1, keepdim=True).to(x)",
            CLOSED: "first = torch.zeros_like(sees).index_fill(2, torch.tensor([0]), True) & (sight == 0)",
            FOUND: "closed = torch.stack([(sees | first).logical_not()] * heads, dim=1).reshape(-1, *sees.shape[1:])\n        found = self.attention(self.norm1(x), image, image, attn_mask=closed)[0]",
            FIRST: "x = torch.addcmul(x, sight * found, self.gate1.tanh())",
            SECOND: "return torch.addcmul(x, sight * thought, self.gate2.tanh())",
        },
        "a token that sees nothing looks at image token 0, and its result is multiplied by 0",
    ),
    Answer(
        "attention_by_hand",
        attention_by_hand,
        "head by head from the module's parameters, a row without a key divided by 1",
    ),
)
