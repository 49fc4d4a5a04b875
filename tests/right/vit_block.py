"""Right answers to vit_block that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

FACTOR = "factor = keep / (1 - self.drop) if self.training else torch.ones_like(keep, dtype=x.dtype)"
FIRST = "x = x + factor[:, 0, None, None] * self.scale1 * self.attention(y, y, y, need_weights=False)[0]"
SECOND = "return x + factor[:, 1, None, None] * self.scale2 * self.fc2(F.gelu(self.fc1(self.norm2(x))))"

ANSWERS = (
    Answer(
        "sample_by_sample",
        {
            "        y = self.norm1(x)\n": "",
            FIRST: "rows = []",
            SECOND: """for tokens, (first, second) in zip(x, factor):
            y = self.norm1(tokens)[None]
            tokens = tokens + first * (self.attention(y, y, y)[0][0] * self.scale1)
            hidden = self.fc1(self.norm2(tokens))
            hidden = 0.5 * hidden * (1 + torch.erf(hidden / math.sqrt(2)))
            rows.append(tokens + second * (self.fc2(hidden) * self.scale2))
        return torch.stack(rows)""",
        },
        "each sample on its own, and the GELU written out",
    ),
    Answer(
        "both_ways_computed",
        {
            FACTOR: "alone = 1 / (1 - self.drop)",
            FIRST: """branch = self.attention(y, y, y)[0].mul(self.scale1)
        if self.training:
            branch = torch.where(keep[:, :1, None], alone * branch, torch.zeros_like(branch))
        x = torch.add(x, branch)""",
            SECOND: """branch = nn.GELU()(self.fc1(self.norm2(x))) @ self.fc2.weight.T + self.fc2.bias
        branch = branch * self.scale2
        if self.training:
            branch = torch.where(keep[:, 1:, None], alone * branch, torch.zeros_like(branch))
        return torch.add(x, branch)""",
        },
        "chosen with torch.where",
    ),
)
