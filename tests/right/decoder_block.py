"""Right answers to decoder_block that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

MASK = "closed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)"
PREFIX = "closed[:, :prefix] = False"
SELF = "x = x + self.self_attention(y, y, y, attn_mask=closed, need_weights=False)[0]"
CROSS = "x = x + self.cross_attention(y, memory, memory, key_padding_mask=padding, need_weights=False)[0]"
LAST = "return x + self.fc2(F.gelu(self.fc1(self.norm3(x))))"

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
)
