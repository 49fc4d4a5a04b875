"""Embeddings for the cases: drawn ones that show every clause, and fixed ones for the boundaries."""

import numpy as np
import torch

from mmlab.instructor.authoring.draws import call, value  # noqa: F401, for the exercises


def vectors(rng: np.random.Generator, rows: int, width: int, length: float = 1.0) -> torch.Tensor:
    """Return (rows, width) float32 of unequal lengths around `length`, off centre, rounded to compress."""
    drawn = rng.standard_normal((rows, width)) + 0.4 * rng.standard_normal(width)
    drawn *= rng.uniform(0.4, 2.5, (rows, 1))
    return torch.from_numpy((np.round(drawn, 2) * length).astype(np.float32))


def unit(rows: int, shift: int = 0) -> torch.Tensor:
    """Return fixed (rows, 3) float32 of length 1 already; with `shift`, others."""
    directions = [[1, 0, 0], [0.6, 0, -0.8], [0, -1, 0], [0, 0.6, 0.8], [-0.8, 0.6, 0]]
    return torch.tensor([directions[(row + shift) % 5] for row in range(rows)])


def nearly_unit(rows: int, off: float, shift: int = 0) -> torch.Tensor:
    """Return fixed (rows, 3) float32 whose lengths are 1 + off, 1 - off / 2 and 1 in turn."""
    lengths = torch.tensor([1 + off, 1 - off / 2, 1.0]).repeat(rows)[:rows]
    return unit(rows, shift) * lengths[:, None]


def table(rows: int, columns: int, shift: int = 0) -> torch.Tensor:
    """Return a fixed (rows, columns) float32 without symmetry."""
    return (torch.arange(rows * columns) * 7 % 11 - 4.0 + shift).reshape(rows, columns)
