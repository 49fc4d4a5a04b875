"""Tensors for the cases of exercises: drawn ones that show every clause, and fixed ones for the boundaries.

The files `_draw.py` of the weeks take from here what they share.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def call(*args, **kwargs) -> dict:
    """Return one case of a function: its arguments."""
    return {"args": list(args), "kwargs": kwargs}


def value(*args) -> dict:
    """Return one case of a function that is judged by its value alone: rounding decides the last digits of its gradient."""
    return call(*args) | {"gradient": False}


def drawn(
    rng: np.random.Generator, *shape: int, scale: float = 1.0, dtype: torch.dtype | None = None
) -> torch.Tensor:
    """Return drawn numbers around 0.3·scale, rounded to compress; float32 without a dtype."""
    import torch

    numbers = np.round(rng.standard_normal(shape) + 0.3, 2) * scale
    return torch.from_numpy(numbers).to(dtype or torch.float32)


def table(*shape: int, shift: int = 0, dtype: torch.dtype | None = None) -> torch.Tensor:
    """Return fixed small whole numbers without symmetry; float32 without a dtype."""
    import torch

    numbers = torch.arange(math.prod(shape))
    return (numbers * 7 % 11 + numbers * numbers % 5 - 6 + shift).reshape(shape).to(dtype or torch.float32)


def state_of(
    module: torch.nn.Module, rng: np.random.Generator, scale: float = 0.5
) -> dict[str, torch.Tensor]:
    """Return drawn values for every tensor of a module's state; none is 0 or 1 by design."""
    return {name: drawn(rng, *tensor.shape, scale=scale) for name, tensor in module.state_dict().items()}


def mask(*rows: str) -> torch.Tensor:
    """Return a bool tensor: one string for each row, True where it has an x."""
    import torch

    return torch.tensor([[letter == "x" for letter in row] for row in rows])
