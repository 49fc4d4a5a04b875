"""Right answers to lora_linear that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

FORWARD = "y if self.merged else y + self.scale * (x @ self.down.T @ self.up.T)"
ADD = "self.weight.data += self.scale * (self.up @ self.down)"
TAKE = "self.weight.data -= self.scale * (self.up @ self.down)"

ANSWERS = (
    Answer(
        "two_layers",
        {
            FORWARD: "y if self.merged else y + F.linear(F.linear(x, self.down * self.scale), self.up)",
            "self.up = nn.Parameter(down.new_zeros(len(weight), len(down)))": "self.up = nn.Parameter(torch.zeros(weight.shape[0], down.shape[0]))",
            "return self.down.numel() + self.up.numel()": "return self.down.shape[0] * sum(self.weight.shape)",
        },
        "two small layers",
    ),
    Answer(
        "outer_products",
        {
            ADD: "with torch.no_grad():\n                for column, row in zip(self.up.T, self.down):\n                    self.weight.add_(torch.outer(column, row) * self.scale)",
            TAKE: "with torch.no_grad():\n                self.weight.sub_(torch.einsum('or,ri->oi', self.up, self.down) * self.scale)",
        },
        "adds rank by rank",
    ),
)  # fmt: skip
