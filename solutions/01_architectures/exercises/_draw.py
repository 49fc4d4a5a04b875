"""Tensors for the cases: drawn ones that show every clause, and fixed ones for the boundaries."""

import math

import numpy as np
import torch


def call(*args, **kwargs):
    """Return one case of a function: its arguments."""
    return {"args": list(args), "kwargs": kwargs}


def drawn(rng: np.random.Generator, *shape: int, scale: float = 1.0, dtype=torch.float32) -> torch.Tensor:
    """Return drawn numbers around 0.3·scale, rounded to compress."""
    return torch.from_numpy(np.round(rng.standard_normal(shape) + 0.3, 2) * scale).to(dtype)


def table(*shape: int, shift: int = 0, dtype=torch.float32) -> torch.Tensor:
    """Return fixed small whole numbers without symmetry."""
    numbers = torch.arange(math.prod(shape))
    return (numbers * 7 % 11 + numbers * numbers % 5 - 6 + shift).reshape(shape).to(dtype)


def mask(*rows: str) -> torch.Tensor:
    """Return a mask: one string for each sample, a dot for a token (True) and an x for padding (False)."""
    return torch.tensor([[letter == "." for letter in row] for row in rows])
