"""Right answers to gated_cross_block that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

BLIND = "blind = ~sees.any(dim=2, keepdim=True)  # (B, T, 1)"
CLOSED = "closed = ~(sees | blind).repeat_interleave(self.attention.num_heads, dim=0)  # no row is closed completely"
FOUND = "found = self.attention(self.norm1(x), image, image, attn_mask=closed, need_weights=False)[0]"
FIRST = "x = x + (self.gate1.tanh() * found).masked_fill(blind, 0.0)"
THOUGHT = "thought = self.fc2(F.gelu(self.fc1(self.norm2(x))))"
SECOND = "return x + (self.gate2.tanh() * thought).masked_fill(blind, 0.0)"

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
)
