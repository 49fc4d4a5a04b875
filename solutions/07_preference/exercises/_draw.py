"""Tensors for the cases: drawn ones that show every clause, and fixed ones for the boundaries."""

import numpy as np
import torch

from mmlab.instructor.authoring.draws import call, drawn, mask, table, value  # noqa: F401, for the exercises

NAN, INF = float("nan"), float("inf")
EIGHTH = 0.125


def logps(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> torch.Tensor:
    """Return drawn log-probabilities: negative float32."""
    return -drawn(rng, *shape, scale=scale).abs() - 0.01


def steps(*shape: int, shift: int = 0, dtype: torch.dtype | None = None) -> torch.Tensor:
    """Return fixed negative numbers in eighths, without symmetry."""
    return table(*shape, shift=shift - 8, dtype=dtype) * EIGHTH


def hidden(part: torch.Tensor, live: torch.Tensor, filler: float = NAN) -> torch.Tensor:
    """Return (B, T) with something else where no token is live."""
    return part.masked_fill(~live, filler)


def turned(part: torch.Tensor) -> torch.Tensor:
    """Return the same matrix, not contiguous."""
    return part.T.contiguous().T
