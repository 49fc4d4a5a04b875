"""patchify: cut images into rectangular patches, one row of numbers for each, in the order of a convolution's weight."""

import torch
from _draw import call, drawn, numbered, table

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Patches wider than tall and taller than wide, one to four channels, one image and several."""
    plans = [((2, 3, 4, 6), (2, 3)), ((1, 2, 6, 4), (3, 2)), ((3, 1, 4, 8), (4, 2)), ((2, 4, 2, 9), (1, 3))]
    return [call(drawn(rng, *shape), patch) for shape, patch in plans]


CLAUSES = {
    "patches that do not tile the image are refused": [
        call(table(1, 3, 5, 6), (2, 3)),
        call(table(1, 3, 4, 7), (2, 3)),
        call(table(2, 3, 6, 4), (4, 6)),  # as many pixels, another shape
        call(table(1, 1, 4, 4), (8, 2)),  # taller than the image
        call(table(1, 1, 4, 4), (2, 8)),
        call(table(1, 2, 6, 6), (4, 4)),  # the number of pixels would divide: 72 by 4
        call(table(1, 1, 3, 8), (2, 4)),
    ],
    "rectangular images and patches": [
        call(numbered(1, 2, 4, 6), (2, 3)),
        call(numbered(2, 3, 6, 4), (2, 4)),
        call(numbered(2, 3, 4, 4), (4, 1)),
    ],
    "square images and patches": [call(numbered(2, 3, 6, 6), (2, 2)), call(table(1, 3, 32, 32), (8, 8))],
    "one patch": [call(numbered(2, 3, 4, 2), (4, 2)), call(table(1, 1, 1, 1), (1, 1))],
    "patches of one pixel": [call(numbered(2, 3, 2, 3), (1, 1))],
    "one row or column of patches": [call(numbered(1, 2, 3, 8), (3, 2)), call(numbered(1, 2, 8, 3), (2, 3))],
    "one channel": [call(numbered(3, 1, 4, 6), (2, 2))],
    "as many channels as patches": [call(numbered(2, 6, 4, 6), (2, 2)), call(numbered(4, 4, 4, 4), (2, 2))],
    "the dtype stays": [
        call(table(2, 3, 4, 6, dtype=torch.float64) / 3, (2, 3)),
        call(numbered(1, 3, 4, 6, dtype=torch.uint8), (2, 3)),
    ],
    "images that are not contiguous": [
        call(numbered(2, 4, 6, 3).permute(0, 3, 1, 2), (2, 3)),
        call(numbered(1, 3, 6, 4).transpose(2, 3), (2, 3)),
        call(numbered(2, 3, 4, 12)[..., ::2], (2, 3)),
    ],
    "many patches": [call(table(1, 1, 36, 38), (1, 1)), call(table(300, 1, 2, 2), (1, 2))],
}


def loops(images, patch):
    (tall, wide), (height, width) = patch, images.shape[2:]
    if height % tall != 0 or width % wide != 0:
        raise ValueError("the patches do not tile the image")
    rows = []
    for top in range(0, height, tall):
        for left in range(0, width, wide):
            rows.append(images[:, :, top : top + tall, left : left + wide].flatten(1))
    return torch.stack(rows, dim=1)


def windows(images, patch):
    tall, wide = patch
    if (images.shape[2] % tall, images.shape[3] % wide) != (0, 0):
        raise ValueError("the patches do not tile the image")
    cells = images.unfold(2, tall, tall).unfold(3, wide, wide)  # (B, C, rows, columns, h, w)
    return torch.einsum("bcyxhw->byxchw", cells).reshape(len(images), -1, images.shape[1] * tall * wide)


ORDER = "cells.permute(0, 2, 4, 1, 3, 5)"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=15,
    hints=(
        "Split the two image axes: `images.unflatten(3, (-1, wide))` turns the axis X into (columns, wide). "
        "Split the last axis first, so that the numbers of the other axes stay the same.",
        "You now have (B, C, rows, tall, columns, wide). Which of these axes count patches, and which lie inside a patch? "
        "`permute` brings those that count to the front.",
        "After `permute(0, 2, 4, 1, 3, 5)` the shape is (B, rows, columns, C, tall, wide). `flatten` joins neighbouring axes.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-6, atol=1e-6, dtype=True),
    mistakes=(
        mistake(
            "columns_first",
            {ORDER: "cells.permute(0, 4, 2, 1, 3, 5)"},
            "your patches run down the columns of the image first",
            "put the axis of patch rows before the axis of patch columns: left to right, then top to bottom",
        ),
        mistake(
            "channels_last",
            {ORDER: "cells.permute(0, 2, 4, 3, 5, 1)"},
            "your rows hold the channels of each pixel side by side, (h, w, C)",
            "put the channel axis first inside a patch, as in the weight of nn.Conv2d",
        ),
        mistake(
            "transposed_patches",
            {ORDER: "cells.permute(0, 2, 4, 1, 5, 3)"},
            "your rows read each patch column by column: the patches are transposed",
            "keep the pixel rows of a patch before its pixel columns",
        ),
        mistake(
            "reshape_alone",
            {f"{ORDER}.flatten(3).flatten(1, 2)": "cells.reshape(batch, -1, channels * tall * wide)"},
            "your rows are runs of the memory: a run of pixels crosses several patches",
            "move the axes with permute before you join them",
        ),
        mistake(
            "sides_swapped",
            {"tall, wide = patch": "wide, tall = patch"},
            "your patches have their height and width exchanged",
            "patch is (height, width), in the order of the image's axes",
        ),
        mistake(
            "crops_the_rest",
            {
                "raise ValueError(": "images = images[:, :, : height - height % tall, : width - width % wide]\n        ("
            },
            "your patches are right where they tile the image, but a rest at the edge is cut off without a word",
            "raise ValueError where height % tall or width % wide is not 0",
        ),
        mistake(
            "no_check",
            {"height % tall or width % wide": "False"},
            "the values are right, but sizes that the patches do not tile end in torch's own error",
            "compare the sizes first and raise ValueError yourself",
        ),
        mistake(
            "keeps_the_grid",
            {".flatten(1, 2)": ""},
            "your result still has the grid of patches as two axes, (B, rows, columns, C·h·w)",
            "join the two axes of the grid into one of N patches: flatten(1, 2)",
        ),
    ),
    alternates=(loops, windows),
    forbids=(
        "torch.nn.functional.unfold",
        "torch.nn.Unfold",
        "torch.nn.functional.pixel_unshuffle",
        "torch.nn.PixelUnshuffle",
    ),
)
