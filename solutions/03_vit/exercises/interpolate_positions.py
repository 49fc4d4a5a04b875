"""interpolate_positions: learned positions of one grid for another grid, by bicubic interpolation."""

import math

import torch
from _draw import call, drawn, numbered, table
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Larger and smaller grids, wider and taller, no, one and several tokens in front."""
    plans = [
        ((3, 4), (5, 7), 1, 3),
        ((4, 4), (2, 6), 1, 2),
        ((2, 5), (5, 2), 3, 4),
        ((5, 3), (4, 3), 0, 2),
        ((3, 3), (8, 8), 1, 5),
    ]
    return [call(drawn(rng, k + old[0] * old[1], width), old, new, k) for old, new, k, width in plans]


def positions(old: tuple, width: int = 2, prefix: int = 1, dtype=torch.float32) -> torch.Tensor:
    """Return fixed positions for a grid with tokens in front of it."""
    return table(prefix + old[0] * old[1], width, dtype=dtype)


CLAUSES = {
    "another number of positions is refused": [
        call(positions((3, 4)), (3, 3), (2, 2), 1),
        call(positions((3, 4)), (3, 4), (2, 2), 0),
        call(positions((3, 4)), (3, 4), (2, 2), 2),
        call(positions((3, 4)), (3, 5), (3, 5), 1),
        call(positions((3, 4))[:-1], (3, 4), (3, 4), 1),
        call(positions((2, 2), 2, 1), (1, 2), (2, 2), 1),  # a multiple
        call(table(13, 2), (2, 2), (2, 2), 1),  # three grids of 4
    ],
    "the same grid": [call(positions((3, 4)), (3, 4), (3, 4), 1), call(positions((3, 3)), (3, 3), (3, 3), 1)],
    "a square grid": [
        call(positions((3, 3)), (3, 3), (5, 5), 1),
        call(positions((4, 4)), (4, 4), (2, 2), 1),
        call(positions((4, 4)), (4, 4), (7, 7), 1),
    ],
    "a grid of as many cells": [
        call(positions((2, 6)), (2, 6), (6, 2), 1),
        call(positions((2, 6)), (2, 6), (3, 4), 1),
        call(positions((4, 4)), (4, 4), (2, 8), 1),
    ],
    "one axis changes": [
        call(positions((3, 4)), (3, 4), (3, 6), 1),
        call(positions((3, 4)), (3, 4), (6, 4), 1),
        call(positions((1, 4)), (1, 4), (1, 7), 1),
    ],
    "to and from one cell": [
        call(positions((3, 4)), (3, 4), (1, 1), 1),
        call(positions((1, 1)), (1, 1), (2, 3), 1),
        call(positions((1, 1)), (1, 1), (1, 1), 1),
    ],
    "no token in front, and several": [
        call(positions((3, 4), 2, 0), (3, 4), (4, 5), 0),
        call(positions((3, 4), 2, 5), (3, 4), (4, 5), 5),
        call(positions((2, 2), 2, 9), (2, 2), (3, 3), 9),
    ],
    "tokens in front that are far larger": [
        call(torch.cat([table(2, 3) * 1e3, table(6, 3)]), (2, 3), (4, 4), 2)
    ],
    "one feature, and as many as cells": [
        call(positions((3, 4), 1), (3, 4), (5, 5), 1),
        call(positions((2, 2), 4), (2, 2), (4, 4), 1),
    ],
    "every place has its own number": [
        call(numbered(13, 2), (3, 4), (4, 3), 1),
        call(numbered(1 + 64, 1), (8, 8), (3, 5), 1),
    ],
    "float64": [
        call(positions((3, 4), dtype=torch.float64) / 3, (3, 4), (5, 2), 1),
        call(positions((3, 4), dtype=torch.float64) * 1e200, (3, 4), (5, 2), 1),  # above float32
    ],
    "positions that are not contiguous": [
        call(table(3, 13).T, (3, 4), (4, 5), 1),
        call(table(26, 2)[::2], (3, 4), (4, 5), 1),
    ],
    "several times larger and smaller": [
        call(positions((2, 3)), (2, 3), (16, 18), 1),
        call(positions((12, 14)), (12, 14), (3, 2), 1),
    ],
}


def matrices(positions, old, new, prefix):
    def cubic(old, new):
        """Return (new, old): the weight of each old place for each new one (Keys 1981, a = −0.75)."""
        weight = torch.zeros(new, old, dtype=torch.float64)
        for place in range(new):
            at = (place + 0.5) * old / new - 0.5
            for tap in range(math.floor(at) - 1, math.floor(at) + 3):
                d = abs(at - tap)
                w = 1.25 * d**3 - 2.25 * d**2 + 1 if d <= 1 else -0.75 * (d**3 - 5 * d**2 + 8 * d - 4)
                weight[place, min(max(tap, 0), old - 1)] += w
        return weight

    if len(positions) != prefix + old[0] * old[1]:
        raise ValueError("positions of another grid")
    grid = positions[prefix:].double().reshape(old[0], old[1], -1)
    moved = torch.einsum("yr,xc,rcd->yxd", cubic(old[0], new[0]), cubic(old[1], new[1]), grid)
    return torch.cat([positions[:prefix], moved.flatten(0, 1).to(positions.dtype)])


def feature_by_feature(positions, old, new, prefix):
    (rows, columns), count = old, positions.shape[0]
    if count - prefix != rows * columns:
        raise ValueError(f"{count} positions, {prefix} + {rows} · {columns} expected")
    first, grid = positions.split([prefix, rows * columns])
    moved = [
        F.interpolate(column.reshape(1, 1, rows, columns), tuple(new), mode="bicubic").flatten()
        for column in grid.unbind(1)
    ]
    return torch.cat((first, torch.stack(moved, dim=1)))


GRID, BACK = "grid.T.reshape(1, -1, *old)", "moved.flatten(2)[0].T"

EXERCISE = Exercise(
    difficulty=4,
    importance=3,
    minutes=25,
    hints=(
        "Cut the positions in two: the first `prefix` rows stay as they are, and the others are a grid.",
        "`F.interpolate` wants (batch, channels, rows, columns). Which of your axes are its channels? Move the feature axis first, and only then reshape.",
        '`F.interpolate(grid, size=tuple(new), mode="bicubic")`. Leave `align_corners` and `antialias` as they are: False.',
        "With `grid.T.reshape(1, -1, *old)` in front, the way back is `moved.flatten(2)[0].T`: (1, D, rows, columns) → (D, N) → (N, D).",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=1e-4, dtype=True),
    mistakes=(
        mistake(
            "bilinear",
            {'"bicubic"': '"bilinear"'},
            "your positions are interpolated bilinearly",
            'use mode="bicubic"',
        ),
        mistake(
            "aligned_corners",
            {'mode="bicubic"': 'mode="bicubic", align_corners=True'},
            "your corners are aligned: the centres of the outer cells stay where they are",
            "use align_corners=False, the default, as the library does",
        ),
        mistake(
            "antialiased",
            {'mode="bicubic"': 'mode="bicubic", antialias=True'},
            "your positions are smoothed where the grid gets smaller",
            "leave antialias=False, the default",
        ),
        mistake(
            "reshape_without_transpose",
            {GRID: "grid.reshape(1, -1, *old)"},
            "your grid mixes features and places: it was reshaped before the feature axis was moved",
            "move the features to the front (grid.T) and reshape then",
        ),
        mistake(
            "rows_and_columns_swapped",
            {GRID: "grid.T.reshape(1, -1, *old[::-1])", "size=tuple(new)": "size=tuple(new[::-1])"},
            "your grids have rows and columns exchanged",
            "old and new are (rows, columns); positions run left to right, then top to bottom",
        ),
        mistake(
            "back_without_transpose",
            {BACK: "moved.reshape(-1, positions.shape[1])"},
            "your interpolated grid is right, but it was flattened with the features in front",
            "move the feature axis to the end before you join rows and columns",
        ),
        mistake(
            "interpolates_the_prefix",
            {
                "first, grid = positions[:prefix], positions[prefix:]": 'whole = F.interpolate(positions.T[None], size=prefix + new[0] * new[1], mode="linear")\n    first, grid = whole[0].T[:prefix], positions[prefix:]'
            },
            "your first positions are interpolated along with the grid",
            "copy the first `prefix` positions: the class token has no place in the image",
        ),
        mistake(
            "prefix_lost",
            {f"torch.cat([first, {BACK}])": BACK},
            "your result lacks the positions in front of the grid",
            "put the first `prefix` positions back in front",
        ),
        mistake(
            "no_check",
            {"len(positions) != prefix + old[0] * old[1]": "False"},
            "the values are right, but positions of another grid are not refused with ValueError",
            "compare len(positions) with prefix + rows · columns",
        ),
    ),
    alternates=(matrices, feature_by_feature),
    equivalent={"size=new": "the cases give a tuple", "flatten(2)[-1]": "the batch has one entry"},
    forbids=("transformers.models.vit.modeling_vit.ViTEmbeddings", "mmlab.models.vit.ViT"),
)
