"""unpatchify: put rows of patch numbers back together as images."""

import torch
from _draw import call, drawn, numbered, table

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Patches wider than tall and taller than wide, one to four channels, one image and several."""
    plans = [
        ((2, 4, 18), (2, 3), (4, 6)),
        ((1, 4, 12), (3, 2), (6, 4)),
        ((3, 4, 8), (4, 2), (4, 8)),
        ((2, 6, 12), (1, 3), (2, 9)),
    ]
    return [call(drawn(rng, *shape), patch, size) for shape, patch, size in plans]


CLAUSES = {
    "another number of patches is refused": [
        call(table(1, 5, 6), (2, 3), (4, 6)),
        call(table(1, 3, 6), (2, 3), (4, 6)),
        call(table(1, 1, 6), (2, 3), (4, 6)),
        call(table(1, 2, 12), (2, 3), (4, 6)),  # as many numbers: half the patches, two channels
        call(table(2, 8, 6), (2, 3), (4, 6)),
    ],
    "patches that do not tile the size are refused": [
        call(table(1, 4, 6), (2, 3), (5, 6)),
        call(table(1, 4, 6), (2, 3), (4, 7)),
        call(table(1, 1, 8), (8, 1), (4, 2)),
    ],
    "rows that hold no whole patches are refused": [
        call(table(1, 4, 7), (2, 3), (4, 6)),
        call(table(1, 4, 5), (2, 3), (4, 6)),
        call(table(1, 6, 4), (2, 3), (4, 6)),
    ],
    "rectangular images and patches": [
        call(numbered(1, 4, 12), (2, 3), (4, 6)),
        call(numbered(2, 3, 24), (2, 4), (6, 4)),
        call(numbered(2, 4, 12), (4, 1), (4, 4)),
    ],
    "square images and patches": [
        call(numbered(2, 9, 12), (2, 2), (6, 6)),
        call(table(1, 16, 192), (8, 8), (32, 32)),
    ],
    "one patch": [call(numbered(2, 1, 24), (4, 2), (4, 2)), call(table(1, 1, 1), (1, 1), (1, 1))],
    "patches of one pixel": [call(numbered(2, 6, 3), (1, 1), (2, 3))],
    "one row or column of patches": [
        call(numbered(1, 4, 12), (3, 2), (3, 8)),
        call(numbered(1, 4, 12), (2, 3), (8, 3)),
    ],
    "one channel, and as many as patches": [
        call(numbered(3, 6, 4), (2, 2), (4, 6)),
        call(numbered(4, 4, 16), (2, 2), (4, 4)),
    ],
    "the dtype stays": [
        call(table(2, 4, 18, dtype=torch.float64) / 3, (2, 3), (4, 6)),
        call(table(2, 4, 18, dtype=torch.float64) * 1e200, (2, 3), (4, 6)),  # above float32
        call(numbered(1, 4, 18, dtype=torch.uint8), (2, 3), (4, 6)),
    ],
    "rows that are not contiguous": [
        call(numbered(2, 12, 4).transpose(1, 2), (2, 3), (4, 6)),
        call(numbered(2, 8, 12)[:, ::2], (2, 3), (4, 6)),
    ],
    "many patches": [call(table(1, 1368, 1), (1, 1), (36, 38)), call(table(300, 2, 2), (1, 2), (2, 2))],
}


def loops(rows, patch, size):
    (tall, wide), (height, width) = patch, size
    batch, count, numbers = rows.shape
    down, across = divmod(height, tall), divmod(width, wide)
    if down[1] or across[1] or numbers % (tall * wide) or count != down[0] * across[0]:
        raise ValueError("these rows are no patches of that size")
    lines = []
    for row in range(down[0]):
        line = [
            rows[:, row * across[0] + column].reshape(batch, -1, tall, wide) for column in range(across[0])
        ]
        lines.append(torch.cat(line, dim=3))
    return torch.cat(lines, dim=2)


def by_einsum(rows, patch, size):
    grid = size[0] // patch[0], size[1] // patch[1]
    if (grid[0] * patch[0], grid[1] * patch[1]) != tuple(size) or rows.shape[1] != grid[0] * grid[1]:
        raise ValueError(f"{rows.shape[1]} patches of {patch} do not tile {size}")
    channels, rest = divmod(rows.shape[2], patch[0] * patch[1])
    if rest:
        raise ValueError("no whole number of channels")
    cells = rows.reshape(len(rows), *grid, channels, *patch)
    return torch.einsum("byxchw->bcyhxw", cells).reshape(len(rows), channels, *size)


ORDER = "cells.permute(0, 3, 1, 4, 2, 5)"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=10,
    needs=("patchify",),
    hints=(
        "Walk back through `patchify`: first split the axes that it joined last. "
        "`rows.reshape(B, down, across, C, tall, wide)` needs the number of channels, which is a division.",
        "In the image, which axis must stand directly before `tall`, and which before `wide`? "
        "`permute(0, 3, 1, 4, 2, 5)` gives (B, C, down, tall, across, wide).",
        "A reshape never complains about the meaning of an axis, only about the total. Compare N with down · across yourself.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-6, atol=1e-6, dtype=True),
    mistakes=(
        mistake(
            "columns_first",
            {"batch, down, across, -1": "batch, across, down, -1", ORDER: "cells.permute(0, 3, 2, 4, 1, 5)"},
            "your images are filled column by column, top to bottom first",
            "the patches come left to right, then top to bottom",
        ),
        mistake(
            "channels_last",
            {
                "down, across, -1, tall, wide": "down, across, tall, wide, numbers // (tall * wide)",
                ORDER: "cells.permute(0, 5, 1, 3, 2, 4)",
            },
            "your images take the numbers of a row as (h, w, C)",
            "the channel comes first inside a row, as in patchify",
        ),
        mistake(
            "transposed_patches",
            {"-1, tall, wide)": "-1, wide, tall)", ORDER: "cells.permute(0, 3, 1, 5, 2, 4)"},
            "your images hold each patch transposed",
            "a row lists the pixels of a patch line by line: its height comes before its width",
        ),
        mistake(
            "reshape_alone",
            {f"{ORDER}.reshape(batch, -1, height, width)": "rows.reshape(batch, -1, height, width)"},
            "your images are the rows one after another: each patch becomes a line of pixels",
            "move the axes with permute before you join them",
        ),
        mistake(
            "grid_before_pixels",
            {ORDER: "cells.permute(0, 3, 1, 2, 4, 5)"},
            "your images join the grid axes with each other and not with the pixels of a patch",
            "the row of patches and the row inside a patch must be neighbours before you join them",
        ),
        mistake(
            "number_of_patches_unchecked",
            {" or count != down * across": ""},
            "the values are right, but a wrong number of patches ends in torch's own error or in an image with other channels",
            "compare the number of rows with the number of patches that tile the size",
        ),
        mistake(
            "tiling_unchecked",
            {"height % tall or width % wide or ": ""},
            "the values are right, but a size that the patches do not tile is not refused with ValueError",
            "check height % tall and width % wide",
        ),
    ),
    alternates=(loops, by_einsum),
    forbids=(
        "torch.nn.functional.fold",
        "torch.nn.Fold",
        "torch.nn.functional.pixel_shuffle",
        "torch.nn.PixelShuffle",
    ),
)
