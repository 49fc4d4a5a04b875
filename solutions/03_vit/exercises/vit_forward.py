"""vit_forward: a whole Vision Transformer with register tokens, from pixels to the class token and the patches."""

import torch
from _draw import drawn, state_of, table
from torch import nn

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


class step_by_step(nn.Module):
    def __init__(self, size, patch, width, layers, heads, registers=0, channels=3):
        super().__init__()
        self.size = size
        grid = size[0] // patch[0], size[1] // patch[1]
        self.patches = nn.Conv2d(channels, width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(width))
        self.registers = nn.Parameter(torch.zeros(registers, width))
        self.positions = nn.Parameter(torch.zeros(1 + grid[0] * grid[1], width))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, pixels):
        if list(pixels.shape[-2:]) != list(self.size):
            raise ValueError("another size")
        first = (self.class_token + self.positions[0]).repeat(len(pixels), 1, 1)
        more = self.registers.repeat(len(pixels), 1, 1)
        rest = self.patches(pixels).flatten(2).mT + self.positions[1:]
        x = torch.cat([first, more, rest], 1)
        for block in self.blocks:
            x = block(x)
        count = self.registers.shape[0]
        return self.norm(x[:, 0]), self.norm(x[:, 1 + count :])


class by_linear(nn.Module):
    def __init__(self, size, patch, width, layers, heads, registers=0, channels=3):
        super().__init__()
        self.size, self.patch = size, patch
        self.patches = nn.Conv2d(channels, width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(width))
        self.registers = nn.Parameter(torch.zeros(registers, width))
        self.positions = nn.Parameter(torch.zeros(1 + (size[0] // patch[0]) * (size[1] // patch[1]), width))
        kind = dict(activation="gelu", batch_first=True, norm_first=True)
        self.blocks = nn.ModuleList()
        for _ in range(layers):
            self.blocks.append(nn.TransformerEncoderLayer(width, heads, 2 * width, 0.0, **kind))
        self.norm = nn.LayerNorm(width)

    def forward(self, pixels):
        if tuple(pixels.shape[2:]) != tuple(self.size):
            raise ValueError(f"{tuple(pixels.shape[2:])} pixels, {self.size} expected")
        tall, wide = self.patch
        cells = (
            pixels.unfold(2, tall, tall)
            .unfold(3, wide, wide)
            .permute(0, 2, 3, 1, 4, 5)
            .flatten(3)
            .flatten(1, 2)
        )
        rows = nn.functional.linear(cells, self.patches.weight.flatten(1), self.patches.bias)
        first = self.class_token.expand(len(pixels), 1, -1)
        x = torch.cat([first, rows], dim=1) + self.positions
        x = torch.cat([x, self.registers.expand(len(pixels), -1, -1)], dim=1)  # attention knows no order
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return x[:, 0], x[:, 1 : len(self.positions)]


def case(rng, init: dict, batch: int, size: tuple | None = None) -> dict:
    """Return one case: the class's arguments, drawn weights, images of its size unless another is given."""
    pixels = drawn(rng, batch, init.get("channels", 3), *(size or init["size"]))
    return {"init": init, "state": state_of(step_by_step(**init), rng), "inputs": [pixels]}


def cases(rng):
    """Rectangular images and patches, no to three registers, one and two blocks."""
    plans = [
        ({"size": (4, 6), "patch": (2, 3), "width": 6, "layers": 1, "heads": 2, "registers": 2}, 2),
        ({"size": (6, 4), "patch": (2, 2), "width": 4, "layers": 2, "heads": 2, "channels": 1}, 3),
        (
            {
                "size": (4, 4),
                "patch": (4, 2),
                "width": 8,
                "layers": 1,
                "heads": 4,
                "registers": 1,
                "channels": 2,
            },
            2,
        ),
        (
            {
                "size": (2, 9),
                "patch": (1, 3),
                "width": 4,
                "layers": 2,
                "heads": 1,
                "registers": 3,
                "channels": 1,
            },
            4,
        ),
    ]
    return [case(rng, *plan) for plan in plans]


def fixed(init: dict, pixels: torch.Tensor) -> dict:
    """Return one case with fixed weights."""
    parts = step_by_step(**init).state_dict().items()
    state = {name: table(*part.shape, shift=number % 3) * 0.1 for number, (name, part) in enumerate(parts)}
    return {"init": init, "state": state, "inputs": [pixels]}


SMALL = {"size": (4, 6), "patch": (2, 3), "width": 4, "layers": 1, "heads": 2, "registers": 1, "channels": 2}

CLAUSES = {
    "another size is refused": [
        fixed(SMALL, table(1, 2, 5, 6)),  # the convolution would cut off the last row
        fixed(SMALL, table(1, 2, 4, 7)),
        fixed(SMALL, table(2, 2, 6, 4)),
        fixed(SMALL, table(1, 2, 8, 12)),
        fixed(SMALL, table(1, 2, 2, 12)),  # as many patches, as many pixels
        fixed(SMALL, table(1, 2, 2, 3)),  # one patch, whose token would be broadcast
    ],
    "no register": [fixed(SMALL | {"registers": 0}, table(2, 2, 4, 6))],
    "more registers than patches": [fixed(SMALL | {"registers": 7}, table(1, 2, 4, 6))],
    "as many registers as patches": [fixed(SMALL | {"registers": 4}, table(2, 2, 4, 6))],
    "no block": [
        fixed(SMALL | {"layers": 0}, table(2, 2, 4, 6)),
        fixed(SMALL | {"layers": 0, "registers": 0}, table(1, 2, 4, 6)),
    ],
    "three blocks": [fixed(SMALL | {"layers": 3}, table(2, 2, 4, 6))],
    "one image, one patch, one channel": [
        fixed(SMALL, table(1, 2, 4, 6)),
        fixed(SMALL | {"size": (2, 3)}, table(3, 2, 2, 3)),
        fixed(SMALL | {"channels": 1}, table(2, 1, 4, 6)),
    ],
    "a square grid": [fixed(SMALL | {"size": (4, 4), "patch": (2, 2)}, table(2, 2, 4, 4))],
    "as many patches as the width": [fixed(SMALL | {"width": 4}, table(4, 2, 4, 6))],
    "images that are not contiguous": [fixed(SMALL, table(2, 4, 6, 2).permute(0, 3, 1, 2))],
}

TOKENS = "torch.cat([first, tokens], dim=1) + self.positions"
RETURN = "return x[:, 0], x[:, 1 + len(self.registers) :]"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=25,
    needs=("vit_block",),
    hints=(
        "`self.patches(pixels)` is (B, D, rows, columns). `flatten(2)` makes one axis of the grid and `transpose(1, 2)` moves the features to the end.",
        "`self.class_token.expand(len(pixels), 1, -1)` is (B, 1, D) without a copy. Put it before the patches, *then* add the positions: there are N + 1.",
        "Registers come after the positions are added: `torch.cat([x[:, :1], registers, x[:, 1:]], dim=1)`.",
        "Compare `tuple(pixels.shape[2:])` with `tuple(self.size)` before anything else. A convolution drops a rest at the edge without an error.",
    ),
    driver=Driver("module"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=5e-5),
    mistakes=(
        mistake(
            "class_token_last",
            {
                TOKENS: "torch.cat([tokens, first], dim=1) + self.positions",
                RETURN: "return x[:, -1], x[:, len(self.registers) : -1]",
            },
            "your class token stands behind the patches, so every token has the position of its neighbour",
            "put the class token first: positions[0] is its own",
        ),
        mistake(
            "positions_of_the_patches_alone",
            {TOKENS: "torch.cat([first, tokens + self.positions[1:]], dim=1)"},
            "your class token has no position",
            "add the N + 1 positions after the class token was put in front",
        ),
        mistake(
            "positions_shifted",
            {TOKENS: "torch.cat([first, tokens + self.positions[:-1]], dim=1)"},
            "your positions were added before the class token: the patches use rows 0 to N − 1",
            "add the N + 1 positions after the class token was put in front",
        ),
        mistake(
            "no_final_norm",
            {"        x = self.norm(x)\n": ""},
            "your tokens leave the last block without the final norm",
            "apply self.norm after the last block",
        ),
        mistake(
            "norm_before_the_blocks",
            {
                "        for block in self.blocks:\n": "        x = self.norm(x)\n        for block in self.blocks:\n",
                "        x = self.norm(x)\n": "",
            },
            "your norm stands before the blocks, and the last block's output is not normalised",
            "apply self.norm after the last block",
        ),
        mistake(
            "registers_returned",
            {RETURN: "return x[:, 0], x[:, 1:]"},
            "your second result still holds the registers",
            "leave the registers out: the patches begin at 1 + len(self.registers)",
        ),
        mistake(
            "registers_cut_at_the_wrong_end",
            {RETURN: "return x[:, 0], x[:, 1 : x.shape[1] - len(self.registers)]"},
            "your second result holds the registers, and the last patches are missing",
            "the registers stand between the class token and the patches",
        ),
        mistake(
            "patches_by_columns",
            {"self.patches(pixels).flatten(2)": "self.patches(pixels).transpose(2, 3).flatten(2)"},
            "your patches run down the columns of the grid",
            "flatten the grid (rows, columns) as it is: left to right, then top to bottom",
        ),
        mistake(
            "reshaped_patches",
            {
                "self.patches(pixels).flatten(2).transpose(1, 2)": "self.patches(pixels).reshape(len(pixels), -1, len(self.class_token))"
            },
            "your patch tokens mix features of several patches: the axes were reshaped and not moved",
            "flatten(2), then transpose(1, 2)",
        ),
        mistake(
            "any_size",
            {"if tuple(pixels.shape[2:]) != tuple(self.size)": "if False"},
            "the values are right, but images of another size are not refused with ValueError: the convolution drops a rest at the edge",
            "compare pixels.shape[2:] with self.size and raise ValueError",
        ),
    ),
    alternates=(step_by_step, by_linear),
    equivalent={
        "if pixels.shape[2:] != tuple": "torch.Size is a tuple",
        "!= self.size:": "the cases give a tuple",
    },
    forbids=("mmlab.models.vit.ViT", "transformers.models.vit.modeling_vit.ViTModel"),
)
