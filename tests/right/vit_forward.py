"""Right answers to vit_forward that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

SIZES = "if tuple(pixels.shape[2:]) != tuple(self.size):"
TOKENS = "tokens = self.patches(pixels).flatten(2).transpose(1, 2)"
FIRST = "first = self.class_token.expand(len(pixels), 1, -1)"
CAT = "x = torch.cat([first, tokens], dim=1) + self.positions"
REGISTERS = "x = torch.cat([x[:, :1], self.registers.expand(len(pixels), -1, -1), x[:, 1:]], dim=1)"
BLOCKS = "        for block in self.blocks:\n            x = block(x)\n"
RETURN = "return x[:, 0], x[:, 1 + len(self.registers) :]"

ANSWERS = (
    Answer(
        "written_into_an_empty_tensor",
        {
            SIZES: "height, width = pixels.shape[-2], pixels.shape[-1]\n        if (height, width) != (self.size[0], self.size[1]):",
            TOKENS: "extra = self.registers.shape[0]",
            FIRST: "x = torch.zeros(pixels.shape[0], len(self.positions) + extra, len(self.class_token))",
            CAT: "x[:, 0] = self.class_token + self.positions[0]\n        x[:, 1 : 1 + extra] = self.registers",
            REGISTERS: 'x[:, 1 + extra :] = torch.einsum("bdyx->byxd", self.patches(pixels)).flatten(1, 2) + self.positions[1:]',
            RETURN: "return x.select(1, 0), x.narrow(1, 1 + extra, len(self.positions) - 1)",
        },
        "each part is written to its place",
    ),
    Answer(
        "image_by_image",
        {
            TOKENS: "firsts, rests = [], []",
            FIRST: "for image in pixels:",
            CAT: "    tokens = torch.stack([self.class_token, *self.patches(image[None])[0].flatten(1).T]) + self.positions",
            REGISTERS: "    x = torch.cat([tokens[1:], self.registers, tokens[:1]])[None]",
            BLOCKS: "            for block in self.blocks:\n                x = block(x)\n            firsts.append(x[0, -1]), rests.append(x[0, : len(tokens) - 1])\n",
            "        x = self.norm(x)\n": "",
            RETURN: "return self.norm(torch.stack(firsts)), self.norm(torch.stack(rests))",
        },
        "one image at a time, the class token last inside, where no block sees an order",
    ),
)
